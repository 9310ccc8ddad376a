//! Time: half-open UTC intervals inside; zones, local days and naming conventions at the edges.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

/// `[start, end)` in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct TimeRange {
    /// First instant inside.
    pub start: Timestamp,
    /// First instant after.
    pub end: Timestamp,
}

impl TimeRange {
    /// Length in whole seconds.
    pub fn seconds(self) -> i64 {
        self.end.as_second() - self.start.as_second()
    }

    /// Whether the instant is inside.
    pub fn contains(self, instant: Timestamp) -> bool {
        self.start <= instant && instant < self.end
    }
}

/// Whether a source names an interval by its beginning or its end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum IntervalNaming {
    /// By its first instant.
    Beginning,
    /// By its end (IEC 61968-9, CMEP, NEM12, Ontario).
    #[default]
    Ending,
}

/// The day between two local midnights: 23, 24 or 25 hours, or an odd length in odd zones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LocalDay {
    /// The calendar date in the zone.
    pub date: Date,
    /// Its instants.
    pub range: TimeRange,
}

impl LocalDay {
    /// The day of a date in a zone, from its first instant to the first instant of the next date.
    ///
    /// `None` outside the years jiff can represent.
    pub fn of(date: Date, zone: &TimeZone) -> Option<Self> {
        let start = date.to_zoned(zone.clone()).ok()?.start_of_day().ok()?.timestamp();
        let end = date.tomorrow().ok()?.to_zoned(zone.clone()).ok()?.start_of_day().ok()?.timestamp();
        Some(Self { date, range: TimeRange { start, end } })
    }

    /// The day that contains an instant.
    pub fn containing(instant: Timestamp, zone: &TimeZone) -> Option<Self> {
        Self::of(instant.to_zoned(zone.clone()).date(), zone)
    }

    /// How many intervals of a length the day has; `None` where the length does not divide it.
    pub fn slots(self, length_seconds: u32) -> Option<u16> {
        let seconds = self.range.seconds();
        let length = i64::from(length_seconds);
        (0 < length && seconds % length == 0).then(|| u16::try_from(seconds / length).ok()).flatten()
    }
}
