//! `amity usage`: the worked example of `docs/usage/determinants.md`, and an installation that only collects.

use std::path::Path;

use serde_json::{Value, json};

use crate::program::{Program, real_data};

/// A file of the worked example.
pub fn example(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/usage/example").join(name);
    path.to_str().expect("UTF-8 path").to_owned()
}

fn toronto() -> Program {
    Program::with_installation(&["--zone", "America/Toronto", "--register"])
}

/// The shop of the worked example with its readings.
pub fn shop() -> Program {
    let program = toronto();
    assert!(program.run(&["ingest", &example("readings.csv")]).code <= 1);
    assert_eq!(program.run(&["usage", "definition", "put", &example("rate.toml")]).code, 0);
    program
}

const REQUEST: &[&str] = &["usage", "request", "--usage-point", "SHOP-1", "--from", "2026-01-15", "--to", "2026-01-17"];

pub fn request(more: &[&str]) -> Vec<&'static str> {
    let more: Vec<&'static str> = more.iter().map(|text| &*String::from(*text).leak()).collect();
    [REQUEST, &more].concat()
}

/// `kwh 66.5 0e` for each determinant: id, quantity, how many intervals are estimated.
fn told(request: &Value) -> Vec<String> {
    let determinants = request["issue"]["determinants"].as_array().unwrap_or_else(|| panic!("{request}"));
    let line = |one: &Value| {
        let quantity: f64 = one["quantity"].as_str().expect("text").parse().expect("a number");
        format!("{} {quantity} {}e", one["id"].as_str().expect("an id"), one["counts"]["estimated"])
    };
    determinants.iter().map(line).collect()
}

/// The numbers are calculated by hand in `docs/usage/determinants.md`.
// covers: B1-S17.01, B1-S17.02, B1-S17.03
#[test]
fn the_worked_example_comes_out_as_calculated() {
    let program = shop();
    let asked = request(&["--definition", "shop", "--id", "january", "--json"]);
    let first = program.json(&asked)["requests"][0].clone();
    assert_eq!((&first["verb"], &first["noun"]), (&"created".into(), &"BillingDeterminant".into()), "{first}");
    let expected = [
        "kwh 66.5 1e",
        "kwh-on 24.5 0e",
        "kwh-mid 18 1e",
        "kwh-off 24 0e",
        "kwh-lost 67.83 1e",
        "kw 2.5 1e",
        "kw-mid 1.5 1e",
    ];
    assert_eq!(told(&first), expected);
    assert_eq!(first["issue"]["determinants"][5]["peak"]["start"], "2026-01-15T22:00:00Z");
    assert_eq!(first["issue"]["plan_versions"], json!([1]));

    // The same request again has the outcome it had; the same under another id is refused.
    assert_eq!(program.json(&asked)["requests"][0], first);
    let twice = program.run(&request(&["--definition", "shop", "--id", "again"]));
    assert!(twice.code == 2 && twice.talk.contains("request `january` asked for the same"), "{twice:?}");

    let before = jiff::Timestamp::now().to_string();
    assert_eq!(program.run(&["ingest", &example("late.csv")]).code, 0);
    let changed = program.json(&["usage", "show", "january", "--json"]);
    assert_eq!((&changed["verb"], &changed["issue"]["number"]), (&"changed".into(), &2.into()), "{changed}");
    let expected = [
        "kwh 66.75 0e",
        "kwh-on 24.5 0e",
        "kwh-mid 18.25 0e",
        "kwh-off 24 0e",
        "kwh-lost 68.085 0e",
        "kw 2.5 0e",
        "kw-mid 1.75 0e",
    ];
    assert_eq!(told(&changed), expected);
    let ids: Vec<&str> =
        changed["issue"]["changes"].as_array().expect("changes").iter().filter_map(|one| one["id"].as_str()).collect();
    // The demand rests on other readings now, and is the same.
    assert_eq!(ids, ["kwh", "kwh-mid", "kwh-lost", "kw-mid"]);

    // What was told before stays, and nothing is told while nothing changes.
    assert_eq!(told(&program.json(&["usage", "show", "january", "--as-of", &before, "--json"])), told(&first));
    assert!(program.run(&["vee", "run"]).code <= 1);
    assert_eq!(program.json(&["usage", "show", "january", "--json"]), changed);

    let canceled = program.json(&["usage", "cancel", "january", "--json"]);
    assert_eq!(canceled["state"], "canceled");
    assert_eq!(program.json(&asked)["requests"][0]["state"], "canceled");
    let anew = program.json(&request(&["--definition", "shop", "--id", "anew", "--json"]));
    assert_eq!(told(&anew["requests"][0]), expected);
    let shown = program.run(&["usage", "show", "--usage-point", "SHOP-1"]).out;
    for part in ["request january: canceled", "request anew: created, issue 1", "kwh-mid      mid-peak"] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
}

#[test]
fn a_definition_holds_for_a_usage_point_from_a_date_on() {
    let program = shop();
    let none = program.run(&request(&["--id", "r"]));
    assert!(none.code == 2 && none.talk.contains("definition: no definition holds for this usage point"), "{none:?}");
    let attach =
        |from: &str| program.run(&["usage", "definition", "attach", "shop", "--usage-point", "SHOP-1", "--from", from]);
    assert_eq!(attach("2026-01-16").code, 0);
    let partly = program.run(&request(&["--id", "r"]));
    assert!(partly.code == 2 && partly.talk.contains("ask for each part by itself"), "{partly:?}");
    let second =
        ["usage", "request", "--usage-point", "SHOP-1", "--from", "2026-01-16", "--to", "2026-01-17", "--json"];
    // 12 off-peak, 12 on-peak and 9 mid-peak.
    assert_eq!(told(&program.json(&second)["requests"][0])[0], "kwh 33 1e");
    let listed = program.run(&["usage", "definition", "list"]).out;
    assert!(listed.contains("shop") && listed.contains("has shop from 2026-01-16T05:00:00Z"), "{listed}");
}

#[test]
fn an_account_is_asked_for_by_the_definition_of_its_tariff() {
    let program = shop();
    let agree = |agreement: &str, account: &str, from: &str| {
        let named = ["--agreement", agreement, "--account", account, "--tariff", "T1", "--from", from];
        program.run(&[&["registry", "agree", "SHOP-1"], &named[..]].concat())
    };
    assert_eq!(agree("AGR-1", "ACC-1", "2025-06-01").code, 0);
    assert_eq!(agree("AGR-2", "ACC-2", "2026-01-16").code, 0);
    let attached = program.run(&["usage", "definition", "attach", "shop", "--tariff", "T1", "--from", "2025-01-01"]);
    assert_eq!(attached.code, 0, "{attached:?}");
    // Thursday was the first account's: 12 off-peak, 12.5 on-peak, 9 mid-peak. Friday is the second's.
    for (account, kwh) in [("ACC-1", "kwh 33.5 0e"), ("ACC-2", "kwh 33 1e")] {
        let asked = ["usage", "request", "--account", account, "--from", "2026-01-15", "--to", "2026-01-17", "--json"];
        let answer = program.json(&asked);
        assert_eq!(
            (told(&answer["requests"][0])[0].as_str(), answer["requests"].as_array().map(Vec::len)),
            (kwh, Some(1))
        );
    }
}

#[test]
fn what_is_wrong_with_a_definition_is_told_before_it_is_kept() {
    let program = toronto();
    let text = std::fs::read_to_string(example("rate.toml")).expect("the example");
    let wrong = program.file("wrong.toml", text.replace("bucket = \"on-peak\"\n", "bucket = \"peak\"\n"));
    let checked = program.run(&["usage", "definition", "check", &wrong]);
    assert!(checked.code == 1 && checked.out.contains("kwh-on.bucket: the calendar has no such bucket"), "{checked:?}");
    assert_eq!(program.run(&["usage", "definition", "put", &wrong]).code, 2);
    let torn = program.file("torn.toml", "[set]\nname = 3");
    let checked = program.run(&["usage", "definition", "check", &torn]);
    assert!(checked.code == 1 && checked.out.contains("line 2, set.name: "), "{checked:?}");
    assert_eq!(program.run(&["usage", "definition", "check", &example("rate.toml")]).code, 0);

    assert!(program.run(&["usage", "definition", "put", &example("rate.toml")]).out.contains("kept"));
    assert!(program.run(&["usage", "definition", "put", &example("rate.toml")]).out.contains("was there already"));
    let other = program.file("other.toml", text.replace("1.02", "1.03"));
    let refused = program.run(&["usage", "definition", "put", &other]);
    assert!(refused.code == 2 && refused.talk.contains("raise the version"), "{refused:?}");
}

/// Three buckets, demand, and a month of a real meter with a day of 25 hours, against sums made with Python.
#[test]
fn a_month_of_a_real_meter_adds_up() {
    let Some(folder) = real_data().map(|data| data.join("meters")) else { return };
    let program = Program::with_installation(&["--zone", "America/Chicago", "--register"]);
    let text = std::fs::read_to_string(folder.join("il-electricity-cdd-hdd-hourly.csv")).expect("the meter");
    // November 2016 with some days around it; 2016-11-06 has 25 hours.
    let kept: Vec<&str> = text
        .lines()
        .filter(|line| {
            ["start", "2016-10-2", "2016-10-3", "2016-11", "2016-12-0"].iter().any(|part| line.starts_with(part))
        })
        .collect();
    let given = program.file("meter.csv", kept.join("\n") + "\n");
    let ended = program.run(&["ingest", &given, "--usage-point", "HOME", "--unit", "kWh"]);
    assert!(ended.code <= 1, "{ended:?}");
    let rate = std::fs::read_to_string(example("rate.toml")).expect("the example");
    // The household's day-to-day swings fail rules of the standard plan; here only the sums are looked at.
    let rate = rate.replace("America/Toronto", "America/Chicago").replace(
        "version = 1\n\n[[set.meters]]\nname = \"site\"",
        "version = 1\ngate = { failed = 100, not_validated = 100 }\n\n[[set.meters]]\nname = \"site\"",
    );
    assert_eq!(program.run(&["usage", "definition", "put", &program.file("rate.toml", rate)]).code, 0);
    let asked = ["usage", "request", "--usage-point", "HOME", "--from", "2016-11-01", "--to", "2016-12-01"];
    let answer = program.json(&[&asked[..], &["--definition", "shop", "--json"]].concat());
    assert_eq!(told(&answer["requests"][0]), REAL, "{answer}");
}

/// By `python3`: the lines of the file whose local start is in November 2016, by hour and weekday.
const REAL: [&str; 7] = [
    "kwh 589.47 0e",
    "kwh-on 100.92 0e",
    "kwh-mid 93.93 0e",
    "kwh-off 394.62 0e",
    "kwh-lost 601.2594 0e",
    "kw 7.03 0e",
    "kw-mid 5.75 0e",
];

/// A distributor's control computer puts nothing into rate periods, whatever is asked of it.
// covers: ONT-2.8.2
#[test]
fn an_installation_that_only_collects_refuses_in_words() {
    let program = toronto();
    let config = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config/collection-ontario.toml");
    let settings = std::fs::read_to_string(config)
        .expect("the example")
        .replace("\"quarantine\"", "\"register\"")
        .replace("age_days_max = 60", "age_days_max = 36500");
    std::fs::write(program.data().join("amity.toml"), settings).expect("written");
    assert!(program.run(&["ingest", &example("readings.csv")]).code <= 1);
    for call in [
        vec!["usage", "definition", "put", &example("rate.toml")],
        request(&["--definition", "shop"]),
        vec!["usage", "cancel", "r"],
    ] {
        let ended = program.run(&call);
        assert!(ended.code == 2 && ended.talk.contains("this installation only collects reads"), "{call:?}: {ended:?}");
    }
    assert_eq!(program.run(&["usage", "show"]).out.trim(), "nothing was asked for");
}
