//! The scaling modes of catalogue 3.4 and the Elhub law, each met to the last quantum.

use jiff::Timestamp;
use model::quality::Status;
use model::quantity::Decimal;
use model::time::TimeRange;
use proptest::prelude::*;
use vee::context::{Bucket, RegisterPair, Sources};
use vee::plan::{EstimatorEntry, OnFailure, RuleEntry, ScalingMode};
use vee::{Context, Day, MISSING, Measured, Outcome, Plan, Total, run};

use crate::notation::{Series, checked, context, empty_plan, final_values, stamp};

/// Hours of an ordinary day.
fn range(from: i64, to: i64) -> TimeRange {
    let start: Timestamp = "2026-01-14T06:00:00Z".parse().expect("instant");
    let hour = |hours| start + jiff::SignedDuration::from_hours(hours);
    TimeRange { start: hour(from), end: hour(to) }
}

fn register(from: i64, to: i64, used: i64) -> Total {
    let pair = RegisterPair {
        start: Decimal::new(1000, 0),
        end: Decimal::new(1000 + used, 0),
        multiplier: Decimal::new(1, 0),
        dials: 9,
        decimals: 0,
    };
    Total { range: range(from, to), measured: Measured::Register(pair), elsewhere: None }
}

fn plan(methods: &[&str], scaling: ScalingMode) -> Plan {
    let entry = |method: &&str| EstimatorEntry::new(*method);
    let gap = RuleEntry::new("V30", OnFailure::Estimate);
    Plan { scaling, validate: vec![gap], estimate: methods.iter().map(entry).collect(), ..empty_plan() }
}

/// `5 _ _ 5` with reads at both ends and after two hours; peak is the first two hours.
fn scaled(mode: ScalingMode, whole: &[i64], inner: &[i64], peak: &[i64], off_peak: &[i64]) -> (String, Outcome) {
    let series = Series::read("5 _ _ 5", 0);
    let day = series.ordinary_day(3600);
    let totals: Vec<Total> = (whole.iter().map(|used| register(0, 4, *used)))
        .chain(inner.iter().map(|used| register(0, 2, *used)))
        .collect();
    let peak: Vec<Total> = peak.iter().map(|used| register(0, 4, *used)).collect();
    let off_peak: Vec<Total> = off_peak.iter().map(|used| register(0, 4, *used)).collect();
    let buckets = [
        Bucket { name: "peak", hours: &[range(0, 2)], totals: &peak },
        Bucket { name: "off-peak", hours: &[range(2, 4)], totals: &off_peak },
    ];
    let sources = Sources { buckets: &buckets, ..Sources::default() };
    let context = Context { totals: &totals, sources, ..context(0) };
    let outcome = run(&day, &context, &checked(plan(&["E04"], mode)), stamp());
    let values: Vec<String> =
        final_values(&day, &outcome).into_iter().map(|value| value.expect("filled").to_string()).collect();
    (values.join(" "), outcome)
}

#[test]
fn each_mode_meets_its_own_registers() {
    // covers: SCALING-BOUNDARY, SCALING-PARTIAL, SCALING-TOU, SCALING-PARTIAL-TOU
    use ScalingMode::{Boundary, PartialTimeOfUse, Proportional, TimeOfUse};
    // Estimates of 5 and 5; the whole counted 30, of which the first two hours 12.
    check(Proportional, [&[30], &[12], &[], &[]], "5 7 13 5");
    check(Boundary, [&[30], &[12], &[], &[]], "5 10 10 5");
    check(TimeOfUse, [&[30], &[], &[12], &[18]], "5 7 13 5");
    check(TimeOfUse, [&[30], &[], &[12], &[]], "5 7 5 5");
    check(PartialTimeOfUse, [&[30], &[], &[12], &[]], "5 7 13 5");
    check(ScalingMode::None, [&[30], &[12], &[12], &[]], "5 5 5 5");
}

#[track_caller]
fn check(mode: ScalingMode, [whole, inner, peak, off_peak]: [&[i64]; 4], expected: &str) {
    assert_eq!(scaled(mode, whole, inner, peak, off_peak).0, expected, "{mode:?}");
}

#[test]
fn a_negative_total_is_refused_or_shared() {
    // covers: SCALING-NEGATIVE
    // 4 counted in the peak hours that hold a measured 5: 4 - 5 = -1 is left for the one estimate there.
    let (values, outcome) = scaled(ScalingMode::TimeOfUse, &[], &[], &[4], &[]);
    assert_eq!(values, "5 5 5 5");
    let listed = outcome.final_day.values.iter().find(|listed| listed.slot == 1).expect("an estimate");
    assert!(listed.status.contains(Status::UNSCALED));
    assert_eq!(scaled(ScalingMode::TimeOfUseAllowNegative, &[], &[], &[4], &[]).0, "5 -1 5 5");
    // 4 counted over the whole day, of which 10 are measured: -6 over seeds of 5 and 5.
    assert_eq!(scaled(ScalingMode::Proportional, &[4], &[], &[], &[]).0, "5 5 5 5");
    assert_eq!(scaled(ScalingMode::ProportionalAllowNegative, &[4], &[], &[], &[]).0, "5 -3 -3 5");
    assert_eq!(scaled(ScalingMode::BoundaryAllowNegative, &[4], &[], &[], &[]).0, "5 -3 -3 5");
}

#[test]
fn an_estimate_without_its_bucket_says_that_it_is_unscaled() {
    let unscaled = |peak: &[i64]| {
        let (_, outcome) = scaled(ScalingMode::TimeOfUse, &[30], &[], peak, &[]);
        let listed = outcome.final_day.values.iter().filter(|listed| listed.status.contains(Status::UNSCALED));
        listed.map(|listed| listed.slot).collect::<Vec<_>>()
    };
    assert_eq!(unscaled(&[]), [1, 2]);
    assert_eq!(unscaled(&[12]), [2]);
}

#[test]
fn modes_are_written_as_words() {
    for (word, mode) in [
        ("boundary", ScalingMode::Boundary),
        ("time-of-use", ScalingMode::TimeOfUse),
        ("partial-time-of-use-allow-negative", ScalingMode::PartialTimeOfUseAllowNegative),
    ] {
        let text = format!("name = \"x\"\nversion = 1\nscaling = \"{word}\"");
        assert_eq!(toml::from_str::<Plan>(&text).expect("TOML").scaling, mode);
    }
}

/// Elhub: the estimates meet the register where both reads exist; else their total is that of the own
/// history; else the assumed annual use, flat. As a plan: E05, then E13, scaled in proportion.
#[test]
fn the_elhub_law_is_a_plan() {
    // covers: SCALING-ELHUB
    let plan = checked(plan(&["E05", "E13"], ScalingMode::Proportional));
    let series = Series::read("_ _ _ _", 0);
    let day = series.ordinary_day(3600);
    let past = Series::read("1v 2v 3v 4v", 0);
    let history =
        [Day { date: day.date.yesterday().expect("a day"), values: &past.values, statuses: &past.statuses, ..day }];
    let sources = Sources { average_daily_load: Some(Decimal::new(16, 0)), ..Sources::default() };
    let totals = [register(0, 4, 20)];
    let values = |history: &[Day<'_>], totals: &[Total]| {
        let context = Context { history, totals, sources, ..context(0) };
        final_values(&day, &run(&day, &context, &plan, stamp()))
    };
    assert_eq!(values(&history, &totals), [2, 4, 6, 8].map(Some));
    assert_eq!(values(&history, &[]), [1, 2, 3, 4].map(Some));
    assert_eq!(values(&[], &[]), [4; 4].map(Some));
    assert_eq!(values(&[], &totals), [5, 5, 5, 5].map(Some));
}

proptest! {
    // covers: AMT-FUP-03
    #[test]
    fn sums_are_exact_in_every_mode(
        cells in proptest::collection::vec(prop_oneof![3 => 0..900_i64, 2 => Just(MISSING)], 12),
        switch in 1..12_i64,
        used in proptest::collection::vec(0..20_000_i64, 4),
        mode in proptest::sample::select(vec![
            ScalingMode::Proportional,
            ScalingMode::Boundary,
            ScalingMode::BoundaryAllowNegative,
            ScalingMode::TimeOfUse,
            ScalingMode::PartialTimeOfUse,
            ScalingMode::PartialTimeOfUseAllowNegative,
        ]),
    ) {
        let series = Series { statuses: vec![Status::NONE; cells.len()], values: cells };
        let day = series.ordinary_day(3600);
        let totals = [register(0, 12, used[0]), register(0, switch, used[1])];
        let (peak, off_peak) = ([register(0, 12, used[2])], [register(0, 12, used[3])]);
        let buckets = [
            Bucket { name: "peak", hours: &[range(0, switch)], totals: &peak },
            Bucket { name: "off-peak", hours: &[range(switch, 12)], totals: &off_peak },
        ];
        let sources =
            Sources { buckets: &buckets, average_daily_load: Some(Decimal::new(1000, 0)), ..Sources::default() };
        let context = Context { totals: &totals, sources, ..context(0) };
        let outcome = run(&day, &context, &checked(plan(&["E13"], mode)), stamp());
        let values = final_values(&day, &outcome);
        for done in outcome.estimations.iter().filter(|done| done.method == "scaling" && 0 < done.slots_filled) {
            let sum: i64 = values[usize::from(done.from)..usize::from(done.to)].iter().flatten().sum();
            let expected = match (done.words.split(':').next(), done.from, done.to) {
                (Some("bucket peak"), ..) => used[2],
                (Some("bucket off-peak"), ..) => used[3],
                (_, 0, 12) => used[0],
                _ => used[1],
            };
            prop_assert_eq!(sum, expected, "{:?}", done);
        }
    }
}
