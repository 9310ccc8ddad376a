//! Values of another interval length were received and wait for people: nothing is estimated in their place.
//!
//! A meter that was set to another length looks like one that fell silent, and its real values are at hand. Until somebody
//! says from which day the channel goes on with that length, or that they are not wanted, the intervals stay open.

use smol_str::SmolStr;

use super::{Draft, Ledger};
use crate::context::overlap;
use crate::day::MISSING;
use crate::outcome::Queue;
use crate::plan::OnFailure;
use crate::rules::Fault;

/// The rule that keeps the values out (catalogue V07).
const RULE: &str = "V07";

const EVIDENCE: &str = "values of another interval length wait in quarantine for this time, so nothing is estimated: register the \
                        channel that goes on with them, or drop them";

/// Takes the intervals without a value for which such values wait from the methods, and tells people.
pub(super) fn hold(draft: &mut Draft<'_>, ledger: &mut Ledger) {
    let waiting = draft.context.other_length;
    if waiting.is_empty() {
        return;
    }
    let is_held = |slot: u16| {
        let at = usize::from(slot);
        let range = draft.day.range(slot, slot.saturating_add(1));
        draft.values[at] == MISSING
            && draft.is_expected(at)
            && waiting.iter().any(|span| overlap(*span, range).is_some())
    };
    let held = draft.view().runs(is_held);
    for (from, to) in held {
        draft.slots[usize::from(from)..usize::from(to)].iter_mut().for_each(|slot| slot.needs_value = false);
        let fault = Fault::new(from, to, EVIDENCE.into());
        draft.mark(&fault, OnFailure::Review);
        ledger.tell(SmolStr::new_static(RULE), fault, Queue::ManualWork);
        ledger.faults.last_mut().into_iter().for_each(|found| found.on_failure = OnFailure::Review);
    }
}
