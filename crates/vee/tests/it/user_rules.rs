//! User-defined rules and the switches of a plan.

use model::quality::Status;
use vee::context::Device;
use vee::formula::NamedFormula;
use vee::plan::{ExceptionSeverity, OnFailure, Plan, RuleEntry, Trigger, UserRule};
use vee::rules::Direction;
use vee::{Context, Outcome, Queue, Verdict, run};

use crate::notation::{Series, checked, context, empty_plan, final_values, stamp};

/// A plan with one user-defined rule that fails values above 10.
fn plan(change: impl FnOnce(&mut UserRule)) -> Plan {
    let text = "\
        rule = \"U-HIGH\"\nnamed_formula_id = \"high\"\ntrue_result_triggers = \"FAIL\"\n\
        true_results_status = \"TIME ADJUSTED\"\ndirection = \"too-high\"\nseverity = \"high\"";
    let mut rule: UserRule = toml::from_str(text).expect("TOML");
    change(&mut rule);
    let formula = NamedFormula { name: "high".into(), text: "$input > 10".into() };
    Plan { user_rule: vec![rule], formula: vec![formula], ..empty_plan() }
}

fn decided(plan: Plan, context: &Context<'_>) -> (Outcome, Vec<Option<i64>>) {
    let series = Series::read("5v 20v 5v 30o", 0);
    let day = series.ordinary_day(3600);
    let outcome = run(&day, context, &checked(plan), stamp());
    let values = final_values(&day, &outcome);
    (outcome, values)
}

#[test]
fn triggers_and_routing_decide_what_a_failure_does() {
    for (trigger, route_to_queue, value, mark, queue) in [
        (Trigger::Warn, false, Some(20), Status::QUESTIONABLE, Queue::Record),
        (Trigger::Warn, true, Some(20), Status::QUESTIONABLE, Queue::ManualWork),
        (Trigger::Fail, false, None, Status::FAILED | Status::ESTIMATE_NEEDED, Queue::Record),
        (Trigger::Fail, true, Some(20), Status::FAILED, Queue::ManualWork),
    ] {
        let (outcome, values) = decided(
            plan(|rule| {
                rule.true_result_triggers = trigger;
                rule.route_to_queue = route_to_queue;
            }),
            &context(0),
        );
        assert_eq!(values[1], value);
        let status = outcome.final_day.values[0].status;
        assert!(status.contains(mark | Status::TIME_ADJUSTED), "{status}");
        let exception = &outcome.exceptions[0];
        assert_eq!((exception.queue, exception.severity), (queue, ExceptionSeverity::High));
        assert_eq!((exception.direction, exception.from, exception.to), (Direction::TooHigh, 1, 2));
        assert_eq!(
            exception.evidence,
            "`high` holds for 1 value at 01:00, up to 20 kWh, marked validated; the formula is `$input > 10`"
        );
        assert_eq!(outcome.final_day.failures[0].rule, "U-HIGH");
    }
}

#[test]
fn route_to_queue_overrides_what_the_word_says() {
    for (on_failure, switch, value, queue) in [
        (OnFailure::Review, None, Some(-3), Queue::ManualWork),
        (OnFailure::Review, Some(false), Some(-3), Queue::Record),
        // No method could mend it, so somebody has to.
        (OnFailure::Estimate, None, None, Queue::ManualWork),
        (OnFailure::Estimate, Some(false), None, Queue::Record),
        // What waits for a person is not estimated.
        (OnFailure::Estimate, Some(true), Some(-3), Queue::ManualWork),
        (OnFailure::Warn, None, Some(-3), Queue::Record),
    ] {
        let entry = RuleEntry { route_to_queue: switch, ..RuleEntry::new("V38", on_failure) };
        let series = Series::read("5 -3 5", 0);
        let day = series.ordinary_day(3600);
        let outcome = run(&day, &context(0), &checked(Plan { validate: vec![entry], ..empty_plan() }), stamp());
        assert_eq!((final_values(&day, &outcome)[1], outcome.exceptions[0].queue), (value, queue), "{on_failure:?}");
    }
}

#[test]
fn statuses_to_ignore_keep_values_from_failing() {
    let (outcome, _) = decided(plan(|rule| rule.statuses_to_ignore = vec!["POWER".into()]), &context(0));
    assert_eq!(outcome.exceptions.iter().map(|fault| fault.from).collect::<Vec<_>>(), [1]);
    let entry = RuleEntry { statuses_to_ignore: vec!["PV".into()], ..RuleEntry::new("V38", OnFailure::Estimate) };
    let series = Series::read("-1v -1 -1v -1", 0);
    let plan = checked(Plan { validate: vec![entry], ..empty_plan() });
    let outcome = run(&series.ordinary_day(3600), &context(0), &plan, stamp());
    let slots: Vec<(u16, u16)> = outcome.exceptions.iter().map(|fault| (fault.from, fault.to)).collect();
    assert_eq!((slots, outcome.results[0].slots_failed), (vec![(1, 2), (3, 4)], 2));
}

#[test]
fn a_rule_judges_its_families_alone() {
    let only = |rule: &mut UserRule| rule.device_families = vec!["OpenWay Riva".into()];
    for (family, verdict) in [
        (Some("OpenWay Riva"), Verdict::Failed),
        (Some("Gen5 Riva"), Verdict::NotApplicable),
        (None, Verdict::NotApplicable),
    ] {
        let device = Device { family, ..Device::default() };
        let (outcome, _) = decided(plan(only), &Context { device, ..context(0) });
        assert_eq!(outcome.results[0].verdict, verdict, "{family:?}");
    }
}

#[test]
fn a_value_that_cannot_be_calculated_waits_for_a_person() {
    let mut plan = plan(|_| {});
    plan.formula[0].text = "10 / ($input - 5) > 1".into();
    let (outcome, values) = decided(plan.clone(), &context(0));
    assert_eq!(values, [Some(5), Some(20), Some(5), Some(30)]);
    let first = &outcome.exceptions[0];
    assert_eq!((first.from, first.to, first.queue), (0, 1, Queue::ManualWork));
    assert_eq!(first.evidence, "`high` cannot judge 1 value at 00:00: division by zero in `(10 / ($input - 5))`");
    plan.formula[0].text = "$check > 1".into();
    let (outcome, _) = decided(plan, &context(0));
    let [told] = &outcome.exceptions[..] else { panic!("{:?}", outcome.exceptions) };
    assert_eq!((told.from, told.to, told.queue), (0, 4, Queue::ManualWork));
    assert!(
        told.evidence.starts_with("`high` cannot judge the day: the day has no channel `check`; enter"),
        "{told:?}"
    );
    let [failure] = &outcome.final_day.failures[..] else { panic!("{:?}", outcome.final_day.failures) };
    assert!(failure.routed && !failure.blocks, "a person sees it, and the values stand");
}

#[test]
fn wrong_rules_are_told_on_load() {
    for (change, field, message) in [
        (("rule", "HIGH"), "user_rule[0].rule", "found `HIGH`, expected an id such as `U-AMT`"),
        (("status", "CLOK"), "user_rule[0].true_results_status", "found `CLOK`, expected a status"),
        (("ignore", "CLOK"), "user_rule[0].statuses_to_ignore", "found `CLOK`, expected a status"),
        (("formula", "low"), "user_rule[0].named_formula_id", "there is no usable formula `low`; the plan has: high"),
        (("text", "$input >"), "formula[0].text", "the formula `high` is wrong at column 9: expected a number"),
    ] {
        let mut plan = plan(|rule| match change {
            ("rule", id) => rule.rule = id.into(),
            ("status", name) => rule.true_results_status = Some(name.into()),
            ("ignore", name) => rule.statuses_to_ignore = vec![name.into()],
            ("formula", name) => rule.named_formula_id = name.into(),
            _ => {}
        });
        if let ("text", text) = change {
            plan.formula[0].text = text.into();
        }
        let findings = plan.check().expect_err(field);
        assert_eq!(findings[0].field, field);
        assert!(findings[0].message.starts_with(message), "{findings:?}");
    }
    let mut twice = plan(|_| {});
    twice.user_rule.push(twice.user_rule[0].clone());
    assert_eq!(twice.check().expect_err("twice")[0].message, "`U-HIGH` is listed twice; keep one entry");
}
