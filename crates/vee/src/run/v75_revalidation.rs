//! V75 re-validate estimates: the validation set runs again on what methods made, told as secondary validation.
//!
//! Sources: California 3.6, IEE. A switch of the plan.

use model::quality::Status;

use super::{Draft, Ledger};
use crate::outcome::Validation;
use crate::plan::CheckedPlan;
use crate::rules::Stage;

/// Runs the value checks on the estimates. Those that pass are validated; the others wait for a person,
/// since a second estimate would be no better. A rule does not judge what it had shared anew itself.
pub(super) fn judge_estimates(draft: &mut Draft<'_>, plan: &CheckedPlan, ledger: &mut Ledger) {
    let found = ledger.faults.len();
    let view = draft.view();
    let made = |slot: u16, rule: &str| !["", rule].contains(&draft.slots[usize::from(slot)].method);
    for planned in plan.rules.iter().filter(|planned| planned.stage() == Stage::Values) {
        let counts = |slot| made(slot, &planned.id) && !view.status(slot).intersects(planned.ignored);
        ledger.record(planned, Validation::Secondary, planned.judge(&view).limited(counts));
    }
    for at in (0..draft.slots.len()).filter(|at| !draft.slots[*at].method.is_empty()) {
        draft.statuses[at] |= Status::VALIDATED;
    }
    for found in &ledger.faults[found..] {
        draft.mark(&found.fault, found.on_failure);
    }
}
