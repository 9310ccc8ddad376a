//! What a day of a series that is tried is compared with: its local day, and the days of the series around it.

use std::fmt::Write;

use vee::Plan;
use vee::plan::{EstimatorEntry, OnFailure, RuleEntry};
use vee::trial::{Trial, read_series, trial};

use crate::notation::{checked, empty_plan};

/// Hours from midnight of 2026-03-06 in Chicago on, each day of one value; 8 March has 23 hours.
fn tried(rule: RuleEntry, days: &[(u32, &str)]) -> Trial {
    let mut text = "# zone: America/Chicago\ntime,value\n".to_owned();
    let mut time: jiff::Timestamp = "2026-03-06T06:00:00Z".parse().expect("an instant");
    for (hours, value) in days {
        for _ in 0..*hours {
            writeln!(text, "{time},{value}").expect("memory");
            time += jiff::SignedDuration::from_hours(1);
        }
    }
    let plan = Plan { validate: vec![rule], ..empty_plan() };
    trial(&checked(plan), &read_series(&text).expect("a series")).expect("a trial")
}

fn verdicts(found: &Trial) -> Vec<&str> {
    found.rules.iter().map(|rule| rule.verdict).collect()
}

#[test]
fn the_local_day_is_known() {
    let rule = || RuleEntry::new("V48", OnFailure::Review);
    let found = tried(rule(), &[(24, "1"), (24, "1"), (23, "1"), (12, "1")]);
    // Of the last day twelve hours are told; it has twenty-four all the same.
    assert_eq!(verdicts(&found), ["passed", "passed", "passed", "passed"]);
}

#[test]
fn the_days_before_are_known() {
    // 24, 24 and 23 kWh; 72 kWh are more than twice the 71 / 3 = 23.67 of a day.
    let usual = [(24, "1"), (24, "1"), (23, "1"), (24, "3")];
    let found = tried(RuleEntry::new("V35", OnFailure::Review), &usual);
    assert_eq!(verdicts(&found), ["not applicable", "not applicable", "not applicable", "failed"]);
    let evidence = &found.exceptions[0].evidence;
    assert!(evidence.contains("72 kWh in the day") && evidence.contains("(3 complete), 23.666667 kWh"), "{evidence}");
    // 4 is more than three times the peak of the day before.
    let found = tried(RuleEntry::new("V34", OnFailure::Review), &[(24, "1"), (24, "4"), (23, "4")]);
    assert_eq!(verdicts(&found), ["not applicable", "failed", "passed"]);
}

#[test]
fn the_days_after_are_known() {
    let mut plan = Plan { validate: vec![RuleEntry::new("V30", OnFailure::Estimate)], ..empty_plan() };
    plan.estimate = vec![EstimatorEntry::new("E05")];
    // Three Fridays: of 1 kWh an hour, of one that misses an hour, and of 9; their mean is 5, and all other days have 2.
    let mut text = "# zone: UTC\ntime,value\n".to_owned();
    let mut time: jiff::Timestamp = "2026-01-02T00:00:00Z".parse().expect("an instant");
    for day in 0..15 {
        for hour in 0..24 {
            let value = match (day, hour) {
                (7, 12) => String::new(),
                (0, _) => "1".into(),
                (14, _) => "9".into(),
                _ => "2".into(),
            };
            writeln!(text, "{time},{value}").expect("memory");
            time += jiff::SignedDuration::from_hours(1);
        }
    }
    plan.estimate[0].settings.insert("days".into(), "2 days".into());
    let found = trial(&checked(plan), &read_series(&text).expect("a series")).expect("a trial");
    let made: Vec<_> = found.values.iter().filter(|value| !value.method.is_empty()).collect();
    assert_eq!(made.iter().map(|value| value.last.as_deref()).collect::<Vec<_>>(), [Some("5")]);
    assert!(found.methods[0].words.contains("2026-01-02, 2026-01-16"), "{:?}", found.methods);
}

#[test]
fn days_without_use_are_counted_over_midnight() {
    let mut rule = RuleEntry::new("V36", OnFailure::Warn);
    rule.settings.insert("days".into(), "3 days".into());
    let found = tried(rule, &[(24, "1"), (24, "0"), (23, "0"), (24, "0"), (24, "0")]);
    assert_eq!(verdicts(&found), ["passed", "passed", "passed", "failed", "failed"]);
}
