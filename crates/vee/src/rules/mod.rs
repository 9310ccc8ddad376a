//! Validation rules, one file each, and the table that names them.
//!
//! A rule is a function of a view of the day and its settings. It answers with what it found and never
//! changes anything; the plan says what a failure means. Rules are independent of each other.

mod v30_gap;
mod v31_spike;
mod v36_zero_on_active;
mod v38_negative;
mod v50_sum_check;

use std::borrow::Cow;

use model::quality::Status;

use crate::settings::{SettingForm, Settings};
use crate::view::View;

/// One validation rule of the catalogue.
#[derive(Debug)]
pub struct Rule {
    /// Its id in the catalogue (`V31`).
    pub id: &'static str,
    /// Its name (`spike`).
    pub name: &'static str,
    /// What it finds, in one sentence.
    pub purpose: &'static str,
    /// Its limits and options with their defaults.
    pub settings: &'static [SettingForm],
    /// When it runs.
    pub stage: Stage,
    pub(crate) judge: fn(&View<'_>, &Settings) -> Finding,
}

/// When a rule runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// On the values as received, before estimation.
    Values,
    /// On the values after estimation and scaling, against registers and amounts.
    Totals,
    /// On what is left at the end, after which nothing is mended.
    Final,
}

/// Why a rule does not apply, in words.
pub(crate) type Reason = Cow<'static, str>;

/// Why rules about habits leave some usage points alone.
const IRREGULAR: &str = "the usage point is of irregular use, which V76 judges";

/// What a rule says of a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Finding {
    /// Looked at so many slots and found nothing.
    Passed(u16),
    /// Could not or need not look, and why.
    NotApplicable(Reason),
    /// Looked at so many slots and found these.
    Failed(u16, Vec<Fault>),
}

/// One thing a rule found, over the slots `[from, to)`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub from: u16,
    pub to: u16,
    /// One sentence with the numbers: what was found and what the limit is.
    pub evidence: String,
    /// The rule itself says that these slots must not be estimated without a person.
    pub for_review: bool,
    /// The rule itself says that these slots are only questionable, whatever the plan makes of a failure.
    pub only_warns: bool,
    /// What the slots are marked with, beside what the plan makes of a failure.
    pub stamp: Status,
}

impl Fault {
    pub(crate) fn new(from: u16, to: u16, evidence: String) -> Self {
        Self { from, to, evidence, for_review: false, only_warns: false, stamp: Status::NONE }
    }
}

impl Finding {
    /// Failed where there are faults, else passed.
    pub(crate) fn of(slots_checked: u16, faults: Vec<Fault>) -> Self {
        if faults.is_empty() { Self::Passed(slots_checked) } else { Self::Failed(slots_checked, faults) }
    }
}

/// Every rule that is built, in the order of the catalogue.
pub static RULES: &[&Rule] = &[
    &v30_gap::RULE,
    &v31_spike::RULE,
    &v36_zero_on_active::RULE,
    &v38_negative::RULE,
    &v50_sum_check::RULE,
];

/// The rule of an id.
pub fn rule(id: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.id == id).copied()
}
