//! What the switches of a plan and the words of the source do to a value.

use model::quality::Status;
use model::quantity::Decimal;
use model::time::TimeRange;
use vee::context::{Elsewhere, RegisterPair};
use vee::plan::{EstimatorEntry, OnFailure, ScalingMode};
use vee::{Context, Day, Measured, Outcome, Plan, Total, run};

use crate::notation::{Series, checked, context, final_values, plan_of_rule, stamp};

/// The hours of a day from midnight on, by the standard plan with changes.
fn decided(cells: &str, change: impl FnOnce(&mut Plan), totals: &[Total]) -> (Outcome, Vec<Option<i64>>) {
    let mut plan = Plan::standard();
    change(&mut plan);
    let series = Series::read(cells, 0);
    let day = series.ordinary_day(3600);
    let history_values = [7; 24];
    let history = [Day {
        date: day.date.yesterday().expect("a day"),
        values: &history_values[..series.values.len()],
        statuses: &[Status::VALIDATED; 24][..series.values.len()],
        ..day
    }];
    let context = Context { totals, history: &history, ..context(0) };
    let outcome = run(&day, &context, &checked(plan), stamp());
    let values = final_values(&day, &outcome);
    (outcome, values)
}

/// A register that counted so much over the first hours of the day.
fn register(hours: i64, used: i64, elsewhere: Option<Elsewhere>) -> Total {
    let start = "2026-01-14T06:00:00Z".parse().expect("instant");
    let pair = RegisterPair {
        start: Decimal::new(1000, 0),
        end: Decimal::new(1000 + used, 0),
        multiplier: Decimal::new(1, 0),
        dials: 5,
        decimals: 0,
    };
    let range = TimeRange { start, end: start + jiff::SignedDuration::from_hours(hours) };
    Total { range, measured: Measured::Register(pair), elsewhere }
}

fn status(outcome: &Outcome, slot: u16) -> Status {
    let listed = outcome.final_day.values.iter().find(|listed| listed.slot == slot);
    listed.map_or(outcome.final_day.status, |listed| listed.status)
}

#[test]
fn a_value_that_a_person_accepted_stands() {
    let (outcome, values) = decided("5 -3a 5", |_| {}, &[]);
    assert_eq!(values[1], Some(-3));
    assert_eq!(outcome.final_day.values, []);
    assert_eq!(outcome.final_day.failures.len(), 1);
    assert!(!outcome.final_day.failures[0].blocks);
}

#[test]
fn a_zero_that_the_source_calls_missing_is_a_gap() {
    let mut series = Series::read("5 0 7", 0);
    series.statuses[1] = Status::MISSING;
    let day = series.ordinary_day(3600);
    let outcome = run(&day, &context(0), &checked(Plan::standard()), stamp());
    assert_eq!(final_values(&day, &outcome), [Some(5), Some(6), Some(7)]);
}

#[test]
fn a_gap_beyond_the_limit_waits_for_a_person() {
    let shorten = |plan: &mut Plan| {
        plan.validate[0].settings.insert("auto_fill_longest".into(), "1 h".into());
    };
    let (outcome, values) = decided("5 _ 5 _ _ 5", shorten, &[]);
    assert_eq!(values, [Some(5), Some(5), Some(5), None, None, Some(5)]);
    assert_eq!(status(&outcome, 3), Status::MISSING | Status::ESTIMATE_NEEDED);
    let blocks: Vec<bool> = outcome.final_day.failures.iter().map(|failure| failure.blocks).collect();
    assert_eq!(blocks, [false, true]);
}

#[test]
fn warnings_and_failures_mark_the_value_and_keep_it() {
    for (on_failure, mark, blocks) in
        [(OnFailure::Warn, Status::QUESTIONABLE, false), (OnFailure::Review, Status::FAILED, true)]
    {
        let series = Series::read("5 -3v 5", 0);
        let day = series.ordinary_day(3600);
        let outcome = run(&day, &context(0), &plan_of_rule("V38", on_failure), stamp());
        assert_eq!(final_values(&day, &outcome)[1], Some(-3));
        assert_eq!((status(&outcome, 1), outcome.final_day.failures[0].blocks), (mark, blocks));
    }
}

#[test]
fn a_day_that_no_rule_can_judge_is_not_validated() {
    let (outcome, _) = decided("", |_| {}, &[]);
    assert_eq!(outcome.final_day.status, Status::NONE);
}

#[test]
fn methods_are_tried_in_order_on_what_is_still_open() {
    // One hour by E04, four hours by E05 from yesterday's sevens.
    let (outcome, values) = decided("5 _ 5 _ _ _ _ 5", |_| {}, &[]);
    assert_eq!(values, [5, 5, 5, 7, 7, 7, 7, 5].map(Some));
    let tried: Vec<(&str, u16, u16)> =
        outcome.estimations.iter().map(|done| (done.method, done.from, done.slots_filled)).collect();
    assert_eq!(tried, [("E04", 1, 1), ("E04", 3, 0), ("E05", 3, 4)]);
}

#[test]
fn values_excluded_from_scaling_stay() {
    let exclude = |plan: &mut Plan| plan.estimate[0].exclude_from_scaling = true;
    // 15 measured and 5 excluded leave 20 of 40 for the four sevens.
    let (outcome, values) = decided("5 _ 5 _ _ _ _ 5", exclude, &[register(8, 40, None)]);
    assert_eq!(values, [5, 5, 5, 5, 5, 5, 5, 5].map(Some));
    assert!(!status(&outcome, 1).contains(Status::SCALED) && status(&outcome, 3).contains(Status::SCALED));
    let (_, values) = decided("5 _ 5 _ _ _ _ 5", |_| {}, &[register(8, 48, None)]);
    // 33 are left for 5 + 28: nothing changes where the estimates already meet the register.
    assert_eq!(values, [5, 5, 5, 7, 7, 7, 7, 5].map(Some));
}

#[test]
fn a_negative_total_is_shared_only_where_the_plan_allows_it() {
    let allow = |plan: &mut Plan| plan.scaling = ScalingMode::ProportionalAllowNegative;
    let gap = "0 _ 0 5";
    let (outcome, values) = decided(gap, |_| {}, &[register(4, 4, None)]);
    assert_eq!((values[1], status(&outcome, 1).contains(Status::UNSCALED)), (Some(0), true));
    let (outcome, values) = decided(gap, allow, &[register(4, 4, None)]);
    assert_eq!((values[1], status(&outcome, 1).contains(Status::SCALED)), (Some(-1), true));
    let none = |plan: &mut Plan| plan.scaling = ScalingMode::None;
    let (outcome, _) = decided(gap, none, &[register(4, 4, None)]);
    assert!(!status(&outcome, 1).intersects(Status::SCALED | Status::UNSCALED));
}

#[test]
fn spans_over_several_days_are_scaled_where_the_rest_is_measured() {
    // 60 kWh over three days of which the others hold 40; 10 are measured here, 10 are left.
    let elsewhere = |missing, estimated| Some(Elsewhere { sum: 40, missing, estimated });
    let span = |elsewhere| {
        let mut total = register(4, 60, elsewhere);
        total.range.start = "2026-01-13T06:00:00Z".parse().expect("instant");
        total
    };
    let (outcome, values) = decided("5 _ _ 5", |_| {}, &[span(elsewhere(0, 0))]);
    assert_eq!(values, [5, 5, 5, 5].map(Some));
    assert!(status(&outcome, 1).contains(Status::SCALED));
    for (case, elsewhere) in [("missing", elsewhere(1, 0)), ("estimated", elsewhere(0, 2)), ("unknown", None)] {
        let (outcome, _) = decided("5 _ _ 5", |_| {}, &[span(elsewhere)]);
        assert!(status(&outcome, 1).contains(Status::UNSCALED), "{case}");
    }
}

#[test]
fn an_excluded_method_is_only_what_the_entry_says() {
    let entry: EstimatorEntry = toml::from_str("method = \"E04\"").expect("TOML");
    assert!(!entry.exclude_from_scaling && entry.settings.is_empty());
}
