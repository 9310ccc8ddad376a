//! V75 re-validate estimates: the validation set runs again on what methods made, told as secondary validation.
//!
//! Sources: California 3.6, IEE. A switch of the plan (`validate_estimates`). Estimates that pass are validated; the others wait for a
//! person, since a second estimate would be no better.

use model::quality::Status;

use super::{Draft, Ledger};
use crate::outcome::Validation;
use crate::plan::CheckedPlan;
use crate::rules::Stage;

/// Runs the value checks on the estimates (V75).
pub(super) fn judge_estimates(draft: &mut Draft<'_>, plan: &CheckedPlan, ledger: &mut Ledger) {
    let found = ledger.faults.len();
    let view = draft.view();
    for planned in plan.rules.iter().filter(|planned| planned.stage() == Stage::Values) {
        let is_judged = |slot: u16| judges_again(&planned.id, draft.slots[usize::from(slot)].method);
        let counts = |slot| is_judged(slot) && !view.status(slot).intersects(planned.ignored);
        ledger.record(planned, Validation::Secondary, planned.judge(&view).limited(counts));
    }
    for at in (0..draft.slots.len()).filter(|at| !draft.slots[*at].method.is_empty()) {
        draft.statuses[at] |= Status::VALIDATED;
    }
    for found in &ledger.faults[found..] {
        draft.mark(&found.fault, found.on_failure);
    }
}

/// Whether a rule judges a value again that a method made (empty: measured). It does not judge what it had shared anew itself.
fn judges_again(rule: &str, method: &str) -> bool {
    !method.is_empty() && method != rule
}
