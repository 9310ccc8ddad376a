//! The real files that `real_files` leaves out, and the way of the market's files through Amity and back.

use std::io::Read;
use std::path::{Path, PathBuf};

use model::quantity::Decimal;
use serde_json::Value;

use crate::program::{Program, real_data};

fn expected(folder: &Path) -> Value {
    let text = std::fs::read_to_string(folder.join("expected.json")).expect("expected.json");
    serde_json::from_str(&text).expect("JSON")
}

fn inspect(program: &Program, path: &Path, more: &[&str]) -> Value {
    let path = path.to_str().expect("UTF-8 path");
    program.json(&[&["inspect", "--json", path], more].concat())["files"][0].clone()
}

/// A number of another program's JSON or a text of ours, exact to a millionth.
#[track_caller]
fn exact(number: &Value) -> i64 {
    let text = number.as_str().map_or_else(|| number.to_string(), str::to_owned);
    let decimal: Decimal = text.parse().expect("a decimal");
    decimal.rescaled(-6).expect("millionths")
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("folder").map(|entry| entry.expect("entry").path());
    let mut files: Vec<_> = entries.filter(|path| !path.ends_with("expected.json")).collect();
    files.sort();
    files
}

// covers: B1-S1
#[test]
fn nem13_files_have_the_amounts_and_periods_of_another_reader() {
    let Some(folder) = real_data().map(|data| data.join("nem12")) else { return };
    let program = Program::without_installation();
    let mut seen = 0;
    for file in expected(&folder).as_array().expect("a list") {
        let name = file["file"].as_str().expect("name");
        let Some(detail) = file["nemreader"]["detail"].as_object().filter(|_| name.starts_with("nem13")) else {
            continue;
        };
        let found = inspect(&program, &folder.join(name), &[]);
        for (channel, expected) in detail {
            let channels = found["channels"].as_array().expect("channels");
            let found = channels.iter().find(|found| found["id"] == channel.as_str()).expect("the channel");
            assert_eq!(found["count"], expected[0], "{name}");
            assert_eq!(exact(&found["sum"]), exact(&expected[1]), "{name}");
            for (ours, theirs) in [("first", 2), ("last", 3)] {
                let theirs = expected[theirs].as_str().expect("a time").replace(' ', "T");
                assert!(found[ours].as_str().expect("a time").starts_with(&theirs), "{name} {channel} {ours}");
            }
            seen += 1;
        }
    }
    assert_eq!(seen, 2);
}

/// Only one of the two readers reads this file, which lacks a header; it says totals.
#[test]
fn a_file_without_header_is_read_as_far_as_the_other_reader_reads_it() {
    let Some(folder) = real_data().map(|data| data.join("nem12")) else { return };
    let program = Program::without_installation();
    let name = "invalid__Example_NEM12_powercor_missing_fields.csv";
    let all = expected(&folder);
    let file = all.as_array().expect("a list").iter().find(|file| file["file"] == name).expect("the file");
    let found = inspect(&program, &folder.join(name), &[]);
    let channels = found["channels"].as_array().expect("channels");
    let count: u64 = channels.iter().filter_map(|channel| channel["count"].as_u64()).sum();
    let sum: i64 = channels.iter().map(|channel| exact(&channel["sum"])).sum();
    assert_eq!((count, sum), (file["mdff"]["values"].as_u64().expect("a count"), exact(&file["mdff"]["sum"])));
    let findings = found["findings"].as_array().expect("findings");
    let places: Vec<_> = findings.iter().map(|finding| (finding["line"].as_u64(), finding["code"].as_str())).collect();
    assert_eq!(places, [(Some(2), Some("nem12.no_header")), (Some(8), Some("nem12.after_end"))]);
}

#[test]
fn the_hourly_meter_has_the_counts_and_sums_of_its_three_files() {
    let Some(folder) = real_data().map(|data| data.join("meters")) else { return };
    let program = Program::without_installation();
    let expected = expected(&folder);
    for path in files(&folder) {
        let options = ["--usage-point", "IL-1", "--unit", "kWh", "--zone", "America/Chicago"];
        let found = inspect(&program, &path, &options);
        let name = path.file_name().and_then(|name| name.to_str()).expect("a name");
        let (expected, found) = (&expected[name], &found["channels"][0]);
        assert_eq!(found["count"], expected["non_null"], "{name}");
        assert_eq!(exact(&found["sum"]), exact(&expected["sum"]), "{name}");
        let first = expected["first"].as_str().expect("a time").replace(' ', "T");
        assert_eq!(found["first"], first, "{name}");
    }
}

/// A network model and lists of lines and customers are no readings.
#[test]
fn what_holds_no_readings_is_refused_with_the_reason() {
    let Some(folder) = real_data().map(|data| data.join("feeders")) else { return };
    let program = Program::without_installation();
    for path in files(&folder) {
        let found = inspect(&program, &path, &[]);
        assert_eq!((&found["accepted"], &found["channels"]), (&false.into(), &Value::Array(vec![])), "{path:?}");
        let codes: Vec<_> = found["findings"].as_array().expect("findings").iter().map(|one| &one["code"]).collect();
        assert!(codes.iter().any(|code| *code == "format.unknown" || *code == "cim.root"), "{path:?}: {codes:?}");
    }
}

/// The text of a file or of the only member of an archive.
fn text_of(path: &Path) -> String {
    let mut text = String::new();
    if path.extension().is_some_and(|extension| extension == "zip") {
        let mut archive = zip::ZipArchive::new(std::fs::File::open(path).expect("open")).expect("an archive");
        archive.by_index(0).expect("a member").read_to_string(&mut text).expect("text");
    } else {
        text = std::fs::read_to_string(path).expect("text");
    }
    text
}

/// Days and qualities with the stream they are of: numbers without closing zeros, units without case, and without the time
/// at which the market operator itself loaded the day, which only the operator writes.
fn days(text: &str) -> Vec<Vec<String>> {
    let mut stream = Vec::new();
    let mut days = Vec::new();
    for line in text.lines() {
        let fields: Vec<String> = line.trim_end().split(',').map(str::to_owned).collect();
        match fields[0].as_str() {
            "200" => stream = vec![fields[1].clone(), fields[4].clone(), fields[7].to_lowercase(), fields[8].clone()],
            "300" => {
                let values = 1440 / stream[3].parse::<usize>().expect("minutes");
                let number = |text: &String| exact(&Value::from(text.as_str())).to_string();
                let mut day = [stream.clone(), fields[..2].to_vec()].concat();
                day.extend(fields[2..2 + values].iter().map(number));
                day.extend(fields[2 + values..].iter().take(4).cloned());
                days.push(day);
            }
            "400" => days.push([stream.clone(), fields].concat()),
            _ => {}
        }
    }
    for day in &mut days {
        while day.last().is_some_and(String::is_empty) {
            day.pop();
        }
    }
    days.sort();
    days
}

// covers: B1-S1
#[test]
fn files_of_the_market_go_through_xml_and_back_exactly() {
    let Some(folder) = real_data().map(|data| data.join("nem12")) else { return };
    let is_whole = |path: &PathBuf| {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        name.starts_with("nem12__") || name.starts_with("Example")
    };
    for path in files(&folder).into_iter().filter(is_whole) {
        let (first, second) = (market(), market());
        assert!(first.run(&["ingest", path.to_str().expect("UTF-8 path"), "--register"]).code <= 1, "{path:?}");
        let xml = exported(&first, "cim");
        assert_eq!(second.run(&["ingest", &xml, "--register", "--zone", "+10:00"]).code, 0, "{path:?}");
        let back = std::fs::read_to_string(exported(&second, "nem12")).expect("the export");
        let given = days(&text_of(&path));
        assert!(!given.is_empty() && days(&back) == given, "{path:?}\n{back}");
    }
}

fn market() -> Program {
    Program::with_installation(&["--zone", "+10:00"])
}

#[track_caller]
fn exported(program: &Program, format: &str) -> String {
    let path = program.path(format).display().to_string();
    let ended = program.run(&["export", "--format", format, "--raw", "--output", &path]);
    assert!(ended.code == 0 && !ended.talk.contains("left out"), "{ended:?}");
    path
}
