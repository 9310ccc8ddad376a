//! A register that counted over several days is met by the estimates of all of them together (catalogue 3.4).

use jiff::Timestamp;
use jiff::civil::{Date, date};
use model::quality::Status;
use model::quantity::Decimal;
use model::time::TimeRange;
use proptest::prelude::*;
use vee::channel::{ChannelDays, ReceivedDay};
use vee::context::RegisterPair;
use vee::plan::{EstimatorEntry, OnFailure, RuleEntry, ScalingMode};
use vee::{Activity, CheckedPlan, Context, MISSING, Measured, Outcome, Plan, Total};

use crate::notation::{checked, empty_plan, stamp};

/// Three slots of eight hours a day.
const SLOT_SECONDS: u32 = 28_800;

pub fn instant(day: i64, slot: i64) -> Timestamp {
    let start: Timestamp = "2026-01-05T00:00:00Z".parse().expect("instant");
    start + jiff::SignedDuration::from_secs((day * 3 + slot) * i64::from(SLOT_SECONDS))
}

pub fn date_of(day: i64) -> Date {
    date(2026, 1, 5).saturating_add(jiff::Span::new().days(day))
}

pub fn register(from: (i64, i64), to: (i64, i64), counted: i64) -> Total {
    let pair = RegisterPair {
        start: Decimal::new(1000, 0),
        end: Decimal::new(1000 + counted, 0),
        multiplier: Decimal::new(1, 0),
        dials: 6,
        decimals: 0,
    };
    let range = TimeRange { start: instant(from.0, from.1), end: instant(to.0, to.1) };
    Total { range, measured: Measured::Register(pair), elsewhere: None }
}

fn plan() -> CheckedPlan {
    plan_of(ScalingMode::Proportional)
}

/// Gaps of eight hours are filled by interpolation and scaled.
pub fn plan_of(scaling: ScalingMode) -> CheckedPlan {
    let gap = RuleEntry::new("V30", OnFailure::Estimate);
    let linear =
        EstimatorEntry { settings: [("gap_longest".into(), "8 h".into())].into(), ..EstimatorEntry::new("E04") };
    checked(Plan { scaling, validate: vec![gap], estimate: vec![linear], ..empty_plan() })
}

/// Days of kWh; `_` is a gap.
pub fn days(text: &str) -> Vec<(Date, ReceivedDay)> {
    let cell = |cell: &str| if cell == "_" { MISSING } else { cell.parse().expect("number") };
    let day = |(number, text): (usize, &str)| {
        let values: Vec<i64> = text.split_whitespace().map(cell).collect();
        let received = ReceivedDay {
            start: instant(number as i64, 0),
            slot_seconds: SLOT_SECONDS,
            clock_change: None,
            statuses: vec![Status::NONE; values.len()],
            values,
            local_day: None,
            activity: Activity::Active,
            decisions: Vec::new(),
            kept: Vec::new(),
        };
        (date_of(number as i64), received)
    };
    text.split('|').enumerate().map(day).collect()
}

/// Each day as a run over it alone leaves it.
fn outcomes(text: &str, totals: &[Total], plan: &CheckedPlan) -> (String, Vec<Outcome>) {
    let days = days(text);
    let facts = Context::of(model::id::ChannelNumber(7), "kWh", 0);
    let channel = ChannelDays::new(facts, totals.to_vec(), plan, days.clone());
    outcomes_of(&channel, &days)
}

/// As [`outcomes`], of a channel with these days.
pub fn outcomes_of(channel: &ChannelDays<'_>, days: &[(Date, ReceivedDay)]) -> (String, Vec<Outcome>) {
    let outcomes: Vec<Outcome> =
        days.iter().map(|(date, _)| channel.outcome(*date, stamp()).expect("a stored day")).collect();
    let shown = days.iter().zip(&outcomes).map(|((_, received), outcome)| {
        let mut values = received.values.clone();
        for value in &outcome.final_day.values {
            values[usize::from(value.slot)] = value.value.unwrap_or(MISSING);
        }
        let cells: Vec<String> =
            values.iter().map(|value| if *value == MISSING { "_".into() } else { value.to_string() }).collect();
        cells.join(" ")
    });
    (shown.collect::<Vec<_>>().join(" | "), outcomes)
}

#[track_caller]
fn check(case: &str, text: &str, totals: &[Total], expected: &str) {
    assert_eq!(outcomes(text, totals, &plan()).0, expected, "{case}");
}

#[test]
fn gaps_on_several_days_meet_their_register_together() {
    // 150 kWh over three days, of which 10 + 30 + 45 + 5 + 15 = 105 are measured. Seeds by interpolation: 20 and 10.
    // 45 are left: 45 * 20 / 30 = 30 and 45 * 10 / 30 = 15.
    let text = "10 _ 30 | 15 15 15 | 5 _ 15";
    check("in proportion", text, &[register((0, 0), (3, 0), 150)], "10 30 30 | 15 15 15 | 5 15 15");
    // 46 * 20 / 30 = 30.67 and 46 * 10 / 30 = 15.33: the count that rounding leaves goes to the larger remainder.
    check("to the last digit", text, &[register((0, 0), (3, 0), 151)], "10 31 30 | 15 15 15 | 5 15 15");
    // 49 * 20 / 30 = 32.67 and 49 * 10 / 30 = 16.33.
    check("rounded down here", text, &[register((0, 0), (3, 0), 154)], "10 33 30 | 15 15 15 | 5 16 15");
}

#[test]
fn shorter_registers_come_first() {
    // The first day alone counted 65, so its gap is 25; of the 150 of all days 20 are left for the other gap.
    let totals = [register((0, 0), (3, 0), 150), register((0, 0), (1, 0), 65)];
    check("a day within the days", "10 _ 30 | 15 15 15 | 5 _ 15", &totals, "10 25 30 | 15 15 15 | 5 20 15");
    // 64 over the first two days: 64 - 40 = 24 for two equal gaps. The later register shares the second day, whose gap
    // is fixed then: 75 - 32 - 20 - 10 = 13 are left for the last gap.
    let totals = [register((0, 0), (2, 0), 64), register((1, 0), (3, 1), 75)];
    let expected = "10 12 10 | 10 12 10 | 10 13 10 | 10 10 10";
    check("registers that overlap", "10 _ 10 | 10 _ 10 | 10 _ 10 | 10 10 10", &totals, expected);
}

#[test]
fn what_cannot_be_met_is_left_on_every_day() {
    let check_unscaled = |case: &str, text: &str, totals: &[Total], words: &str| {
        let (_, outcomes) = outcomes(text, totals, &plan());
        let made = outcomes.iter().flat_map(|outcome| &outcome.final_day.values);
        let made: Vec<_> = made.filter(|value| !value.method.is_empty()).collect();
        assert!(!made.is_empty() && made.iter().all(|value| value.status.contains(Status::UNSCALED)), "{case}");
        let told = outcomes.iter().flat_map(|outcome| &outcome.estimations);
        let told: Vec<_> = told.filter(|told| told.method == "scaling").map(|told| told.words.as_str()).collect();
        assert!(!told.is_empty() && told.iter().all(|told| told.contains(words)), "{case}: {told:?}");
    };
    let text = "10 _ 30 | 15 15 15 | 5 _ 15";
    check_unscaled("less than was measured", text, &[register((0, 0), (3, 0), 100)], "is negative");
    check_unscaled("an open gap", "10 _ 30 | _ _ _ | 5 15 15", &[register((0, 0), (3, 0), 150)], "still missing");
    check_unscaled("days that are not there", text, &[register((0, 0), (4, 0), 150)], "in other days");
}

proptest! {
    /// Whatever is missing: what the days come out as one by one adds up to what the register counted, or none is scaled.
    #[test]
    fn parts_of_days_add_up_exactly(
        cells in proptest::collection::vec(proptest::option::weighted(0.7, 0..60_i64), 6..18),
        from in 0..5_i64,
        slots in 4..14_i64,
        counted in 0..1000_i64,
    ) {
        let cells: Vec<i64> = cells.chunks_exact(3).flatten().map(|cell| cell.unwrap_or(MISSING)).collect();
        let text: Vec<String> = cells.iter().map(|cell| if *cell == MISSING { "_".into() } else { cell.to_string() }).collect();
        let text: Vec<String> = text.chunks(3).map(|day| day.join(" ")).collect();
        let to = (from + slots).min(cells.len() as i64);
        let total = register((0, from), (0, to), counted);
        let (shown, outcomes) = outcomes(&text.join("|"), &[total], &plan());
        let scaled = outcomes.iter().flat_map(|outcome| &outcome.final_day.values);
        if scaled.clone().any(|value| value.status.contains(Status::SCALED)) {
            let values = shown.split_whitespace().filter(|cell| *cell != "|").skip(from as usize).take((to - from) as usize);
            let sum: Option<i64> = values.map(|cell| cell.parse::<i64>().ok()).sum();
            prop_assert_eq!(sum, Some(counted), "{}", shown);
            prop_assert!(scaled.clone().all(|value| !value.status.contains(Status::UNSCALED)));
        }
    }
}
