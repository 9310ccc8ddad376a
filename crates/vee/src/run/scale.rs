//! Scaling within a run: which estimates share which register difference.

use jiff::Timestamp;
use model::quality::Status;
use model::time::TimeRange;

use super::Draft;
use crate::context::{Bucket, Elsewhere, Measured, Total};
use crate::day::MISSING;
use crate::inputs_hash::InputsHash;
use crate::outcome::Estimation;
use crate::plan::{ScaledBy, ScalingMode};
use crate::scaling::{NegativeTotal, scale};
use crate::sum_check::measured_quantity;

/// A register difference and the slots of the day that it counted.
struct Span<'a> {
    /// The time-of-use bucket; empty for a register that counts all day.
    bucket: &'a str,
    total: &'a Total,
    /// In slot order, not empty.
    slots: Vec<usize>,
}

/// Makes the estimates under each register pair add up with the measured values to its difference.
///
/// Short spans come first and what they fixed stays, so that reads within a longer span are used
/// (partial mode of the catalogue), unless the plan looks at the outermost reads or at time-of-use
/// buckets only. Stated amounts are no registers and scale nothing.
pub(super) fn meet_registers(draft: &mut Draft<'_>, mode: ScalingMode, estimations: &mut Vec<Estimation>) {
    let Some((scaled_by, negative)) = mode.parts() else { return };
    for span in draft.spans(scaled_by) {
        let changeable = draft.changeable(&span.slots);
        if changeable.is_empty() {
            continue;
        }
        let slots_filled = u16::try_from(changeable.len()).unwrap_or(u16::MAX);
        let (slots_filled, words) = match draft.meet(&span, &changeable, negative) {
            Ok(words) => (slots_filled, words),
            Err(reason) => {
                for at in changeable {
                    draft.statuses[at] |= Status::UNSCALED;
                }
                (0, format!("left unscaled: {reason}"))
            }
        };
        let words = if span.bucket.is_empty() { words } else { format!("bucket {}: {words}", span.bucket) };
        let slot = |at: Option<&usize>| at.and_then(|at| u16::try_from(*at).ok()).unwrap_or(u16::MAX);
        let (from, to) = (slot(span.slots.first()), slot(span.slots.last()).saturating_add(1));
        estimations.push(Estimation { method: "scaling", from, to, slots_filled, words });
    }
}

impl<'a> Draft<'a> {
    /// The register differences that count, in the order they are met.
    fn spans(&self, scaled_by: ScaledBy) -> Vec<Span<'a>> {
        let every = || self.registers("", &self.context.totals.iter().collect::<Vec<_>>(), |_| true);
        match scaled_by {
            ScaledBy::Every => every(),
            ScaledBy::Outermost => outermost(every()),
            ScaledBy::Buckets => self.buckets(),
            ScaledBy::BucketsThenEvery => self.buckets().into_iter().chain(every()).collect(),
        }
    }

    fn buckets(&self) -> Vec<Span<'a>> {
        let mut buckets: Vec<_> = self.context.sources.buckets.iter().collect();
        buckets.sort_by_key(|bucket| bucket.name);
        let of_bucket = |bucket: &&'a Bucket<'a>| {
            let bucket = *bucket;
            let totals: Vec<&'a Total> = bucket.totals.iter().collect();
            self.registers(bucket.name, &totals, |begins| bucket.hours.iter().any(|hours| hours.contains(begins)))
        };
        buckets.iter().flat_map(of_bucket).collect()
    }

    /// The register differences among totals with the slots that count, short spans first.
    fn registers(&self, bucket: &'a str, totals: &[&'a Total], counts: impl Fn(Timestamp) -> bool) -> Vec<Span<'a>> {
        let mut registers: Vec<&'a Total> = totals.to_vec();
        registers.retain(|total| matches!(total.measured, Measured::Register(_)));
        registers.sort_by_key(|total| total.rank());
        let span = |total: &'a Total| {
            let (from, to) = self.view().slots_of(total.range)?;
            let slots = (from..to).filter(|slot| counts(self.day.range(*slot, slot + 1).start));
            let slots: Vec<usize> = slots.map(usize::from).collect();
            (!slots.is_empty()).then_some(Span { bucket, total, slots })
        };
        registers.into_iter().filter_map(span).collect()
    }

    /// The estimates of a span that no earlier register fixed.
    fn changeable(&self, slots: &[usize]) -> Vec<usize> {
        let free = |at: &usize| {
            let slot = &self.slots[*at];
            !slot.method.is_empty() && !slot.exclude_from_scaling && !self.statuses[*at].contains(Status::SCALED)
        };
        slots.iter().copied().filter(free).collect()
    }

    fn meet(&mut self, span: &Span<'_>, changeable: &[usize], negative: NegativeTotal) -> Result<String, String> {
        let elsewhere = self.elsewhere(span.total)?;
        if span.slots.iter().any(|at| self.values[*at] == MISSING) {
            return Err("values of the span are still missing".into());
        }
        if span.slots.iter().any(|at| self.statuses[*at].contains(Status::FAILED)) {
            return Err("a failed value of the span waits for a person".into());
        }
        let measured = measured_quantity(&span.total.measured).map_err(|error| error.to_string())?;
        let too_large = "the numbers are too large to scale exactly";
        let whole = measured.rounded(self.context.exponent.into()).ok_or(too_large)?;
        let here: i128 = span.slots.iter().map(|at| i128::from(self.values[*at])).sum();
        let seeds: Vec<i64> = changeable.iter().map(|at| self.values[*at]).collect();
        let seed_sum: i128 = seeds.iter().copied().map(i128::from).sum();
        let fixed = (here - seed_sum).checked_add(elsewhere.sum).ok_or(too_large)?;
        let left = whole.checked_sub(fixed).and_then(|left| i64::try_from(left).ok()).ok_or(too_large)?;
        let parts = scale(&seeds, left, negative)
            .map_err(|refusal| format!("{refusal} ({} {})", self.context.amount(left.into()), self.context.unit))?;
        for (at, (part, seed)) in changeable.iter().zip(parts.into_iter().zip(&seeds)) {
            self.values[*at] = part;
            self.statuses[*at] = self.statuses[*at].without(Status::UNSCALED) | Status::SCALED;
            let hash = InputsHash::of("scaling").number(self.slots[*at].inputs_hash.cast_signed()).number(*seed);
            self.slots[*at].inputs_hash = hash.number(left).text(&seed_sum.to_string()).finish();
        }
        let (unit, context) = (self.context.unit, self.context);
        Ok(format!(
            "{} estimates scaled from {} to {} {unit}, so that the span meets the register difference of {measured} {unit}",
            seeds.len(),
            context.amount(seed_sum),
            context.amount(left.into()),
        ))
    }

    /// The part of the span in other days, which must be measured and complete.
    fn elsewhere(&self, total: &Total) -> Result<Elsewhere, String> {
        let day = self.day.range(0, self.day.slots());
        match total.elsewhere {
            Some(Elsewhere { missing: 0, estimated: 0, sum }) => Ok(Elsewhere { sum, ..Elsewhere::default() }),
            Some(other) => Err(format!(
                "{} values of the span in other days are missing and {} estimated; scale the days of the span together",
                other.missing, other.estimated,
            )),
            None if day.start <= total.range.start && total.range.end <= day.end => Ok(Elsewhere::default()),
            None => Err("the span reaches into days that are not given".into()),
        }
    }
}

/// The spans that lie in no other one; the first of equal ones.
fn outermost(spans: Vec<Span<'_>>) -> Vec<Span<'_>> {
    let ranges: Vec<TimeRange> = spans.iter().map(|span| span.total.range).collect();
    let is_outer = |(at, range): (usize, &TimeRange)| {
        ranges.iter().enumerate().all(|(other_at, other)| {
            let holds = other.start <= range.start && range.end <= other.end;
            other_at == at || !holds || (other == range && at < other_at)
        })
    };
    let outer: Vec<bool> = ranges.iter().enumerate().map(is_outer).collect();
    spans.into_iter().zip(outer).filter_map(|(span, outer)| outer.then_some(span)).collect()
}
