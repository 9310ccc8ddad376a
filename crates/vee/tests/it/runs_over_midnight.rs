//! V37 and V39 count a run that goes on over midnight on both sides of it.

use jiff::Timestamp;
use jiff::civil::date;
use model::id::ChannelNumber;
use vee::context::Context;
use vee::{Day, Plan, run};

use crate::notation::stamp;

/// Days of six slots of four hours; the middle one is judged. Answers its evidence.
fn evidence(rule: &str, settings: &str, days: [&str; 3]) -> Vec<String> {
    let cells = |day: &str| day.split_whitespace().map(|cell| cell.parse().expect("a number")).collect::<Vec<i64>>();
    let values = days.map(cells);
    let start = |number: i64| Timestamp::from_second(number * 86_400).expect("in range");
    let day = |number: usize| Day {
        date: date(1970, 1, 1 + number as i8),
        start: start(number as i64),
        slot_seconds: 14_400,
        clock_change: None,
        values: &values[number],
        statuses: &[],
    };
    let text = format!(
        "name = \"x\"\nversion = 1\nscaling = \"none\"\n[[validate]]\nrule = \"{rule}\"\non_failure = \"review\"\nsettings = {{ {settings} }}"
    );
    let plan: Plan = toml::from_str(&text).expect("a plan");
    let context =
        Context { day_before: Some(day(0)), day_after: Some(day(2)), ..Context::of(ChannelNumber(0), "kWh", 0) };
    let outcome = run(&day(1), &context, &plan.check().expect("a right plan"), stamp());
    outcome.final_day.failures.into_iter().map(|failure| failure.evidence).collect()
}

#[test]
fn equal_values_are_counted_over_midnight() {
    // Two before, two of the day; one of the day, three after.
    let days = ["1 2 3 4 5 5", "5 5 6 7 8 9", "9 9 9 1 2 3"];
    let told = evidence("V37", "fewest = \"4 values\"", days);
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[0].starts_with("2 values from 00:00 to 08:00 are all 5 kWh, 4 with the days beside; "), "{}", told[0]);
    assert!(told[1].starts_with("1 value at 20:00 are all 9 kWh, 4 with the days beside; "), "{}", told[1]);
    assert_eq!(evidence("V37", "fewest = \"5 values\"", days), [""; 0]);
}

#[test]
fn zeros_are_counted_over_midnight() {
    let days = ["0 0 0 0 0 0", "0 0 0 0 0 0", "0 0 0 1 0 0"];
    let told = evidence("V39", "fewest = \"15 values\"", days);
    assert_eq!(told.len(), 1);
    assert!(
        told[0].starts_with("6 values from 00:00 to 24:00 in a row, 15 with the days beside, all of 0 to 0 kWh; "),
        "{}",
        told[0]
    );
    assert_eq!(evidence("V39", "fewest = \"16 values\"", days), [""; 0]);
}
