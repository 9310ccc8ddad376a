//! Acts: what a person did at once, who approved it, and why.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::editor::Edit;

/// A person writes values.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Propose {
    /// The values.
    pub edits: Vec<Edit>,
    /// Where they come from: a method id, `value`, `values`, or `shift` where values of assumed meter time are moved.
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
    /// Only those in this state; `any` for all.
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
    /// Where the slots begin.
    pub start: Option<String>,
    /// Where they end.
    pub end: Option<String>,
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
