//! From instants to (local day, slot): which day of its own zone an interval belongs to.
//!
//! An interval belongs to the local day that contains its beginning (house time rule 5), so the one that ends at
//! local midnight closes the day before. Days have 23, 24 or 25 hours; slots count from local midnight in
//! elapsed time, so no hour is ever shifted or doubled.

use std::collections::HashMap;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use model::time::LocalDay;
pub use model::time::zone::{UnknownZone, zone_of};
use smol_str::SmolStr;

/// A local day as the readings book counts it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Day {
    /// The date in the zone.
    pub date: Date,
    /// Local midnight in epoch seconds.
    pub start: i64,
    /// Next local midnight in epoch seconds.
    pub end: i64,
}

/// The local days of zones, remembered.
#[derive(Default)]
pub struct Calendar {
    zones: HashMap<SmolStr, Zone>,
}

/// One zone and the days of it that were asked for.
pub struct Zone {
    zone: TimeZone,
    days: Vec<Day>,
}

impl Calendar {
    /// The zone of a name: an IANA name or a fixed offset such as `+10:00`.
    ///
    /// # Errors
    /// [`UnknownZone`].
    pub fn zone(&mut self, name: &str) -> Result<&mut Zone, UnknownZone> {
        if !self.zones.contains_key(name) {
            let zone = zone_of(name)?;
            self.zones.insert(name.into(), Zone { zone, days: Vec::new() });
        }
        self.zones.get_mut(name).ok_or_else(|| UnknownZone(name.into()))
    }
}

impl Zone {
    /// The local day that contains an instant; `None` outside the years a timestamp can hold.
    pub fn day_containing(&mut self, instant: i64) -> Option<Day> {
        // Days are kept in order; files walk forward through time, so the last ones are the likely ones.
        let at = self.days.partition_point(|day| day.end <= instant);
        if let Some(day) = self.days.get(at)
            && day.start <= instant
        {
            return Some(*day);
        }
        let local = LocalDay::containing(Timestamp::from_second(instant).ok()?, &self.zone)?;
        let day = Day { date: local.date, start: local.range.start.as_second(), end: local.range.end.as_second() };
        self.days.insert(at, day);
        Some(day)
    }
}

/// A piece of a run inside one local day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece {
    /// The day.
    pub day: Day,
    /// Slots in the whole day.
    pub slots: u16,
    /// First slot of the piece.
    pub first: u16,
    /// Positions of the run, `[from, to)`.
    pub from: usize,
    /// One past the last position.
    pub to: usize,
}

/// Why a run cannot be placed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlacementError {
    /// The interval length does not divide the local day.
    #[error("intervals of {length_seconds} s do not divide the local day of {date}, which has {day_seconds} s")]
    Length {
        /// Length of the intervals.
        length_seconds: u32,
        /// The day.
        date: Date,
        /// Length of the day.
        day_seconds: i64,
    },
    /// The interval begins between two slots.
    #[error(
        "the interval that begins {offset_seconds} s after a slot of {length_seconds} s lies off the grid of {date}"
    )]
    OffGrid {
        /// How far past the slot it begins.
        offset_seconds: i64,
        /// Length of the intervals.
        length_seconds: u32,
        /// The day.
        date: Date,
    },
    /// The instant is beyond the years a timestamp can hold.
    #[error("the time is outside the years that can be stored")]
    Range,
}

/// Cuts a run of `count` intervals from `start` (epoch seconds) into pieces of local days.
///
/// # Errors
/// [`PlacementError`]; nothing of the run is placed then.
pub fn pieces(
    zone: &mut Zone,
    start: i64,
    length_seconds: u32,
    count: usize,
    pieces: &mut Vec<Piece>,
) -> Result<(), PlacementError> {
    pieces.clear();
    let length = i64::from(length_seconds);
    let mut from = 0;
    while from < count {
        let begin = i64::try_from(from)
            .ok()
            .and_then(|from| from.checked_mul(length))
            .and_then(|elapsed| start.checked_add(elapsed))
            .ok_or(PlacementError::Range)?;
        let day = zone.day_containing(begin).ok_or(PlacementError::Range)?;
        let day_seconds = day.end - day.start;
        let slots = (0 < length && day_seconds % length == 0)
            .then(|| u16::try_from(day_seconds / length).ok())
            .flatten()
            .ok_or(PlacementError::Length { length_seconds, date: day.date, day_seconds })?;
        let since_midnight = begin - day.start;
        if since_midnight % length != 0 {
            let offset_seconds = since_midnight % length;
            return Err(PlacementError::OffGrid { offset_seconds, length_seconds, date: day.date });
        }
        let first = u16::try_from(since_midnight / length).map_err(|_| PlacementError::Range)?;
        let to = count.min(from + usize::from(slots - first));
        pieces.push(Piece { day, slots, first, from, to });
        from = to;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Cuts `hours` hourly intervals from an instant and prints `date first/slots xcount` per piece.
    #[track_caller]
    fn check(zone: &str, start: &str, length_seconds: u32, count: usize, expected: &str) {
        let mut calendar = Calendar::default();
        let mut cut = Vec::new();
        let start = start.parse::<Timestamp>().expect("instant").as_second();
        let outcome = pieces(calendar.zone(zone).expect("zone"), start, length_seconds, count, &mut cut);
        let text = match outcome {
            Ok(()) => cut
                .iter()
                .map(|piece| format!("{} {}/{} x{}", piece.day.date, piece.first, piece.slots, piece.to - piece.from))
                .collect::<Vec<_>>()
                .join(", "),
            Err(error) => error.to_string(),
        };
        assert_eq!(text, expected, "{zone} {start}");
    }

    // covers: ONT-2.4.2b, ONT-DEF-07
    #[test]
    fn days_of_23_and_25_hours_keep_every_hour() {
        // Instants from the worked vectors of the time conventions: Toronto 2024-03-10 and 2024-11-03.
        check("America/Toronto", "2024-03-10T05:00:00Z", 3600, 24, "2024-03-10 0/23 x23, 2024-03-11 0/24 x1");
        check("America/Toronto", "2024-11-03T04:00:00Z", 3600, 26, "2024-11-03 0/25 x25, 2024-11-04 0/24 x1");
        check("America/Toronto", "2024-11-03T06:00:00Z", 900, 1, "2024-11-03 8/100 x1");
        check("Europe/Amsterdam", "2024-10-26T22:00:00Z", 3600, 25, "2024-10-27 0/25 x25");
        check("+10:00", "2024-03-09T14:00:00Z", 1800, 96, "2024-03-10 0/48 x48, 2024-03-11 0/48 x48");
    }

    #[test]
    fn half_hour_zones_are_placed_on_their_own_midnight() {
        check("Asia/Kolkata", "2024-01-01T18:30:00Z", 3600, 2, "2024-01-02 0/24 x2");
        check("Asia/Kathmandu", "2024-01-01T18:15:00Z", 900, 4, "2024-01-02 0/96 x4");
        // Lord Howe moves its clock by half an hour: the day has 24.5 hours, which whole hours do not divide.
        check("Australia/Lord_Howe", "2024-04-06T13:00:00Z", 1800, 49, "2024-04-07 0/49 x49");
        check(
            "Australia/Lord_Howe",
            "2024-04-06T13:00:00Z",
            3600,
            1,
            "intervals of 3600 s do not divide the local day of 2024-04-07, which has 88200 s",
        );
    }

    #[test]
    fn an_interval_off_the_grid_is_refused_not_shifted() {
        check(
            "America/Toronto",
            "2024-01-01T05:07:00Z",
            900,
            4,
            "the interval that begins 420 s after a slot of 900 s lies off the grid of 2024-01-01",
        );
    }

    #[test]
    fn offsets_and_names_of_zones() {
        assert!(zone_of("+10:00").is_ok());
        assert!(zone_of("-03:30").is_ok());
        for wrong in ["Toronto", "+25:00", "+1", "", "+10:75"] {
            assert_eq!(zone_of(wrong).err(), Some(UnknownZone(wrong.into())), "{wrong}");
        }
    }

    proptest! {
        /// The pieces cover the run once, in order, and each slot is where the clock says.
        #[test]
        fn pieces_cover_the_run(hour in 0_i64..24 * 365 * 3, count in 1_usize..400) {
            let mut calendar = Calendar::default();
            let zone = calendar.zone("America/St_Johns").expect("zone");
            // 2023-01-01T03:30Z is midnight in St John's.
            let start = 1_672_543_800 + hour * 1800;
            let mut cut = Vec::new();
            pieces(zone, start, 1800, count, &mut cut).expect("half hours divide every day there");
            prop_assert_eq!(cut.first().map(|piece| piece.from), Some(0));
            prop_assert_eq!(cut.last().map(|piece| piece.to), Some(count));
            for pair in cut.windows(2) {
                prop_assert_eq!(pair[0].to, pair[1].from);
                prop_assert_eq!(pair[0].day.end, pair[1].day.start);
            }
            for piece in &cut {
                prop_assert_eq!(piece.day.start + i64::from(piece.first) * 1800, start + piece.from as i64 * 1800);
            }
        }
    }
}
