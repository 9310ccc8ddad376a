//! `vee shadow` over register reads, and a look back with what people had decided by then; `vee try` with registers.

use serde_json::Value;

use crate::program::Program;

const COUNTER: &str = "0.0.0.1.1.1.12.0.0.0.0.0.0.0.0.3.72.0";

/// Midnight reads of January from the 5th on, of which the fourth fell.
fn with_reads() -> Program {
    let program = Program::with_installation(&["--zone", "UTC"]);
    let options = ["--usage-point", "UP-1", "--meter", "M-1", "--suffix", "R1", "--reading-type", COUNTER];
    let added = program.run(&[&["registry", "add", "--quantum", "0", "--dials", "5"][..], &options].concat());
    assert_eq!(added.code, 0, "{added:?}");
    let row = |(day, value)| format!("UP-1,R1,{COUNTER},2026-01-{day:02}T00:00:00Z,{value}\n");
    let rows: String = (5..).zip([100, 110, 120, 5, 140]).map(row).collect();
    let file = program.file("reads.csv", format!("usage_point_id,channel,reading_type,end,value\n{rows}"));
    assert_eq!(program.run(&["ingest", &file]).code, 0);
    program
}

/// A plan whose register part has no V55 and takes 4 kWh in 10 hours for the most.
const OTHER: &str = "name = \"other\"\nversion = 2\nscaling = \"proportional\"\n[[register.validate]]\nrule = \"V52\"\n\
    on_failure = \"review\"\nsettings = { highest = \"0.4 kWh/h\" }\n";

#[test]
fn reads_are_judged_by_both_plans() {
    let program = with_reads();
    let plan = program.file("other.toml", OTHER);
    let found = program.json(&["vee", "shadow", "--plan", &plan, "--json"]);
    // 10 kWh a day are 0.417 an hour: the second and third read fail. The fourth fell, of which only V55 would say so, and the
    // fifth used 135 since then.
    let counts = |rule: &str| {
        ["newly_fails", "newly_passes", "fails_with_both"].map(|count| found["rules"][rule][count].as_u64())
    };
    assert_eq!(counts("V52"), [Some(3), Some(0), Some(0)], "{found}");
    assert_eq!(counts("V55"), [Some(0), Some(1), Some(0)], "{found}");
    assert_eq!(found["rules"]["V55"]["examples"][0]["change"], "gone", "{found}");
    let reads = ["count", "values", "no_longer_count", "newly_count"].map(|count| found["reads"][count].as_u64());
    assert_eq!(reads, [Some(5), Some(0), Some(3), Some(1)], "{found}");
    let people = program.run(&["vee", "shadow", "--plan", &plan]);
    assert!(people.code == 1 && people.out.contains("of 5 register reads would change"), "{people:?}");
    assert!(people.out.contains("V55") && people.out.contains("register decrease or rollover"), "{people:?}");
}

#[test]
fn a_look_back_knows_what_people_had_decided_by_then() {
    let program = with_reads();
    let undecided = jiff::Timestamp::now().to_string();
    let open = program.json(&["vee", "queue", "--list", "--rule", "V55", "--json"]);
    let id = open["exceptions"][0]["id"].to_string();
    let accepted = program.run(&["vee", "accept", &id, "--as", "Ada", "--reason", "real-use"]);
    assert_eq!(accepted.code, 0, "{accepted:?}");
    let decided = jiff::Timestamp::now().to_string();
    let same = program.file("same.json", program.json(&["vee", "plan", "show", "--json"]).to_string());
    let no_rule =
        program.file("none.toml", "name = \"none\"\nversion = 1\nscaling = \"none\"\n[register]\nvalidate = []\n");
    let newly = |as_of: &str| {
        let found = program.json(&["vee", "shadow", "--plan", &no_rule, "--as-of", as_of, "--json"]);
        found["reads"]["newly_count"].clone()
    };
    assert_eq!((newly(&undecided), newly(&decided)), (Value::from(1), Value::from(0)), "accepted, it counts with both");
    assert_eq!(program.run(&["vee", "shadow", "--plan", &same, "--as-of", &decided]).code, 0);
}

#[test]
fn registers_of_a_tried_series_are_judged() {
    let program = Program::without_installation();
    let rows = [("06", "1", "100"), ("07", "1", ""), ("08", "1", "5"), ("09", "1", "103")];
    let rows: String =
        rows.iter().map(|(hour, value, read)| format!("2026-01-14T{hour}:00:00Z,{value},{read}\n")).collect();
    let series = program.file("series.csv", format!("time,value,register\n{rows}"));
    let plan = concat!(env!("CARGO_MANIFEST_DIR"), "/../../config/plans/default.toml");
    let found = program.run(&["vee", "try", "--plan", plan, "--series", &series, "--json"]);
    let found: Value = serde_json::from_str(&found.out).expect("JSON");
    let reads: Vec<_> = found["reads"].as_array().expect("reads").iter().map(|read| read["final"].clone()).collect();
    assert_eq!(reads, ["100", "5", "103"].map(Value::from), "{found}");
    assert_eq!(found["reads"][1]["failed"][0]["rule"], "V55", "{found}");
    let people = program.run(&["vee", "try", "--plan", plan, "--series", &series]);
    assert!(people.code == 1 && people.out.contains("register read") && people.out.contains("V55"), "{people:?}");
}
