//! Register reads through the program: a roll-over, an exchange, a read that cannot be, and a person who accepts it.

use serde_json::Value;

use crate::program::Program;

const COUNTER: &str = "0.0.0.1.1.1.12.0.0.0.0.0.0.0.0.3.72.0";

fn with_register(meter: &str) -> Program {
    let program = Program::with_installation(&["--zone", "UTC"]);
    let options = ["--usage-point", "UP-1", "--meter", meter, "--suffix", "R1", "--reading-type", COUNTER];
    let added = program.run(&[&["registry", "add", "--quantum", "0", "--dials", "5"][..], &options].concat());
    assert_eq!(added.code, 0, "{added:?}");
    program
}

/// Midnight reads of January from a day on, as a file that is taken in; `-` is a read that the source reports missing.
#[track_caller]
fn arrive(program: &Program, first: u32, reads: &str) {
    let row = |(day, value): (u32, &str)| {
        format!("UP-1,R1,{COUNTER},2026-01-{day:02}T00:00:00Z,{}\n", value.trim_start_matches('-'))
    };
    let rows: String = (first..).zip(reads.split(' ')).map(row).collect();
    let file = program.file("reads.csv", format!("usage_point_id,channel,reading_type,end,value\n{rows}"));
    let ended = program.run(&["ingest", &file]);
    assert_eq!(ended.code, 0, "{ended:?}");
}

/// Each read as it is final, with its method and the rules that it failed.
fn read(program: &Program) -> String {
    let answer = program.json(&["read", "UP-1/R1", "--from", "2026-01-01", "--to", "2026-02-01", "--json"]);
    let one = |read: &Value| {
        let text = |field: &str| read[field].as_str().unwrap_or("_").to_owned();
        let (value, method, failed) = (text("value"), text("method"), text("failed"));
        let failed = if failed.is_empty() { failed } else { format!("!{}", failed.replace(' ', ",")) };
        format!("{value}{method}{failed}")
    };
    answer["registers"].as_array().expect("reads").iter().map(one).collect::<Vec<_>>().join(" ")
}

#[test]
fn a_roll_over_passes_and_a_fall_waits_for_a_person() {
    let program = with_register("OLD");
    arrive(&program, 5, "99970 99980 99990 0 10 - 30");
    // 20 between two reads two days apart.
    assert_eq!(read(&program), "99970 99980 99990 0 10 20R05 30");
    arrive(&program, 12, "40 7 60");
    assert_eq!(read(&program), "99970 99980 99990 0 10 20R05 30 40 7!V55 60");
    let told = program.run(&["vee", "explain", "UP-1/R1", "2026-01-13"]).out;
    assert!(told.contains("fell from 40 to 7, which is no roll-over of 5 dials"), "{told}");
    let queue = program.json(&["vee", "queue", "--list", "--json"]);
    let exceptions = queue["exceptions"].as_array().expect("exceptions");
    assert_eq!(exceptions.len(), 1, "{queue}");
    assert_eq!((&exceptions[0]["rule"], &exceptions[0]["date"]), (&"V55".into(), &"2026-01-13".into()));
    // The corrected read mends it, and nothing of the restart is lost.
    arrive(&program, 13, "50");
    assert_eq!(read(&program), "99970 99980 99990 0 10 20R05 30 40 50 60");
    assert_eq!(program.run(&["vee", "run"]).code, 0);
    assert_eq!(read(&program), "99970 99980 99990 0 10 20R05 30 40 50 60");
}

#[test]
fn an_exchange_begins_the_register_anew() {
    let program = with_register("OLD");
    arrive(&program, 5, "500 510 520 3 13");
    assert_eq!(read(&program), "500 510 520 3!V55 13");
    let exchanged = program.run(&["registry", "exchange", "UP-1", "OLD", "NEW", "--at", "2026-01-07T12:00"]);
    assert_eq!(exchanged.code, 0, "{exchanged:?}");
    let ran = program.run(&["vee", "run"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(read(&program), "500 510 520 3 13");
    let unknown = program.run(&["registry", "exchange", "UP-1", "NOBODY", "NEW", "--at", "2026-01-08"]);
    assert!(unknown.code == 2 && unknown.talk.contains("`NOBODY`"), "{unknown:?}");
}
