//! The published vectors of the rules that are formulas and of the numeric replacement.

use model::quality::{Status, iee};
use vee::assumed_time::FIVE;
use vee::context::Device;
use vee::plan::{OnFailure, Plan, RuleEntry};
use vee::{Context, Verdict, run};

use crate::golden::{Golden, verdict};
use crate::notation::{Series, cell, checked, context, empty_plan, final_values, plan_of_method, stamp};

#[test]
fn v27_assumed_time() {
    // covers: V27
    for row in Golden::read("v27_assumed_time.csv").rows() {
        let statuses: Vec<Status> = row.get("statuses").split(' ').map(marks).collect();
        let series = Series { values: vec![1; statuses.len()], statuses };
        let known = |column: &str| Some(row.get(column)).filter(|text| *text != "unknown");
        let device = Device { family: known("family"), firmware: known("firmware"), ..Device::default() };
        let context = Context { device, ..context(0) };
        assert_eq!(verdict("V27", &series.ordinary_day(3600), &context), row.get("answer"), "{}", row.get("case"));
    }
}

/// `five` and names with `+` between them; `-` is nothing.
fn marks(text: &str) -> Status {
    let named = |name| match name {
        "-" => Status::NONE,
        "five" => FIVE,
        _ => iee::status(name).unwrap_or_else(|| panic!("no status {name}")),
    };
    text.split('+').map(named).fold(Status::NONE, |all, status| all | status)
}

#[test]
fn v40_dynamic_comparison() {
    // covers: V40
    for row in Golden::read("v40_dynamic_comparison.csv").rows() {
        let series = Series::read(row.get("values"), -3);
        let mut entry = RuleEntry::new("V40", OnFailure::Warn);
        if row.get("formula") != "default" {
            entry.settings.insert("formula".into(), row.get("formula").into());
        }
        let plan = checked(Plan { validate: vec![entry], ..empty_plan() });
        let outcome = run(&series.ordinary_day(3600), &context(-3), &plan, stamp());
        let spans = outcome.exceptions.iter().map(|fault| format!("{}..{}", fault.from, fault.to));
        let found = match outcome.results[0].verdict {
            Verdict::Passed => "pass".into(),
            Verdict::NotApplicable => "none".into(),
            Verdict::Failed => spans.collect::<Vec<_>>().join(" "),
        };
        assert_eq!(found, row.get("answer"), "{}", row.get("case"));
    }
}

#[test]
fn e15_numeric_replacement() {
    // covers: E15
    for row in Golden::read("e15_numeric_replacement.csv").rows() {
        let settings = [("value_to_substitute", row.get("value")), ("only_status", row.get("only_status"))];
        let series = Series::read(row.get("values"), -3);
        let day = series.ordinary_day(3600);
        let context = Context { unit: row.get("unit"), ..context(-3) };
        let outcome = run(&day, &context, &plan_of_method("E15", &settings), stamp());
        let found: Vec<String> = final_values(&day, &outcome).into_iter().map(|value| cell(value, -3)).collect();
        assert_eq!(found.join(" "), row.get("answer"), "{}", row.get("case"));
    }
}
