//! How good the intervals behind a determinant are, and the billing gate that looks at it (catalogue V73).

pub use model::determinant::{Counts, Exception};
use model::quality::Status;
use serde::{Deserialize, Serialize};

/// What one value counts as; a set, so that values combined of several keep the doubts of each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Flags(u8);

impl Flags {
    pub(crate) fn of(status: Status) -> Self {
        let made = status.intersects(Status::ESTIMATED | Status::FORECAST);
        let accepted = status.contains(Status::ACCEPTED);
        let settled = made || accepted || status.intersects(Status::VALIDATED | Status::EDITED);
        let rows = [
            made,
            status.contains(Status::EDITED),
            status.contains(Status::FAILED) && !accepted,
            !settled,
            status.contains(Status::QUESTIONABLE),
            accepted,
            status.contains(Status::UNSCALED),
        ];
        Self(rows.iter().enumerate().fold(0, |set, (bit, holds)| set | u8::from(*holds) << bit))
    }

    pub(crate) fn joined(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(crate) fn number(self) -> i64 {
        self.0.into()
    }

    /// Counts intervals that share these; the missing among them have no other doubt.
    pub(crate) fn count(self, counts: &mut Counts, intervals: usize, missing: usize) {
        let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        let valued = number(intervals.saturating_sub(missing));
        let [expected, without_value, doubts @ ..] = counts.each_mut();
        *expected = expected.saturating_add(number(intervals));
        *without_value = without_value.saturating_add(number(missing));
        for (_, count) in doubts.into_iter().enumerate().filter(|(bit, _)| self.0 >> bit & 1 == 1) {
            *count = count.saturating_add(valued);
        }
    }
}

/// V73: how many of a hundred intervals may be of each kind; one more is an exception.
///
/// The defaults are a proposal: nothing missing, failed, not validated or unscaled; the rest without limit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[expect(missing_docs, reason = "the words of `Counts`, in whole percent of the expected intervals")]
pub struct Gate {
    /// What an exception means.
    pub on_exception: OnException,
    pub missing: u8,
    pub estimated: u8,
    pub edited: u8,
    pub failed: u8,
    pub not_validated: u8,
    pub warned: u8,
    pub accepted: u8,
    pub unscaled: u8,
}

/// Whether a determinant with exceptions is delivered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OnException {
    /// It is held: the request is refused with the exception as its reason.
    #[default]
    Hold,
    /// It is delivered and carries the exception.
    Deliver,
}

impl Default for Gate {
    fn default() -> Self {
        Self {
            on_exception: OnException::Hold,
            missing: 0,
            estimated: 100,
            edited: 100,
            failed: 0,
            not_validated: 0,
            warned: 100,
            accepted: 100,
            unscaled: 0,
        }
    }
}

impl Gate {
    /// Every kind that is over its limit. Exact: `count * 100 > limit * expected`.
    pub fn exceptions(&self, counts: &Counts) -> Vec<Exception> {
        let rows = [
            ("missing", counts.missing, self.missing),
            ("estimated", counts.estimated, self.estimated),
            ("edited", counts.edited, self.edited),
            ("failed", counts.failed, self.failed),
            ("not validated", counts.not_validated, self.not_validated),
            ("warned", counts.warned, self.warned),
            ("accepted by hand", counts.accepted, self.accepted),
            ("unscaled", counts.unscaled, self.unscaled),
        ];
        let expected = u64::from(counts.expected);
        let over = rows.iter().filter(|(_, count, limit)| u64::from(*limit) * expected < u64::from(*count) * 100);
        over.map(|(word, count, limit)| Exception {
            rule: "V73".into(),
            evidence: format!("{count} of {expected} intervals are {word}; the limit is {limit} %"),
        })
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_counts_under_each_of_its_words() {
        check(Status::VALIDATED, "");
        check(Status::NONE, "not validated");
        check(Status::SOURCE_GOOD | Status::RAW, "not validated");
        check(Status::ESTIMATED | Status::UNSCALED, "estimated unscaled");
        check(Status::FORECAST, "estimated");
        check(Status::FAILED, "failed not validated");
        check(Status::FAILED | Status::VALIDATED, "failed");
        check(Status::FAILED | Status::ACCEPTED, "accepted");
        check(Status::VALIDATED | Status::QUESTIONABLE, "warned");
        check(Status::EDITED, "edited");
    }

    #[track_caller]
    fn check(status: Status, expected: &str) {
        let mut counts = Counts::default();
        Flags::of(status).count(&mut counts, 3, 1);
        assert_eq!((counts.expected, counts.missing), (3, 1));
        let words = ["estimated", "edited", "failed", "not validated", "warned", "accepted", "unscaled"];
        let found = counts.each().into_iter().skip(2).zip(words).filter(|(count, _)| *count == 2);
        assert_eq!(found.map(|(_, word)| word).collect::<Vec<_>>().join(" "), expected, "{status}");
    }

    #[test]
    fn one_more_than_the_limit_is_an_exception() {
        let gate = Gate { estimated: 5, ..Gate::default() };
        let estimated = |estimated| Counts { expected: 96, estimated, ..Counts::default() };
        assert_eq!(gate.exceptions(&estimated(4)), []);
        // 5 of 96 are 5.2 %.
        let found = gate.exceptions(&estimated(5));
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].evidence, "5 of 96 intervals are estimated; the limit is 5 %");
        assert_eq!(gate.exceptions(&Counts { expected: 2976, missing: 1, ..Counts::default() }).len(), 1);
        assert_eq!(gate.exceptions(&Counts::default()), []);
    }
}
