//! Amity's CSV on real files of one meter and on rows made by hand.

use std::fs;

use formats::{Format, Options, csv, detect};
use model::id::Name;
use model::quality::{Quality, Status};
use model::quantity::Decimal;
use model::reading::{ChannelKey, ChannelReadings, IntervalRun, QualitySpan, Values};
use proptest::prelude::*;
use serde_json::Value as Json;

use crate::collect::{Collected, read, read_in_pieces, real_data};

fn options(zone: Option<&str>) -> Options {
    let zone = zone.map(|name| jiff::tz::TimeZone::get(name).expect("in the bundled database"));
    Options { zone, usage_point: Some("UP1".into()), unit: Some("kWh".into()) }
}

fn read_with(options: &Options, input: &str) -> Collected {
    read_in_pieces(Format::Csv, options, input.as_bytes(), 11)
}

/// Every value as `start end value flag`, in the order it was told.
fn rows(found: &Collected) -> Vec<String> {
    let mut rows = Vec::new();
    for piece in &found.readings {
        match &piece.values {
            Values::Intervals(run) => {
                for (at, digits) in run.values.iter().enumerate() {
                    let start = run.start.as_second() + i64::from(run.length_seconds) * at as i64;
                    let [start, end] = [start, start + i64::from(run.length_seconds)]
                        .map(|second| jiff::Timestamp::from_second(second).expect("in range"));
                    let value = Decimal::new(*digits, run.exponent);
                    let value = if *digits == i64::MIN { "_".to_owned() } else { value.to_string() };
                    rows.push(format!("{start} {end} {value}"));
                }
            }
            Values::Registers(reads) => {
                for read in reads {
                    let start = read.period_start.map_or("-".to_owned(), |start| start.to_string());
                    let value = read.value.map_or("_".to_owned(), |value| value.to_string());
                    rows.push(format!("{start} {} {value}", read.at));
                }
            }
        }
    }
    rows
}

// Rows, sums, first and last stamps were counted by a program that is not ours.
#[test]
fn real_files_of_one_meter_give_the_expected_values() {
    let Some(folder) = real_data("meters") else { return };
    let expected = fs::read_to_string(folder.join("expected.json")).expect("expected.json");
    let expected: Json = serde_json::from_str(&expected).expect("JSON");
    for (file, numbers) in expected.as_object().expect("files") {
        let input = fs::read(folder.join(file)).expect(file);
        assert_eq!(detect(&input), Some(Format::Csv), "{file}");
        let found = read_in_pieces(Format::Csv, &options(None), &input, 1000);
        assert_eq!((found.codes(), &found.refused), (Vec::new(), &None), "{file}");
        let total = found.totals().into_values().next().expect("one channel");
        assert_eq!(total.count as u64, numbers["non_null"].as_u64().expect("a count"), "{file}");
        let sum: f64 = total.sum.parse().expect("decimal");
        assert!((sum - numbers["sum"].as_f64().expect("a sum")).abs() < 0.005, "{file}: {sum}");
        let first: jiff::Timestamp = numbers["first"].as_str().expect("a stamp").parse().expect("RFC 3339");
        assert_eq!(total.start, first.to_string(), "{file}");
        let last: jiff::Timestamp = numbers["last"].as_str().expect("a stamp").parse().expect("RFC 3339");
        let is_hourly = file.contains("hourly");
        let end = if is_hourly { last + jiff::SignedDuration::from_hours(1) } else { last };
        assert_eq!(total.end, end.to_string(), "{file}");
        let pieces_are_runs = found.readings.iter().all(|piece| matches!(piece.values, Values::Intervals(_)));
        assert_eq!(pieces_are_runs, is_hourly, "{file}");
    }
}

#[test]
fn a_plain_file_takes_its_length_from_the_step() {
    check(
        "start,value\n2024-03-11T05:00:00Z,1.5\n2024-03-11T05:15:00Z,2\n2024-03-11T05:30:00Z,\n2024-03-11T05:45:00Z,0.25\n",
        &[
            "2024-03-11T05:00:00Z 2024-03-11T05:15:00Z 1.50",
            "2024-03-11T05:15:00Z 2024-03-11T05:30:00Z 2.00",
            "2024-03-11T05:30:00Z 2024-03-11T05:45:00Z _",
            "2024-03-11T05:45:00Z 2024-03-11T06:00:00Z 0.25",
        ],
        &[],
    );
    check(
        "end,value\n2024-03-11T06:00:00Z,1\n2024-03-11T07:00:00Z,2\n",
        &["2024-03-11T05:00:00Z 2024-03-11T06:00:00Z 1", "2024-03-11T06:00:00Z 2024-03-11T07:00:00Z 2"],
        &[],
    );
    check(
        "timestamp,value\n2024-03-11T06:00:00Z,1\n2024-03-11T07:00:00Z,2\n2024-03-11T10:00:00Z,3\n",
        &[
            "2024-03-11T06:00:00Z 2024-03-11T07:00:00Z 1",
            "2024-03-11T07:00:00Z 2024-03-11T08:00:00Z 2",
            "2024-03-11T10:00:00Z 2024-03-11T11:00:00Z 3",
        ],
        &["1 csv.naming", "4 csv.gap"],
    );
}

#[track_caller]
fn check(input: &str, expected: &[&str], codes: &[&str]) {
    let found = read_with(&options(Some("America/Toronto")), input);
    assert_eq!(
        (rows(&found), found.codes()),
        (expected.iter().map(|row| row.to_string()).collect(), codes.iter().map(|code| code.to_string()).collect()),
        "{input}"
    );
    assert_eq!(found.refused, None, "{input}");
}

// The days of 23 and 25 hours of America/Toronto.
#[test]
fn days_reach_to_the_next_row() {
    check(
        "date,value\n2024-03-09,10\n2024-03-10,11\n2024-03-11,12\n2024-03-12,nan\n",
        &[
            "2024-03-09T05:00:00Z 2024-03-10T05:00:00Z 10",
            "2024-03-10T05:00:00Z 2024-03-11T04:00:00Z 11",
            "2024-03-11T04:00:00Z 2024-03-12T04:00:00Z 12",
        ],
        &["1 csv.naming"],
    );
    check("start,value\n2024-11-03,10\n2024-11-04,\n", &["2024-11-03T04:00:00Z 2024-11-04T05:00:00Z 10"], &[]);
    check(
        "start,value\n2024-11-03,10\n2024-11-04,11\n",
        &["2024-11-03T04:00:00Z 2024-11-04T05:00:00Z 10"],
        &["3 csv.period"],
    );
    check(
        "end,value\n2024-11-03,9\n2024-11-04,10\n",
        &["2024-11-03T04:00:00Z 2024-11-04T05:00:00Z 10"],
        &["2 csv.period"],
    );
}

#[test]
fn the_repeated_hour_is_told_by_order_and_the_skipped_one_refused() {
    check(
        "start,value\n2024-11-03 00:00,0\n2024-11-03 01:00,1\n2024-11-03 01:00,2\n2024-11-03 02:00,3\n",
        &[
            "2024-11-03T04:00:00Z 2024-11-03T05:00:00Z 0",
            "2024-11-03T05:00:00Z 2024-11-03T06:00:00Z 1",
            "2024-11-03T06:00:00Z 2024-11-03T07:00:00Z 2",
            "2024-11-03T07:00:00Z 2024-11-03T08:00:00Z 3",
        ],
        &[],
    );
    check(
        "start,value\n2024-03-10 01:00,1\n2024-03-10 02:00,2\n2024-03-10 03:00,3\n",
        &["2024-03-10T06:00:00Z 2024-03-10T07:00:00Z 1", "2024-03-10T07:00:00Z 2024-03-10T08:00:00Z 3"],
        &["3 csv.stamp"],
    );
}

#[test]
fn the_long_form_states_all() {
    let reading_type = "0.0.2.4.1.1.12.0.0.0.0.0.0.0.0.3.72.0";
    let input = format!(
        "value,quality,meter_id,channel,reading_type,start,end,version\n\
         1.5,3.8.0,M1,1,{reading_type},2024-03-11T05:00:00-04:00,2024-03-11T05:15:00-04:00,7\n\
         1.75,,M1,1,{reading_type},2024-03-11T05:15:00-04:00,2024-03-11T05:30:00-04:00,7\n\
         99,nem12:F14,M1,R,0.0.0.1.1.1.12.0.0.0.0.0.0.0.0.3.72.0,,2024-03-11T05:15:00-04:00,\n"
    );
    let found = read_with(&Options::default(), &input);
    assert_eq!(found.codes(), Vec::<String>::new());
    assert_eq!(
        rows(&found),
        [
            "2024-03-11T09:00:00Z 2024-03-11T09:15:00Z 1.50",
            "2024-03-11T09:15:00Z 2024-03-11T09:30:00Z 1.75",
            "- 2024-03-11T09:15:00Z 99"
        ]
    );
    assert_eq!(found.readings[0].channel.label(), "M1/1");
    assert_eq!(found.readings[0].unit, "kWh");
    assert_eq!(found.readings[0].revision.map(|at| at.as_second()), Some(7));
    let Values::Intervals(run) = &found.readings[0].values else { panic!("a run") };
    assert_eq!((run.qualities.len(), run.qualities[0].quality.flag.as_str()), (1, "3.8.0"));
}

#[test]
fn wide_rows_are_days_of_92_96_or_100_quarter_hours() {
    let row = |date: &str, count: usize| {
        let names: String = (1..=100).map(|at| format!(",v{at}")).collect();
        let values: String = (1..=100).map(|at| if at <= count { format!(",{at}") } else { ",".into() }).collect();
        format!("usage_point_id,uom,date,interval_minutes{names}\nUP,kWh,{date},15{values}\n")
    };
    for (date, count, end) in [
        ("2024-03-10", 92, "2024-03-11T04:00:00Z"),
        ("2024-06-01", 96, "2024-06-02T04:00:00Z"),
        ("2024-11-03", 100, "2024-11-04T05:00:00Z"),
    ] {
        let found = read_with(&options(Some("America/Toronto")), &row(date, count));
        let total = found.totals().into_values().next().expect("one channel");
        assert_eq!((total.count, total.end.as_str(), found.codes().len()), (count, end, 0), "{date}");
        let wrong = read_with(&options(Some("America/Toronto")), &row(date, count - 4));
        assert_eq!(
            wrong.totals().values().map(|total| total.count).sum::<usize>(),
            count - 4,
            "{date}: four are missing"
        );
    }
    let found = read_with(&options(Some("America/Toronto")), &row("2024-03-10", 96));
    assert_eq!((found.codes(), found.readings.len()), (vec!["2 csv.value_count".to_owned()], 0));
}

#[test]
fn faults_are_told_and_the_rest_goes_on() {
    for (row, code) in [
        ("2024-03-11T06:00:00Z,2024-03-11T06:15:00Z,abc,", "2 csv.value"),
        ("2024-03-11T06:00:00Z,2024-03-11T06:00:00Z,1,", "2 csv.order"),
        ("2024-03-11T25:00:00Z,2024-03-11T06:00:00Z,1,", "2 csv.stamp"),
        (",,1,", "2 csv.stamp"),
        ("2024-03-11T06:00:00Z,2024-03-11T06:15:00Z,1,perhaps", "2 csv.quality"),
    ] {
        let input = format!(
            "start,end,value,quality,uom,meter_id\n{row},kWh,M\n2024-03-11T07:00:00Z,2024-03-11T07:15:00Z,5,,kWh,M\n"
        );
        let found = read_with(&Options::default(), &input);
        assert_eq!(found.codes(), [code], "{row}");
        assert!(rows(&found).contains(&"2024-03-11T07:00:00Z 2024-03-11T07:15:00Z 5".to_owned()), "{row}");
    }
}

#[test]
fn a_file_that_cannot_be_placed_in_time_is_refused() {
    for (input, code) in [
        ("start,value\n2024-03-11 06:00,1\n", "csv.zone"),
        ("hello,world\n", "csv.header"),
        ("", "csv.empty"),
        ("start,value\n\"2024-03-11T06:00:00Z,1\n", "csv.quote"),
    ] {
        let refused = read(Format::Csv, input).refused.map(|refused| refused.0.code.to_string());
        assert_eq!(refused.as_deref(), Some(code), "{input}");
    }
}

#[test]
fn what_is_written_reads_back_equal() {
    let input = "usage_point_id,meter_id,channel,uom,reading_type,start,end,value,quality,status,reason,remark,version\n\
        UP,M,E1,kWh,0.0.2.4.1.1.12.0.0.0.0.0.0.0.0.3.72.0,2024-03-11T05:00:00Z,2024-03-11T05:15:00Z,0.125,S14,estimated; substitute,76,\"said \"\"so\"\",\ntwice\",2024-04-01T00:00:00Z\n\
        UP,M,E1,kWh,0.0.2.4.1.1.12.0.0.0.0.0.0.0.0.3.72.0,2024-03-11T05:15:00Z,2024-03-11T05:30:00Z,,N,missing,,,2024-04-01T00:00:00Z\n\
        UP,M,R,kWh,0.0.0.1.1.1.12.0.0.0.0.0.0.0.0.3.72.0,,2024-03-11T05:30:00Z,10234.7,,,,,\n";
    let first = read_with(&Options::default(), input);
    assert_eq!(first.codes(), Vec::<String>::new());
    let mut writer = csv::Writer::new();
    for piece in &first.readings {
        writer.write(piece);
    }
    let again = read_with(&Options::default(), &String::from_utf8(writer.take()).expect("UTF-8"));
    let plain = |found: &Collected| {
        found
            .readings
            .iter()
            .map(|piece| (piece.channel.clone(), piece.unit.clone(), piece.values.clone(), piece.revision))
            .collect::<Vec<_>>()
    };
    assert_eq!(plain(&again), plain(&first));
    assert_eq!(first.readings.len(), 2);
}

#[test]
fn days_of_23_hours_with_both_stamps_are_periods_too() {
    check(
        "start,end,value\n2024-03-10,2024-03-11,11\n2024-03-11,2024-03-12,12\n",
        &["2024-03-10T05:00:00Z 2024-03-11T04:00:00Z 11", "2024-03-11T04:00:00Z 2024-03-12T04:00:00Z 12"],
        &[],
    );
}

proptest! {
    #[test]
    fn any_run_survives_writing(
        digits in prop::collection::vec((-10_i64.pow(15)..10_i64.pow(15), 0_u8..4), 1..200),
        exponent in -6_i8..=0,
        start in -2_000_000_000_i64..4_000_000_000,
    ) {
        let flags = ["", "nothing", "S14", "a, \"b\"\n"];
        let missing = IntervalRun::MISSING;
        let qualities: Vec<QualitySpan> = digits.iter().zip(0_u32..).map(|((digits, flag), from)| {
            let status = if *digits % 7 == 0 { Status::MISSING } else { Status::RAW };
            let quality = Quality { flag: flags[usize::from(*flag)].into(), ..Quality::of(status) };
            QualitySpan { from, to: from + 1, quality }
        }).collect();
        let values = digits.iter().map(|(digits, _)| if *digits % 7 == 0 { missing } else { *digits }).collect();
        let start = jiff::Timestamp::from_second(start).expect("in range");
        let run = IntervalRun { start, length_seconds: 900, values, exponent, qualities };
        let reading_type = "0.0.2.4.1.1.12.0.0.0.0.0.0.0.0.3.72.0".parse().expect("18 fields");
        let channel = ChannelKey { meter: Some(Name::new("Meter", "M 1")), reading_type, ..ChannelKey::default() };
        let piece = ChannelReadings { channel, unit: "kWh".into(), values: Values::Intervals(run), revision: None, line: 2 };
        let mut writer = csv::Writer::new();
        writer.write(&piece);
        let text = String::from_utf8(writer.take()).expect("UTF-8");
        let found = read_with(&Options::default(), &text);
        prop_assert_eq!(found.codes(), Vec::<String>::new());
        prop_assert_eq!(every_value(&found.readings), every_value(&[piece]));
    }
}

/// Every value with its start and quality, whatever pieces and spans they came in.
fn every_value(pieces: &[ChannelReadings]) -> Vec<String> {
    let mut told = Vec::new();
    for piece in pieces {
        let Values::Intervals(run) = &piece.values else { panic!("a run") };
        for (digits, at) in run.values.iter().zip(0_u32..) {
            let quality = run.qualities.iter().find(|span| span.from <= at && at < span.to).map(|span| &span.quality);
            let value = if *digits == IntervalRun::MISSING {
                "_".into()
            } else {
                Decimal::new(*digits, run.exponent).normalized().to_string()
            };
            told.push(format!(
                "{:?} {} {value} {quality:?}",
                piece.channel,
                run.start.as_second() + i64::from(at * run.length_seconds)
            ));
        }
    }
    told
}

#[test]
fn a_row_of_another_width_than_the_header_is_told() {
    // Empty cells behind the last column are told and harmless; a decimal comma would make 4 of 4.5.
    let rows = "2024-03-11T05:00:00Z,1,\n2024-03-11T06:00:00Z\n";
    check(
        &format!("start,value\n{rows}2024-03-11T07:00:00Z,3\n2024-03-11T08:00:00Z,4,5\n"),
        &[
            "2024-03-11T05:00:00Z 2024-03-11T06:00:00Z 1",
            "2024-03-11T06:00:00Z 2024-03-11T07:00:00Z _",
            "2024-03-11T07:00:00Z 2024-03-11T08:00:00Z 3",
        ],
        &["2 csv.cells", "3 csv.cells", "5 csv.cells"],
    );
}
