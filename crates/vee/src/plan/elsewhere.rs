//! Where the ids of the catalogue belong that stand in a part of a plan that does not have them.

use crate::catalogue::{CATALOGUE, State};
use crate::{estimators, process, register, rules};

/// What an id of the catalogue is and where it belongs, as the end of a sentence; `None` of an id that is in no book.
pub(super) fn belongs(id: &str) -> Option<&'static str> {
    if id.starts_with("U-") {
        return Some("a rule that is a formula: it belongs under [[user_rule]]");
    }
    let entry = CATALOGUE.iter().find(|entry| entry.id == id)?;
    Some(match entry.state {
        _ if rules::rule(id).is_some() => "a rule of intervals: it belongs under [[validate]]",
        _ if register::rules::rule(id).is_some() => "a rule of registers: it belongs under [[register.validate]]",
        _ if estimators::estimator(id).is_some() => "a method for intervals: it belongs under [[estimate]]",
        _ if register::estimators::estimator(id).is_some() => {
            "a method for registers: it belongs under [[register.estimate]]"
        }
        _ if process::is_of_plans(id) => "a rule about many days: it belongs under [[process]]",
        State::Admission => "a check of what is taken in, made before any plan: leave it out",
        State::Determinants => "a check of billing determinants: it belongs into their definition",
        State::Plan => "a switch of the plan: write `validate_estimates = true`",
        State::Built | State::Library => "no rule of a plan: leave it out",
    })
}
