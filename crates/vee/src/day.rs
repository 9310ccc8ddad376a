//! One channel-day: the values of a local day in slot order, as received or as stored.

use jiff::Timestamp;
use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use model::quality::Status;
use model::reading::IntervalRun;
use model::time::{LocalDay, TimeRange};

/// Marks a slot without a value; the same mark as in [`IntervalRun`].
pub const MISSING: i64 = IntervalRun::MISSING;

/// The values of one channel over one local day.
///
/// Slot `i` covers `[start + i*slot_seconds, start + (i+1)*slot_seconds)`; the number of slots says
/// whether the day has 23, 24 or 25 hours.
#[derive(Clone, Copy, Debug)]
pub struct Day<'a> {
    /// The local date.
    pub date: Date,
    /// The first instant of the local day.
    pub start: Timestamp,
    /// Length of every slot, more than zero.
    pub slot_seconds: u32,
    /// Where the local clock jumps within the day.
    pub clock_change: Option<ClockChange>,
    /// Value digits in the channel's quantum; [`MISSING`] where there is none. At most 65,535 count.
    pub values: &'a [i64],
    /// What is known of each slot; empty where nothing is said of any.
    pub statuses: &'a [Status],
}

/// A jump of the local clock: from slot `at` on it reads `seconds` more (spring) or less (autumn).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockChange {
    /// First slot after the jump.
    pub at: u16,
    /// The jump: `3600` in spring, `-3600` in autumn.
    pub seconds: i32,
}

impl ClockChange {
    /// The jump within a day of a zone; `None` on ordinary days, and where the jump is inside a slot.
    pub fn of(day: LocalDay, zone: &TimeZone, slot_seconds: u32) -> Option<Self> {
        let transition = zone.following(day.range.start).next()?;
        let at = transition.timestamp();
        if day.range.end <= at {
            return None;
        }
        let seconds = transition.offset().seconds() - zone.to_offset(day.range.start).seconds();
        let elapsed = at.as_second() - day.range.start.as_second();
        let slot_seconds = i64::from(slot_seconds);
        if seconds == 0 || slot_seconds == 0 || elapsed % slot_seconds != 0 {
            return None;
        }
        Some(Self { at: u16::try_from(elapsed / slot_seconds).ok()?, seconds })
    }
}

/// The reading of the local clock at the beginning of a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LocalTime {
    /// Seconds that the clock shows after midnight.
    pub seconds: i64,
    /// Whether this is the second time of the day that the clock shows it.
    pub repeated: bool,
}

/// The kinds of day whose loads are alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DayKind {
    Weekday,
    Weekend,
    Holiday,
}

impl Day<'_> {
    /// How many slots the day has.
    pub fn slots(&self) -> u16 {
        u16::try_from(self.values.len()).unwrap_or(u16::MAX)
    }

    /// What is known of a slot.
    pub fn status(&self, slot: u16) -> Status {
        self.statuses.get(usize::from(slot)).copied().unwrap_or(Status::NONE)
    }

    /// The value of a slot; `None` where there is none or the source calls it missing.
    pub fn value(&self, slot: u16) -> Option<i64> {
        let value = self.values.get(usize::from(slot)).copied()?;
        (value != MISSING && !self.status(slot).contains(Status::MISSING)).then_some(value)
    }

    /// The instants of the whole day.
    pub fn whole(&self) -> TimeRange {
        self.range(0, self.slots())
    }

    /// The instants of the slots `[from, to)`.
    pub(crate) fn range(&self, from: u16, to: u16) -> TimeRange {
        TimeRange { start: self.boundary(from), end: self.boundary(to) }
    }

    /// The instant at which a slot begins; saturates at the end of the calendar.
    fn boundary(&self, slot: u16) -> Timestamp {
        let seconds = i64::from(slot) * i64::from(self.slot_seconds);
        self.start.checked_add(jiff::SignedDuration::from_secs(seconds)).unwrap_or(Timestamp::MAX)
    }

    /// The slots of a span that are in this day; `None` where an edge of the span is inside a slot.
    pub(crate) fn slots_of(&self, span: TimeRange) -> Option<(u16, u16)> {
        let whole = self.whole();
        let from = self.slot_beginning(span.start.max(whole.start))?;
        let to = self.slot_beginning(span.end.min(whole.end))?;
        (from < to).then_some((from, to))
    }

    /// The slot that begins at an instant, or the number of slots for the end of the day; `None`
    /// where the instant is outside the day or inside a slot.
    pub(crate) fn slot_beginning(&self, at: Timestamp) -> Option<u16> {
        (0..=self.slots()).find(|slot| self.boundary(*slot) == at)
    }

    /// The reading of the local clock at the beginning of a slot.
    pub(crate) fn local_time(&self, slot: u16) -> LocalTime {
        let elapsed = i64::from(slot) * i64::from(self.slot_seconds);
        match self.clock_change {
            Some(change) if change.at <= slot => {
                let seconds = elapsed + i64::from(change.seconds);
                let jump = i64::from(change.at) * i64::from(self.slot_seconds);
                LocalTime { seconds, repeated: seconds < jump }
            }
            _ => LocalTime { seconds: elapsed, repeated: false },
        }
    }

    /// The slot at which the local clock shows a time: the same occurrence of a repeated hour where
    /// the day has it, else the only one; `None` in the hour that a spring day leaves out.
    pub(crate) fn slot_at(&self, time: LocalTime) -> Option<u16> {
        let slot_of = |elapsed: i64| {
            let length = i64::from(self.slot_seconds);
            let whole = 0 < length && 0 <= elapsed && elapsed % length == 0;
            whole.then(|| u16::try_from(elapsed / length).ok()).flatten().filter(|slot| *slot < self.slots())
        };
        let Some(change) = self.clock_change else { return slot_of(time.seconds) };
        let first = slot_of(time.seconds).filter(|slot| *slot < change.at);
        let second = slot_of(time.seconds - i64::from(change.seconds)).filter(|slot| change.at <= *slot);
        if time.repeated { second.or(first) } else { first.or(second) }
    }

    /// Weekday, weekend, or a holiday of the list.
    pub(crate) fn kind(&self, holidays: &[Date]) -> DayKind {
        match self.date.weekday() {
            _ if holidays.contains(&self.date) => DayKind::Holiday,
            Weekday::Saturday | Weekday::Sunday => DayKind::Weekend,
            _ => DayKind::Weekday,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day<'a>(date: &str, slot_seconds: u32, values: &'a [i64]) -> Day<'a> {
        let zone = TimeZone::get("America/Chicago").expect("bundled zone");
        let local = LocalDay::of(date.parse().expect("date"), &zone).expect("in range");
        assert_eq!(local.slots(slot_seconds), u16::try_from(values.len()).ok());
        let clock_change = ClockChange::of(local, &zone, slot_seconds);
        Day { date: local.date, start: local.range.start, slot_seconds, clock_change, values, statuses: &[] }
    }

    #[test]
    fn local_clock_skips_an_hour_in_spring_and_repeats_one_in_autumn() {
        let spring = day("2016-03-13", 3600, &[0; 23]);
        assert_eq!(spring.clock_change, Some(ClockChange { at: 2, seconds: 3600 }));
        assert_eq!(spring.local_time(1), LocalTime { seconds: 3600, repeated: false });
        assert_eq!(spring.local_time(2), LocalTime { seconds: 3 * 3600, repeated: false });
        let autumn = day("2016-11-06", 3600, &[0; 25]);
        assert_eq!(autumn.clock_change, Some(ClockChange { at: 2, seconds: -3600 }));
        assert_eq!(autumn.local_time(1), LocalTime { seconds: 3600, repeated: false });
        assert_eq!(autumn.local_time(2), LocalTime { seconds: 3600, repeated: true });
        assert_eq!(autumn.local_time(3), LocalTime { seconds: 7200, repeated: false });
        assert_eq!(day("2016-11-07", 900, &[0; 96]).clock_change, None);
    }

    #[test]
    fn slots_are_found_by_local_time() {
        let spring = day("2016-03-13", 3600, &[0; 23]);
        let autumn = day("2016-11-06", 3600, &[0; 25]);
        let ordinary = day("2016-11-07", 3600, &[0; 24]);
        check(spring, 2, false, None);
        check(spring, 3, false, Some(2));
        check(spring, 23, false, Some(22));
        check(autumn, 1, false, Some(1));
        check(autumn, 1, true, Some(2));
        check(autumn, 2, false, Some(3));
        check(ordinary, 1, true, Some(1));
        check(ordinary, 24, false, None);
    }

    #[track_caller]
    fn check(day: Day<'_>, hour: i64, repeated: bool, expected: Option<u16>) {
        assert_eq!(day.slot_at(LocalTime { seconds: hour * 3600, repeated }), expected, "{} {hour}", day.date);
    }

    #[test]
    fn every_slot_finds_itself() {
        for (date, slots) in [("2016-03-13", 92), ("2016-11-06", 100), ("2016-11-07", 96)] {
            let values = vec![0; slots];
            let day = day(date, 900, &values);
            for slot in 0..day.slots() {
                assert_eq!(day.slot_at(day.local_time(slot)), Some(slot), "{date} {slot}");
            }
        }
    }
}
