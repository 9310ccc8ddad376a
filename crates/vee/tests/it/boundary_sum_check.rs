//! V50 after scaling mode `boundary`: sums are checked against the span that was scaled.

use model::time::TimeRange;
use vee::context::RegisterPair;
use vee::plan::{EstimatorEntry, OnFailure, RuleEntry, ScalingMode};
use vee::{Context, Measured, Plan, Total, Verdict, run};

use crate::notation::{Series, cell, checked, context, empty_plan, final_values, stamp};

/// The hours 01 to 04 of a day of 1 kWh an hour, and the slots `[from..to)` that V50 fails, given what the register showed at
/// these hours, in whole kWh.
fn checked_day(scaling: ScalingMode, reads: &[(i64, i64)]) -> (String, String) {
    let series = Series::read(&["1", "_", "_", "_"].into_iter().chain(["1"; 20]).collect::<Vec<_>>().join(" "), -3);
    let day = series.ordinary_day(3600);
    let at = |hour: i64| day.start + jiff::SignedDuration::from_hours(hour);
    let whole = |number: i64| model::quantity::Decimal::new(number, 0);
    let total = |pair: &[(i64, i64)]| {
        let [(from, start), (to, end)] = pair else { panic!("two reads") };
        let pair = RegisterPair { start: whole(*start), end: whole(*end), multiplier: whole(1), dials: 6, decimals: 3 };
        let range = TimeRange { start: at(*from), end: at(*to) };
        Total { range, measured: Measured::Register(pair), elsewhere: None }
    };
    let totals: Vec<Total> = reads.windows(2).map(total).collect();
    let linear =
        EstimatorEntry { settings: [("gap_longest".into(), "5 h".into())].into(), ..EstimatorEntry::new("E04") };
    let rules = vec![RuleEntry::new("V30", OnFailure::Estimate), RuleEntry::new("V50", OnFailure::Review)];
    let plan = Plan { scaling, validate: rules, estimate: vec![linear], ..empty_plan() };
    let outcome = run(&day, &Context { totals: &totals, ..context(-3) }, &checked(plan), stamp());
    let values: Vec<String> = final_values(&day, &outcome)[1..4].iter().map(|value| cell(*value, -3)).collect();
    assert_ne!(outcome.results[1].verdict, Verdict::NotApplicable, "{}", outcome.results[1].reason);
    let failed = outcome.final_day.failures.iter().filter(|failure| failure.rule == "V50");
    let failed: Vec<String> = failed.map(|failure| format!("{}..{}", failure.from, failure.to)).collect();
    (values.join(" "), failed.join(" "))
}

#[track_caller]
fn check(scaling: ScalingMode, reads: &[(i64, i64)], values: &str, failed: &str) {
    assert_eq!(checked_day(scaling, reads), (values.to_string(), failed.to_string()), "{reads:?}");
}

#[test]
fn a_day_that_met_its_total_is_not_failed_by_the_reads_within_it() {
    // covers: SCALING-BOUNDARY
    // 31 counted over the day, 21 measured: 10 for three hours, 3.333 each and one quantum over. With them 13 until 06:00 against
    // the 10 that the register counted, and from there 18 measured against 21: the plan asked for the reads at both ends alone.
    let reads = [(0, 100), (6, 110), (24, 131)];
    check(ScalingMode::Boundary, &reads, "3.334 3.333 3.333", "");
    // By every register: 10 - 3 = 7 until 06:00; from there 18 measured against 21.
    check(ScalingMode::Proportional, &reads, "2.334 2.333 2.333", "6..24");
}

#[test]
fn what_lies_beside_the_span_that_was_scaled_is_still_checked() {
    // Not read at the end of the day: 00:00 to 06:00 meets its 10, from there to 18:00 12 measured against 15.
    check(ScalingMode::Boundary, &[(0, 100), (6, 110), (18, 125)], "2.334 2.333 2.333", "6..18");
}

#[test]
fn a_total_that_was_not_met_excuses_nothing() {
    // 18 counted over the day, 21 measured: nothing can be scaled and the hours stay at 1. Until 06:00 6 against 10, then 18
    // against 8.
    check(ScalingMode::Boundary, &[(0, 100), (6, 110), (24, 118)], "1 1 1", "0..6 6..24");
}
