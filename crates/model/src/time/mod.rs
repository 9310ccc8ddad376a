//! Time: half-open UTC intervals inside; zones, local days and naming conventions at the edges.
//!
//! - [`stamp`]: stamps as text, with an offset or in the local time of a source.
//! - [`local`]: which instant a local stamp is when the clock jumps.
//! - [`zone`]: zones by name.

pub mod local;
pub mod stamp;
pub mod zone;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

pub use local::{LocalStamp, LocalStampError, Occurrence, hour_ending_label};
pub use stamp::{InvalidStamp, Stamp, parse_compact, parse_rfc3339_seconds};

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

impl IntervalNaming {
    /// The interval that a stamp names; `None` for a length of zero and past the last year of jiff.
    pub fn interval(self, stamp: Timestamp, length_seconds: u32) -> Option<TimeRange> {
        if length_seconds == 0 {
            return None;
        }
        let length = jiff::SignedDuration::from_secs(i64::from(length_seconds));
        match self {
            Self::Beginning => Some(TimeRange { start: stamp, end: stamp.checked_add(length).ok()? }),
            Self::Ending => Some(TimeRange { start: stamp.checked_sub(length).ok()?, end: stamp }),
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(zone: &str, date: &str, start: &str, end: &str, slots: &[(u32, Option<u16>)]) {
        let zone = TimeZone::get(zone).expect("zone");
        let day = LocalDay::of(date.parse().expect("date"), &zone).expect("day");
        assert_eq!(day.range.start.to_string(), start, "{date}");
        assert_eq!(day.range.end.to_string(), end, "{date}");
        for (length, expected) in slots {
            assert_eq!(day.slots(*length), *expected, "{date} by {length} s");
        }
        assert_eq!(LocalDay::containing(day.range.start, &zone), Some(day));
        assert_ne!(LocalDay::containing(day.range.end, &zone), Some(day));
    }

    #[test]
    fn days_of_clock_change_are_shorter_and_longer() {
        // Test vectors of a time-zone database, hand-checked: 23, 24 and 25 hours.
        // covers: ONT-2.4.2b, ONT-2.4.2c, ONT-DEF-07
        let hours = |count: u16| [(3600, Some(count)), (900, Some(count * 4)), (300, Some(count * 12)), (0, None)];
        check("America/Toronto", "2024-03-10", "2024-03-10T05:00:00Z", "2024-03-11T04:00:00Z", &hours(23));
        check("America/Toronto", "2024-11-03", "2024-11-03T04:00:00Z", "2024-11-04T05:00:00Z", &hours(25));
        check("America/Toronto", "2024-07-01", "2024-07-01T04:00:00Z", "2024-07-02T04:00:00Z", &hours(24));
        check("America/Winnipeg", "2024-03-10", "2024-03-10T06:00:00Z", "2024-03-11T05:00:00Z", &hours(23));
        check("Europe/Amsterdam", "2024-10-27", "2024-10-26T22:00:00Z", "2024-10-27T23:00:00Z", &hours(25));
        check("Etc/GMT-10", "2024-10-06", "2024-10-05T14:00:00Z", "2024-10-06T14:00:00Z", &hours(24));
    }

    #[test]
    fn a_half_hour_change_has_no_whole_number_of_hours() {
        let zone = "Australia/Lord_Howe";
        let halves = |count: u16| [(1800, Some(count)), (3600, None)];
        check(zone, "2024-04-07", "2024-04-06T13:00:00Z", "2024-04-07T13:30:00Z", &halves(49));
        check(zone, "2024-10-06", "2024-10-05T13:30:00Z", "2024-10-06T13:00:00Z", &halves(47));
    }

    #[test]
    fn a_day_without_midnight_begins_at_its_first_instant() {
        // Sao Paulo put its clocks forward at midnight: the day began at 01:00 local.
        check("America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00:00Z", "2018-11-05T02:00:00Z", &[(3600, Some(23))]);
    }

    #[test]
    fn a_stamp_names_the_interval_after_or_before_it() {
        let stamp: Timestamp = "2024-11-03T06:00:00Z".parse().expect("stamp");
        let ending = IntervalNaming::Ending.interval(stamp, 3600).expect("interval");
        assert_eq!(ending.start.as_second(), 1_730_610_000);
        assert_eq!(IntervalNaming::Beginning.interval(ending.start, 3600), Some(ending));
        assert!(ending.contains(ending.start) && !ending.contains(ending.end));
        assert_eq!(IntervalNaming::Ending.interval(stamp, 0), None);
        assert_eq!(IntervalNaming::Beginning.interval(Timestamp::MAX, 1), None);
    }
}
