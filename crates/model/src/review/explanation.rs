//! Why the final values of a day are what they are.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;

use super::editor::Verdict;
use crate::lineage::{Direction, ExceptionSeverity};

/// Why the final values of a day are what they are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// The channel.
    pub channel: u32,
    /// What people call it.
    pub label: String,
    /// The unit of the values.
    pub unit: String,
    /// The local day.
    pub date: Date,
    /// The run that decided; `None` before the first.
    pub run: Option<u64>,
    /// What people call its plan; `None` where the record is older than its name.
    pub plan_name: Option<String>,
    /// The version of its plan.
    pub plan_version: Option<u32>,
    /// Name and version of the plan that holds for the day now; `None` where no single one does.
    pub plan_now: Option<String>,
    /// When.
    pub decided_at: Option<Timestamp>,
    /// Whether a run today decides the same; where not, inputs have changed since.
    pub is_current: bool,
    /// What every rule says today.
    pub results: Vec<Verdict>,
    /// What every method did today or why it did not.
    pub estimations: Vec<MethodWords>,
    /// Where the energy of each outage with assumed meter time went that the day has intervals of.
    pub assumed_time: Vec<OutageBalance>,
    /// Every slot.
    pub values: Vec<ExplainedValue>,
    /// What people decided, oldest first, whether it counts or not.
    pub decisions: Vec<DecisionWords>,
}

/// Where the energy went that a meter measured while it assumed the time, in the unit of the channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OutageBalance {
    /// Where the intervals with assumed stamps begin.
    pub from: String,
    /// Where they end.
    pub to: String,
    /// Where the true time ends that the meter left out; it begins at `to`. `None` where nothing was received after it.
    pub left_out_to: Option<String>,
    /// How the time that was left out is known, in one sentence.
    pub words: String,
    /// What the meter measured.
    pub measured: String,
    /// How much of it was taken away at the assumed stamps.
    pub zeroed: String,
    /// What estimates put into the true time that was left out, and edits into true time.
    pub elsewhere: String,
    /// What was taken away and put nowhere (below zero: put in without having been measured).
    pub unplaced: String,
}

/// What one method did over slots.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MethodWords {
    /// The method, or `scaling`.
    pub method: String,
    /// First slot.
    pub from: u16,
    /// One past the last slot.
    pub to: u16,
    /// What was used, or why it was not eligible.
    pub words: String,
}

/// A slot with where its value comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ExplainedValue {
    /// The slot.
    pub slot: u16,
    /// Where it begins.
    pub start: String,
    /// As received.
    pub raw: Option<String>,
    /// What counts.
    #[serde(rename = "final")]
    pub last: Option<String>,
    /// Everything known of it.
    pub statuses: Vec<&'static str>,
    /// The rules that failed there.
    pub rules: Vec<FailedRule>,
    /// The method that made it.
    pub method: Option<String>,
    /// Hash of every input of the method, hexadecimal; `None` where a person wrote the value.
    pub inputs_hash: Option<String>,
    /// The act by which a person wrote it.
    pub act: Option<u64>,
}

/// A rule that failed at a slot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FailedRule {
    /// The rule.
    pub rule: String,
    /// What it says of the value.
    pub direction: Direction,
    /// How much it matters, as the plan says.
    pub severity: ExceptionSeverity,
    /// One sentence with the numbers.
    pub evidence: String,
}

/// A decision about a day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DecisionWords {
    /// The act.
    pub act: u64,
    /// `accept` or `set`.
    pub kind: String,
    /// `approved` while it counts, `rejected` or `undone`.
    pub state: String,
    /// First slot.
    pub from: u16,
    /// One past the last slot.
    pub to: u16,
    /// Slots on which it holds no longer, because newer measured data came.
    pub slots_overtaken: usize,
    /// Who began it.
    pub proposed_by: String,
    /// Who approved or rejected it.
    pub by: String,
    /// When.
    pub at: Option<Timestamp>,
    /// Who undid it.
    pub undone_by: Option<String>,
    /// When.
    pub undone_at: Option<Timestamp>,
    /// A code of the list of reasons.
    pub reason: String,
    /// Free words.
    pub note: String,
}
