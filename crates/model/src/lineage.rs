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
    /// The name of the plan that judged it; empty where that was not kept yet, or where no plan holds.
    pub plan: SmolStr,
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

    /// Whether another run decided the same.
    pub fn says_the_same(&self, other: &Self) -> bool {
        let decided = |day: &Self| (day.plan.clone(), day.plan_version, day.status);
        decided(self) == decided(other) && self.values == other.values && self.failures == other.failures
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
    /// One sentence with the numbers: what was found and what the limit is.
    pub evidence: String,
}

/// The outcome of one validation run over one register read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FinalRead {
    /// The channel.
    pub channel: ChannelNumber,
    /// Moment of the read; end of the period where one is stated. With `period_start` it names the read.
    pub at: Timestamp,
    /// Start of the period; `None` for a register that stands at an instant.
    pub period_start: Option<Timestamp>,
    /// Which run decided; runs are numbered upward.
    pub run: u64,
    /// When the run decided.
    pub decided_at: Timestamp,
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

/// One rule that a register read failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadFailure {
    /// The rule id (`V55`).
    pub rule: SmolStr,
    /// Whether it blocks billing or only warns.
    pub blocks: bool,
    /// One sentence with the numbers: what was found and what the limit is.
    pub evidence: String,
}
