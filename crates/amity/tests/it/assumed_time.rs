//! Intervals of assumed meter time on the command line: what each reader is given, and the shift to their true time.
//!
//! Hours of 2026-01-02 in UTC, 1 kWh each. Power failed at 02:00; 0.8 and 0.9 kWh, stamped 02:00 and 03:00, were measured
//! from 05:00 until the clock was set at 07:00, and 04:00 to 07:00 is missing.

use serde_json::{Value, json};

use crate::program::Program;

/// The rule, the zero fill and nothing else.
const PLAN: &str = r#"
name = "assumed meter time"
version = 1
scaling = "none"
validate = [{ rule = "V27", on_failure = "estimate" }, { rule = "V30", on_failure = "warn" }]

[[estimate]]
method = "E15"
exclude_from_scaling = true
settings = { only_status = "AMT", value_to_substitute = "0 kWh" }
"#;

const FIVE: &str = "clock error; hardware fault; partial interval; power failure; clock adjusted";

fn night() -> Program {
    let program = Program::with_installation(&["--zone", "UTC", "--register"]);
    let plan = program.file("plan.toml", PLAN);
    let put = program.run(&["vee", "plan", "put", &plan, "--as", "Ada"]);
    assert_eq!(put.code, 0, "{put:?}");
    let attached = program.run(&["vee", "plan", "attach", "assumed meter time", "--to", "everywhere", "--as", "Ada"]);
    assert_eq!(attached.code, 0, "{attached:?}");
    let mut text = "usage_point_id,uom,start,end,value,status\n".to_owned();
    for hour in (0..24_i64).filter(|hour| !(4..7).contains(hour)) {
        let at = |hour: i64| jiff::Timestamp::from_second(1_767_312_000 + hour * 3600).expect("instant");
        let (value, status) = match hour {
            2 => ("0.8", FIVE),
            3 => ("0.9", FIVE),
            _ => ("1", ""),
        };
        text.push_str(&format!("UP1,kWh,{},{},{value},{status}\n", at(hour), at(hour + 1)));
    }
    let given = program.file("readings.csv", text);
    let taken = program.run(&["ingest", &given]);
    assert!(taken.code <= 1, "{taken:?}");
    program
}

const HOURS: [&str; 5] = ["0", "--from", "2026-01-02T01:00", "--to", "2026-01-02T08:00"];

/// The values of 01:00 to 08:00 by their hour, and how many were left out.
fn read(program: &Program, more: &[&str]) -> (String, Value) {
    let told = program.json(&[&["read"][..], &HOURS, more, &["--json"]].concat());
    let cell = |interval: &Value| {
        let start = interval["start"].as_str().expect("a start");
        format!("{}={}", &start[12..13], interval["value"].as_str().unwrap_or("-"))
    };
    let intervals: Vec<String> = told["intervals"].as_array().expect("intervals").iter().map(cell).collect();
    (intervals.join(" "), told["left_out"].clone())
}

// covers: AMT-FUP-02, AMT-FUP-04
#[test]
fn each_reader_names_its_treatment() {
    let program = night();
    let zeroed = ("1=1 2=0 3=0 4=- 5=- 6=- 7=1".to_owned(), json!(0));
    assert_eq!(read(&program, &[]), zeroed);
    assert_eq!(read(&program, &["--assumed-time", "estimate"]), zeroed);
    assert_eq!(read(&program, &["--assumed-time", "exclude"]), ("1=1 4=- 5=- 6=- 7=1".into(), json!(2)));
    assert_eq!(read(&program, &["--assumed-time", "accept"]), ("1=1 2=0.8 3=0.9 4=- 5=- 6=- 7=1".into(), json!(0)));
    let people = program.run(&[&["read"][..], &HOURS, &["--assumed-time", "exclude"]].concat());
    assert!(people.out.contains("2 intervals of assumed meter time are left out"), "{people:?}");
    let unknown = program.run(&[&["read"][..], &HOURS, &["--assumed-time", "drop"]].concat());
    assert!(unknown.code == 2 && unknown.talk.contains("expected exclude, accept or estimate"), "{unknown:?}");

    let export = |more: &[&str]| {
        let csv = ["export", "UP1", "--format", "csv", "--from", "2026-01-02T02:00", "--to", "2026-01-02T03:00"];
        program.run(&[&csv[..], more].concat())
    };
    let portal = export(&["--assumed-time", "exclude"]);
    assert!(portal.out.contains(",missing; assumed meter time") && !portal.out.contains("0.800"), "{portal:?}");
    assert!(portal.talk.contains("1 intervals of assumed meter time are left out"), "{portal:?}");
    assert!(export(&["--assumed-time", "accept"]).out.contains(",0.800,"));
    assert_eq!(export(&["--raw", "--assumed-time", "exclude"]).code, 2, "received values are written as they came");

    let secret = program.file("secret", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n");
    let subscribe = |more: &[&str]| {
        let add = ["subscribe", "add", "portal", "https://127.0.0.1:1/", "--private", "--secret", &secret];
        program.run(&[&add[..], &["--assumed-time", "exclude"], more].concat())
    };
    let refused = subscribe(&[]);
    assert!(refused.code == 2 && refused.talk.contains("ask for the stage final alone"), "{refused:?}");
    assert_eq!(subscribe(&["--stage", "final"]).code, 0);
    let listed = program.json(&["subscribe", "list", "--json"]);
    assert_eq!(listed[0]["subscription"]["filter"]["assumed_time"], "exclude", "{listed}");
}

// covers: AMT-FUP-04
#[test]
fn the_span_is_shifted_approved_explained_and_taken_back() {
    let program = night();
    let span = ["--from", "2026-01-02T02:00", "--to", "2026-01-02T04:00"];
    let why = ["--reason", "clock", "--note", "set at seven", "--as", "Ada", "--json"];
    let shift = |to: &str| program.run(&[&["vee", "propose", "0"][..], &span, &["--shift-to", to], &why].concat());
    let late = shift("2026-01-02T06:00");
    assert!(late.code == 2 && late.talk.contains("has a measured value of its own"), "{late:?}");
    let before = program.run(&["vee", "explain", "0", "2026-01-02"]).out;
    assert!(before.contains("measured 1.7 kWh, zeroed 1.7, placed elsewhere 0, unplaced 1.7"), "{before}");
    assert!(before.contains("no event tells when the clock was set"), "{before}");

    let proposed = shift("2026-01-02T05:00");
    assert_eq!(proposed.code, 0, "{proposed:?}");
    let act = serde_json::from_str::<Value>(&proposed.out).expect("JSON")["act"].to_string();
    assert_eq!(program.json(&["vee", "approve", &act, "--as", "Ben", "--json"])["state"], "approved");
    assert_eq!(read(&program, &[]).0, "1=1 2=0 3=0 4=0 5=0.8 6=0.9 7=1");
    assert_eq!(read(&program, &["--assumed-time", "exclude"]).0, "1=1 2=0 3=0 4=0 5=0.8 6=0.9 7=1", "in true time");
    let told = program.json(&["vee", "explain", "0", "2026-01-02", "--json"]);
    assert_eq!(
        (&told["assumed_time"][0]["elsewhere"], &told["assumed_time"][0]["unplaced"]),
        (&json!("1.7"), &json!("0"))
    );
    program.json(&["vee", "undo", &act, "--as", "Ben", "--json"]);
    assert_eq!(read(&program, &[]).0, "1=1 2=0 3=0 4=- 5=- 6=- 7=1");

    // The gap after the span says the same, and zeros may be written by hand.
    let act = serde_json::from_str::<Value>(&shift("gap").out).expect("JSON")["act"].to_string();
    let listed = program.json(&["vee", "proposals", "--json"]);
    let written = json!(["0.000000", "0.000000", "0.000000", "0.800000", "0.900000"]);
    let act_told = &listed["proposals"][0];
    assert_eq!((&act_told["method"], &act_told["days"][0]["after"]), (&json!("shift"), &written));
    program.json(&["vee", "reject", &act, "--as", "Ben", "--json"]);
    let zero = program.json(&[&["vee", "propose", "0"][..], &span, &["--method", "E15"], &why].concat());
    assert_eq!(zero["state"], "proposed");
}
