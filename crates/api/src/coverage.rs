//! Which readings are there: first and last of each channel, how many on each day.
//!
//! Kept in memory and brought up to date from the feed of changes: a day that changed is scanned again. It is a
//! view of the readings book and can be thrown away at any time.
//!
//! Of the last [`GAPLESS_DAYS`] days it is known up to where each channel has no gap ([`Coverage::reached`]).

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::civil::Date;
use model::id::ChannelNumber;
use store::readings::{Cursor, Error, NO_VALUE, ReadingsBook, ScannedDay, Subject};

/// Changes taken from the feed at a time.
const CHANGES_MAX: usize = 100_000;
/// Days back from the newest of which the count of each channel is kept.
pub(crate) const RECENT_DAYS: usize = 15;
/// Days back from the newest of which gaps are looked for: what is older and did not come is no matter of waiting any more.
pub(crate) const GAPLESS_DAYS: i64 = 3;

/// Where the intervals of a channel begin and end, epoch seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Extent {
    /// Start of the first interval with a value.
    pub(crate) first: i64,
    /// End of the last.
    pub(crate) last: i64,
}

impl Extent {
    /// All time.
    pub(crate) const ALWAYS: Self = Self { first: i64::MIN, last: i64::MAX };

    /// What of it lies in another one; `None` where nothing does.
    pub(crate) fn within(self, other: Self) -> Option<Self> {
        let both = Self { first: self.first.max(other.first), last: self.last.min(other.last) };
        (both.first < both.last).then_some(both)
    }
}

/// The first intervals of a channel on a day, as far as they are without a gap, epoch seconds. Where the channel began on that
/// day they are counted from its first one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Run {
    start: i64,
    until: i64,
}

/// What is there.
#[derive(Clone, Debug, Default)]
pub(crate) struct Coverage {
    sequence: u64,
    cursor: Cursor,
    /// Interval values with a value, of each day.
    received: BTreeMap<Date, u64>,
    /// Of the newest days also of each channel.
    by_channel: BTreeMap<Date, HashMap<ChannelNumber, u32>>,
    extents: HashMap<ChannelNumber, Extent>,
    /// Of the last days the run of each channel.
    runs: BTreeMap<Date, HashMap<ChannelNumber, Run>>,
    newest: Option<i64>,
    started: bool,
}

impl Coverage {
    /// Whether nothing happened since the last time.
    pub(crate) fn is_current(&self, book: &ReadingsBook) -> bool {
        self.started && book.sequence() == self.sequence
    }

    /// Takes in what happened since the last time. Where that fails half way, the next time begins anew.
    pub(crate) fn refresh(&mut self, book: &ReadingsBook) -> Result<(), Error> {
        let sequence = book.sequence();
        let touched = self.touched(book)?;
        self.started = false;
        let newest = touched.iter().next_back().max(self.received.keys().next_back()).copied();
        let recent = newest.and_then(|newest| newest.checked_sub(jiff::Span::new().days(RECENT_DAYS as i64)).ok());
        let gapless = newest.and_then(|newest| newest.checked_sub(jiff::Span::new().days(GAPLESS_DAYS)).ok());
        let is_within = |first: Option<Date>, date: Date| first.is_none_or(|first| first < date);
        for date in touched {
            self.scan(book, date, is_within(recent, date), is_within(gapless, date))?;
        }
        self.by_channel.retain(|date, _| is_within(recent, *date));
        self.runs.retain(|date, _| is_within(gapless, *date));
        self.sequence = sequence;
        self.started = true;
        Ok(())
    }

    fn touched(&mut self, book: &ReadingsBook) -> Result<BTreeSet<Date>, Error> {
        if !self.started {
            // Everything up to the sequence of now is in the days themselves.
            self.cursor = Cursor { sequence: book.sequence(), seen: u32::MAX };
            return Ok(book.days().into_iter().collect());
        }
        let mut touched = BTreeSet::new();
        loop {
            let changes = match book.changes(self.cursor, CHANGES_MAX) {
                Ok(changes) => changes,
                Err(Error::CursorTooOld { .. }) => {
                    self.started = false;
                    return self.touched(book);
                }
                Err(error) => return Err(error),
            };
            let Some(last) = changes.last() else { return Ok(touched) };
            self.cursor = last.cursor;
            let intervals = changes.iter().filter(|change| change.subject == Subject::Intervals);
            touched.extend(intervals.map(|change| change.date));
        }
    }

    fn scan(&mut self, book: &ReadingsBook, date: Date, is_recent: bool, with_runs: bool) -> Result<(), Error> {
        let mut received = 0;
        let (mut by_channel, mut runs) = (HashMap::new(), HashMap::new());
        let (extents, newest) = (&mut self.extents, &mut self.newest);
        book.scan_day(date, |day| {
            let Some((count, extent)) = present(&day) else { return };
            received += u64::from(count);
            *newest = (*newest).max(Some(extent.last));
            let known = extents.entry(day.channel).or_insert(extent);
            *known = Extent { first: known.first.min(extent.first), last: known.last.max(extent.last) };
            if with_runs {
                runs.insert(day.channel, run(&day, *known));
            }
            if is_recent {
                *by_channel.entry(day.channel).or_default() += count;
            }
        })?;
        self.received.insert(date, received);
        if is_recent {
            self.by_channel.insert(date, by_channel);
        }
        if with_runs {
            self.runs.insert(date, runs);
        }
        Ok(())
    }

    /// Where the intervals of a channel begin and end; `None` where it has none.
    pub(crate) fn extent(&self, channel: ChannelNumber) -> Option<Extent> {
        self.extents.get(&channel).copied()
    }

    /// The first of the days on which gaps are looked for.
    pub(crate) fn gapless_from(&self) -> Option<Date> {
        self.runs.keys().next().copied()
    }

    /// The end of what a channel sent without a gap since `start`, the begin of the day of [`Coverage::gapless_from`] by its
    /// zone, epoch seconds; where it was silent since before, the end of the last it sent. `None` where it sent nothing.
    pub(crate) fn reached(&self, channel: ChannelNumber, start: i64) -> Option<i64> {
        let extent = self.extent(channel)?;
        let mut reached = start.max(extent.first).min(extent.last);
        for run in self.runs.values().filter_map(|runs| runs.get(&channel)) {
            if run.start == reached {
                reached = run.until;
            }
        }
        Some(reached)
    }

    /// Interval values that are there now.
    pub(crate) fn readings(&self) -> u64 {
        self.received.values().sum()
    }

    /// The end of the newest interval, epoch seconds.
    pub(crate) fn newest(&self) -> Option<i64> {
        self.newest
    }

    /// The newest date of which something is there.
    pub(crate) fn newest_date(&self) -> Option<Date> {
        self.received.iter().rev().find(|(_, received)| 0 < **received).map(|(date, _)| *date)
    }

    /// The values of each channel on a date, where it is among the newest; `None` for older ones.
    pub(crate) fn of_recent(&self, date: Date) -> Option<&HashMap<ChannelNumber, u32>> {
        self.by_channel.get(&date)
    }

    /// Up to which batch this is true.
    pub(crate) fn sequence(&self) -> u64 {
        self.sequence
    }
}

fn run(day: &ScannedDay<'_>, extent: Extent) -> Run {
    let seconds = i64::from(day.slot_seconds);
    let start = day.day_start.max(extent.first);
    let from = usize::try_from((start - day.day_start) / seconds.max(1)).unwrap_or(0);
    let without_gap = day.values.iter().skip(from).take_while(|value| **value != NO_VALUE).count();
    Run { start, until: start + without_gap as i64 * seconds }
}

/// How many values a channel-day has, and from when to when; `None` without any.
pub(crate) fn present(day: &ScannedDay<'_>) -> Option<(u32, Extent)> {
    let has_value = |value: &i64| *value != NO_VALUE;
    let first = day.values.iter().position(has_value)? as i64;
    let last = day.values.iter().rposition(has_value)? as i64;
    let count = day.values.iter().filter(|value| has_value(value)).count();
    let seconds = i64::from(day.slot_seconds);
    let extent = Extent { first: day.day_start + first * seconds, last: day.day_start + (last + 1) * seconds };
    Some((u32::try_from(count).unwrap_or(u32::MAX), extent))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 24;

    /// Hours of days in a row that begin at 0, `#` with a value.
    fn coverage(days: &[&str]) -> Coverage {
        let mut coverage = Coverage::default();
        let channel = ChannelNumber(1);
        for (number, hours) in (0_i64..).zip(days) {
            let values: Vec<i64> = hours.chars().map(|hour| if hour == '#' { 1 } else { NO_VALUE }).collect();
            let day_start = number * DAY * 3600;
            let day = ScannedDay { channel, day_start, slot_seconds: 3600, values: &values, qualities: &[] };
            let Some((_, extent)) = present(&day) else { continue };
            let known = coverage.extents.entry(channel).or_insert(extent);
            *known = Extent { first: known.first.min(extent.first), last: known.last.max(extent.last) };
            let runs = HashMap::from([(channel, run(&day, *known))]);
            let date = jiff::civil::date(2026, 3, 1).checked_add(jiff::Span::new().days(number)).expect("a date");
            coverage.runs.insert(date, runs);
        }
        coverage
    }

    #[track_caller]
    fn check(case: &str, days: &[&str], expected: Option<i64>) {
        let reached = coverage(days).reached(ChannelNumber(1), 0);
        assert_eq!(reached.map(|second| second / 3600), expected, "{case}");
    }

    // covers: MOD-LAT
    #[test]
    fn a_channel_has_reached_the_end_of_what_it_sent_without_a_gap() {
        let (whole, none) = (&*"#".repeat(24), &*".".repeat(24));
        check("nothing", &[none], None);
        check("whole days", &[whole, whole], Some(48));
        check("as far as it came today", &[whole, "######.................."], Some(30));
        check("a gap", &[whole, "###.####################", whole], Some(27));
        check("a day is missing", &[whole, none, whole], Some(24));
        check("it began within the days", &["....####################", "##......................"], Some(26));
        check("the gap is at the begin of a day", &[whole, ".#######################"], Some(24));
    }
}
