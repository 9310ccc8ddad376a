//! A meter that is set from hours to quarter-hours, through the program.

use model::quantity::Decimal;

use crate::program::Program;

const ENERGY: &str = "0.0.0.4.1.1.12.0.0.0.0.0.0.0.0.3.72.0";

/// Equal values of whole days of March from a day on, in intervals of so many minutes.
fn days(first: u32, last: u32, minutes: u32, value: &str) -> String {
    let stamp = |day: u32, minute: u32| {
        let (day, minute) = (day + minute / 1440, minute % 1440);
        format!("2026-03-{day:02}T{:02}:{:02}:00Z", minute / 60, minute % 60)
    };
    let starts = (first..=last).flat_map(|day| (0..1440 / minutes).map(move |at| (day, at * minutes)));
    let row =
        |(day, at): (u32, u32)| format!("UP-1,E1,{ENERGY},{},{},{value}\n", stamp(day, at), stamp(day, at + minutes));
    let rows: String = starts.map(row).collect();
    format!("usage_point_id,channel,reading_type,start,end,value\n{rows}")
}

fn add(program: &Program, more: &[&str]) -> crate::program::Ended {
    let options = ["--usage-point", "UP-1", "--reading-type", ENERGY, "--quantum", "-3"];
    program.run(&[&["registry", "add"][..], &options, more].concat())
}

/// How many values a channel has in March, and their sum in Wh.
fn sum(program: &Program, channel: &str) -> (usize, i64) {
    let answer = program.json(&["read", channel, "--from", "2026-03-01", "--to", "2026-04-01", "--json"]);
    let watt_hours = |text: &str| text.parse::<Decimal>().expect("a number").rescaled(-3).expect("whole Wh");
    let intervals = answer["intervals"].as_array().expect("intervals").iter();
    let values: Vec<i64> = intervals.filter_map(|one| one["value"].as_str().map(watt_hours)).collect();
    (values.len(), values.iter().sum())
}

/// By hand: 24 hours of 1 kWh, then 96 quarter-hours of 0.5 kWh, on the day before and the day of the change.
// covers: V07
#[test]
fn hours_become_quarter_hours() {
    let program = Program::with_installation(&["--zone", "UTC"]);
    let hours = ["--suffix", "E1", "--interval-seconds", "3600", "--meter", "M-1", "--meter-from", "2026-03-10"];
    assert_eq!(add(&program, &hours).code, 0);
    assert_eq!(program.run(&["ingest", &program.file("hours.csv", days(10, 14, 60, "1"))]).code, 0);
    let refused = program.run(&["ingest", &program.file("quarters.csv", days(15, 15, 15, "0.5"))]);
    assert!(refused.talk.contains("quarantine") || refused.out.contains("quarantine"), "{refused:?}");
    let explained = program.run(&["quarantine", "explain", "1"]);
    assert!(explained.out.contains("--continues"), "{explained:?}");
    // Nothing is estimated for the day that waits.
    assert_eq!(program.run(&["vee", "run"]).code, 0);
    let day = program.run(&["vee", "explain", "UP-1/E1", "2026-03-15"]).out;
    assert!(day.contains("another interval length wait in quarantine"), "{day}");

    let next = ["--suffix", "E1Q", "--interval-seconds", "900", "--continues", "UP-1/E1", "--continues-from"];
    let early = add(&program, &[&next[..], &["2026-03-14"]].concat());
    assert!(early.code == 2 && early.talk.contains("has values of 2026-03-14"), "{early:?}");
    let within = add(&program, &[&next[..], &["2026-03-15T06:00"]].concat());
    assert!(within.code == 2 && within.talk.contains("local day"), "{within:?}");
    let entered = add(&program, &[&next[..], &["2026-03-15"]].concat());
    assert!(entered.code == 0 && entered.talk.contains("quarantine replay"), "{entered:?}");
    let replayed = program.run(&["quarantine", "replay"]);
    assert_eq!(replayed.code, 0, "{replayed:?}");
    assert_eq!(program.run(&["vee", "run"]).code, 0);
    assert_eq!(sum(&program, "UP-1/E1"), (5 * 24, 120_000));
    assert_eq!(sum(&program, "UP-1/E1Q"), (96, 48_000));
    // The next file says E1 as ever and is taken.
    let more = program.run(&["ingest", &program.file("more.csv", days(16, 16, 15, "0.25"))]);
    assert_eq!((more.code, sum(&program, "UP-1/E1Q")), (0, (192, 72_000)), "{more:?}");
}
