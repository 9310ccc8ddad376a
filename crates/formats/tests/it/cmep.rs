//! CMEP records made by hand from the text of CMEP 1.20.

use formats::{Format, detect};
use model::reading::Values;

use crate::collect::{Collected, read};

const QUARTERS: &str = "MEPMD01,19970819,UTIL01,ACC0001,MDM01,,202403110615,M12345,OK,E,KWH,1,00000015,4,202403110515,,0.125,,,0.130,,E,0.128,,R,0.121\r\n";

#[test]
fn four_quarter_hours_end_at_their_stamps() {
    let found = read(Format::Cmep, QUARTERS);
    check(&found, "2024-03-11T05:00:00Z", "125 130 128 121 e-3", &["0-2 ", "2-3 E", "3-4 R"]);
    assert_eq!(found.readings[0].channel.label(), "M12345/KWH");
    assert_eq!(found.readings[0].channel.reading_type.to_string(), "0.0.2.4.1.1.12.0.0.0.0.0.0.0.0.3.72.0");
    assert_eq!(found.readings[0].revision.map(|at| at.to_string()).as_deref(), Some("2024-03-11T06:15:00Z"));
    let header = &found.messages[0];
    assert_eq!((header.noun.as_str(), header.verb.as_str(), header.source.as_str()), ("MEPMD01", "OK", "UTIL01"));
    assert!(found.codes().is_empty());
}

#[track_caller]
fn check(found: &Collected, start: &str, values: &str, qualities: &[&str]) {
    let Values::Intervals(run) = &found.readings[0].values else { panic!("no intervals in {found:?}") };
    let digits: Vec<String> =
        run.values.iter().map(|v| if *v == i64::MIN { "_".into() } else { v.to_string() }).collect();
    assert_eq!(format!("{} e{}", digits.join(" "), run.exponent), values);
    assert_eq!(run.start.to_string(), start);
    let spans: Vec<String> =
        run.qualities.iter().map(|span| format!("{}-{} {}", span.from, span.to, span.quality.flag)).collect();
    assert_eq!(spans, qualities);
}

#[test]
fn registers_keep_their_own_stamps() {
    let found = read(
        Format::Cmep,
        "MEPMD01,19970819,UTIL01,,MDM01,,202403110615,\"M 12,345\",OK,E,KWHREG,,,2,202403110500,R,10234.7,202403120500,R64,10236.9,H1A2B\n",
    );
    let Values::Registers(reads) = &found.readings[0].values else { panic!("no registers") };
    let told: Vec<String> = reads
        .iter()
        .map(|read| format!("{} {} {}", read.at, read.value.expect("a value"), read.quality.flag))
        .collect();
    assert_eq!(told, ["2024-03-11T05:00:00Z 10234.7 R", "2024-03-12T05:00:00Z 10236.9 R64"]);
    assert_eq!(found.readings[0].channel.label(), "M 12,345/KWHREG");
    assert!(found.codes().is_empty());
}

// CMEP 1.20: KVARH is positive when the customer produces, so forward is its negative; values are
// multiplied by the constant; H begins a hexadecimal number; N has no value.
#[test]
fn constants_signs_and_number_forms_are_exact() {
    let line = |unit: &str, constant: &str, data: &str| {
        format!("MEPMD01,20080501,U,,R,,202403110615,M1,OK,E,{unit},{constant},00000100,3,{data}\n")
    };
    let data = "202403110600,,H10,,N,,,,1.5D1";
    check(
        &read(Format::Cmep, &line("KWH", "0.5", data)),
        "2024-03-11T05:00:00Z",
        "80 _ 75 e-1",
        &["0-1 ", "1-2 N", "2-3 "],
    );
    check(
        &read(Format::Cmep, &line("KVARH", "", data)),
        "2024-03-11T05:00:00Z",
        "-16 _ -15 e0",
        &["0-1 ", "1-2 N", "2-3 "],
    );
    check(
        &read(Format::Cmep, &line("GKVARH", "", data)),
        "2024-03-11T05:00:00Z",
        "16 _ 15 e0",
        &["0-1 ", "1-2 N", "2-3 "],
    );
}

#[test]
fn a_day_or_month_is_the_amount_of_a_period() {
    let found =
        read(Format::Cmep, "MEPMD01,19970819,U,,R,,202404010000,M1,OK,G,THERM,1,01000000,2,202403010000,,12,,,13\n");
    let Values::Registers(reads) = &found.readings[0].values else { panic!("no periods") };
    let periods: Vec<String> =
        reads.iter().map(|read| format!("{} {}", read.period_start.expect("a period"), read.at)).collect();
    assert_eq!(periods, ["2024-02-01T00:00:00Z 2024-03-01T00:00:00Z", "2024-03-01T00:00:00Z 2024-04-01T00:00:00Z"]);
    assert_eq!(found.readings[0].channel.reading_type.commodity, 7);
}

#[test]
fn time_of_use_totals_have_a_channel_each() {
    let found = read(
        Format::Cmep,
        "MEPMD02,19970819,U,,R,,202404010000,M1,OK,E,KWH,S,1,202403010700,202404010700,2,ON-PEAK,,100.5,OFF-PEAK,E,200\n",
    );
    let told: Vec<String> = found
        .readings
        .iter()
        .map(|piece| {
            let Values::Registers(reads) = &piece.values else { panic!("no totals") };
            let read = &reads[0];
            format!("{} {} {}", piece.channel.label(), piece.channel.reading_type.tou, read.value.expect("a value"))
        })
        .collect();
    assert_eq!(told, ["M1/KWH-ON-PEAK-S 1 100.5", "M1/KWH-OFF-PEAK-S 2 200"]);
    let Values::Registers(reads) = &found.readings[0].values else { panic!("no totals") };
    assert_eq!(reads[0].period_start.map(|at| at.to_string()).as_deref(), Some("2024-03-01T07:00:00Z"));
}

#[test]
fn faults_are_told_and_the_rest_goes_on() {
    let record = |fields: &str| format!("MEPMD01,19970819,U,,R,,202403110615,{fields}\n{QUARTERS}");
    for (fields, codes) in [
        ("M1,OK,E,KWH,1,00000015,1,202403110515,,abc", vec!["1 cmep.value"]),
        ("M1,OK,E,KWH,1,00000015,1,202403110515,Q,1", vec!["1 cmep.flag"]),
        ("M1,OK,E,KWH,1,00000015,2,202403110515,,1", vec!["1 cmep.count"]),
        ("M1,OK,E,KWH,1,00000015,1,202403110515,,1,,,2", vec!["1 cmep.extra_fields"]),
        ("M1,OK,E,KWH,1,00000015,x,202403110515,,1", vec!["1 cmep.count"]),
        ("M1,OK,E,KWH,1,00000015,1,,,1", vec!["1 cmep.date_time"]),
        ("M1,OK,E,KWH,1,00000015,1,202403112400,,1", vec!["1 cmep.date_time"]),
        ("M1,OK,E,KWH,1,,1,202403110515,,1", vec!["1 cmep.interval"]),
        ("M1,OK,E,KWH,0,00000015,1,202403110515,,1", vec!["1 cmep.constant"]),
        ("M1,OK,E,FURLONG,1,00000015,1,202403110515,,1", vec!["1 cmep.unit"]),
        ("M1,OK,X,KWH,1,00000015,1,202403110515,,1", vec!["1 cmep.commodity"]),
        ("M1,TEMPLATE,E,KWH,1,00000015,1,202403110515,,1", vec!["1 cmep.purpose"]),
        (",OK,E,KWH,1,00000015,1,202403110515,,1", vec!["1 cmep.no_meter"]),
        ("M1,OK,E,KWH,1,00000015,1,202403110515,,", vec!["1 cmep.value_empty"]),
        ("M1,OK,E,KWH,1.000001,00000015,1,202403110515,,999999999999999999", vec!["1 cmep.value"]),
    ] {
        let found = read(Format::Cmep, &record(fields));
        assert_eq!(
            (found.codes(), found.refused.is_some()),
            (codes.iter().map(|c| c.to_string()).collect(), false),
            "{fields}"
        );
        assert_eq!(found.readings.last().map(|piece| piece.line), Some(2), "{fields}: the next record is read");
    }
}

#[test]
fn more_than_48_values_are_read_with_a_finding() {
    let data = ",,,1".repeat(48);
    let found = read(
        Format::Cmep,
        &format!("MEPMD01,19970819,U,,R,,202403110615,M1,OK,E,KWH,1,00000015,49,202403110515,,1{data}\n"),
    );
    assert_eq!(found.codes(), ["1 cmep.count_max"]);
    assert_eq!(found.totals()["M1/KWH"].count, 49);
}

#[test]
fn records_without_readings_are_named_once() {
    let found = read(Format::Cmep, "MEPAD01,19970819,U\nMEPAD01,19970819,U\nMEPEC01,19980618,U\nMEPXX09,1\n");
    assert_eq!(found.codes(), ["1 cmep.other_record", "3 cmep.other_record", "4 cmep.record"]);
    assert!(found.refused.is_none());
    assert!(read(Format::Cmep, "name,value\n").refused.is_some());
    assert!(read(Format::Cmep, "").refused.is_some());
}

#[test]
fn content_tells_the_format() {
    assert_eq!(detect(QUARTERS.as_bytes()), Some(Format::Cmep));
}
