//! What the book answers.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use model::id::ChannelNumber;
use model::lineage::{FinalDay, FinalRead};
use model::time::LocalDay;

use super::error::Damage;
use super::quality::QualityId;

/// Which state of knowledge is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AsOf {
    /// Everything that has arrived.
    Now,
    /// What had arrived by a moment, epoch microseconds.
    At(i64),
}

impl AsOf {
    pub(super) fn moment(self) -> Option<i64> {
        match self {
            Self::Now => None,
            Self::At(moment) => Some(moment),
        }
    }
}

/// One channel over a time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChannelHistory {
    /// Whole days, in order. A day whose interval length changed appears once for each length.
    pub days: Vec<Day>,
    /// Register reads with their moment in the range, in order.
    pub registers: Vec<RegisterRead>,
    /// What validation decided last for register reads with their moment in the range, in order; it lies over them.
    pub final_reads: Vec<FinalRead>,
    /// What could not be read because stored bytes are damaged.
    pub damaged: Vec<Damage>,
}

/// The intervals of a channel-day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Day {
    /// The local day.
    pub date: Date,
    /// First instant, epoch seconds.
    pub day_start: i64,
    /// Length of an interval; `0` where validation decided on a day of which nothing arrived.
    pub slot_seconds: u32,
    /// One for each slot of the day, in the channel's quantum, as received; [`super::NO_VALUE`] where there is none.
    pub values: Vec<i64>,
    /// Quality of slots `[from, to)`; slots in none have the default quality. A slot without value and without
    /// quality never arrived.
    pub qualities: Vec<(u16, u16, QualityId)>,
    /// How many versions are not current: replaced ones, and older revisions that arrived late.
    pub superseded: u32,
    /// What validation decided last; it lies over the values.
    pub final_day: Option<FinalDay>,
}

impl ChannelHistory {
    /// Gives days of which nothing arrived and that validation decided on the intervals of their local day, each of
    /// `slot_seconds` and without a value. Those that lie outside `[start, end)` in epoch seconds are left out, and
    /// those of which nothing was expected.
    pub fn shape_silent_days(&mut self, zone: &TimeZone, slot_seconds: u32, (start, end): (i64, i64)) {
        for day in self.days.iter_mut().filter(|day| day.slot_seconds == 0) {
            let inside = |local: &LocalDay| local.range.start.as_second() < end && start < local.range.end.as_second();
            let local = LocalDay::of(day.date, zone).filter(inside);
            if let Some(shaped) = local.and_then(|local| Day::silent(local, slot_seconds)) {
                *day = Day { final_day: day.final_day.take(), ..shaped };
            }
        }
        let any_expected = |day: &Day| (0_u16..).zip(&day.values).any(|(slot, _)| day.is_expected(slot));
        self.days.retain(|day| day.slot_seconds != 0 && any_expected(day));
    }
}

impl Day {
    /// A local day of which nothing arrived; `None` where slots of that length do not divide it.
    pub fn silent(local: LocalDay, slot_seconds: u32) -> Option<Self> {
        Some(Self {
            date: local.date,
            day_start: local.range.start.as_second(),
            slot_seconds,
            values: vec![super::NO_VALUE; local.slots(slot_seconds)?.into()],
            qualities: Vec::new(),
            superseded: 0,
            final_day: None,
        })
    }

    /// Whether an interval has a value or should have one. Validation lists every interval that it found missing, so that
    /// the others without a value were not expected; until it decided, every one is.
    pub fn is_expected(&self, slot: u16) -> bool {
        let has_value = self.values.get(usize::from(slot)).is_some_and(|value| *value != super::NO_VALUE);
        has_value || self.final_day.as_ref().is_none_or(|decided| decided.lists(slot))
    }
}

/// A register read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RegisterRead {
    /// Moment of the read, or end of the period, epoch seconds.
    pub at: i64,
    /// Start of the period; `None` for a cumulative register, `at` for an opening read of one ([`Self::is_opening`]).
    pub period_start: Option<i64>,
    /// The value in the channel's quantum; `None` where the source reported a missing read.
    pub value: Option<i64>,
    /// What the source said of it.
    pub quality: QualityId,
    /// The source's revision, epoch seconds.
    pub revision: Option<i64>,
    /// When it was received, epoch microseconds.
    pub received_at: i64,
    /// The batch that brought it.
    pub sequence: u64,
}

impl RegisterRead {
    /// Whether it is the first read of a meter, taken at the very instant at which it took the place of another: the last read
    /// of that one may stand at the same instant beside it.
    pub fn is_opening(&self) -> bool {
        self.period_start == Some(self.at)
    }

    /// Whether it says what a counter stood at, and no amount of a period.
    pub fn is_standing(&self) -> bool {
        self.period_start.is_none() || self.is_opening()
    }
}

/// One version of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Version {
    /// Slot of the day.
    pub slot: u16,
    /// Length of the slot; tells the days apart where the length changed.
    pub slot_seconds: u32,
    /// The value; `None` where the source said that there is none.
    pub value: Option<i64>,
    /// What the source said of it.
    pub quality: QualityId,
    /// The source's revision, epoch seconds.
    pub revision: Option<i64>,
    /// When it was received, epoch microseconds.
    pub received_at: i64,
    /// The batch that brought it.
    pub sequence: u64,
    /// Whether it is what a read answers now.
    pub is_current: bool,
}

/// Figures of a channel-day that need no decoding.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// First instant of the day, epoch seconds.
    pub day_start: i64,
    /// Length of an interval in seconds.
    pub slot_seconds: u32,
    /// Slots of the day.
    pub slots: u16,
    /// Slots with a value.
    pub count: u16,
    /// Sum of the values.
    pub sum: i128,
    /// The largest value; `None` where there is none.
    pub max: Option<i64>,
    /// The third-largest value, equal ones counted each; `None` where there are fewer than three.
    pub third_highest: Option<i64>,
    /// The longest stretch of values that are zero, in slots.
    pub zero_run: u16,
}

/// Figures of a channel-day and the qualities of its slots.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// The figures.
    pub summary: Summary,
    /// As in [`Day::qualities`].
    pub qualities: Vec<(u16, u16, QualityId)>,
}

impl Summary {
    /// The figures of a day's values.
    pub(super) fn of(shape: super::record::Shape, values: &[i64]) -> Self {
        let super::record::Shape { day_start, slots, slot_seconds } = shape;
        let mut summary = Self { day_start, slot_seconds, slots, ..Self::default() };
        let mut highest = [None; 3];
        let mut zeros = 0;
        for &value in values {
            zeros = if value == 0 { zeros + 1 } else { 0 };
            summary.zero_run = summary.zero_run.max(zeros);
            if value == super::NO_VALUE {
                continue;
            }
            summary.count += 1;
            summary.sum += i128::from(value);
            let mut next = Some(value);
            for place in &mut highest {
                if *place < next {
                    std::mem::swap(place, &mut next);
                }
            }
        }
        summary.max = highest[0];
        summary.third_highest = highest[2];
        summary
    }
}

/// One channel of a day, as [`super::ReadingsBook::scan_day`] shows it.
#[derive(Clone, Copy, Debug)]
pub struct ScannedDay<'a> {
    /// The channel.
    pub channel: ChannelNumber,
    /// First instant of the day, epoch seconds.
    pub day_start: i64,
    /// Length of an interval in seconds.
    pub slot_seconds: u32,
    /// As in [`Day::values`].
    pub values: &'a [i64],
    /// As in [`Day::qualities`].
    pub qualities: &'a [(u16, u16, QualityId)],
}

#[cfg(test)]
mod tests {
    use super::super::NO_VALUE;
    use super::super::record::Shape;
    use super::*;

    #[test]
    fn a_silent_day_has_the_intervals_of_its_local_day() {
        let zone = TimeZone::get("America/Toronto").unwrap();
        let missing = |slot| model::lineage::FinalValue {
            slot,
            value: None,
            status: model::quality::Status::MISSING,
            method: "".into(),
            inputs_hash: 0,
        };
        let silent = |date: Date, values: Vec<_>| Day {
            final_day: Some(FinalDay {
                channel: ChannelNumber(1),
                date,
                run: 1,
                decided_at: jiff::Timestamp::UNIX_EPOCH,
                plan_name: "default".into(),
                plan_version: 1,
                status: model::quality::Status::NONE,
                values,
                failures: Vec::new(),
            }),
            slot_seconds: 0,
            values: Vec::new(),
            ..Day::silent(LocalDay::of(date, &zone).unwrap(), 3600).unwrap()
        };
        let (spring, next) = (jiff::civil::date(2024, 3, 10), jiff::civil::date(2024, 3, 11));
        let days = vec![silent(spring, vec![missing(22)]), silent(next, Vec::new())];
        let mut history = ChannelHistory { days, ..ChannelHistory::default() };
        let midnight = LocalDay::of(spring, &zone).unwrap().range.start.as_second();
        history.shape_silent_days(&zone, 3600, (midnight, midnight + 3 * 86_400));
        let [day] = &history.days[..] else { panic!("nothing is expected of the second day") };
        assert_eq!((day.day_start, day.slot_seconds, &day.values), (midnight, 3600, &vec![NO_VALUE; 23]));
        assert!(day.is_expected(22) && !day.is_expected(21));
        history.shape_silent_days(&zone, 3600, (midnight + 30 * 86_400, midnight + 31 * 86_400));
        assert_eq!(history.days.len(), 1, "a day with a shape stays");
    }

    #[test]
    fn a_summary_counts_what_has_a_value() {
        let shape = Shape { day_start: 0, slots: 8, slot_seconds: 10_800 };
        // By hand: 5 + 9 + 0 + 0 + 9 - 2 + 0 = 21; the three largest are 9, 9, 5.
        let summary = Summary::of(shape, &[5, 9, 0, 0, NO_VALUE, 9, -2, 0]);
        let expected = Summary {
            day_start: 0,
            slot_seconds: 10_800,
            slots: 8,
            count: 7,
            sum: 21,
            max: Some(9),
            third_highest: Some(5),
            zero_run: 2,
        };
        assert_eq!(summary, expected);
        let empty = Summary::of(shape, &[NO_VALUE; 8]);
        assert_eq!((empty.count, empty.max, empty.third_highest), (0, None, None));
    }
}
