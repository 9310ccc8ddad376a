//! V73 billing quality gate: how many of a hundred intervals behind a determinant may be missing, estimated, failed and so on.
//!
//! Source: IEE, a threshold of whole percent for each kind.

use serde::{Deserialize, Serialize};

use crate::quality::{Counts, Exception};

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
