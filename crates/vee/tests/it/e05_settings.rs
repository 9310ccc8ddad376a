//! E05 as Elhub and Oncor have it: the days before alone, and estimates allowed.

use vee::{Context, Day, run};

use crate::notation::{Series, context, plan_of_method, stamp};

/// Four slots of six hours of the Wednesdays and Thursdays around 2026-01-14.
const STORED: [(&str, &str); 5] = [
    ("2026-01-06", "2v 5v 5v 5v"),
    ("2026-01-07", "10v 5v 5v 5v"),
    ("2026-01-13", "30e 5v 5v 5v"),
    ("2026-01-15", "60v 5v 5v 5v"),
    ("2026-01-21", "90v 5v 5v 5v"),
];

// covers: E05
#[test]
fn which_days_serve_is_a_setting() {
    // Wednesdays first: January 7 and 21, then the nearest of the other weekdays with a value that counts.
    check("nearest: 10, 90, 60", &[], "53");
    check("before alone: 10, 2 (Elhub)", &[("side", "preceding")], "6");
    check("before alone, estimates too: 10, 30, 2 (Oncor)", &[("side", "preceding"), ("reference", "estimated")], "14");
    check("estimates too: 10, 90, 30", &[("reference", "estimated")], "43");
    check("measured alone", &[("side", "preceding"), ("reference", "measured")], "6");
}

#[track_caller]
fn check(case: &str, settings: &[(&str, &str)], expected: &str) {
    let start = |date: &str| format!("{date}T06:00:00Z");
    let stored: Vec<(&str, Series)> = STORED.iter().map(|(date, values)| (*date, Series::read(values, 0))).collect();
    let history: Vec<Day<'_>> = stored.iter().map(|(date, series)| series.day(date, &start(date), 6 * 3600)).collect();
    let gap = Series::read("_ 5 5 5", 0);
    let day = gap.day("2026-01-14", &start("2026-01-14"), 6 * 3600);
    let context = Context { history: &history, ..context(0) };
    let outcome = run(&day, &context, &plan_of_method("E05", settings), stamp());
    let value = outcome.final_day.values.iter().find(|value| value.slot == 0).and_then(|value| value.value);
    assert_eq!(value.map(|value| value.to_string()).as_deref(), Some(expected), "{case}");
}
