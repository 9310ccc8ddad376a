//! What is known of the meter, its clock and its communication module.

use jiff::Timestamp;
use model::quantity::Decimal;

/// The meter of a channel on the day.
#[derive(Clone, Copy, Debug, Default)]
pub struct Device<'a> {
    /// The clock of the meter less the reference, in seconds, at the read that brought the day.
    pub clock_offset_seconds: Option<i64>,
    /// The clock of the system that read it less the reference, in seconds.
    pub reader_offset_seconds: Option<i64>,
    /// When the clock of the meter was last known to be right.
    pub last_good_sync: Option<Timestamp>,
    /// The most that the recorder can count in one interval, in the channel's quantum.
    pub interval_capacity: Option<i64>,
    /// The rating of the service in kVA.
    pub service_rating: Option<Decimal>,
    /// The family of the meter as its maker names it (`OpenWay CENTRON`).
    pub family: Option<&'a str>,
    /// The firmware as the meter reports it.
    pub firmware: Option<&'a str>,
    /// Alarms of the meter that were active during the day.
    pub alarms: &'a [Alarm<'a>],
    /// Whether the last value before the day carries the five statuses of assumed meter time.
    pub assumed_before: bool,
}

/// An alarm of the meter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Alarm<'a> {
    /// Its name in the words of the event catalogue.
    pub name: &'a str,
    /// When it was raised.
    pub raised: Timestamp,
    /// When it ended; `None` while it is active.
    pub ended: Option<Timestamp>,
}
