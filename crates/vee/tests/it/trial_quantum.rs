//! A series is tried as an installation would keep it: in the same quantum, in units that are known, scaled by what there is.

use model::finding::Severity;
use vee::Plan;
use vee::plan::ScalingMode;
use vee::trial::{Series, Trial, read_series, read_series_in, trial};

use crate::notation::checked;

/// A day of 1 kWh an hour without the hours 1 to 3; the register counts 31 over it, so 10 are left for the three.
const DAY: &str = "time,value,register\n2026-01-14T00:00:00Z,1,100\n";

fn day() -> String {
    let mut text = DAY.to_owned();
    for hour in 1..24 {
        let value = if hour <= 3 { "" } else { "1" };
        text.push_str(&format!("2026-01-14T{hour:02}:00:00Z,{value},\n"));
    }
    text + "2026-01-15T00:00:00Z,end,131\n"
}

fn tried(scaling: ScalingMode, series: &Series) -> Trial {
    let mut plan = Plan { scaling, ..Plan::standard() };
    plan.estimate[0].settings.insert("gap_longest".into(), "5 h".into());
    trial(&checked(plan), series).expect("a trial")
}

fn gap(found: &Trial) -> Vec<&str> {
    found.values[1..4].iter().map(|value| value.last.as_deref().expect("a value")).collect()
}

#[test]
fn values_have_the_digits_that_a_channel_has() {
    // Ten in three parts, in millionths of a kWh as channels are registered, and in thousandths of a m3.
    let found = tried(ScalingMode::Proportional, &read_series(&day()).expect("a series"));
    assert_eq!(gap(&found), ["3.333334", "3.333333", "3.333333"]);
    assert_eq!((found.values[0].raw.as_deref(), found.values[0].last.as_deref()), (Some("1"), Some("1")));
    let found = tried(ScalingMode::Proportional, &read_series_in(Some("m3"), &day()).expect("a series"));
    assert_eq!((found.unit.as_str(), gap(&found)), ("m3", vec!["3.334", "3.333", "3.333"]));
    // Every digit that was given is kept: eight places here.
    let fine = day().replace("T05:00:00Z,1,", "T05:00:00Z,1.00000001,");
    let found = tried(ScalingMode::None, &read_series(&fine).expect("a series"));
    assert_eq!(found.values[5].last.as_deref(), Some("1.00000001"));
}

#[test]
fn buckets_are_told_to_be_missing_and_the_total_is_met() {
    for mode in [ScalingMode::TimeOfUse, ScalingMode::PartialTimeOfUseAllowNegative] {
        let found = tried(mode, &read_series(&day()).expect("a series"));
        assert_eq!(gap(&found), ["3.333334", "3.333333", "3.333333"], "{mode:?}");
        let told = found.notes.iter().find(|note| note.code == "trial.no_buckets").expect("a finding");
        assert!(told.severity == Severity::Warning && told.message.contains("calendar"), "{told:?}");
    }
    let found = tried(ScalingMode::Proportional, &read_series(&day()).expect("a series"));
    assert!(found.notes.iter().all(|note| note.code != "trial.no_buckets"), "{:?}", found.notes);
}

#[test]
fn a_unit_that_nobody_knows_is_refused() {
    let refused = |unit: Option<&str>, head: &str| {
        let findings = read_series_in(unit, &format!("{head}{}", day())).expect_err("no such unit");
        (findings[0].line, findings[0].field.clone(), findings[0].message.clone())
    };
    let (line, field, message) = refused(None, "# unit: bananas\n");
    assert_eq!((line, field.as_str()), (1, "unit"));
    assert!(message.starts_with("found `bananas`, expected a unit such as kWh"), "{message}");
    assert_eq!(refused(Some("bananas"), "# unit: kWh\n").0, 0);
    assert_eq!(refused(None, "# unit:\n").1, "unit");
    assert_eq!(read_series_in(Some("kvarh"), &format!("# unit: bananas\n{}", day())).expect("a series").unit, "kvarh");
}

#[test]
fn a_byte_order_mark_is_no_column() {
    assert_eq!(read_series(&format!("\u{feff}{}", day())), read_series(&day()));
    assert_eq!(read_series(&format!("\u{feff}# unit: Wh\n{}", day())).expect("a series").unit, "Wh");
}
