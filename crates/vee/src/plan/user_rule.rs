//! User-defined rules: named formulas with the parameters of the guidance's product.

use model::quality::Status;
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::{ExceptionSeverity, OnFailure, is_false};
use crate::formula::{CountScope, Formula};
use crate::rules::by_formula::{self, Test};
use crate::rules::{Direction, Finding};
use crate::view::View;

/// A rule of a plan that is a formula.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UserRule {
    /// Its own id, `U-` and a name: `U-AMT`.
    pub rule: SmolStr,
    /// The formula, by its name in the plan; a value fails where it is not 0.
    pub named_formula_id: SmolStr,
    /// What a true result means.
    pub true_result_triggers: Trigger,
    /// Whether a failed value waits for a person instead of being estimated (IEE: Route to Queue (Do
    /// not auto estimate)). An exception is recorded in either case.
    #[serde(default, skip_serializing_if = "is_false")]
    pub route_to_queue: bool,
    /// The status that values get where the result is true.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub true_results_status: Option<SmolStr>,
    /// What `@statuscount` counts over.
    #[serde(default, skip_serializing_if = "is_default")]
    pub status_count: CountScope,
    /// The device families it judges; empty means all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub device_families: Vec<SmolStr>,
    /// What a true result says of the value.
    #[serde(default, skip_serializing_if = "is_default")]
    pub direction: Direction,
    /// How much a failure matters to the people who look at exceptions.
    #[serde(default, skip_serializing_if = "ExceptionSeverity::is_medium")]
    pub severity: ExceptionSeverity,
    /// Values with any of these statuses do not fail.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub statuses_to_ignore: Vec<SmolStr>,
}

/// What the true result of a user-defined rule means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Trigger {
    /// The value is questionable.
    Warn,
    /// The value failed.
    Fail,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

impl UserRule {
    /// The word for what a failure means.
    pub fn on_failure(&self) -> OnFailure {
        match (self.true_result_triggers, self.route_to_queue) {
            (Trigger::Warn, _) => OnFailure::Warn,
            (Trigger::Fail, true) => OnFailure::Review,
            (Trigger::Fail, false) => OnFailure::Estimate,
        }
    }
}

/// A user-defined rule whose formula and statuses are known.
#[derive(Clone, Debug)]
pub(crate) struct UserTest {
    pub rule: UserRule,
    pub formula: Formula,
    pub stamp: Status,
}

impl UserTest {
    pub(crate) fn judge(&self, view: &View<'_>) -> Finding {
        let families = &self.rule.device_families;
        match view.context.device.family {
            _ if families.is_empty() => {}
            None => return Finding::NotApplicable("the family of the meter is not known".into()),
            Some(family) if families.iter().any(|covered| covered == family) => {}
            Some(family) => {
                return Finding::NotApplicable(format!("the rule does not cover the family {family}").into());
            }
        }
        let test = Test {
            name: &self.rule.named_formula_id,
            formula: &self.formula,
            scope: self.rule.status_count,
            stamp: self.stamp,
            direction: self.rule.direction,
        };
        by_formula::judge(view, test)
    }
}
