//! Local stamps: which instant a clock reading without offset is, on days when the clock jumps.
//!
//! Nothing is guessed. A repeated time needs an [`Occurrence`], which the source gives as a flag or
//! by order; a time that the clock never showed is refused.

use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{SignedDuration, Timestamp};

/// A clock reading in the zone of the source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LocalStamp(pub DateTime);

/// Which of the two times is meant when a clock shows the same time twice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Occurrence {
    /// The source does not say; only a time shown once is accepted.
    #[default]
    Only,
    /// The one before the clock was put back. Also right for a time shown once.
    First,
    /// The one after the clock was put back.
    Second,
}

/// Why a local stamp is not one instant.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LocalStampError {
    /// The clock was put forward over it.
    #[error("the clock never showed {0}: it was put forward over it; send an offset or the correct hour")]
    Skipped(DateTime),
    /// The clock showed it twice.
    #[error("the clock showed {0} twice; send an offset, a daylight saving flag or ordered readings")]
    Repeated(DateTime),
    /// A second occurrence was claimed of a time shown once.
    #[error("the clock showed {0} only once, the source calls it the second time")]
    NotRepeated(DateTime),
    /// Outside the years that can be held.
    #[error("{0} is outside the supported years")]
    OutOfRange(DateTime),
}

impl LocalStamp {
    /// The instant at which the clock showed this, read after a change at that very moment.
    ///
    /// # Errors
    /// [`LocalStampError`] where there is no such instant or not exactly one.
    pub fn resolve(self, zone: &TimeZone, occurrence: Occurrence) -> Result<Timestamp, LocalStampError> {
        let clock = self.0;
        let offset = match (zone.to_ambiguous_timestamp(clock).offset(), occurrence) {
            (AmbiguousOffset::Unambiguous { offset }, Occurrence::Only | Occurrence::First) => offset,
            (AmbiguousOffset::Unambiguous { .. }, Occurrence::Second) => {
                return Err(LocalStampError::NotRepeated(clock));
            }
            (AmbiguousOffset::Gap { .. }, _) => return Err(LocalStampError::Skipped(clock)),
            (AmbiguousOffset::Fold { .. }, Occurrence::Only) => return Err(LocalStampError::Repeated(clock)),
            (AmbiguousOffset::Fold { before, .. }, Occurrence::First) => before,
            (AmbiguousOffset::Fold { after, .. }, Occurrence::Second) => after,
        };
        offset.to_timestamp(clock).map_err(|_| LocalStampError::OutOfRange(clock))
    }

    /// The end of an interval that the source labels before the clock is changed.
    ///
    /// Such a source calls the end of the hour before the spring change 02:00, a time never shown, and
    /// in autumn writes 02:00 twice instead of 01:00. The last moment inside the interval decides.
    ///
    /// # Errors
    /// As [`LocalStamp::resolve`].
    pub fn resolve_end_before_change(
        self,
        zone: &TimeZone,
        occurrence: Occurrence,
    ) -> Result<Timestamp, LocalStampError> {
        let moment = SignedDuration::from_nanos(1);
        let out_of_range = || LocalStampError::OutOfRange(self.0);
        let inside = self.0.checked_sub(moment).map_err(|_| out_of_range())?;
        let at_label = |error: LocalStampError| match error {
            LocalStampError::Skipped(_) => LocalStampError::Skipped(self.0),
            LocalStampError::Repeated(_) => LocalStampError::Repeated(self.0),
            LocalStampError::NotRepeated(_) => LocalStampError::NotRepeated(self.0),
            LocalStampError::OutOfRange(_) => LocalStampError::OutOfRange(self.0),
        };
        let instant = Self(inside).resolve(zone, occurrence).map_err(at_label)?;
        instant.checked_add(moment).map_err(|_| out_of_range())
    }
}

/// The hour-ending label of the Ontario AMI profile: `YYYY-MM-DD hh:mm` local, midnight as 24:00 of the
/// day that ends (ONT-2.2.1b).
pub fn hour_ending_label(instant: Timestamp, zone: &TimeZone) -> String {
    let local = instant.to_zoned(zone.clone());
    let midnight = local.hour() == 0 && local.minute() == 0;
    match local.date().yesterday() {
        Ok(ended) if midnight => format!("{ended} 24:00"),
        _ => local.strftime("%Y-%m-%d %H:%M").to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::{LocalDay, Stamp};

    const TORONTO: &str = "America/Toronto";

    fn local(text: &str) -> LocalStamp {
        match text.parse() {
            Ok(Stamp::Local(local)) => local,
            other => panic!("{text} is {other:?}"),
        }
    }

    #[track_caller]
    fn check(zone: &str, stamp: &str, occurrence: Occurrence, expected: Result<&str, &str>) {
        let zone = TimeZone::get(zone).expect("zone");
        compare(stamp, local(stamp).resolve(&zone, occurrence), expected);
    }

    #[track_caller]
    fn compare(stamp: &str, found: Result<Timestamp, LocalStampError>, expected: Result<&str, &str>) {
        let found = found.map(|instant| instant.to_string()).map_err(|error| match error {
            LocalStampError::Skipped(_) => "skipped",
            LocalStampError::Repeated(_) => "repeated",
            LocalStampError::NotRepeated(_) => "not repeated",
            LocalStampError::OutOfRange(_) => "out of range",
        });
        assert_eq!(found, expected.map(String::from), "{stamp}");
    }

    #[test]
    fn spring_skips_an_hour() {
        // covers: ONT-2.4.2b
        check(TORONTO, "2024-03-10T00:00", Occurrence::Only, Ok("2024-03-10T05:00:00Z"));
        check(TORONTO, "2024-03-10T01:00", Occurrence::Only, Ok("2024-03-10T06:00:00Z"));
        check(TORONTO, "2024-03-10T02:00", Occurrence::Only, Err("skipped"));
        check(TORONTO, "2024-03-10T02:59:59", Occurrence::First, Err("skipped"));
        check(TORONTO, "2024-03-10T03:00", Occurrence::Only, Ok("2024-03-10T07:00:00Z"));
        check(TORONTO, "2024-03-10T24:00", Occurrence::Only, Ok("2024-03-11T04:00:00Z"));
    }

    #[test]
    fn autumn_repeats_an_hour() {
        // covers: ONT-2.4.2b
        check(TORONTO, "2024-11-03T00:59:59", Occurrence::Only, Ok("2024-11-03T04:59:59Z"));
        check(TORONTO, "2024-11-03T01:00", Occurrence::Only, Err("repeated"));
        check(TORONTO, "2024-11-03T01:00", Occurrence::First, Ok("2024-11-03T05:00:00Z"));
        check(TORONTO, "2024-11-03T01:00", Occurrence::Second, Ok("2024-11-03T06:00:00Z"));
        check(TORONTO, "2024-11-03T01:59:59", Occurrence::Second, Ok("2024-11-03T06:59:59Z"));
        check(TORONTO, "2024-11-03T02:00", Occurrence::First, Ok("2024-11-03T07:00:00Z"));
        check(TORONTO, "2024-11-03T02:00", Occurrence::Second, Err("not repeated"));
        check("Europe/Amsterdam", "2024-10-27T02:00", Occurrence::First, Ok("2024-10-27T00:00:00Z"));
        check("Europe/Amsterdam", "2024-10-27T02:00", Occurrence::Second, Ok("2024-10-27T01:00:00Z"));
    }

    #[test]
    fn zones_of_half_hours_and_quarters() {
        // Lord Howe puts its clock back from 02:00+11:00 to 01:30+10:30: only half an hour repeats.
        check("Australia/Lord_Howe", "2024-04-07T01:29", Occurrence::Only, Ok("2024-04-06T14:29:00Z"));
        check("Australia/Lord_Howe", "2024-04-07T01:30", Occurrence::First, Ok("2024-04-06T14:30:00Z"));
        check("Australia/Lord_Howe", "2024-04-07T01:30", Occurrence::Second, Ok("2024-04-06T15:00:00Z"));
        check("Australia/Lord_Howe", "2024-10-06T02:15", Occurrence::Only, Err("skipped"));
        check("Australia/Lord_Howe", "2024-10-06T02:30", Occurrence::Only, Ok("2024-10-05T15:30:00Z"));
        check("Asia/Kathmandu", "2024-07-01T05:45", Occurrence::Only, Ok("2024-07-01T00:00:00Z"));
        check("America/St_Johns", "2024-07-01T00:00", Occurrence::Only, Ok("2024-07-01T02:30:00Z"));
    }

    #[test]
    fn ends_labelled_before_the_change_use_the_old_clock() {
        // Ontario hours of both change days, labelled before the change: 01, 02, 04 ... and 01, 02, 02, 03 ...
        // covers: ONT-2.2.1b, ONT-2.4.2b
        let rows = [
            ("2024-03-10 01:00", Occurrence::Only, Ok("2024-03-10T06:00:00Z")),
            ("2024-03-10 02:00", Occurrence::Only, Ok("2024-03-10T07:00:00Z")),
            ("2024-03-10 02:15", Occurrence::Only, Err("skipped")),
            ("2024-03-10 04:00", Occurrence::Only, Ok("2024-03-10T08:00:00Z")),
            ("2024-11-03 01:00", Occurrence::Only, Ok("2024-11-03T05:00:00Z")),
            ("2024-11-03 02:00", Occurrence::First, Ok("2024-11-03T06:00:00Z")),
            ("2024-11-03 02:00", Occurrence::Second, Ok("2024-11-03T07:00:00Z")),
            ("2024-11-03 02:00", Occurrence::Only, Err("repeated")),
            ("2024-11-03 24:00", Occurrence::Only, Ok("2024-11-04T05:00:00Z")),
        ];
        let zone = TimeZone::get(TORONTO).expect("zone");
        for (stamp, occurrence, expected) in rows {
            compare(stamp, local(stamp).resolve_end_before_change(&zone, occurrence), expected);
        }
    }

    #[test]
    fn hour_ending_labels_write_midnight_as_24() {
        // covers: ONT-2.2.1b
        let zone = TimeZone::get(TORONTO).expect("zone");
        let day = LocalDay::of("2024-11-03".parse().expect("date"), &zone).expect("day");
        let labels: Vec<String> = (1..=i64::from(day.slots(3600).expect("whole hours")))
            .map(|hour| day.range.start + SignedDuration::from_hours(hour))
            .map(|end| hour_ending_label(end, &zone))
            .collect();
        assert_eq!(labels[..4], ["2024-11-03 01:00", "2024-11-03 01:00", "2024-11-03 02:00", "2024-11-03 03:00"]);
        assert_eq!(labels.last().map(String::as_str), Some("2024-11-03 24:00"));
        assert_eq!(local("2024-11-03 24:00").resolve(&zone, Occurrence::Only), Ok(day.range.end));
    }
}
