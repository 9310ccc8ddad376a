//! Register reads of a series that is tried: judged, estimated, and what intervals are held against.

use vee::trial::{Trial, TrialRead, read_series, trial};
use vee::{Plan, Queue};

use crate::notation::checked;

/// A day of 1 kWh an hour without 10:00 and 11:00; the register where `reads` says so.
fn tried(reads: &[(usize, &str)]) -> Trial {
    tried_without(&[10, 11], reads)
}

/// A day of 1 kWh an hour without some hours.
fn tried_without(gap: &[usize], reads: &[(usize, &str)]) -> Trial {
    let mut text = "time,value,register\n".to_owned();
    for hour in 0..=24 {
        let value = match hour {
            24 => "end",
            hour if gap.contains(&hour) => "",
            _ => "1",
        };
        let read = reads.iter().find(|(at, _)| *at == hour).map_or("", |(_, read)| *read);
        text.push_str(&format!("2026-01-{:02}T{:02}:00:00Z,{value},{read}\n", 14 + hour / 24, hour % 24));
    }
    let series = read_series(&text).unwrap_or_else(|findings| panic!("{findings:?}"));
    trial(&checked(Plan::standard()), &series).unwrap_or_else(|findings| panic!("{findings:?}"))
}

/// Each read as it is final, with its method and the rules that it failed: `124R01!V57`.
fn shown(found: &Trial) -> String {
    let one = |read: &TrialRead| {
        let rules: Vec<&str> = read.failed.iter().map(|failed| failed.rule.as_str()).collect();
        let rules = if rules.is_empty() { String::new() } else { format!("!{}", rules.join(",")) };
        format!("{}{}{rules}", read.last.as_deref().unwrap_or("_"), read.method)
    };
    found.reads.iter().map(one).collect::<Vec<_>>().join(" ")
}

fn gap(found: &Trial) -> [Option<&str>; 2] {
    [10, 11].map(|hour| found.values[hour].last.as_deref())
}

#[test]
fn a_read_that_a_rule_fails_scales_nothing() {
    let found = tried(&[(0, "100"), (8, "108"), (16, "5"), (24, "126")]);
    assert_eq!(shown(&found), "100 108 5!V55 126");
    // 18 between the two good reads around it, 14 of them measured.
    assert_eq!(gap(&found), [Some("2"), Some("2")]);
    let told = found.exceptions.iter().find(|exception| exception.rule == "V55").expect("an exception");
    assert_eq!((told.queue, told.range.start), (Queue::ManualWork, found.reads[2].time));
    assert!(told.evidence.contains("fell from 108 to 5"), "{}", told.evidence);
    let rules: Vec<(&str, &str)> = found.reads[1].rules.iter().map(|rule| (rule.rule, rule.verdict)).collect();
    assert!(rules.contains(&("V55", "passed")) && rules.contains(&("V56", "not applicable")), "{rules:?}");
}

#[test]
fn a_read_that_a_rule_wants_estimated_is_made_of_the_final_intervals() {
    // More digits than five dials show; 24 hours of 1 kWh were used since the read before.
    let found = tried_without(&[], &[(0, "100"), (24, "1234567")]);
    let [_, made] = &found.reads[..] else { panic!("{:?}", found.reads) };
    assert_eq!((made.raw.as_deref(), made.inputs_hash.len()), (Some("1234567"), 16));
    assert!(made.failed.iter().any(|failed| failed.rule == "V57"), "{:?}", made.failed);
    let standing = (made.last.as_deref(), made.method.as_str());
    assert!(matches!(standing, (Some("124"), "R01" | "R04")), "{standing:?} {:?}", made.methods);
    assert!(found.exceptions.is_sorted_by_key(|exception| exception.range.start));
}

#[test]
fn reads_that_pass_are_told_too() {
    let found = tried(&[(0, "100"), (24, "130")]);
    assert_eq!((shown(&found).as_str(), gap(&found)), ("100 130", [Some("4"), Some("4")]));
    assert!(tried(&[]).reads.is_empty());
}
