//! Whether what a message could not say came by another message since: read once a channel-day, however many rows ask.

use std::collections::HashMap;

use model::finding::LeftOut;
use model::id::ChannelNumber;
use store::readings::{AsOf, ReadingsBook};
use store::registry::directory::Directory;

const DAY_SECONDS: i64 = 86_400;
/// Channel-days that are kept in memory; rows of a message lie close together.
const DAYS_MAX: usize = 4096;

/// A channel, and days since 1970 in UTC.
type ChannelDay = (ChannelNumber, i64);

/// What came since, as far as it was asked for; for one message and one moment.
#[derive(Debug, Default)]
pub struct CameSince {
    days: HashMap<ChannelDay, Came>,
}

/// What came since of a channel-day, in epoch seconds.
#[derive(Clone, Debug, Default)]
struct Came {
    /// Intervals with a value, half-open.
    intervals: Vec<(i64, i64)>,
    /// Reads with a value: the start of their period where they have one, and their moment.
    reads: Vec<(Option<i64>, i64)>,
}

impl CameSince {
    /// Whether all that was left out came by another message after a moment in epoch microseconds, the same at every call.
    ///
    /// What cannot be read for damage did not come: the item goes on waiting.
    pub fn is_there(&mut self, left_out: &LeftOut, directory: &Directory, book: &ReadingsBook, moment: i64) -> bool {
        let Ok(channel) = directory.resolve(&left_out.channel, left_out.from) else { return false };
        let span = (left_out.from.as_second(), left_out.to.as_second());
        self.covers(channel.number, span, |day| Came::of(book, day, moment))
    }

    fn covers(
        &mut self,
        channel: ChannelNumber,
        (from, to): (i64, i64),
        mut read: impl FnMut(ChannelDay) -> Came,
    ) -> bool {
        let day_of = |second: i64| second.div_euclid(DAY_SECONDS);
        // The read of a period is named by its end, which is not within it.
        let is_meant =
            |&(start, at): &(Option<i64>, i64)| (start.unwrap_or(at), at + i64::from(start.is_none())) == (from, to);
        if [from, to].into_iter().any(|at| self.day((channel, day_of(at)), &mut read).reads.iter().any(is_meant)) {
            return true;
        }
        let mut is_covered = |day: i64| {
            let (from, to) = (from.max(day * DAY_SECONDS), to.min((day + 1) * DAY_SECONDS));
            let came = self.day((channel, day), &mut read);
            let seconds = came.intervals.iter().map(|(start, end)| (to.min(*end) - from.max(*start)).max(0));
            seconds.sum::<i64>() == to - from
        };
        from < to && (day_of(from)..=day_of(to - 1)).all(&mut is_covered)
    }

    fn day(&mut self, day: ChannelDay, read: &mut impl FnMut(ChannelDay) -> Came) -> &Came {
        if DAYS_MAX <= self.days.len() && !self.days.contains_key(&day) {
            self.days.clear();
        }
        self.days.entry(day).or_insert_with(|| read(day))
    }
}

impl Came {
    fn of(book: &ReadingsBook, (channel, day): ChannelDay, moment: i64) -> Self {
        let (start, end) = (day * DAY_SECONDS, (day + 1) * DAY_SECONDS);
        let Ok(history) = book.read(channel, start, end, AsOf::Now) else { return Self::default() };
        let reads = history.registers.iter().filter(|read| read.value.is_some() && moment < read.received_at);
        let mut came = Self { intervals: Vec::new(), reads: reads.map(|read| (read.period_start, read.at)).collect() };
        for day in history.days.iter().filter(|day| day.slot_seconds != 0) {
            let Ok(versions) = book.versions(channel, day.date) else { continue };
            let since = versions.iter().filter(|version| {
                let is_current = version.is_current && version.slot_seconds == day.slot_seconds;
                is_current && version.value.is_some() && moment < version.received_at
            });
            let length = i64::from(day.slot_seconds);
            came.intervals.extend(since.map(|version| {
                let start = day.day_start + i64::from(version.slot) * length;
                (start, start + length)
            }));
        }
        came
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3600;
    const MIDNIGHT: i64 = 20_454 * DAY_SECONDS; // 2026-01-01

    /// The first day has its hours from 1 on, the second one its first two; one read at noon, and one of the first day.
    fn came((_, day): ChannelDay) -> Came {
        let hours = |from: i64, to: i64| (from..to).map(|hour| (MIDNIGHT + hour * HOUR, MIDNIGHT + (hour + 1) * HOUR));
        let (noon, end) = (MIDNIGHT + 12 * HOUR, MIDNIGHT + DAY_SECONDS);
        match day - MIDNIGHT / DAY_SECONDS {
            0 => Came { intervals: hours(1, 24).collect(), reads: vec![(None, noon)] },
            1 => Came { intervals: hours(24, 26).collect(), reads: vec![(Some(MIDNIGHT), end)] },
            _ => Came::default(),
        }
    }

    #[track_caller]
    fn check(from: i64, to: i64, expected: bool) {
        let found = CameSince::default().covers(ChannelNumber(0), (MIDNIGHT + from, MIDNIGHT + to), came);
        assert_eq!(found, expected, "seconds {from} to {to}");
    }

    #[test]
    fn all_of_the_span_has_to_be_there() {
        check(HOUR, 2 * HOUR, true);
        check(0, HOUR, false);
        check(0, 2 * HOUR, false);
        check(23 * HOUR, 26 * HOUR, true);
        check(23 * HOUR, 27 * HOUR, false);
        check(HOUR, 100_000 * HOUR, false);
        check(5 * HOUR, 5 * HOUR, false);
    }

    #[test]
    fn a_read_is_meant_by_its_second_and_that_of_a_period_by_both_ends() {
        check(12 * HOUR, 12 * HOUR + 1, true);
        check(0, DAY_SECONDS, true);
        check(0, 12 * HOUR, false);
    }

    #[test]
    fn a_channel_day_is_read_once_however_many_rows_ask() {
        let mut since = CameSince::default();
        let mut days = Vec::new();
        for row in 0..50_000 {
            let from = MIDNIGHT + row % 86_399;
            since.covers(ChannelNumber(0), (from, from + 1), |day| {
                days.push(day.1 - MIDNIGHT / DAY_SECONDS);
                came(day)
            });
        }
        assert_eq!(days, [0]);
    }
}
