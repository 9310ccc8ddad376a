//! One usage point under the names that different sources give it, and what cannot be registered.

use serde_json::Value;

use crate::program::{Ended, Program};

const HALF_HOURLY: &str = "0.0.5.4.1.1.12.0.0.0.0.0.0.0.0.3.72.0";
const HOURLY: &str = "0.0.7.4.1.1.12.0.0.0.0.0.0.0.0.3.72.0";

/// One day of half hours in NEM12.
fn nem12(nmi: &str) -> String {
    let values = vec!["1.5"; 48].join(",");
    format!(
        "100,NEM12,202601060000,MDP1,RETAILER\n200,{nmi},E1,E1,E1,,METER1,KWH,30,\n300,20260105,{values},A,,,20260106000000,\n900\n"
    )
}

/// A CIM message of an authority about its usage point `100`.
fn cim(authority: &str, value: &str) -> String {
    let name = |name: &str, kind: &str| {
        format!(
            "<Names><name>{name}</name><NameType><name>{kind}</name><NameTypeAuthority><name>{authority}</name>\
             </NameTypeAuthority></NameType></Names>"
        )
    };
    format!(
        "<?xml version=\"1.0\"?><EventMessage xmlns=\"http://iec.ch/TC57/2011/schema/message\"><Header><Verb>created</Verb>\
         <Noun>MeterReadings</Noun><MessageID>{authority}</MessageID></Header><Payload><MeterReadings \
         xmlns=\"http://iec.ch/TC57/2011/MeterReadings#\"><MeterReading><UsagePoint>{}</UsagePoint><IntervalBlocks>\
         <IntervalReadings><timeStamp>2026-01-05T01:00:00Z</timeStamp><value>{value}</value></IntervalReadings>\
         <ReadingType ref=\"{HOURLY}\"/></IntervalBlocks></MeterReading></MeterReadings></Payload></EventMessage>",
        name("100", "UP")
    )
}

fn labels(program: &Program) -> Vec<String> {
    let listed = program.json(&["registry", "list", "--json"]);
    let label = |channel: &Value| channel["label"].as_str().expect("a label").to_owned();
    listed.as_array().expect("a list").iter().map(label).collect()
}

fn add(program: &Program, usage_point: &str, more: &[&str]) -> Ended {
    program.run(&[&["registry", "add", "--usage-point", usage_point, "--reading-type", HOURLY][..], more].concat())
}

/// Another source corrects a NEM12 value in CSV, and a person adds a channel by the bare name.
// covers: IIS-04
#[test]
fn a_name_finds_the_usage_point_under_any_kind() {
    let program = Program::with_installation(&["--zone", "UTC", "--register"]);
    assert!(program.run(&["ingest", &program.file("given.nem12", nem12("NEM1201002"))]).code <= 1);
    let correction = "usage_point_id,channel,reading_type,start,end,value\n\
                      NEM1201002,E1,0.0.5.4.1.1.12.0.0.0.0.0.0.0.0.3.72.0,2026-01-04T14:00:00Z,2026-01-04T14:30:00Z,7\n";
    let corrected = program.run(&["ingest", "--json", &program.file("correction.csv", correction)]);
    assert!(corrected.out.contains("\"replaced\":1") && corrected.out.contains("\"registered\":0"), "{corrected:?}");
    let added = program.run(
        &[
            &["registry", "add", "--usage-point", "NEM1201002", "--suffix", "B1", "--reading-type", HALF_HOURLY][..],
            &["--interval-seconds", "1800", "--json"],
        ]
        .concat(),
    );
    assert!(added.code == 0 && added.out.contains("NEM1201002/B1"), "{added:?}");
    assert_eq!(labels(&program), ["NEM1201002/E1", "NEM1201002/B1"]);
    let shown = program.json(&["registry", "show", "NEM1201002", "--json"]);
    assert_eq!(shown["channels"].as_array().map(Vec::len), Some(2), "{shown}");
}

/// Two authorities call different usage points the same; who names none means neither.
// covers: IIS-04
#[test]
fn two_authorities_may_use_one_name() {
    let program = Program::with_installation(&["--zone", "UTC", "--register"]);
    for (authority, value) in [("ACME", "1"), ("BETA", "2")] {
        let given = program.file(&format!("{authority}.xml"), cim(authority, value));
        let ended = program.run(&["ingest", "--json", &given]);
        assert!(ended.code <= 1 && ended.out.contains("\"registered\":1"), "{ended:?}");
    }
    let labels = labels(&program);
    assert_eq!(labels, [format!("100/{HOURLY}"), format!("100@BETA/{HOURLY}")]);
    let unsaid = "usage_point_id,uom,start,end,value\n100,kWh,2026-01-05T02:00:00Z,2026-01-05T03:00:00Z,7\n";
    let other = "usage_point_id,uom,start,end,value\nOTHER,kWh,2026-01-05T02:00:00Z,2026-01-05T03:00:00Z,7\n";
    let (unsaid, other) = (program.file("unsaid.csv", unsaid), program.file("other.csv", other));
    let ended = program.run(&["ingest", "--json", &unsaid, &other]);
    let receipts: Vec<Value> = ended.out.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!((&receipts[0]["receipt"]["quarantined"], &receipts[1]["receipt"]["stored"]), (&1.into(), &1.into()));
    let waiting = program.json(&["quarantine", "list", "--json"]);
    assert_eq!(waiting[0]["reason"], "registry.ambiguous", "{waiting}");
    let message = waiting[0]["message"].as_str().expect("a message");
    assert!(message.contains("ACME") && message.contains("BETA"), "{message}");
    // A person is told the mRIDs and says one of them.
    let asked = program.run(&["registry", "show", "100"]);
    assert!(asked.code == 2 && asked.talk.contains("named by BETA"), "{asked:?}");
    let refused = add(&program, "100", &["--suffix", "E1", "--interval-seconds", "3600"]);
    assert!(refused.code == 2 && refused.talk.contains("named by ACME"), "{refused:?}");
    let listed = program.json(&["registry", "list", "100@BETA", "--json"]);
    let id = listed[0]["usage_point"].as_str().expect("an mRID");
    assert_eq!(add(&program, id, &["--suffix", "E1", "--interval-seconds", "3600"]).code, 0);
    assert_eq!(self::labels(&program)[3], "100@BETA/E1");
}

/// What contradicts the registry waits with its reason; the rest of the batch goes on.
#[test]
fn a_contradiction_does_not_stop_an_intake() {
    let program = Program::with_installation(&["--zone", "UTC", "--register"]);
    let row = |usage_point: &str, meter: &str, unit: &str| {
        format!(
            "usage_point_id,meter_id,uom,start,end,value\n\
             {usage_point},{meter},{unit},2026-01-05T02:00:00Z,2026-01-05T03:00:00Z,7\n"
        )
    };
    assert_eq!(program.run(&["ingest", &program.file("first.csv", row("UP1", "M1", "kWh"))]).code, 0);
    // The meter is at another usage point for all that is known.
    let moved = program.file("moved.csv", row("UP2", "M1", "kWh"));
    let other = program.file("other.csv", row("UP3", "M3", "kWh"));
    let ended = program.run(&["ingest", "--json", &moved, &other]);
    let receipts: Vec<Value> = ended.out.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let stored: Vec<_> = receipts.iter().map(|receipt| receipt["receipt"]["stored"].clone()).collect();
    assert_eq!((ended.code, stored), (1, vec![0.into(), 1.into()]), "{ended:?}");
    let waiting = program.json(&["quarantine", "list", "--json"]);
    assert_eq!((&waiting[0]["reason"], waiting.as_array().map(Vec::len)), (&"registry.conflict".into(), Some(1)));
    let message = waiting[0]["message"].as_str().expect("a message");
    assert!(message.contains("meter `M1` is registered at another usage point than `UP2`"), "{message}");
    let in_vain = program.json(&["quarantine", "replay", "--register", "--json"]);
    assert_eq!(in_vain["refused_again"], 1, "{in_vain}");
    assert_eq!(add(&program, "UP2", &["--interval-seconds", "3600"]).code, 0);
    // Now the usage point is there, and the message names a meter that is registered nowhere else than at UP1.
    assert_eq!(program.json(&["quarantine", "replay", "--json"])["released"], 1);
}

// covers: MDQ-03
#[test]
fn what_no_channel_can_be_is_refused_and_what_is_wrong_is_corrected() {
    let program = Program::with_installation(&["--zone", "UTC"]);
    for (field, option, value) in [
        ("interval seconds", "--interval-seconds", "0"),
        ("interval seconds", "--interval-seconds", "3601"),
        ("interval seconds", "--interval-seconds", "4000000000"),
        ("dials", "--dials", "0"),
        ("multiplier", "--multiplier", "0"),
        ("multiplier", "--multiplier", "-40"),
        ("quantum", "--quantum", "-99"),
        ("unit", "--unit", "bananas"),
        ("meter", "--meter", ""),
    ] {
        let refused = add(&program, "UP1", &[&format!("{option}={value}")]);
        let told = refused.talk.contains(&format!("{field}: expected"));
        assert!(refused.code == 2 && told, "{option} {value}: {refused:?}");
    }
    assert_eq!(add(&program, "", &[]).code, 2);
    assert!(labels(&program).is_empty());
    let wrong = ["--interval-seconds", "900"];
    let right = ["--interval-seconds", "3600", "--unit", "MWh"];
    assert_eq!(add(&program, "UP1", &wrong).code, 0);
    let refused = add(&program, "UP1", &right);
    assert!(refused.code == 2 && refused.talk.contains("--correct"), "{refused:?}");
    assert_eq!(add(&program, "UP1", &[&right[..], &["--correct"]].concat()).code, 0);
    let shown = program.json(&["registry", "show", "UP1", "--json"]);
    assert_eq!(
        (&shown["channels"][0]["interval_seconds"], &shown["channels"][0]["unit"]),
        (&3600.into(), &"MWh".into())
    );
    let given = "usage_point_id,uom,start,end,value\nUP1,kWh,2026-01-05T02:00:00Z,2026-01-05T03:00:00Z,7\n";
    assert_eq!(program.run(&["ingest", &program.file("given.csv", given)]).code, 0);
    let refused = add(&program, "UP1", &[&wrong[..], &["--correct"]].concat());
    assert!(refused.code == 2 && refused.talk.contains("readings are stored"), "{refused:?}");
}
