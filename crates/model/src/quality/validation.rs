//! The validation status of a value, in up to three slots: one for billing and two for other uses.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Status;

/// Where a value stands in one validation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum ValidationStatus {
    /// Not validated.
    #[default]
    Nv,
    /// Passed validation.
    Pv,
    /// Passed with a warning.
    Wv,
    /// Failed validation.
    Fv,
    /// Accepted by a person.
    Ma,
}

impl ValidationStatus {
    /// What a set of statuses says of validation: accepted before failed, failed before warned.
    pub fn of(status: Status) -> Self {
        if status.contains(Status::ACCEPTED) {
            Self::Ma
        } else if status.contains(Status::FAILED) {
            Self::Fv
        } else if status.contains(Status::QUESTIONABLE) {
            Self::Wv
        } else if status.contains(Status::VALIDATED) {
            Self::Pv
        } else {
            Self::Nv
        }
    }

    /// The bits of a status set that say so; none for "not validated".
    pub const fn bits(self) -> Status {
        match self {
            Self::Nv => Status::NONE,
            Self::Pv => Status::VALIDATED,
            Self::Wv => Status::QUESTIONABLE,
            Self::Fv => Status::FAILED,
            Self::Ma => Status::ACCEPTED,
        }
    }

    /// The status after a person accepted the value; only a doubt can be accepted.
    pub const fn accepted(self) -> Option<Self> {
        match self {
            Self::Wv | Self::Fv => Some(Self::Ma),
            Self::Nv | Self::Pv | Self::Ma => None,
        }
    }
}

impl fmt::Display for ValidationStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Nv => "NV",
            Self::Pv => "PV",
            Self::Wv => "WV",
            Self::Fv => "FV",
            Self::Ma => "MA",
        })
    }
}

/// The slots of a value. Each validation writes its own and leaves the others as they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ValidationSlots(pub [ValidationStatus; 3]);

impl ValidationSlots {
    /// The first slot, which billing goes by.
    pub const fn billing(self) -> ValidationStatus {
        self.0[0]
    }
}

#[cfg(test)]
mod tests {
    use super::ValidationStatus::{Fv, Ma, Nv, Pv, Wv};
    use super::*;

    // covers: AMT-BKG-02
    #[test]
    fn a_value_has_one_of_five_validation_statuses_in_each_of_three_slots() {
        for status in [Nv, Pv, Wv, Fv, Ma] {
            assert_eq!(ValidationStatus::of(status.bits()), status);
        }
        assert_eq!(ValidationStatus::of(Status::FAILED | Status::ACCEPTED | Status::QUESTIONABLE), Ma);
        assert_eq!(ValidationStatus::of(Status::FAILED | Status::QUESTIONABLE), Fv);
        assert_eq!([Nv, Pv, Wv, Fv, Ma].map(ValidationStatus::accepted), [None, None, Some(Ma), Some(Ma), None]);
        let slots = ValidationSlots([Fv, Pv, Nv]);
        assert_eq!(slots.billing(), Fv);
        assert_eq!(ValidationSlots::default().0, [Nv; 3]);
        assert_eq!(slots.0.map(|slot| slot.to_string()), ["FV", "PV", "NV"]);
    }
}
