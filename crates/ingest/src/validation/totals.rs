//! Which registers and amounts the intervals of a channel must add up to, and whether they do (V50).
//!
//! A total comes from another channel of the same usage point that measures the same quantity in the same direction:
//! the amount of a stated period, or the difference of two register reads in a row.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use model::master::Channel;
use model::quantity::Decimal;
use model::reading_type::parse_unit;
use model::time::TimeRange;
use smol_str::SmolStr;
use store::readings::{AsOf, NO_VALUE, ReadingsBook, RegisterRead};
use store::registry::directory::Directory;
use vee::amount::Amount;
use vee::context::{Elsewhere, RegisterPair};
use vee::sum_check::{SumCheck, Tolerance, sum_check};
use vee::{Measured, Total};

use super::surroundings::FullDay;
use crate::placement::zone_of;

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

/// Every total of a channel inside a time, in the channel's unit.
///
/// # Errors
/// What the readings book says.
pub fn of_channel(
    book: &ReadingsBook,
    directory: &Directory,
    channel: &Channel,
    within: TimeRange,
) -> Result<Vec<KnownTotal>, store::readings::Error> {
    let mut totals = Vec::new();
    if channel.interval_seconds.is_none() {
        return Ok(totals);
    }
    for other in directory.of_usage_point(channel.usage_point).filter(|other| measures_the_same(other, channel)) {
        let Some(shift) = unit_shift(other, channel) else { continue };
        let (start, end) = (within.start.as_second(), within.end.as_second().saturating_add(1));
        let reads = book.read(other.number, start, end, AsOf::Now)?.registers;
        let amount = |value: i64| Decimal::new(value, other.quantum.saturating_add(shift));
        totals.extend(
            stated_amounts(&reads, within.start, &amount)
                .chain(differences(&reads, other, &amount))
                .map(|(range, measured)| KnownTotal { measured_by: other.label.clone(), range, measured }),
        );
    }
    Ok(totals)
}

fn measures_the_same(other: &Channel, channel: &Channel) -> bool {
    let (left, right) = (other.reading_type, channel.reading_type);
    other.interval_seconds.is_none()
        && (left.flow_direction, left.commodity, left.measurement_kind, left.phases)
            == (right.flow_direction, right.commodity, right.measurement_kind, right.phases)
        && left.tou == right.tou
        && left.aggregate == right.aggregate
}

fn unit_shift(from: &Channel, to: &Channel) -> Option<i8> {
    let ((from_power, from_unit), (to_power, to_unit)) = (parse_unit(&from.unit)?, parse_unit(&to.unit)?);
    (from_unit == to_unit).then(|| from_power.checked_sub(to_power)).flatten()
}

fn stated_amounts<'r>(
    reads: &'r [RegisterRead],
    from: Timestamp,
    amount: &'r dyn Fn(i64) -> Decimal,
) -> impl Iterator<Item = (TimeRange, Measured)> + 'r {
    reads.iter().filter_map(move |read| {
        let range = range(read.period_start?, read.at)?;
        (from <= range.start).then_some((range, Measured::Amount(amount(read.value?))))
    })
}

fn differences<'r>(
    reads: &'r [RegisterRead],
    register: &'r Channel,
    amount: &'r dyn Fn(i64) -> Decimal,
) -> impl Iterator<Item = (TimeRange, Measured)> + 'r {
    let cumulative: Vec<_> = reads.iter().filter(|read| read.period_start.is_none() && read.value.is_some()).collect();
    let pairs: Vec<_> = cumulative
        .windows(2)
        .filter_map(|pair| {
            let (start, end) = (amount(pair[0].value?), amount(pair[1].value?));
            let decimals = [start, end].map(|value| value.normalized().exponent.min(0).unsigned_abs());
            let measured = RegisterPair {
                start,
                end,
                multiplier: register.multiplier,
                dials: register.dials.unwrap_or(UNKNOWN_DIALS),
                decimals: decimals[0].max(decimals[1]),
            };
            Some((range(pair[0].at, pair[1].at)?, Measured::Register(measured)))
        })
        .collect();
    pairs.into_iter()
}

/// More dials than any register has: without knowing them, a register that falls is never taken for one that rolled over.
const UNKNOWN_DIALS: u8 = 18;

fn range(start: i64, end: i64) -> Option<TimeRange> {
    let range = TimeRange { start: Timestamp::from_second(start).ok()?, end: Timestamp::from_second(end).ok()? };
    (range.start < range.end).then_some(range)
}

/// The total with what the days around one day contribute to it.
pub(crate) fn with_elsewhere(total: Total, day: TimeRange, around: &[FullDay]) -> Total {
    if day.start <= total.range.start && total.range.end <= day.end {
        return total;
    }
    let (start, end) = (total.range.start.as_second(), total.range.end.as_second());
    let mut elsewhere = Elsewhere::default();
    let mut slots = 0;
    let mut length = 0;
    for other in around {
        for (at, value) in other.values.iter().enumerate() {
            let begin = other.start + at as i64 * i64::from(other.slot_seconds);
            if begin < start || end < begin + i64::from(other.slot_seconds) {
                continue;
            }
            slots += 1;
            length = i64::from(other.slot_seconds);
            if *value == NO_VALUE {
                elsewhere.missing += 1;
            } else {
                elsewhere.sum += i128::from(*value);
                elsewhere.estimated += u32::from(other.statuses[at].contains(model::quality::Status::ESTIMATED));
            }
        }
    }
    let outside = (end - start) - (day.end.as_second().min(end) - day.start.as_second().max(start)).max(0);
    // Days that are not in the book at all are missing too.
    let expected = if length == 0 { 1 } else { outside / length };
    elsewhere.missing += u32::try_from(expected - slots).unwrap_or(0);
    Total { elsewhere: Some(elsewhere), ..total }
}

/// One sum check of a span.
#[derive(Clone, Debug)]
pub struct CheckedTotal {
    /// The span and what was measured.
    pub total: KnownTotal,
    /// The comparison; `None` where intervals of the span are missing or lie across its edges.
    pub check: Option<SumCheck>,
    /// Intervals of the span without a value.
    pub missing: u64,
}

/// Checks every total of a channel against its final intervals, whatever the length of the span.
///
/// # Errors
/// What the readings book says.
pub fn check_all(
    book: &ReadingsBook,
    directory: &Directory,
    channel: &Channel,
    within: TimeRange,
) -> Result<Vec<CheckedTotal>, store::readings::Error> {
    let zone = zone_of(&channel.zone).unwrap_or(TimeZone::UTC);
    let (start, end) = (within.start.as_second(), within.end.as_second());
    let days = book.read(channel.number, start, end, AsOf::Now)?.days;
    let running = RunningSum::of(days.iter().map(|day| FullDay::decided(book, day, &zone, None)));
    let totals = of_channel(book, directory, channel, within)?;
    Ok(totals.into_iter().map(|total| running.check(total, channel)).collect())
}

/// Sums of intervals from the first one on, so that any span is two look-ups.
struct RunningSum {
    /// Boundaries between intervals in epoch seconds, with the sum and the number of missing values before each.
    boundaries: Vec<(i64, i128, u64)>,
}

impl RunningSum {
    fn of(days: impl Iterator<Item = FullDay>) -> Self {
        let mut boundaries = Vec::new();
        let (mut sum, mut missing) = (0_i128, 0_u64);
        for day in days {
            for (at, value) in day.values.iter().enumerate() {
                let begin = day.start + at as i64 * i64::from(day.slot_seconds);
                let unbroken = boundaries.last().is_none_or(|(last, _, _)| *last == begin);
                if !unbroken {
                    // A hole between days counts as missing in every span across it.
                    missing += 1;
                }
                if boundaries.is_empty() || !unbroken {
                    boundaries.push((begin, sum, missing));
                }
                if *value == NO_VALUE {
                    missing += 1;
                } else {
                    sum += i128::from(*value);
                }
                boundaries.push((begin + i64::from(day.slot_seconds), sum, missing));
            }
        }
        Self { boundaries }
    }

    fn at(&self, instant: Timestamp) -> Option<(i128, u64)> {
        let second = instant.as_second();
        let at = self.boundaries.partition_point(|(boundary, _, _)| *boundary < second);
        self.boundaries.get(at).filter(|(boundary, _, _)| *boundary == second).map(|(_, sum, missing)| (*sum, *missing))
    }

    fn check(&self, total: KnownTotal, channel: &Channel) -> CheckedTotal {
        let (Some(before), Some(through)) = (self.at(total.range.start), self.at(total.range.end)) else {
            return CheckedTotal { total, check: None, missing: 0 };
        };
        let missing = through.1 - before.1;
        let sum = Amount::new(through.0 - before.0, i32::from(channel.quantum));
        let check = (missing == 0).then(|| sum_check(sum, &total.measured, tolerance(&total.measured)).ok()).flatten();
        CheckedTotal { total, check, missing }
    }
}

/// The tolerances of the catalogue: two counts of the register or 0.1 %; 0.05 of the unit and 0.5 % of a stated amount.
fn tolerance(measured: &Measured) -> Tolerance {
    match measured {
        Measured::Register(pair) => Tolerance::of_register(pair, 2, Amount::new(1, -3)),
        Measured::Amount(_) => Tolerance { quantity: Amount::new(5, -2), share: Amount::new(5, -3), together: true },
    }
}
