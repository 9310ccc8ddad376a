//! Quarantine through the program: what could not be read, shown as it stands, and every way on.

use std::io::Write;

use crate::program::Program;

const HEADER: &str = "usage_point_id,uom,start,end,value\n";

/// Hours of UP1 from midnight of 2026-01-01, one value a row.
fn hours(values: &[&str]) -> String {
    let row = |(hour, value): (usize, &&str)| {
        format!("UP1,kWh,2026-01-01T{hour:02}:00:00Z,2026-01-01T{:02}:00:00Z,{value}\n", hour + 1)
    };
    HEADER.to_owned() + &values.iter().enumerate().map(row).collect::<String>()
}

fn program() -> Program {
    Program::with_installation(&["--zone", "UTC", "--register"])
}

// covers: THR-05
#[test]
fn what_could_not_be_read_is_listed_and_explained_with_what_stands_there() {
    let program = program();
    let file = program.file("day.csv", hours(&["1.5", "2\u{1b}[31mx", "3x"]));
    let ended = program.run(&["ingest", &file]);
    assert!(ended.code == 1 && ended.out.contains("1 stored") && ended.out.contains("2 malformed"), "{ended:?}");
    let listed = program.json(&["quarantine", "list", "--reason", "malformed", "--json"]);
    assert_eq!((&listed[0]["cause"], &listed[0]["detail"]["records"]), (&"csv.value".into(), &2.into()), "{listed}");
    let told = program.run(&["quarantine", "explain", "1"]);
    assert_eq!(told.code, 0, "{told:?}");
    let shown = "there    UP1,kWh,2026-01-01T01:00:00Z,2026-01-01T02:00:00Z,2\\u{1b}[31mx\n";
    assert!(told.out.contains(shown), "{}", told.out);
    assert!(told.out.contains("line 4, value: `3x`: expected a decimal number"), "{}", told.out);
    let json = program.json(&["quarantine", "explain", "1", "--json"]);
    assert_eq!((&json["record"]["line"], &json["closing"]), (&3.into(), &serde_json::Value::Null), "{json}");
    assert_eq!(program.run(&["ingest", &file]).code, 1);
    assert_eq!(program.json(&["quarantine", "list", "--json"]).as_array().map(Vec::len), Some(1));
}

// covers: SEC-AAY
#[test]
fn a_corrected_copy_is_handed_in_and_another_item_dropped() {
    let program = program();
    for (name, values) in [("day.csv", ["1.5", "2x"]), ("test.csv", ["9x", "9.5"])] {
        assert_eq!(program.run(&["ingest", &program.file(name, hours(&values))]).code, 1);
    }
    let copy = program.file("copy.csv", hours(&["1.5", "2.5"]));
    let said = ["--as", "anna", "--note", "read on the meter"];
    let fixed = program.json(&[&["quarantine", "fix", "1", &copy, "--json"][..], &said].concat());
    assert_eq!((&fixed["closed"], &fixed["receipt"]["stored"]), (&1.into(), &0.into()), "{fixed}");
    let told = program.run(&["quarantine", "explain", "1"]).out;
    assert!(told.contains("by anna: corrected, read on the meter; the copy in its place has the content"), "{told}");
    let again = program.run(&[&["quarantine", "fix", "1", &copy][..], &said].concat());
    assert!(again.code == 2 && again.talk.contains("item 1 is released already"), "{again:?}");

    let wrong = program.run(&["quarantine", "drop", "2", "--as", "anna", "--reason", "because"]);
    assert!(wrong.code == 2 && wrong.talk.contains("expected one of came-otherwise, not-ours"), "{wrong:?}");
    let drop = ["quarantine", "drop", "2", "--as", "anna", "--reason", "mistake", "--json"];
    assert_eq!(program.json(&drop)["dropped"], 1);
    assert_eq!(program.json(&["quarantine", "list", "--json"]).as_array().map(Vec::len), Some(0));
    let all = program.json(&["quarantine", "list", "--state", "all", "--json"]);
    let states: Vec<_> = all.as_array().expect("a list").iter().map(|item| item["state"].clone()).collect();
    assert_eq!(states, ["released", "dropped"]);
    assert_eq!(all[1]["closing"]["reason"], "mistake");
}

#[test]
fn a_replay_may_say_the_zone_that_was_forgotten() {
    let program = program();
    let file = program.file("local.csv", hours(&["1.5", "2.5"]).replace('Z', ""));
    assert_eq!(program.run(&["ingest", &file]).code, 2);
    // Not of every message that waits.
    let all = program.run(&["quarantine", "replay", "--zone", "UTC"]);
    assert!(all.code == 2 && all.talk.contains("`amity quarantine replay 7 --zone UTC`"), "{all:?}");
    let replayed = program.json(&["quarantine", "replay", "1", "--zone", "UTC", "--json"]);
    assert_eq!((&replayed["released"], &replayed["stored"]), (&1.into(), &2.into()), "{replayed}");
}

#[test]
fn what_is_stored_is_not_replayed_with_another_zone() {
    let program = program();
    let file = program.file("day.csv", hours(&["1.5", "2x"]).replace('Z', ""));
    assert_eq!(program.run(&["ingest", "--zone", "+10:00", &file]).code, 1);
    let refused = program.run(&["quarantine", "replay", "1", "--zone", "UTC"]);
    assert!(refused.code == 2 && refused.talk.contains("another zone"), "{refused:?}");
    assert!(refused.talk.contains("`amity quarantine fix`"), "{refused:?}");
}

#[test]
fn items_that_do_not_wait_are_named() {
    let program = program();
    for (name, values) in [("day.csv", ["1.5", "2x"]), ("test.csv", ["9x", "9.5"])] {
        assert_eq!(program.run(&["ingest", &program.file(name, hours(&values))]).code, 1);
    }
    let drop = |ids: &[&str]| {
        program.run(&[&["quarantine", "drop"][..], ids, &["--as", "anna", "--reason", "mistake"]].concat())
    };
    assert_eq!(drop(&["2"]).code, 0);
    let told = "item 2 is dropped already, there is no item 999; nothing was done";
    let refused = drop(&["1", "2", "999"]);
    assert!(refused.code == 2 && refused.talk.contains(told), "{refused:?}");
    let replayed = program.run(&["quarantine", "replay", "2", "999"]);
    assert!(replayed.code == 2 && replayed.talk.contains(told), "{replayed:?}");
    assert_eq!(program.json(&["quarantine", "list", "--json"])[0]["id"], 1);
}

#[test]
fn a_line_that_is_cut_is_told_by_what_is_missing_and_not_by_its_length() {
    let program = program();
    let file = program.file("day.csv", hours(&["1.5", &"\u{1b}".repeat(400)]));
    assert_eq!(program.run(&["ingest", &file]).code, 1);
    let told = program.run(&["quarantine", "explain", "1"]).out;
    // `UP1,kWh,`, two stamps of 20 characters and a comma each, and 400 bytes.
    assert!(told.contains(" .. (450 bytes in all)\n"), "{told}");
}

#[test]
fn files_that_hold_nothing_are_told() {
    let program = program();
    let header = program.file("header.csv", HEADER);
    let frame = program.file("frame.csv", "100,NEM12,202601050000,A,B\n900\n");
    let folder = program.path("empty");
    std::fs::create_dir(&folder).expect("a folder");
    let folder = folder.to_str().expect("UTF-8 path").to_owned();
    // The end of central directory alone (APPNOTE.TXT 4.3.16): an archive without a member.
    let mut zip = std::fs::File::create(program.path("empty.zip")).expect("a file");
    zip.write_all(&[b"PK\x05\x06".as_slice(), &[0; 18]].concat()).expect("written");
    let zip = program.path("empty.zip").to_str().expect("UTF-8 path").to_owned();
    for path in [&header, &frame, &folder, &zip] {
        for command in [&["inspect"][..], &["ingest"]] {
            let ended = program.run(&[command, &[path]].concat());
            assert!(ended.code == 1 && ended.out.contains("[file.nothing]"), "{command:?} {path}: {ended:?}");
        }
    }
    let told = program.json(&["inspect", &zip, "--json"]);
    let file = &told["files"][0];
    assert_eq!((&file["accepted"], &file["findings"][0]["severity"]), (&true.into(), &"warning".into()), "{told}");
}
