//! Admission: the coded checks V01 to V18 that stand between a message and the book.
//!
//! Pure: a piece of a message, what the registry says of its channel, the limits and `now` go in; findings come
//! out. A finding of [`Severity::Error`] sends the piece to quarantine; a warning is told and the piece admitted.
//!
//! One file each. [`check`] asks those that look at one piece; V13, V15, the shortest span of V08 ([`arrivals`]) and the order of
//! V09 ([`Positions`]) look at a whole message. V12 (the same message again) and V18 (a final state for every message) are
//! promises of the driver, and live with its keys (`intake/keys.rs`); where V12 keeps the value that came first, `kept_first.rs` holds
//! others against it.
//!
//! The owner of a usage point (V02) and its connection states (V03, V04) are in the registry.

pub mod arrivals;
mod scale;
#[cfg(test)]
mod tests;
mod v01_point_exists;
mod v02_sender;
mod v03_connection_state;
mod v04_inactive;
mod v05_type;
mod v06_unit;
mod v07_interval_length;
mod v08_period;
mod v09_count_and_order;
mod v10_number;
mod v11_quality;
mod v13_sibling_channels;
mod v14_meter;
mod v15_channel_count;
mod v16_complete;
mod v17_future;

use jiff::Timestamp;
use model::finding::{Finding, Severity};
use model::master::{Channel, ConnectionState, History};
use model::reading::{ChannelReadings, Values};
use model::reading_type::ReadingType;
use serde::{Deserialize, Serialize};

pub use scale::Scale;
pub use v01_point_exists::{AMBIGUOUS_NAME, REGISTRY_CONFLICT, not_registered, unknown_point};
pub use v02_sender::owner;
pub use v07_interval_length::OTHER_LENGTH;
pub use v08_period::short_spans;
pub use v09_count_and_order::Positions;
pub use v10_number::{NUMBER, parted};
pub use v13_sibling_channels::siblings_of_other_periods;
pub use v15_channel_count::{Brought, Lacking, missing_channels};

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
    /// V08: how many hours a message brings at least of a channel of intervals up to an hour long; 0 accepts any.
    pub span_hours_min: u32,
    /// V08: whether a message that brings less is told.
    pub report_short_spans: bool,
    /// V10: integer digits of an interval value in the unit of the channel.
    pub integer_digits_max: u8,
    /// V09, V16: whether an interval that a message leaves out, brings after a later one or without a value is told.
    pub report_missing_values: bool,
    /// V16: whether a piece of a message with an interval without a value is refused.
    pub refuse_missing_values: bool,
    /// V13, V15: whether channels of a usage point that a message leaves out, or brings for another period, are told.
    pub report_missing_siblings: bool,
    /// V15: whether what a message brings of a usage point is refused where it leaves out another of its channels.
    pub refuse_missing_channels: bool,
    /// V12: what happens to a value that comes again and is another one.
    pub values_again: ValuesAgain,
    /// V05: the types that channels may be of; any where none are given.
    pub reading_types: Vec<ReadingType>,
    /// V08: whether reads of a monthly type that are not of the first of a month, at local midnight, are refused.
    pub months_begin_on_first: bool,
}

/// What becomes of a value for an interval or a moment that has another one (Oracle Duplicate IMD).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ValuesAgain {
    /// It takes the place of the value that was there; every version is kept.
    #[default]
    Replace,
    /// It waits in quarantine, and the value that was there stays.
    Keep,
}

/// Three years, one of them a leap year.
const THREE_YEARS_IN_DAYS: u32 = 3 * 365 + 1;

impl Default for Limits {
    fn default() -> Self {
        Self {
            future_tolerance_seconds: 180,
            refuse_inactive: false,
            age_days_max: THREE_YEARS_IN_DAYS,
            span_hours_min: 4,
            report_short_spans: false,
            integer_digits_max: 10,
            report_missing_values: false,
            refuse_missing_values: false,
            report_missing_siblings: false,
            refuse_missing_channels: false,
            values_again: ValuesAgain::Replace,
            reading_types: Vec::new(),
            months_begin_on_first: false,
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
    report.connection_state();
    report.inactive();
    report.kind();
    report.unit();
    report.interval_length();
    report.period(now);
    report.months();
    report.count();
    report.numbers();
    report.qualities();
    report.meter();
    report.missing_values();
    report.future(now);
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
