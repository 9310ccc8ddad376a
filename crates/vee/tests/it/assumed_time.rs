//! Assumed meter time: the rule, the zero fill and what follows, against the guidance line by line.

use jiff::{SignedDuration, Timestamp};
use model::finding::Severity;
use model::quality::Status;
use model::quality::validation::ValidationStatus::{self, Fv, Ma, Pv};
use model::quantity::Decimal;
use model::time::TimeRange;
use vee::assumed_time::{
    BalanceSlot, FAMILIES, FIVE, FORMULA, Profile, ShiftRefusal, Stamped, Support, balance, shift, support,
};
use vee::context::{Device, RegisterPair};
use vee::formula::{CountScope, Formula, explain};
use vee::plan::{OnFailure, Trigger};
use vee::{Context, Day, Decision, DecisionKind, Measured, Outcome, Plan, Queue, Total, Validation, Verdict, run};

use crate::notation::{Series, checked, context, final_values, plan_of_rule, repository, stamp};

/// Six hours from midnight, of which the third and fourth were stamped with an assumed time.
fn two_assumed_hours() -> Series {
    let mut series = Series::read("5 5 8 9 5 5", 0);
    series.statuses[2] = FIVE;
    series.statuses[3] = FIVE;
    series
}

fn status(day: &Day<'_>, outcome: &Outcome, slot: u16) -> Status {
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
        let mut plan = rules_only(Profile::Strict.plan());
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
    let plan = Profile::Strict.plan();
    let rule = &plan.user_rule[0];
    assert_eq!((rule.named_formula_id.as_str(), plan.formula[0].text.as_str()), ("AMT intervals", FORMULA));
    assert_eq!((rule.true_result_triggers, rule.route_to_queue), (Trigger::Fail, false));
    assert_eq!(rule.true_results_status.as_deref(), Some("AMT"));
    let path = repository().join("config/plans/assumed-time-as-printed.toml");
    let shipped: Plan = toml::from_str(&std::fs::read_to_string(path).expect("the shipped plan")).expect("TOML");
    assert_eq!(shipped, plan);

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
    let outcome = run(&day, &context(0), &checked(rules_only(Profile::Strict.plan())), stamp());
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
    let mut routed = rules_only(Profile::Strict.plan());
    routed.user_rule[0].route_to_queue = true;
    let outcome = run(&day, &context(0), &checked(routed), stamp());
    assert_eq!(outcome.exceptions[0].queue, Queue::ManualWork);
    assert_eq!(final_values(&day, &outcome)[2], Some(8), "a routed value is not estimated");
}

// covers: AMT-VAL-07, AMT-EST-09
#[test]
fn only_the_centron_families_are_judged() {
    let series = two_assumed_hours();
    let day = series.ordinary_day(3600);
    for (family, firmware, is_covered) in [
        ("OpenWay CENTRON", "7.0.187", true),
        ("Gen5 CENTRON", "2.008", true),
        ("OpenWay Riva", "5.4.398", false),
        ("Gen5 Riva", "10.8.569", false),
        ("OpenWay CENTRON", "7.0.186", false),
    ] {
        let device = Device { family: Some(family), firmware: Some(firmware), ..Device::default() };
        let context = Context { device, ..context(0) };
        let mut plan = Profile::Strict.plan();
        plan.user_rule.clear();
        plan.validate = vec![vee::plan::RuleEntry::new("V27", OnFailure::Estimate)];
        let outcome = run(&day, &context, &checked(plan.clone()), stamp());
        let marked = status(&day, &outcome, 2).contains(Status::ASSUMED_TIME);
        let zeroed = final_values(&day, &outcome)[2] == Some(0);
        assert_eq!((marked, zeroed), (is_covered, is_covered), "{family} {firmware}");
        if !is_covered {
            let [told] = &outcome.exceptions[..] else { panic!("{:?}", outcome.exceptions) };
            assert_eq!((told.queue, told.from, told.to), (Queue::ManualWork, 2, 4), "{family} {firmware}");
            assert!(told.evidence.contains(family), "{}", told.evidence);
            assert!(status(&day, &outcome, 2).contains(Status::QUESTIONABLE));
            let settings = &mut plan.validate[0].settings;
            settings.insert("not_covered".into(), "pass over".into());
            let passed_over = run(&day, &context, &checked(plan.clone()), stamp());
            assert_eq!(passed_over.results[0].verdict, Verdict::NotApplicable);
            assert!(passed_over.results[0].reason.contains(family), "{}", passed_over.results[0].reason);
            plan.validate[0].settings.insert("families".into(), "supported".into());
            let judged = run(&day, &context, &checked(plan), stamp()).results[0].verdict == Verdict::Failed;
            assert_eq!(judged, family.ends_with("Riva"), "a Riva rule is active once it is configured (T-07)");
        }
    }
}

// covers: AMT-DEV-01, AMT-DEV-02
#[test]
fn the_shipped_plan_replaces_values_of_covered_meters_only() {
    let path = repository().join("config/plans/assumed-time.toml");
    let plan: Plan = toml::from_str(&std::fs::read_to_string(path).expect("the shipped plan")).expect("TOML");
    let plan = checked(plan);
    let series = two_assumed_hours();
    let day = series.ordinary_day(3600);
    for (family, firmware, is_covered) in [
        (Some("OpenWay CENTRON"), Some("7.0.187"), true),
        (Some("OpenWay Riva"), Some("5.4.398"), false),
        (Some("OpenWay CENTRON"), Some("6.0.1"), false),
        (None, None, false),
    ] {
        let device = Device { family, firmware, ..Device::default() };
        let outcome = run(&day, &Context { device, ..context(0) }, &plan, stamp());
        let values = final_values(&day, &outcome);
        let measured = [series.values[2], series.values[3]].map(Some);
        assert_eq!([values[2], values[3]], if is_covered { [Some(0); 2] } else { measured }, "{family:?} {firmware:?}");
        let waits = outcome.exceptions.iter().any(|told| told.rule == "V27" && told.queue == Queue::ManualWork);
        assert_eq!(waits, !is_covered, "{family:?} {firmware:?}");
    }
}

// covers: AMT-DEV-01, AMT-DEV-02, AMT-DEV-03, AMT-DEV-04
#[test]
fn firmware_is_compared_number_by_number() {
    let firmware: Vec<(&str, &str)> = FAMILIES.iter().map(|family| (family.name, family.firmware_lowest)).collect();
    assert_eq!(
        firmware,
        [
            ("OpenWay CENTRON", "7.0.187"),
            ("OpenWay Riva", "5.4.398"),
            ("Gen5 CENTRON", "2.008"),
            ("Gen5 Riva", "10.8.569")
        ]
    );
    for (family, enough, too_old) in [
        ("OpenWay CENTRON", ["7.0.187", "7.0.1000", "7.1", "10.0.0"], ["7.0.186", "7.0", "6.9.999", "0"]),
        ("OpenWay Riva", ["5.4.398", "5.4.400", "5.10", "6"], ["5.4.397", "5.3.999", "4.99.0", "5"]),
        ("Gen5 CENTRON", ["2.008", "2.8", "2.010", "3"], ["2.007", "2.0", "1.999", "2"]),
        ("Gen5 Riva", ["10.8.569", "10.8.1000", "10.10", "11"], ["10.8.568", "9.9.999", "10.7.600", "2.8"]),
    ] {
        for firmware in enough {
            let expected = if family.ends_with("Riva") { Support::NoGuidance } else { Support::Covered };
            assert_eq!(support(family, firmware), expected, "{family} {firmware}");
        }
        for firmware in too_old {
            assert!(matches!(support(family, firmware), Support::None(_)), "{family} {firmware}");
        }
        for unknown in ["", "7.0.187b", "v7", "7..0", "seven", "99999999999", "-1"] {
            assert!(matches!(support(family, unknown), Support::None(_)), "{family} {unknown}");
        }
    }
    assert!(matches!(support("Another", "9.9"), Support::None(_)));
}

// covers: AMT-EST-01, AMT-EST-06, AMT-BKG-04
#[test]
fn assumed_hours_become_zeros_that_pass_the_second_validation() {
    let series = two_assumed_hours();
    let day = series.ordinary_day(3600);
    let outcome = run(&day, &context(0), &checked(Profile::Strict.plan()), stamp());
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
    let mut plan = Profile::Strict.plan();
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
        let mut plan = Profile::Strict.plan();
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

// covers: AMT-EST-03, AMT-FUP-03
#[test]
fn zeros_stay_zero_when_the_rest_is_scaled() {
    let mut series = two_assumed_hours();
    series.values[5] = vee::MISSING;
    let day = series.ordinary_day(3600);
    let totals = [register(32)];
    let context = Context { totals: &totals, ..context(0) };
    let mut plan = Profile::Strict.plan();
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
    let mut plan = Profile::Strict.plan();
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
        let mut plan = Profile::Strict.plan();
        plan.estimate[0].statuses_to_ignore = vec![name.into()];
        let findings = plan.check().expect_err(name);
        assert_eq!(findings[0].field, "estimate[0].statuses_to_ignore");
        assert!(findings[0].message.starts_with(&format!("{name} would be skipped")), "{}", findings[0]);
    }
    let mut plan = Profile::Strict.plan();
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
    let decided = |profile: Profile| run(&day, &context(0), &checked(profile.plan()), stamp());
    let strict = decided(Profile::Strict);
    assert_eq!(final_values(&day, &strict)[4], Some(40));
    let by_time = strict.exceptions.iter().filter(|exception| exception.rule == "U-TIME-ADJUSTED").count();
    assert_eq!((by_time, status(&day, &strict, 4).contains(Status::TIME_ADJUSTED)), (0, true));
    let complete = decided(Profile::Complete);
    assert_eq!(final_values(&day, &complete)[4], Some(5));
    assert!(status(&day, &complete, 4).contains(Status::ESTIMATED | Status::TIME_ADJUSTED));
}

// covers: AMT-EST-08
#[test]
fn received_values_stay_and_final_values_lie_over_them() {
    let series = two_assumed_hours();
    let before = series.clone();
    let day = series.ordinary_day(3600);
    let outcome = run(&day, &context(0), &checked(Profile::Strict.plan()), stamp());
    assert_eq!(series, before, "a subscriber of raw data sees what was received");
    assert_eq!((day.value(2), final_values(&day, &outcome)[2]), (Some(8), Some(0)));
}

fn hour(hour: i64) -> Timestamp {
    "2026-01-14T06:00:00Z".parse::<Timestamp>().expect("instant") + SignedDuration::from_hours(hour)
}

fn at(hours: i64, received: Option<i64>, status: Status) -> Stamped {
    Stamped { start: hour(hours), received, status }
}

/// Power failed at 01:00 and came back at 04:00; the meter stamped what it measured until 06:00, when its clock was set, with
/// 01:00 and 02:00. What is left of the morning is measured.
fn morning() -> Vec<Stamped> {
    let assumed = FIVE | Status::ASSUMED_TIME | Status::FAILED;
    vec![
        at(0, Some(5), Status::VALIDATED),
        at(1, Some(8), assumed),
        at(2, Some(9), assumed),
        at(3, None, Status::MISSING),
        at(4, None, Status::MISSING),
        at(5, None, Status::MISSING),
        at(6, Some(7), Status::VALIDATED),
    ]
}

/// What moving the hours from `from` to `to` writes: `1=0` is a zero at one o'clock.
#[track_caller]
fn check_shift(slots: &[Stamped], (from, to): (i64, i64), true_start: Timestamp, expected: Result<&str, ShiftRefusal>) {
    let span = TimeRange { start: hour(from), end: hour(to) };
    let clock = |start: Timestamp| start.duration_since(hour(0)).as_hours();
    let words = shift(slots, SignedDuration::from_hours(1), span, true_start).map(|written| {
        let cells: Vec<String> = written.iter().map(|(start, value)| format!("{}={value}", clock(*start))).collect();
        cells.join(" ")
    });
    assert_eq!(words, expected.map(str::to_owned));
}

// covers: AMT-FUP-04
#[test]
fn values_move_to_their_true_time_with_zeros_before_it() {
    let slots = morning();
    check_shift(&slots, (1, 3), hour(4), Ok("1=0 2=0 3=0 4=8 5=9"));
    check_shift(&slots, (1, 3), hour(2), Ok("1=0 2=8 3=9"));
    let zero = Stamped { status: slots[1].status.without(Status::FAILED) | Status::ESTIMATED, ..slots[1] };
    check_shift(&[zero], (1, 2), hour(3), Ok("1=0 3=8"));
}

#[test]
fn a_shift_that_does_not_fit_is_refused_whole() {
    let slots = morning();
    check_shift(&slots, (0, 3), hour(4), Err(ShiftRefusal::NotAssumed(hour(0))));
    check_shift(&slots, (3, 4), hour(4), Err(ShiftRefusal::NotAssumed(hour(3))));
    check_shift(&slots, (9, 9), hour(9), Err(ShiftRefusal::NotAssumed(hour(9))));
    check_shift(&slots, (1, 3), hour(4) + SignedDuration::from_mins(7), Err(ShiftRefusal::NotWhole));
    check_shift(&slots, (1, 3), hour(1), Err(ShiftRefusal::NotLater(hour(1))));
    check_shift(&slots, (1, 3), hour(5), Err(ShiftRefusal::Occupied(hour(6))));
    check_shift(&slots, (1, 2), hour(2), Err(ShiftRefusal::Occupied(hour(2))));
}

// covers: AMT-FUP-01, AMT-FUP-02
#[test]
fn accepted_and_zeroed_intervals_stay_marked_and_moved_ones_do_not() {
    let series = two_assumed_hours();
    let day = series.ordinary_day(3600);
    let decided = |kind: DecisionKind| {
        let decisions = [Decision { act: 7, from: 2, to: 4, basis: vec![8, 9], kind }];
        let context = Context { decisions: &decisions, ..context(0) };
        let outcome = run(&day, &context, &checked(Profile::Strict.plan()), stamp());
        (final_values(&day, &outcome)[2], status(&day, &outcome, 2))
    };
    let (value, accepted) = decided(DecisionKind::Accept);
    assert_eq!((value, ValidationStatus::of(accepted)), (Some(8), Ma));
    assert!(accepted.contains(Status::ASSUMED_TIME) && !accepted.intersects(Status::FAILED | Status::ESTIMATED));
    let (value, zeroed) = decided(DecisionKind::Set(vec![0, 0]));
    assert_eq!(value, Some(0));
    assert!(zeroed.contains(Status::ASSUMED_TIME | Status::EDITED));
    let (value, moved) = decided(DecisionKind::Shift(vec![0, 8]));
    assert_eq!(value, Some(0));
    assert!(moved.contains(Status::EDITED) && !moved.contains(Status::ASSUMED_TIME), "{moved}");
}

fn balance_slot(from: i64, received: Option<i64>, last: i64, status: Status) -> BalanceSlot {
    let range = TimeRange { start: hour(from), end: hour(from + 1) };
    BalanceSlot { range, received, last: Some(last), status, is_assumed: status.contains(FIVE) }
}

/// T-05: 17 measured at assumed stamps are taken away; 12 came back in the true time from 04:00 to 06:00.
#[test]
fn the_balance_of_an_outage_says_where_its_energy_went() {
    let zero = FIVE | Status::ASSUMED_TIME | Status::ESTIMATED;
    let slots = [
        balance_slot(1, Some(5), 5, Status::VALIDATED),
        balance_slot(2, Some(8), 0, zero),
        balance_slot(3, Some(9), 0, zero),
        balance_slot(4, None, 7, Status::ESTIMATED | Status::SCALED),
        balance_slot(5, None, 5, Status::ESTIMATED | Status::SCALED),
        balance_slot(6, None, 4, Status::ESTIMATED),
    ];
    let found = balance(&slots, TimeRange { start: hour(4), end: hour(6) });
    assert_eq!((found.measured, found.zeroed, found.elsewhere, found.unplaced), (17, 17, 12, 5));
}

/// 8 and 9 moved by one hour, onto one of the assumed stamps: all 17 are placed.
#[test]
fn what_a_person_moved_is_placed() {
    let moved = FIVE | Status::EDITED | Status::ACCEPTED;
    let slots = [
        balance_slot(2, Some(8), 0, moved),
        balance_slot(3, Some(9), 8, moved),
        balance_slot(4, None, 9, Status::EDITED | Status::ACCEPTED),
    ];
    let found = balance(&slots, TimeRange { start: hour(4), end: hour(5) });
    assert_eq!((found.measured, found.zeroed, found.elsewhere, found.unplaced), (17, 17, 17, 0));
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
