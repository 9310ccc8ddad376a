//! Review: what people ask of the queue of exceptions and of the editor, and what they are answered.
//!
//! One shape for the interface, the command line and whoever does the work. Amounts are decimal texts in the unit of the
//! channel; times are RFC 3339, those of an answer in the zone of the channel; slots are `[from, to)` of a local day.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// What exceptions have in common, one line a group.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AskGroups {
    /// `open` where nothing is said.
    pub state: Option<String>,
    /// Only those of this rule.
    pub rule: Option<String>,
    /// `rule-date` where nothing is said, or `rule`, `rule-date-slots`, `channel`.
    pub by: Option<String>,
}

/// Groups of exceptions, those with the most first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Groups {
    /// The groups.
    pub groups: Vec<Group>,
    /// Exceptions in all of them.
    pub total: u64,
}

/// Exceptions that have something in common.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Group {
    /// Their rule; `None` where they are grouped by channel.
    pub rule: Option<String>,
    /// What it is called.
    pub rule_name: Option<&'static str>,
    /// Their local day, where they are grouped by it.
    pub date: Option<Date>,
    /// Their channel, where they are grouped by it.
    pub channel: Option<u32>,
    /// What people call it.
    pub label: Option<String>,
    /// The lowest first slot.
    pub from: u16,
    /// The highest end.
    pub to: u16,
    /// How many.
    pub count: u64,
    /// On how many channels.
    pub channels: u64,
    /// `warn` or `fail`: the gravest.
    pub severity: String,
    /// How many wait for a person.
    pub routed: u64,
    /// The evidence of one of them.
    pub example: String,
    /// The cheapest next step, in one sentence.
    pub next_step: String,
}

/// Which exceptions, by ascending id.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AskExceptions {
    /// `open`, `accepted`, `edited`, `resolved`; any where nothing is said.
    pub state: Option<String>,
    /// Only those of this rule.
    pub rule: Option<String>,
    /// Only those of this local day.
    pub date: Option<Date>,
    /// Only those of this channel: number, mRID or label.
    pub channel: Option<String>,
    /// Only those that this person looks after.
    pub assignee: Option<String>,
    /// Only those that wait for a person, or only those that do not.
    pub routed: Option<bool>,
    /// Only those with a greater id: the `next` of the page before.
    pub after: Option<u64>,
    /// Most of them.
    pub limit: Option<u32>,
}

/// A page of exceptions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Exceptions {
    /// The exceptions.
    pub exceptions: Vec<Exception>,
    /// What to ask `after` for the next page; `None` on the last.
    pub next: Option<u64>,
}

/// A failed rule over slots of a channel-day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Exception {
    /// Number by which people name it.
    pub id: u64,
    /// The channel.
    pub channel: u32,
    /// What people call it.
    pub label: String,
    /// The local day.
    pub date: Date,
    /// First slot.
    pub from: u16,
    /// One past the last slot.
    pub to: u16,
    /// Where the slots begin.
    pub start: Option<String>,
    /// Where they end.
    pub end: Option<String>,
    /// The rule.
    pub rule: String,
    /// What it is called.
    pub rule_name: &'static str,
    /// `warn` or `fail`.
    pub severity: String,
    /// Whether it waits for a person.
    pub routed: bool,
    /// One sentence with the numbers.
    pub evidence: String,
    /// The cheapest next step, in one sentence.
    pub next_step: &'static str,
    /// What became of it.
    pub state: String,
    /// Who looks after it.
    pub assignee: Option<String>,
    /// The last remark.
    pub comment: Option<String>,
    /// Who made it.
    pub comment_by: Option<String>,
    /// When a run found it first.
    pub first_seen: Timestamp,
    /// The act that settles it.
    pub act: Option<u64>,
}

/// A person says that values are real.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Accept {
    /// The exceptions; each must be open.
    pub exceptions: Vec<u64>,
    /// Who.
    pub by: String,
    /// A code of the list of reasons.
    pub reason: String,
    /// Free words.
    #[serde(default)]
    pub note: String,
    /// The sender's own key: the same key again is the same act.
    #[serde(default)]
    pub key: Option<String>,
}

/// What became of [`Accept`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Accepted {
    /// The act.
    pub act: u64,
    /// `approved`, or `proposed` where another person has to approve.
    pub state: String,
    /// How many exceptions it settles.
    pub accepted: usize,
}

/// Who looks after exceptions.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Assign {
    /// The exceptions.
    pub exceptions: Vec<u64>,
    /// Who looks after them; nobody where `None`.
    #[serde(default)]
    pub to: Option<String>,
    /// Who says so.
    pub by: String,
}

/// A remark at exceptions.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Comment {
    /// The exceptions.
    pub exceptions: Vec<u64>,
    /// The remark.
    pub text: String,
    /// Who makes it.
    pub by: String,
}

/// How many exceptions a word reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Changed {
    /// How many.
    pub changed: usize,
}

/// What every method would write.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AskPreview {
    /// Number, mRID or label.
    pub channel: String,
    /// First instant.
    pub from: Timestamp,
    /// First instant after.
    pub to: Timestamp,
}

/// What every method would write over a span.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Preview {
    /// The channel.
    pub channel: u32,
    /// What people call it.
    pub label: String,
    /// The unit of every amount.
    pub unit: String,
    /// Where the span begins.
    pub from: String,
    /// Where it ends.
    pub to: String,
    /// Where each interval begins.
    pub starts: Vec<String>,
    /// The final values as they stand.
    pub now: Vec<Option<String>>,
    /// What each method would write.
    pub methods: Vec<MethodPreview>,
    /// A register over the span; `None` where there is none.
    pub register: Option<RegisterPreview>,
}

/// What one method would write.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MethodPreview {
    /// The method id.
    pub method: &'static str,
    /// What it is called.
    pub name: &'static str,
    /// Whether it gives every value of the span.
    pub eligible: bool,
    /// What it used, or why it is not eligible.
    pub words: String,
    /// Its values.
    pub values: Vec<Option<String>>,
    /// Their sum.
    pub total: String,
}

/// A register over the edited span and what intervals add up to under it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RegisterPreview {
    /// Where the reads or the stated period begin.
    pub start: String,
    /// Where they end.
    pub end: String,
    /// What was measured.
    pub measured: String,
    /// What the final values add up to; `None` where some are missing.
    pub sum_now: Option<String>,
    /// What they would add up to with each eligible method.
    pub by_method: BTreeMap<&'static str, Option<String>>,
}

/// Values for intervals of a channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Edit {
    /// Number, mRID or label.
    pub channel: String,
    /// The values, each named by the beginning of its interval.
    pub values: Vec<EditedValue>,
}

/// A value for one interval.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EditedValue {
    /// Where the interval begins.
    pub start: Timestamp,
    /// The value in the unit of the channel, such as `12.5`.
    pub value: String,
}

/// What the plan says of edited days; nothing is stored.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AskCheck {
    /// The edits.
    pub edits: Vec<Edit>,
}

/// What the plan says of edited days.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// Every day that is touched.
    pub days: Vec<CheckedDay>,
}

/// What the plan says of one edited day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CheckedDay {
    /// The channel.
    pub channel: u32,
    /// What people call it.
    pub label: String,
    /// The local day.
    pub date: Date,
    /// What every rule says.
    pub results: Vec<Verdict>,
    /// What the final values would add up to.
    pub sum: String,
    /// How far the intervals under a register would be from it (intervals less register); `None` where none is known.
    pub register_difference: Option<String>,
}

/// What one rule says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// The rule.
    pub rule: String,
    /// What it is called.
    pub name: &'static str,
    /// `passed`, `failed` or `not-applicable`.
    pub verdict: &'static str,
    /// Where it failed, each in one sentence, or why it does not apply.
    pub evidence: String,
    /// How many slots it looked at.
    pub slots_checked: u16,
    /// How many failed.
    pub slots_failed: u16,
}

/// A person writes values.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Propose {
    /// The values.
    pub edits: Vec<Edit>,
    /// Where they come from: a method id, `value` or `values`.
    pub method: String,
    /// A code of the list of reasons.
    pub reason: String,
    /// Free words.
    pub note: String,
    /// Who.
    pub by: String,
    /// The sender's own key: the same key again is the same act.
    #[serde(default)]
    pub key: Option<String>,
}

/// What a person says of an act.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decide {
    /// Who.
    pub by: String,
    /// Free words.
    #[serde(default)]
    pub note: String,
}

/// Where an act stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ActState {
    /// The act.
    pub act: u64,
    /// `proposed`, `approved`, `rejected` or `undone`.
    pub state: String,
}

/// Which acts, newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AskProposals {
    /// Only those in this state.
    pub state: Option<String>,
    /// Only those before this one: the `next` of the page before.
    pub before: Option<u64>,
    /// Most of them.
    pub limit: Option<u32>,
}

/// A page of acts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Proposals {
    /// The acts.
    pub proposals: Vec<Act>,
    /// What to ask `before` for the next page; `None` on the last.
    pub next: Option<u64>,
}

/// What one person did at once, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Act {
    /// Its number.
    pub act: u64,
    /// `accept` or `set`.
    pub kind: String,
    /// `proposed`, `approved`, `rejected` or `undone`.
    pub state: String,
    /// A code of the list of reasons.
    pub reason: String,
    /// Free words.
    pub note: String,
    /// Where written values come from.
    pub method: Option<String>,
    /// Who began it.
    pub proposed_by: String,
    /// When.
    pub proposed_at: Timestamp,
    /// Who approved or rejected it.
    pub decided_by: Option<String>,
    /// When.
    pub decided_at: Option<Timestamp>,
    /// Their words.
    pub decided_note: Option<String>,
    /// Who undid it.
    pub undone_by: Option<String>,
    /// When.
    pub undone_at: Option<Timestamp>,
    /// Their words.
    pub undone_note: Option<String>,
    /// What it says.
    pub days: Vec<ActDay>,
}

/// What an act says of slots of a channel-day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ActDay {
    /// The channel.
    pub channel: u32,
    /// What people call it.
    pub label: String,
    /// The unit of the values.
    pub unit: String,
    /// The local day.
    pub date: Date,
    /// First slot.
    pub from: u16,
    /// One past the last slot.
    pub to: u16,
    /// The raw values it was decided on.
    pub before: Vec<Option<String>>,
    /// The values written; the same where they stand.
    pub after: Vec<Option<String>>,
}

/// A reason that a person can give.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Reason {
    /// The code.
    pub code: &'static str,
    /// What it means.
    pub words: &'static str,
}

/// The reasons.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Reasons {
    /// All of them.
    pub reasons: &'static [Reason],
}

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
    /// The version of its plan.
    pub plan_version: Option<u32>,
    /// When.
    pub decided_at: Option<Timestamp>,
    /// Whether a run today decides the same; where not, inputs have changed since.
    pub is_current: bool,
    /// What every rule says today.
    pub results: Vec<Verdict>,
    /// What every method did today or why it did not.
    pub estimations: Vec<MethodWords>,
    /// Every slot.
    pub values: Vec<ExplainedValue>,
    /// What people decided and what counts.
    pub decisions: Vec<DecisionWords>,
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
    /// Hash of every input of the method, hexadecimal.
    pub inputs_hash: Option<String>,
}

/// A rule that failed at a slot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FailedRule {
    /// The rule.
    pub rule: String,
    /// One sentence with the numbers.
    pub evidence: String,
}

/// A decision that counts on a day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DecisionWords {
    /// The act.
    pub act: u64,
    /// `accept` or `set`.
    pub kind: String,
    /// First slot.
    pub from: u16,
    /// One past the last slot.
    pub to: u16,
    /// Slots on which it holds no longer, because newer measured data came.
    pub slots_overtaken: usize,
    /// Who approved it.
    pub by: String,
    /// When.
    pub at: Option<Timestamp>,
    /// A code of the list of reasons.
    pub reason: String,
    /// Free words.
    pub note: String,
}

/// Why something that was asked is not done; each tells the caller what to change.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There is no such thing.
    #[error("{0}")]
    NotFound(String),
    /// It contradicts what is there already.
    #[error("{0}")]
    Conflict(String),
    /// This person may not do it.
    #[error("{0}")]
    NotAllowed(String),
    /// A field is not of its form.
    #[error("{field}: {detail}")]
    Invalid {
        /// Which.
        field: &'static str,
        /// What was found and expected.
        detail: String,
    },
}
