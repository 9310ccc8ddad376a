//! Of which instants of a day a reading of a channel is expected.
//!
//! A dated link of a meter says so exactly. Where master data does not say since when the meter is there, readings are
//! expected from the first one that came, and no longer once it was silent for [`SILENT_DAYS`].

use jiff::{SignedDuration, Timestamp};
use model::master::Channel;
use model::time::{LocalDay, TimeRange};
use store::readings::{AsOf, Error, NO_VALUE, ReadingsBook};
use vee::meter_times::{MeterTimes, SILENT_DAYS};

use super::Rules;

/// A register in bulk and in a cumulative total (`accumulation` of IEC 61968-9).
const GOES_ON_COUNTING: [u16; 2] = [1, 3];

/// The seconds between the readings of a channel; `None` where nothing is expected at fixed times.
pub(super) fn seconds_between(channel: &Channel, rules: &Rules) -> Option<u32> {
    let is_counter = channel.reading_type.macro_period == 0
        && channel.reading_type.measuring_period == 0
        && GOES_ON_COUNTING.contains(&channel.reading_type.accumulation);
    let of_register = || is_counter.then(|| u32::from(rules.register_every_minutes) * 60);
    channel.interval_seconds.or_else(of_register).filter(|seconds| 0 < *seconds)
}

/// The parts of a day that end with a reading, in order: the one at midnight closes the day and belongs to it (O-06).
pub(super) fn readings_of(day: &LocalDay, seconds: u32) -> Vec<TimeRange> {
    let (start, length) = (day.range.start.as_second(), i64::from(seconds));
    // Where the length does not divide the day, what is left over at its end is no reading.
    let count = day.range.seconds() / length;
    let at = |number: i64| Timestamp::from_second(start + number * length).unwrap_or(day.range.end);
    (0..count).map(|number| TimeRange { start: at(number), end: at(number + 1) }).collect()
}

/// The part of a day that holds readings of a meter that was there; `None` where there is none.
pub(super) fn is_there(
    book: &ReadingsBook,
    channel: &Channel,
    times: &MeterTimes,
    day: &LocalDay,
) -> Result<Vec<TimeRange>, Error> {
    let within = |span: &TimeRange, bounds: TimeRange| {
        let both = TimeRange { start: span.start.max(bounds.start), end: span.end.min(bounds.end) };
        (both.start < both.end).then_some(both)
    };
    let mut spans: Vec<_> = times.dated.iter().filter_map(|span| within(span, day.range)).collect();
    let undated: Vec<_> = times.undated.iter().filter_map(|span| within(span, day.range)).collect();
    if !undated.is_empty()
        && let Some(first) = first_reading(book, channel, day)?
    {
        let since = TimeRange { start: first.max(day.range.start), end: day.range.end };
        spans.extend(undated.iter().filter_map(|span| within(span, since)));
    }
    Ok(spans)
}

/// The beginning of the first reading of a channel that came within [`SILENT_DAYS`] before the end of a day.
fn first_reading(book: &ReadingsBook, channel: &Channel, day: &LocalDay) -> Result<Option<Timestamp>, Error> {
    let silence = SignedDuration::from_hours(24 * i64::from(SILENT_DAYS));
    let earliest = day.range.start.checked_sub(silence).unwrap_or(Timestamp::MIN);
    let history = book.read(channel.number, earliest.as_second(), day.range.end.as_second() + 1, AsOf::Now)?;
    let of_day = |day: &store::readings::Day| {
        let slot = day.values.iter().position(|value| *value != NO_VALUE)?;
        Some(day.day_start + i64::try_from(slot).ok()? * i64::from(day.slot_seconds))
    };
    let interval = history.days.iter().find_map(of_day);
    let register = history.registers.iter().find(|read| read.value.is_some()).map(|read| read.at - 1);
    let first = interval.into_iter().chain(register).min();
    Ok(first.and_then(|second| Timestamp::from_second(second).ok()))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use jiff::tz::TimeZone;

    use super::*;

    // covers: ONT-DEF-07
    #[test]
    fn a_day_has_a_reading_at_the_end_of_each_of_its_hours() {
        let zone = TimeZone::get("America/Toronto").expect("a zone");
        let ends = |date| -> Vec<String> {
            let day = LocalDay::of(date, &zone).expect("a day");
            let stamp = |range: &TimeRange| range.end.to_zoned(zone.clone()).strftime("%d %H:%M").to_string();
            readings_of(&day, 3600).iter().map(stamp).collect()
        };
        let usual = ends(date(2026, 2, 3));
        assert_eq!((usual.len(), &*usual[0], &*usual[23]), (24, "03 01:00", "04 00:00"));
        let spring = ends(date(2026, 3, 8));
        assert_eq!((spring.len(), &spring[..3]), (23, &["08 01:00", "08 03:00", "08 04:00"].map(String::from)[..]));
        // Half an hour is left over where the clock is set back by half an hour.
        let lord_howe = TimeZone::get("Australia/Lord_Howe").expect("a zone");
        let odd = LocalDay::of(date(2026, 4, 5), &lord_howe).expect("a day");
        assert_eq!((odd.range.seconds(), readings_of(&odd, 3600).len()), (88_200, 24));
        let autumn = ends(date(2026, 11, 1));
        assert_eq!((autumn.len(), &autumn[..3]), (25, &["01 01:00", "01 01:00", "01 02:00"].map(String::from)[..]));
    }
}
