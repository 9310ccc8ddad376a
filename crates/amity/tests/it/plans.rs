//! Plans as data of an installation: put, attached with dates, and told by `vee explain`.

use serde_json::{Value, json};

use crate::program::Program;

/// UP1 and UP2, two days of 1 kWh an hour each; on both days hour 4 is missing.
fn two_usage_points() -> Program {
    let program = Program::with_installation(&["--zone", "UTC", "--register"]);
    let mut text = "usage_point_id,uom,start,end,value\n".to_owned();
    for point in ["UP1", "UP2"] {
        for hour in (0..48_i64).filter(|hour| hour % 24 != 4) {
            let at = |hour: i64| jiff::Timestamp::from_second(1_767_225_600 + hour * 3600).expect("instant");
            text.push_str(&format!("{point},kWh,{},{},1\n", at(hour), at(hour + 1)));
        }
    }
    let given = program.file("readings.csv", text);
    assert!(program.run(&["ingest", &given]).code <= 1);
    program
}

const BOOK: &str = r#"
[[validation_set]]
name = "watch"
version = 1
validate = [{ rule = "V30", on_failure = "warn", severity = "low" }]

[[estimation_set]]
name = "none"
version = 1
scaling = "none"

[[plan]]
name = "watching"
version = 1
validation = { set = "watch", version = 1 }
estimation = { set = "none", version = 1 }

[[attach]]
plan = "watching"
version = 1
to = { programme = "meter test" }
"#;

impl Program {
    /// Plan, version and the final value of hour 4, as `vee explain` tells them.
    fn explained(&self, channel: &str, date: &str) -> (String, u64, Value) {
        let told = self.json(&["vee", "explain", channel, date, "--json"]);
        let plan = told["plan_name"].as_str().unwrap_or_default().to_owned();
        (plan, told["plan_version"].as_u64().unwrap_or_default(), told["values"][4]["final"].clone())
    }
}

fn by(plan: &str, value: Option<&str>) -> (String, u64, Value) {
    (plan.into(), 1, json!(value))
}

#[test]
fn two_usage_points_and_an_override_are_judged_by_their_own_plans() {
    let program = two_usage_points();
    let line = Some("1.000000");
    assert_eq!(program.explained("1", "2026-01-01"), by("default", line), "as without plans in the registry");
    let book = program.file("book.toml", BOOK);
    assert_eq!(program.run(&["vee", "plan", "check", &book]).code, 0);
    let put = program.json(&["vee", "plan", "put", &book, "--as", "ana", "--json"]);
    assert_eq!(put["added"], json!({ "formulas": 0, "sets": 2, "plans": 1, "attachments": 1 }));
    let joined = program.json(&["registry", "programme", "UP2", "meter test", "--from", "2026-01-01", "--json"]);
    assert_eq!(joined["programmes"][0]["from"], "2026-01-01");

    // For one day the usage point itself has the plan of the settings again.
    let place = ["--to", "usage-point:UP2", "--from", "2026-01-02", "--until", "2026-01-03", "--as", "ben"];
    let attached = program.run(&[&["vee", "plan", "attach", "default"], &place[..]].concat());
    assert_eq!(attached.code, 0, "{attached:?}");
    for part in [
        "plan `default` version 1 holds at usage-point:UP2 from 2026-01-02 until 2026-01-03",
        "no stored channel-day was judged by another plan",
    ] {
        assert!(attached.out.contains(part), "{part}: {attached:?}");
    }
    let told = program.json(&["vee", "plan", "list", "--for", "UP2", "--date", "2026-01-01", "--json"]);
    assert_eq!(
        (&told["plan"]["name"], &told["attachment"]["to"]["programme"]),
        (&json!("watching"), &json!("meter test"))
    );

    assert_eq!(program.explained("1", "2026-01-01"), by("default", line), "nothing is decided anew by itself");
    let people = program.run(&["vee", "explain", "1", "2026-01-01"]).out;
    assert!(people.contains("with plan `default` version 1; now plan watching 1 holds"), "{people}");
    assert_eq!(program.run(&["vee", "run"]).code, 0);
    for (channel, date, expected) in [
        ("0", "2026-01-01", by("default", line)),
        ("0", "2026-01-02", by("default", line)),
        ("1", "2026-01-01", by("watching", None)),
        ("1", "2026-01-02", by("default", line)),
    ] {
        assert_eq!(program.explained(channel, date), expected, "{channel} {date}");
    }
    let history = program.run(&["vee", "plan", "history"]).out;
    for part in ["ana", "validation set", "ben", "usage-point:UP2 from 2026-01-02 until 2026-01-03"] {
        assert!(history.contains(part), "{part}: {history}");
    }
}

#[test]
fn an_attachment_tells_what_is_left_to_run() {
    let program = two_usage_points();
    program.run(&["vee", "plan", "put", &program.file("book.toml", BOOK), "--as", "ana"]);
    program.run(&["registry", "customer", "UP1", "ACME", "--class", "commercial-industrial", "--from", "2026-01-02"]);
    let attached = ["vee", "plan", "attach", "watching", "--to", "customer-class:commercial-industrial", "--as", "ben"];
    let told = program.run(&attached).out;
    assert!(told.contains("1 stored channel-day was judged by another plan than the one that holds now"), "{told}");
    assert!(told.contains("amity vee run --from 2026-01-02 --to 2026-01-03"), "{told}");
    program.run(&["vee", "run", "--from", "2026-01-02", "--to", "2026-01-03"]);
    assert_eq!(program.explained("0", "2026-01-02"), by("watching", None));
    assert_eq!(program.json(&[&attached[..], &["--json"]].concat())["changed"], false);
}

#[test]
fn what_cannot_be_used_is_refused_with_its_line() {
    let program = two_usage_points();
    let broken = program.file("broken.toml", BOOK.replace("version = 1\nscaling", "version = 2\nscaling"));
    let refused = program.run(&["vee", "plan", "put", &broken, "--as", "ana"]);
    assert_eq!(refused.code, 2, "{refused:?}");
    assert!(refused.talk.contains("plan[0].estimation: there is no set `none` of version 1"), "{refused:?}");
    assert!(program.run(&["vee", "plan", "history"]).out.contains("nothing was put yet"));
    for (arguments, part) in [
        (vec!["vee", "plan", "attach", "solar", "--to", "everywhere", "--as", "ana"], "there is no plan `solar`"),
        (
            vec!["vee", "plan", "attach", "default", "--to", "customer-class:C&I", "--as", "ana"],
            "expected one of residential",
        ),
        (vec!["vee", "plan", "attach", "default", "--to", "everywhere", "--as", " "], "expected the name of a person"),
    ] {
        let refused = program.run(&arguments);
        assert!(refused.code == 2 && refused.talk.contains(part), "{part}: {refused:?}");
    }
}

// covers: AMT-MAP2-03
#[test]
fn flags_of_a_bound_source_become_statuses() {
    let program = Program::with_installation(&["--zone", "UTC", "--register"]);
    let settings = program.data().join("amity.toml");
    let text = std::fs::read_to_string(&settings).expect("settings");
    let bound = text.replace("[status.sources]", "[status.sources]\nHES-1 = \"UtilityIQ\"");
    std::fs::write(&settings, bound).expect("write");
    let text = "usage_point_id,uom,start,end,value,quality\n\
                UP1,kWh,2026-01-01T00:00:00Z,2026-01-01T01:00:00Z,1,CLOCK_ERR\n";
    let given = program.file("flags.csv", text);
    let taken = program.run(&["ingest", &given, "--source", "HES-1"]);
    assert!(taken.code <= 1, "{taken:?}");
    let told = program.json(&["vee", "explain", "0", "2026-01-01", "--json"]);
    let statuses = told["values"][0]["statuses"].as_array().expect("statuses");
    assert!(statuses.contains(&json!("clock adjusted")) && !statuses.contains(&json!("suspect")), "{statuses:?}");
}
