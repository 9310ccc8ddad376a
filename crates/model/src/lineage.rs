//! What validation and estimation decided for one channel-day, and why.
//!
//! Raw values are never changed; a [`FinalDay`] lies over them. Slots it does not list are final as
//! received, with [`FinalDay::status`]. A [`FinalRead`] says the same of one register read.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use crate::id::ChannelNumber;
use crate::quality::Status;
use crate::quantity::Decimal;

/// The outcome of one validation run over one channel-day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FinalDay {
    /// The channel.
    pub channel: ChannelNumber,
    /// The local day.
    pub date: Date,
    /// Which run decided; runs are numbered upward.
    pub run: u64,
    /// When the run decided.
    pub decided_at: Timestamp,
    /// What people call the plan; empty where the record is older than its name.
    pub plan_name: SmolStr,
    /// The version of the plan (rules, limits, order).
    pub plan_version: u32,
    /// What holds for every slot not listed in `values`.
    pub status: Status,
    /// Slots whose final value or status differs, in slot order.
    pub values: Vec<FinalValue>,
    /// Every rule that failed, with the numbers that failed it.
    pub failures: Vec<RuleFailure>,
}

impl FinalDay {
    /// Whether anything of it was made from more than the day's own values: an estimate, a gap left open, a rule that failed.
    pub fn leans_on_others(&self) -> bool {
        !self.failures.is_empty() || self.values.iter().any(|value| value.value.is_none() || !value.method.is_empty())
    }

    /// What it says of a slot of its own; `None` where the slot is final as received.
    pub fn listed(&self, slot: u16) -> Option<&FinalValue> {
        self.values.binary_search_by_key(&slot, |value| value.slot).ok().map(|at| &self.values[at])
    }

    /// Whether it says anything of a slot of its own.
    pub fn lists(&self, slot: u16) -> bool {
        self.listed(slot).is_some()
    }

    /// Whether another run decided the same.
    pub fn says_the_same(&self, other: &Self) -> bool {
        let by = |day: &Self| (day.plan_name.clone(), day.plan_version, day.status);
        by(self) == by(other) && self.values == other.values && self.failures == other.failures
    }
}

/// A final value that is not simply the raw one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FinalValue {
    /// Position in the day.
    pub slot: u16,
    /// The final value in the channel's quantum; `None` where no method could give one.
    pub value: Option<i64>,
    /// What it is now.
    pub status: Status,
    /// The method that made it (`E04`); empty where the raw value stands.
    pub method: SmolStr,
    /// Hash of every input the method used, so that a change of input can be seen.
    pub inputs_hash: u64,
}

/// One rule that failed over slots `[from, to)`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleFailure {
    /// The rule id (`V31`).
    pub rule: SmolStr,
    /// First slot.
    pub from: u16,
    /// One past the last slot.
    pub to: u16,
    /// Whether it blocks billing or only warns.
    pub blocks: bool,
    /// Whether it waits for a person; one that does not is only kept.
    pub routed: bool,
    /// How much it matters, as the plan says.
    pub severity: ExceptionSeverity,
    /// What it says of the values.
    pub direction: Direction,
    /// One sentence with the numbers: what was found and what the limit is.
    pub evidence: String,
}

impl RuleFailure {
    /// Whether another run found the same of the values, whatever its plan makes of it.
    pub fn finds_the_same(&self, other: &Self) -> bool {
        let found = |failure: &Self| (failure.from, failure.to, failure.blocks);
        found(self) == found(other) && self.rule == other.rule && self.evidence == other.evidence
    }
}

/// How much an exception matters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ExceptionSeverity {
    /// For statistics.
    Low,
    /// For whoever looks at exceptions.
    #[default]
    Medium,
    /// First in every list.
    High,
}

impl ExceptionSeverity {
    /// Every one, from the least.
    pub const ALL: [Self; 3] = [Self::Low, Self::Medium, Self::High];

    /// `low`, `medium`, `high`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }

    /// Whether it is the one that holds where a plan says nothing.
    pub fn is_medium(&self) -> bool {
        *self == Self::Medium
    }
}

/// What a failed rule says of a value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// Above its limit.
    TooHigh,
    /// Below its limit.
    TooLow,
    /// Something else than its height, or not known.
    #[default]
    Other,
}

impl Direction {
    /// Every one.
    pub const ALL: [Self; 3] = [Self::TooHigh, Self::TooLow, Self::Other];

    /// The words of settings.
    pub const WORDS: [&'static str; 3] = ["too high", "too low", "other"];

    /// The direction of a word; any other word is [`Direction::Other`].
    pub fn of(word: &str) -> Self {
        Self::ALL.into_iter().find(|direction| direction.word() == word).unwrap_or_default()
    }

    /// `too high`, `too low`, `other`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::TooHigh => Self::WORDS[0],
            Self::TooLow => Self::WORDS[1],
            Self::Other => Self::WORDS[2],
        }
    }
}

/// The outcome of one validation run over one register read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FinalRead {
    /// The channel.
    pub channel: ChannelNumber,
    /// Moment of the read; end of the period where one is stated. With `period_start` it names the read.
    pub at: Timestamp,
    /// Start of the period; `None` for a register that stands at an instant, `at` for an opening read ([`Self::is_opening`]).
    pub period_start: Option<Timestamp>,
    /// Which run decided; runs are numbered upward.
    pub run: u64,
    /// When the run decided.
    pub decided_at: Timestamp,
    /// What people call the plan.
    pub plan_name: SmolStr,
    /// The version of the plan (rules, limits, order).
    pub plan_version: u32,
    /// The value as received; `None` where none was.
    pub raw: Option<Decimal>,
    /// The final value; `None` where no method could give one.
    pub value: Option<Decimal>,
    /// What the value is now.
    pub status: Status,
    /// The method that made it (`R01`); empty where the raw value stands.
    pub method: SmolStr,
    /// Hash of every input the method used, so that a change of input can be seen.
    pub inputs_hash: u64,
    /// Every rule that failed, with the numbers that failed it.
    pub failures: Vec<ReadFailure>,
}

impl FinalRead {
    /// Whether it is the first read of a meter, taken at the very instant at which it took the place of another.
    pub fn is_opening(&self) -> bool {
        self.period_start == Some(self.at)
    }

    /// Whether the value as received counts: no rule of the plan failed it, and nothing took its place.
    pub fn counts_as_received(&self) -> bool {
        let spoilt = Status::FAILED | Status::ESTIMATE_NEEDED | Status::MISSING;
        self.value.is_some() && self.method.is_empty() && !self.status.intersects(spoilt)
    }

    /// Whether it failed a rule (`V55`), whatever became of its value.
    pub fn failed(&self, rule: &str) -> bool {
        self.failures.iter().any(|failure| failure.rule == rule)
    }

    /// Whether anything of it was made from other reads or intervals: an estimate, or a gap left open.
    pub fn leans_on_others(&self) -> bool {
        self.value.is_none() || !self.method.is_empty()
    }

    /// Whether another run decided the same of the same read.
    pub fn says_the_same(&self, other: &Self) -> bool {
        *self == Self { run: self.run, decided_at: self.decided_at, ..other.clone() }
    }
}

/// One rule that a register read failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadFailure {
    /// The rule id (`V55`).
    pub rule: SmolStr,
    /// Whether it blocks billing or only warns.
    pub blocks: bool,
    /// Whether it waits for a person; one that does not is only kept.
    pub routed: bool,
    /// How much it matters, as the plan says.
    pub severity: ExceptionSeverity,
    /// What it says of the read.
    pub direction: Direction,
    /// One sentence with the numbers: what was found and what the limit is.
    pub evidence: String,
}
