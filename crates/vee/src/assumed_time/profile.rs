//! Plans for assumed meter time.

use model::quality::iee;
use smol_str::SmolStr;

use super::FORMULA;
use crate::formula::{CountScope, NamedFormula};
use crate::plan::{EstimatorEntry, ExceptionSeverity, Plan, Trigger, UserRule};
use crate::rules::Direction;

/// How closely a plan follows the guidance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// The rule and the zero fill as printed and nothing else.
    Strict,
    /// With a rule of ours for the TIME ADJUSTED interval after the span, which is estimated.
    Complete,
}

impl Profile {
    /// The standard plan with the user-defined rule, its formula and the zero fill as its first routine;
    /// estimates are validated again.
    pub fn plan(self) -> Plan {
        let mut plan = Plan::standard();
        plan.name = "assumed meter time as printed".into();
        plan.validate_estimates = true;
        plan.formula.push(formula("AMT intervals", FORMULA));
        plan.user_rule.push(rule("U-AMT", "AMT intervals", Some("AMT")));
        if self == Self::Complete {
            let text = "@status($input, \"TIME ADJUSTED\") AND NOT @status($input, EST)";
            plan.formula.push(formula("TIME ADJUSTED interval", text));
            plan.user_rule.push(rule("U-TIME-ADJUSTED", "TIME ADJUSTED interval", None));
        }
        let settings = [("value_to_substitute", "0 kWh"), ("only_status", iee::NAMES[0].0)];
        let settings = settings.map(|(name, text)| (name.into(), text.into()));
        let replacement = EstimatorEntry {
            exclude_from_scaling: true,
            settings: settings.into_iter().collect(),
            ..EstimatorEntry::new("E15")
        };
        plan.estimate.insert(0, replacement);
        plan
    }
}

fn formula(name: &str, text: &str) -> NamedFormula {
    NamedFormula { name: name.into(), text: text.into() }
}

fn rule(id: &str, formula: &str, status: Option<&str>) -> UserRule {
    UserRule {
        rule: id.into(),
        named_formula_id: formula.into(),
        true_result_triggers: Trigger::Fail,
        route_to_queue: false,
        true_results_status: status.map(SmolStr::from),
        status_count: CountScope::Interval,
        device_families: Vec::new(),
        direction: Direction::Other,
        severity: ExceptionSeverity::Medium,
        statuses_to_ignore: Vec::new(),
    }
}
