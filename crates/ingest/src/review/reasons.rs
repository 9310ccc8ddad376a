//! The reasons that a person can give for an act.

use model::review::{Reason, Reasons, Refusal};

/// Every reason, in the order in which people are offered them.
const REASONS: &[Reason] = &[
    Reason { code: "real-use", words: "the values are real use" },
    Reason { code: "vacant", words: "the premises are vacant" },
    Reason { code: "outage", words: "supply was interrupted" },
    Reason { code: "communication", words: "the network lost or delayed readings" },
    Reason { code: "meter-fault", words: "the meter was faulty or exchanged" },
    Reason { code: "clock", words: "the clock of the meter was wrong" },
    Reason { code: "agreed", words: "agreed with the customer or the market" },
    Reason { code: "other", words: "another reason, told in the note" },
];

/// Every reason.
pub const fn reasons() -> Reasons {
    Reasons { reasons: REASONS }
}

/// Checks a reason and its note; `other` says nothing without one.
pub(super) fn checked(code: &str, note: &str) -> Result<(), Refusal> {
    checked_among(REASONS, code, note)
}

/// The same, where other reasons can be given.
pub(crate) fn checked_among(reasons: &[Reason], code: &str, note: &str) -> Result<(), Refusal> {
    if !reasons.iter().any(|reason| reason.code == code) {
        let known: Vec<&str> = reasons.iter().map(|reason| reason.code).collect();
        let detail = format!("expected one of {}, found `{code}`", known.join(", "));
        return Err(Refusal::Invalid { field: "reason", detail });
    }
    if code == "other" && note.trim().is_empty() {
        return Err(Refusal::Invalid { field: "note", detail: "say in a few words which other reason it is".into() });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_reason_is_told_in_the_note() {
        assert_eq!(checked("vacant", ""), Ok(()));
        assert_eq!(checked("other", "roof repaired"), Ok(()));
        assert!(checked("other", " ").is_err());
        let unknown = checked("because", "x").unwrap_err().to_string();
        assert!(unknown.starts_with("reason: expected one of real-use, vacant"), "{unknown}");
    }
}
