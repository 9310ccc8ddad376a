//! Estimation methods, one file each, and the table that names them.
//!
//! A method is offered a gap, a run of slots that need a value, and answers with the values it can
//! give and a sentence that says what it used or why it is not eligible. Methods are tried in the
//! order of the plan, each on what is still open. No method touches a measured value.

mod agreed_values;
mod automatic;
mod day_table;
mod e01_check_meter;
mod e02_other_flows;
mod e03_scada;
mod e04_linear;
mod e05_reference_days;
mod e06_two_week_like_day;
mod e07_nearest_equivalent_day;
mod e08_multi_week_average;
mod e09_interval_averaging;
mod e10_proxy_day;
mod e11_profile;
mod e12_load_profiling_channel;
mod e13_average_daily_load;
mod e14_flat_from_register;
mod e15_numeric_replacement;
mod e16_zero_substitution;
mod e17_previous_year;
mod e18_agreed_value;
mod e19_gap_record;
mod e20_final_estimate;
mod e21_subtractive_adjustment;
mod e22_manual_override;
mod other_series;
mod reference_days;
mod register_span;

use std::collections::BTreeMap;

use model::quality::Status;

use crate::context::Context;
use crate::day::Day;
use crate::plan::reach::Reach;
use crate::settings::{SettingForm, Settings};
use crate::view::View;

pub(crate) use e15_numeric_replacement::ONLY_STATUS;
use reference_days::distance;

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
    /// Whether it is offered slots in which the supply was known to be off; the others leave them open.
    pub fills_outages: bool,
    /// What it looks at beside the day itself, as its settings say.
    pub(crate) reach: fn(&Settings) -> Reach,
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
    /// The id of the method that made it.
    pub method: &'static str,
    /// What it is marked with.
    pub status: Status,
}

impl Estimator {
    /// A value of this method.
    fn value(&self, slot: u16, value: i64, inputs_hash: u64) -> Estimate {
        Estimate { slot, value, inputs_hash, method: self.id, status: self.status }
    }

    /// What it offers for a gap, shown no day that is farther than it says.
    pub(crate) fn offer(&self, view: &View<'_>, gap: Gap, settings: &Settings) -> Proposal {
        let days = i64::from((self.reach)(settings).days);
        let is_near = |day: &&Day<'_>| distance(day.date, view.day.date) <= days;
        let near: Vec<Day<'_>> = view.context.history.iter().filter(is_near).copied().collect();
        let context = Context { history: &near, ..view.context.clone() };
        (self.estimate)(&View { context: &context, ..*view }, gap, settings)
    }

    /// What it offers with its defaults, for a method that builds on it.
    fn by_default(&self, view: &View<'_>, gap: Gap) -> Proposal {
        self.with(&[], view, gap)
    }

    /// What it offers with some settings of its own, for a method that builds on it.
    fn with(&self, given: &[(&str, &str)], view: &View<'_>, gap: Gap) -> Proposal {
        self.offer(view, gap, &self.set(given))
    }

    /// What it looks at with some settings of its own, for a method that builds on it.
    fn reach_with(&self, given: &[(&str, &str)]) -> Reach {
        (self.reach)(&self.set(given))
    }

    /// Some settings over its defaults.
    fn set(&self, given: &[(&str, &str)]) -> Settings {
        let given: BTreeMap<_, _> = given.iter().map(|(name, text)| ((*name).into(), (*text).into())).collect();
        Settings::read(self.settings, &given).expect("defaults and settings of our own are right")
    }
}

impl Proposal {
    pub(crate) fn not_eligible(words: impl Into<String>) -> Self {
        Self { estimates: Vec::new(), words: words.into() }
    }

    /// The same, with more to mark its values with.
    pub(crate) fn marked(mut self, status: Status) -> Self {
        self.estimates.iter_mut().for_each(|estimate| estimate.status |= status);
        self
    }
}

/// Every method that is built, in the order of the default pipeline (catalogue 3.7).
pub static ESTIMATORS: &[&Estimator] = &[
    &e15_numeric_replacement::ESTIMATOR,
    &e16_zero_substitution::ESTIMATOR,
    &e22_manual_override::ESTIMATOR,
    &e18_agreed_value::ESTIMATOR,
    &e01_check_meter::ESTIMATOR,
    &e02_other_flows::ESTIMATOR,
    &e03_scada::ESTIMATOR,
    &e21_subtractive_adjustment::ESTIMATOR,
    &e04_linear::ESTIMATOR,
    &e05_reference_days::ESTIMATOR,
    &e06_two_week_like_day::ESTIMATOR,
    &e07_nearest_equivalent_day::ESTIMATOR,
    &e08_multi_week_average::ESTIMATOR,
    &e09_interval_averaging::ESTIMATOR,
    &e10_proxy_day::ESTIMATOR,
    &e17_previous_year::ESTIMATOR,
    &e12_load_profiling_channel::ESTIMATOR,
    &e11_profile::ESTIMATOR,
    &e13_average_daily_load::ESTIMATOR,
    &e14_flat_from_register::ESTIMATOR,
    &e19_gap_record::ESTIMATOR,
    &e20_final_estimate::ESTIMATOR,
    &automatic::ESTIMATOR,
];

/// The method of an id.
pub fn estimator(id: &str) -> Option<&'static Estimator> {
    ESTIMATORS.iter().find(|estimator| estimator.id == id).copied()
}
