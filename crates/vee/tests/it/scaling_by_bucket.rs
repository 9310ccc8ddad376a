//! Registers of time-of-use buckets that counted over several days (catalogue 3.4, TOU and partial TOU).

use std::collections::BTreeMap;

use jiff::civil::Date;
use model::id::ChannelNumber;
use model::quality::Status;
use model::time::TimeRange;
use proptest::prelude::*;
use smol_str::SmolStr;
use vee::channel::{BucketRegister, BucketRegisters, ChannelDays};
use vee::plan::ScalingMode;
use vee::{Context, MISSING, Outcome, Total};

use crate::scaling_over_days::{date_of, days, instant, outcomes_of, plan_of, register};

/// The second of the three slots of every day is peak.
fn buckets(peak: Vec<Total>, off_peak: Vec<Total>) -> BucketRegisters {
    let range = |from, to| TimeRange { start: instant(0, from), end: instant(0, to) };
    let hours = |spans: &[(i64, i64)]| {
        let of_day = |day: i64| spans.iter().map(move |(from, to)| range(day * 3 + from, day * 3 + to));
        (0..6).flat_map(of_day).collect()
    };
    BucketRegisters {
        buckets: vec![
            BucketRegister { name: "peak".into(), hours: hours(&[(1, 2)]), totals: peak },
            BucketRegister { name: "off-peak".into(), hours: hours(&[(0, 1), (2, 3)]), totals: off_peak },
        ],
        without_calendar: BTreeMap::new(),
    }
}

fn outcomes(text: &str, totals: &[Total], buckets: BucketRegisters, mode: ScalingMode) -> (String, Vec<Outcome>) {
    let (plan, days) = (plan_of(mode), days(text));
    let facts = Context::of(ChannelNumber(7), "kWh", 0);
    let channel = ChannelDays::new(facts, totals.to_vec(), &plan, days.clone()).with_buckets(buckets);
    outcomes_of(&channel, &days)
}

/// `-` is an estimate that is not scaled.
fn unscaled(outcomes: &[Outcome]) -> usize {
    let values = outcomes.iter().flat_map(|outcome| &outcome.final_day.values);
    values.filter(|value| value.status.contains(Status::UNSCALED)).count()
}

const GAPS: &str = "10 _ 30 | 15 _ 15 | _ 20 15";

#[test]
fn each_bucket_meets_its_register_over_days() {
    let three_days = |counted| vec![register((0, 0), (3, 0), counted)];
    // Peak: 90 counted, 20 measured, 70 left for seeds of 20 and 15. Off-peak: 115 counted, 85 measured, 30 left for one.
    let (shown, _) = outcomes(GAPS, &[], buckets(three_days(90), three_days(115)), ScalingMode::TimeOfUse);
    assert_eq!(shown, "10 40 30 | 15 30 15 | 30 20 15");
    // 71 * 20 / 35 = 40.57 and 71 * 15 / 35 = 30.43: the count that rounding leaves goes to the larger remainder.
    let (shown, _) = outcomes(GAPS, &[], buckets(three_days(91), three_days(115)), ScalingMode::TimeOfUse);
    assert_eq!(shown, "10 41 30 | 15 30 15 | 30 20 15");
    // The first two days have reads of their own: 50 counted in the peak, none measured, 50 * 20 / 35 = 28.57.
    let peak = vec![register((0, 0), (2, 0), 50), register((0, 0), (3, 0), 70)];
    let (shown, _) = outcomes(GAPS, &[], buckets(peak, three_days(115)), ScalingMode::TimeOfUse);
    assert_eq!(shown, "10 29 30 | 15 21 15 | 30 20 15");
}

#[test]
fn where_a_bucket_has_no_register_the_total_is_met() {
    let three_days = |counted| vec![register((0, 0), (3, 0), counted)];
    // The peak takes 70 of its 90; of the 205 of the total 175 are known then, and 30 are left.
    let only_peak = || buckets(three_days(90), Vec::new());
    let (shown, outcomes_) = outcomes(GAPS, &three_days(205), only_peak(), ScalingMode::PartialTimeOfUse);
    assert_eq!((shown.as_str(), unscaled(&outcomes_)), ("10 40 30 | 15 30 15 | 30 20 15", 0));
    let (shown, outcomes) = outcomes(GAPS, &three_days(205), only_peak(), ScalingMode::TimeOfUse);
    assert!(shown.starts_with("10 40 30 | 15 30 15 |"), "{shown}");
    assert_eq!(unscaled(&outcomes), 1, "off-peak says that it is not scaled");
}

#[test]
fn without_a_calendar_the_total_is_met_and_it_is_told() {
    let text = "10 _ 30 | 15 15 15 | 5 _ 15";
    let registers: Vec<SmolStr> = vec!["UP-1/T1".into()];
    let without_calendar: BTreeMap<Date, Vec<SmolStr>> = (0..3).map(|day| (date_of(day), registers.clone())).collect();
    let buckets = BucketRegisters { buckets: Vec::new(), without_calendar };
    // As with a total alone: 45 left for seeds of 20 and 10.
    let total = [register((0, 0), (3, 0), 150)];
    for mode in [ScalingMode::TimeOfUse, ScalingMode::PartialTimeOfUse] {
        let (shown, outcomes) = outcomes(text, &total, buckets.clone(), mode);
        assert_eq!((shown.as_str(), unscaled(&outcomes)), ("10 30 30 | 15 15 15 | 5 15 15", 0));
        let told = outcomes.iter().map(|outcome| {
            let told = outcome.final_day.failures.iter().filter(|failure| failure.rule == vee::outcome::NO_CALENDAR);
            told.map(|failure| (failure.from, failure.to, failure.blocks, failure.evidence.contains("UP-1/T1")))
                .collect()
        });
        let told: Vec<Vec<_>> = told.collect();
        assert_eq!(
            told,
            [vec![(1, 2, false, true)], vec![], vec![(1, 2, false, true)]],
            "only where something is scaled"
        );
    }
}

#[test]
fn a_usage_point_without_registers_of_buckets_is_told_only_where_the_plan_asks_for_nothing_else() {
    let none = || BucketRegisters { buckets: Vec::new(), without_calendar: [(date_of(0), Vec::new())].into() };
    let told = |mode| {
        let (shown, outcomes) = outcomes("10 _ 30", &[register((0, 0), (1, 0), 65)], none(), mode);
        (shown, outcomes[0].final_day.failures.iter().filter(|failure| failure.rule == "CALENDAR").count())
    };
    assert_eq!(told(ScalingMode::TimeOfUse), ("10 25 30".to_owned(), 1));
    assert_eq!(told(ScalingMode::PartialTimeOfUse), ("10 25 30".to_owned(), 0));
    assert_eq!(told(ScalingMode::Proportional), ("10 25 30".to_owned(), 0));
}

proptest! {
    /// What is scaled within a bucket adds up to its register to the last digit, whatever is missing.
    #[test]
    fn parts_of_each_bucket_add_up_exactly(
        cells in proptest::collection::vec(proptest::option::weighted(0.7, 0..60_i64), 6..18),
        counted in proptest::collection::vec(0..1000_i64, 2),
    ) {
        let cells: Vec<i64> = cells.chunks_exact(3).flatten().map(|cell| cell.unwrap_or(MISSING)).collect();
        let text: Vec<String> = cells.iter().map(|cell| if *cell == MISSING { "_".into() } else { cell.to_string() }).collect();
        let text: Vec<String> = text.chunks(3).map(|day| day.join(" ")).collect();
        let whole = |counted| vec![register((0, 0), (cells.len() as i64 / 3, 0), counted)];
        let buckets = buckets(whole(counted[0]), whole(counted[1]));
        let (shown, outcomes) = outcomes(&text.join("|"), &[], buckets, ScalingMode::TimeOfUse);
        let values: Vec<Option<i64>> = shown.split_whitespace().filter(|cell| *cell != "|").map(|cell| cell.parse().ok()).collect();
        for (peak, counted) in [(true, counted[0]), (false, counted[1])] {
            let is_of = |at: &usize| (at % 3 == 1) == peak;
            let scaled = outcomes.iter().enumerate().any(|(day, outcome)| {
                let mut values = outcome.final_day.values.iter();
                values.any(|value| value.status.contains(Status::SCALED) && is_of(&(day * 3 + usize::from(value.slot))))
            });
            if scaled {
                let sum: Option<i64> = (0..values.len()).filter(is_of).map(|at| values[at]).sum();
                prop_assert_eq!(sum, Some(counted), "{}", shown);
            }
        }
    }
}
