//! Estimation methods for register reads, one file each, and the table that names them.
//!
//! A method is offered a read without a value and answers with what was used up to it, or with a
//! sentence that says why it is not eligible. [`mod@super::run`] turns the use into a read, once, rounded
//! down to the last digit. No method touches a measured value.

mod r01_usage_calculation;
mod r02_recent_load;
mod r03_copy_forward;
mod r04_scalar_from_interval;
mod r05_scalar_proration;
mod r06_scalar_profile;
mod r07_three_step;
mod r08_monthly_usage;
mod r09_degree_day;
mod r10_scalar_estimation;

use model::quality::Status;

use super::usage::Usage;
use super::view::{Level, Target, View};
use crate::settings::{SettingForm, SettingKind, Settings};

/// One estimation method for register reads.
#[derive(Debug)]
pub struct Estimator {
    /// Its id in the catalogue (`R01`).
    pub id: &'static str,
    /// Its name (`usage calculation`).
    pub name: &'static str,
    /// What it does, in one sentence.
    pub purpose: &'static str,
    /// Its limits and options with their defaults.
    pub settings: &'static [SettingForm],
    pub(crate) estimate: fn(&View<'_>, &Settings) -> Result<Estimate, String>,
}

/// What a method offers for a read.
#[derive(Clone, Debug)]
pub(crate) struct Estimate {
    pub target: Target,
    /// What was used in the span of the target, in the channel's unit.
    pub usage: Usage,
    pub status: Status,
    /// What was used, in one sentence.
    pub words: String,
    pub inputs_hash: u64,
}

/// Every method that is built, in the order of the catalogue.
pub static ESTIMATORS: &[&Estimator] = &[
    &r01_usage_calculation::ESTIMATOR,
    &r02_recent_load::ESTIMATOR,
    &r03_copy_forward::ESTIMATOR,
    &r04_scalar_from_interval::ESTIMATOR,
    &r05_scalar_proration::ESTIMATOR,
    &r06_scalar_profile::ESTIMATOR,
    &r07_three_step::ESTIMATOR,
    &r08_monthly_usage::ESTIMATOR,
    &r09_degree_day::ESTIMATOR,
    &r10_scalar_estimation::ESTIMATOR,
];

/// The method of an id.
pub fn estimator(id: &str) -> Option<&'static Estimator> {
    ESTIMATORS.iter().find(|estimator| estimator.id == id).copied()
}

const LOOK_BACK: SettingForm = SettingForm {
    name: "look_back",
    kind: SettingKind::Count("days"),
    default: "35 days",
    meaning: "how far back the read may be that is counted on; a day is 24 hours",
};

const QUALITY: SettingForm = SettingForm {
    name: "quality",
    kind: SettingKind::Choice(&["high", "low"]),
    default: "high",
    meaning: "use measured values only, or estimates too",
};

fn level(settings: &Settings) -> Level {
    if settings.choice(&QUALITY) == "high" { Level::Actual } else { Level::Estimated }
}
