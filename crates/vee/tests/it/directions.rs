//! What a failure says of a value: too high or too low where a rule compares with a limit.

use jiff::ToSpan;
use model::lineage::Direction::{self, TooHigh, TooLow};
use model::quantity::Decimal;
use vee::context::{DaySummary, RegisterPair};
use vee::plan::{OnFailure, RuleEntry};
use vee::register::RegisterPlan;
use vee::trial::{read_series, trial};
use vee::{Context, Measured, Plan, Total, run};

use crate::notation::{Series, checked, context, empty_plan, stamp};

/// The day before: 24 hours of 1 kWh.
fn yesterday(series: &Series) -> DaySummary {
    let date = series.ordinary_day(3600).date.checked_sub(1.day()).expect("a day");
    DaySummary { date, slots: 24, sum: 24, highest: Some(1), missing: 0, estimated: 0, edited: 0, outage: 0 }
}

#[track_caller]
fn check(rule: &str, settings: &[(&str, &str)], values: &str, expected: &[Direction]) {
    let settings = settings.iter().map(|(name, text)| ((*name).into(), (*text).into())).collect();
    let entry = RuleEntry { settings, ..RuleEntry::new(rule, OnFailure::Warn) };
    let series = Series::read(values, 0);
    let day = series.ordinary_day(3600);
    let pair = RegisterPair {
        start: Decimal::new(100, 0),
        end: Decimal::new(124, 0),
        multiplier: Decimal::new(1, 0),
        dials: 5,
        decimals: 0,
    };
    let totals = [Total { range: day.whole(), measured: Measured::Register(pair), elsewhere: None }];
    let (totals, summaries) = (&totals[..], &[yesterday(&series)][..]);
    let context = Context { totals, summaries, ..context(0) };
    let outcome = run(&day, &context, &checked(Plan { validate: vec![entry], ..empty_plan() }), stamp());
    let found: Vec<Direction> = outcome.exceptions.iter().map(|exception| exception.direction).collect();
    assert_eq!(found, expected, "{rule} of {values}");
    let stored: Vec<Direction> = outcome.final_day.failures.iter().map(|failure| failure.direction).collect();
    assert_eq!(stored, expected, "{rule} as stored");
}

/// A day of one value.
fn day_of(value: &str) -> String {
    [value; 24].join(" ")
}

#[test]
fn intervals_are_too_high_or_too_low() {
    let limits = [("high", "20 kWh/h"), ("low", "2 kWh/h")];
    check("V32", &limits, "10 21 10 1 10", &[TooHigh, TooLow]);
    let tolerance = [("tolerance", "50 %")];
    check("V33", &tolerance, "10 16 16 4 4", &[TooHigh, TooLow]);
    check("V34", &[("excess", "200 %")], &format!("4 {}", ["1"; 23].join(" ")), &[TooHigh]);
    let previous = [("order", "previous days"), ("days_fewest", "1 day"), ("high", "200 %"), ("low", "50 %")];
    check("V35", &previous, &day_of("3"), &[TooHigh]);
    check("V35", &previous, &day_of("0"), &[TooLow]);
    // 24 counted by the register.
    check("V50", &[], &day_of("2"), &[TooHigh]);
    check("V50", &[], &day_of("0"), &[TooLow]);
}

#[track_caller]
fn check_read(rule: &str, reads: &[&str], expected: Direction) {
    let mut text = "time,value,register\n".to_owned();
    for (day, read) in reads.iter().enumerate() {
        text.push_str(&format!("2026-01-{:02}T00:00:00Z,,{read}\n", 14 + day));
    }
    let validate = vec![RuleEntry::new(rule, OnFailure::Review)];
    let plan = Plan { register: Some(RegisterPlan { validate, estimate: vec![] }), ..empty_plan() };
    let found = trial(&checked(plan), &read_series(&text).expect("a series")).expect("a trial");
    let directions: Vec<Direction> = found.exceptions.iter().map(|exception| exception.direction).collect();
    assert_eq!(directions, [expected], "{rule} of {reads:?}: {:?}", found.exceptions);
}

#[test]
fn register_reads_are_too_high_or_too_low() {
    // 2400 kWh in a day are 100 an hour, above 50.
    check_read("V52", &["1000", "3400"], TooHigh);
    // Five times and a fifth of the use of the day before; the limits are 400 % and 25 %.
    check_read("V54", &["1000", "1010", "1060"], TooHigh);
    check_read("V54", &["1000", "1050", "1060"], TooLow);
    // 10 after 50: |10 - 50| / 10 = 400 %, above 300 %.
    check_read("V53", &["1000", "1050", "1060"], TooLow);
    check_read("V55", &["500", "524", "3"], TooLow);
    check_read("V55", &["100", "9999", "110"], TooHigh);
    check_read("V57", &["1000", "123456"], TooHigh);
}
