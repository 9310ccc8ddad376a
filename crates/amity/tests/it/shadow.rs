//! `vee explain`, `vee run` and `vee shadow`: stored days explained, run again, and run with another plan beside.

use serde_json::{Value, json};

use crate::program::Program;

/// Two days of 1 kWh an hour; on the second, hour 4 is missing and hour 12 is 9 kWh.
fn two_days() -> Program {
    let program = Program::with_installation(&["--zone", "UTC", "--register"]);
    let mut text = "usage_point_id,uom,start,end,value\n".to_owned();
    let start = 1_767_225_600_i64;
    for hour in (0..48_i64).filter(|hour| *hour != 28) {
        let value = if hour == 36 { "9" } else { "1" };
        let at = |hour: i64| jiff::Timestamp::from_second(start + hour * 3600).expect("instant");
        text.push_str(&format!("UP1,kWh,{},{},{value}\n", at(hour), at(hour + 1)));
    }
    let given = program.file("readings.csv", text);
    assert!(program.run(&["ingest", &given]).code <= 1);
    program
}

#[test]
fn a_day_is_explained_now_and_as_it_was() {
    let program = two_days();
    let told = program.json(&["vee", "explain", "0", "2026-01-02", "--json"]);
    let value = |slot: usize| told["values"][slot].clone();
    assert_eq!(
        (&value(4)["raw"], &value(4)["final"], &value(4)["method"]),
        (&Value::Null, &"1.000000".into(), &"E04".into()),
        "{told}"
    );
    assert_eq!((&value(12)["final"], &value(12)["rules"][0]["rule"]), (&"9.000000".into(), &"V31".into()));
    assert_eq!(value(4)["inputs_hash"].as_str().map(str::len), Some(16));
    assert_eq!((&told["is_current"], &told["plan_version"]), (&true.into(), &1.into()));

    let people = program.run(&["vee", "explain", "0", "2026-01-02"]).out;
    for part in [
        "decided by run ",
        "with plan `default` version 1; a run today decides the same",
        "V31 too high",
        "V31 spike failed: ",
        "V38 negative passed",
        "E04 from 2026-01-02T04:00:00+00:00: straight line from 1 kWh to 1 kWh",
        "22 of 24 values are final as received",
    ] {
        assert!(people.contains(part), "{part}: {people}");
    }
    let all = program.run(&["vee", "explain", "0", "2026-01-02", "--all"]).out;
    assert_eq!(all.matches("2026-01-02T").count(), 25, "{all}");

    let before = jiff::Timestamp::now().to_string();
    let late = "usage_point_id,uom,start,end,value\nUP1,kWh,2026-01-02T04:00:00Z,2026-01-02T05:00:00Z,2\n";
    assert_eq!(program.run(&["ingest", &program.file("late.csv", late)]).code, 0);
    let slot = |more: &[&str]| {
        program.json(&[&["vee", "explain", "0", "2026-01-02", "--json"], more].concat())["values"][4].clone()
    };
    assert_eq!((&slot(&[])["raw"], &slot(&[])["method"]), (&"2.000000".into(), &Value::Null));
    let then = slot(&["--as-of", &before]);
    assert_eq!((&then["raw"], &then["final"], &then["method"]), (&Value::Null, &"1.000000".into(), &"E04".into()));
    let never = program.run(&["vee", "explain", "0", "2026-01-02", "--as-of", "2025-01-01"]);
    assert!(never.code == 2 && never.talk.contains("has no intervals on 2026-01-02"), "{never:?}");
    assert_eq!(program.run(&["vee", "explain", "0", "2027-01-02"]).code, 2);
}

#[test]
fn stored_days_are_run_again_with_the_plan_of_the_settings() {
    let program = two_days();
    let ran = program.json(&["vee", "run", "--json"]);
    assert_eq!(
        (&ran["channels"], &ran["days"], &ran["estimated"], &ran["failures"]),
        (&1.into(), &2.into(), &1.into(), &2.into()),
        "{ran}"
    );
    let one = program.json(&["vee", "run", "0", "--from", "2026-01-01", "--to", "2026-01-02", "--json"]);
    assert_eq!((&one["days"], &one["failures"]), (&1.into(), &0.into()), "{one}");
    let people = program.run(&["vee", "run", "--from", "2026-01-02"]);
    assert!(
        people.out.starts_with("1 channel-days of 1 channels in ") && people.out.contains("/s): 1 values estimated"),
        "{people:?}"
    );
    assert!(program.run(&["vee", "run", "--from", "2030-01-01"]).out.contains("no stored day"));
    assert_eq!(program.run(&["vee", "run", "nowhere"]).code, 2);
    let turned = program.run(&["vee", "run", "--from", "2026-01-02", "--to", "2026-01-01"]);
    assert!(turned.code == 2 && turned.talk.contains("is not after"), "{turned:?}");
}

#[test]
fn what_only_weighs_otherwise_is_told() {
    let program = two_days();
    let plan = |name: &str, on_failure: &str| {
        let text = format!(
            "name = \"{name}\"\nversion = 1\nscaling = \"none\"\n[[validate]]\nrule = \"V31\"\non_failure = \"{on_failure}\"\n"
        );
        program.file(&format!("{name}.toml"), text)
    };
    let (asks, warns) = (plan("asks", "review"), plan("warns", "warn"));
    let let_hold = |name: &str, plan: &str| {
        let attach = ["vee", "plan", "attach", name, "--to", "everywhere", "--as", "ana"];
        for call in [["vee", "plan", "put", plan, "--as", "ana"].as_slice(), &attach, &["vee", "run"]] {
            let ended = program.run(call);
            assert!(ended.code <= 1, "{call:?}: {ended:?}");
        }
    };
    let shadow = |plan: &str| -> Value {
        let ended = program.run(&["vee", "shadow", "--plan", plan, "--json"]);
        assert_eq!(ended.code, 1, "{ended:?}");
        serde_json::from_str(&ended.out).expect("JSON")
    };
    let_hold("asks", &asks);
    // The 9 kWh stay and wait for nobody any more; hour 4 has no value with either.
    let found = shadow(&warns);
    assert_eq!((&found["days_changed"], &found["statuses"]), (&1.into(), &1.into()), "{found}");
    let counts = ["new", "gone", "kept", "moved", "moved_to_people"].map(|count| found["exceptions"][count].clone());
    assert_eq!(counts, [0, 0, 1, 1, 0].map(Value::from), "{found}");
    let_hold("warns", &warns);
    let found = shadow(&asks);
    assert_eq!((&found["exceptions"]["moved"], &found["exceptions"]["moved_to_people"]), (&1.into(), &1.into()));
}

/// Without gaps and with spikes estimated: hour 4 loses its 1 kWh; hour 12 (9 kWh) becomes 1 kWh, the line from 1 to 1.
const OTHER: &str = "name = \"other\"\nversion = 2\nscaling = \"none\"\n[[validate]]\nrule = \"V31\"\non_failure = \"estimate\"\n\
    [[validate]]\nrule = \"V32\"\non_failure = \"warn\"\n[[estimate]]\nmethod = \"E04\"\n";

#[test]
fn another_plan_tells_what_it_would_change_and_changes_nothing() {
    let program = two_days();
    let before = program.json(&["vee", "explain", "0", "2026-01-02", "--json"]);
    let plan = program.file("other.toml", OTHER);
    let ended = program.run(&["vee", "shadow", "--plan", &plan, "--json"]);
    assert_eq!(ended.code, 1, "{ended:?}");
    let found: Value = serde_json::from_str(&ended.out).expect("JSON");
    assert_eq!(
        (&found["live"]["name"], &found["other"]),
        (&"default".into(), &json!({ "name": "other", "version": 2 }))
    );
    assert_eq!((&found["days"], &found["days_changed"]), (&2.into(), &1.into()), "{found}");
    let counts = |rule: &str| {
        ["newly_fails", "newly_passes", "fails_with_both"].map(|count| found["rules"][rule][count].clone())
    };
    assert_eq!(counts("V30"), [0, 1, 0].map(Value::from), "{found}");
    assert_eq!(counts("V31"), [0, 0, 1].map(Value::from), "{found}");
    let values = json!({ "count": 2, "gained": 0, "lost": 1, "sum_live": "10", "sum_other": "1" });
    assert_eq!(found["values"]["kWh"], values, "{found}");
    let exceptions = json!({ "new": 0, "new_for_people": 0, "gone": 1, "gone_for_people": 0, "kept": 1,
        "moved": 1, "moved_to_people": 0 });
    assert_eq!(found["exceptions"], exceptions, "{found}");
    assert_eq!(found["rules"]["V30"]["examples"][0]["change"], "gone");
    let moved = &found["value_examples"][1];
    assert_eq!((&moved["live"], &moved["other"], &moved["other_method"]), (&"9".into(), &"1".into(), &"E04".into()));
    let people = program.run(&["vee", "shadow", "--plan", &plan]).out;
    for part in [
        "over 2 days of 1 channels: 1 days would change",
        "exceptions: 0 new (0 for people), 1 gone",
        "gone V30 UP1/",
        "2 would differ",
        "together 10 kWh now and 1 kWh then, a difference of -9 kWh",
        "9 would be 1 by E04",
    ] {
        assert!(people.contains(part), "{part}: {people}");
    }
    assert_eq!(program.json(&["vee", "explain", "0", "2026-01-02", "--json"]), before);
}

#[test]
fn the_same_plan_changes_nothing_and_channels_and_days_can_be_chosen() {
    let program = two_days();
    let same = program.file("same.json", program.json(&["vee", "plan", "show", "--json"]).to_string());
    let ended = program.run(&["vee", "shadow", "--plan", &same]);
    assert!(ended.code == 0 && ended.out.contains("0 days would change"), "{ended:?}");
    let plan = program.file("other.toml", OTHER);
    let first = program.json(&["vee", "shadow", "--plan", &plan, "--channel", "0", "--to", "2026-01-02", "--json"]);
    assert_eq!((&first["days"], &first["days_changed"]), (&1.into(), &0.into()), "{first}");
    let wrong = program.file("wrong.toml", OTHER.replace("V32", "V00"));
    let refused = program.run(&["vee", "shadow", "--plan", &wrong]);
    assert!(refused.code == 2 && refused.talk.contains("wrong.toml:8: error: validate[1].rule"), "{refused:?}");
}

#[test]
fn a_look_back_knows_only_what_had_arrived() {
    let program = two_days();
    let before = jiff::Timestamp::now().to_string();
    let late = "usage_point_id,uom,start,end,value\nUP1,kWh,2026-01-02T04:00:00Z,2026-01-02T05:00:00Z,2\n";
    assert_eq!(program.run(&["ingest", &program.file("late.csv", late)]).code, 0);
    let plan = program.file("other.toml", OTHER);
    let shadow = |more: &[&str]| program.json(&[&["vee", "shadow", "--plan", &plan, "--json"], more].concat());
    let (now, then) = (shadow(&[]), shadow(&["--as-of", &before]));
    assert_eq!((&now["values"]["kWh"]["lost"], &now["rules"]["V30"]), (&0.into(), &Value::Null), "{now}");
    assert_eq!(
        (&then["values"]["kWh"]["lost"], &then["rules"]["V30"]["newly_passes"]),
        (&1.into(), &1.into()),
        "{then}"
    );
    let nothing = shadow(&["--as-of", "2026-01-01"]);
    assert_eq!((&nothing["days"], &nothing["days_changed"]), (&0.into(), &0.into()), "{nothing}");
}

#[test]
fn what_people_accepted_stays_in_both_plans() {
    let program = two_days();
    let open = program.json(&["vee", "queue", "--list", "--rule", "V31", "--json"]);
    let id = open["exceptions"][0]["id"].to_string();
    let accepted = program.run(&["vee", "accept", &id, "--as", "Ada", "--reason", "real-use"]);
    assert_eq!(accepted.code, 0, "{accepted:?}");
    let plan = program.file("other.toml", OTHER);
    let found = program.json(&["vee", "shadow", "--plan", &plan, "--json"]);
    let gap_only = json!({ "count": 1, "gained": 0, "lost": 1, "sum_live": "1", "sum_other": "0" });
    assert_eq!(found["values"]["kWh"], gap_only, "{found}");
}
