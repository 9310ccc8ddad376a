//! The pipeline over one channel-day: value checks, estimation, scaling, sum checks.
//!
//! The order is that of catalogue 3.7. The same day, context and plan give the same outcome, to the
//! last bit, whatever was run before; the stamp is only written down.

mod scale;

use std::borrow::Cow;

use jiff::Timestamp;
use model::lineage::{FinalDay, FinalValue, RuleFailure};
use model::quality::Status;
use smol_str::SmolStr;

use crate::context::Context;
use crate::day::{Day, MISSING};
use crate::estimators::{Estimate, Gap};
use crate::outcome::{Estimation, Outcome, RuleResult, Verdict};
use crate::plan::{CheckedPlan, OnFailure, PlannedEstimator, PlannedRule};
use crate::rules::{Fault, Finding, Stage};
use crate::scan::Extremes;
use crate::view::View;

/// Who ran when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// The number of the run.
    pub run: u64,
    /// The moment of the run.
    pub now: Timestamp,
}

/// Validates, estimates and scales a channel-day.
///
/// A day without slots gives an outcome in which no rule applies.
pub fn run(day: &Day<'_>, context: &Context<'_>, plan: &CheckedPlan, stamp: Stamp) -> Outcome {
    let mut draft = Draft::of(day, context);
    let mut ledger = Ledger::default();
    judge(&mut draft, plan, Stage::Values, &mut ledger);
    if draft.slots.iter().any(|slot| slot.needs_value) {
        estimate(&mut draft, plan, &mut ledger.estimations);
        scale::meet_registers(&mut draft, plan.scaling, &mut ledger.estimations);
    }
    judge(&mut draft, plan, Stage::Totals, &mut ledger);
    ledger.into_outcome(draft, plan.version, stamp)
}

/// The day as it becomes final.
struct Draft<'a> {
    day: &'a Day<'a>,
    context: &'a Context<'a>,
    values: Vec<i64>,
    statuses: Vec<Status>,
    slots: Vec<Slot>,
}

/// What was decided of a slot, beside its value and status.
#[derive(Clone, Copy, Default)]
struct Slot {
    needs_value: bool,
    /// The method that made the value; empty where it is measured.
    method: &'static str,
    inputs_hash: u64,
    exclude_from_scaling: bool,
}

/// What a source said in favour of a value, which no longer holds once a rule failed it.
const IN_FAVOUR: Status = Status(Status::VALIDATED.0 | Status::SOURCE_GOOD.0);

/// What an estimate takes away from the status of a slot.
const REPLACED: Status = Status(
    IN_FAVOUR.0
        | Status::ACCEPTED.0
        | Status::MISSING.0
        | Status::FAILED.0
        | Status::QUESTIONABLE.0
        | Status::RAW.0
        | Status::ESTIMATE_NEEDED.0,
);

/// The bits that rules set.
const MARKS: Status = Status(Status::FAILED.0 | Status::QUESTIONABLE.0);

impl<'a> Draft<'a> {
    fn of(day: &'a Day<'a>, context: &'a Context<'a>) -> Self {
        let slots = day.slots();
        let value = |slot| day.value(slot).unwrap_or(MISSING);
        Self {
            day,
            context,
            values: (0..slots).map(value).collect(),
            statuses: (0..slots).map(|slot| day.status(slot)).collect(),
            slots: vec![Slot::default(); usize::from(slots)],
        }
    }

    fn view(&self) -> View<'_> {
        let extremes = Extremes::of(&self.values);
        View { day: self.day, context: self.context, values: &self.values, statuses: &self.statuses, extremes }
    }

    fn mark(&mut self, fault: &Fault, on_failure: OnFailure) {
        for at in usize::from(fault.from)..usize::from(fault.to).min(self.values.len()) {
            if self.statuses[at].contains(Status::ACCEPTED) {
                continue;
            }
            let waits = fault.for_review || on_failure == OnFailure::Review;
            let status = self.statuses[at].without(IN_FAVOUR) | fault.stamp;
            self.statuses[at] = match on_failure {
                OnFailure::Warn => status | Status::QUESTIONABLE,
                _ if self.values[at] == MISSING && waits => status | Status::ESTIMATE_NEEDED,
                _ if waits => status | Status::FAILED,
                _ => {
                    self.slots[at].needs_value = true;
                    let had_value = self.values[at] != MISSING;
                    self.values[at] = MISSING;
                    status | Status::ESTIMATE_NEEDED | if had_value { Status::FAILED } else { Status::NONE }
                }
            };
        }
    }

    fn put(&mut self, estimate: &Estimate, planned: &PlannedEstimator) {
        let at = usize::from(estimate.slot);
        self.values[at] = estimate.value;
        self.statuses[at] = self.statuses[at].without(REPLACED) | estimate.status;
        self.slots[at] = Slot {
            needs_value: false,
            method: estimate.method,
            inputs_hash: estimate.inputs_hash,
            exclude_from_scaling: planned.exclude_from_scaling,
        };
    }
}

/// What rules and methods said so far.
#[derive(Default)]
struct Ledger {
    results: Vec<RuleResult>,
    faults: Vec<(&'static str, OnFailure, Fault)>,
    estimations: Vec<Estimation>,
}

fn judge(draft: &mut Draft<'_>, plan: &CheckedPlan, stage: Stage, ledger: &mut Ledger) {
    let found = ledger.faults.len();
    let view = draft.view();
    for planned in plan.rules.iter().filter(|planned| planned.rule.stage == stage) {
        let finding = (planned.rule.judge)(&view, &planned.settings);
        ledger.record(planned, finding);
    }
    for (_, on_failure, fault) in &ledger.faults[found..] {
        draft.mark(fault, *on_failure);
    }
}

fn estimate(draft: &mut Draft<'_>, plan: &CheckedPlan, estimations: &mut Vec<Estimation>) {
    let view = draft.view();
    let dark: Vec<bool> = (0..view.slots()).map(|slot| view.is_dark(slot)).collect();
    let open = |draft: &Draft<'_>, offered: &dyn Fn(bool) -> bool| {
        let wanted = |slot: u16| {
            let at = usize::from(slot);
            draft.slots[at].needs_value && offered(dark[at])
        };
        draft.view().runs(wanted)
    };
    for planned in &plan.estimators {
        for (from, to) in open(draft, &|is_dark| planned.estimator.fills_outages || !is_dark) {
            let gap = Gap { from, to };
            let proposal = (planned.estimator.estimate)(&draft.view(), gap, &planned.settings);
            let mut slots_filled = 0;
            // A method may land on the number that marks a missing value; that is no value.
            for estimate in proposal.estimates.iter().filter(|estimate| estimate.value != MISSING) {
                draft.put(estimate, planned);
                slots_filled += 1;
            }
            estimations.push(Estimation {
                method: planned.estimator.id,
                from,
                to,
                slots_filled,
                words: proposal.words,
            });
        }
    }
    for (from, to) in open(draft, &|is_dark| is_dark) {
        let words = "the supply was known to be off, so no use is estimated".to_string();
        estimations.push(Estimation { method: "none", from, to, slots_filled: 0, words });
    }
}

impl Ledger {
    fn record(&mut self, planned: &PlannedRule, finding: Finding) {
        let rule = planned.rule.id;
        let (verdict, slots_checked, faults, reason) = match finding {
            Finding::Passed(checked) => (Verdict::Passed, checked, Vec::new(), Cow::Borrowed("")),
            Finding::NotApplicable(reason) => (Verdict::NotApplicable, 0, Vec::new(), reason),
            Finding::Failed(checked, faults) => (Verdict::Failed, checked, faults, Cow::Borrowed("")),
        };
        let slots_failed = faults.iter().fold(0_u16, |sum, fault| sum.saturating_add(fault.to - fault.from));
        self.results.push(RuleResult { rule, verdict, slots_checked, slots_failed, reason });
        self.faults.extend(faults.into_iter().map(|fault| (rule, planned.on_failure, fault)));
    }

    fn into_outcome(self, mut draft: Draft<'_>, plan_version: u32, stamp: Stamp) -> Outcome {
        let applied = self.results.iter().any(|result| result.verdict != Verdict::NotApplicable);
        let shared = draft.statuses.iter().fold(MARKS, |shared, status| Status(shared.0 & status.0));
        let status = match (draft.statuses.is_empty(), shared.is_empty(), applied) {
            (false, false, _) => shared,
            (false, true, true) => Status::VALIDATED,
            _ => Status::NONE,
        };
        let values = (0..draft.day.slots()).filter_map(|slot| draft.final_value(slot, shared, status)).collect();
        let failures = self.faults.into_iter().map(|(rule, on_failure, fault)| {
            let unresolved = Status::FAILED | Status::ESTIMATE_NEEDED;
            let slots = &draft.statuses[usize::from(fault.from)..usize::from(fault.to)];
            RuleFailure {
                rule: SmolStr::new_static(rule),
                from: fault.from,
                to: fault.to,
                blocks: on_failure != OnFailure::Warn && slots.iter().any(|status| status.intersects(unresolved)),
                evidence: fault.evidence,
            }
        });
        let final_day = FinalDay {
            channel: draft.context.channel,
            date: draft.day.date,
            run: stamp.run,
            decided_at: stamp.now,
            plan_version,
            status,
            values,
            failures: failures.collect(),
        };
        Outcome { final_day, results: self.results, estimations: self.estimations }
    }
}

impl Draft<'_> {
    /// The slot's line of the final day; `None` where it is final as received with the day's status.
    fn final_value(&mut self, slot: u16, shared: Status, day_status: Status) -> Option<FinalValue> {
        let at = usize::from(slot);
        let value = Some(self.values[at]).filter(|value| *value != MISSING);
        let Slot { method, inputs_hash, .. } = self.slots[at];
        let marks = Status(self.statuses[at].0 & MARKS.0);
        if value.is_none() {
            self.statuses[at] |= Status::MISSING;
        } else if method.is_empty() && marks == shared {
            return None;
        } else if method.is_empty() && marks.is_empty() {
            self.statuses[at] |= day_status.without(MARKS);
        }
        Some(FinalValue { slot, value, status: self.statuses[at], method: SmolStr::new_static(method), inputs_hash })
    }
}
