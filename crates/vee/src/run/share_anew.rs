//! The repair that a rule names itself (catalogue V26, V47): the sum that was measured holds and is shared anew.
//!
//! The sum goes by the straight line between the good values on both sides of the span, in equal shares where one of them is not
//! known, rounded by largest remainders. It is measured, so no register scales it. Where the sum is not known or another rule
//! fails values of it, whether they are estimated or wait for a person, the methods of the plan fill the span; a rule that finds
//! its values too high or too low tells of the same fault, and one that only warns takes nothing back.

use model::quality::Status;

use super::{Draft, Found, Ledger};
use crate::day::MISSING;
use crate::estimators::Estimate;
use crate::evidence::{counted, quantity};
use crate::inputs_hash::InputsHash;
use crate::outcome::Estimation;
use crate::plan::OnFailure;
use crate::rules::{self, Direction, Repair};
use crate::scaling::{NegativeTotal, scale};
use crate::view::View;

/// A span with the rule that has its sum shared anew.
#[derive(Clone, Copy)]
struct Span {
    rule: &'static str,
    from: u16,
    to: u16,
}

/// Gives values to every span whose sum holds.
pub(super) fn share_anew(draft: &mut Draft<'_>, ledger: &mut Ledger) {
    let wanted = |found: &&Found| found.on_failure == OnFailure::Estimate && found.fault.repair == Repair::ShareAnew;
    let span = |found: &Found| {
        let rule = rules::rule(&found.rule)?.id;
        Some(Span { rule, from: found.fault.from, to: found.fault.to })
    };
    let spans: Vec<Span> = ledger.faults.iter().filter(wanted).filter_map(span).collect();
    for span in spans {
        let shared = doubt(ledger, span).map_or_else(|| parts(draft, span), Err);
        let (slots_filled, words) = match shared {
            Ok((estimates, words)) => {
                estimates.iter().for_each(|estimate| draft.put(estimate, true));
                (span.to - span.from, words)
            }
            Err(why) => (0, format!("the sum is not shared anew: {why}")),
        };
        let Span { rule, from, to } = span;
        ledger.estimations.push(Estimation { method: rule, from, to, slots_filled, words });
    }
}

fn range(span: Span) -> std::ops::Range<usize> {
    span.from.into()..span.to.into()
}

/// Why the sum of a span does not hold, where another rule fails some of it for a reason of its own.
fn doubt(ledger: &Ledger, span: Span) -> Option<String> {
    let doubts = |found: &&Found| {
        let fault = &found.fault;
        found.on_failure != OnFailure::Warn
            && fault.repair == Repair::Methods
            && fault.direction == Direction::Other
            && fault.from < span.to
            && span.from < fault.to
    };
    ledger.faults.iter().find(doubts).map(|found| format!("{} fails values of it too", found.rule))
}

/// The values of a span and one sentence about them.
fn parts(draft: &Draft<'_>, span: Span) -> Result<(Vec<Estimate>, String), String> {
    if draft.slots[range(span)].iter().any(|slot| !slot.needs_value) {
        return Err("some of it stands as it is".into());
    }
    let (view, too_large) = (draft.judged_view(), || "the numbers are too large".to_string());
    let values: Option<Vec<i64>> = (span.from..span.to).map(|slot| view.day.value(slot)).collect();
    let values = values.ok_or("a value of it is missing")?;
    let sum = values.iter().copied().map(i128::from).sum::<i128>();
    let sum = i64::try_from(sum).ok().filter(|sum| *sum != MISSING).ok_or_else(too_large)?;
    let sides = (good_before(&view, span.from), good_after(&view, span.to));
    let seeds = seeds(sides, values.len()).ok_or_else(too_large)?;
    let negative = if view.context.negative_allowed { NegativeTotal::Allow } else { NegativeTotal::Refuse };
    let parts = scale(&seeds, sum, negative).map_err(|refusal| refusal.to_string())?;
    let hash = |slot: u16| {
        let hash = InputsHash::of(span.rule).number(slot.into()).number(sum);
        [sides.0, sides.1].iter().fold(hash, |hash, side| hash.number(side.unwrap_or(MISSING))).finish()
    };
    let estimate = |(slot, value)| {
        let inputs_hash = hash(slot);
        Estimate { slot, value, inputs_hash, method: span.rule, status: Status::ESTIMATED }
    };
    Ok(((span.from..span.to).zip(parts).map(estimate).collect(), words(&view, sum, values.len(), sides)))
}

/// The good value right before a slot, also in the day before.
fn good_before(view: &View<'_>, slot: u16) -> Option<i64> {
    let beyond = || view.context.before.filter(|side| side.slots_between == 0)?.value;
    slot.checked_sub(1).map_or_else(beyond, |slot| view.good_value(slot))
}

/// The good value of a slot, also in the day after.
fn good_after(view: &View<'_>, slot: u16) -> Option<i64> {
    let beyond = || view.context.after.filter(|side| side.slots_between == 0)?.value;
    if slot == view.slots() { beyond() } else { view.good_value(slot) }
}

/// The straight line between two values, `count + 1` times as high so that it is whole; flat where one is not known.
fn seeds(sides: (Option<i64>, Option<i64>), count: usize) -> Option<Vec<i64>> {
    let (Some(before), Some(after)) = sides else { return Some(vec![1; count]) };
    let steps = i64::try_from(count).ok()?.checked_add(1)?;
    let at = |step: i64| before.checked_mul(steps - step)?.checked_add(after.checked_mul(step)?);
    (1..steps).map(at).collect()
}

fn words(view: &View<'_>, sum: i64, count: usize, sides: (Option<i64>, Option<i64>)) -> String {
    let (sum, values) = (quantity(view.context, sum), counted(u32::try_from(count).unwrap_or(u32::MAX), "interval"));
    let by = match sides {
        (Some(before), Some(after)) => {
            format!("by the line from {} to {}", quantity(view.context, before), quantity(view.context, after))
        }
        _ => "in equal shares, since a value beside is not good".to_string(),
    };
    format!("the sum of {sum} stays and is shared anew among {values}, {by}")
}
