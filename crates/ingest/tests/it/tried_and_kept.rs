//! What a plan is shown to make of a series is what an installation keeps that receives the same values.

use std::fmt::Write;

use jiff::civil::{Date, date};
use jiff::{SignedDuration, Span};
use model::quantity::Decimal;
use model::review::ExplainedValue;
use vee::plan::{EstimatorEntry, OnFailure, RuleEntry, ScalingMode};
use vee::trial::{TrialValue, read_series, trial};
use vee::{MISSING, Plan};

use crate::review_fixture::Utility;

const ZONE: &str = "America/Chicago";
const DAYS: i32 = 32;
/// On these days a counter is read at midnight.
const READS: [i32; 4] = [9, 11, 14, 18];

/// 8 March has 23 hours.
fn day(number: i32) -> Date {
    date(2026, 2, 12).saturating_add(Span::new().days(number))
}

/// Wh of an hour: two silent days, gaps, four days of zeros, a spike and a value below zero among days that differ by weekday.
fn value(day: i32, hour: i32) -> Option<i64> {
    match (day, hour) {
        (15 | 16, _) | (10, 8..14) | (12 | 30, 3) | (8, 22..) => None,
        (20..=23, _) => Some(0),
        (25, 18) => Some(9000),
        (26, 2) => Some(-50),
        _ => Some(i64::from(400 + 37 * (hour % 7) + 11 * (day % 7) + day)),
    }
}

/// What one of them made of an interval.
#[derive(Debug, PartialEq, Eq)]
struct Made {
    last: Option<Decimal>,
    statuses: Vec<&'static str>,
    method: String,
    inputs_hash: String,
    failed: Vec<(String, String)>,
}

impl Made {
    fn tried(value: &TrialValue) -> Self {
        let failed = value.failed.iter().map(|failed| (failed.rule.to_string(), failed.evidence.clone()));
        Self {
            last: value.last.as_deref().map(normal),
            statuses: value.statuses.clone(),
            method: value.method.to_string(),
            inputs_hash: value.inputs_hash.clone(),
            failed: failed.collect(),
        }
    }

    fn kept(value: &ExplainedValue) -> Self {
        let failed = value.rules.iter().map(|failed| (failed.rule.clone(), failed.evidence.clone()));
        Self {
            last: value.last.as_deref().map(normal),
            statuses: value.statuses.clone(),
            method: value.method.clone().unwrap_or_default(),
            inputs_hash: value.inputs_hash.clone().unwrap_or_default(),
            failed: failed.collect(),
        }
    }
}

fn normal(text: &str) -> Decimal {
    text.parse::<Decimal>().expect("a decimal").normalized()
}

/// Both answers of the same series under a plan.
fn both(plan: &Plan) -> (Vec<Made>, Vec<Made>) {
    let utility = Utility::judged_by(plan, ZONE, 3600);
    utility.wait_until("2026-04-10T00:00:00Z");
    let counter = utility.counter();
    let (mut text, mut counted, mut touched) =
        (format!("# zone: {ZONE}\n# dials: 18\ntime,value,register\n"), 0, Vec::new());
    for number in 0..DAYS {
        let on = day(number);
        let hours = (utility.at(day(number + 1), 0) - utility.at(on, 0)).get_seconds() / 3600;
        let hours = i32::try_from(hours).expect("a day");
        let cells: Vec<Option<i64>> = (0..hours).map(|hour| value(number, hour)).collect();
        let read = READS.contains(&number).then_some(counted);
        if let Some(read) = read {
            utility.read(counter, utility.at(on, 0).as_second(), None, read);
            // The UTC date of its instant is that of the local midnight.
            touched.push((counter.0, on));
        }
        for (hour, cell) in (0_i64..).zip(&cells) {
            let at = utility.at(on, 0) + SignedDuration::from_hours(hour);
            let cell = cell.map_or_else(String::new, |cell| Decimal::new(cell, -3).to_string());
            let read = read.filter(|_| hour == 0).map_or_else(String::new, |read| Decimal::new(read, -3).to_string());
            writeln!(text, "{at},{cell},{read}").expect("memory");
        }
        // Where nothing was told, 500 Wh were used each hour.
        counted += cells.iter().map(|cell| cell.unwrap_or(500)).sum::<i64>();
        if cells.iter().any(Option::is_some) {
            let cells = cells.iter().map(|cell| cell.map_or("_".into(), |cell| cell.to_string()));
            utility.arrive(0, on, 0, &cells.collect::<Vec<_>>().join(" "));
        }
        touched.push((0, on));
    }
    utility.validate(&touched);
    let mut series = read_series(&text).expect("a series");
    // The channel of the installation counts in Wh.
    let finer = 10_i64.pow(u32::try_from(-3 - series.exponent).expect("finer"));
    series.values.iter_mut().filter(|value| **value != MISSING).for_each(|value| *value /= finer);
    series.exponent = -3;
    let tried = trial(&plan.check().expect("a plan"), &series).expect("tried");
    let explained = |number| utility.review.explain("0", day(number), utility.now()).expect("kept").values;
    let kept = (0..DAYS).flat_map(explained);
    (tried.values.iter().map(Made::tried).collect(), kept.map(|value| Made::kept(&value)).collect())
}

#[track_caller]
fn check(plan: &Plan) -> Vec<Made> {
    let (tried, kept) = both(plan);
    assert_eq!(tried.len(), kept.len());
    for (at, (tried, kept)) in tried.iter().zip(&kept).enumerate() {
        assert_eq!(tried, kept, "interval {at} by {}", plan.name);
    }
    tried
}

#[test]
fn a_plan_does_to_a_series_what_it_does_to_received_values() {
    let made = check(&Plan::standard());
    let by = |method: &str| made.iter().filter(|made| made.method == method).count();
    // The value below zero and the single hours between two good ones; the others are longer than two hours.
    assert!(0 < by("E04") && 48 < by("E05"), "{} {}", by("E04"), by("E05"));
}

#[test]
fn rules_that_look_back_and_methods_that_look_ahead_agree_as_well() {
    let mut zeros = RuleEntry::new("V36", OnFailure::Warn);
    zeros.settings.insert("days".into(), "3 days".into());
    let mut rules: Vec<RuleEntry> = ["V30", "V38"].map(|id| RuleEntry::new(id, OnFailure::Estimate)).to_vec();
    rules.extend(["V31", "V34", "V35", "V48", "V50"].map(|id| RuleEntry::new(id, OnFailure::Warn)));
    rules.push(zeros);
    for (method, scaling) in
        [("E05", ScalingMode::None), ("auto", ScalingMode::Boundary), ("E08", ScalingMode::TimeOfUse)]
    {
        let made = check(&Plan {
            name: method.into(),
            scaling,
            validate: rules.clone(),
            estimate: [method, "E09", "E04"].map(EstimatorEntry::new).to_vec(),
            ..Plan::standard()
        });
        let fails = |rule: &str| made.iter().filter(|made| made.failed.iter().any(|(id, _)| id == rule)).count();
        // The third and the fourth day of zeros.
        assert_eq!(fails("V36"), 48, "{method}");
    }
}
