//! The queue: exceptions in groups and one by one, and what people say of them.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::lineage::{Direction, ExceptionSeverity};

/// What exceptions have in common, one line a group.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AskGroups {
    /// `open` where nothing is said; `any` for all.
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
    /// `cause` where nothing is said (the rule, and the days that it goes on without a break), or `rule-date`, `rule`,
    /// `rule-date-slots`, `channel`.
    pub by: Option<String>,
}

/// Groups of exceptions: those in which something waits for a person first, then the graver, larger and older ones.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Groups {
    /// The groups.
    pub groups: Vec<Group>,
    /// Exceptions in all of them.
    pub total: u64,
    /// How many of these wait for a person.
    pub routed: u64,
}

/// Exceptions that have something in common.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Group {
    /// Their rule; `None` where they are grouped by channel.
    pub rule: Option<String>,
    /// What it is called.
    pub rule_name: Option<&'static str>,
    /// Their local day, where they are grouped by it; the first of several.
    pub date: Option<Date>,
    /// Their last local day, where they are grouped by days.
    pub last: Option<Date>,
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
    /// `blocked`, `estimated` or `questionable`: the gravest.
    pub effect: String,
    /// How much it matters, as the plan says: the highest.
    pub severity: ExceptionSeverity,
    /// What they say of the values; `other` where they say different things.
    pub direction: Direction,
    /// How many wait for a person.
    pub routed: u64,
    /// Why they wait, or why nobody is asked, in one sentence.
    pub why: &'static str,
    /// When a run found the oldest of them first.
    pub oldest: Timestamp,
    /// The evidence of one of them.
    pub example: String,
    /// The cheapest next step, in one sentence.
    pub next_step: String,
}

/// Which exceptions, by ascending id.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AskExceptions {
    /// `open`, `accepted`, `edited`, `resolved`, `any`; any where nothing is said.
    pub state: Option<String>,
    /// Only those of this rule.
    pub rule: Option<String>,
    /// Only those of this local day.
    pub date: Option<Date>,
    /// With `date`: instead, those of failures that go on from that day to this one without a break, as a group by `cause` has
    /// them.
    pub last: Option<Date>,
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
    /// What became of the values: `blocked`, `estimated` or `questionable`.
    pub effect: String,
    /// How much it matters, as the plan says.
    pub severity: ExceptionSeverity,
    /// What it says of the values.
    pub direction: Direction,
    /// Whether it waits for a person.
    pub routed: bool,
    /// Why it waits, or why nobody is asked, in one sentence.
    pub why: &'static str,
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
