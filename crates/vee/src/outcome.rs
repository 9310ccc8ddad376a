//! What a run decided, for storing ([`FinalDay`]) and for telling.

use std::borrow::Cow;

use model::id::ChannelNumber;
use model::lineage::{FinalDay, RuleFailure};
use model::quality::Status;
use serde::Serialize;
use smol_str::SmolStr;

use crate::day::Day;
use crate::plan::{ExceptionSeverity, NoPlan};
use crate::rules::Direction;
use crate::run::Stamp;

/// The id under which the failure of a day stands that no single plan judges.
pub const UNPLANNED: &str = "PLAN";

/// The id under which it stands that estimates were to be scaled by time-of-use buckets and no calendar holds.
pub const NO_CALENDAR: &str = "CALENDAR";

/// The answer of one run over one channel-day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// What is stored: final values, statuses, failures.
    ///
    /// A slot it does not list is final as received: its status is that of the source together
    /// with [`FinalDay::status`]. A listed slot carries its complete status.
    pub final_day: FinalDay,
    /// What every rule of the plan said, in plan order: on the data as received, on estimates, on totals.
    pub results: Vec<RuleResult>,
    /// What every method did or why it did not, in the order tried; scaling last.
    pub estimations: Vec<Estimation>,
    /// One for each fault that a rule found, in the order of the failures of the final day.
    pub exceptions: Vec<Exception>,
}

impl Outcome {
    /// The outcome of a day for which no plan, or more than one, holds: nothing is judged or estimated, every value stands
    /// as received, and a failure over the whole day says why.
    pub(crate) fn unplanned(channel: ChannelNumber, day: &Day<'_>, why: &NoPlan, stamp: Stamp) -> Self {
        let (rule, from, to, evidence) = (SmolStr::new_static(UNPLANNED), 0, day.slots(), why.to_string());
        let result = RuleResult {
            rule: rule.clone(),
            validation: Validation::Primary,
            verdict: Verdict::Failed,
            slots_checked: to,
            slots_failed: to,
            reason: Cow::Borrowed(""),
        };
        let exception = Exception {
            rule: rule.clone(),
            validation: Validation::Primary,
            from,
            to,
            queue: Queue::ManualWork,
            severity: ExceptionSeverity::High,
            direction: Direction::default(),
            evidence: evidence.clone(),
        };
        let failure = RuleFailure {
            rule,
            from,
            to,
            blocks: true,
            routed: true,
            severity: ExceptionSeverity::High,
            direction: Direction::Other,
            evidence,
        };
        let mut outcome = Self::of_nothing(channel, day, stamp);
        outcome.final_day.failures.push(failure);
        outcome.results.push(result);
        outcome.exceptions.push(exception);
        outcome
    }

    /// The outcome of a day of which nothing was received, nothing is expected and no plan says anything.
    pub(crate) fn of_nothing(channel: ChannelNumber, day: &Day<'_>, stamp: Stamp) -> Self {
        let final_day = FinalDay {
            channel,
            date: day.date,
            run: stamp.run,
            decided_at: stamp.now,
            plan_name: SmolStr::default(),
            plan_version: 0,
            status: Status::NONE,
            values: Vec::new(),
            failures: Vec::new(),
        };
        Self { final_day, results: Vec::new(), estimations: Vec::new(), exceptions: Vec::new() }
    }
}

/// A fault as the people who look after the data see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Exception {
    /// The rule id (`V31`, `U-AMT`).
    pub rule: SmolStr,
    /// Which validation found it.
    pub validation: Validation,
    /// First slot.
    pub from: u16,
    /// One past the last slot.
    pub to: u16,
    /// Whether anyone has to do something.
    pub queue: Queue,
    /// How much it matters.
    pub severity: ExceptionSeverity,
    /// What it says of the values.
    pub direction: Direction,
    /// One sentence with the numbers.
    pub evidence: String,
}

/// The two queues of exceptions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Queue {
    /// Recorded; the plan deals with it.
    Record,
    /// Routed to a person.
    ManualWork,
}

/// On which data a rule ran.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Validation {
    /// On the data as received, or on totals.
    #[default]
    Primary,
    /// On the estimates that replaced it (catalogue V75).
    Secondary,
}

/// What one rule said of the day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleResult {
    /// The rule id (`V31`, `U-AMT`).
    pub rule: SmolStr,
    /// On which data it ran.
    pub validation: Validation,
    /// Passed, failed or not applicable.
    pub verdict: Verdict,
    /// How many slots it looked at.
    pub slots_checked: u16,
    /// How many slots failed.
    pub slots_failed: u16,
    /// Why it does not apply; empty where it does.
    pub reason: Cow<'static, str>,
}

/// The three answers of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Looked and found nothing.
    Passed,
    /// Found something; the sentences are in [`FinalDay::failures`].
    Failed,
    /// Could not or need not look.
    NotApplicable,
}

/// What one method did for the slots `[from, to)`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Estimation {
    /// The method id (`E04`), or `scaling`.
    pub method: &'static str,
    /// First slot.
    pub from: u16,
    /// One past the last slot.
    pub to: u16,
    /// How many of the slots got a value.
    pub slots_filled: u16,
    /// What was used, or why the method was not eligible, in one sentence.
    pub words: String,
}
