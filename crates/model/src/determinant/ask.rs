//! A request for determinants as it is made.

use jiff::Timestamp;
use serde::Deserialize;

/// BillingDeterminantRequest: what is asked for. One of `usage_point` and `account`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AskDeterminants {
    /// The asker's id; the same id again is the same request. One is made where none is given.
    #[serde(default)]
    pub id: Option<String>,
    /// Name or mRID of a usage point.
    #[serde(default)]
    pub usage_point: Option<String>,
    /// Name or mRID of an account: one request for each of its usage points, over the time it was the account's.
    #[serde(default)]
    pub account: Option<String>,
    /// First instant of the period.
    pub from: Timestamp,
    /// First instant after the period.
    pub to: Timestamp,
    /// Name of the rate; the one that holds for the usage point or its tariff where none is given.
    #[serde(default)]
    pub definition: Option<String>,
    /// Until when the answer may wait for better data; the end of the period where none is given.
    #[serde(default)]
    pub cut_off: Option<Timestamp>,
}
