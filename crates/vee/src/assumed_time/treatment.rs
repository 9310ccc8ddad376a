//! What each use of the data gets of intervals with an assumed time.
//!
//! One customer may have several uses; each data product has its own treatment. Register billing does not
//! look at intervals, so there they may be accepted; a portal leaves them out; billing by intervals, with
//! or without time of use, takes the estimates. Received values stay readable whatever the treatment.

use model::quality::Status;
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

/// A use of readings and its treatment of assumed meter time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataProduct {
    /// What people call it.
    pub name: SmolStr,
    /// What it gets.
    pub assumed_time: Treatment,
}

/// What a use gets of an interval with an assumed time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Treatment {
    /// Nothing.
    Exclude,
    /// The value as received.
    Accept,
    /// The final value: zero, an estimate or an edit.
    Estimate,
}

/// What a use gets of one interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Treated {
    /// The interval is not given.
    Excluded,
    /// This value, `None` for a gap.
    Given(Option<i64>),
}

/// What a product gets of an interval with a received and a final value.
pub fn treated(treatment: Treatment, received: Option<i64>, last: Option<i64>, status: Status) -> Treated {
    match treatment {
        _ if !status.contains(Status::ASSUMED_TIME) => Treated::Given(last),
        Treatment::Exclude => Treated::Excluded,
        Treatment::Accept => Treated::Given(received),
        Treatment::Estimate => Treated::Given(last),
    }
}
