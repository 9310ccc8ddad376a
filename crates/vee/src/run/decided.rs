//! The beginning of a run: the day as received, with what people decided laid over it.

use model::quality::Status;
use smol_str::SmolStr;

use super::{Draft, REPLACED, Slot};
use crate::context::{Context, Decision, DecisionKind};
use crate::day::{Day, MISSING};
use crate::estimators::estimator;
use crate::plan::CheckedPlan;
use crate::process::Kept;
use crate::process::v72_final_estimate_lock::{self as v72, FinalEstimateLock};

/// The method of values that a person wrote (catalogue E22).
const EDITED_BY_HAND: &str = "E22";

impl<'a> Draft<'a> {
    /// The day as received with decisions laid over it, and what came after a final estimate and does not replace it.
    pub(super) fn of(
        day: &'a Day<'a>,
        context: &'a Context<'a>,
        judged: &'a Context<'a>,
        plan: &CheckedPlan,
    ) -> (Self, Vec<Kept>) {
        let slots = day.slots();
        let value = |slot| day.value(slot).unwrap_or(MISSING);
        let mut draft = Self {
            day,
            context,
            judged,
            values: (0..slots).map(value).collect(),
            statuses: (0..slots).map(|slot| day.status(slot)).collect(),
            slots: vec![Slot::default(); usize::from(slots)],
            totals: None,
        };
        for kept in context.kept {
            draft.slots.get_mut(usize::from(kept.slot)).into_iter().for_each(|slot| slot.kept = true);
        }
        let lock = plan.processes().final_estimate_lock.as_ref().filter(|lock| lock.is_on());
        context.decisions.iter().for_each(|decision| draft.decide(decision, lock));
        let late = if lock.is_some() { draft.late() } else { Vec::new() };
        (draft, late)
    }

    /// The value of a slot that was received last.
    fn received(&self, slot: u16) -> i64 {
        let kept = self.context.kept.iter().find(|kept| kept.slot == slot);
        kept.map_or_else(|| self.day.value(slot).unwrap_or(MISSING), |kept| kept.received)
    }

    /// What does not replace the final estimates that people wrote: values received later, and values written otherwise.
    fn late(&self) -> Vec<Kept> {
        (0..self.day.slots()).filter_map(|slot| self.late_at(slot)).collect()
    }

    fn late_at(&self, slot: u16) -> Option<Kept> {
        let (at, decisions, received) = (usize::from(slot), self.context.decisions, self.received(slot));
        let Slot { locked: true, inputs_hash: act, .. } = self.slots[at] else { return None };
        let place = decisions.iter().rposition(|one| one.is_final && one.act == act && one.covers(slot))?;
        let written = |other: &Decision| {
            Some((other.act, other.value(slot).filter(|_| !other.is_final && other.holds(slot, received))?))
        };
        let words = |value: i64| match value {
            MISSING => "no value".to_owned(),
            value => format!("{} {}", self.context.amount(value.into()), self.context.unit),
        };
        let what = if decisions[place].holds(slot, received) {
            let (other, value) = decisions[place..].iter().rev().find_map(written)?;
            format!("{}, written by act {other},", words(value))
        } else {
            format!("{}, received later,", words(received))
        };
        let evidence = format!("{what} does not replace the final estimate of {} (act {act})", words(self.values[at]));
        Some(Kept { slot, received, rule: SmolStr::new_static(v72::RULE.id), evidence })
    }

    /// Lays a decision over the slots for which it still holds; with a lock, final estimates hold whatever is received later, and
    /// nothing but another final estimate is written over them.
    fn decide(&mut self, decision: &Decision, lock: Option<&FinalEstimateLock>) {
        for slot in decision.from..decision.to.min(self.day.slots()) {
            let at = usize::from(slot);
            let value = decision.value(slot);
            let is_locking = lock.is_some() && decision.is_final && value.is_some();
            let holds = decision.holds(slot, self.received(slot))
                || is_locking && !self.day.status(slot).contains(Status::FINAL_ESTIMATE);
            if !holds || self.slots[at].locked && !is_locking && value.is_some() {
                continue;
            }
            self.slots[at].accepted = true;
            if let Some(value) = value {
                self.slots[at].locked = is_locking;
                self.values[at] = value;
                let stamp = if decision.is_final { Status::FINAL_ESTIMATE } else { Status::NONE };
                let (method, made) = origin(&decision.kind);
                self.statuses[at] = self.statuses[at].without(REPLACED) | Status::EDITED | stamp | made;
                self.slots[at].method = method;
                self.slots[at].inputs_hash = decision.act;
                self.slots[at].exclude_from_scaling = true;
                self.slots[at].moved = matches!(decision.kind, DecisionKind::Shift(_));
            }
            // Where nothing arrived, what is accepted is the estimate to come.
            if self.values[at] != MISSING {
                self.statuses[at] |= Status::ACCEPTED;
            }
        }
    }
}

/// The method of written values, and what it marks them with: what came of an estimation method is an estimate, what a person
/// typed or copied is as good as their word.
fn origin(kind: &DecisionKind) -> (&'static str, Status) {
    match kind {
        DecisionKind::Estimate(method, _) => {
            (method, estimator(method).map_or(Status::ESTIMATED, |known| known.status))
        }
        DecisionKind::Accept | DecisionKind::Set(_) | DecisionKind::Shift(_) => (EDITED_BY_HAND, Status::NONE),
    }
}
