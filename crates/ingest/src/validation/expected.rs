//! Of which intervals of a channel a value is expected, as master data says, and the days of which nothing arrived.
//!
//! | master data | a value is expected |
//! | --- | --- |
//! | a dated link of a meter to the usage point | from its first instant to its end, whether or not anything ever arrived |
//! | a link without a date, or none | from the first value to the last one, at most to the end of the link |
//! | usage point physically disconnected or closed | not: no meter measures there |
//! | logically disconnected | still: the meter has power and tells |
//! | another channel goes on as this one | from then on of that one |
//!
//! [`vee::meter_times`] lays this over what was received. A day of which nothing arrived is run when it ended
//! [`SILENT_AFTER`] ago.

use std::collections::BTreeSet;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use model::master::{Channel, ConnectionState};
use model::time::{LocalDay, TimeRange};
use store::readings::Day;
use store::registry::directory::Directory;
use vee::meter_times::MeterTimes;

/// How long after its end a day is waited for of which nothing arrived: until 10:00 of the next one, the latest hour by
/// which a rule book wants the readings of a day (catalogue V77).
pub(crate) const SILENT_AFTER: SignedDuration = SignedDuration::from_hours(10);

/// When a meter was at the usage point of a channel and could measure, as far as master data knows.
pub(crate) fn meter_times(directory: &Directory, channel: &Channel) -> MeterTimes {
    let links = directory.meter_links(channel.usage_point);
    let mut times = MeterTimes::default();
    if !links.is_empty() {
        let is_dated = |range: &TimeRange| range.start != Timestamp::MIN;
        let ranges = links.iter().map(|link| TimeRange { start: link.from, end: link.to.unwrap_or(Timestamp::MAX) });
        (times.dated, times.undated) = ranges.partition(is_dated);
    }
    let own = directory.own_time(channel);
    let times = times
        .without(TimeRange { start: Timestamp::MIN, end: own.start })
        .without(TimeRange { start: own.end, end: Timestamp::MAX });
    let states = directory.states(channel.usage_point).map_or(&[][..], |states| states.links());
    let dark = states.iter().filter(|state| is_dark(state.value));
    dark.fold(times, |times, state| {
        times.without(TimeRange { start: state.from, end: state.to.unwrap_or(Timestamp::MAX) })
    })
}

fn is_dark(state: ConnectionState) -> bool {
    match state {
        ConnectionState::PhysicallyDisconnected | ConnectionState::Closed => true,
        ConnectionState::Connected | ConnectionState::LogicallyDisconnected => false,
    }
}

/// The last date that had ended so long before an instant.
pub(crate) fn last_ended(zone: &TimeZone, now: Timestamp, waited: SignedDuration) -> Option<Date> {
    LocalDay::containing(now.checked_sub(waited).ok()?, zone)?.date.yesterday().ok()
}

/// Adds the days from a date to another of which nothing arrived; `days` are in order and stay so.
pub(crate) fn add_silent_days(days: &mut Vec<Day>, (first, last): (Date, Date), zone: &TimeZone, slot_seconds: u32) {
    let known: BTreeSet<Date> = days.iter().map(|day| day.date).collect();
    let dates = std::iter::successors(Some(first), |date| date.tomorrow().ok()).take_while(|date| *date <= last);
    let silent = |date| Day::silent(LocalDay::of(date, zone)?, slot_seconds);
    let before = days.len();
    days.extend(dates.filter(|date| !known.contains(date)).filter_map(silent));
    if before < days.len() {
        days.sort_by_key(|day| day.date);
    }
}
