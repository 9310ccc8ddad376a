//! A run of the plan with what people decided: the one place where decisions become an input of `vee`.
//!
//! A written value stands in place of the raw one and is accepted, since two people saw it. An accepted raw value is
//! failed by no rule. Where there is no raw value, accepting keeps the estimate that validation makes.

use model::lineage::{FinalDay, FinalValue};
use model::quality::Status;
use store::readings::NO_VALUE;
use store::registry::review::Decision;
use vee::{CheckedPlan, Outcome, Stamp};

use super::holding::{Held, holding};
use crate::validation::surroundings::{FullDay, Surroundings};

/// The method of written values (catalogue: manual override).
const MANUAL: &str = "E22";

/// What a source said of a value that is not there any more.
const REPLACED: Status = Status(
    Status::MISSING.0 | Status::ESTIMATE_NEEDED.0 | Status::FAILED.0 | Status::QUESTIONABLE.0 | Status::SUSPECT.0,
);

/// Runs a plan over a day with the decisions that hold for it.
pub(crate) fn run(
    surroundings: &Surroundings<'_>,
    decisions: &[Decision],
    plan: &CheckedPlan,
    stamp: Stamp,
) -> Outcome {
    if decisions.is_empty() {
        return surroundings.run(plan, stamp);
    }
    run_held(surroundings, &holding(decisions, &surroundings.day().values), plan, stamp)
}

/// As [`run`], with what holds for each slot.
pub(crate) fn run_held(surroundings: &Surroundings<'_>, held: &[Held], plan: &CheckedPlan, stamp: Stamp) -> Outcome {
    let day = with_decisions(surroundings.day(), held);
    let mut outcome = surroundings.run_over(&day, plan, stamp);
    for (slot, held) in (0..).zip(held).filter(|(_, held)| held.is_any()) {
        mark(&mut outcome.final_day, &day, slot, *held);
    }
    outcome
}

fn with_decisions(received: &FullDay, held: &[Held]) -> FullDay {
    let mut day = received.clone();
    for ((value, status), held) in day.values.iter_mut().zip(&mut day.statuses).zip(held) {
        if let Some((_, written)) = held.set {
            *value = written;
            *status = status.without(REPLACED) | Status::EDITED | Status::ACCEPTED;
        } else if held.accepted.is_some() && *value != NO_VALUE {
            *status |= Status::ACCEPTED;
        }
    }
    day
}

/// Lists the slot in the final day, so that the decision is seen there.
fn mark(final_day: &mut FinalDay, day: &FullDay, slot: u16, held: Held) {
    let at = match final_day.values.binary_search_by_key(&slot, |value| value.slot) {
        Ok(at) => at,
        Err(at) => {
            let (value, own) = (day.values[usize::from(slot)], day.statuses[usize::from(slot)]);
            let status = own | final_day.status;
            let value = (value != NO_VALUE).then_some(value);
            final_day.values.insert(at, FinalValue { slot, value, status, method: "".into(), inputs_hash: 0 });
            at
        }
    };
    let decided = &mut final_day.values[at];
    if decided.value.is_some() {
        decided.status |= Status::ACCEPTED;
    }
    if let Some((act, _)) = held.set {
        (decided.method, decided.inputs_hash) = (MANUAL.into(), act);
    }
}
