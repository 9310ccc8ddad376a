//! A plan tried on a series of a file.

use model::quality::validation::ValidationStatus::{Nv, Pv};
use vee::formula::{CountScope, Formula};
use vee::trial::{Trial, explain_at, read_series, trial};
use vee::{Plan, Queue};

use crate::assumed_time_plans::as_printed;
use crate::notation::checked;

fn tried(plan: Plan, text: &str) -> Trial {
    let series = read_series(text).unwrap_or_else(|findings| panic!("{findings:?}"));
    trial(&checked(plan), &series).unwrap_or_else(|findings| panic!("{findings:?}"))
}

#[test]
fn every_value_tells_what_became_of_it_and_why() {
    let found = tried(
        Plan::standard(),
        "# zone: America/Chicago\ntime,value\n2026-01-14T06:00:00Z,1.00\n2026-01-14T07:00:00Z,\n2026-01-14T08:00:00Z,2\n\
         2026-01-14T09:00:00Z,-0.5\n2026-01-14T10:00:00Z,2\n",
    );
    let values: Vec<(Option<&str>, Option<&str>, &str)> =
        found.values.iter().map(|value| (value.raw.as_deref(), value.last.as_deref(), value.method.as_str())).collect();
    assert_eq!(
        values,
        [
            (Some("1"), Some("1"), ""),
            (None, Some("1.5"), "E04"),
            (Some("2"), Some("2"), ""),
            (Some("-0.5"), Some("2"), "E04"),
            (Some("2"), Some("2"), ""),
        ]
    );
    let negative = &found.values[3];
    assert_eq!((negative.statuses.as_slice(), negative.validation), (&["estimated", "interpolated"][..], Nv));
    assert_eq!((negative.failed[0].rule.as_str(), negative.failed[0].direction.word()), ("V38", "too low"));
    assert!(negative.failed[0].evidence.contains("the lowest -0.5 kWh at 03:00"), "{}", negative.failed[0].evidence);
    assert_eq!((negative.inputs_hash.len(), found.values[0].validation), (16, Pv));
    assert_eq!(found.exceptions.len(), 2);
    assert!(found.exceptions.iter().all(|exception| exception.queue == Queue::Record));
    let json: serde_json::Value = serde_json::to_value(&found).expect("JSON");
    assert_eq!((&json["values"][1]["final"], &json["values"][1]["raw"]), (&"1.5".into(), &serde_json::Value::Null));
    assert_eq!(json["exceptions"][1]["direction"], "too-low");
}

#[test]
fn registers_and_statuses_are_read_and_scaled_to() {
    let flags = "CLOCK;IOBOARD;IRREGULAR;POWER;TIMERESET";
    let text = format!(
        "time,value,status,register\n2026-01-14T00:00:00Z,5,,100\n2026-01-14T01:00:00Z,8,{flags},\n\
         2026-01-14T02:00:00Z,,,\n2026-01-14T03:00:00Z,5,,\n2026-01-14T04:00:00Z,end,,117\n"
    );
    let found = tried(as_printed(), &text);
    let last: Vec<Option<&str>> = found.values.iter().map(|value| value.last.as_deref()).collect();
    // 17 counted, 10 measured, the assumed hour is 0 and stays: 7 are left for the gap.
    assert_eq!(last, [Some("5"), Some("0"), Some("7"), Some("5")]);
    assert_eq!((found.values[1].raw.as_deref(), found.values[1].validation), (Some("8"), Pv));
    assert!(found.values[1].failed.iter().any(|failed| failed.rule == "U-AMT"));
    assert!(found.methods.iter().any(|method| method.method == "scaling" && method.filled == 1));
}

/// 72 hours, 71 of them with 1 kWh; the register counts 75 over the three days, so 4 are left for the missing hour.
#[test]
fn a_register_over_several_days_counts_what_the_other_days_hold() {
    let mut text = String::from("time,value,register\n");
    for hour in 0..72 {
        let value = if hour == 30 { "" } else { "1" };
        let register = if hour == 0 { "100" } else { "" };
        text.push_str(&format!("2026-01-{:02}T{:02}:00:00Z,{value},{register}\n", 14 + hour / 24, hour % 24));
    }
    text.push_str("2026-01-17T00:00:00Z,end,175\n");
    let found = tried(Plan::standard(), &text);
    assert_eq!((found.values[30].last.as_deref(), found.values[30].method.as_str()), (Some("4"), "E04"));
    assert!(found.values.iter().all(|value| value.raw.is_none() || value.last == value.raw));
}

#[test]
fn days_see_the_days_before_them_and_a_part_of_a_day_is_told() {
    let mut text = String::from("# zone: America/Chicago\ntime,value\n");
    for hour in 6..60 {
        let (day, hour) = (14 + hour / 24, hour % 24);
        let value = if day == 15 && (10..16).contains(&hour) { String::new() } else { format!("{hour}") };
        text.push_str(&format!("2026-01-{day}T{hour:02}:00:00Z,{value}\n"));
    }
    let found = tried(Plan::standard(), &text);
    assert_eq!(found.values.len(), 54);
    let estimated: Vec<(&str, Option<&str>)> = found
        .values
        .iter()
        .filter(|value| !value.method.is_empty())
        .map(|value| (value.method.as_str(), value.last.as_deref()))
        .collect();
    let expected = ["10", "11", "12", "13", "14", "15"].map(|value| ("E05", Some(value)));
    assert_eq!(estimated, expected, "the hours of the day before");
    assert_eq!(found.notes, []);
    let later = text.replacen("2026-01-14T06:00:00Z,6\n", "", 1);
    let found = tried(Plan::standard(), &later);
    assert_eq!((found.values.len(), found.notes[0].code.as_str()), (53, "trial.part_of_day"));
    assert!(found.exceptions.iter().all(|exception| exception.range.start >= found.values[0].time));
}

#[test]
fn faults_of_the_file_are_told_by_line_and_field() {
    let head = "time,value,status,register\n2026-01-14T00:00:00Z,1,,\n";
    for (rows, line, field, message) in [
        ("2026-01-14T01:00:00Z,x,,", 3, "value", "found `x`: expected a decimal number"),
        ("yesterday,1,,", 3, "time", "found `yesterday`, expected an instant"),
        ("2026-01-14T01:00:00Z,1,CLOK,", 3, "status", "found `CLOK`, expected a status"),
        ("2026-01-14T00:00:00Z,1,,", 3, "time", "2026-01-14T00:00:00Z is not after the row before"),
        (
            "2026-01-14T01:00:00Z,1,,\n2026-01-14T02:30:00Z,1,,",
            4,
            "time",
            "2026-01-14T02:30:00Z is not on the grid of 3600 s",
        ),
        ("2026-01-14T01:00:00Z,1,,\n2226-01-14T01:00:00Z,1,,", 4, "time", "a series has at most"),
        ("2026-01-14T01:00:00Z,1,,,,", 3, "time", "found 6 fields, expected 4"),
        ("", 0, "time", "expected at least two rows"),
    ] {
        let findings = read_series(&format!("{head}{rows}")).expect_err(rows);
        let found = (findings[0].line, findings[0].field.as_str(), findings[0].message.as_str());
        assert!(found.0 == line && found.1 == field && found.2.starts_with(message), "{found:?}");
    }
    let findings = read_series("# zone: Nowhere\nwhen,value\n").expect_err("columns and zone");
    assert_eq!(findings.iter().map(|finding| finding.field.as_str()).collect::<Vec<_>>(), ["when", "zone"]);
    let odd = "# zone: Australia/Lord_Howe\ntime,value\n2024-04-06T13:00:00Z,1\n2024-04-06T14:00:00Z,1\n";
    let series = read_series(odd).expect("a series");
    assert_eq!(trial(&checked(Plan::standard()), &series).expect_err("half an hour")[0].code, "trial.day");
}

#[test]
fn a_formula_is_explained_at_an_interval_of_the_series() {
    let text = "time,value\n2026-01-14T23:00:00Z,4\n2026-01-15T00:00:00Z,1\n2026-01-15T01:00:00Z,3\n";
    let series = read_series(text).expect("a series");
    let formula = Formula::parse("$input / @avg($history) - @avg($input)").expect("a formula");
    let explained = |at: &str| explain_at(&formula, &series, at.parse().expect("instant"), CountScope::Interval);
    // 3/4 - (1 + 3)/2
    assert_eq!(explained("2026-01-15T01:59:59Z").expect("an interval").value, "-1.25");
    assert_eq!(explained("2026-01-15T02:00:00Z").expect_err("after the end")[0].code, "trial.no_interval");
}
