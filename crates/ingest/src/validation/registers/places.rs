//! The UTC days that register reads are stored by, and their places in them.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use model::id::ChannelNumber;
use model::lineage::FinalRead;
use model::time::TimeRange;
use store::readings::{AsOf, Error, NO_VALUE, ReadingsBook};

/// Seconds of a UTC day.
const DAY_SECONDS: i64 = 86_400;
/// Seconds of a place, so that the places of a day fit into the numbers of slots.
const PLACE_SECONDS: i64 = 2;
/// Places of a UTC day.
const PLACES: u16 = 43_200;

/// The place of an instant in its UTC day: by it exceptions and decisions of people find the read.
pub(crate) fn place(at: Timestamp) -> u16 {
    u16::try_from(at.as_second().rem_euclid(DAY_SECONDS) / PLACE_SECONDS).unwrap_or(u16::MAX)
}

/// The place of a read: an opening read has one of its own after that of the last read of the meter before.
pub(crate) fn place_of(read: &FinalRead) -> u16 {
    opening_or(place(read.at), read.is_opening())
}

/// The place of a read that stands at a place, or is an opening read there.
pub(super) fn opening_or(place: u16, is_opening: bool) -> u16 {
    (place + u16::from(is_opening)).min(PLACES - 1)
}

/// The first instant of a place.
pub(crate) fn instant_of(date: Date, place: u16) -> Option<Timestamp> {
    Timestamp::from_second(utc_day(date)?.start.as_second() + PLACE_SECONDS * i64::from(place)).ok()
}

/// The UTC date of an instant.
pub(crate) fn utc_date(at: Timestamp) -> Date {
    at.to_zoned(TimeZone::UTC).date()
}

/// The instants of a UTC date.
pub(crate) fn utc_day(date: Date) -> Option<TimeRange> {
    let midnight = |date: Date| Some(date.to_zoned(TimeZone::UTC).ok()?.timestamp());
    Some(TimeRange { start: midnight(date)?, end: midnight(date.tomorrow().ok()?)? })
}

/// The raw values of the reads of a UTC date, each at its place.
///
/// # Errors
/// What the readings book says.
pub(crate) fn raw_places(book: &ReadingsBook, channel: ChannelNumber, date: Date) -> Result<Vec<i64>, Error> {
    let Some(day) = utc_day(date) else { return Ok(Vec::new()) };
    let reads = book.read(channel, day.start.as_second(), day.end.as_second(), AsOf::Now)?.registers;
    let mut places = vec![NO_VALUE; PLACES.into()];
    for read in reads {
        if let (Some(value), Ok(at)) = (read.value, Timestamp::from_second(read.at)) {
            places[usize::from(opening_or(place(at), read.is_opening()))] = value;
        }
    }
    Ok(places)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_two_seconds_apart() {
        let at = |text: &str| place(text.parse().expect("instant"));
        assert_eq!(at("2026-03-01T00:00:01Z"), 0);
        assert_eq!(at("2026-03-01T00:05:00Z"), 150);
        assert_eq!(at("2026-03-01T23:59:59Z"), 43_199);
        assert_eq!(at("1969-12-31T23:59:59Z"), 43_199, "before 1970");
        let back = instant_of(jiff::civil::date(2026, 3, 1), 150).expect("in range");
        assert_eq!(back.to_string(), "2026-03-01T00:05:00Z");
    }
}
