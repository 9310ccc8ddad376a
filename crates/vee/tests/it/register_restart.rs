//! A register that starts anew: told once, no interval is held against the time over the fall, and it counts from its new level.

use std::fmt::Write;

use vee::plan::OnFailure;
use vee::trial::{Trial, read_series, trial};
use vee::{Plan, register::RegisterPlan};

use crate::notation::checked;

/// Four days of 1 kWh an hour without 06:00 of the second and the third; the register at midnight of each and of the fifth.
fn tried(plan: Plan, reads: [&str; 5]) -> Trial {
    let mut text = "time,value,register\n".to_owned();
    for hour in 0..=96 {
        let value = match hour {
            96 => "end",
            30 | 54 => "",
            _ => "1",
        };
        let read = if hour % 24 == 0 { reads[hour / 24] } else { "" };
        writeln!(text, "2026-01-{:02}T{:02}:00:00Z,{value},{read}", 14 + hour / 24, hour % 24).expect("memory");
    }
    trial(&checked(plan), &read_series(&text).expect("a series")).expect("a trial")
}

fn told(found: &Trial) -> Vec<&str> {
    let exceptions = found.exceptions.iter().filter(|exception| exception.rule != "V30");
    exceptions.map(|exception| exception.rule.as_str()).collect()
}

fn last(found: &Trial, hour: usize) -> Option<&str> {
    found.values[hour].last.as_deref()
}

#[test]
fn the_fall_is_told_once_and_the_register_counts_on() {
    let found = tried(Plan::standard(), ["500", "524", "3", "29", "53"]);
    assert_eq!(told(&found), ["V55"], "{:?}", found.exceptions);
    // Nothing is known of the second day. The third counted 29 - 3 = 26, of which 23 were measured.
    assert_eq!((last(&found, 30), last(&found, 54)), (Some("1"), Some("3")));
    let scaled: Vec<u16> =
        found.methods.iter().filter(|told| told.method == "scaling").map(|told| told.filled).collect();
    assert_eq!(scaled, [1]);
}

#[test]
fn a_fall_that_is_only_warned_of_is_told_once_too() {
    let mut register = RegisterPlan::standard();
    let entry = register.validate.iter_mut().find(|entry| entry.rule == "V55").expect("V55");
    entry.on_failure = OnFailure::Warn;
    let found = tried(Plan { register: Some(register), ..Plan::standard() }, ["500", "524", "3", "29", "53"]);
    assert_eq!((told(&found), last(&found, 30), last(&found, 54)), (vec!["V55"], Some("1"), Some("3")));
}

#[test]
fn a_read_that_fell_alone_makes_no_hole() {
    // 524 and 572 bound two days of 48, of which 46 were measured: 2 are left for two gaps.
    let found = tried(Plan::standard(), ["500", "524", "3", "572", "596"]);
    assert_eq!((told(&found), last(&found, 30), last(&found, 54)), (vec!["V55"], Some("1"), Some("1")));
}
