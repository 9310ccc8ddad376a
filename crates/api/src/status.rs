//! Quality for people: the words of a status set, and the one class that a colour stands for.

use model::lineage::FinalDay;
use model::quality::Status;
use serde::Serialize;
use smol_str::SmolStr;

/// What a value is at a glance, from harmless to grave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum QualityClass {
    /// As the meter said.
    Measured,
    /// Passed validation.
    Validated,
    /// Changed or approved by a person.
    Edited,
    /// Made by a method or substituted by the source.
    Estimated,
    /// Usable with doubt.
    Questionable,
    /// Failed a rule that blocks billing.
    Failed,
    /// No value.
    Missing,
}

impl QualityClass {
    /// Every class, from harmless to grave.
    pub const ALL: [Self; 7] = [
        Self::Measured,
        Self::Validated,
        Self::Edited,
        Self::Estimated,
        Self::Questionable,
        Self::Failed,
        Self::Missing,
    ];

    /// The class of a status set; the first that applies decides.
    pub fn of(status: Status, has_value: bool) -> Self {
        let any = |bits: Status| status.intersects(bits);
        if !has_value || any(Status::MISSING | Status::ESTIMATE_NEEDED) {
            Self::Missing
        } else if any(Status::FAILED) && !any(Status::ACCEPTED) {
            Self::Failed
        } else if any(Status::EDITED | Status::ACCEPTED) {
            Self::Edited
        } else if any(Status::ESTIMATED
            | Status::SUBSTITUTE
            | Status::FORECAST
            | Status::INTERPOLATED
            | Status::LIKE_DAY)
        {
            Self::Estimated
        } else if any(DOUBTS) {
            Self::Questionable
        } else if any(Status::VALIDATED) {
            Self::Validated
        } else {
            Self::Measured
        }
    }
}

/// What makes a value that nothing failed one to look at.
const DOUBTS: Status = Status(
    Status::QUESTIONABLE.0
        | Status::SUSPECT.0
        | Status::CLOCK_ERROR.0
        | Status::ASSUMED_TIME.0
        | Status::TEST_MODE.0
        | Status::OVERFLOW.0
        | Status::HARDWARE.0
        | Status::TAMPER.0
        | Status::MIXED.0,
);

/// A status set as it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct StatusWords {
    /// The class.
    pub class: QualityClass,
    /// Every word of the set, with the source's own flag where it gave one.
    pub words: String,
}

impl StatusWords {
    /// The words of a status and the source's flag for it.
    pub fn of(status: Status, flag: &SmolStr, has_value: bool) -> Self {
        let class = QualityClass::of(status, has_value);
        let mut words = if status.is_empty() && !has_value { "missing".to_owned() } else { status.to_string() };
        if !flag.is_empty() {
            words.push_str(&format!(" (flag {flag})"));
        }
        Self { class, words }
    }
}

/// What a slot finally is: as received, with what validation decided for it.
pub(crate) fn final_status(final_day: Option<&FinalDay>, slot: u16, raw: Status) -> Status {
    let Some(day) = final_day else { return raw };
    match day.values.binary_search_by_key(&slot, |value| value.slot) {
        Ok(at) => day.values[at].status,
        Err(_) => raw | day.status,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gravest_statement_decides_the_class() {
        let check = |status: Status, has_value: bool, expected: QualityClass| {
            assert_eq!(QualityClass::of(status, has_value), expected, "{status}");
        };
        check(Status::NONE, true, QualityClass::Measured);
        check(Status::NONE, false, QualityClass::Missing);
        check(Status::SOURCE_GOOD, true, QualityClass::Measured);
        check(Status::VALIDATED, true, QualityClass::Validated);
        check(Status::VALIDATED | Status::ESTIMATED | Status::INTERPOLATED, true, QualityClass::Estimated);
        check(Status::FAILED | Status::VALIDATED, true, QualityClass::Failed);
        check(Status::FAILED | Status::ACCEPTED, true, QualityClass::Edited);
        check(Status::POWER_FAILURE, true, QualityClass::Measured);
        check(Status::CLOCK_ERROR | Status::VALIDATED, true, QualityClass::Questionable);
        check(Status::ESTIMATE_NEEDED, true, QualityClass::Missing);
    }

    #[test]
    fn the_flag_of_the_source_is_told() {
        let words = StatusWords::of(Status::ESTIMATED, &SmolStr::new("E52"), true).words;
        assert_eq!(words, "estimated (flag E52)");
        assert_eq!(StatusWords::of(Status::NONE, &SmolStr::default(), false).words, "missing");
    }
}
