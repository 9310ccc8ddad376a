//! Scaling within a run: which estimates share which register difference.
//!
//! A register that counted over several days is met by the estimates of all of them together. Each day does the whole
//! sum, from the same seeds and in the same order, and keeps its own part; so the parts add up to the last quantum
//! although no day looks at what another came out as.

use jiff::Timestamp;
use model::quality::Status;

use super::{Draft, Slot};
use crate::context::{Bucket, Context, Elsewhere, Total};
use crate::day::{Day, MISSING};
use crate::inputs_hash::InputsHash;
use crate::outcome::Estimation;
use crate::plan::{CheckedLimits, CheckedPlan, ScaledBy};
use crate::rules::Fault;
use crate::scaling::excluded::{Made, may_change};
use crate::scaling::registers::{Registers, Span};
use crate::scaling::{self, NegativeTotal, boundary, scale};
use crate::sum_check::measured_quantity;

/// A day with its estimates as the methods gave them, before any scaling.
#[derive(Clone, Debug)]
pub(crate) struct Seeds {
    pub(super) values: Vec<i64>,
    pub(super) statuses: Vec<Status>,
    pub(super) slots: Vec<Slot>,
}

/// The registers that a day is scaled by, and the other days that are scaled with it.
#[derive(Debug)]
pub(crate) struct SharedRegisters<'a> {
    /// Other days in order of time.
    pub days: Vec<(Day<'a>, &'a Seeds)>,
    /// Every total that has to do with the estimates of the day: those over it, and those over the other days only.
    pub totals: Vec<Total>,
    /// The same of each time-of-use bucket of the context of the day.
    pub buckets: Vec<Vec<Total>>,
}

/// The values that registers are met with: those of the day, between those of the days that share a register with it.
struct Field<'a> {
    registers: Registers<'a>,
    values: Vec<i64>,
    statuses: Vec<Status>,
    slots: Vec<Slot>,
    context: &'a Context<'a>,
    limits: &'a CheckedLimits,
}

/// Makes the estimates under each register pair add up with the measured values to its difference, by the registers that the plan
/// names ([`crate::scaling`]). The outermost reads are those at both ends of a day; where it has none, those that follow each other,
/// and what met them is checked against them afterwards. Where the plan asks for buckets and no calendar holds, every register counts, and
/// the answer says so. What the plan lets wait for late values is left unscaled until then, and its sum is not checked.
pub(super) fn meet_registers<'d>(
    draft: &mut Draft<'_>,
    shared: &dyn Fn() -> Option<SharedRegisters<'d>>,
    (plan, now): (&CheckedPlan, Timestamp),
    estimations: &mut Vec<Estimation>,
) -> Option<Fault> {
    let (planned, negative) = plan.scaling.parts()?;
    let shared = shared();
    let whole_days = if planned == ScaledBy::Outermost { over_whole_days(draft, shared.as_ref()) } else { Vec::new() };
    let mut field = Field::of(draft, shared.as_ref(), &plan.limits);
    field.registers.totals.extend(&whole_days);
    let without_calendar = field.without_calendar(planned);
    let mut met = Vec::new();
    let scaled_by = if draft.context.sources.without_calendar.is_some() { planned.without_buckets() } else { planned };
    for span in scaling::spans(scaled_by, &field.registers) {
        let changeable = field.changeable(&span.slots);
        if changeable.is_empty() {
            continue;
        }
        let outcome = match plan.limits.waits_until(span.total, now) {
            Some(until) => Err(format!("the plan waits for late values until {until}")),
            None => field.meet(&span, &changeable, negative),
        };
        if outcome.is_err() {
            changeable.iter().for_each(|at| field.statuses[*at] |= Status::UNSCALED);
        }
        let own = changeable.iter().filter(|at| field.registers.own.contains(at)).count();
        if own == 0 {
            continue;
        }
        if scaled_by == ScaledBy::Outermost && outcome.is_ok() {
            met.push(span.total.clone());
        }
        estimations.push(field.told(&span, own, outcome));
    }
    if scaled_by == ScaledBy::Buckets {
        // Whoever asked for buckets alone is told where there was none.
        let own: Vec<usize> = field.registers.own.clone().collect();
        field.changeable(&own).iter().for_each(|at| field.statuses[*at] |= Status::UNSCALED);
    }
    field.give_back(draft);
    if !met.is_empty() {
        draft.totals = Some(boundary::checked_against(draft.context.totals, met));
    }
    if 0 < plan.limits.wait_days {
        let totals = draft.totals.get_or_insert_with(|| draft.context.totals.to_vec());
        totals.retain(|total| plan.limits.waits_until(total, now).is_none());
    }
    without_calendar
}

impl<'a> Field<'a> {
    /// Takes the values of a day out of it and puts those of the days that share registers with it around them.
    fn of<'d: 'a>(draft: &mut Draft<'d>, shared: Option<&'a SharedRegisters<'a>>, limits: &'a CheckedLimits) -> Self {
        let context = draft.context;
        let (others, totals) = shared.map_or((&[][..], context.totals), |shared| (&shared.days, &shared.totals));
        let own = |bucket: &'a Bucket<'a>| (bucket, bucket.totals);
        let with_others = |shared: &'a SharedRegisters<'a>| {
            let totals = shared.buckets.iter().map(Vec::as_slice);
            context.sources.buckets.iter().zip(totals).collect()
        };
        let buckets = shared.map_or_else(|| context.sources.buckets.iter().map(own).collect(), with_others);
        let registers = Registers { days: Vec::new(), own: 0..0, totals: totals.iter().collect(), buckets };
        let mut field =
            Self { registers, values: Vec::new(), statuses: Vec::new(), slots: Vec::new(), context, limits };
        let (before, after) = others.split_at(others.partition_point(|(day, _)| day.start < draft.day.start));
        before.iter().for_each(|(day, seeds)| field.add(*day, seeds));
        let own = Seeds {
            values: std::mem::take(&mut draft.values),
            statuses: std::mem::take(&mut draft.statuses),
            slots: std::mem::take(&mut draft.slots),
        };
        let first = field.values.len();
        field.add(*draft.day, &own);
        field.registers.own = first..field.values.len();
        after.iter().for_each(|(day, seeds)| field.add(*day, seeds));
        field
    }

    fn add(&mut self, day: Day<'a>, seeds: &Seeds) {
        self.registers.days.push((day, self.values.len()));
        self.values.extend_from_slice(&seeds.values);
        self.statuses.extend_from_slice(&seeds.statuses);
        self.slots.extend_from_slice(&seeds.slots);
    }

    /// Puts the values of the day back where they were.
    fn give_back(mut self, draft: &mut Draft<'_>) {
        draft.values = self.values.drain(self.registers.own.clone()).collect();
        draft.statuses = self.statuses.drain(self.registers.own.clone()).collect();
        draft.slots = self.slots.drain(self.registers.own.clone()).collect();
    }

    /// That the plan asks for buckets and no calendar says when they hold, where the day has estimates.
    fn without_calendar(&self, planned: ScaledBy) -> Option<Fault> {
        let registers = self.context.sources.without_calendar?;
        let own: Vec<usize> = self.registers.own.clone().collect();
        let changeable = self.changeable(&own);
        let place = |at: &usize| u16::try_from(at - self.registers.own.start).ok();
        let (first, last) = (changeable.first().and_then(place)?, changeable.last().and_then(place)?);
        let of_what = match (planned, registers) {
            // Without registers of buckets, the others are all that the plan asks for.
            (ScaledBy::BucketsThenEvery, []) => return None,
            (_, []) => "the buckets hold".to_owned(),
            (_, registers) => format!("{} count", registers.join(", ")),
        };
        let evidence = format!(
            "no calendar says when {of_what}, so estimates are scaled by the registers that count all day; attach the rate \
             definition of the usage point with `amity usage definition attach`, or name the registers in it"
        );
        Some(Fault::new(first, last + 1, evidence))
    }

    /// The estimates of a span that no earlier register fixed.
    fn changeable(&self, slots: &[usize]) -> Vec<usize> {
        let free = |at: &usize| {
            let Slot { method, exclude_from_scaling: is_excluded, .. } = self.slots[*at];
            let status = self.statuses[*at];
            self.limits.may_change(status) && may_change(&Made { method, is_excluded, status })
        };
        slots.iter().copied().filter(free).collect()
    }

    fn meet(&mut self, span: &Span<'_>, changeable: &[usize], negative: NegativeTotal) -> Result<String, String> {
        let elsewhere = elsewhere(span)?;
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

    /// What became of the estimates of the day under a span, of which there are `own`.
    fn told(&self, span: &Span<'_>, own: usize, outcome: Result<String, String>) -> Estimation {
        let (slots_filled, words) = match outcome {
            Ok(words) => (u16::try_from(own).unwrap_or(u16::MAX), words),
            Err(reason) => (0, format!("left unscaled: {reason}")),
        };
        let words = if span.bucket.is_empty() { words } else { format!("bucket {}: {words}", span.bucket) };
        let places: Vec<usize> = span.slots.iter().copied().filter(|at| self.registers.own.contains(at)).collect();
        let slot = |at: Option<&usize>| {
            at.and_then(|at| u16::try_from(at - self.registers.own.start).ok()).unwrap_or(u16::MAX)
        };
        let (from, to) = (slot(places.first()), slot(places.last()));
        Estimation { method: "scaling", from, to: to.saturating_add(1), slots_filled, words }
    }
}

/// The part of a span in days that are not in the field, which must be measured and complete.
fn elsewhere(span: &Span<'_>) -> Result<Elsewhere, String> {
    match span.total.elsewhere {
        _ if span.is_whole => Ok(Elsewhere::default()),
        Some(Elsewhere { missing: 0, estimated: 0, sum }) => Ok(Elsewhere { sum, ..Elsewhere::default() }),
        Some(other) => Err(format!(
            "{} values of the span in other days, which are not scaled with this one, are missing and {} estimated",
            other.missing, other.estimated,
        )),
        None => Err("the span reaches into days that are not given".into()),
    }
}

/// The differences over whole days of the day and those that are scaled with it.
fn over_whole_days(draft: &Draft<'_>, shared: Option<&SharedRegisters<'_>>) -> Vec<Total> {
    let totals = shared.map_or(draft.context.totals, |shared| shared.totals.as_slice());
    let others = shared.map_or(&[][..], |shared| shared.days.as_slice());
    let days = others.iter().map(|(day, _)| day.whole()).chain([draft.day.whole()]);
    boundary::over_whole_days(totals, days)
}
