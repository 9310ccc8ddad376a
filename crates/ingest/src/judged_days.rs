//! Which channel-days validation is about: those of which intervals are stored, and those of which nothing arrived although
//! values were expected.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use jiff::{Span, Timestamp};
use model::id::ChannelNumber;
use model::master::Channel;
use model::time::{LocalDay, TimeRange};
use store::readings::{Error, Lost, ReadingsBook};
use store::registry::directory::Directory;
use vee::meter_times::MeterTimes;

use crate::placement::zone_of;
use crate::stored_days::{StoredDays, stored_days};
use crate::validation::SILENT_DAYS;
use crate::validation::expected::{SILENT_AFTER, last_ended, meter_times};

/// The stored days of wanted channels from a date on and until another, that not included, and the silent ones among and
/// beside them that had ended long enough before `now`: those that a sweep would run, and few more of which it turns out
/// that nothing is expected. Damage is told where it may concern these days.
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
    found.days.retain(|(_, date)| meets((from, until), (*date, *date)));
    found.damage.retain(|damage| concerns(&damage.lost, (from, until)));
    Ok(found)
}

/// Whether some day from the first to the last is asked for.
fn meets((from, until): (Option<Date>, Option<Date>), (first, last): (Date, Date)) -> bool {
    from.is_none_or(|from| from <= last) && until.is_none_or(|until| first < until)
}

/// Whether something may be lost of the days that are asked for; what is not told by days may be of any.
fn concerns(lost: &Lost, asked: (Option<Date>, Option<Date>)) -> bool {
    match lost {
        Lost::Channel { from, to, .. } | Lost::Days { from, to } | Lost::Arrivals { from, to } => {
            meets(asked, (*from, *to))
        }
        Lost::Batches { .. } | Lost::Answers | Lost::Changes { .. } | Lost::Nothing => true,
    }
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

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn damage_is_told_where_it_may_concern_the_days_asked_for() {
        let day = |day: i8| date(2026, 5, day);
        let asked = (Some(day(10)), Some(day(20)));
        let of = |(from, to): (i8, i8)| concerns(&Lost::Days { from: day(from), to: day(to) }, asked);
        assert_eq!([(1, 9), (1, 10), (12, 12), (19, 30), (20, 30)].map(of), [false, true, true, true, false]);
        assert!(concerns(&Lost::Days { from: day(1), to: day(2) }, (None, None)), "all of them");
        assert!(concerns(&Lost::Batches { from: 1, to: 2, position: None }, asked), "of no day that is known");
    }
}
