//! Rules that look at more than the channel: entered with `registry fact`, told by `vee explain`.

use serde_json::Value;

use crate::program::Program;

const PLAN: &str = r#"
name = "beside"
version = 1
scaling = "none"
[[validate]]
rule = "V27"
on_failure = "estimate"
[[validate]]
rule = "V46"
on_failure = "review"
[[validate]]
rule = "V60"
on_failure = "review"
"#;

/// The five statuses of assumed meter time as codes of IEC 61968-9.
const FIVE: &str = "1.4.65 1.1.0 1.4.2 1.2.32 1.4.9";

/// A day of two meters that disagree at 5, a solar plant that delivers at 3 and 12, and two meters that lost their clock.
fn one_day() -> Program {
    let program = Program::with_installation(&["--zone", "UTC", "--register"]);
    let settings = std::fs::read_to_string(program.data().join("amity.toml")).expect("settings");
    let plan = format!("plan = {:?}", program.file("plan.toml", PLAN));
    assert!(settings.contains("plan = \"default\""), "{settings}");
    program.file("data/amity.toml", settings.replace("plan = \"default\"", &plan));
    let mut text = "usage_point_id,meter_id,channel,uom,direction,start,end,value,quality\n".to_owned();
    let start = 1_767_225_600_i64;
    let mut add = |channel: &str, direction: &str, value: &dyn Fn(i64) -> &'static str, flagged: bool| {
        for hour in 0..24 {
            let at = |hour: i64| jiff::Timestamp::from_second(start + hour * 3600).expect("instant");
            let quality = if flagged && hour == 2 { FIVE } else { "" };
            let span = format!("{},{}", at(hour), at(hour + 1));
            text.push_str(&format!("{channel},kWh,{direction},{span},{},{quality}\n", value(hour)));
        }
    };
    add("UP1,M1,E1", "delivered", &|_| "1", false);
    add("UP1,M2,E2", "delivered", &|hour| if hour == 5 { "2" } else { "1" }, false);
    add("UP2,M3,B1", "received", &|hour| if hour == 3 || hour == 12 { "0.3" } else { "0" }, false);
    add("UP3,M4,E1", "delivered", &|_| "1", true);
    add("UP4,M5,E1", "delivered", &|_| "1", true);
    let ended = program.run(&["ingest", &program.file("day.csv", text)]);
    assert!(ended.code <= 1, "{ended:?}");
    program
}

/// The verdict of a rule over the day of a channel, with its words.
fn told(program: &Program, channel: &str, rule: &str) -> (String, String) {
    let told = program.json(&["vee", "explain", channel, "2026-01-01", "--json"]);
    let results = told["results"].as_array().cloned().unwrap_or_default();
    let result = results.into_iter().find(|result| result["rule"] == rule).unwrap_or_else(|| panic!("{rule}: {told}"));
    let word = |name: &str| result[name].as_str().unwrap_or_default().to_owned();
    (word("verdict"), word("evidence"))
}

fn enter(program: &Program, fact: &[&str]) {
    let ended = program.run(&[&["registry", "fact"], fact].concat());
    assert_eq!(ended.code, 0, "{ended:?}");
}

#[test]
fn main_and_check_meter_are_held_against_each_other() {
    let program = one_day();
    let (verdict, evidence) = told(&program, "UP1/E1", "V60");
    assert_eq!(verdict, "failed", "{evidence}");
    assert!(evidence.contains("the main meter has 1 kWh and the check meter 2 kWh"), "{evidence}");
    assert_eq!(told(&program, "UP3/E1", "V60").1, "no check meter is known");
    enter(&program, &["check-channels", "UP1/E1", "--none"]);
    assert_eq!(told(&program, "UP1/E1", "V60").1, "no check meter is known");
    enter(&program, &["check-channels", "UP1/E1", "UP3/E1"]);
    assert_eq!(told(&program, "UP1/E1", "V60").0, "passed");
}

#[test]
fn a_solar_plant_is_dark_at_night() {
    let program = one_day();
    assert_eq!(told(&program, "UP2/B1", "V46").0, "not-applicable");
    enter(&program, &["load", "UP2/B1", "solar"]);
    enter(&program, &["position", "UP2", "-33.87", "18.42"]);
    // Cape Town: the sun is up from 03:40 to 18:00 UTC, so that from 03:00 on it may shine.
    assert_eq!(told(&program, "UP2/B1", "V46").0, "passed");
    enter(&program, &["position", "UP2", "51.48", "0", "--from", "2026-01-01"]);
    let (verdict, evidence) = told(&program, "UP2/B1", "V46");
    assert!(verdict == "failed" && evidence.contains("0.3 kWh at 03:00"), "{verdict}: {evidence}");
    let ran = program.json(&["vee", "run", "--json"]);
    assert!(ran["failures"].as_u64() >= Some(1), "{ran}");
    let shown = program.run(&["registry", "show", "UP2"]).out;
    assert!(shown.contains("fact      UP2/B1: load solar") && shown.contains("position 51.48 0 from 2026"), "{shown}");
}

// covers: AMT-VAL-07, AMT-DEV-01
#[test]
fn assumed_meter_time_is_judged_by_family_and_firmware() {
    let program = one_day();
    for (meter, family, firmware) in [("M4", "OpenWay CENTRON", "7.0.187"), ("M5", "OpenWay Riva", "5.4.398")] {
        enter(&program, &["meter-family", meter, family]);
        enter(&program, &["meter-firmware", meter, firmware]);
    }
    program.json(&["vee", "run", "--json"]);
    let (verdict, evidence) = told(&program, "UP3/E1", "V27");
    assert!(verdict == "failed" && evidence.contains("`assumed meter time` holds"), "{verdict}: {evidence}");
    let (verdict, evidence) = told(&program, "UP4/E1", "V27");
    assert!(verdict == "failed" && evidence.contains("OpenWay Riva is not covered by the guidance"), "{evidence}");
    let slot = |channel: &str| program.json(&["vee", "explain", channel, "2026-01-01", "--json"])["values"][2].clone();
    assert_eq!(slot("UP3/E1")["final"], Value::Null, "no method of the plan fills it");
    assert_eq!(slot("UP4/E1")["final"], "1.000000", "told, not replaced");
    let before = program.run(&["registry", "fact", "meter-family", "M4", "OpenWay Riva", "--from", "2026-01-02"]);
    assert_eq!(before.code, 0, "{before:?}");
    assert!(told(&program, "UP3/E1", "V27").1.contains("holds"), "another family from the next day on");
}

#[test]
fn what_is_no_fact_is_refused() {
    let program = one_day();
    for (fact, said) in [
        (vec!["load", "UP2/B1", "windy"], "expected ordinary, irregular, constant or solar for load, found `windy`"),
        (vec!["service-rating", "UP2", "25 kVA"], "expected a number above zero for service-rating"),
        (vec!["position", "UP2", "91", "0"], "expected degrees north and degrees east"),
        (vec!["meter-family", "M9", "OpenWay CENTRON"], "`M9` is not the name of one meter"),
        (vec!["colour", "UP2", "red"], "expected one of meter-family"),
        (vec!["load", "UP9/B1", "solar"], "UP9/B1"),
    ] {
        let ended = program.run(&[&["registry", "fact"], &fact[..]].concat());
        assert!(ended.code == 2 && ended.talk.contains(said), "{fact:?}: {ended:?}");
    }
    let days = program.file("days.csv", "date,celsius\n2026-01-01,-7.3\n2026-01-02,cold\n");
    let ended = program.run(&["registry", "temperatures", "YYZ", &days]);
    assert!(ended.code == 2 && ended.talk.contains("line 3: celsius: expected degrees"), "{ended:?}");
    let days = program.file("days.csv", "date,celsius\n2026-01-01,-7.3\n");
    assert_eq!(program.run(&["registry", "temperatures", "YYZ", &days]).out.trim(), "1 days of YYZ");
    let days = program.file("days.csv", "date\n2026-01-01\n2026-02-30\n");
    let ended = program.run(&["registry", "holidays", "on", &days]);
    assert!(ended.code == 2 && ended.talk.contains("line 3: date: expected a date"), "{ended:?}");
}
