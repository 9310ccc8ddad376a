//! Estimation methods, one file each, and the table that names them.
//!
//! A method is offered a gap, a run of slots that need a value, and answers with the values it can
//! give and a sentence that says what it used or why it is not eligible. Methods are tried in the
//! order of the plan, each on what is still open. No method touches a measured value.

mod e04_linear;
mod e05_reference_days;
mod e15_numeric_replacement;

use model::quality::Status;

use crate::settings::{SettingForm, Settings};
use crate::view::View;

pub(crate) use e15_numeric_replacement::ONLY_STATUS;

/// One estimation method of the catalogue.
#[derive(Debug)]
pub struct Estimator {
    /// Its id in the catalogue (`E04`).
    pub id: &'static str,
    /// Its name (`linear interpolation`).
    pub name: &'static str,
    /// What it does, in one sentence.
    pub purpose: &'static str,
    /// Its limits and options with their defaults.
    pub settings: &'static [SettingForm],
    /// What its values are marked with.
    pub status: Status,
    /// Whether it can fill a gap of any length, so that methods after it get little to do.
    pub fills_any_length: bool,
    pub(crate) estimate: fn(&View<'_>, Gap, &Settings) -> Proposal,
}

/// A run `[from, to)` of slots that need a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Gap {
    pub from: u16,
    pub to: u16,
}

/// What a method offers for a gap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Proposal {
    /// Values for slots of the gap, in slot order; empty where the method is not eligible.
    pub estimates: Vec<Estimate>,
    /// What was used, or why the method is not eligible.
    pub words: String,
}

/// One estimated value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Estimate {
    pub slot: u16,
    pub value: i64,
    pub inputs_hash: u64,
}

impl Proposal {
    pub(crate) fn not_eligible(words: impl Into<String>) -> Self {
        Self { estimates: Vec::new(), words: words.into() }
    }
}

/// Every method that is built, in the order of the default pipeline (catalogue 3.7).
pub static ESTIMATORS: &[&Estimator] =
    &[&e15_numeric_replacement::ESTIMATOR, &e04_linear::ESTIMATOR, &e05_reference_days::ESTIMATOR];

/// The method of an id.
pub fn estimator(id: &str) -> Option<&'static Estimator> {
    ESTIMATORS.iter().find(|estimator| estimator.id == id).copied()
}
