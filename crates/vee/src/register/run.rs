//! The pipeline over one register read: rules, then the first method that gives a read.
//!
//! The same read, surroundings and plan give the same outcome, in whatever order the lists are given.

use model::id::ChannelNumber;
use model::lineage::{FinalRead, ReadFailure};
use model::quality::Status;
use model::quantity::Decimal;
use smol_str::SmolStr;

use super::estimators::Estimate;
use super::plan::{CheckedRegisterPlan, PlannedRule};
use super::rules::Fault;
use super::surroundings::{Kind, Read, Surroundings};
use super::usage::advanced;
use super::view::View;
use super::words::{moment, standing};
use crate::outcome::Verdict;
use crate::plan::OnFailure;
use crate::run::{IN_FAVOUR, REPLACED, Stamp};

/// The answer of one run over one register read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// What is stored.
    pub final_read: FinalRead,
    /// What every rule of the plan said, in plan order.
    pub results: Vec<RuleResult>,
    /// What every method tried did or why it did not, in the order tried.
    pub estimations: Vec<Estimation>,
}

/// What one rule said of the read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleResult {
    /// The rule id (`V55`).
    pub rule: &'static str,
    /// Passed, failed or not applicable.
    pub verdict: Verdict,
    /// Why it does not apply; empty where it does.
    pub reason: String,
}

/// What one method did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Estimation {
    /// The method id (`R01`).
    pub method: &'static str,
    /// The value it gave; `None` where it was not eligible.
    pub value: Option<Decimal>,
    /// What was used, or why the method was not eligible, in one sentence.
    pub words: String,
}

/// Validates a register read and estimates it where its value is missing or failed.
pub fn run(read: &Read, around: &Surroundings<'_>, plan: &CheckedRegisterPlan, stamp: Stamp) -> Outcome {
    Judged::of(read, around, plan).finished(Some(around), plan, stamp)
}

/// A read after the rules and before any method.
pub(crate) struct Judged<'r, 'p> {
    read: &'r Read,
    channel: ChannelNumber,
    draft: Draft,
    results: Vec<RuleResult>,
    failures: Vec<(&'p PlannedRule, Fault)>,
}

impl<'r, 'p> Judged<'r, 'p> {
    /// What the rules of a plan say of a read.
    pub(crate) fn of(read: &'r Read, around: &Surroundings<'_>, plan: &'p CheckedRegisterPlan) -> Self {
        let view = View::of(read, around);
        let (mut results, mut failures) = (Vec::new(), Vec::new());
        let mut draft = Draft::of(read);
        for planned in &plan.rules {
            let judgement = (planned.rule.judge)(&view, &planned.settings);
            let (verdict, reason) = match &judgement {
                Ok(None) => (Verdict::Passed, String::new()),
                Ok(Some(_)) => (Verdict::Failed, String::new()),
                Err(reason) => (Verdict::NotApplicable, reason.clone()),
            };
            results.push(RuleResult { rule: planned.rule.id, verdict, reason });
            if let Ok(Some(fault)) = judgement {
                draft.mark(planned.on_failure);
                failures.push((planned, fault));
            }
        }
        Self { read, channel: around.channel, draft, results, failures }
    }

    /// Whether the value stands and no method is asked.
    pub(crate) fn has_value(&self) -> bool {
        self.draft.value.is_some()
    }

    /// What is known of the read.
    pub(crate) fn status(&self) -> Status {
        self.draft.status
    }

    /// The outcome, estimated among `around` where the value does not stand.
    pub(crate) fn finished(
        self,
        around: Option<&Surroundings<'_>>,
        plan: &CheckedRegisterPlan,
        stamp: Stamp,
    ) -> Outcome {
        let Self { read, channel, mut draft, results, failures } = self;
        let mut estimations = Vec::new();
        if draft.value.is_some() {
            if failures.is_empty() && results.iter().any(|result| result.verdict == Verdict::Passed) {
                draft.status = draft.status.without(Status::RAW) | Status::VALIDATED;
            }
        } else if let Some(around) = around {
            estimate(&View::of(read, around), plan, &mut draft, &mut estimations);
        }
        let unresolved = draft.status.intersects(Status::FAILED | Status::ESTIMATE_NEEDED);
        let failure = |(planned, fault): (&PlannedRule, Fault)| ReadFailure {
            rule: SmolStr::new_static(planned.rule.id),
            blocks: unresolved && planned.on_failure != OnFailure::Warn,
            routed: planned.routed,
            severity: planned.severity,
            direction: fault.direction,
            evidence: fault.evidence,
        };
        let final_read = FinalRead {
            channel,
            at: read.at,
            period_start: read.period_start,
            run: stamp.run,
            decided_at: stamp.now,
            plan_name: plan.name.clone(),
            plan_version: plan.version,
            raw: read.value,
            value: draft.value,
            status: draft.status,
            method: SmolStr::new_static(draft.method),
            inputs_hash: draft.inputs_hash,
            failures: failures.into_iter().map(failure).collect(),
        };
        Outcome { final_read, results, estimations }
    }
}

/// The read as it becomes final.
struct Draft {
    value: Option<Decimal>,
    status: Status,
    method: &'static str,
    inputs_hash: u64,
}

impl Draft {
    fn of(read: &Read) -> Self {
        let value = read.value.filter(|_| !read.status.contains(Status::MISSING));
        let missing = if value.is_none() { Status::MISSING | Status::ESTIMATE_NEEDED } else { Status::NONE };
        Self { value, status: read.status | missing, method: "", inputs_hash: 0 }
    }

    /// What a failure makes of a value that no person accepted.
    fn mark(&mut self, on_failure: OnFailure) {
        if self.status.contains(Status::ACCEPTED) {
            return;
        }
        let status = self.status.without(IN_FAVOUR);
        self.status = match on_failure {
            OnFailure::Warn => status | Status::QUESTIONABLE,
            OnFailure::Review => status | Status::FAILED,
            OnFailure::Estimate => status | Status::FAILED | Status::ESTIMATE_NEEDED,
        };
        if on_failure == OnFailure::Estimate {
            self.value = None;
        }
    }
}

fn estimate(view: &View<'_>, plan: &CheckedRegisterPlan, draft: &mut Draft, estimations: &mut Vec<Estimation>) {
    for planned in &plan.estimators {
        let method = planned.estimator.id;
        let made = (planned.estimator.estimate)(view, &planned.settings)
            .and_then(|estimate| Ok((written(view, &estimate)?, estimate)));
        match made {
            Ok((value, Estimate { status, words, inputs_hash, .. })) => {
                estimations.push(Estimation { method, value: Some(value), words });
                let status = draft.status.without(REPLACED) | status;
                *draft = Draft { value: Some(value), status, method, inputs_hash };
                return;
            }
            Err(words) => estimations.push(Estimation { method, value: None, words }),
        }
    }
    draft.status |= Status::MISSING;
}

/// The value that an estimate puts on the register, where the reads around it allow it.
fn written(view: &View<'_>, estimate: &Estimate) -> Result<Decimal, String> {
    let setup = view.setup(view.read.at)?;
    let Some((base, start)) = estimate.target.base else {
        let value = estimate.usage.rounded_down(setup.decimals);
        return value.ok_or_else(|| "the estimate is too large".into());
    };
    let value = advanced(start, estimate.usage, setup)?;
    if view.around.kind == Kind::Counter {
        view.used((base.at, start), (view.read.at, value))?;
        let counts_on = |at| view.counts_on(view.read.at, at) == Ok(true);
        if let Some((next, later)) = view.next().filter(|(next, _)| counts_on(next.at)) {
            view.used((view.read.at, value), (next.at, later)).map_err(|error| {
                let (value, later) = (standing(value), standing(later));
                format!("{value} would not go with the read {later} at {}: {error}", moment(view, next.at))
            })?;
        }
    }
    Ok(value)
}
