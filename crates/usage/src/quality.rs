//! How good the intervals behind a determinant are.

pub use model::determinant::{Counts, Exception};
use model::quality::Status;

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
}
