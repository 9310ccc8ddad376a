//! Rules and methods look as far as their settings say, over the days of a channel as an installation judges them.

use std::collections::BTreeSet;

use jiff::Span;
use jiff::civil::{Date, date};
use model::quality::Status;
use vee::channel::{ChannelDays, ReceivedDay};
use vee::context::Role;
use vee::plan::{EstimatorEntry, OnFailure, RuleEntry};
use vee::{Activity, CheckedPlan, MISSING, Outcome, Plan};

use crate::notation::{checked, context, empty_plan, plan_of_method, stamp};

/// A Wednesday.
const TODAY: Date = date(2026, 1, 14);

fn before(days: i32) -> Date {
    TODAY.saturating_sub(Span::new().days(days))
}

/// A day of four slots.
fn received(on: Date, values: [i64; 4]) -> (Date, ReceivedDay) {
    let day = ReceivedDay {
        start: on.to_zoned(jiff::tz::TimeZone::UTC).expect("in range").timestamp(),
        slot_seconds: 21_600,
        clock_change: None,
        values: values.to_vec(),
        statuses: vec![Status::NONE; 4],
        local_day: None,
        activity: Activity::Active,
        decisions: Vec::new(),
        kept: Vec::new(),
    };
    (on, day)
}

fn channel<'a>(plan: &'a CheckedPlan, days: &[(Date, [i64; 4])]) -> ChannelDays<'a> {
    ChannelDays::new(context(0), Vec::new(), plan, days.iter().map(|(on, values)| received(*on, *values)))
}

/// Today misses what is between its first and its last value: the method and the value of what came there.
#[track_caller]
fn check(plan: &CheckedPlan, days: &[(i32, i64)], expected: (&str, i64)) {
    let mut all: Vec<_> = days.iter().map(|(days, value)| (before(*days), [*value; 4])).collect();
    all.push((TODAY, [1, MISSING, MISSING, 1]));
    let outcome = channel(plan, &all).outcome(TODAY, stamp()).expect("today");
    let made: BTreeSet<_> =
        outcome.final_day.values.iter().map(|value| (value.method.as_str(), value.value.unwrap_or(-1))).collect();
    assert_eq!(made, [expected].into(), "{:?}", outcome.estimations);
}

#[test]
fn a_mean_of_weeks_takes_as_many_as_are_asked_for() {
    // 100, 200 and on to 3000 a week back: the mean of 30 is 46500 / 30; of the 8 youngest it would be 450.
    let weeks: Vec<_> = (1..=30).map(|week| (7 * week, i64::from(100 * week))).collect();
    check(&plan_of_method("E08", &[("weeks", "30 weeks")]), &weeks, ("E08", 1550));
}

#[test]
fn a_scan_goes_as_far_as_it_is_told() {
    // 147 days are 21 weeks.
    let one = |reach| plan_of_method("E09", &[("reach", reach), ("days_fewest", "1 day"), ("missing_most", "100 %")]);
    check(&one("150 days"), &[(147, 700)], ("E09", 700));
    check(&one("146 days"), &[(147, 700)], ("", -1));
}

#[test]
fn the_automatic_choice_knows_last_year() {
    for method in ["auto", "E20"] {
        check(&plan_of_method(method, &[]), &[(364, 900)], ("E17", 900));
    }
}

#[test]
fn a_method_sees_what_it_would_see_without_the_others() {
    let mut plan = Plan { validate: vec![RuleEntry::new("V30", OnFailure::Estimate)], ..empty_plan() };
    plan.estimate = ["E05", "E17"].map(EstimatorEntry::new).to_vec();
    // Ten weeks are farther than E05 goes, however far E17 does.
    check(&checked(plan), &[(70, 500), (364, 900)], ("E17", 900));
}

#[test]
fn a_table_of_last_year_reaches_its_last_row() {
    // A Monday: the first day of its row is the Monday before, the second the one before that, 52 weeks earlier.
    let plan = plan_of_method("E06", &[("year", "previous")]);
    let monday = date(2026, 1, 12);
    let listed = monday.saturating_sub(Span::new().days(14 + 364));
    let days = [(listed, [300; 4]), (monday, [1, MISSING, MISSING, 1])];
    let outcome = channel(&plan, &days).outcome(monday, stamp()).expect("the day");
    let made: Vec<_> = outcome.final_day.values.iter().map(|value| value.value).collect();
    assert_eq!(made, [Some(300); 2], "{:?}", outcome.estimations);
}

/// Ninety days of zeros.
fn zeros() -> Vec<(Date, [i64; 4])> {
    (0..90).map(|days| (before(days), [0; 4])).collect()
}

fn without_use(days: &str) -> CheckedPlan {
    let mut rule = RuleEntry::new("V36", OnFailure::Warn);
    rule.settings.insert("days".into(), days.into());
    checked(Plan { validate: vec![rule], ..empty_plan() })
}

#[test]
fn days_without_use_are_counted_as_far_as_the_limit() {
    let plan = without_use("60 days");
    let days = channel(&plan, &zeros());
    let told = |days_before: i32| -> Vec<String> {
        let Outcome { exceptions, .. } = days.outcome(before(days_before), stamp()).expect("a day");
        exceptions.into_iter().map(|exception| exception.evidence).collect()
    };
    // The 59th and the 60th day of zeros.
    assert_eq!(told(31), Vec::<String>::new());
    let [evidence] = &told(30)[..] else { panic!("{:?}", told(30)) };
    assert!(evidence.contains("60 whole days") && evidence.contains("limit is 60 days"), "{evidence}");
}

#[test]
fn zeros_that_come_late_are_counted_on_the_last_day_they_make_fail() {
    let plan = without_use("60 days");
    let days = channel(&plan, &zeros());
    let first = before(89);
    let run = days.to_run(&[first].into(), |_| false);
    assert!(run.contains(&first.saturating_add(Span::new().days(59))), "{run:?}");
}

#[test]
fn methods_that_build_on_the_automatic_choice_need_what_it_needs() {
    for method in ["auto", "E19", "E20", "E21"] {
        let needs = plan_of_method(method, &[]).method_needs();
        assert!([Role::Check, Role::Scada, Role::FlowIn].into_iter().all(|role| needs.wants(role)), "{method}");
    }
}

#[test]
fn a_plan_reaches_as_far_as_its_settings() {
    let reach = |method, settings: &[(&str, &str)]| plan_of_method(method, settings).reach_days();
    // 8 days of gaps, 35 days of registers that days are scaled by.
    assert_eq!(reach("E04", &[]), 35);
    assert_eq!(reach("E10", &[("period", "500 days")]), 500);
    assert_eq!(reach("E17", &[]), 364);
    assert_eq!(reach("E17", &[("alignment", "date")]), 366);
    assert_eq!(reach("E17", &[("period", "400 days")]), 400);
    // As many weeks as days are averaged, and two more.
    assert_eq!((reach("E05", &[]), reach("E05", &[("days", "10 days")])), (35, 84));
    assert_eq!(without_use("60 days").reach_days(), 59);
}
