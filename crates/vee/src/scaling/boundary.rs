//! Boundary: only the register reads at both ends of a container count, which is a local day where it is read at both (catalogue
//! 3.4, IEE). Reads in between are passed over, also when the sum is checked afterwards.

use model::register::advance;
use model::time::TimeRange;

use super::partial;
use super::registers::{Registers, Span};
use crate::context::{Measured, RegisterPair, Total};

/// The spans that lie in no other one, in the order they are met; the first of equal ones.
pub(crate) fn spans<'a>(registers: &Registers<'a>) -> Vec<Span<'a>> {
    let spans = partial::spans(registers);
    let ranges: Vec<TimeRange> = spans.iter().map(|span| span.total.range).collect();
    spans.into_iter().zip(outermost(&ranges)).filter_map(|(span, outer)| outer.then_some(span)).collect()
}

/// The differences over whole days that the reads within them make together; they count as if the registers had been read only then.
pub(crate) fn over_whole_days(totals: &[Total], days: impl Iterator<Item = TimeRange>) -> Vec<Total> {
    days.filter_map(|day| over_whole_day(totals, day)).collect()
}

/// Of each range whether it lies in no other one; of equal ones, the first does not.
fn outermost(ranges: &[TimeRange]) -> Vec<bool> {
    let is_outer = |(at, range): (usize, &TimeRange)| {
        ranges.iter().enumerate().all(|(other_at, other)| {
            let holds = other.start <= range.start && range.end <= other.end;
            other_at == at || !holds || (other == range && at < other_at)
        })
    };
    ranges.iter().enumerate().map(is_outer).collect()
}

/// What the sums of a day are checked against once its estimates met some containers: these in the place of the registers that were
/// read within them.
pub(crate) fn checked_against(totals: &[Total], met: Vec<Total>) -> Vec<Total> {
    let lies_within = |range: TimeRange, container: TimeRange| {
        container != range && container.start <= range.start && range.end <= container.end
    };
    let is_passed_over = |total: &&Total| {
        let is_register = matches!(total.measured, Measured::Register(_));
        is_register && met.iter().any(|container| lies_within(total.range, container.range))
    };
    let mut checked: Vec<Total> = totals.iter().filter(|total| !is_passed_over(total)).cloned().collect();
    let is_new = |one: &Total| totals.iter().all(|total| (total.range, &total.measured) != (one.range, &one.measured));
    checked.extend(met.into_iter().filter(is_new));
    checked
}

/// What a register counted from the read at the begin of a day to the one at its end, where it was read in between too; `None`
/// where no register was read at both.
pub(crate) fn over_whole_day(totals: &[Total], day: TimeRange) -> Option<Total> {
    let pair = |total: &Total| match total.measured {
        Measured::Register(pair) => Some((total.range, pair)),
        Measured::Amount(_) => None,
    };
    let within = |total: &&Total| day.start <= total.range.start && total.range.end <= day.end;
    let mut parts: Vec<&Total> = totals.iter().filter(within).collect();
    parts.sort_by_key(|total| total.rank());
    let parts: Vec<(TimeRange, RegisterPair)> = parts.into_iter().filter_map(pair).collect();
    let begins = |(range, _): &&(TimeRange, RegisterPair)| range.start == day.start && range.end < day.end;
    parts.iter().filter(begins).find_map(|begin| to_the_end(*begin, &parts, day))
}

/// The differences that go on from one to the end of the day, as one.
fn to_the_end(begin: (TimeRange, RegisterPair), parts: &[(TimeRange, RegisterPair)], day: TimeRange) -> Option<Total> {
    let (mut range, mut pair) = begin;
    while range.end < day.end {
        let goes_on = |(next, other): &&(TimeRange, RegisterPair)| {
            let same = |one: &RegisterPair| (one.multiplier, one.dials);
            next.start == range.end && other.start == pair.end && same(other) == same(&pair)
        };
        let (next, other) = parts.iter().find(goes_on)?;
        range.end = next.end;
        pair = RegisterPair { end: other.end, decimals: pair.decimals.max(other.decimals), ..pair };
    }
    // A register that fell in between may not say what it counted from end to end.
    advance(pair.start, pair.end, pair.dials).ok()?;
    Some(Total { range, measured: Measured::Register(pair), elsewhere: None })
}
