//! What a run decided, for storing ([`FinalDay`]) and for telling.

use std::borrow::Cow;

use model::lineage::FinalDay;
use serde::Serialize;
use smol_str::SmolStr;

use crate::plan::ExceptionSeverity;
use crate::rules::Direction;

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
