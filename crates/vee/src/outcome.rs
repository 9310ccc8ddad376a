//! What a run decided, for storing ([`FinalDay`]) and for telling.

use std::borrow::Cow;

use model::lineage::FinalDay;

/// The answer of one run over one channel-day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// What is stored: final values, statuses, failures.
    ///
    /// A slot it does not list is final as received: its status is that of the source together
    /// with [`FinalDay::status`]. A listed slot carries its complete status.
    pub final_day: FinalDay,
    /// What every rule of the plan said, in plan order stage by stage: values, then totals, then what is left.
    pub results: Vec<RuleResult>,
    /// What every method did or why it did not, in the order tried; scaling last.
    pub estimations: Vec<Estimation>,
}

/// What one rule said of the day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleResult {
    /// The rule id (`V31`).
    pub rule: &'static str,
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
