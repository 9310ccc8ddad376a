//! Route files made by hand after `docs/formats/routes.md`.

use formats::{Format, Options, detect};
use jiff::tz::TimeZone;
use model::quality::Status;
use model::reading::Values;

use crate::collect::{Collected, read_in_pieces};

const HEADER: &str = "route,cycle,meter,register,read_at,read,unit,type,code,reader,remark\n";

fn read(rows: &str) -> Collected {
    let options = Options { zone: TimeZone::get("America/Toronto").ok(), ..Options::default() };
    let text = format!("{HEADER}{rows}");
    assert_eq!(detect(text.as_bytes()), Some(Format::Routes));
    read_in_pieces(Format::Routes, &options, text.as_bytes(), 7)
}

/// The reads of rows as `label at value status flag`.
#[track_caller]
fn check(row: &str, expected: &str) {
    let found = read(row);
    let [piece] = &found.readings[..] else { panic!("{found:?}") };
    let Values::Registers(reads) = &piece.values else { panic!("registers") };
    let read = &reads[0];
    let words: Vec<_> = read.quality.status.words().collect();
    let value = read.value.map_or("none".into(), |value| value.to_string());
    let told = format!("{} {} {value} [{}] {}", piece.channel.label(), read.at, words.join("; "), read.quality.flag);
    assert_eq!(told, expected, "{row}");
}

// covers: PHA-S10
#[test]
fn a_visit_is_a_read_of_a_register_with_what_is_known_of_it() {
    let monthly = "13.0.0.1.1.1.12.0.0.0.0.0.0.0.0.3.72.0";
    check(
        "12,03,M-1,,2026-02-03T10:15:00-05:00,04711,,regular,,17,\n",
        &format!("M-1/{monthly} 2026-02-03T15:15:00Z 4711 [hand-held read] regular"),
    );
    // A drive-by radio names no reader; without an offset the zone of the routes says when.
    check(
        "12,03,M-1,,2026-07-03 10:15:00,4711.5,,,,,\n",
        &format!("M-1/{monthly} 2026-07-03T14:15:00Z 4711.5 [] regular"),
    );
    // Only the day is known: its local noon, and the moment is in doubt.
    check(
        "12,03,M-1,,2026-02-03,4711,,special,,17,\n",
        &format!("M-1/{monthly} 2026-02-03T17:00:00Z 4711 [hand-held read; clock error] special"),
    );
    check(
        "12,03,M-1,,2026-07-03,4711,,estimated,A2,,\n",
        &format!("M-1/{monthly} 2026-07-03T16:00:00Z 4711 [estimated; clock error] estimated A2"),
    );
    check(
        "12,03,M-1,R2,2026-02-03T10:15:00Z,9,kvarh,customer,,,\n",
        "M-1/R2 2026-02-03T10:15:00Z 9 [customer read] customer",
    );
    check(
        "12,03,M-1,,2026-02-03,0000,,NO-READ,LOCKED,17,\n",
        &format!("M-1/{monthly} 2026-02-03T17:00:00Z none [missing] no-read LOCKED"),
    );
}

#[test]
fn who_read_what_where_is_kept() {
    let found = read("12,03,M-1,,2026-02-03,4711,,,,17,\"dog, large\"\n");
    let Values::Registers(reads) = &found.readings[0].values else { panic!("registers") };
    assert_eq!(reads[0].quality.remark, "route 12, cycle 03, reader 17: dog, large");
    let reading_type = found.readings[0].channel.reading_type;
    assert_eq!((reading_type.macro_period, reading_type.accumulation), (13, 1), "a monthly read in bulk");
    assert!(reads[0].quality.status.contains(Status::HAND_HELD));
    assert!(found.findings.is_empty(), "{found:?}");
}

#[test]
fn a_meter_that_was_not_read_is_told_of_and_has_no_value() {
    let found = read("12,03,M-1,,2026-02-03,,,no-read,LOCKED,17,\n");
    assert_eq!(found.codes(), ["2 routes.no_read"]);
    assert!(found.findings[0].message.contains("meter `M-1` was visited and not read, code `LOCKED`"));
    let Values::Registers(reads) = &found.readings[0].values else { panic!("registers") };
    assert_eq!(reads[0].value, None);
}

#[test]
fn rows_that_cannot_be_read_are_told_of_by_line_and_the_others_are_read() {
    let rows = [
        "12,03,,,2026-02-03,1,,,,,",
        "12,03,M-1,,02/03/2026,1,,,,,",
        // The clock showed this hour twice, and this one never.
        "12,03,M-1,,2026-11-01T01:30:00,1,,,,,",
        "12,03,M-1,,2026-03-08T02:30:00,1,,,,,",
        "12,03,M-1,,2026-02-03,,,,,,",
        "12,03,M-1,,2026-02-03,-1,,,,,",
        "12,03,M-1,,2026-02-03,\"1,5\",,,,,",
        "12,03,M-1,,2026-02-03,1,,guessed,,,",
        "12,03,M-1,,2026-02-03,1,,,,,,too many",
        "12,03,M-1,,2026-02-03,1,parsec,,,,",
        "12,03,M-2,,2026-02-03,1",
    ];
    let found = read(&rows.join("\n"));
    let expected = [
        "2 routes.meter",
        "3 routes.read_at",
        "4 routes.read_at",
        "5 routes.read_at",
        "6 routes.read",
        "7 routes.read",
        "8 routes.read",
        "9 routes.type",
        "10 routes.cells",
        "11 routes.unit",
    ];
    assert_eq!(found.codes(), expected);
    let read: Vec<_> = found.readings.iter().map(|piece| piece.line).collect();
    assert_eq!(read, [11, 12], "an unknown unit is kept under its name, and what ends early has no more to say");
    let left_out = found.findings[4].left_out.as_ref().expect("a place");
    assert_eq!(
        (left_out.channel.label().starts_with("M-1/"), left_out.from.to_string()),
        (true, "2026-02-03T17:00:00Z".into())
    );
}

#[test]
fn a_file_that_cannot_be_understood_is_refused() {
    let refused = |text: &str, options: &Options| {
        let found = read_in_pieces(Format::Routes, options, text.as_bytes(), 1);
        found.refused.expect(text).0.code.to_string()
    };
    let none = Options::default();
    assert_eq!(refused("", &none), "routes.empty");
    assert_eq!(refused("route,meter,read\n", &none), "routes.header");
    assert_eq!(refused("route,meter,read_at,read,READ\n", &none), "routes.header");
    assert_eq!(refused("route,meter,read_at,read\n1,M,2026-02-03,1\n", &none), "routes.zone");
}
