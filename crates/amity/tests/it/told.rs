//! How the program tells: in JSON where that was asked for, to readers that leave, about odd paths and damage.

use std::io::Read;
use std::process::Stdio;

use serde_json::Value;

use crate::program::{Ended, Program};

const HOURLY: &str = "0.0.7.4.1.1.12.0.0.0.0.0.0.0.0.3.72.0";

#[track_caller]
fn failure(ended: &Ended, code: i32) -> String {
    assert_eq!((ended.code, ended.out.as_str()), (code, ""), "{ended:?}");
    let told: Value = serde_json::from_str(&ended.talk).unwrap_or_else(|error| panic!("{error}: {ended:?}"));
    told["error"]["message"].as_str().expect("a message").to_owned()
}

#[test]
fn every_change_answers_in_json() {
    let program = Program::with_installation(&["--zone", "UTC"]);
    let add = ["registry", "add", "--usage-point", "UP1", "--meter", "M1", "--reading-type", HOURLY, "--json"];
    assert_eq!(program.json(&add)[0]["label"], format!("UP1/{HOURLY}"));
    let import = format!(r#"[{{"usage_point": "UP2", "reading_type": "{HOURLY}", "interval_seconds": 3600}}]"#);
    let import = program.file("import.json", import);
    assert_eq!(program.json(&["registry", "import", &import, "--json"])[0]["interval_seconds"], 3600);
    let holidays = program.file("holidays.csv", "date\n2026-12-25\n");
    let temperatures = program.file("temperatures.csv", "date,celsius\n2026-01-01,-7.3\n");
    let secret = program.file("secret", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n");
    let address = "https://example.org/readings";
    let from = ["--from", "2026-01-01"];
    for (call, field, value) in [
        (&["registry", "state", "UP1", "connected", from[0], from[1]][..], "state", "connected"),
        (&["registry", "owner", "UP1", "HES-1"], "owner", "HES-1"),
        (
            &["registry", "agree", "UP1", "--agreement", "A", "--account", "B", "--tariff", "T", from[0], from[1]],
            "tariff",
            "T",
        ),
        (&["registry", "fact", "service-rating", "UP1", "25"], "value", "25"),
        (&["registry", "holidays", "CA-ON", &holidays], "calendar", "CA-ON"),
        (&["registry", "temperatures", "YYZ", &temperatures], "station", "YYZ"),
        (&["subscribe", "add", "erp", address, "--secret", &secret], "state", "active"),
        (&["subscribe", "add", "erp", address, "--secret", &secret], "state", "active"),
        (&["subscribe", "pause", "erp"], "state", "paused"),
        (&["subscribe", "remove", "erp"], "state", "removed"),
    ] {
        let answer = program.json(&[call, &["--json"]].concat());
        assert_eq!(answer[field], value, "{call:?}: {answer}");
    }
    let row = "UP9,kWh,2026-01-01T00:00:00Z,2026-01-01T01:00:00Z,1\n";
    let stranger = program.file("stranger.csv", format!("usage_point_id,uom,start,end,value\n{row}"));
    assert_eq!(program.run(&["ingest", &stranger]).code, 1);
    let drop = ["quarantine", "drop", "1", "--as", "anna", "--reason", "mistake", "--json"];
    assert_eq!(program.json(&drop)["dropped"], 1);
}

#[test]
fn failures_of_a_call_with_json_are_json() {
    let program = Program::with_installation(&["--zone", "UTC"]);
    let unknown = program.run(&["registry", "show", "UP9", "--json"]);
    assert!(failure(&unknown, 2).contains("`UP9` is not the name of one usage point"));
    let wrong = program.run(&["registry", "list", "--limit", "many", "--json"]);
    assert!(failure(&wrong, 2).contains("invalid value 'many'"));
    let text = program.run(&["registry", "show", "UP9"]);
    assert!(text.talk.starts_with("amity: `UP9` is not"), "{text:?}");
    let nowhere = Program::without_installation();
    assert!(failure(&nowhere.run(&["status", "--json"]), 2).contains("is not an installation"));
}

/// Whoever reads the answer leaves after the first byte; the work is done all the same.
#[test]
fn a_reader_that_leaves_changes_nothing() {
    let program = Program::with_installation(&["--zone", "UTC", "--register"]);
    std::fs::create_dir(program.path("many")).expect("folder");
    for file in 0..30 {
        let row = format!("UP{file},kWh,2026-01-01T00:00:00Z,2026-01-01T01:00:00Z,1\n");
        program.file(&format!("many/{file}.csv"), format!("usage_point_id,uom,start,end,value\n{row}"));
    }
    let many = program.path("many").display().to_string();
    for call in
        [&["ingest", &many][..], &["export", "--format", "csv"], &["completions", "bash"], &["registry", "list"]]
    {
        let mut child = program.command(call).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("starts");
        let mut out = child.stdout.take().expect("piped");
        out.read_exact(&mut [0]).expect("a first byte");
        drop(out);
        let ended = child.wait_with_output().expect("ends");
        let talk = String::from_utf8_lossy(&ended.stderr);
        assert!(ended.status.success() && !talk.contains("panicked"), "{call:?}: {talk}");
    }
    assert_eq!(program.json(&["status", "--json"])["readings_stored"], 30);
}

#[test]
fn a_pipe_is_no_file() {
    let program = Program::with_installation(&["--zone", "UTC"]);
    let pipe = program.path("pipe").display().to_string();
    let made = std::process::Command::new("mkfifo").arg(&pipe).status().expect("mkfifo");
    assert!(made.success());
    for command in ["inspect", "ingest"] {
        let ended = program.run(&[command, &pipe]);
        assert!(ended.code == 2 && ended.out.contains("neither a file nor a folder"), "{ended:?}");
    }
}

#[test]
fn names_from_files_do_not_reach_the_terminal_raw() {
    let program = Program::with_installation(&["--zone", "UTC", "--register"]);
    let row = "a\u{1b}[31mb\u{202e}c,kWh,2026-01-01T00:00:00Z,2026-01-01T01:00:00Z,1\n";
    let given = program.file("given.csv", format!("usage_point_id,uom,start,end,value\n{row}"));
    assert!(program.run(&["ingest", &given]).code <= 1);
    let listed = program.run(&["registry", "list"]).out;
    assert!(listed.contains("a\\u{1b}[31mb\\u{202e}c/"), "{listed}");
    let listed = program.json(&["registry", "list", "--json"]);
    assert!(listed[0]["label"].as_str().is_some_and(|label| label.starts_with("a\u{1b}[31mb\u{202e}c/")), "{listed}");
}

#[test]
fn what_is_left_out_of_a_list_is_said() {
    let program = Program::with_installation(&["--zone", "UTC"]);
    for usage_point in ["UP1", "UP2", "UP3"] {
        let added = program.run(&["registry", "add", "--usage-point", usage_point, "--reading-type", HOURLY]);
        assert_eq!(added.code, 0, "{added:?}");
    }
    let listed = program.run(&["registry", "list", "--limit", "2"]);
    assert!(listed.talk.contains("2 of 3 channels"), "{listed:?}");
    for call in [&["registry", "list", "X"][..], &["export", "X", "--format", "csv"]] {
        let listed = program.run(call);
        assert!(listed.code == 0 && listed.talk.contains("no label begins with `X`"), "{listed:?}");
    }
    let queue = program.run(&["vee", "queue", "--rule", "V99"]);
    assert!(queue.code == 2 && queue.talk.contains("no rule `V99`"), "{queue:?}");
}

/// A byte of the log is turned over; who asks how the installation is, is told.
#[test]
fn damage_is_told_by_status() {
    let program = Program::with_installation(&["--zone", "UTC", "--register"]);
    for hour in 0..3 {
        let row = format!("UP1,kWh,2026-01-01T0{hour}:00:00Z,2026-01-01T0{}:00:00Z,1\n", hour + 1);
        let given = program.file(&format!("{hour}.csv"), format!("usage_point_id,uom,start,end,value\n{row}"));
        assert!(program.run(&["ingest", "--no-validation", &given]).code <= 1);
    }
    assert_eq!(program.json(&["status", "--json"])["damages"], serde_json::json!([]));
    let log = program.data().join("readings/log/000000.log");
    let mut bytes = std::fs::read(&log).expect("the log");
    // The file is longer than what is written in it.
    let at = bytes.iter().rposition(|byte| *byte != 0).expect("records") / 2;
    bytes[at] ^= 1;
    std::fs::write(&log, bytes).expect("written");
    let told = program.run(&["status"]);
    assert!(told.code == 0 && told.out.contains("DAMAGED"), "{told:?}");
    let told = program.json(&["status", "--json"]);
    assert!(told["damages"].as_array().is_some_and(|damages| !damages.is_empty()), "{told}");
}
