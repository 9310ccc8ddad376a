//! What a plan looks at beside the channel's own days.

use vee::Plan;
use vee::context::Role;
use vee::formula::NamedFormula;
use vee::plan::needs::Needs;
use vee::plan::{EstimatorEntry, OnFailure, RuleEntry};

use crate::notation::{checked, empty_plan};

#[test]
fn the_standard_plan_needs_nothing() {
    let plan = checked(Plan::standard());
    assert_eq!((plan.rule_needs(), plan.method_needs()), (Needs::NONE, Needs::NONE));
    assert!(plan.summary_spans().is_empty());
}

#[test]
fn rules_and_methods_say_what_they_need() {
    let mut plan = empty_plan();
    plan.validate = ["V60", "V42"].map(|id| RuleEntry::new(id, OnFailure::Warn)).to_vec();
    plan.estimate = vec![EstimatorEntry::new("E12")];
    let plan = checked(plan);
    assert!(plan.rule_needs().wants(Role::Check) && plan.rule_needs().wants(Role::Reactive));
    assert!(!plan.rule_needs().wants(Role::LoadProfile) && plan.method_needs().wants(Role::LoadProfile));
    assert!(!plan.method_needs().wants(Role::Check));
}

#[test]
fn a_formula_that_names_a_channel_needs_all_of_them() {
    let with = |text: &str| {
        let mut plan = empty_plan();
        plan.formula = vec![NamedFormula { name: "apart".into(), text: text.into() }];
        plan.validate = vec![RuleEntry::new("V40", OnFailure::Warn)];
        plan.validate[0].settings.insert("formula".into(), text.into());
        checked(plan).rule_needs()
    };
    assert_eq!(with("$input > 2 * @avg($input)"), Needs::NONE);
    assert_eq!(with("@if($input > 1, $check > 2, 0)"), Needs::COMPANIONS);
}

#[test]
fn high_and_low_usage_look_back_as_far_as_their_settings_say() {
    let spans = |id: &str, given: &[(&str, &str)]| {
        let mut entry = RuleEntry::new(id, OnFailure::Warn);
        entry.settings = given.iter().map(|(name, text)| ((*name).into(), (*text).into())).collect();
        checked(Plan { validate: vec![entry], ..empty_plan() }).summary_spans()
    };
    assert_eq!(spans("V34", &[]), [(1, 1)]);
    // 364 days, and 3 before and after.
    assert_eq!(spans("V35", &[]), [(1, 7), (361, 367)]);
    assert_eq!(spans("V35", &[("order", "previous days"), ("previous_days", "30 days")]), [(1, 30)]);
    assert_eq!(spans("V76", &[("order", "class profile")]), []);
    assert_eq!(spans("V31", &[]), []);
}
