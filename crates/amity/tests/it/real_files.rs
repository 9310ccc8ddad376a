//! Real files, against the answers of independent readers that lie beside them.

use std::path::Path;

use serde_json::Value;

use crate::program::{Program, real_data};

fn expected(folder: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(folder.join("expected.json")).expect("expected.json");
    serde_json::from_str(&text).expect("JSON")
}

fn inspect(program: &Program, path: &Path) -> Value {
    let answer = program.json(&["inspect", "--json", path.to_str().expect("UTF-8 path")]);
    answer["files"][0].clone()
}

fn cents(text: &Value) -> i128 {
    let number: f64 =
        text.as_str().map_or_else(|| text.as_f64().expect("number"), |text| text.parse().expect("number"));
    (number * 1000.0).round() as i128
}

// covers: B1-S1
#[test]
fn nem12_files_have_the_counts_sums_and_qualities_of_two_other_readers() {
    let Some(folder) = real_data().map(|data| data.join("nem12")) else { return };
    let program = Program::without_installation();
    for file in expected(&folder) {
        let name = file["file"].as_str().expect("name");
        let Some(detail) = file["nemreader"]["detail"].as_object() else { continue };
        if name.starts_with("nem13") {
            continue;
        }
        let found = inspect(&program, &folder.join(name));
        for (channel, expected) in detail {
            let of_channel = |found: &&Value| found["id"] == channel.as_str();
            let found = found["channels"].as_array().expect("channels").iter().find(of_channel);
            let found = found.unwrap_or_else(|| panic!("{name}: no channel {channel}"));
            assert_eq!(found["count"], expected[0], "{name} {channel}");
            assert_eq!(cents(&found["sum"]), cents(&expected[1]), "{name} {channel}");
            let day = |stamp: &Value| stamp.as_str().expect("stamp")[..10].to_owned();
            assert_eq!(day(&found["first"]), day(&expected[2]), "{name} {channel}");
            assert_eq!(day(&found["last"]), day(&expected[3]), "{name} {channel}");
        }
        if let Some(qualities) = file["effective_quality_value_counts_after_400"].as_object() {
            for (flag, count) in qualities {
                let channels = found["channels"].as_array().expect("channels");
                let total: u64 = channels.iter().filter_map(|channel| channel["qualities"][flag].as_u64()).sum();
                assert_eq!(Some(total), count.as_u64(), "{name} {flag}");
            }
        }
        let broken = name.starts_with("invalid");
        assert_eq!(
            broken,
            found["findings"].as_array().is_some_and(|all| all
                .iter()
                .any(|one| one["severity"] != "warning" || one["code"] == "nem12.no_header")),
            "{name}"
        );
    }
}

#[test]
fn green_button_feeds_have_the_counts_and_sums_of_another_reader() {
    let Some(folder) = real_data().map(|data| data.join("greenbutton")) else { return };
    let program = Program::without_installation();
    for file in expected(&folder) {
        let name = file["file"].as_str().expect("name");
        let found = inspect(&program, &folder.join(name));
        if file["parse_error"].is_string() {
            let findings = found["findings"].as_array().expect("findings");
            assert!(!findings.is_empty(), "{name} is broken and nothing was found");
            continue;
        }
        let channels = found["channels"].as_array().expect("channels");
        let count: u64 = channels.iter().filter_map(|channel| channel["count"].as_u64()).sum();
        let sum: i64 = channels.iter().filter_map(|channel| channel["sum"].as_str()?.parse::<i64>().ok()).sum();
        assert_eq!(Some(count), file["interval_readings"].as_u64(), "{name}");
        assert_eq!(Some(sum), file["value_sum"].as_i64(), "{name}");
    }
}

/// The hourly meter meets its daily reads and billing periods within 0.05 kWh + 0.5 % (rule V50).
// covers: ONT-2.4.2b
#[test]
fn hourly_reads_meet_the_daily_and_the_billing_reads_of_the_same_meter() {
    let Some(folder) = real_data().map(|data| data.join("meters")) else { return };
    let program = Program::with_installation(&["--zone", "America/Chicago"]);
    for kind in ["hourly", "daily", "billing_monthly"] {
        let path = folder.join(format!("il-electricity-cdd-hdd-{kind}.csv"));
        let path = path.to_str().expect("UTF-8 path");
        let ended = program.run(&[
            "ingest",
            path,
            "--usage-point",
            "IL-1",
            "--unit",
            "kWh",
            "--register",
            "--zone",
            "America/Chicago",
        ]);
        assert!(ended.code <= 1, "{kind}: {ended:?}");
    }
    let channels = program.json(&["registry", "list", "--json"]);
    let hourly = channels.as_array().expect("list").iter().find(|channel| channel["interval_seconds"] == 3600);
    let hourly = hourly.expect("hourly channel")["label"].as_str().expect("label").to_owned();
    let quality = program.json(&["quality", &hourly, "--json"]);
    assert_eq!(quality["figures"]["intervals_received"], 19417, "{quality}");
    let mut met: Vec<(u64, u64)> = quality["sum_checks"]
        .as_array()
        .expect("sum checks")
        .iter()
        .map(|check| (check["met"].as_u64().expect("met"), check["spans"].as_u64().expect("spans")))
        .collect();
    met.sort_unstable();
    assert_eq!(met, [(26, 26), (809, 809)], "{quality}");
}
