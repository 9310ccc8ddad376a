//! The repair that V26 and V47 name: a measured sum is shared anew, and what that does not touch.

use model::id::ChannelNumber;
use model::quality::Status;
use model::quantity::Decimal;
use model::time::TimeRange;
use proptest::prelude::*;
use vee::context::{Companion, RegisterPair, Role};
use vee::plan::{EstimatorEntry, OnFailure, RuleEntry};
use vee::{Context, MISSING, Measured, Outcome, Plan, Total, Verdict, run};

use crate::notation::{Series, cell, checked, context, empty_plan, final_values, stamp};

/// Hours of a day; in those of `changed` the clock was set.
fn day(values: &str, changed: std::ops::Range<usize>) -> Series {
    let mut series = Series::read(values, -3);
    series.statuses[changed].iter_mut().for_each(|status| *status |= Status::TIME_RESET);
    series
}

fn irregular() -> RuleEntry {
    RuleEntry::new("V26", OnFailure::Estimate)
}

fn plan(validate: Vec<RuleEntry>) -> Plan {
    Plan { validate, estimate: vec![EstimatorEntry::new("E04")], validate_estimates: true, ..empty_plan() }
}

fn values(series: &Series, outcome: &Outcome) -> String {
    let values = final_values(&series.ordinary_day(3600), outcome).into_iter().map(|value| cell(value, -3));
    values.collect::<Vec<_>>().join(" ")
}

#[test]
fn every_value_says_what_made_it_and_the_sum_stays() {
    let series = day("2 1 4 2", 1..3);
    let outcome = run(&series.ordinary_day(3600), &context(-3), &checked(plan(vec![irregular()])), stamp());
    assert_eq!(values(&series, &outcome), "2 2.5 2.5 2");
    let done: Vec<_> =
        outcome.estimations.iter().map(|done| (done.method, done.from, done.to, done.slots_filled)).collect();
    assert_eq!(done, [("V26", 1, 3, 2)]);
    let words = "the sum of 5 kWh stays and is shared anew among 2 intervals, by the line from 2 kWh to 2 kWh";
    assert_eq!(outcome.estimations[0].words, words);
    for value in &outcome.final_day.values {
        assert_eq!(value.method, "V26");
        assert!(value.status.contains(Status::ESTIMATED | Status::TIME_RESET | Status::VALIDATED), "{}", value.status);
        assert!(!value.status.intersects(Status::FAILED | Status::ESTIMATE_NEEDED), "{}", value.status);
        assert_ne!(value.inputs_hash, 0);
    }
    // The rule found the run in what was received and does not judge its own repair.
    let found: Vec<_> = outcome.final_day.failures.iter().map(|failure| (&*failure.rule, failure.blocks)).collect();
    assert_eq!(found, [("V26", false)]);
}

#[test]
fn a_plan_may_leave_it_to_its_methods() {
    let series = day("2 1 4 2", 1..3);
    let settings = [("repair".into(), "none".into())].into();
    let plan = Plan { validate_estimates: false, ..plan(vec![RuleEntry { settings, ..irregular() }]) };
    let outcome = run(&series.ordinary_day(3600), &context(-3), &checked(plan), stamp());
    assert_eq!(values(&series, &outcome), "2 2 2 2");
    assert!(outcome.estimations.iter().all(|done| done.method != "V26"));
}

#[test]
fn a_sum_that_another_rule_doubts_is_not_shared() {
    // The recorder was full in the long interval: 4 kWh are not what was used.
    let mut series = day("2 1 4 2", 1..3);
    series.statuses[2] |= Status::OVERFLOW;
    for on_failure in [OnFailure::Estimate, OnFailure::Review] {
        let both = plan(vec![irregular(), RuleEntry::new("V22", on_failure)]);
        let outcome = run(&series.ordinary_day(3600), &context(-3), &checked(both), stamp());
        assert_eq!(values(&series, &outcome), "2 2 2 2", "{on_failure:?}");
        assert_eq!(outcome.estimations[0].words, "the sum is not shared anew: V22 fails values of it too");
    }
    // Told only, it takes nothing back.
    let warned = plan(vec![irregular(), RuleEntry::new("V22", OnFailure::Warn)]);
    let outcome = run(&series.ordinary_day(3600), &context(-3), &checked(warned), stamp());
    assert_eq!(values(&series, &outcome), "2 2.5 2.5 2");
    // A limit of 3.5 kW tells of the same fault.
    let settings = [("high".into(), "3.5 kWh/h".into())].into();
    let limit = RuleEntry { settings, ..RuleEntry::new("V32", OnFailure::Estimate) };
    let series = day("2 1 4 2", 1..3);
    let outcome = run(&series.ordinary_day(3600), &context(-3), &checked(plan(vec![irregular(), limit])), stamp());
    assert_eq!(values(&series, &outcome), "2 2.5 2.5 2");
}

#[test]
fn one_interval_has_nothing_to_share_with() {
    // The line of E04 from 2 to 2, and not the 4 that were measured; a limit of 3.5 kW is not overruled either.
    let settings = [("high".into(), "3.5 kWh/h".into())].into();
    let limit = RuleEntry { settings, ..RuleEntry::new("V32", OnFailure::Estimate) };
    for rules in [vec![irregular()], vec![irregular(), limit]] {
        let series = day("2 4 2", 1..2);
        let outcome = run(&series.ordinary_day(3600), &context(-3), &checked(plan(rules)), stamp());
        assert_eq!(values(&series, &outcome), "2 2 2");
        let done: Vec<_> = outcome.estimations.iter().map(|done| done.method).collect();
        assert_eq!(done, ["E04"]);
    }
}

#[test]
fn what_waits_for_a_person_stays() {
    let series = day("2 1 4 2", 1..3);
    let review = RuleEntry::new("V26", OnFailure::Review);
    let outcome = run(&series.ordinary_day(3600), &context(-3), &checked(plan(vec![review])), stamp());
    assert_eq!(values(&series, &outcome), "2 1 4 2");
    assert!(outcome.estimations.is_empty());
}

#[test]
fn no_register_scales_what_was_measured() {
    // 2 + 1 + 4 + gap + 2: the register counted 12, so 3 are left for the gap and the pair keeps its 5.
    let series = day("2 1 4 _ 2", 1..3);
    let day = series.ordinary_day(3600);
    let pair = RegisterPair {
        start: Decimal::new(100, 0),
        end: Decimal::new(112, 0),
        multiplier: Decimal::new(1, 0),
        dials: 5,
        decimals: 0,
    };
    let end = day.start + jiff::SignedDuration::from_hours(5);
    let range = TimeRange { start: day.start, end };
    let totals = [Total { range, measured: Measured::Register(pair), elsewhere: None }];
    let context = Context { totals: &totals, ..context(-3) };
    let rules = vec![irregular(), RuleEntry::new("V30", OnFailure::Estimate)];
    let outcome = run(&day, &context, &checked(plan(rules)), stamp());
    // Beside the pair stands 2 on the left and nothing on the right: equal shares.
    assert_eq!(values(&series, &outcome), "2 2.5 2.5 3 2");
}

proptest! {
    /// Whatever the values: what V47 fails keeps its sum, and nothing else changes.
    #[test]
    fn a_pair_keeps_its_sum(values in proptest::collection::vec(prop_oneof![1 => Just(0_i64), 3 => 1..9_000_i64], 4..24)) {
        let series = Series { statuses: vec![Status::NONE; values.len()], values };
        let day = series.ordinary_day(3600);
        let current = Series { values: (0..series.values.len() as i64).collect(), ..series.clone() };
        let companions = [Companion {
            role: Role::CurrentSquared(1),
            label: "i1",
            unit: "A2h",
            exponent: 0,
            day: current.ordinary_day(3600),
        }];
        let context = Context { companions: &companions, ..Context::of(ChannelNumber(7), "kWh", -3) };
        let entry = RuleEntry::new("V47", OnFailure::Estimate);
        let outcome = run(&day, &context, &checked(Plan { validate: vec![entry], ..empty_plan() }), stamp());
        let after: Vec<i64> = final_values(&day, &outcome).into_iter().map(|value| value.unwrap_or(MISSING)).collect();
        prop_assert_eq!(after.iter().sum::<i64>(), series.values.iter().sum::<i64>());
        let failed = |at: usize| outcome.final_day.failures.iter().any(|one| usize::from(one.from) <= at && at < one.to.into());
        for at in (0..after.len()).filter(|at| !failed(*at)) {
            prop_assert_eq!(after[at], series.values[at]);
        }
        prop_assert_eq!(outcome.results[0].verdict == Verdict::Failed, !outcome.estimations.is_empty());
    }
}
