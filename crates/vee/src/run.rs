//! The pipeline over one channel-day: value checks, estimation, scaling, checks of estimates, sum checks,
//! what is left.
//!
//! The order is that of catalogue 3.7. The same day, context and plan give the same outcome, to the
//! last bit, whatever was run before. The stamp is written down, and says whether registers still wait where the plan lets them.

mod decided;
mod other_length;
mod scale;
mod share_anew;
mod v75_revalidation;

use std::borrow::Cow;

use jiff::Timestamp;
use model::lineage::{FinalDay, FinalValue, RuleFailure};
use model::quality::Status;
use smol_str::SmolStr;

pub(crate) use scale::{Seeds, SharedRegisters};

use crate::context::{Context, Total};
use crate::day::{Day, MISSING};
use crate::estimators::{Estimate, Gap};
use crate::outcome::{Estimation, Exception, NO_CALENDAR, Outcome, Queue, RuleResult, Validation, Verdict};
use crate::plan::{CheckedPlan, ExceptionSeverity, OnFailure, PlannedRule};
use crate::process::v72_final_estimate_lock as v72;
use crate::process::{Kept, kept};
use crate::rules::{Fault, Finding, Repair, Stage};
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
    run_in(day, (context, context), &|| None, plan, stamp)
}

/// As [`run`], with other surroundings for rules, `received` as received, than for methods, `judged` with what rules said
/// of the days around; `shared` is asked where estimates are scaled.
pub(crate) fn run_in<'d>(
    day: &Day<'_>,
    (received, judged): (&Context<'_>, &Context<'_>),
    shared: &dyn Fn() -> Option<SharedRegisters<'d>>,
    plan: &CheckedPlan,
    stamp: Stamp,
) -> Outcome {
    let (mut draft, mut ledger, had_gaps) = estimated(day, received, judged, plan);
    if had_gaps {
        let fault = scale::meet_registers(&mut draft, shared, (plan, stamp.now), &mut ledger.estimations);
        fault.into_iter().for_each(|fault| ledger.tell(SmolStr::new_static(NO_CALENDAR), fault, Queue::Record));
        if plan.validate_estimates {
            v75_revalidation::judge_estimates(&mut draft, plan, &mut ledger);
        }
    }
    judge(&mut draft, plan, Stage::Totals, &mut ledger);
    judge(&mut draft, plan, Stage::Final, &mut ledger);
    ledger.into_outcome(draft, plan, stamp)
}

/// A day with its estimates before scaling, for the days that share a register with it.
pub(crate) fn seeds(day: &Day<'_>, received: &Context<'_>, judged: &Context<'_>, plan: &CheckedPlan) -> Seeds {
    let (Draft { values, statuses, slots, .. }, ..) = estimated(day, received, judged, plan);
    Seeds { values, statuses, slots }
}

/// The day after value checks and estimation, and whether anything was to be estimated.
fn estimated<'a>(
    day: &'a Day<'a>,
    received: &'a Context<'a>,
    judged: &'a Context<'a>,
    plan: &CheckedPlan,
) -> (Draft<'a>, Ledger, bool) {
    let (mut draft, late) = Draft::of(day, received, judged, plan);
    let mut ledger = Ledger::default();
    ledger.tell_kept(received.kept, late);
    judge(&mut draft, plan, Stage::Values, &mut ledger);
    other_length::hold(&mut draft, &mut ledger);
    let has_gaps = draft.slots.iter().any(|slot| slot.needs_value);
    if has_gaps {
        share_anew::share_anew(&mut draft, &mut ledger);
        estimate(&mut draft, plan, &mut ledger.estimations);
    }
    (draft, ledger, has_gaps)
}

/// The values and statuses of a day after the value checks and before any estimate: [`MISSING`] where a method is to give
/// a value, validated where no rule objects.
pub(crate) fn judged_values(day: &Day<'_>, context: &Context<'_>, plan: &CheckedPlan) -> (Vec<i64>, Vec<Status>) {
    let (mut draft, _) = Draft::of(day, context, context, plan);
    let mut ledger = Ledger::default();
    judge(&mut draft, plan, Stage::Values, &mut ledger);
    if ledger.results.iter().any(|result| result.verdict != Verdict::NotApplicable) {
        for (value, status) in draft.values.iter().zip(&mut draft.statuses) {
            let stands = *value != MISSING && !status.intersects(MARKS);
            *status |= if stands { Status::VALIDATED } else { Status::NONE };
        }
    }
    (draft.values, draft.statuses)
}

/// The day as it becomes final.
struct Draft<'a> {
    day: &'a Day<'a>,
    context: &'a Context<'a>,
    /// What methods look at.
    judged: &'a Context<'a>,
    values: Vec<i64>,
    statuses: Vec<Status>,
    slots: Vec<Slot>,
    /// What sums are checked against, once estimates are scaled; before, that of the context.
    totals: Option<Vec<Total>>,
}

/// What was decided of a slot, beside its value and status.
#[derive(Clone, Copy, Debug, Default)]
struct Slot {
    needs_value: bool,
    /// Whether a person accepts what stands there in the end.
    accepted: bool,
    /// Whether a person moved values of assumed time to where it lies, or away from it.
    moved: bool,
    /// Whether another version was received later that does not count.
    kept: bool,
    /// Whether a person wrote a final estimate.
    locked: bool,
    /// Whether a rule put a status on it that says more than failed or questionable.
    stamped: bool,
    /// The method that made the value; empty where it is measured.
    method: &'static str,
    inputs_hash: u64,
    exclude_from_scaling: bool,
}

/// What a source said in favour of a value, which no longer holds once a rule failed it.
pub(crate) const IN_FAVOUR: Status = Status(Status::VALIDATED.0 | Status::SOURCE_GOOD.0);

/// What an estimate takes away from the status of a slot.
pub(crate) const REPLACED: Status = Status(
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
    fn view(&self) -> View<'_> {
        let Self { day, context, values, statuses, totals, .. } = self;
        let totals = totals.as_deref().unwrap_or(context.totals);
        View { day, context, values, statuses, extremes: Extremes::of(values), totals }
    }

    /// As [`Draft::view`], for methods.
    fn judged_view(&self) -> View<'_> {
        View { context: self.judged, ..self.view() }
    }

    /// Whether a meter measures during the slot at a place.
    fn is_expected(&self, at: usize) -> bool {
        u16::try_from(at).is_ok_and(|slot| self.context.expected.covers(self.day.range(slot, slot.saturating_add(1))))
    }

    fn mark(&mut self, fault: &Fault, on_failure: OnFailure) {
        for at in usize::from(fault.from)..usize::from(fault.to).min(self.values.len()) {
            let unexpected = self.values[at] == MISSING && !self.is_expected(at);
            if unexpected {
                continue;
            }
            if self.statuses[at].contains(Status::ACCEPTED) {
                // Accepted or zeroed, it still is what the meter stamped with an assumed time, which some uses leave out.
                if fault.stamp.contains(Status::ASSUMED_TIME) && !self.slots[at].moved {
                    self.statuses[at] |= Status::ASSUMED_TIME;
                }
                continue;
            }
            let made = !self.slots[at].method.is_empty();
            let waits = fault.for_review || on_failure == OnFailure::Review || made;
            self.slots[at].stamped |= !fault.stamp.is_empty();
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

    /// Takes the slots of a fault from the methods, where no person accepted what they would say.
    fn leave_open(&mut self, fault: &Fault) {
        for slot in &mut self.slots[usize::from(fault.from)..usize::from(fault.to)] {
            slot.needs_value &= slot.accepted;
        }
    }

    fn put(&mut self, estimate: &Estimate, exclude_from_scaling: bool) {
        let at = usize::from(estimate.slot);
        self.values[at] = estimate.value;
        self.statuses[at] = self.statuses[at].without(REPLACED) | estimate.status;
        self.slots[at] = Slot {
            needs_value: false,
            accepted: self.slots[at].accepted,
            moved: self.slots[at].moved,
            kept: self.slots[at].kept,
            locked: self.slots[at].locked,
            stamped: false,
            method: estimate.method,
            inputs_hash: estimate.inputs_hash,
            exclude_from_scaling,
        };
    }
}

/// What rules and methods said so far.
#[derive(Default)]
struct Ledger {
    results: Vec<RuleResult>,
    faults: Vec<Found>,
    estimations: Vec<Estimation>,
}

/// A fault with what the plan says of it.
struct Found {
    rule: SmolStr,
    validation: Validation,
    on_failure: OnFailure,
    severity: ExceptionSeverity,
    queue: Queue,
    /// Whether it waits for a person where no method gave a value.
    waits_unresolved: bool,
    fault: Fault,
}

fn judge(draft: &mut Draft<'_>, plan: &CheckedPlan, stage: Stage, ledger: &mut Ledger) {
    if plan.rules.iter().all(|planned| planned.stage() != stage) {
        return;
    }
    let found = ledger.faults.len();
    let view = draft.view();
    for planned in plan.rules.iter().filter(|planned| planned.stage() == stage) {
        let counts = |slot| !view.status(slot).intersects(planned.ignored);
        let finding = planned.judge(&view);
        let finding = if planned.ignored.is_empty() { finding } else { finding.limited(counts) };
        ledger.record(planned, Validation::Primary, finding);
    }
    for found in &ledger.faults[found..] {
        draft.mark(&found.fault, found.on_failure);
    }
    let kept_open = |found: &&Found| found.fault.repair == Repair::Person;
    ledger.faults[found..].iter().filter(kept_open).for_each(|found| draft.leave_open(&found.fault));
}

fn estimate(draft: &mut Draft<'_>, plan: &CheckedPlan, estimations: &mut Vec<Estimation>) {
    let view = draft.view();
    let dark: Vec<bool> = (0..view.slots()).map(|slot| view.is_dark(slot)).collect();
    let open = |draft: &Draft<'_>, ignored: Status, offered: &dyn Fn(bool) -> bool| {
        let wanted = |slot: u16| {
            let at = usize::from(slot);
            draft.slots[at].needs_value && offered(dark[at]) && !draft.statuses[at].intersects(ignored)
        };
        draft.view().runs(wanted)
    };
    for planned in &plan.estimators {
        for (from, to) in open(draft, planned.ignored, &|is_dark| planned.estimator.fills_outages || !is_dark) {
            let proposal = planned.estimator.offer(&draft.judged_view(), Gap { from, to }, &planned.settings);
            let mut slots_filled = 0;
            // A method may land on the number that marks a missing value; that is no value.
            for estimate in proposal.estimates.iter().filter(|estimate| estimate.value != MISSING) {
                draft.put(estimate, planned.exclude_from_scaling);
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
    for (from, to) in open(draft, Status::NONE, &|is_dark| is_dark) {
        let words = "the supply was known to be off, so no use is estimated".to_string();
        estimations.push(Estimation { method: "none", from, to, slots_filled: 0, words });
    }
}

impl Ledger {
    /// Adds what was received or written and does not count; what a person should know of a final estimate waits for one.
    fn tell_kept(&mut self, received: &[Kept], late: Vec<Kept>) {
        for (rule, fault) in kept::faults(received).into_iter().chain(kept::faults(&late)) {
            let queue = if rule == v72::RULE.id { Queue::ManualWork } else { Queue::Record };
            self.tell(rule, fault, queue);
        }
    }

    /// Adds what no rule of the validation set found; it changes no value.
    fn tell(&mut self, rule: SmolStr, fault: Fault, queue: Queue) {
        let (validation, verdict) = (Validation::Primary, Verdict::Failed);
        let (slots_checked, slots_failed) = (fault.to - fault.from, fault.to - fault.from);
        let reason = Cow::Borrowed("");
        self.results.push(RuleResult { rule: rule.clone(), validation, verdict, slots_checked, slots_failed, reason });
        self.faults.push(Found {
            rule,
            validation,
            on_failure: OnFailure::Warn,
            severity: if queue == Queue::Record { ExceptionSeverity::Low } else { ExceptionSeverity::Medium },
            queue,
            waits_unresolved: false,
            fault,
        });
    }

    fn record(&mut self, planned: &PlannedRule, validation: Validation, finding: Finding) {
        let (verdict, slots_checked, faults, reason) = match finding {
            Finding::Passed(checked) => (Verdict::Passed, checked, Vec::new(), Cow::Borrowed("")),
            Finding::NotApplicable(reason) => (Verdict::NotApplicable, 0, Vec::new(), reason),
            Finding::Failed(checked, faults) => (Verdict::Failed, checked, faults, Cow::Borrowed("")),
        };
        let slots_failed = faults.iter().fold(0_u16, |sum, fault| sum.saturating_add(fault.to - fault.from));
        let rule = planned.id.clone();
        self.results.push(RuleResult { rule, validation, verdict, slots_checked, slots_failed, reason });
        self.faults.extend(faults.into_iter().map(|fault| {
            let secondary = validation == Validation::Secondary && planned.on_failure != OnFailure::Warn;
            let manual = planned.routed || fault.for_review || secondary;
            Found {
                rule: planned.id.clone(),
                validation,
                on_failure: if fault.only_warns { OnFailure::Warn } else { planned.on_failure },
                severity: planned.severity,
                queue: if manual { Queue::ManualWork } else { Queue::Record },
                waits_unresolved: !planned.kept_out,
                fault,
            }
        }));
    }

    fn into_outcome(mut self, mut draft: Draft<'_>, plan: &CheckedPlan, stamp: Stamp) -> Outcome {
        let applied = self.results.iter().any(|result| result.verdict != Verdict::NotApplicable);
        let shared = draft.statuses.iter().fold(MARKS, |shared, status| Status(shared.0 & status.0));
        let status = match (draft.statuses.is_empty(), shared.is_empty(), applied) {
            (false, false, _) => shared,
            (false, true, true) => Status::VALIDATED,
            _ => Status::NONE,
        };
        let values = (0..draft.day.slots()).filter_map(|slot| draft.final_value(slot, shared, status)).collect();
        let failures: Vec<_> = self.faults.iter_mut().map(|found| found.failure(&draft.statuses)).collect();
        let final_day = FinalDay {
            channel: draft.context.channel,
            date: draft.day.date,
            run: stamp.run,
            decided_at: stamp.now,
            plan_name: plan.name.clone(),
            plan_version: plan.version,
            status,
            values,
            failures,
        };
        let exceptions = self.faults.into_iter().map(Found::into_exception).collect();
        Outcome { final_day, results: self.results, estimations: self.estimations, exceptions }
    }
}

impl Found {
    /// What is stored of it, given the statuses in the end: what should have been estimated and was not waits for a person.
    fn failure(&mut self, statuses: &[Status]) -> RuleFailure {
        let unresolved = Status::FAILED | Status::ESTIMATE_NEEDED;
        let Fault { from, to, direction, .. } = self.fault;
        let slots = &statuses[usize::from(from)..usize::from(to)];
        let blocks = self.on_failure != OnFailure::Warn && slots.iter().any(|status| status.intersects(unresolved));
        if blocks && self.waits_unresolved {
            self.queue = Queue::ManualWork;
        }
        RuleFailure {
            rule: self.rule.clone(),
            from,
            to,
            blocks,
            routed: self.queue == Queue::ManualWork,
            severity: self.severity,
            direction,
            evidence: self.fault.evidence.clone(),
        }
    }

    fn into_exception(self) -> Exception {
        let Fault { from, to, evidence, direction, .. } = self.fault;
        let Self { rule, validation, severity, queue, .. } = self;
        Exception { rule, validation, from, to, queue, severity, direction, evidence }
    }
}

impl Draft<'_> {
    /// The slot's line of the final day; `None` where it is final as received with the day's status, and where nothing was
    /// received and nothing expected.
    fn final_value(&mut self, slot: u16, shared: Status, day_status: Status) -> Option<FinalValue> {
        let at = usize::from(slot);
        let value = Some(self.values[at]).filter(|value| *value != MISSING);
        let Slot { method, inputs_hash, stamped, accepted, kept, .. } = self.slots[at];
        let marks = Status(self.statuses[at].0 & MARKS.0);
        if value.is_none() && self.day.value(slot).is_none() && !self.is_expected(at) {
            return None;
        }
        if value.is_none() {
            self.statuses[at] |= Status::MISSING;
        } else if method.is_empty() && marks == shared && !stamped && !accepted && !kept {
            return None;
        } else if method.is_empty() && marks.is_empty() {
            self.statuses[at] |= day_status.without(MARKS);
        }
        if accepted && value.is_some() {
            self.statuses[at] |= Status::ACCEPTED;
        }
        Some(FinalValue { slot, value, status: self.statuses[at], method: SmolStr::new_static(method), inputs_hash })
    }
}
