//! The queue and the editor on the command line.

use serde_json::Value;

use crate::program::{Ended, Program};

/// Two days of 1 kWh an hour; on the second, hours 4 to 7 are missing and hour 12 is a spike.
fn with_a_gap_and_a_spike() -> Program {
    let program = Program::with_installation(&["--zone", "UTC", "--register"]);
    let mut text = "usage_point_id,uom,start,end,value\n".to_owned();
    let start = 1_767_225_600_i64;
    for hour in (0..48_i64).filter(|hour| !(28..32).contains(hour)) {
        let value = if hour == 36 { "9" } else { "1" };
        let at = |hour: i64| jiff::Timestamp::from_second(start + hour * 3600).expect("instant");
        text.push_str(&format!("UP1,kWh,{},{},{value}\n", at(hour), at(hour + 1)));
    }
    let given = program.file("readings.csv", text);
    assert!(program.run(&["ingest", &given]).code <= 1);
    program
}

fn values(program: &Program) -> Vec<String> {
    let read = program.json(&["read", "0", "--from", "2026-01-02T04:00", "--to", "2026-01-02T08:00", "--json"]);
    let intervals = read["intervals"].as_array().expect("intervals").clone();
    intervals.iter().map(|interval| interval["value"].as_str().unwrap_or("-").to_owned()).collect()
}

fn states(program: &Program, state: &str) -> Vec<(String, Value)> {
    let found = program.json(&["vee", "queue", "--list", "--state", state, "--json"]);
    let found = found["exceptions"].as_array().expect("exceptions").clone();
    found.iter().map(|one| (one["rule"].as_str().expect("a rule").to_owned(), one["id"].clone())).collect()
}

const SPAN: [&str; 5] = ["0", "--from", "2026-01-02T04:00", "--to", "2026-01-02T08:00"];

fn propose(program: &Program, more: &[&str]) -> Ended {
    let why = ["--reason", "communication", "--note", "agreed on the phone", "--json"];
    program.run(&[&["vee", "propose"][..], &SPAN, more, &why].concat())
}

#[test]
fn a_gap_is_written_approved_and_taken_back() {
    let program = with_a_gap_and_a_spike();
    let groups = program.json(&["vee", "queue", "--json"]);
    let rules: Vec<_> = groups["groups"].as_array().expect("groups").iter().map(|group| &group["rule"]).collect();
    assert_eq!(rules, ["V31", "V30"], "the spike waits for a person, the gap was filled: {groups}");
    let before = values(&program);

    let ended = propose(&program, &["--value", "0.5", "--as", "Ada"]);
    assert_eq!(ended.code, 0, "{ended:?}");
    let act = serde_json::from_str::<Value>(&ended.out).expect("JSON")["act"].to_string();
    assert_eq!(values(&program), before);
    let own = program.run(&["vee", "approve", &act, "--as", "Ada"]);
    assert_eq!(own.code, 2);
    assert!(own.talk.contains("another person has to approve it"), "{own:?}");
    let listed = program.run(&["vee", "proposals"]);
    assert!(listed.out.contains("agreed on the phone") && listed.out.contains("set value"), "{listed:?}");

    assert_eq!(program.json(&["vee", "approve", &act, "--as", "Ben", "--json"])["state"], "approved");
    assert_eq!(values(&program), ["0.5"; 4]);
    assert_eq!(states(&program, "edited").len(), 1);
    assert_eq!(program.json(&["vee", "undo", &act, "--as", "Ben", "--json"])["state"], "undone");
    assert_eq!(values(&program), before);
    assert_eq!(states(&program, "open").len(), 2);
}

#[test]
fn a_method_fills_the_values_of_a_proposal() {
    let program = with_a_gap_and_a_spike();
    let line = propose(&program, &["--method", "E04", "--as", "Ada"]);
    assert_eq!(line.code, 2);
    assert!(line.talk.contains("E04 does not give every value"), "four hours are more than its two: {line:?}");
    let file = program.file("values.csv", "start,value\n2026-01-02T04:00,0.1\n2026-01-02T05:00,0.2\n");
    let ended = program.run(&[
        "vee",
        "propose",
        "0",
        "--values",
        &file,
        "--as",
        "Ada",
        "--reason",
        "agreed",
        "--note",
        "by letter",
        "--json",
    ]);
    let act = serde_json::from_str::<Value>(&ended.out).expect("JSON")["act"].to_string();
    let kept = program.json(&["vee", "proposals", "--json"]);
    assert_eq!(kept["proposals"][0]["days"][0]["after"], serde_json::json!(["0.100000", "0.200000"]), "{kept}");
    assert_eq!(program.json(&["vee", "reject", &act, "--as", "Ada", "--json"])["state"], "rejected");
}

#[test]
fn a_spike_is_accepted_as_real_use() {
    let program = with_a_gap_and_a_spike();
    let open = states(&program, "open");
    let spike = open.iter().find(|(rule, _)| rule == "V31").expect("a spike").1.to_string();
    let accepted = program.json(&["vee", "accept", &spike, "--as", "Ada", "--reason", "real-use", "--json"]);
    assert_eq!((&accepted["state"], &accepted["accepted"]), (&"approved".into(), &1.into()));
    assert_eq!(states(&program, "accepted"), [("V31".to_owned(), spike.parse::<u64>().expect("an id").into())]);
    let again = program.run(&["vee", "accept", &spike, "--as", "Ben", "--reason", "real-use"]);
    assert_eq!(again.code, 2);
    assert!(again.talk.contains("is accepted by act"), "{again:?}");
    let unknown = program.run(&["vee", "accept", "99", "--as", "Ben", "--reason", "because"]);
    assert_eq!(unknown.code, 2);
    assert!(unknown.talk.contains("expected one of real-use"), "{unknown:?}");
    let people = program.run(&["vee", "queue"]);
    assert!(people.out.contains("gap") && people.out.contains("Ask the head-end"), "{people:?}");
}
