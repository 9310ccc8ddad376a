//! Commands while `amity serve` has the books say what they say without it.

use serde_json::Value;

use crate::disk_full::Served;
use crate::program::{Ended, Program};

const HOURLY: &str = "0.0.7.4.1.1.12.0.0.0.0.0.0.0.0.3.72.0";

/// Two days of 1 kWh an hour with a gap, and a message that waits for its channel.
fn utility() -> Program {
    let program = Program::with_installation(&["--zone", "UTC"]);
    let added = program.run(&[
        "registry",
        "add",
        "--usage-point",
        "UP1",
        "--interval-seconds",
        "3600",
        "--reading-type",
        HOURLY,
    ]);
    assert_eq!(added.code, 0, "{added:?}");
    let given = program.file("given.csv", hours("UP1", (0..48).filter(|hour| !(28..32).contains(hour))));
    assert_eq!(program.run(&["ingest", &given]).code, 0);
    let stranger = program.file("stranger.csv", hours("UP2", 0..3));
    assert_eq!(program.run(&["ingest", &stranger]).code, 1);
    program
}

fn hours(usage_point: &str, hours: impl Iterator<Item = i64>) -> String {
    let at = |hour: i64| jiff::Timestamp::from_second(1_767_225_600 + hour * 3600).expect("instant");
    let row = |hour| format!("{usage_point},kWh,{},{},1\n", at(hour), at(hour + 1));
    "usage_point_id,uom,start,end,value\n".to_owned() + &hours.map(row).collect::<String>()
}

/// What is only read is the same, with status and words.
#[test]
fn reading_commands_answer_the_same_with_and_without_a_server() {
    let program = utility();
    let calls: [&[&str]; 17] = [
        &["export", "--format", "csv"],
        &["export", "--format", "nem12", "--raw"],
        &["export", "UP1", "--format", "csv", "--from", "2026-01-01", "--to", "2026-01-02"],
        &["registry", "list"],
        &["registry", "list", "--json"],
        &["registry", "show", "UP1"],
        &["registry", "show", "UP9"],
        &["read", "0"],
        &["read", "0", "--json"],
        &["read", "nobody"],
        &["quality", "0"],
        &["quarantine", "list"],
        &["vee", "queue"],
        &["vee", "queue", "--state", "sideways"],
        &["vee", "plan", "list"],
        &["vee", "plan", "show", "default@1"],
        &["usage", "definition", "list"],
    ];
    let told = |ended: Ended| (ended.code, ended.out, without_times(&ended.talk));
    let alone: Vec<_> = calls.iter().map(|call| told(program.run(call))).collect();
    let served = Served::start(&program);
    for (call, alone) in calls.iter().zip(alone) {
        let beside = told(program.run(call));
        let header_time =
            |text: &str| text.lines().filter(|line| !line.starts_with("100,")).collect::<Vec<_>>().join("\n");
        assert_eq!((beside.0, header_time(&beside.1), beside.2), (alone.0, header_time(&alone.1), alone.2), "{call:?}");
    }
    drop(served);
}

fn without_times(talk: &str) -> String {
    talk.split_whitespace().filter(|word| !word.contains("/s)")).collect::<Vec<_>>().join(" ")
}

#[test]
fn what_a_command_changes_the_server_knows_at_once() {
    let program = utility();
    let served = Served::start(&program);
    let said = |arguments: &[&str]| {
        let ended = program.run(arguments);
        assert_eq!(ended.code, 0, "{arguments:?}: {ended:?}");
        ended.out
    };
    let add = ["registry", "add", "--usage-point", "UP2", "--interval-seconds", "3600", "--reading-type", HOURLY];
    assert_eq!(said(&add), "1 channels registered\n");
    assert!(said(&["quarantine", "replay"]).contains("1 items released, 3 readings stored"));
    let (status, channels) = served.request("GET", "/api/v1/channels", b"");
    assert!(status == 200 && channels.contains("UP2"), "{channels}");

    assert!(said(&["registry", "owner", "UP2", "HES-1"]).contains("only `HES-1`"));
    let more = hours("UP2", 3..4);
    let (_, answer) = served.request("POST", "/api/v1/readings?source=HES-2&name=more", more.as_bytes());
    assert!(answer.contains("V02"), "{answer}");
    assert!(said(&["registry", "state", "UP2", "closed", "--from", "2026-01-01T05:00"]).contains("UP2 is closed"));
    assert!(program.json(&["registry", "show", "UP2", "--json"])["states"][0]["value"] == "closed");

    let again = program.run(&["init"]);
    assert_eq!(again.code, 2, "{again:?}");
}

/// Relative names are names in the folder where the person stands, and files are written there.
#[test]
fn files_are_found_and_written_where_the_command_was_called() {
    let program = utility();
    let served = Served::start(&program);
    std::fs::create_dir(program.path("here")).expect("folder");
    let here = |arguments: &[&str]| {
        let output = program.command(arguments).current_dir(program.path("here")).output().expect("the program starts");
        (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    program.file("here/more.csv", hours("UP1", 48..50));
    let (code, told) = here(&["ingest", "more.csv", "--json"]);
    assert_eq!(code, Some(0), "{told}");
    let told: Value = serde_json::from_str(&told).expect("JSON");
    assert_eq!((&told["path"], &told["receipt"]["stored"]), (&"more.csv".into(), &2.into()));
    program.file("here/days.csv", "date\n2026-12-25\n");
    let (code, told) = here(&["registry", "holidays", "national", "days.csv"]);
    assert_eq!(code, Some(0), "{told}");
    assert_eq!(here(&["export", "--format", "csv", "--output", "out.csv"]).0, Some(0));
    let rows = std::fs::read_to_string(program.path("here/out.csv")).expect("written here");
    drop(served);
    assert_eq!(rows, program.run(&["export", "--format", "csv"]).out);
}

#[test]
fn a_server_that_was_killed_leaves_nothing_in_the_way() {
    let program = utility();
    drop(Served::start(&program));
    assert!(program.data().join("commands.sock").exists());
    assert_eq!(program.run(&["status"]).code, 0);
    let served = Served::start(&program);
    assert_eq!(program.run(&["status"]).code, 0);
    drop(served);
}
