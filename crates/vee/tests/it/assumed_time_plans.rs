//! Plans for assumed meter time.

use vee::Plan;
use vee::formula::NamedFormula;
use vee::plan::UserRule;

use crate::notation::repository;

/// The rule and the zero fill as printed and nothing else.
pub fn as_printed() -> Plan {
    let path = repository().join("config/plans/assumed-time-as-printed.toml");
    let text = std::fs::read_to_string(path).expect("an example");
    toml::from_str(&text).expect("a plan")
}

/// The same with a rule of ours for the TIME ADJUSTED interval after the span, which is estimated.
pub fn complete() -> Plan {
    let mut plan = as_printed();
    let text = "@status($input, \"TIME ADJUSTED\") AND NOT @status($input, EST)";
    plan.formula.push(NamedFormula { name: "TIME ADJUSTED interval".into(), text: text.into() });
    let rule = UserRule {
        rule: "U-TIME-ADJUSTED".into(),
        named_formula_id: "TIME ADJUSTED interval".into(),
        true_results_status: None,
        ..plan.user_rule[0].clone()
    };
    plan.user_rule.push(rule);
    plan
}
