//! A distributor that only collects, held against the specification of Ontario: its days go to the repository as they came.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

use crate::disk_full::Served;
use crate::program::Program;

/// Requests until the server must have got there; each one takes it some time.
const PATIENCE: u32 = 20_000;

/// An installation as the example of the profile sets it, with the reads of a made-up utility from 6 to 8 March 2026.
fn distributor() -> Program {
    with_reads_from("2026-03-06")
}

/// The same with the reads of three days.
fn with_reads_from(first: &str) -> Program {
    let program = Program::with_installation(&[]);
    let config = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config/collection-ontario.toml");
    let settings = std::fs::read_to_string(config)
        .expect("the example")
        .replace("\"quarantine\"", "\"register\"")
        .replace("age_days_max = 60", "age_days_max = 36500");
    std::fs::write(program.data().join("amity.toml"), settings).expect("written");
    let folder = program.path("sent");
    let folder = folder.to_str().expect("UTF-8 path");
    program.json(&["simulate", folder, "--meters", "24", "--days", "3", "--from", first, "--json"]);
    let files = format!("{folder}/hes-hourly");
    let ended = program.run(&["ingest", &files, "--source", "hes-hourly"]);
    assert!(ended.code <= 1, "{ended:?}");
    program
}

/// Usage point and value of every read that the head-end sent of 7 March, which begins and ends at 05:00 UTC.
fn sent(program: &Program) -> BTreeSet<(String, String)> {
    let mut rows = BTreeSet::new();
    for file in std::fs::read_dir(program.path("sent/hes-hourly")).expect("files") {
        let text = std::fs::read_to_string(file.expect("a file").path()).expect("text");
        for line in text.lines().skip(1) {
            let cells: Vec<&str> = line.split(',').collect();
            // usage_point_id,meter_id,channel,reading_type,uom,start,end,value,...
            let at = |text: &str| text.parse::<jiff::Timestamp>().expect("an instant");
            if at("2026-03-07T05:00:00Z") < at(cells[6]) && at(cells[6]) <= at("2026-03-08T05:00:00Z") {
                rows.insert((cells[0].to_owned(), cells[7].to_owned()));
            }
        }
    }
    rows
}

// covers: ONT-2.2.1a, ONT-2.6.1, ONT-2.6.3, ONT-2.8.2, ONT-2.10.2.3, ONT-2.9.1
#[test]
fn a_day_goes_to_the_repository_as_it_came_and_is_acknowledged() {
    let program = distributor();
    let hand_over = ["collection", "hand-over", "--date", "2026-03-07", "--json"];
    let done = program.json(&hand_over);
    let names: Vec<_> = done["files"].as_array().expect("files").iter().map(|file| file["name"].clone()).collect();
    assert_eq!(names, ["reads-2026-03-07-1.csv", "accounts-1.csv"]);
    let folder = program.data().join("hand-over");
    let text = std::fs::read_to_string(folder.join("reads-2026-03-07-1.csv")).expect("the file");
    let reads = text.lines().filter(|line| line.starts_with("R,"));
    let told: BTreeSet<(String, String)> = reads
        .map(|line| {
            let cells: Vec<&str> = line.split(',').collect();
            (cells[1].to_owned(), cells[8].to_owned())
        })
        .collect();
    assert_eq!(told, sent(&program), "every read as the head-end told it");
    assert!(text.lines().any(|line| line.contains(",2026-03-07 24:00,")) && !text.contains("2026-03-08 00:00"));
    let status = std::fs::read_to_string(folder.join("status-2026-03-07-1.json")).expect("the status beside it");
    let status: Value = serde_json::from_str(&status).expect("JSON");
    assert_eq!(status["items"][4]["id"], "ONT-2.10.2.5");
    // Nothing is told twice.
    assert_eq!(program.run(&hand_over[..4]).out.lines().next(), Some("nothing new to hand over"));
    let answer = "H,amity_repository,1,answer,accounts-1.csv,2026-03-08T11:00:00Z,accepted,\nT,0\n";
    let answer = program.file("answer.csv", answer);
    assert_eq!(program.run(&["collection", "acknowledge", &answer]).code, 0);
    let listed = program.json(&["collection", "hand-over", "--list", "--json"]);
    let answers: Vec<_> =
        listed.as_array().expect("files").iter().map(|file| file["answer"]["answered"].clone()).collect();
    assert_eq!(answers, [Value::Null, "accepted".into()]);
    // Collecting alone put nothing into rate periods and decided nothing.
    assert_eq!(program.run(&["usage", "show"]).out.trim(), "nothing was asked for");
}

// covers: ONT-2.10.2, ONT-2.10.2z1, ONT-2.10.2z2, ONT-2.10.1
#[test]
fn the_status_and_the_history_of_a_day_are_told_in_every_form() {
    let program = distributor();
    let page = program.path("status.html");
    let page = page.to_str().expect("UTF-8 path");
    let call = ["collection", "status", "--date", "2026-03-07", "--html", page];
    let ended = program.run(&[&call[..], &["--json"]].concat());
    assert_eq!(ended.code, 1, "everything came long after the deadline: {ended:?}");
    let told: Value = serde_json::from_str(&ended.out).expect("JSON");
    let verdicts: Vec<&str> =
        told["items"].as_array().expect("items").iter().map(|item| item["verdict"].as_str().expect("a word")).collect();
    assert_eq!((verdicts.len(), verdicts[3], verdicts[4]), (14, "no_source", "not_met"));
    assert_eq!((verdicts[5], verdicts[6], verdicts[7]), ("met", "met", "met"), "reads agree, to 0.01 kWh, in time");
    let csv = program.run(&["collection", "status", "--date", "2026-03-07", "--csv"]).out;
    let items: BTreeSet<&str> = csv.lines().skip(1).filter_map(|line| line.split(',').next()).collect();
    assert_eq!(items.len(), 14, "every item has a row");
    let html = std::fs::read_to_string(page).expect("the page");
    assert!(html.starts_with("<!doctype html>") && html.contains("<h2>14 ") && html.ends_with("</html>\n"));
    let history = ["collection", "history", "--from", "2026-03-07", "--to", "2026-03-07"];
    assert!(program.run(&history).out.contains("1 days are not kept"));
    let kept: Value =
        serde_json::from_str(&program.run(&[&history[..], &["--keep", "--now", "--json"]].concat()).out).expect("JSON");
    assert_eq!((kept["met"].clone(), kept["not_met"].clone()), (0.into(), 1.into()));
    assert_eq!(kept["differences"], Value::Array(Vec::new()), "what is known now is what was kept");
    assert_eq!(kept["days"][0]["expected"], kept["days"][0]["late"]);
}

// covers: ONT-2.10.2.4
#[test]
fn changes_from_the_repository_are_applied_once_and_the_others_named() {
    let program = distributor();
    let labels = program.json(&["registry", "list", "--json"]);
    let point =
        labels[0]["label"].as_str().and_then(|label| label.split('/').next()).expect("a usage point").to_owned();
    let changes = format!(
        "H,amity_repository,1,changes,changes-1,2026-03-08T10:00:00Z\n\
         C,{point},ACC-9,AG-9,R1,2026-03-08T05:00:00Z\nC,NOWHERE,ACC-8,AG-8,R1,2026-03-08T05:00:00Z\nT,2\n"
    );
    let file = program.file("changes.csv", changes);
    let ended = program.run(&["collection", "apply", &file]);
    assert_eq!((ended.code, ended.out.trim()), (1, "changes-1: 1 of 2 changes applied"), "{ended:?}");
    assert!(ended.talk.contains("NOWHERE"), "{ended:?}");
    assert_eq!(program.run(&["collection", "apply", &file]).out.trim(), "changes-1 was applied already");
    let done = program.json(&["collection", "hand-over", "--date", "2026-03-07", "--json"]);
    assert_eq!(done["files"][1]["kind"], "accounts");
    let accounts = std::fs::read_to_string(program.data().join("hand-over/accounts-1.csv")).expect("the file");
    assert!(accounts.contains(&format!("A,set,{point},ACC-9,AG-9,R1,")), "{accounts}");
}

// covers: ONT-2.2.3
#[test]
fn the_profile_takes_no_multiplier_of_a_meter_but_one() {
    let program = distributor();
    let fleet = program.json(&["registry", "list", "--json"]);
    let point = fleet[0]["label"].as_str().expect("a label").split('/').next().expect("a name").to_owned();
    let shown = program.json(&["registry", "show", &point, "--json"]);
    let meter = shown["meters"][0]["value"].as_str().unwrap_or_else(|| panic!("{shown}"));
    let fact = |value: &str| program.run(&["registry", "fact", "meter-multiplier", meter, value]);
    assert_eq!(fact("1").code, 0);
    let ended = fact("10");
    assert!(ended.code == 2 && ended.talk.contains("asks for 1 of all meters (2.2.3)"), "{ended:?}");
}

/// Asks until it is so.
#[track_caller]
fn wait_until(served: &Served, address: &str, is_so: impl Fn(&Value) -> bool) -> Value {
    let mut last = Value::Null;
    for _ in 0..PATIENCE {
        let (status, body) = served.request("GET", address, b"");
        assert_eq!(status, 200, "{body}");
        last = serde_json::from_str(&body).expect("JSON");
        if is_so(&last) {
            return last;
        }
    }
    panic!("{address}: {last}");
}

// covers: ONT-2.10.2, ONT-2.10.2z1, ONT-2.10.3, ONT-2.10.3.3, ONT-2.6.1
#[test]
fn the_server_keeps_the_day_hands_it_over_and_alarms_of_a_full_disk() {
    // The day whose deadline passed last has to be one of those that were sent.
    let today = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::get("America/Toronto").expect("a zone")).date();
    let first = today.saturating_sub(jiff::Span::new().days(3)).to_string();
    let program = with_reads_from(&first);
    let path = program.data().join("amity.toml");
    let settings = std::fs::read_to_string(&path).expect("settings");
    // Any disk that holds a program is fuller than that.
    std::fs::write(path, format!("{settings}\n[daily_report]\ndisk_per_cent_max = 1\n")).expect("written");
    let served = Served::start(&program);
    let has_items = |told: &Value| !told["items"].as_array().expect("a list").is_empty();
    let alerts = wait_until(&served, "/api/v1/alerts", has_items);
    assert_eq!(alerts["items"][0]["kind"], "storage");
    let number = alerts["items"][0]["id"].to_string();
    let seen = program.json(&["collection", "alerts", "ack", &number, "--by", "anna", "--json"]);
    assert_eq!(seen["acknowledged"]["by"], "anna");
    let history = format!("/api/v1/collection/history?from={first}&to={today}");
    let kept = wait_until(&served, &history, |told| !told["days"].as_array().expect("days").is_empty());
    assert_eq!(kept["days"][0]["zone"], "America/Toronto");
    let (status, body) = served.request("GET", "/api/v1/collection/status", b"");
    assert!(status == 200 && body.contains("ONT-2.10.2.14"), "{status} {body}");
    let listed = || program.json(&["collection", "hand-over", "--list", "--json"]);
    let is_handed_over = (0..PATIENCE).any(|_| !listed().as_array().expect("files").is_empty());
    assert!(is_handed_over, "{}", listed());
}
