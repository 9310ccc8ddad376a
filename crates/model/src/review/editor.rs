//! The editor: what methods would write, values that a person writes, and what the plan says of them.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

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
    /// Where intervals of assumed meter time truly began; where nothing is said, so that they end with the gap after them.
    #[serde(default)]
    pub shift_to: Option<Timestamp>,
}

/// The method of values that were moved from assumed stamps to their true time.
pub const SHIFT: &str = "shift";

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
    /// Values moved to their true time; `None` where the span holds no interval of assumed meter time.
    pub shift: Option<ShiftPreview>,
    /// A register over the span; `None` where there is none.
    pub register: Option<RegisterPreview>,
}

/// What moving the values of a span of assumed meter time to their true time would write.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ShiftPreview {
    /// Where the first interval of the span would begin; `None` where that is not known.
    pub to: Option<String>,
    /// Whether it is possible.
    pub eligible: bool,
    /// What it does, or why it is not possible.
    pub words: String,
    /// The values: at the true time, and zeros from the first assumed stamp to there.
    pub values: Vec<EditedValue>,
    /// Their sum.
    pub total: String,
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
    /// On which values it ran: `primary` as received or on totals, `secondary` on estimates (V75); `None` where only what was
    /// stored is told.
    pub validation: Option<&'static str>,
    /// `passed`, `failed` or `not-applicable`.
    pub verdict: &'static str,
    /// Where it failed, each in one sentence, or why it does not apply.
    pub evidence: String,
    /// How many slots it looked at.
    pub slots_checked: u16,
    /// How many failed.
    pub slots_failed: u16,
}
