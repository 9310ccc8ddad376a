//! The register reads of a series, judged by the register part of the plan as those of an installation are.

use jiff::Timestamp;
use model::quality::Status;
use model::quality::validation::ValidationStatus;
use model::quantity::Decimal;
use model::time::TimeRange;
use serde::Serialize;
use smol_str::SmolStr;

use super::{CHANNEL, FailedRule, Series, TrialException, verdict};
use crate::outcome::{Queue, Validation};
use crate::plan::CheckedPlan;
use crate::register::{Change, Outcome, Read, ReadSeries, Setup, SpanSum, Surroundings};
use crate::run::Stamp;

/// One register read and its history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TrialRead {
    /// When the register was read.
    pub time: Timestamp,
    /// What it showed.
    pub raw: Option<String>,
    /// What it is taken to have shown.
    #[serde(rename = "final")]
    pub last: Option<String>,
    /// The words of its statuses.
    pub statuses: Vec<&'static str>,
    /// Where it stands in validation.
    pub validation: ValidationStatus,
    /// The rules it failed.
    pub failed: Vec<FailedRule>,
    /// What every rule of the register part said.
    pub rules: Vec<TrialReadRule>,
    /// What every method tried did, or why it was not eligible.
    pub methods: Vec<TrialReadMethod>,
    /// The method that made it; empty where it is as given.
    pub method: SmolStr,
    /// The hash of what the method used, in hexadecimal; empty where it is as given.
    pub inputs_hash: String,
}

/// What a rule said of a read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TrialReadRule {
    /// The rule id.
    pub rule: &'static str,
    /// `passed`, `failed` or `not applicable`.
    pub verdict: &'static str,
    /// Why it does not apply; empty where it does.
    pub reason: String,
}

/// What a method did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TrialReadMethod {
    /// The method id.
    pub method: &'static str,
    /// The read it gave.
    pub value: Option<String>,
    /// What it used, or why it was not eligible.
    pub words: String,
}

/// The reads of a series as they were given.
pub(super) fn given(series: &Series) -> Vec<Read> {
    let read = |(at, value): &(Timestamp, Decimal)| Read {
        at: *at,
        period_start: None,
        value: Some(*value),
        status: Status::NONE,
    };
    series.registers.iter().map(read).collect()
}

/// What the plan makes of each read of a series, in order, where its intervals add up to `sums`.
pub(super) fn outcomes(plan: &CheckedPlan, series: &Series, sums: &[SpanSum]) -> Vec<Outcome> {
    let setups = [Setup {
        from: Timestamp::MIN,
        multiplier: series.multiplier,
        dials: series.dials,
        decimals: series.decimals(),
        closing: None,
        opening: None,
        change: Change::Minor,
    }];
    let around = Surroundings::of(CHANNEL, &series.unit, &series.zone);
    let facts = Surroundings { setups: &setups, interval_sums: sums, ..around };
    let reads = ReadSeries::new(facts, Vec::new(), |_| Some(plan.register()), given(series));
    let outcome = |at: usize| reads.outcome(at, Stamp { run: 1, now: series.registers[at].0 });
    (0..series.registers.len()).filter_map(outcome).collect()
}

impl TrialRead {
    pub(super) fn of(outcome: &Outcome) -> Self {
        let Outcome { final_read, results, estimations } = outcome;
        let written = |value: Option<Decimal>| value.map(|value| value.to_string());
        let is_made = !final_read.method.is_empty();
        Self {
            time: final_read.at,
            raw: written(final_read.raw),
            last: written(final_read.value),
            statuses: final_read.status.words().collect(),
            validation: ValidationStatus::of(final_read.status),
            failed: exceptions(outcome).map(FailedRule::of).collect(),
            rules: results
                .iter()
                .map(|result| TrialReadRule {
                    rule: result.rule,
                    verdict: verdict(result.verdict),
                    reason: result.reason.clone(),
                })
                .collect(),
            methods: estimations
                .iter()
                .map(|done| TrialReadMethod {
                    method: done.method,
                    value: written(done.value),
                    words: done.words.clone(),
                })
                .collect(),
            method: final_read.method.clone(),
            inputs_hash: if is_made { format!("{:016x}", final_read.inputs_hash) } else { String::new() },
        }
    }
}

/// The faults of a read, at its moment.
pub(super) fn exceptions(outcome: &Outcome) -> impl Iterator<Item = TrialException> {
    let at = outcome.final_read.at;
    outcome.final_read.failures.iter().map(move |failure| TrialException {
        rule: failure.rule.clone(),
        validation: Validation::Primary,
        range: TimeRange { start: at, end: at },
        queue: if failure.routed { Queue::ManualWork } else { Queue::Record },
        severity: failure.severity,
        direction: failure.direction,
        evidence: failure.evidence.clone(),
    })
}
