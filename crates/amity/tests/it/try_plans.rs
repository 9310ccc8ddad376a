//! Plans and formulas on files: `vee try`, `vee plan` and `vee formula`; none needs a data folder.

use std::path::Path;

use serde_json::{Value, json};

use crate::program::{Ended, Program};

fn standard() -> String {
    config("default.toml")
}

fn config(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config/plans").join(name);
    path.to_str().expect("UTF-8 path").to_owned()
}

/// Worked case of the catalogue, E04: 75, four missing, 100 gives 80, 85, 90, 95; then a value below zero.
fn series() -> String {
    let mut text = "# unit: kWh\n# zone: America/Chicago\ntime,value,status\n".to_owned();
    for (hour, value) in [(6, "75"), (7, ""), (8, "85"), (9, "90"), (10, "-1"), (11, "100")] {
        text.push_str(&format!("2026-01-14T{hour:02}:00:00Z,{value},\n"));
    }
    text
}

fn tried(program: &Program, plan: &str, text: &str, more: &[&str]) -> Ended {
    let series = program.file("series.csv", text);
    program.run(&[&["vee", "try", "--plan", plan, "--series", &series], more].concat())
}

#[test]
fn every_value_says_what_became_of_it() {
    let program = Program::without_installation();
    let ended = tried(&program, &standard(), &series(), &["--json"]);
    assert_eq!(ended.code, 1, "{ended:?}");
    let found: Value = serde_json::from_str(&ended.out).expect("JSON");
    assert_eq!(
        (&found["plan"], &found["unit"], &found["interval_seconds"]),
        (&"default".into(), &"kWh".into(), &3600.into())
    );
    let made = |time: &str, raw: Value, last: &str, rule: &str| json!({ "time": time, "raw": raw, "final": last, "statuses": ["estimated", "interpolated"], "rules": [rule], "method": "E04" });
    assert_eq!(found["values"][1], made("2026-01-14T07:00:00Z", Value::Null, "80", "V30"));
    assert_eq!(found["values"][4], made("2026-01-14T10:00:00Z", "-1".into(), "95", "V38"));
    let plain = json!({ "time": "2026-01-14T06:00:00Z", "raw": "75", "final": "75", "statuses": ["validated"], "rules": [], "method": null });
    assert_eq!(found["values"][0], plain);
    let rules: Vec<&Value> =
        found["exceptions"].as_array().expect("exceptions").iter().map(|one| &one["rule"]).collect();
    assert_eq!(rules, ["V30", "V38"]);

    let people = tried(&program, &standard(), &series(), &[]).out;
    assert!(
        people.contains("2026-01-14T01:00:00-06:00  -           80  estimated, interpolated  V30     E04"),
        "{people}"
    );
    assert!(people.contains("below zero, the lowest -1 kWh at 04:00"), "{people}");
    assert!(people.ends_with("6 values by plan `default` version 1: 2 estimated, 2 exceptions\n"), "{people}");
}

#[test]
fn a_clean_series_ends_well_in_the_unit_and_zone_that_are_given() {
    let program = Program::without_installation();
    let text = "time,value\n2026-01-14T06:00:00Z,1\n2026-01-14T07:00:00Z,2\n2026-01-14T08:00:00Z,1\n";
    let ended = tried(&program, &standard(), text, &["--unit", "m3", "--zone", "Europe/Oslo"]);
    assert_eq!(ended.code, 0, "{ended:?}");
    assert!(ended.out.contains("final m3") && ended.out.contains("2026-01-14T07:00:00+01:00"), "{ended:?}");
    assert!(ended.talk.contains("2026-01-14 begins within its local day"), "{ended:?}");
    let wrong = tried(&program, &standard(), text, &["--zone", "Oslo"]);
    assert!(wrong.code == 2 && wrong.talk.contains("--zone"), "{wrong:?}");
}

#[test]
fn faults_of_a_series_are_told_with_line_and_field() {
    let program = Program::without_installation();
    let text = "time,value,status\n2026-01-14T06:00:00Z,x,\nnoon,1,\n2026-01-14T08:00:00Z,1,LOUD\n";
    let ended = tried(&program, &standard(), text, &["--json"]);
    assert_eq!(ended.code, 2, "{ended:?}");
    let found: Value = serde_json::from_str(&ended.out).expect("JSON");
    let places: Vec<(u64, &str)> = found["findings"].as_array().expect("findings").iter().map(place).collect();
    assert_eq!(places, [(2, "value"), (3, "time"), (4, "status")]);
    assert!(ended.talk.contains("series.csv:3: error: time: found `noon`, expected an instant such as"), "{ended:?}");
    let absent = program.run(&["vee", "try", "--plan", &standard(), "--series", "nowhere.csv"]);
    assert!(absent.code == 2 && absent.talk.contains("nowhere.csv: cannot be read"), "{absent:?}");
}

fn place(finding: &Value) -> (u64, &str) {
    (finding["line"].as_u64().expect("a line"), finding["field"].as_str().expect("a field"))
}

/// 365 days of 96 values with a gap of a day in every month; the year must not take as many looks as it has days squared.
#[test]
fn a_year_of_quarter_hours_is_tried_at_once() {
    let program = Program::without_installation();
    let mut text = "# zone: America/Chicago\ntime,value\n".to_owned();
    for slot in 0..35_040_i64 {
        let at = jiff::Timestamp::from_second(1_735_689_600 + slot * 900).expect("instant");
        let value = if slot % 2920 < 96 { String::new() } else { (1 + slot % 96 % 7).to_string() };
        text.push_str(&format!("{at},{value}\n"));
    }
    let began = std::time::Instant::now();
    let ended = tried(&program, &standard(), &text, &["--json"]);
    let seconds = began.elapsed().as_secs();
    let found: Value = serde_json::from_str(&ended.out).expect("JSON");
    assert_eq!(found["values"].as_array().map(Vec::len), Some(35_040));
    assert!(seconds < 60, "{seconds} s");
}

#[test]
fn plans_that_come_with_amity_are_right_and_can_be_shown() {
    let program = Program::without_installation();
    let folder = config("");
    let mut names: Vec<_> =
        std::fs::read_dir(&folder).expect("folder").map(|entry| entry.expect("entry").path()).collect();
    names.sort();
    assert!(2 <= names.len(), "{names:?}");
    for path in names {
        let name = path.to_str().expect("UTF-8 path");
        let ended = program.run(&["vee", "plan", "check", name]);
        assert!(ended.code == 0 && ended.out.ends_with("nothing is wrong\n"), "{ended:?}");
        let shown = program.json(&["vee", "plan", "show", name, "--json"]);
        let again = program.file("again.json", shown.to_string());
        assert_eq!(program.run(&["vee", "plan", "check", &again]).code, 0, "{name}");
        assert_eq!(program.json(&["vee", "plan", "show", &again, "--json"]), shown);
    }
}

#[test]
fn a_plan_is_shown_with_the_settings_that_hold_by_default() {
    let program = Program::without_installation();
    let plan = "name = \"short\"\nversion = 7\nscaling = \"none\"\n[[validate]]\nrule = \"V31\"\non_failure = \"review\"\n\
                settings.excess = \"200 %\"\n[[estimate]]\nmethod = \"E04\"\n";
    let plan = program.file("short.toml", plan);
    let shown = program.json(&["vee", "plan", "show", &plan, "--json"]);
    assert_eq!(shown["validate"][0]["settings"], json!({ "excess": "200 %", "floor": "0.5 kWh/h" }));
    assert_eq!(shown["estimate"][0]["settings"]["gap_longest"], "2 h");
    let people = program.run(&["vee", "plan", "show", &plan]).out;
    assert!(people.contains("excess = 200 %:") && people.contains("floor = 0.5 kWh/h (default):"), "{people}");
    let standard = program.run(&["vee", "plan", "show"]);
    assert!(
        standard.code == 0 && standard.out.starts_with("plan `default` version 1: scaling proportional"),
        "{standard:?}"
    );
}

#[test]
fn everything_wrong_with_a_plan_is_told_with_its_line() {
    let program = Program::without_installation();
    let plan = "name = \"wrong\"\nversion = 1\nscaling = \"none\"\n\n[[validate]]\nrule = \"V31\"\non_failure = \"review\"\n\
                settings.excess = \"180\"\n\n[[validate]]\nrule = \"V99\"\non_failure = \"warn\"\n";
    let plan = program.file("wrong.toml", plan);
    let ended = program.run(&["vee", "plan", "check", &plan, "--json"]);
    assert_eq!(ended.code, 1, "{ended:?}");
    let found: Value = serde_json::from_str(&ended.out).expect("JSON");
    let places: Vec<(u64, &str)> = found["findings"].as_array().expect("findings").iter().map(place).collect();
    assert_eq!(places, [(8, "validate[0].settings.excess"), (11, "validate[1].rule")]);
    let people = program.run(&["vee", "plan", "check", &plan]).out;
    assert!(
        people.contains("found `180`, expected a share such as `180 %`") && people.contains("2 findings"),
        "{people}"
    );

    let refused = tried(&program, &plan, &series(), &[]);
    assert!(refused.code == 2 && refused.talk.contains("wrong.toml:8: error"), "{refused:?}");
    let misspelt = program.file("misspelt.toml", "name = \"x\"\nversion = 1\nscalling = \"none\"\n");
    let ended = program.run(&["vee", "plan", "check", &misspelt]);
    assert!(
        ended.code == 1 && ended.out.contains("misspelt.toml:3: error: scalling: there is no entry `scalling`"),
        "{ended:?}"
    );
    let book = "[[attach]]\nplan = \"gone\"\nversion = 1\nto = \"everywhere\"\n";
    let ended = program.run(&["vee", "plan", "check", &program.file("book.toml", book)]);
    assert!(
        ended.code == 1 && ended.out.contains("book.toml:2: error: attach[0].plan: there is no plan `gone`"),
        "{ended:?}"
    );
    assert_eq!(program.run(&["vee", "plan", "check", "nowhere.toml"]).code, 2);
}

#[test]
fn a_formula_is_checked_with_a_caret_under_the_fault() {
    let program = Program::without_installation();
    let right = program.run(&["vee", "formula", "check", "$input > 2 * @avg($input)"]);
    assert!(right.code == 0 && right.out.contains("($input > (2 * @avg($input)))"), "{right:?}");
    let wrong = program.run(&["vee", "formula", "check", "$input > 2 * @mean($input)"]);
    assert_eq!(wrong.code, 1, "{wrong:?}");
    assert!(
        wrong.out.starts_with("$input > 2 * @mean($input)\n             ^\nline 1, column 14: expected one of @if"),
        "{wrong:?}"
    );
    let file = program.file("formula.txt", "-$input +\n  )\n");
    let wrong = program.run(&["vee", "formula", "check", "--file", &file]);
    assert!(wrong.out.starts_with("  )\n  ^\nline 2, column 3"), "{wrong:?}");
    let named = program.run(&[
        "vee",
        "formula",
        "check",
        "@formula(\"AMT intervals\")",
        "--plan",
        &config("assumed-time-as-printed.toml"),
        "--json",
    ]);
    assert_eq!(named.code, 0, "{named:?}");
    assert_eq!(program.run(&["vee", "formula", "check"]).code, 2);
}

/// The mean of 75, 85, 90, -1 and 100 is 349 / 5 = 69.8; 1.2 times that is 83.76.
#[test]
fn a_formula_is_explained_part_by_part() {
    let program = Program::without_installation();
    let series = program.file("series.csv", series());
    let asked = ["vee", "formula", "explain", "$input > 1.2 * @avg($input)", "--series", &series];
    let told = program.json(&[&asked[..], &["--at", "2026-01-14T02:30", "--json"]].concat());
    let root = &told["explanation"];
    assert_eq!((&root["value"], &root["parts"][0]["value"]), (&"true".into(), &"85".into()), "{told}");
    assert_eq!(root["parts"][1]["value"], "83.76");
    let people = program.run(&[&asked[..], &["--at", "2026-01-14T06:00:00Z"]].concat()).out;
    assert!(people.contains("false") && people.contains("the mean over the period"), "{people}");
    let nowhere = program.run(&[&asked[..], &["--at", "2026-02-14"]].concat());
    assert!(nowhere.code == 2 && nowhere.talk.contains("no interval at"), "{nowhere:?}");
    let wrong = program.run(&["vee", "formula", "explain", "1 +", "--series", &series, "--at", "2026-01-14"]);
    assert!(wrong.code == 2 && wrong.talk.contains("1 +\n   ^\n"), "{wrong:?}");
}

#[test]
fn shells_complete_the_new_commands() {
    let program = Program::without_installation();
    let script = program.run(&["completions", "bash"]).out;
    for command in ["try", "plan", "formula", "explain", "run", "shadow"] {
        assert!(script.contains(&format!("amity__subcmd__vee__subcmd__{command}")), "{command}");
    }
}
