//! Which registers and amounts the intervals of a channel must add up to, and whether they do (V50).
//!
//! A total comes from another channel of the same usage point that measures the same quantity in the same direction:
//! the amount of a stated period, or the difference of two register reads in a row. Reads that a rule failed do not count;
//! where a register started anew, no span goes over the fall ([`mod@vee::register::spans`]).

use std::collections::HashMap;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use model::lineage::FinalRead;
use model::master::Channel;
use model::quantity::Decimal;
use model::reading_type::{ReadingType, parse_unit};
use model::register::UNKNOWN_DIALS;
use model::time::{LocalDay, TimeRange};
use smol_str::SmolStr;
use store::readings::{AsOf, ChannelHistory, NO_VALUE, ReadingsBook, RegisterRead};
use store::registry::directory::Directory;
use store::registry::multiplier::in_force;
use vee::amount::Amount;
use vee::context::RegisterPair;
use vee::register::{SpanRead, spans};
use vee::rules::Tolerances;
use vee::sum_check::{SumCheck, SumCheckError, sum_check};
use vee::{Measured, Total};

use super::full_day::FullDay;
use crate::placement::zone_of;
use crate::plans::Plans;

/// A span, what was measured over it, and by which channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownTotal {
    /// Label of the channel that measured it.
    pub measured_by: SmolStr,
    /// The span.
    pub range: TimeRange,
    /// The quantity.
    pub measured: Measured,
}

impl KnownTotal {
    pub(crate) fn into_total(self) -> Total {
        Total { range: self.range, measured: self.measured, elsewhere: None }
    }
}

/// Every total of a channel inside a time, in the channel's unit, as it was known.
///
/// # Errors
/// What the readings book says.
pub fn of_channel(
    book: &ReadingsBook,
    directory: &Directory,
    channel: &Channel,
    within: TimeRange,
    as_of: AsOf,
) -> Result<Vec<KnownTotal>, store::readings::Error> {
    if channel.interval_seconds.is_none() {
        return Ok(Vec::new());
    }
    let counting = |register: &Channel| counting(book, register, within, as_of);
    let totals = of_registers(directory, channel, within, measures_the_same, &counting)?;
    Ok(totals.into_iter().map(|(_, total)| total).collect())
}

/// A register read with what was decided of it.
pub(super) struct DecidedRead {
    read: RegisterRead,
    /// Whether it counts: no rule failed it.
    counts: bool,
    /// Whether V55 told people of it.
    is_told: bool,
}

/// Answers the reads of a register with what was decided of them.
pub(super) type Counting<'f> = &'f dyn Fn(&Channel) -> Result<Vec<DecidedRead>, store::readings::Error>;

/// Every total inside a time of the registers that have to do with a channel of intervals, in its unit, register by register.
pub(super) fn of_registers<'d>(
    directory: &'d Directory,
    channel: &Channel,
    within: TimeRange,
    is_meant: fn(&Channel, &Channel) -> bool,
    counting: Counting<'_>,
) -> Result<Vec<(&'d Channel, KnownTotal)>, store::readings::Error> {
    let mut totals = Vec::new();
    for register in directory.of_usage_point(channel.usage_point).filter(|other| is_meant(other, channel)) {
        let reads = counting(register)?;
        let exchanges = directory.exchanges(register.usage_point);
        // Reads of two meters have no difference. Where an exchange has an opening read, the other one is the last before it.
        let opens =
            |at: &Timestamp| reads.iter().any(|decided| decided.read.is_opening() && decided.read.at == at.as_second());
        let is_last = |range: &TimeRange, at: &Timestamp| range.end < *at || range.end == *at && opens(at);
        let is_of_one = |range: &TimeRange| exchanges.iter().all(|at| *at <= range.start || is_last(range, at));
        let multipliers = directory.multipliers(register);
        let of_meters = reads.chunk_by(|_, next| !next.read.is_opening());
        let counted = of_meters.flat_map(|reads| differences(reads, (register, &multipliers), channel));
        let counted = counted.filter(|(range, _)| is_of_one(range));
        let found = stated_amounts(&reads, register, channel, within.start).chain(counted);
        let known = |(range, measured)| KnownTotal { measured_by: register.label.clone(), range, measured };
        totals.extend(found.map(known).map(|total| (register, total)));
    }
    Ok(totals)
}

/// The reads of a register inside a time, with what is stored of them.
pub(super) fn counting(
    book: &ReadingsBook,
    register: &Channel,
    within: TimeRange,
    as_of: AsOf,
) -> Result<Vec<DecidedRead>, store::readings::Error> {
    let history = register_reads(book, register, within, as_of)?;
    Ok(decided(history.registers, &history.final_reads))
}

/// What is stored of a register inside a time, its end included.
pub(super) fn register_reads(
    book: &ReadingsBook,
    register: &Channel,
    within: TimeRange,
    as_of: AsOf,
) -> Result<ChannelHistory, store::readings::Error> {
    book.read(register.number, within.start.as_second(), within.end.as_second().saturating_add(1), as_of)
}

/// Reads with what was decided of them; one that nobody decided on yet counts.
pub(super) fn decided<'r>(
    reads: Vec<RegisterRead>,
    decided: impl IntoIterator<Item = &'r FinalRead>,
) -> Vec<DecidedRead> {
    let place = |read: &FinalRead| (read.at.as_second(), read.period_start.map(Timestamp::as_second));
    let decided: HashMap<_, &FinalRead> = decided.into_iter().map(|read| (place(read), read)).collect();
    let with_decision = |read: RegisterRead| {
        let found = decided.get(&(read.at, read.period_start));
        let counts = found.is_none_or(|found| found.counts_as_received());
        DecidedRead { read, counts, is_told: found.is_some_and(|found| found.failed("V55")) }
    };
    reads.into_iter().map(with_decision).collect()
}

/// Whether a register measures what a channel of intervals measures.
pub(crate) fn measures_the_same(other: &Channel, channel: &Channel) -> bool {
    is_register_of(other, other.reading_type, channel)
}

/// Whether a register counts in one time-of-use bucket what a channel of intervals measures.
pub(crate) fn counts_a_bucket_of(register: &Channel, channel: &Channel) -> bool {
    let all_day = ReadingType { tou: 0, ..register.reading_type };
    register.reading_type.tou != 0 && is_register_of(register, all_day, channel)
}

fn is_register_of(other: &Channel, reading_type: ReadingType, channel: &Channel) -> bool {
    let quantity = |reading_type: ReadingType| {
        let ReadingType { flow_direction, commodity, measurement_kind, phases, tou, cpp, aggregate, .. } = reading_type;
        (flow_direction, commodity, measurement_kind, phases, tou, cpp, aggregate)
    };
    let unit = |channel: &Channel| parse_unit(&channel.unit).map(|(_, unit)| unit);
    let same_unit = unit(other) == unit(channel) && unit(other).is_some() || other.unit == channel.unit;
    other.interval_seconds.is_none() && quantity(reading_type) == quantity(channel.reading_type) && same_unit
}

/// The power of ten from the unit of one channel to that of another.
pub(super) fn unit_shift(from: &Channel, to: &Channel) -> i8 {
    let power = |channel: &Channel| parse_unit(&channel.unit).map_or(0, |(power, _)| power);
    power(from).saturating_sub(power(to))
}

/// The stated periods that begin at `from` or later.
fn stated_amounts(
    reads: &[DecidedRead],
    register: &Channel,
    channel: &Channel,
    from: Timestamp,
) -> impl Iterator<Item = (TimeRange, Measured)> {
    let exponent = register.quantum.saturating_add(unit_shift(register, channel));
    reads.iter().filter(|decided| decided.counts).filter_map(move |DecidedRead { read, .. }| {
        let range = range(read.period_start?, read.at)?;
        (from <= range.start).then_some((range, Measured::Amount(Decimal::new(read.value?, exponent))))
    })
}

/// What a counter counted over each span that its reads bound, by the multiplier of the span; of a span in which that changes
/// nothing is known (V52 tells it).
fn differences(
    reads: &[DecidedRead],
    (register, multipliers): (&Channel, &[(Timestamp, Decimal)]),
    channel: &Channel,
) -> Vec<(TimeRange, Measured)> {
    let read = |DecidedRead { read, counts, is_told }: &DecidedRead| {
        let (counts, is_told, value) = (*counts, *is_told, Decimal::new(read.value?, register.quantum));
        read.is_standing().then_some((read.at, SpanRead { value, counts, is_told }))
    };
    let (times, reads): (Vec<i64>, Vec<SpanRead>) = reads.iter().filter_map(read).unzip();
    // Where nobody said, as many digits after the point as any read has: one that ends in zeros does not make it coarser.
    let digits = |read: &SpanRead| read.value.normalized().exponent.min(0).unsigned_abs();
    let shown = || reads.iter().filter(|read| read.counts).map(digits).max();
    let decimals = register.register_decimals().or_else(shown).unwrap_or(0);
    let dials = register.dials.unwrap_or(UNKNOWN_DIALS);
    let shift = unit_shift(register, channel);
    let multiplier = |range: &TimeRange| {
        let is_one = multipliers.iter().all(|(at, _)| *at <= range.start || range.end <= *at);
        let multiplier = in_force(multipliers, range.start).filter(|_| is_one)?;
        Some(Decimal::new(multiplier.digits, multiplier.exponent.saturating_add(shift)))
    };
    let difference = |(from, to): (usize, usize)| {
        let range = range(times[from], times[to])?;
        let (start, end, multiplier) = (reads[from].value, reads[to].value, multiplier(&range)?);
        Some((range, Measured::Register(RegisterPair { start, end, multiplier, dials, decimals })))
    };
    spans(&reads, dials).into_iter().filter_map(difference).collect()
}

fn range(start: i64, end: i64) -> Option<TimeRange> {
    let range = TimeRange { start: Timestamp::from_second(start).ok()?, end: Timestamp::from_second(end).ok()? };
    (range.start < range.end).then_some(range)
}

/// The intervals of a span beside what was measured over it.
#[derive(Clone, Debug)]
pub struct CheckedTotal {
    /// The span and what was measured.
    pub total: KnownTotal,
    /// How both compare.
    pub comparison: Comparison,
}

/// How the intervals of a span and what was measured over it compare.
#[derive(Clone, Debug)]
pub enum Comparison {
    /// Side by side.
    Made(SumCheck),
    /// What was measured cannot be believed.
    Refused {
        /// What the intervals add up to, in the channel's unit.
        sum: Amount,
        /// Why.
        why: SumCheckError,
    },
    /// The rule says nothing of the quantity.
    NotApplicable {
        /// What the intervals add up to, in the channel's unit.
        sum: Amount,
        /// Why, as the rule says it of a day.
        why: String,
    },
    /// The intervals do not fill the span.
    Incomplete(Unfilled),
}

/// Why intervals do not fill a span.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfilled {
    /// A read lies inside an interval, or beyond the first or last one.
    #[error("the intervals do not begin and end with the span")]
    Edges,
    /// Intervals that no value is known of, missing or not expected.
    #[error("{0} intervals of the span have no value")]
    Missing(u64),
}

/// Checks every total of a channel against its final intervals, whatever the length of the span; spans in which no
/// interval begins are left out. How far both may be apart is for the plan of the day that the span ends on to say.
///
/// # Errors
/// What the readings book says.
pub fn check_all(
    book: &ReadingsBook,
    directory: &Directory,
    channel: &Channel,
    within: TimeRange,
    plans: &Plans,
) -> Result<Vec<CheckedTotal>, store::readings::Error> {
    let zone = zone_of(&channel.zone).unwrap_or(TimeZone::UTC);
    let (start, end) = (within.start.as_second(), within.end.as_second());
    let mut history = book.read(channel.number, start, end, AsOf::Now)?;
    history.shape_silent_days(&zone, channel.interval_seconds.unwrap_or_default(), (start, end));
    let days = history.days;
    let running = RunningSum::of(days.iter().map(|day| FullDay::decided(book, day, &zone)));
    let totals = of_channel(book, directory, channel, within, AsOf::Now)?.into_iter();
    let touched = totals.filter(|total| running.touches(total.range));
    let of_day = plans.of_channel(directory, channel);
    let checked = touched.filter_map(|total| {
        let plan = of_day.on(last_date(total.range, &zone)?);
        let tolerances = plan.map_or_else(|_| Tolerances::default(), Tolerances::of);
        let in_unit = (channel.unit.as_str(), channel.quantum);
        Some(CheckedTotal { comparison: running.compare(&total, in_unit, &tolerances), total })
    });
    Ok(checked.collect())
}

/// The local day that the last instant of a span lies in.
fn last_date(range: TimeRange, zone: &TimeZone) -> Option<Date> {
    let last = Timestamp::from_second(range.end.as_second() - 1).ok()?;
    Some(LocalDay::containing(last, zone)?.date)
}

/// Sums of intervals from the first one on, so that any span is two look-ups.
struct RunningSum {
    /// Boundaries between intervals in epoch seconds, with the sum and the number of missing values before each.
    boundaries: Vec<(i64, i128, u64)>,
}

impl RunningSum {
    fn of(days: impl Iterator<Item = FullDay>) -> Self {
        let mut running = Self { boundaries: Vec::new() };
        for day in days.filter(|day| !day.values.is_empty()) {
            let length = i64::from(day.slot_seconds);
            running.add_missing_until(day.start, length);
            for (begin, value) in (0..).map(|slot| day.start + slot * length).zip(&day.values) {
                running.add(begin + length, Some(*value).filter(|value| *value != NO_VALUE));
            }
        }
        running
    }

    /// The intervals of a hole between days count as missing.
    fn add_missing_until(&mut self, start: i64, length: i64) {
        let Some(&(mut end, _, _)) = self.boundaries.last() else {
            return self.boundaries.push((start, 0, 0));
        };
        while end < start {
            end = start.min(end + length);
            self.add(end, None);
        }
    }

    fn add(&mut self, end: i64, value: Option<i64>) {
        let (_, sum, missing) = self.boundaries.last().copied().unwrap_or((end, 0, 0));
        self.boundaries.push((end, sum + i128::from(value.unwrap_or(0)), missing + u64::from(value.is_none())));
    }

    fn position(&self, instant: Timestamp) -> usize {
        self.boundaries.partition_point(|(boundary, _, _)| *boundary < instant.as_second())
    }

    /// Whether an interval begins in a span.
    fn touches(&self, range: TimeRange) -> bool {
        self.position(range.start) < self.position(range.end).min(self.boundaries.len().saturating_sub(1))
    }

    fn over(&self, range: TimeRange) -> Result<i128, Unfilled> {
        let at = |instant: Timestamp| {
            let boundary = self.boundaries.get(self.position(instant));
            boundary.filter(|(boundary, _, _)| *boundary == instant.as_second()).ok_or(Unfilled::Edges)
        };
        let ((_, before, missing_before), (_, through, missing_through)) = (at(range.start)?, at(range.end)?);
        match missing_through - missing_before {
            0 => Ok(through - before),
            missing => Err(Unfilled::Missing(missing)),
        }
    }

    /// Compares a total with intervals in a unit and multiples of a power of ten of it.
    fn compare(&self, total: &KnownTotal, (unit, quantum): (&str, i8), tolerances: &Tolerances) -> Comparison {
        let sum = match self.over(total.range) {
            Ok(sum) => Amount::new(sum, i32::from(quantum)),
            Err(why) => return Comparison::Incomplete(why),
        };
        let tolerance = match tolerances.of_total(&total.measured, unit) {
            Ok(tolerance) => tolerance,
            Err(why) => return Comparison::NotApplicable { sum, why },
        };
        match sum_check(sum, &total.measured, tolerance) {
            Ok(check) => Comparison::Made(check),
            Err(why) => Comparison::Refused { sum, why },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(first_hour: i64, values: &[i64]) -> FullDay {
        FullDay::of_values(first_hour * 3600, 3600, values)
    }

    fn hours(from: i64, to: i64) -> TimeRange {
        range(from * 3600, to * 3600).expect("in range")
    }

    #[test]
    fn spans_are_summed_where_they_are_whole() {
        let running = RunningSum::of([day(0, &[1, 2, NO_VALUE]), day(3, &[4, 5]), day(7, &[6])].into_iter());
        assert_eq!(running.over(hours(0, 2)), Ok(3));
        assert_eq!(running.over(hours(3, 5)), Ok(9));
        assert_eq!(running.over(hours(1, 4)), Err(Unfilled::Missing(1)));
        assert_eq!(running.over(hours(3, 8)), Err(Unfilled::Missing(2)), "a hole between days");
        assert_eq!(running.over(range(1800, 7200).expect("in range")), Err(Unfilled::Edges), "inside an interval");
        assert_eq!(running.over(hours(7, 9)), Err(Unfilled::Edges), "beyond the last interval");
        assert!(running.touches(hours(7, 9)) && !running.touches(hours(8, 9)));
    }

    #[test]
    fn a_limit_of_another_quantity_decides_nothing() {
        // covers: V50
        let compared = |unit: &str| {
            let running = RunningSum::of([day(0, &[1, 2])].into_iter());
            let measured = Measured::Amount(Decimal::new(60, -3));
            let total = KnownTotal { measured_by: "N1/D1".into(), range: hours(0, 2), measured };
            running.compare(&total, (unit, -3), &Tolerances::default())
        };
        // 57 Wh apart, of 50 Wh and half a per cent that may be.
        assert!(matches!(compared("kWh"), Comparison::Made(check) if !check.meets()));
        let Comparison::NotApplicable { why, .. } = compared("kvarh") else { panic!("judged") };
        assert_eq!(why, "the setting amount is in kWh, the channel is in kvarh");
    }
}
