//! The sum check V50 of a channel: its intervals against every register and stated amount of the same quantity.
//!
//! The arithmetic is `vee::sum_check`; here registers are paired with intervals and spans with slots. Final values
//! count, exact boundary reads only: a read inside an interval leaves its span unchecked.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use jiff::Timestamp;
use model::master::Channel;
use model::quantity::Decimal;
use model::reading_type::ReadingType;
use model::reading_type::unit::parse_unit;
use model::time::TimeRange;
use serde::{Deserialize, Serialize};
use store::readings::{AsOf, ReadingsBook, RegisterRead};
use vee::amount::Amount;
use vee::context::{Measured, RegisterPair};
use vee::sum_check::{Tolerance, sum_check};

use crate::book;
use crate::channel::{extent, find, zone_of};
use crate::etag;
use crate::problem::{Code, Problem};
use crate::profile::{Frame, Profile, Slot};
use crate::query::{Ask, Place, cursor, rows};
use crate::state::Shared;

/// The power of ten of a kilo-unit, in which the tolerance of amounts is stated.
const KILO: i8 = 3;
/// Dials of a register that does not say how many it has: it never rolls over.
const DIALS_UNKNOWN: u8 = 18;

/// How far sums may be from what was measured; the defaults are those of the rule catalogue (V50).
#[derive(Clone, Copy, Debug)]
pub struct SumCheckLimits {
    /// Against a register: so many of its last digits, times its multiplier, or ...
    pub register_counts: u32,
    /// ... this share of the register difference, whichever is larger.
    pub register_share: Decimal,
    /// Against a stated amount: this quantity in kilo-units (kWh) and ...
    pub amount: Decimal,
    /// ... this share of the amount, together.
    pub amount_share: Decimal,
}

impl Default for SumCheckLimits {
    fn default() -> Self {
        Self {
            register_counts: 2,
            register_share: Decimal::new(1, -3),
            amount: Decimal::new(5, -2),
            amount_share: Decimal::new(5, -3),
        }
    }
}

/// Which checks.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Filter {
    cursor: Option<String>,
    limit: Option<u32>,
}

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Outcome {
    Passed,
    Failed,
    Incomplete,
}

#[derive(Debug, Serialize)]
struct Check {
    start: Timestamp,
    end: Timestamp,
    register: String,
    interval_sum: Option<String>,
    register_amount: Option<String>,
    difference: Option<String>,
    tolerance: Option<String>,
    outcome: Outcome,
    reason: Option<String>,
}

/// `GET /api/v1/channels/{channel}/sum-checks`
pub(crate) async fn list(
    State(state): State<Shared>,
    headers: HeaderMap,
    Place(channel): Place<String>,
    Ask(asked): Ask<Filter>,
) -> Result<Response, Problem> {
    let limit = rows(asked.limit)? as usize;
    let skip: usize = cursor(asked.cursor.as_deref())?.unwrap_or(0);
    let directory = state.directory().await?;
    let channel = find(&directory, &state, &channel).await?;
    let Some(interval_seconds) = channel.interval_seconds else {
        return Err(Problem::new(Code::NotFound, format!("channel `{}` has no intervals to add up", channel.label)));
    };
    let others = directory.of_usage_point(channel.usage_point);
    let registers: Vec<Channel> = others.filter(|other| says_the_same(&channel, other)).cloned().collect();
    let coverage = state.coverage().await?;
    let expected = extent(&state, &coverage, &channel).await?.map_or((0, 0), |extent| (extent.first, extent.last));
    let (zone, limits, unit) = (zone_of(&channel)?, state.sum_check, channel.unit.clone());
    let checks = state
        .read(move |book| {
            let history = book.read(channel.number, expected.0, expected.1, AsOf::Now)?;
            let frame = Frame { start: expected.0, end: expected.1, zone: &zone, interval_seconds, expected };
            let profile = Profile::of(&history.days, &frame, |id| book::quality(book, id));
            let sums = Sums::of(&profile.slots);
            let mut checks = Vec::new();
            for register in &registers {
                checks.extend(checks_of(book, &channel, register, &sums, &limits)?);
            }
            Ok(checks)
        })
        .await?;
    etag::json(&headers, &page(checks, skip, limit, &unit))
}

fn page(mut checks: Vec<Check>, skip: usize, limit: usize, unit: &str) -> serde_json::Value {
    checks.sort_by_key(|check| std::cmp::Reverse((check.end, check.start)));
    let count = |outcome| checks.iter().filter(|check| check.outcome == outcome).count();
    let next = (skip.saturating_add(limit) < checks.len()).then(|| (skip + limit).to_string());
    let items: Vec<&Check> = checks.iter().skip(skip).take(limit).collect();
    serde_json::json!({
        "unit": unit,
        "passed": count(Outcome::Passed),
        "failed": count(Outcome::Failed),
        "incomplete": count(Outcome::Incomplete),
        "items": items,
        "next": next,
    })
}

/// Whether a channel holds register reads or amounts of what the intervals of another measure.
fn says_the_same(intervals: &Channel, other: &Channel) -> bool {
    let quantity = |channel: &Channel| {
        let ReadingType { commodity, measurement_kind, flow_direction, tou, cpp, phases, .. } = channel.reading_type;
        (commodity, measurement_kind, flow_direction, tou, cpp, phases)
    };
    let unit = |channel: &Channel| parse_unit(&channel.unit).map(|(_, unit)| unit);
    other.interval_seconds.is_none()
        && quantity(intervals) == quantity(other)
        && (unit(intervals) == unit(other) && unit(other).is_some() || intervals.unit == other.unit)
}

/// The power of ten from one channel's unit to another's.
fn power(from: &Channel, to: &Channel) -> i8 {
    let multiplier = |channel: &Channel| parse_unit(&channel.unit).map_or(0, |(multiplier, _)| multiplier);
    multiplier(from).saturating_sub(multiplier(to))
}

/// A span and what was measured over it.
struct Span {
    range: TimeRange,
    measured: Measured,
}

fn checks_of(
    book: &ReadingsBook,
    intervals: &Channel,
    register: &Channel,
    sums: &Sums,
    limits: &SumCheckLimits,
) -> Result<Vec<Check>, store::readings::Error> {
    let reads = book::whole(book, register.number)?.registers;
    let mut spans = amounts(&reads, register, intervals);
    spans.extend(differences(&reads, register, intervals));
    let spans = spans.iter().filter(|span| sums.touches(span.range));
    Ok(spans.map(|span| check(span, intervals, register, sums, limits)).collect())
}

/// The stated periods.
fn amounts(reads: &[RegisterRead], register: &Channel, intervals: &Channel) -> Vec<Span> {
    let exponent = register.quantum.saturating_add(power(register, intervals));
    let span = |read: &RegisterRead| {
        let range = time_range(read.period_start?, read.at)?;
        Some(Span { range, measured: Measured::Amount(Decimal::new(read.value?, exponent)) })
    };
    reads.iter().filter_map(span).collect()
}

/// Each cumulative read with the one before it.
fn differences(reads: &[RegisterRead], register: &Channel, intervals: &Channel) -> Vec<Span> {
    let cumulative: Vec<&RegisterRead> =
        reads.iter().filter(|read| read.period_start.is_none() && read.value.is_some()).collect();
    let multiplier = register.multiplier;
    let pair = |start: i64, end: i64| RegisterPair {
        start: Decimal::new(start, register.quantum),
        end: Decimal::new(end, register.quantum),
        multiplier: Decimal::new(multiplier.digits, multiplier.exponent.saturating_add(power(register, intervals))),
        dials: register.dials.unwrap_or(DIALS_UNKNOWN),
        decimals: register.quantum.min(0).unsigned_abs(),
    };
    let span = |both: &[&RegisterRead]| {
        let [start, end] = both else { return None };
        let range = time_range(start.at, end.at)?;
        Some(Span { range, measured: Measured::Register(pair(start.value?, end.value?)) })
    };
    cumulative.windows(2).filter_map(span).collect()
}

fn time_range(start: i64, end: i64) -> Option<TimeRange> {
    Some(TimeRange { start: Timestamp::from_second(start).ok()?, end: Timestamp::from_second(end).ok()? })
}

fn check(span: &Span, intervals: &Channel, register: &Channel, sums: &Sums, limits: &SumCheckLimits) -> Check {
    let mut told = Check {
        start: span.range.start,
        end: span.range.end,
        register: register.label.to_string(),
        interval_sum: None,
        register_amount: None,
        difference: None,
        tolerance: None,
        outcome: Outcome::Incomplete,
        reason: None,
    };
    let sum = match sums.over(span.range) {
        Ok(sum) => Amount::new(sum, i32::from(intervals.quantum)),
        Err(reason) => return Check { reason: Some(reason), ..told },
    };
    told.interval_sum = Some(sum.to_string());
    let tolerance = match &span.measured {
        Measured::Register(pair) => Tolerance::of_register(pair, limits.register_counts, limits.register_share.into()),
        Measured::Amount(_) => {
            Tolerance { quantity: in_unit(limits.amount, intervals), share: limits.amount_share.into(), together: true }
        }
    };
    match sum_check(sum, &span.measured, tolerance) {
        Err(error) => Check { outcome: Outcome::Failed, reason: Some(error.to_string()), ..told },
        Ok(check) => Check {
            register_amount: Some(check.expected.to_string()),
            difference: Some(check.apart.to_string()),
            tolerance: Some(check.tolerance.to_string()),
            outcome: if check.meets() { Outcome::Passed } else { Outcome::Failed },
            ..told
        },
    }
}

/// A quantity in kilo-units as one in the unit of a channel.
fn in_unit(quantity: Decimal, channel: &Channel) -> Amount {
    let multiplier = parse_unit(&channel.unit).map_or(KILO, |(multiplier, _)| multiplier);
    Amount::from(quantity).shifted(i32::from(KILO) - i32::from(multiplier))
}

/// Running sums over slots, so that any span is one subtraction.
struct Sums {
    starts: Vec<i64>,
    end: i64,
    /// Before slot `i`: sum of the values, values missing, seconds covered.
    before: Vec<(i128, u64, i64)>,
}

impl Sums {
    fn of(slots: &[Slot]) -> Self {
        let mut before = vec![(0, 0, 0)];
        let mut running = (0, 0, 0);
        for slot in slots {
            running.0 += i128::from(slot.last.unwrap_or(0));
            running.1 += u64::from(slot.last.is_none());
            running.2 += i64::from(slot.seconds);
            before.push(running);
        }
        let end = slots.last().map_or(i64::MIN, |slot| slot.start + i64::from(slot.seconds));
        Self { starts: slots.iter().map(|slot| slot.start).collect(), end, before }
    }

    /// Whether any slot lies in a span.
    fn touches(&self, range: TimeRange) -> bool {
        let (from, to) = self.slots_of(range);
        from < to
    }

    fn slots_of(&self, range: TimeRange) -> (usize, usize) {
        let at = |instant: Timestamp| self.starts.partition_point(|start| *start < instant.as_second());
        (at(range.start), at(range.end))
    }

    /// The sum over a span that its slots fill exactly.
    fn over(&self, range: TimeRange) -> Result<i128, String> {
        let (from, to) = self.slots_of(range);
        let ((sum, missing, seconds), (sum_to, missing_to, seconds_to)) = (self.before[from], self.before[to]);
        let begins = self.starts.get(from) == Some(&range.start.as_second());
        let ends = self.starts.get(to).map_or(self.end, |start| *start) == range.end.as_second();
        if !begins || !ends || seconds_to - seconds != range.seconds() {
            return Err("the intervals do not begin and end with the span, or days between are missing".into());
        }
        match missing_to - missing {
            0 => Ok(sum_to - sum),
            missing => Err(format!("{missing} values of the span are missing")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slots(values: &[Option<i64>]) -> Vec<Slot> {
        let slot = |(at, last): (i64, &Option<i64>)| Slot {
            start: at * 3600,
            seconds: 3600,
            raw: *last,
            last: *last,
            raw_status: 0,
            final_status: 0,
        };
        (0..).zip(values).map(slot).collect()
    }

    fn hours(from: i64, to: i64) -> TimeRange {
        time_range(from * 3600, to * 3600).expect("in range")
    }

    #[test]
    fn spans_are_summed_where_they_are_whole() {
        let sums = Sums::of(&slots(&[Some(1), Some(2), None, Some(4), Some(5)]));
        assert_eq!(sums.over(hours(0, 2)), Ok(3));
        assert_eq!(sums.over(hours(3, 5)), Ok(9));
        assert_eq!(sums.over(hours(1, 4)), Err("1 values of the span are missing".into()));
        let half = time_range(1800, 7200).expect("in range");
        assert!(sums.over(half).is_err(), "a read inside an interval");
        assert!(sums.over(hours(3, 6)).is_err(), "beyond the last interval");
        assert!(!sums.touches(hours(7, 9)));
    }
}
