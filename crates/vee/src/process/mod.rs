//! Rules about many values at once, as plain functions: balance, replacement, locks, deadlines.
//!
//! [`plan`] says which of them a plan asks for; [`kept`] which version of a value counts by V71 and V72. V75 is a
//! step of the run of a day.
//!
//! Each file reads its limits from texts as a plan writes them and answers with a [`Judgement`]. What the
//! values are, and when the question is asked, is left to the callers.

pub mod kept;
pub mod plan;
pub mod v61_balance;
pub mod v70_prolonged_estimation;
pub mod v71_replacement;
pub mod v72_final_estimate_lock;
pub mod v77_timeliness;

use crate::settings::SettingForm;

pub use kept::{Kept, ReceivedVersion};
pub use plan::Processes;
pub(crate) use plan::is_of_plans;

/// A process rule of the catalogue.
#[derive(Debug)]
pub struct Rule {
    /// Its id in the catalogue (`V70`).
    pub id: &'static str,
    /// Its name (`prolonged estimation`).
    pub name: &'static str,
    /// What it finds, in one sentence.
    pub purpose: &'static str,
    /// Its limits and options with their defaults.
    pub settings: &'static [SettingForm],
}

/// What a process rule says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// Looked and found nothing.
    Passed,
    /// One sentence with the numbers: what was found and what the limit is.
    Failed(String),
    /// Could not or need not look, and why.
    NotApplicable(String),
}

/// Every process rule that is built, in the order of the catalogue.
pub static RULES: &[&Rule] = &[
    &v61_balance::RULE,
    &v70_prolonged_estimation::RULE,
    &v71_replacement::RULE,
    &v72_final_estimate_lock::RULE,
    &v77_timeliness::RULE,
];

/// The process rule of an id.
pub fn rule(id: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.id == id).copied()
}
