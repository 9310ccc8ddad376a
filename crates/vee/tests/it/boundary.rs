//! Scaling mode `boundary`: a register that is read within the day scales by its reads at both ends of the day only.

use model::quality::Status;
use model::quantity::Decimal;
use model::time::TimeRange;
use proptest::prelude::*;
use vee::channel::ChannelDays;
use vee::context::RegisterPair;
use vee::plan::{EstimatorEntry, OnFailure, RuleEntry, ScalingMode};
use vee::trial::{read_series, trial};
use vee::{Context, MISSING, Measured, Plan, Total, run};

use crate::notation::{Series, checked, context, empty_plan, final_values, stamp};
use crate::scaling_over_days::{days, instant, outcomes_of, plan_of};

/// A day of 1 kWh an hour without 01:00 to 04:00, in a file, with the reads at these hours.
fn tried(scaling: ScalingMode, reads: &[(usize, &str)]) -> Vec<String> {
    let mut text = "time,value,register\n".to_owned();
    for hour in 0..=24 {
        let value = if hour == 24 {
            "end"
        } else if (1..4).contains(&hour) {
            ""
        } else {
            "1.000"
        };
        let read = reads.iter().find(|(at, _)| *at == hour).map_or("", |(_, read)| *read);
        text.push_str(&format!("2026-01-{:02}T{:02}:00:00Z,{value},{read}\n", 14 + hour / 24, hour % 24));
    }
    let linear =
        EstimatorEntry { settings: [("gap_longest".into(), "5 h".into())].into(), ..EstimatorEntry::new("E04") };
    let gap = RuleEntry::new("V30", OnFailure::Estimate);
    let plan = Plan { scaling, validate: vec![gap], estimate: vec![linear], ..empty_plan() };
    let found = trial(&checked(plan), &read_series(&text).expect("a series")).expect("a trial");
    found.values[1..4].iter().map(|value| value.last.clone().expect("a value")).collect()
}

#[test]
fn reads_within_the_day_are_passed_over() {
    let reads = [(0, "100.0"), (6, "110.0"), (24, "131.0")];
    // 31 counted, 21 hours measured 1 each: 10 are left for three equal estimates.
    assert_eq!(tried(ScalingMode::Boundary, &reads), ["3.333334", "3.333333", "3.333333"]);
    // By the reads around the gap: 10 counted, 3 measured, 7 are left.
    assert_eq!(tried(ScalingMode::Proportional, &reads), ["2.333334", "2.333333", "2.333333"]);
    // A read at 02:00 inside the gap makes no difference either.
    let inside = [(0, "100.0"), (2, "103.0"), (24, "131.0")];
    assert_eq!(tried(ScalingMode::Boundary, &inside), ["3.333334", "3.333333", "3.333333"]);
}

#[test]
fn without_reads_at_both_ends_those_that_follow_each_other_count() {
    // 00:00 to 06:00 counted 10, of which 3 were measured.
    assert_eq!(
        tried(ScalingMode::Boundary, &[(0, "100.0"), (6, "110.0"), (20, "131.0")]),
        ["2.333334", "2.333333", "2.333333"]
    );
}

fn register(from: i64, to: i64, start: i64, counted: i64) -> Total {
    let pair = RegisterPair {
        start: Decimal::new(start, 0),
        end: Decimal::new(start + counted, 0),
        multiplier: Decimal::new(1, 0),
        dials: 6,
        decimals: 0,
    };
    let range = TimeRange { start: instant(0, from), end: instant(0, to) };
    Total { range, measured: Measured::Register(pair), elsewhere: None }
}

#[test]
fn the_days_of_a_channel_are_scaled_so_as_well() {
    // Days of three slots. The first is read after a slot: 12 + 33 = 45 counted, 25 measured, 20 are left for its gap. The second
    // is read after its first slot and at its end: 30 counted, 5 of them measured in its last slot.
    let days = days("10 _ 15 | 5 _ 5");
    let totals = vec![register(0, 1, 100, 12), register(1, 3, 112, 33), register(4, 6, 150, 30)];
    let plan = plan_of(ScalingMode::Boundary);
    for totals in [totals.clone(), totals.into_iter().rev().collect()] {
        let channel = ChannelDays::new(Context::of(model::id::ChannelNumber(7), "kWh", 0), totals, &plan, days.clone());
        assert_eq!(outcomes_of(&channel, &days).0, "10 20 15 | 5 25 5");
    }
}

proptest! {
    /// Wherever the register is read within the day: the estimates meet what it counted over the whole day.
    #[test]
    fn the_whole_day_is_met_wherever_it_is_read(
        cells in proptest::collection::vec(prop_oneof![3 => 0..60_i64, 2 => Just(MISSING)], 12),
        counted in proptest::collection::vec(0..400_i64, 12),
        read in proptest::collection::vec(any::<bool>(), 11),
    ) {
        prop_assume!(cells.contains(&MISSING));
        let series = Series { statuses: vec![Status::NONE; cells.len()], values: cells };
        let day = series.ordinary_day(3600);
        let whole = day.whole();
        let at = |hour: i64| whole.start + jiff::SignedDuration::from_hours(hour);
        let mut totals: Vec<Total> = Vec::new();
        let (mut from, mut value, mut used) = (0, 0, 0);
        for hour in 1..=12_i64 {
            used += counted[hour as usize - 1];
            if hour == 12 || read[hour as usize - 1] {
                let range = TimeRange { start: at(from), end: at(hour) };
                totals.push(Total { range, ..register(0, 1, value, used) });
                (from, value, used) = (hour, value + used, 0);
            }
        }
        let gap = RuleEntry::new("V30", OnFailure::Estimate);
        let flat = vec![EstimatorEntry::new("E13")];
        let plan = Plan { scaling: ScalingMode::Boundary, validate: vec![gap], estimate: flat, ..empty_plan() };
        let sources = vee::context::Sources { average_daily_load: Some(Decimal::new(100, 0)), ..Default::default() };
        let context = Context { totals: &totals, sources, ..context(0) };
        let outcome = run(&day, &context, &checked(plan), stamp());
        let sum: i64 = final_values(&day, &outcome).into_iter().flatten().sum();
        if outcome.estimations.iter().any(|done| done.method == "scaling" && 0 < done.slots_filled) {
            prop_assert_eq!(sum, value);
        }
    }
}
