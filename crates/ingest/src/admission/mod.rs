//! Admission: the coded checks V01 to V18 that stand between a message and the book.
//!
//! Pure: a piece of a message, what the registry says of its channel, the limits and `now` go in; findings come
//! out. A finding of [`Severity::Error`] sends the piece to quarantine; a warning is told and the piece admitted.
//!
//! | rule | where |
//! |---|---|
//! | V01 point exists | [`unknown_point`] |
//! | V02 sender, V03 V04 state, V05 type, V06 unit, V07 length, V09 count, V14 meter | `registry` |
//! | V08 period, V10 number, V11 quality, V16 complete day, V17 future | `contents` |
//! | V12 duplicate payload, V18 every message reaches a final state | the driver, [`crate::intake`] |
//! | V13 sibling channels, V15 channel count | [`missing_siblings`], where the settings ask |
//!
//! The owner of a usage point (V02) and its connection states (V03, V04) are in the registry. Where no owner is set any
//! source may send; while no state is known the point counts as connected.

mod contents;
mod owner;
mod registry;
mod scale;
mod siblings;
#[cfg(test)]
mod tests;

use jiff::Timestamp;
use model::finding::{Finding, Severity};
use model::master::{Channel, ConnectionState, History};
use model::reading::{ChannelReadings, Values};
use serde::{Deserialize, Serialize};
use store::registry::directory::Unresolved;

pub use owner::owner;
pub use scale::Scale;
pub use siblings::missing_siblings;

/// The code of a name that several usage points or meters bear.
pub const AMBIGUOUS_NAME: &str = "registry.ambiguous";
/// The code of a channel that cannot be registered as a message describes it.
pub const REGISTRY_CONFLICT: &str = "registry.conflict";

/// Limits of the checks, with their units.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// V17: how far past `now` the last interval may end, in seconds.
    pub future_tolerance_seconds: u32,
    /// V04: whether readings of a disconnected usage point are refused; otherwise they are told.
    pub refuse_inactive: bool,
    /// V08: how old a reading may be, in days; 0 accepts any age (history loads).
    pub age_days_max: u32,
    /// V10: integer digits of an interval value in the unit of the channel.
    pub integer_digits_max: u8,
    /// V16: whether an interval without a value inside a message is told.
    pub report_missing_values: bool,
    /// V13, V15: whether channels of a usage point that a message leaves out are told.
    pub report_missing_siblings: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            future_tolerance_seconds: 180,
            refuse_inactive: false,
            age_days_max: 0,
            integer_digits_max: 10,
            report_missing_values: false,
            report_missing_siblings: false,
        }
    }
}

/// What the registry says of the channel a piece of a message means.
#[derive(Clone, Debug)]
pub struct Target<'a> {
    /// The channel.
    pub channel: &'a Channel,
    /// The connection states of its usage point over time; `None` where none is known.
    pub states: Option<&'a History<ConnectionState>>,
    /// The only source that may send the readings of its usage point, at their time; `None` where any may.
    pub owner: Option<&'a str>,
    /// The meter registered there in the period; `None` where none is known.
    pub meter: Option<&'a str>,
}

/// V01: nothing in the registry has this name, or several things; `reason` says which.
pub fn unknown_point(readings: &ChannelReadings, reason: &Unresolved) -> Finding {
    if let Unresolved::AmbiguousName { .. } = reason {
        let message = format!("{reason}; let the source say it");
        return Finding::new(readings.line, "channel", AMBIGUOUS_NAME, message);
    }
    let message = format!(
        "{reason}; register the channel (`amity registry add`), or let the message say what it is \
         (`amity quarantine replay --register`)"
    );
    Finding::new(readings.line, "channel", "V01", message)
}

/// The channel that a message describes could not be registered; `reason` says what contradicts it.
pub fn not_registered(readings: &ChannelReadings, reason: &str) -> Finding {
    let message = format!("could not be registered as the message describes it: {reason}");
    Finding::new(readings.line, "channel", REGISTRY_CONFLICT, message)
}

/// Every check of one piece of a message from `source`, in rule order.
pub fn check(
    readings: &ChannelReadings,
    target: &Target<'_>,
    limits: &Limits,
    source: &str,
    now: Timestamp,
) -> Vec<Finding> {
    let mut report = Report { readings, target, limits, findings: Vec::new() };
    report.sender(source);
    report.state();
    report.kind();
    report.unit();
    report.period(now);
    report.numbers();
    report.qualities();
    report.meter();
    report.missing_values();
    report.findings
}

struct Report<'a> {
    readings: &'a ChannelReadings,
    target: &'a Target<'a>,
    limits: &'a Limits,
    findings: Vec<Finding>,
}

impl Report<'_> {
    fn tell(&mut self, severity: Severity, field: &'static str, rule: &'static str, message: String) {
        let finding = Finding::new(self.readings.line, field, rule, message).with_severity(severity);
        self.findings.push(finding);
    }
}

/// First instant and end of a piece of a message; `None` when it is beyond the years that can be stored.
pub fn span(readings: &ChannelReadings) -> Option<(Timestamp, Timestamp)> {
    match &readings.values {
        Values::Intervals(run) => Some((run.start, crate::inventory::end_of(run)?)),
        Values::Registers(reads) => {
            let first = reads.iter().map(|read| read.period_start.unwrap_or(read.at)).min()?;
            Some((first, reads.iter().map(|read| read.at).max()?))
        }
    }
}
