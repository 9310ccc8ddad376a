//! Sets of determinants: what is refused when they are loaded, and that they are read back as written.

use usage::{Cycle, DeterminantSet, Role};

use crate::notation::{TORONTO, checked_set, codes, days, timeline, told};

const SET: &str = r#"
name = "general-service"
version = 3
across_edge = "split"
assumed_time = "exclude"
between_reads = "prorate"

[gate]
on_exception = "deliver"
missing = 2

[[meters]]
name = "site"
unit = "kWh"
terms = [
    { channel = "delivered", sign = "plus", losses = ["1.015", "203/200"] },
    { channel = "received", sign = "minus" },
]
netting = { over = "interval", keep = "delivered" }

[[meters]]
name = "reactive"
unit = "kVArh"
terms = [{ channel = "reactive", sign = "plus" }]

[[determinants]]
id = "kwh-on"
unit = "kWh"
meter = "site"
measure = "usage"
bucket = "on-peak"
decimals = 1
high_low = { against = ["last-year", "previous"], above_percent = 50, below_percent = 60 }

[[determinants]]
id = "kw"
unit = "kW"
meter = "site"
measure = { demand = { minutes = 30, windows = "block" } }

[[determinants]]
id = "pf"
unit = "pf"
meter = "site"
measure = { power-factor = { reactive = "reactive" } }

[[determinants]]
id = "kvarh-excess"
unit = "kVArh"
meter = "reactive"
measure = { excess-reactive = { active = "site", free = "1/2" } }

[[determinants]]
id = "load-factor"
unit = "1"
meter = "site"
measure = { load-factor = { minutes = 15, windows = "sliding" } }
"#;

#[test]
fn a_set_is_read_back_as_written() {
    let set: DeterminantSet = toml::from_str(SET).expect("a set");
    assert!(set.check().is_ok());
    let json = serde_json::to_string(&set).expect("JSON");
    assert_eq!(serde_json::from_str::<DeterminantSet>(&json).expect("a set"), set);
    let text = toml::to_string(&set).expect("TOML");
    assert_eq!(toml::from_str::<DeterminantSet>(&text).expect("a set"), set);
}

#[test]
fn faults_of_a_set_are_told_with_their_field() {
    check("", "", "");
    check("losses = [\"1.015\",", "losses = [\"0\",", "meters[0].terms[0].losses set.losses");
    check("terms = [{ channel = \"reactive\", sign = \"plus\" }]", "terms = []", "meters[1].terms set.terms");
    check(
        "name = \"reactive\"",
        "name = \"site\"",
        "meters[1] set.repeated; determinants[2].measure.reactive set.meter; determinants[3].meter set.meter",
    );
    check("id = \"kw\"", "id = \"pf\"", "determinants[2] set.repeated");
    check("unit = \"kW\"", "unit = \"kWh\"", "determinants[1].unit set.unit");
    check("minutes = 30", "minutes = 45", "determinants[1].measure set.window");
    check("decimals = 1", "decimals = 12", "determinants[0].decimals set.decimals");
    check("free = \"1/2\"", "free = \"half\"", "determinants[3].measure.free set.share");
    check(
        "over = \"interval\"",
        "over = \"period\"",
        "determinants[1].measure set.netting; determinants[4].measure set.netting",
    );
    check("measure = \"usage\"", "measure = \"register\"", "determinants[0].measure set.netting");
    check("id = \"load-factor\"", "id = \"load-factor\"\nbucket = \"on-peak\"", "determinants[4].bucket set.bucket");
    assert!(toml::from_str::<DeterminantSet>(&SET.replace("version", "edition")).is_err());
}

#[track_caller]
fn check(from: &str, to: &str, expected: &str) {
    let set: DeterminantSet = toml::from_str(&SET.replacen(from, to, 1)).expect("a set");
    let findings = set.check().err().unwrap_or_default();
    assert_eq!(codes(&findings), expected, "{}", told(&findings));
}

#[test]
fn a_bucket_must_be_one_of_the_calendar() {
    let set = checked_set(&SET.replace("on-peak", "evening"));
    let timeline = timeline(days(TORONTO, "2026-03-01", "2026-04-01"));
    let findings = Cycle::new(Role::Repository, &set, &timeline, &[]).expect_err("no such bucket");
    assert_eq!(codes(&findings), "kwh-on.bucket usage.bucket");
    let set = checked_set(SET);
    let before = [timeline_start()];
    let findings = Cycle::new(Role::Repository, &set, &timeline, &before).expect_err("a cut at the start");
    assert_eq!(codes(&findings), "cuts usage.period");
}

fn timeline_start() -> jiff::Timestamp {
    days(TORONTO, "2026-03-01", "2026-04-01").start
}
