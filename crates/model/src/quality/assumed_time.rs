//! What each use of the data gets of intervals with an assumed time (decision T-11).
//!
//! One customer may have several uses, each with its own treatment: register billing does not look at intervals, so there
//! they may be accepted; a portal leaves them out; billing by intervals, with or without time of use, takes the estimates.
//! Received values stay readable whatever the treatment.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::Status;

/// What a use of final values gets of an interval with an assumed time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AssumedTime {
    /// Nothing, whatever stands there.
    Exclude,
    /// The value as received.
    Accept,
    /// The final value: zero, an estimate or an edit.
    #[default]
    Estimate,
}

/// What is given of one interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Treated {
    /// Nothing.
    LeftOut,
    /// The received value; it keeps [`Status::ASSUMED_TIME`].
    Received,
    /// The final value.
    Final,
}

/// The text names no treatment.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected exclude, accept or estimate, found `{0}`")]
pub struct UnknownTreatment(pub SmolStr);

impl AssumedTime {
    /// Every treatment.
    pub const ALL: [Self; 3] = [Self::Exclude, Self::Accept, Self::Estimate];

    /// `exclude`, `accept`, `estimate`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Exclude => "exclude",
            Self::Accept => "accept",
            Self::Estimate => "estimate",
        }
    }

    /// What is given of an interval of which `status` is finally known.
    pub const fn treated(self, status: Status) -> Treated {
        match self {
            _ if !status.contains(Status::ASSUMED_TIME) => Treated::Final,
            Self::Exclude => Treated::LeftOut,
            Self::Accept => Treated::Received,
            Self::Estimate => Treated::Final,
        }
    }

    /// Whether it is the one that holds where nothing is said.
    pub fn is_usual(&self) -> bool {
        *self == Self::default()
    }
}

impl fmt::Display for AssumedTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

impl FromStr for AssumedTime {
    type Err = UnknownTreatment;

    fn from_str(text: &str) -> Result<Self, UnknownTreatment> {
        Self::ALL.into_iter().find(|each| each.word() == text).ok_or_else(|| UnknownTreatment(text.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // covers: AMT-FUP-02
    #[test]
    fn each_use_has_its_own_treatment() {
        let zeroed = Status::ASSUMED_TIME | Status::ESTIMATED;
        let given = AssumedTime::ALL.map(|treatment| treatment.treated(zeroed));
        assert_eq!(given, [Treated::LeftOut, Treated::Received, Treated::Final]);
        let others = AssumedTime::ALL.map(|treatment| treatment.treated(Status::ESTIMATED));
        assert_eq!(others, [Treated::Final; 3], "an interval of true time is given to every use");
    }

    #[test]
    fn treatments_are_named_by_words() {
        for treatment in AssumedTime::ALL {
            assert_eq!(treatment.to_string().parse(), Ok(treatment));
        }
        let unknown = "drop".parse::<AssumedTime>().unwrap_err().to_string();
        assert_eq!(unknown, "expected exclude, accept or estimate, found `drop`");
    }
}
