//! What a meter records over a day: intervals and reads of registers, each with its stamp and the true moment at which it
//! was made.

use jiff::{Timestamp, ToSpan};
use model::quality::Status;
use model::time::TimeRange;

use crate::clock::{Clock, Shows};
use crate::load::Flow;
use crate::premises::{HeadEnd, Premises};
use crate::utility::{Day, QUARTER_SECONDS, Utility};

/// Forward of flowDirection in IEC 61968-9.
pub const DELIVERED: u16 = 1;
/// Reverse.
pub const RECEIVED: u16 = 19;

/// The five statuses of an interval stamped with an assumed time (AMT-VAL-01).
pub(crate) const ASSUMED: Status = Status::CLOCK_ERROR
    .with(Status::HARDWARE)
    .with(Status::PARTIAL_INTERVAL)
    .with(Status::POWER_FAILURE)
    .with(Status::TIME_RESET);

/// A clock that is off by more days than this is followed no further.
const BESIDE_DAYS_MAX: i32 = 40;

/// One reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Made {
    /// The true moment.
    pub at: Timestamp,
    /// The end of the interval or the moment of the read, by the meter.
    pub stamp: Timestamp,
    /// Wh of an interval, hundredths of a kWh of a register; `None` where the meter has none.
    pub value: Option<i64>,
    /// What the meter says of it.
    pub status: Status,
}

/// What a channel recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// [`DELIVERED`] or [`RECEIVED`].
    pub direction: u16,
    /// Length of its intervals; `None` for reads of a register.
    pub length_seconds: Option<u32>,
    /// In order of their stamps; intervals one after the other over the whole day.
    pub made: Vec<Made>,
}

/// What a meter did on a day.
pub(crate) struct Metered {
    pub(crate) recorded: Vec<Recorded>,
    /// What truly passed it, in Wh.
    pub(crate) passed: Flow,
    /// What was used and passed by it, in Wh.
    pub(crate) unmetered: i64,
}

impl Utility {
    /// What a meter does on a day that it begins with these registers, in Wh.
    pub(crate) fn metered(
        &self,
        meter: u32,
        premises: &Premises,
        clock: &Clock,
        day: &Day,
        registers: Flow,
    ) -> Metered {
        let (flows, unmetered) = self.passed(meter, premises, day);
        let passed = flows.iter().fold(Flow::default(), Flow::plus);
        let directions = if premises.panels_kw == 0 { &[DELIVERED][..] } else { &[DELIVERED, RECEIVED][..] };
        let mut recorded = Vec::new();
        for direction in directions {
            let begin = in_direction(&registers, *direction);
            let count = if clock.spans.is_empty() {
                let counted = flows.iter().map(|flow| in_direction(flow, *direction));
                Count::new(day.local.range.start.as_second(), begin, counted)
            } else {
                self.count_beside(meter, premises, clock, day, (*direction, begin))
            };
            let recorder = Recorder { utility: self, meter, head_end: premises.head_end, clock, day, count };
            recorded.extend(recorder.record(*direction));
        }
        Metered { recorded, passed, unmetered }
    }

    /// What a meter counts in a direction over a day and over the days beside it, as far as its clock may be off.
    fn count_beside(
        &self,
        meter: u32,
        premises: &Premises,
        clock: &Clock,
        day: &Day,
        (direction, begin): (u16, i64),
    ) -> Count {
        let start = day.local.range.start.as_second();
        let beside = i32::try_from(clock.farthest() / 86_400).unwrap_or(0).min(BESIDE_DAYS_MAX) + 1;
        let at = |by: i32| self.day_in(self.zone(meter), day.local.date.checked_add(by.days()).ok()?);
        let of = |day: Day| (day.local.range.start.as_second(), self.passed(meter, premises, &day).0);
        let days: Vec<_> = (-beside..=beside).filter_map(at).map(of).collect();
        let first = days.first().map_or(start, |(first, _)| *first);
        let earlier = days.iter().filter(|(of, _)| *of < start).flat_map(|(_, flows)| flows);
        let before: i64 = earlier.map(|flow| in_direction(flow, direction)).sum();
        let all = days.iter().flat_map(|(_, flows)| flows).map(|flow| in_direction(flow, direction));
        Count::new(first, begin - before, all)
    }
}

/// A meter on a day.
struct Recorder<'u> {
    utility: &'u Utility,
    meter: u32,
    head_end: HeadEnd,
    clock: &'u Clock,
    day: &'u Day,
    /// Wh counted in one direction.
    count: Count,
}

/// What a meter has counted, quarter-hour by quarter-hour; within one it counts evenly.
struct Count {
    start: i64,
    /// Wh at the start and at the end of each quarter-hour.
    at_quarters: Vec<i64>,
}

impl Count {
    /// The count from an instant on that began at so many Wh.
    fn new(start: i64, begin: i64, quarters: impl Iterator<Item = i64>) -> Self {
        let mut counted = begin;
        let mut at_quarters = vec![counted];
        at_quarters.extend(quarters.map(|flow| {
            counted += flow;
            counted
        }));
        Self { start, at_quarters }
    }

    /// Wh at an instant in epoch seconds; before and after all that is known, what is known.
    fn at(&self, second: i64) -> i64 {
        let length = i64::from(QUARTER_SECONDS);
        let since = (second - self.start).max(0);
        let (quarter, part) = ((since / length) as usize, since % length);
        let last = self.at_quarters.len() - 1;
        match self.at_quarters.get(quarter) {
            None => self.at_quarters[last],
            Some(counted) if part == 0 => *counted,
            Some(counted) => *counted + (self.at_quarters[(quarter + 1).min(last)] - counted) * part / length,
        }
    }
}

impl Recorder<'_> {
    /// Everything that a channel of this head-end records in a direction.
    fn record(&self, direction: u16) -> Vec<Recorded> {
        match self.head_end {
            HeadEnd::Cloud => vec![self.intervals(direction, QUARTER_SECONDS), self.at_midnight(direction)],
            HeadEnd::Hourly => vec![self.hourly_reads(direction)],
            HeadEnd::Folder => vec![self.intervals(direction, 4 * QUARTER_SECONDS)],
        }
    }

    fn intervals(&self, direction: u16, length_seconds: u32) -> Recorded {
        let range = self.day.local.range;
        let length = i64::from(length_seconds);
        let slots = (range.seconds() / length) as usize;
        let stamps = (1..).take(slots).map(|slot| range.start.as_second() + slot * length);
        let made = if self.clock.spans.is_empty() {
            stamps.filter_map(|end| self.interval(end - length, end, end, Status::NONE)).collect()
        } else {
            let mut made: Vec<_> = stamps.filter_map(none).collect();
            for interval in self.by_clock(length) {
                let slot = (interval.stamp.as_second() - range.start.as_second()) / length - 1;
                let place = usize::try_from(slot).ok().and_then(|slot| made.get_mut(slot));
                if let Some(place) = place {
                    *place = joined(*place, interval);
                }
            }
            made
        };
        Recorded { direction, length_seconds: Some(length_seconds), made }
    }

    /// The intervals that end by a clock that does not always show the time.
    fn by_clock(&self, length: i64) -> Vec<Made> {
        let range = self.day.local.range;
        let before = jiff::SignedDuration::from_secs(self.clock.farthest() + length);
        let whole = TimeRange { start: range.start - before, end: range.end + before };
        let phase = range.start.as_second().rem_euclid(length);
        let (mut made, mut began, mut previous) = (Vec::new(), None, Shows::Time);
        for (span, shows) in self.clock.over(whole) {
            let after_change = match previous {
                _ if previous == shows => Status::NONE,
                Shows::Assumed(_) | Shows::Nothing => Status::TIME_ADJUSTED,
                Shows::Time | Shows::Wrong(_) => Status::TIME_RESET,
            };
            let mut changed = after_change;
            previous = shows;
            let Some(offset) = shows.offset() else { continue };
            let (first, last) = (span.start.as_second() + offset, span.end.as_second() + offset);
            let mut stamp = (first - phase).div_euclid(length) * length + phase + length;
            while stamp <= last {
                let end = stamp - offset;
                let status = if matches!(shows, Shows::Assumed(_)) { ASSUMED } else { std::mem::take(&mut changed) };
                made.extend(self.interval(began.unwrap_or(end - length), end, stamp, status));
                began = Some(end);
                stamp += length;
            }
        }
        made.retain(|interval| range.start < interval.stamp && interval.stamp <= range.end);
        made
    }

    /// What was counted between two true moments, in epoch seconds.
    fn interval(&self, from: i64, to: i64, stamp: i64, status: Status) -> Option<Made> {
        let at = Timestamp::from_second(to).ok()?;
        let is_dark =
            self.utility.dark(self.meter).iter().any(|dark| dark.start.as_second() < to && from < dark.end.as_second());
        let status = if is_dark { status | Status::POWER_FAILURE } else { status };
        let value = Some(self.count.at(to) - self.count.at(from));
        Some(Made { at, stamp: Timestamp::from_second(stamp).ok()?, value, status })
    }

    /// The register as the meter keeps it at its own midnight.
    fn at_midnight(&self, direction: u16) -> Recorded {
        let end = self.day.local.range.end;
        let moment = if self.clock.spans.is_empty() { Some(end) } else { self.true_moment(end) };
        let read = |at: Timestamp| {
            let value = Some(self.count.at(at.as_second()).div_euclid(10));
            Made { at, stamp: end, value, status: self.register_status(at) }
        };
        Recorded { direction, length_seconds: None, made: moment.map(read).into_iter().collect() }
    }

    /// The register at the end of each true hour, when the network asks, stamped by the meter.
    fn hourly_reads(&self, direction: u16) -> Recorded {
        let range = self.day.local.range;
        let hours = (1..=range.seconds() / 3600).map(|hour| range.start.as_second() + hour * 3600);
        let read = |second: i64| {
            let at = Timestamp::from_second(second).ok()?;
            let offset = match self.clock.is_right() {
                true => 0,
                false => self.utility.clock_offset(self.meter, self.head_end, self.clock, at)?,
            };
            let stamp = Timestamp::from_second(second + offset).ok()?;
            let value = Some(self.count.at(second).div_euclid(10));
            Some(Made { at, stamp, value, status: self.register_status(at) })
        };
        Recorded { direction, length_seconds: None, made: hours.filter_map(read).collect() }
    }

    fn register_status(&self, at: Timestamp) -> Status {
        if matches!(self.clock.shows(at), Shows::Assumed(_)) { ASSUMED } else { Status::NONE }
    }

    /// When the clock first shows a time.
    fn true_moment(&self, shown: Timestamp) -> Option<Timestamp> {
        let before = jiff::SignedDuration::from_secs(self.clock.farthest() + 1);
        let whole = TimeRange { start: shown - before, end: shown + before };
        let shows_it = |(span, shows): (TimeRange, Shows)| {
            let at = shown - jiff::SignedDuration::from_secs(shows.offset()?);
            (span.start <= at && at <= span.end).then_some(at)
        };
        self.clock.over(whole).into_iter().find_map(shows_it)
    }
}

/// An interval of which the meter has nothing.
fn none(end: i64) -> Option<Made> {
    let at = Timestamp::from_second(end).ok()?;
    Some(Made { at, stamp: at, value: None, status: Status::NONE })
}

/// An interval that a clock shows twice holds what was counted in both.
fn joined(one: Made, other: Made) -> Made {
    match one.value {
        None => other,
        Some(value) => Made {
            at: one.at.max(other.at),
            stamp: one.stamp,
            value: Some(value + other.value.unwrap_or(0)),
            status: one.status | other.status | Status::CLOCK_ERROR | Status::TIME_RESET,
        },
    }
}

/// Wh of each quarter-hour in a direction.
fn in_direction(flow: &Flow, direction: u16) -> i64 {
    if direction == RECEIVED { flow.received } else { flow.delivered }
}
