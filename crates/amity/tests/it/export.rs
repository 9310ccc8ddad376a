//! What an export holds: the intervals that were asked for, of whole days where the channel's days were, and a word of
//! what is damaged.

use std::path::Path;

use crate::program::Program;

const HALF_HOURLY: &str = "0.0.5.4.1.1.12.0.0.0.0.0.0.0.0.3.72.0";

/// Four days of half-hours from 2026-01-01 of UTC, in a channel whose days begin at +10:00, as those of NEM12 do.
fn program() -> Program {
    let program = Program::with_installation(&["--zone", "Australia/Sydney"]);
    let channel =
        ["--usage-point", "UP1", "--interval-seconds", "1800", "--reading-type", HALF_HOURLY, "--zone", "+10:00"];
    assert_eq!(program.run(&[&["registry", "add"], &channel[..]].concat()).code, 0);
    let at = |half: i64| jiff::Timestamp::from_second(1_767_225_600 + half * 1800).expect("instant");
    let row = |half| format!("UP1,kWh,{},{},1\n", at(half), at(half + 1));
    let text = "usage_point_id,uom,start,end,value\n".to_owned() + &(0..192).map(row).collect::<String>();
    assert!(program.run(&["ingest", &program.file("given.csv", text)]).code <= 1);
    program
}

/// First and last start, and how many rows, of a span.
#[track_caller]
fn check(program: &Program, from: &str, to: &str, expected: (&str, &str, usize)) {
    let ended = program.run(&["export", "--format", "csv", "--raw", "--from", from, "--to", to]);
    assert_eq!(ended.code, 0, "{ended:?}");
    let mut lines = ended.out.lines();
    let columns: Vec<_> = lines.next().expect("names of columns").split(',').collect();
    let start = columns.iter().position(|column| *column == "start").expect("a start");
    let starts: Vec<_> = lines.filter_map(|line| line.split(',').nth(start)).collect();
    let found = (starts.first().copied().unwrap_or("-"), starts.last().copied().unwrap_or("-"), starts.len());
    assert_eq!(found, expected);
}

#[test]
fn a_day_is_the_day_of_the_channel_and_no_more() {
    let program = program();
    // In January Sydney is at +11:00: its days begin an hour before those of the channel.
    check(&program, "2026-01-02", "2026-01-03", ("2026-01-01T14:00:00Z", "2026-01-02T13:30:00Z", 48));
    check(&program, "2026-01-02T06:00", "2026-01-02T09:00", ("2026-01-01T20:00:00Z", "2026-01-01T22:30:00Z", 6));
    check(&program, "2026-01-02T06:15", "2026-01-02T08:15", ("2026-01-01T20:30:00Z", "2026-01-01T22:00:00Z", 4));
    let nem12 = program.run(&["export", "--format", "nem12", "--raw", "--from", "2026-01-02", "--to", "2026-01-03"]);
    let days: Vec<_> = nem12.out.lines().filter_map(|line| line.strip_prefix("300,")).map(|day| &day[..8]).collect();
    assert_eq!(days, ["20260102"], "{nem12:?}");
}

/// Hours of days of January 2026 in a file of their own: seven hours of the 1st, then from the 12th to 06:00 of the 13th.
fn with_a_hole(program: &Program) -> String {
    let at = |hour: i64| jiff::Timestamp::from_second(1_767_225_600 + hour * 3600).expect("instant");
    let row = |hour| format!("UP1,kWh,{},{},1.5\n", at(hour), at(hour + 1));
    let text: String = (0..7).chain(11 * 24..12 * 24 + 6).map(row).collect();
    program.file("given.csv", "usage_point_id,uom,start,end,value\n".to_owned() + &text)
}

#[test]
fn only_what_came_or_should_have_come_is_exported_and_comes_back_the_same() {
    let first = Program::with_installation(&["--zone", "UTC", "--register"]);
    assert!(first.run(&["ingest", &with_a_hole(&first)]).code <= 1);
    let export = |program: &Program, more: &[&str]| {
        let ended = program.run(&[&["export", "--format", "csv"], more].concat());
        assert_eq!(ended.code, 0, "{ended:?}");
        ended.out
    };
    let (raw, told) = (export(&first, &["--raw"]), export(&first, &[]));
    assert_eq!(raw.lines().count(), 1 + 7 + 24 + 6, "{raw}");
    // Between the two stretches 11 days less seven hours should have come; after the last value nothing.
    assert_eq!(told.lines().count(), 1 + 12 * 24 + 6, "{told}");
    assert_eq!(told.lines().filter(|line| line.contains("missing")).count(), 11 * 24 - 7, "{told}");
    let second = Program::with_installation(&["--zone", "UTC", "--register"]);
    assert!(second.run(&["ingest", &second.file("told.csv", &told)]).code <= 1);
    assert_eq!(export(&second, &[]), told);
    let read =
        first.run(&["read", "UP1/0.0.7.4.1.1.12.0.0.0.0.0.0.0.0.3.72.0", "--from", "2026-01-13", "--to", "2026-01-14"]);
    let rows = |word: &str| read.out.lines().filter(|line| line.contains(word)).count();
    assert_eq!((rows("not expected"), rows("measured"), rows("validated")), (18, 0, 6), "{read:?}");
}

#[test]
fn damage_is_told_and_no_success() {
    let program = program();
    damage_the_longest_batch(&program.data().join("readings/log"));
    let ended = program.run(&["export", "--format", "csv"]);
    assert_eq!(ended.code, 1, "{ended:?}");
    assert!(ended.talk.contains("left out"), "{ended:?}");
}

/// Flips a bit in the longest record of the log, as its header says: a magic number, the lengths of head and body at 40.
fn damage_the_longest_batch(folder: &Path) {
    let files = std::fs::read_dir(folder).expect("a log").map(|entry| entry.expect("an entry").path());
    let mut longest = None;
    for path in files.filter(|path| path.extension().is_some_and(|extension| extension == "log")) {
        let bytes = std::fs::read(&path).expect("readable");
        let number = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes")) as usize;
        let mut at = 0;
        while at + 64 <= bytes.len() && bytes[at..].starts_with(b"AMR1") {
            let (head, body) = (number(at + 40), number(at + 44));
            longest = longest.max(Some((body, path.clone(), at + 64 + head)));
            at += (64 + head + body).next_multiple_of(8);
        }
    }
    let (body, path, at) = longest.expect("a record");
    let mut bytes = std::fs::read(&path).expect("readable");
    bytes[at + body / 2] ^= 1;
    std::fs::write(path, bytes).expect("written");
}
