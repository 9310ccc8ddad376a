//! Which channel-days validation is about: those of which intervals are stored, and those of which nothing arrived although
//! values were expected.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use jiff::{Span, Timestamp};
use model::id::ChannelNumber;
use model::master::Channel;
use model::time::{LocalDay, TimeRange};
use store::readings::{Error, ReadingsBook};
use store::registry::directory::Directory;
use vee::meter_times::MeterTimes;

use crate::placement::zone_of;
use crate::stored_days::{StoredDays, stored_days};
use crate::validation::SILENT_DAYS;
use crate::validation::expected::{SILENT_AFTER, last_ended, meter_times};

/// The stored days of wanted channels from a date on and until another, that not included, and the silent ones among and
/// beside them that had ended long enough before `now`: those that a sweep would run, and few more of which it turns out
/// that nothing is expected.
///
/// # Errors
/// What the readings book says.
pub fn judged_days(
    book: &ReadingsBook,
    directory: &Directory,
    (from, until): (Option<Date>, Option<Date>),
    now: Timestamp,
    is_wanted: impl Fn(ChannelNumber) -> bool,
) -> Result<StoredDays, Error> {
    let around = Span::new().days(SILENT_DAYS);
    let wide = (from.map(|from| from.saturating_sub(around)), until.map(|until| until.saturating_add(around)));
    let mut found = stored_days(book, wide, &is_wanted)?;
    let mut of_channel: BTreeMap<ChannelNumber, BTreeSet<Date>> = BTreeMap::new();
    for (channel, date) in &found.days {
        of_channel.entry(*channel).or_default().insert(*date);
    }
    let none = BTreeSet::new();
    let with_intervals = directory.channels().filter(|channel| channel.interval_seconds.is_some());
    for channel in with_intervals.filter(|channel| is_wanted(channel.number)) {
        let stored = of_channel.get(&channel.number).unwrap_or(&none);
        let silent = silent_days(directory, channel, stored, now);
        found.days.extend(silent.into_iter().map(|date| (channel.number, date)));
    }
    found.days.retain(|(_, date)| from.is_none_or(|from| from <= *date) && until.is_none_or(|until| *date < until));
    Ok(found)
}

/// The days beside the stored ones of a channel of which a value may be expected: a meter was there, and it sent something,
/// or came, at most [`SILENT_DAYS`] away.
fn silent_days(directory: &Directory, channel: &Channel, stored: &BTreeSet<Date>, now: Timestamp) -> BTreeSet<Date> {
    let Ok(zone) = zone_of(&channel.zone) else { return BTreeSet::new() };
    let Some(ended) = last_ended(&zone, now, SILENT_AFTER) else { return BTreeSet::new() };
    let MeterTimes { dated, undated } = meter_times(directory, channel);
    let silence = |from: Date, next: fn(Date) -> Result<Date, jiff::Error>| {
        let dates = std::iter::successors(next(from).ok(), move |date| next(*date).ok());
        dates.take(SILENT_DAYS.into()).take_while(|date| !stored.contains(date))
    };
    let beside = stored.iter().flat_map(|date| silence(*date, Date::yesterday).chain(silence(*date, Date::tomorrow)));
    let mut silent: BTreeSet<Date> = beside.collect();
    for came in dated.iter().filter_map(|range| LocalDay::containing(range.start, &zone)) {
        silent.extend((!stored.contains(&came.date)).then_some(came.date));
        silent.extend(silence(came.date, Date::tomorrow));
    }
    let between = stored.first().zip(stored.last()).filter(|_| !undated.is_empty());
    let was_there = |date: &Date| {
        let day = LocalDay::of(*date, &zone).map(|day| day.range);
        let is_in = |range: &TimeRange| day.is_some_and(|day| range.start < day.end && day.start < range.end);
        between.is_some_and(|(first, last)| first < date && date < last) || dated.iter().any(is_in)
    };
    silent.retain(|date| *date <= ended && was_there(date));
    silent
}
