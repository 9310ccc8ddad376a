//! A reading's whole way: unknown, quarantined, registered, replayed, repeated, corrected, asked "as of", estimated.

use crate::program::Program;

fn hours(values: &[(&str, &str)]) -> String {
    let mut text = "usage_point_id,uom,start,end,value,version\n".to_owned();
    for (hour, value) in values {
        let next = format!("{:02}", hour.parse::<u32>().expect("hour") + 1);
        text.push_str(&format!("UP1,kWh,2026-01-01T{hour}:00:00Z,2026-01-01T{next}:00:00Z,{value},\n"));
    }
    text
}

fn values(program: &Program, more: &[&str]) -> Vec<String> {
    let read = program.json(&[&["read", "0", "--json"], more].concat());
    let intervals = read["intervals"].as_array().expect("intervals").clone();
    intervals.iter().map(|interval| interval["value"].as_str().unwrap_or("-").to_owned()).collect()
}

// covers: B1-S1, IS-001, THR-09
#[test]
fn from_quarantine_to_a_corrected_value() {
    let program = Program::with_installation(&["--zone", "UTC"]);
    let given = program.file("first.csv", hours(&[("00", "1.5"), ("01", "2.5"), ("02", "3.5")]));
    let ended = program.run(&["ingest", &given]);
    assert_eq!(ended.code, 1, "{ended:?}");
    let waiting = program.json(&["quarantine", "list", "--json"]);
    assert_eq!(waiting[0]["reason"], "V01", "{waiting}");
    let explained = program.run(&["quarantine", "explain", "1"]);
    assert!(explained.out.contains("register the channel"), "{explained:?}");

    let replayed = program.json(&["quarantine", "replay", "--register", "--json"]);
    assert_eq!((&replayed["released"], &replayed["stored"]), (&1.into(), &3.into()), "{replayed}");
    assert_eq!(values(&program, &[])[..3], ["1.5", "2.5", "3.5"]);
    assert_eq!(program.json(&["quarantine", "list", "--json"]).as_array().map(Vec::len), Some(0));

    let again = program.run(&["ingest", &given]);
    assert!(again.out.contains("taken before") || again.talk.contains("3 were there before"), "{again:?}");
    let before_correction = jiff::Timestamp::now().to_string();
    let corrected = program.file("second.csv", hours(&[("01", "2.75")]));
    assert_eq!(program.run(&["ingest", &corrected]).code, 0);
    assert_eq!(values(&program, &[])[..3], ["1.5", "2.75", "3.5"]);
    assert_eq!(values(&program, &["--as-of", &before_correction])[..3], ["1.5", "2.5", "3.5"]);
}

/// Worked case of the catalogue, E04: 75, four missing, 100 gives 80, 85, 90, 95.
#[test]
fn a_short_gap_is_interpolated_and_explained() {
    let program = Program::with_installation(&["--zone", "UTC", "--register"]);
    let mut text = "usage_point_id,uom,start,end,value\n".to_owned();
    let start = 1_767_225_600_i64;
    for slot in 0..96_i64 {
        let value = match slot {
            41..=44 => continue,
            slot if slot <= 40 => "75",
            _ => "100",
        };
        let at = |slot: i64| jiff::Timestamp::from_second(start + slot * 900).expect("instant");
        text.push_str(&format!("UP1,kWh,{},{},{value}\n", at(slot), at(slot + 1)));
    }
    let given = program.file("gap.csv", text);
    assert!(program.run(&["ingest", &given]).code <= 1);
    assert_eq!(values(&program, &[])[40..46], ["75", "80", "85", "90", "95", "100"]);
    let quality = program.json(&["quality", "0", "--json"]);
    assert_eq!(quality["figures"]["intervals_estimated"], 4, "{quality}");
    assert_eq!(quality["failed"][0]["rule"], "V30", "{quality}");
}
