//! A reading's whole way: unknown, quarantined, registered, replayed, repeated, corrected, asked "as of", estimated.

use serde_json::Value;

use crate::program::Program;

const HOURLY: &str = "0.0.7.4.1.1.12.0.0.0.0.0.0.0.0.3.72.0";

fn hours(values: &[(&str, &str)]) -> String {
    let mut text = "usage_point_id,uom,start,end,value,version\n".to_owned();
    for (hour, value) in values {
        let next = format!("{:02}", hour.parse::<u32>().expect("hour") + 1);
        text.push_str(&format!("UP1,kWh,2026-01-01T{hour}:00:00Z,2026-01-01T{next}:00:00Z,{value},\n"));
    }
    text
}

fn values(program: &Program, more: &[&str]) -> Vec<String> {
    let read = program.json(&[&["read", "0", "--json"], more].concat());
    let intervals = read["intervals"].as_array().expect("intervals").clone();
    intervals.iter().map(|interval| interval["value"].as_str().unwrap_or("-").to_owned()).collect()
}

// covers: B1-S1, IS-001, THR-09
#[test]
fn from_quarantine_to_a_corrected_value() {
    let program = Program::with_installation(&["--zone", "UTC"]);
    let given = program.file("first.csv", hours(&[("00", "1.5"), ("01", "2.5"), ("02", "3.5")]));
    let ended = program.run(&["ingest", &given]);
    assert_eq!(ended.code, 1, "{ended:?}");
    let waiting = program.json(&["quarantine", "list", "--json"]);
    assert_eq!(waiting[0]["reason"], "V01", "{waiting}");
    let explained = program.run(&["quarantine", "explain", "1"]);
    assert!(explained.out.contains("register the channel"), "{explained:?}");

    let replayed = program.json(&["quarantine", "replay", "--register", "--json"]);
    assert_eq!((&replayed["released"], &replayed["stored"]), (&1.into(), &3.into()), "{replayed}");
    assert_eq!(values(&program, &[])[..3], ["1.5", "2.5", "3.5"]);
    assert_eq!(program.json(&["quarantine", "list", "--json"]).as_array().map(Vec::len), Some(0));

    let again = program.run(&["ingest", &given]);
    assert!(again.out.contains("taken before"), "{again:?}");
    let before_correction = jiff::Timestamp::now().to_string();
    let corrected = program.file("second.csv", hours(&[("01", "2.75")]));
    assert_eq!(program.run(&["ingest", &corrected]).code, 0);
    assert_eq!(values(&program, &[])[..3], ["1.5", "2.75", "3.5"]);
    assert_eq!(values(&program, &["--as-of", &before_correction])[..3], ["1.5", "2.5", "3.5"]);
}

/// Worked case of the catalogue, E04: 75, four missing, 100 gives 80, 85, 90, 95.
#[test]
fn a_short_gap_is_interpolated_and_explained() {
    let program = Program::with_installation(&["--zone", "UTC", "--register"]);
    let mut text = "usage_point_id,uom,start,end,value\n".to_owned();
    let start = 1_767_225_600_i64;
    for slot in 0..96_i64 {
        let value = match slot {
            41..=44 => continue,
            slot if slot <= 40 => "75",
            _ => "100",
        };
        let at = |slot: i64| jiff::Timestamp::from_second(start + slot * 900).expect("instant");
        text.push_str(&format!("UP1,kWh,{},{},{value}\n", at(slot), at(slot + 1)));
    }
    let given = program.file("gap.csv", text);
    assert!(program.run(&["ingest", &given]).code <= 1);
    assert_eq!(values(&program, &[])[40..46], ["75", "80", "85", "90", "95", "100"]);
    let quality = program.json(&["quality", "0", "--json"]);
    assert_eq!(quality["figures"]["intervals_estimated"], 4, "{quality}");
    assert_eq!(quality["failed"][0]["rule"], "V30", "{quality}");
}

/// A message waits for a reason of the registry; the fix and a replay let it in.
#[track_caller]
fn waits_until(reason: &str, before: &[&str], fix: &[&str]) {
    let program = Program::with_installation(&["--zone", "UTC"]);
    let registered = program.run(
        &[
            &["registry", "add", "--usage-point", "UP1", "--interval-seconds", "3600"][..],
            &["--reading-type", "0.0.7.4.1.1.12.0.0.0.0.0.0.0.0.3.72.0"],
        ]
        .concat(),
    );
    assert_eq!(registered.code, 0, "{registered:?}");
    assert_eq!(program.run(before).code, 0, "{before:?}");
    let given = program.file("given.csv", hours(&[("00", "1.5"), ("01", "2.5")]));
    assert_eq!(program.run(&["ingest", &given, "--source", "HES-1"]).code, 1);
    let waiting = program.json(&["quarantine", "list", "--json"]);
    assert_eq!(waiting[0]["reason"], reason, "{waiting}");
    let in_vain = program.json(&["quarantine", "replay", "--json"]);
    assert_eq!(in_vain["refused_again"], 1, "{in_vain}");
    assert_eq!(program.run(fix).code, 0, "{fix:?}");
    let replayed = program.json(&["quarantine", "replay", "--json"]);
    assert_eq!((&replayed["released"], &replayed["stored"]), (&1.into(), &2.into()), "{reason}: {replayed}");
    assert_eq!(values(&program, &[])[..2], ["1.5", "2.5"]);
}

#[test]
fn owners_and_states_let_readings_in() {
    waits_until("V02", &["registry", "owner", "UP1", "HES-2"], &["registry", "owner", "UP1", "HES-1"]);
    waits_until("V02", &["registry", "owner", "UP1", "HES-2"], &["registry", "owner", "UP1", "--none"]);
    waits_until(
        "V03",
        &["registry", "state", "UP1", "closed", "--from", "2025-06-01"],
        &["registry", "state", "UP1", "connected", "--from", "2026-01-01"],
    );
}

#[test]
fn owners_of_a_file_are_entered_all_or_none() {
    let program = Program::with_installation(&["--zone", "UTC"]);
    for name in ["UP1", "UP2"] {
        assert_eq!(program.run(&["registry", "add", "--usage-point", name, "--reading-type", HOURLY]).code, 0);
    }
    let owner = |name: &str| program.json(&["registry", "show", name, "--json"])["owners"][0]["source"].clone();
    let wrong = program.file("wrong.csv", "usage_point,source\nUP1,HES-1\nUP3,HES-1\n");
    let refused = program.run(&["registry", "owners", &wrong]);
    assert!(refused.code == 2 && refused.talk.contains("wrong.csv, line 3: `UP3` is not"), "{refused:?}");
    assert_eq!(owner("UP1"), Value::Null);
    let owners = program.file("owners.csv", "usage_point,source\nUP1,HES-1\nUP2,HES-2\n");
    assert_eq!(program.json(&["registry", "owners", &owners, "--json"])["usage_points"], 2);
    assert_eq!((owner("UP1"), owner("UP2")), ("HES-1".into(), "HES-2".into()));
}

#[test]
fn a_multiplier_does_not_change_under_reads() {
    let program = Program::with_installation(&["--zone", "UTC"]);
    let register = |more: &[&str]| {
        let kind = ["--suffix", "R1", "--reading-type", "0.0.0.1.1.1.12.0.0.0.0.0.0.0.0.3.72.0"];
        program.run(&[&["registry", "add", "--usage-point", "UP1"][..], &kind, more].concat())
    };
    let multiplier =
        || program.json(&["registry", "show", "UP1", "--json"])["channels"][0]["multiplier"]["digits"].clone();
    assert_eq!(register(&["--multiplier", "20", "--dials", "5"]).code, 0);
    assert_eq!(register(&["--multiplier", "40"]).code, 0, "nothing was read yet");
    let reads = "usage_point_id,channel,reading_type,uom,end,value\n\
                 UP1,R1,0.0.0.1.1.1.12.0.0.0.0.0.0.0.0.3.72.0,kWh,2026-01-01T00:00:00Z,100\n";
    assert!(program.run(&["ingest", &program.file("reads.csv", reads)]).code <= 1);
    let refused = register(&["--multiplier", "60"]);
    assert!(refused.code == 2 && refused.talk.contains("multiplier 40 with 5 dials"), "{refused:?}");
    assert_eq!(register(&["--owner", "HES-1"]).code, 0, "what is not named stays");
    assert_eq!(multiplier(), 40);
    assert_eq!(register(&["--multiplier", "60", "--correct"]).code, 0);
    assert_eq!(multiplier(), 60);
}

#[test]
fn a_disconnected_usage_point_is_told_and_shown() {
    let program = Program::with_installation(&["--zone", "UTC"]);
    let import = r#"[{"usage_point": "UP1", "reading_type": "0.0.7.4.1.1.12.0.0.0.0.0.0.0.0.3.72.0", "interval_seconds": 3600,
        "meter": "M1", "owner": "HES-1", "state": "connected", "state_from": "2025-01-01"}]"#;
    let import = program.file("import.json", import);
    assert_eq!(program.run(&["registry", "import", &import]).code, 0);
    let switched = program.run(&["registry", "state", "UP1", "logically-disconnected", "--from", "2026-01-01T01:00"]);
    assert_eq!(switched.code, 0, "{switched:?}");
    let given = program.file("given.csv", hours(&[("00", "1.5"), ("01", "2.5")]));
    let ended = program.run(&["ingest", &given, "--source", "HES-1", "--json"]);
    assert!(ended.out.contains("V04") && ended.out.contains("logically-disconnected"), "{ended:?}");
    assert_eq!(values(&program, &[])[..2], ["1.5", "2.5"]);
    let shown = program.json(&["registry", "show", "UP1", "--json"]);
    assert_eq!(shown["owners"][0]["source"], "HES-1", "{shown}");
    assert_eq!(shown["states"][0]["to"], "2026-01-01T01:00:00Z", "{shown}");
    assert_eq!(shown["states"][1]["value"], "logically-disconnected", "{shown}");
    assert_eq!((&shown["meters"][0]["value"], &shown["channels"][0]["label"]), (&"M1".into(), &channel_label()));
    let text = program.run(&["registry", "show", "UP1"]).out;
    assert!(text.contains("connected from 2025-01-01T00:00:00Z until 2026-01-01T01:00:00Z"), "{text}");
    let wrong = program.run(&["registry", "state", "UP1", "off", "--from", "2026-01-01"]);
    assert!(wrong.code == 2 && wrong.talk.contains("expected `connected`"), "{wrong:?}");
    assert_eq!(program.run(&["registry", "show", "UP2"]).code, 2);
}

fn channel_label() -> Value {
    "UP1/0.0.7.4.1.1.12.0.0.0.0.0.0.0.0.3.72.0".into()
}
