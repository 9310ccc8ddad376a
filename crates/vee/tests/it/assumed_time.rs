//! Assumed meter time: the rule and the zero fill, against the guidance line by line.

use jiff::{SignedDuration, Timestamp};
use model::finding::Severity;
use model::quality::Status;
use model::quality::validation::ValidationStatus::{self, Fv, Pv};
use model::quantity::Decimal;
use model::time::TimeRange;
use vee::assumed_time::{FIVE, FORMULA};
use vee::context::RegisterPair;
use vee::formula::{CountScope, Formula, explain};
use vee::plan::{OnFailure, Trigger};
use vee::{Context, Day, Measured, Outcome, Plan, Queue, Total, Validation, Verdict, run};

use crate::assumed_time_plans::{as_printed, complete};
use crate::notation::{Series, checked, context, final_values, plan_of_rule, stamp};

/// Six hours from midnight, of which the third and fourth were stamped with an assumed time.
pub fn two_assumed_hours() -> Series {
    let mut series = Series::read("5 5 8 9 5 5", 0);
    series.statuses[2] = FIVE;
    series.statuses[3] = FIVE;
    series
}

pub fn status(day: &Day<'_>, outcome: &Outcome, slot: u16) -> Status {
    let listed = outcome.final_day.values.iter().find(|listed| listed.slot == slot);
    listed.map_or(outcome.final_day.status | day.status(slot), |listed| listed.status)
}

/// The rules and statuses of the guidance without its estimation set.
fn rules_only(mut plan: Plan) -> Plan {
    plan.estimate.clear();
    plan
}

// covers: AMT-VAL-01
#[test]
fn the_formula_is_read_as_printed_and_has_the_printed_truth_table() {
    let formula = Formula::parse(FORMULA).expect("the formula of the guidance");
    assert_eq!(
        formula.text(),
        "@if(@status($input \\AND, CLOCK, IOBOARD, IRREGULAR, POWER, TIMERESET), @if(@statuscount($input \\AMT) = 0 OR \
         @status($input \\AND, ESTNEEDED), 1, 0), 0)"
    );
    let five =
        [Status::CLOCK_ERROR, Status::HARDWARE, Status::PARTIAL_INTERVAL, Status::POWER_FAILURE, Status::TIME_RESET];
    for set in 0..128_u32 {
        let has = |bit: u32| set >> bit & 1 == 1;
        let flags = (0..5).filter(|bit| has(*bit)).map(|bit| five[bit as usize]);
        let mut status = flags.fold(Status::NONE, |all, flag| all | flag);
        status |= if has(5) { Status::ASSUMED_TIME } else { Status::NONE };
        status |= if has(6) { Status::ESTIMATE_NEEDED } else { Status::NONE };
        let series = Series { values: vec![1], statuses: vec![status] };
        let found = explain(&formula, &series.ordinary_day(3600), &context(0), 0, CountScope::Interval).value;
        let expected = set & 31 == 31 && (!has(5) || has(6));
        assert_eq!(found, if expected { "1" } else { "0" }, "{status}");
    }
}

/// T-02: the two meanings differ where a block holds marked and new intervals.
#[test]
fn the_scope_of_the_status_count_is_a_switch() {
    let mut series = two_assumed_hours();
    series.statuses[2] |= Status::ASSUMED_TIME;
    let day = series.ordinary_day(3600);
    for (scope, slots) in [(CountScope::Interval, vec![(3, 4)]), (CountScope::Block, vec![])] {
        let mut plan = rules_only(as_printed());
        plan.user_rule[0].status_count = scope;
        let outcome = run(&day, &context(0), &checked(plan), stamp());
        let faults = outcome.exceptions.iter().filter(|fault| fault.rule == "U-AMT");
        assert_eq!(faults.map(|fault| (fault.from, fault.to)).collect::<Vec<_>>(), slots, "{scope:?}");
        let mut plan = Plan::standard();
        plan.validate = vec![vee::plan::RuleEntry::new("V27", OnFailure::Estimate)];
        let word = if scope == CountScope::Block { "block" } else { "interval" };
        plan.validate[0].settings.insert("status_count".into(), word.into());
        let outcome = run(&day, &context(0), &checked(plan), stamp());
        assert_eq!(outcome.results[0].verdict == Verdict::Failed, scope == CountScope::Interval);
    }
}

// covers: AMT-VAL-02, AMT-VAL-03, AMT-VAL-04, AMT-VAL-05, AMT-FRM-06
#[test]
fn the_rule_has_the_parameters_of_the_guidance() {
    let plan = as_printed();
    let rule = &plan.user_rule[0];
    assert_eq!((rule.named_formula_id.as_str(), plan.formula[0].text.as_str()), ("AMT intervals", FORMULA));
    assert_eq!((rule.true_result_triggers, rule.route_to_queue), (Trigger::Fail, false));
    assert_eq!(rule.true_results_status.as_deref(), Some("AMT"));
    let standard = Plan::standard();
    assert_eq!((&plan.validate, &plan.estimate[1..]), (&standard.validate, &standard.estimate[..]), "as it is else");

    let mut unknown = plan.clone();
    unknown.user_rule[0].named_formula_id = "another".into();
    let findings = unknown.check().expect_err("no such formula");
    assert_eq!(findings[0].field, "user_rule[0].named_formula_id");
    assert!(findings[0].message.contains("add it as [[formula]] first"), "{}", findings[0]);

    // One edit of the formula changes every rule that uses it.
    let mut two = rules_only(plan);
    let mut other = two.user_rule[0].clone();
    other.rule = "U-OTHER".into();
    two.user_rule.push(other);
    let series = two_assumed_hours();
    let day = series.ordinary_day(3600);
    let failed = |plan: &Plan| run(&day, &context(0), &checked(plan.clone()), stamp()).exceptions.len();
    assert_eq!(failed(&two), 2);
    two.formula[0].text = "0".into();
    assert_eq!(failed(&two), 0);
}

// covers: AMT-VAL-06, AMT-FRM-05
#[test]
fn found_intervals_are_amt_failed_and_need_an_estimate_and_an_exception_is_recorded() {
    let series = two_assumed_hours();
    let day = series.ordinary_day(3600);
    let outcome = run(&day, &context(0), &checked(rules_only(as_printed())), stamp());
    for slot in [2, 3] {
        let status = status(&day, &outcome, slot);
        assert!(status.contains(Status::ASSUMED_TIME | Status::FAILED | Status::ESTIMATE_NEEDED | FIVE), "{status}");
        assert_eq!(ValidationStatus::of(status), Fv);
    }
    let [exception] = &outcome.exceptions[..] else { panic!("{:?}", outcome.exceptions) };
    assert_eq!((exception.rule.as_str(), exception.from, exception.to), ("U-AMT", 2, 4));
    assert_eq!(exception.queue, Queue::Record, "an entry although the rule does not route to the queue (T-04)");
    let evidence = "`AMT intervals` holds for 2 values from 02:00 to 04:00, up to 9 kWh, marked power failure, partial \
                    interval, clock adjusted, clock error, hardware fault";
    assert_eq!(exception.evidence, evidence);
    let mut routed = rules_only(as_printed());
    routed.user_rule[0].route_to_queue = true;
    let outcome = run(&day, &context(0), &checked(routed), stamp());
    assert_eq!(outcome.exceptions[0].queue, Queue::ManualWork);
    assert_eq!(final_values(&day, &outcome)[2], Some(8), "a routed value is not estimated");
}

// covers: AMT-EST-01, AMT-EST-06, AMT-BKG-04
#[test]
fn assumed_hours_become_zeros_that_pass_the_second_validation() {
    let series = two_assumed_hours();
    let day = series.ordinary_day(3600);
    let outcome = run(&day, &context(0), &checked(as_printed()), stamp());
    assert_eq!(final_values(&day, &outcome), [5, 5, 0, 0, 5, 5].map(Some));
    for slot in [2, 3] {
        let status = status(&day, &outcome, slot);
        assert!(status.contains(Status::ESTIMATED | Status::VALIDATED | Status::ASSUMED_TIME), "{status}");
        assert_eq!(ValidationStatus::of(status), Pv);
        assert_eq!(outcome.final_day.values[usize::from(slot) - 2].method, "E15");
    }
    let second = |rule: &str| {
        let results = outcome.results.iter().filter(|result| result.validation == Validation::Secondary);
        results.clone().find(|result| result.rule == rule).map(|result| result.verdict)
    };
    assert_eq!(second("U-AMT"), Some(Verdict::Passed));
    assert_eq!(second("V38"), Some(Verdict::Passed));
    assert!(outcome.exceptions.iter().all(|exception| exception.validation == Validation::Primary));
    assert!(outcome.final_day.failures.iter().all(|failure| !failure.blocks));
}

/// An estimate that fails the second validation waits for a person and is not estimated again.
#[test]
fn a_bad_estimate_is_found_by_the_second_validation() {
    let mut plan = as_printed();
    plan.estimate[0].settings.insert("value_to_substitute".into(), "90 kWh".into());
    let series = two_assumed_hours();
    let day = series.ordinary_day(3600);
    plan.formula.push(vee::formula::NamedFormula { name: "high".into(), text: "$input > 20".into() });
    plan.user_rule.push(vee::plan::UserRule {
        rule: "U-HIGH".into(),
        named_formula_id: "high".into(),
        true_results_status: None,
        ..plan.user_rule[0].clone()
    });
    let outcome = run(&day, &context(0), &checked(plan), stamp());
    assert_eq!(final_values(&day, &outcome)[2], Some(90));
    let status = status(&day, &outcome, 2);
    assert!(status.contains(Status::ESTIMATED | Status::FAILED) && !status.contains(Status::VALIDATED), "{status}");
    let exception = outcome.exceptions.iter().find(|exception| exception.rule == "U-HIGH").expect("an exception");
    assert_eq!((exception.validation, exception.queue), (Validation::Secondary, Queue::ManualWork));
}

// covers: AMT-EST-02
#[test]
fn only_reads_with_the_chosen_status_are_replaced() {
    let mut series = two_assumed_hours();
    series.values[0] = vee::MISSING;
    let day = series.ordinary_day(3600);
    let estimated = |only: &str| {
        let mut plan = as_printed();
        plan.estimate.truncate(1);
        plan.estimate[0].settings.insert("only_status".into(), only.into());
        final_values(&day, &run(&day, &context(0), &checked(plan), stamp()))
    };
    assert_eq!(estimated("AMT"), [None, Some(5), Some(0), Some(0), Some(5), Some(5)]);
    assert_eq!(estimated("none"), [0, 5, 0, 0, 5, 5].map(Some));
}

/// The register counted 48 over the six hours, of which 20 are measured and 8 stand for a gap.
fn register(used: i64) -> Total {
    let start: Timestamp = "2026-01-14T06:00:00Z".parse().expect("instant");
    let pair = RegisterPair {
        start: Decimal::new(100, 0),
        end: Decimal::new(100 + used, 0),
        multiplier: Decimal::new(1, 0),
        dials: 5,
        decimals: 0,
    };
    let range = TimeRange { start, end: start + SignedDuration::from_hours(6) };
    Total { range, measured: Measured::Register(pair), elsewhere: None }
}

// covers: AMT-EST-03, AMT-FUP-03, SCALING-EXCLUDED
#[test]
fn zeros_stay_zero_when_the_rest_is_scaled() {
    let mut series = two_assumed_hours();
    series.values[5] = vee::MISSING;
    let day = series.ordinary_day(3600);
    let totals = [register(32)];
    let context = Context { totals: &totals, ..context(0) };
    let mut plan = as_printed();
    let outcome = run(&day, &context, &checked(plan.clone()), stamp());
    // 15 are measured and 17 are left for the one estimate that may change.
    assert_eq!(final_values(&day, &outcome), [5, 5, 0, 0, 5, 17].map(Some));
    plan.estimate[0].exclude_from_scaling = false;
    plan.estimate[0].settings.insert("value_to_substitute".into(), "1 kWh".into());
    let notes: Vec<String> = checked(plan.clone()).notes().iter().map(|note| note.field.to_string()).collect();
    assert_eq!(notes, ["estimate[0].exclude_from_scaling"]);
    let values = final_values(&day, &run(&day, &context, &checked(plan), stamp()));
    assert_ne!(values[2], Some(1), "what is not excluded is scaled");
    assert_eq!(values.iter().flatten().sum::<i64>(), 32);
}

// covers: AMT-EST-04, AMT-BKG-03
#[test]
fn the_replacement_comes_first() {
    let mut plan = as_printed();
    assert_eq!(checked(plan.clone()).notes(), []);
    plan.estimate.rotate_left(1);
    let notes = checked(plan.clone()).notes().to_vec();
    assert_eq!((notes[0].field.as_str(), notes[0].severity), ("estimate[2]", Severity::Warning));
    assert!(notes[0].message.ends_with("put E15 first"), "{}", notes[0].message);
    // Routines run in order, each on what is still open: interpolation takes the hours before the zeros come.
    let series = two_assumed_hours();
    let day = series.ordinary_day(3600);
    let wrong = final_values(&day, &run(&day, &context(0), &checked(plan.clone()), stamp()));
    assert_eq!(wrong, [5, 5, 5, 5, 5, 5].map(Some));
    // Rules have no order.
    plan.user_rule.reverse();
    plan.validate.reverse();
    assert_eq!(final_values(&day, &run(&day, &context(0), &checked(plan), stamp())), wrong);
}

// covers: AMT-EST-05
#[test]
fn the_six_statuses_must_not_be_ignored() {
    for name in ["AMT", "CLOCK", "IOBOARD", "IRREGULAR", "POWER", "TIMERESET"] {
        let mut plan = as_printed();
        plan.estimate[0].statuses_to_ignore = vec![name.into()];
        let findings = plan.check().expect_err(name);
        assert_eq!(findings[0].field, "estimate[0].statuses_to_ignore");
        assert!(findings[0].message.starts_with(&format!("{name} would be skipped")), "{}", findings[0]);
    }
    let mut plan = as_printed();
    plan.estimate[0].statuses_to_ignore = vec!["TIME ADJUSTED".into()];
    assert!(plan.check().is_ok());
    // Ignored statuses keep a method from an interval.
    let series = two_assumed_hours();
    let day = series.ordinary_day(3600);
    plan.estimate.remove(0);
    plan.estimate[0].statuses_to_ignore = vec!["AMT".into()];
    plan.estimate.truncate(1);
    assert_eq!(final_values(&day, &run(&day, &context(0), &checked(plan), stamp()))[2], None);
}

// covers: AMT-EST-07
#[test]
fn the_time_adjusted_interval_is_left_alone_in_the_strict_profile_and_estimated_in_the_complete_one() {
    let mut series = two_assumed_hours();
    series.values[4] = 40;
    series.statuses[4] = Status::TIME_ADJUSTED;
    let day = series.ordinary_day(3600);
    let decided = |plan: Plan| run(&day, &context(0), &checked(plan), stamp());
    let strict = decided(as_printed());
    assert_eq!(final_values(&day, &strict)[4], Some(40));
    let by_time = strict.exceptions.iter().filter(|exception| exception.rule == "U-TIME-ADJUSTED").count();
    assert_eq!((by_time, status(&day, &strict, 4).contains(Status::TIME_ADJUSTED)), (0, true));
    let complete = decided(complete());
    assert_eq!(final_values(&day, &complete)[4], Some(5));
    assert!(status(&day, &complete, 4).contains(Status::ESTIMATED | Status::TIME_ADJUSTED));
}

#[test]
fn the_built_rule_says_the_same_as_the_user_defined_one() {
    let series = two_assumed_hours();
    let day = series.ordinary_day(3600);
    let outcome = run(&day, &context(0), &plan_of_rule("V27", OnFailure::Review), stamp());
    assert_eq!((outcome.exceptions[0].from, outcome.exceptions[0].to), (2, 4));
    assert!(status(&day, &outcome, 2).contains(Status::ASSUMED_TIME | Status::FAILED));
    let clean = Series::read("1 2 3", 0);
    let outcome = run(&clean.ordinary_day(3600), &context(0), &plan_of_rule("V27", OnFailure::Review), stamp());
    assert_eq!(outcome.results[0].verdict, Verdict::Passed);
}
