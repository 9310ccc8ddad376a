//! A made-up utility through the whole program: what is stored is what was true.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use crate::program::Program;

const DAYS: &str = "3";

/// Wh delivered by usage point over all days, as the simulation knows them.
fn truth(folder: &Path) -> BTreeMap<String, i64> {
    let text = std::fs::read_to_string(folder.join("truth.csv")).expect("the truth");
    let mut sums = BTreeMap::new();
    for line in text.lines().skip(1) {
        let cells: Vec<_> = line.split(',').collect();
        *sums.entry(cells[0].to_owned()).or_default() += cells[2].parse::<i64>().expect("Wh");
    }
    sums
}

fn simulate(program: &Program, folder: &str, more: &[&str]) -> Value {
    let call = ["simulate", folder, "--meters", "40", "--days", DAYS, "--from", "2026-03-07", "--json"];
    program.json(&[&call[..], more].concat())
}

// covers: ONT-2.3.2, ONT-2.4.2b
#[test]
fn what_head_ends_send_is_stored_unchanged() {
    let program = Program::with_installation(&["--zone", "America/Toronto"]);
    let folder = program.path("sent");
    let made = simulate(&program, folder.to_str().expect("UTF-8 path"), &[]);
    let mut stored = 0;
    for head_end in ["hes-cloud", "hes-hourly", "hes-folder"] {
        let files = folder.join(head_end);
        let ended = program.run(&["ingest", files.to_str().expect("UTF-8 path"), "--register", "--json"]);
        assert_eq!(ended.code, 0, "{ended:?}");
        let receipts = ended.out.lines().map(|line| serde_json::from_str::<Value>(line).expect("a receipt"));
        stored += receipts.map(|answer| answer["receipt"]["stored"].as_u64().expect("a count")).sum::<u64>();
    }
    assert_eq!(Some(stored), made["readings"].as_u64());
    let mut compared = 0;
    for (meter, expected) in truth(&folder) {
        let label = format!("{meter}/0.0.2.4.1.1.12.0.0.0.0.0.0.0.0.3.72.0");
        let asked = program.run(&["read", &label, "--from", "2026-03-07", "--to", "2026-03-10", "--json"]);
        // Only one head-end in three sends quarter-hours.
        let Ok(answer) = serde_json::from_str::<Value>(&asked.out) else { continue };
        let values = answer["intervals"].as_array().expect("intervals").iter();
        let watt_hours = values.map(|interval| thousandths(interval["raw"].as_str().expect("a value")));
        assert_eq!(watt_hours.sum::<i64>(), expected, "{meter}");
        compared += 1;
    }
    assert!(10 < compared, "about half of 40 meters");
}

/// The thousandths of a decimal that has no finer digits.
fn thousandths(text: &str) -> i64 {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    format!("{whole}{fraction:0<3}").parse().expect("a decimal with at most three digits after its point")
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let program = Program::without_installation();
    let bytes = |name: &str, seed: &str| {
        let folder = program.path(name);
        simulate(&program, folder.to_str().expect("UTF-8 path"), &["--seed", seed]);
        std::fs::read(folder.join("hes-cloud/2026-03-08.readings.xml")).expect("a file")
    };
    assert_eq!(bytes("first", "7"), bytes("again", "7"));
    assert_ne!(bytes("first", "7"), bytes("other", "8"));
}

#[test]
fn a_script_that_cannot_be_is_refused_with_its_place() {
    let program = Program::without_installation();
    let script = program.file(
        "faults.toml",
        "[[fault]]\nkind = \"open\"\nelement = \"line.none\"\n\
                              from = \"2026-03-07T00:00:00Z\"\nto = \"2026-03-08T00:00:00Z\"\n",
    );
    let folder = program.path("sent");
    let ended = program.run(&["simulate", folder.to_str().expect("UTF-8 path"), "--script", &script]);
    assert_eq!(ended.code, 2);
    assert!(ended.talk.contains("the network has no element `line.none`"), "{}", ended.talk);
}

#[test]
fn the_truth_has_a_reason_for_each_reading_that_did_not_come() {
    let program = Program::without_installation();
    let folder = program.path("storm");
    let call = ["simulate", folder.to_str().expect("UTF-8 path"), "--meters", "100", "--days", "3"];
    let made = program.json(&[&call[..], &["--from", "2026-02-02", "--script", "storm", "--json"]].concat());
    let table = |name: &str| std::fs::read_to_string(folder.join(name)).expect("a table");
    let never = |line: &&str| line.split(',').nth(6).is_some_and(str::is_empty);
    let readings = table("readings.csv");
    let never = readings.lines().skip(1).filter(never).count() as u64;
    let number = |name: &str| made[name].as_u64().expect("a count");
    assert_eq!(never, number("lost") + number("unmade"));
    assert!(readings.lines().skip(1).all(|line| line.split(',').nth(7).is_some_and(|reason| !reason.is_empty())));
    assert_eq!(table("premises.csv").lines().count(), 101);
    assert!(table("events.csv").contains(",hes-folder,3.26.0.85,2026-02-03T02:30:00Z,"));
}
