//! Validation rules for register reads, one file each, and the table that names them.
//!
//! A rule is a function of a view of the read and its settings; it changes nothing. The plan says what a
//! failure means.

mod v51_tou_sum;
mod v52_delta_limits;
mod v53_delta_per_cent;
mod v54_ratio_per_cent;
mod v55_rollover;
mod v56_multiplier;
mod v57_dials;
mod v58_demand;
mod v59_register_gap;

use std::cmp::Ordering;

use super::view::View;
use crate::rules::{Direction, beyond};
use crate::settings::{SettingForm, Settings};

/// One validation rule for register reads.
#[derive(Debug)]
pub struct Rule {
    /// Its id in the catalogue (`V55`).
    pub id: &'static str,
    /// Its name (`register decrease or rollover`).
    pub name: &'static str,
    /// What it finds, in one sentence.
    pub purpose: &'static str,
    /// Its limits and options with their defaults.
    pub settings: &'static [SettingForm],
    /// How many of the reads before a read it looks at, as its settings say.
    pub(crate) reads_before: fn(&Settings) -> usize,
    pub(crate) judge: fn(&View<'_>, &Settings) -> Judgement,
}

/// How many of the reads before a read are enough for a rule that looks at the nearest good ones.
pub(crate) const READS_BEFORE: usize = 8;

/// Nothing found, or a fault of the read; an error is the reason why the rule does not apply.
pub(crate) type Judgement = Result<Option<Fault>, String>;

/// One fault of a read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    /// What it says of the value.
    pub direction: Direction,
    /// One sentence with the numbers: what was found and what the limit is.
    pub evidence: String,
}

impl Fault {
    /// One that says nothing of the height of the value.
    pub(crate) fn new(evidence: String) -> Self {
        Self { direction: Direction::Other, evidence }
    }

    /// Too high or too low, as the use compares with its limit.
    pub(crate) fn beyond(side: Ordering, evidence: String) -> Self {
        Self { direction: beyond(side), evidence }
    }
}

/// Every rule for register reads that is built, in the order of the catalogue.
pub static RULES: &[&Rule] = &[
    &v51_tou_sum::RULE,
    &v52_delta_limits::RULE,
    &v53_delta_per_cent::RULE,
    &v54_ratio_per_cent::RULE,
    &v55_rollover::RULE,
    &v56_multiplier::RULE,
    &v57_dials::RULE,
    &v58_demand::RULE,
    &v59_register_gap::RULE,
];

/// The rule of an id.
pub fn rule(id: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.id == id).copied()
}
