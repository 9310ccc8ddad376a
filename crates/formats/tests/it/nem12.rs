//! NEM12 and NEM13 on the files of market participants and on cases made by hand.

use std::fs;
use std::io::Read as _;
use std::path::Path;

use formats::{Format, Options, detect, nem12};
use model::quality::Status;
use model::quantity::Decimal;
use model::reading::Values;
use serde_json::Value;

use crate::collect::{Collected, read, read_in_pieces, real_data};

/// The bytes of a file, or of the only member of a zip.
fn bytes_of(path: &Path) -> Vec<u8> {
    let bytes = fs::read(path).expect("a readable file");
    if !bytes.starts_with(b"PK") {
        return bytes;
    }
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(bytes)).expect("a zip");
    let mut member = Vec::new();
    archive.by_index(0).expect("a member").read_to_end(&mut member).expect("an intact member");
    member
}

// The expected numbers come from two independent readers of the format.
#[test]
fn real_files_give_the_expected_values() {
    let Some(folder) = real_data("nem12") else { return };
    let expected = fs::read_to_string(folder.join("expected.json")).expect("expected.json");
    let expected: Vec<Value> = serde_json::from_str(&expected).expect("JSON");
    for case in &expected {
        let file = case["file"].as_str().expect("a file name");
        let input = bytes_of(&folder.join(file));
        let format = detect(&input).expect(file);
        let found = read_in_pieces(format, &Options::default(), &input, input.len());
        assert_eq!(found.refused, None, "{file}");
        assert_eq!(found, read_in_pieces(format, &Options::default(), &input, 7), "{file} in small pieces");
        assert_eq!(
            file.starts_with("invalid"),
            found.findings.iter().any(|finding| finding.code != "nem12.unit" && finding.code != "nem12.quantity"),
            "{file}: {:?}",
            found.codes()
        );
        check_totals(file, &case["nemreader"]["detail"], &found);
        check_flags(file, &case["effective_quality_value_counts_after_400"], &found);
        check_sum(file, &case["mdff"], &found);
    }
}

fn check_totals(file: &str, detail: &Value, found: &Collected) {
    let totals = found.totals();
    for (label, numbers) in detail.as_object().into_iter().flatten() {
        let total = totals.get(label).unwrap_or_else(|| panic!("{file}: no channel {label} in {totals:?}"));
        assert_eq!(total.count as u64, numbers[0].as_u64().expect("count"), "{file} {label}");
        assert_near(&total.sum, &numbers[1], file);
        for (instant, civil) in [(&total.start, &numbers[2]), (&total.end, &numbers[3])] {
            let market = instant
                .parse::<jiff::Timestamp>()
                .expect("RFC 3339")
                .to_zoned(jiff::tz::TimeZone::fixed(jiff::tz::offset(10)));
            assert_eq!(
                market.strftime("%Y-%m-%d %H:%M:%S").to_string(),
                civil.as_str().expect("a stamp"),
                "{file} {label}"
            );
        }
    }
}

fn check_flags(file: &str, expected: &Value, found: &Collected) {
    let Some(expected) = expected.as_object() else { return };
    let mut flags = std::collections::BTreeMap::new();
    for total in found.totals().into_values() {
        for (flag, count) in total.flags {
            *flags.entry(flag).or_insert(0) += count as u64;
        }
    }
    let expected = expected.iter().map(|(flag, count)| (flag.clone(), count.as_u64().expect("a count"))).collect();
    assert_eq!(flags, expected, "{file}");
}

fn check_sum(file: &str, mdff: &Value, found: &Collected) {
    let Some(count) = mdff["values"].as_u64() else { return };
    assert_eq!(found.totals().values().map(|total| total.count as u64).sum::<u64>(), count, "{file}");
    let mut sum = model::quantity::Sum::default();
    for total in found.totals().values() {
        let total: Decimal = total.sum.parse().expect("decimal");
        sum.add(total.digits.into(), total.exponent).expect("fits");
    }
    assert_near(&sum.to_string(), &mdff["sum"], file);
}

/// The expected sums are floats rounded by their readers.
fn assert_near(found: &str, expected: &Value, case: &str) {
    let found: f64 = found.parse().expect("decimal");
    let expected = expected.as_f64().expect("number");
    assert!((found - expected).abs() < 0.0051, "{case}: found {found}, expected {expected}");
}

/// A file of one stream with 30-minute days; `{v}` stands for 48 values `1.5`.
fn file(records: &str) -> String {
    let values = vec!["1.5"; 48].join(",");
    let records = records.replace("{v}", &values);
    format!("100,NEM12,202404011200,MDPEX,RETEX\n200,2001985732,E1,E1,E1,N1,M12345,kWh,30,\n{records}\n900\n")
}

// The day of the sample in the format's text: market time is ten hours ahead of UTC all year.
#[test]
fn a_day_is_placed_in_market_time_under_its_channel() {
    let found = read(Format::Nem12, &file("300,20240310,{v},A,,,20240401090000,"));
    assert_eq!(found.codes(), Vec::<String>::new());
    let [piece] = found.readings.as_slice() else { panic!("{} pieces", found.readings.len()) };
    assert_eq!(piece.channel.label(), "2001985732/E1");
    assert_eq!(piece.channel.meter.as_ref().map(|name| name.value.as_str()), Some("M12345"));
    assert_eq!(piece.channel.reading_type.to_string(), "0.0.5.4.1.1.12.0.0.0.0.0.0.0.0.3.72.0");
    assert_eq!(piece.revision.map(|at| at.to_string()).as_deref(), Some("2024-03-31T23:00:00Z"));
    let total = &found.totals()["2001985732/E1"];
    assert_eq!((total.count, total.sum.as_str()), (48, "72"));
    assert_eq!((total.start.as_str(), total.end.as_str()), ("2024-03-09T14:00:00Z", "2024-03-10T14:00:00Z"));
    assert_eq!((found.messages[0].noun.as_str(), found.messages[0].source.as_str()), ("NEM12", "MDPEX"));
}

#[test]
fn qualities_of_400_records_cover_the_day() {
    check_day("300,20240310,{v},A,,,,", "A 0-48", &[]);
    check_day("300,20240310,{v},F14,76,text,,", "F14/76 0-48", &[]);
    check_day("300,20240310,{v},V,,,,\n400,1,30,A,,\n400,31,48,S14,76,", "A 0-30, S14/76 30-48", &[]);
    check_day(
        "300,20240310,{v},V,,,,\n400,1,10,A,,\n400,21,48,N,,",
        "A 0-10, V? 10-20, N 20-48",
        &["5 nem12.overlay_gap"],
    );
    check_day("300,20240310,{v},V,,,,\n400,1,30,A,,", "A 0-30, V? 30-48", &["3 nem12.overlay_gap"]);
    check_day("300,20240310,{v},V,,,,", "V? 0-48", &["3 nem12.overlay_gap"]);
    check_day(
        "300,20240310,{v},V,,,,\n400,1,30,A,,\n400,30,48,E52,,",
        "A 0-30, V? 30-48",
        &["5 nem12.overlay_range", "3 nem12.overlay_gap"],
    );
    check_day("300,20240310,{v},V,,,,\n400,1,49,A,,", "V? 0-48", &["4 nem12.overlay_range", "3 nem12.overlay_gap"]);
    check_day("300,20240310,{v},A,,,,\n400,1,2,N,,", "N 0-2, A 2-48", &["4 nem12.overlay_without_v"]);
    check_day("300,20240310,{v},Z99,,,,", "Z99? 0-48", &["3 nem12.quality"]);
    check_day("300,20240310,{v}", "? 0-48", &["3 nem12.quality"]);
    check_day("300,20240310,{v},F14,0,,,", "F14/0 0-48", &["3 nem12.reason_text"]);
}

/// Spans as `flag[/reason][?] from-to`, the question mark standing for a doubt of the reader.
#[track_caller]
fn check_day(records: &str, spans: &str, codes: &[&str]) {
    let found = read(Format::Nem12, &file(records));
    let [piece] = found.readings.as_slice() else { panic!("{records}: {} pieces", found.readings.len()) };
    let Values::Intervals(run) = &piece.values else { panic!("no run") };
    let told: Vec<String> = run
        .qualities
        .iter()
        .map(|span| {
            let reason = span.quality.reason.map_or(String::new(), |reason| format!("/{reason}"));
            let doubt = if span.quality.status.contains(Status::SUSPECT) { "?" } else { "" };
            format!("{}{reason}{doubt} {}-{}", span.quality.flag, span.from, span.to)
        })
        .collect();
    assert_eq!(
        (told.join(", ").as_str(), found.codes()),
        (spans, codes.iter().map(|code| code.to_string()).collect()),
        "{records}"
    );
}

#[test]
fn a_number_under_flag_n_is_kept_and_called_missing() {
    let found = read(Format::Nem12, &file("300,20240310,{v},N,,,,"));
    let Values::Intervals(run) = &found.readings[0].values else { panic!("no run") };
    assert_eq!((run.values[0], run.exponent), (15, -1));
    assert!(run.qualities[0].quality.status.contains(Status::MISSING));
}

#[test]
fn a_record_that_cannot_be_read_is_named_and_the_rest_goes_on() {
    let short = vec!["1.5"; 47].join(",");
    let long = vec!["1.5"; 49].join(",");
    for (records, code) in [
        (format!("300,20240310,{short},A,,,,"), "3 nem12.value_count"),
        (format!("300,20240310,{long},A,,,,"), "3 nem12.value_count"),
        ("300,20240310,V,,,20040202120025,".into(), "3 nem12.value_count"),
        (format!("300,20240310,{short}"), "3 nem12.value_count"),
        (format!("300,20240310,{short},x1,A,,,,"), "3 nem12.value"),
        (format!("300,20240310,{short},1234567890123456789012,A,,,,"), "3 nem12.value"),
        ("300,20240231,{v},A,,,,".into(), "3 nem12.date"),
        ("300,2024031,{v},A,,,,".into(), "3 nem12.date"),
        ("301,20240310,{v},A,,,,".into(), "3 nem12.record"),
        ("250,NEM1311002,11,1,11,11,11002,E,1,20041117093206,A,,,3,20050217074053,A,,,2,KWH,,,\n300,20240310,{v},A,,,,\n200,2001985732,E1,E1,E1,N1,M1,kWh,30,".into(), "4 nem12.no_stream"),
        (
            "200,,E1,E1,E1,N1,M1,kWh,30,\n300,20240310,{v},A,,,,\n200,2001985732,E1,E1,E1,N1,M1,kWh,30,".into(),
            "3 nem12.no_nmi",
        ),
        (
            "200,N1,E1,E1,E1,N1,M1,kWh,7,\n300,20240310,{v},A,,,,\n400,1,2,A,,\n200,2001985732,E1,E1,E1,N1,M1,kWh,30,"
                .into(),
            "3 nem12.interval_length",
        ),
    ] {
        let found = read(Format::Nem12, &file(&format!("{records}\n300,20240311,{{v}},A,,,,")));
        assert_eq!((found.codes(), found.refused.is_some()), (vec![code.to_owned()], false), "{records}");
        assert_eq!(found.totals()["2001985732/E1"].start, "2024-03-10T14:00:00Z", "{records}: the next day is read");
    }
}

#[test]
fn doubtful_records_are_read_with_a_warning() {
    let with = |value: &str| format!("300,20240310,{value}{},A,,,,", ",1.5".repeat(47));
    for (records, count, sum, code) in [
        (with("-1.5"), 48, "69", "3 nem12.value_form"),
        (with("1e1"), 48, "80.5", "3 nem12.value_form"),
        (with(""), 47, "70.5", "3 nem12.value_empty"),
        ("300,20240310,{v},A,,,2024,".to_owned(), 48, "72", "3 nem12.date_time"),
        ("300,20240310,{v},A,x,,,".to_owned(), 48, "72", "3 nem12.reason"),
        (
            "200,20019857327,E1,E1,E1,N1,M1,kWh,30,\n200,2001985732,E1,E1,E1,N1,M1,kWh,30,\n300,20240310,{v},A,,,,"
                .to_owned(),
            48,
            "72",
            "3 nem12.nmi_checksum",
        ),
        ("200,2001985732,E1,E1,E1,N1,M1,furlong,30,\n300,20240310,{v},A,,,,".to_owned(), 48, "72", "3 nem12.unit"),
    ] {
        let found = read(Format::Nem12, &file(&records));
        let total = &found.totals()["2001985732/E1"];
        assert_eq!((found.codes(), total.count, total.sum.as_str()), (vec![code.to_owned()], count, sum), "{records}");
    }
}

#[test]
fn blocks_follow_each_other_only_with_a_header() {
    let day = "300,20240310,{v},A,,,,";
    let whole = file(day);
    let body = whole.split_once('\n').expect("lines").1;
    for (input, count, codes) in [
        (format!("{whole}{whole}"), 96, vec![]),
        (format!("{whole}{body}"), 48, vec!["5 nem12.after_end"]),
        (body.to_owned(), 48, vec!["1 nem12.no_header"]),
        (whole.replace("900\n", ""), 48, vec!["4 nem12.no_trailer"]),
        (whole.replace("900\n", &whole), 96, vec!["4 nem12.no_trailer"]),
        (whole.replace('\n', "\r"), 48, vec![]),
        (format!("\u{feff}\r\n{}", whole.replace('\n', "\r\n\r\n")), 48, vec![]),
        (whole.replace("kWh", "\"kWh\"").replace(",A,", ",\"A\","), 48, vec![]),
        (
            whole.replace("\n200,", "\n300,20240310,1\n400,1,2,A,,\n200,"),
            48,
            vec!["2 nem12.no_stream", "3 nem12.no_day"],
        ),
    ] {
        let found = read(Format::Nem12, &input);
        assert_eq!(found.codes(), codes, "{input}");
        assert_eq!(found.totals()["2001985732/E1"].count, count, "{input}");
    }
}

#[test]
fn the_index_of_a_500_record_is_a_register_read() {
    let found = read(Format::Nem12, &file("300,20240310,{v},A,,,,\n500,N,S1,20240310101101,10234.7\n500,N,S1,,"));
    let Values::Registers(reads) = &found.readings[1].values else { panic!("no register read") };
    assert_eq!(found.readings[1].channel.label(), "2001985732/E1-register");
    assert_eq!(found.readings[1].channel.reading_type.to_string(), "0.0.0.1.1.1.12.0.0.0.0.0.0.0.0.3.72.0");
    assert_eq!(
        (reads[0].at.to_string().as_str(), reads[0].value.map(|value| value.to_string()).as_deref()),
        ("2024-03-10T00:11:01Z", Some("10234.7"))
    );
    assert_eq!(found.codes(), Vec::<String>::new());
}

#[test]
fn accumulated_data_gives_reads_and_the_quantity_between() {
    let record = |quantity: &str, current: &str| {
        format!(
            "100,NEM13,200505161145,A,B\n250,NEM1311002,11,1,11,11,11002,E,38841,20041117093206,A,,,{current},20050217074053,S64,,,{quantity},KWH,20050519,20050218104410,\n550,N,,N,\n900\n"
        )
    };
    let found = read(Format::Nem13, &record("172", "39013"));
    assert_eq!(found.codes(), Vec::<String>::new());
    let totals = found.totals();
    assert_eq!((totals["NEM1311002/11"].sum.as_str(), totals["NEM1311002/11"].count), ("172", 1));
    assert_eq!((totals["NEM1311002/11-register"].sum.as_str(), totals["NEM1311002/11-register"].count), ("77854", 2));
    assert_eq!(totals["NEM1311002/11"].start, "2004-11-16T23:32:06Z");
    assert_eq!(read(Format::Nem13, &record("31", "39013")).codes(), ["2 nem12.quantity"]);
    assert_eq!(read(Format::Nem13, &record("61169", "00010")).codes(), Vec::<String>::new(), "the dials rolled over");
    let broken = read(Format::Nem13, &record("1", "x"));
    assert_eq!(broken.codes(), ["2 nem12.value"]);
    assert_eq!(broken.totals().into_keys().collect::<Vec<_>>(), ["NEM1311002/11-register"]);
}

#[test]
fn nothing_but_other_text_is_refused() {
    assert!(read(Format::Nem12, "hello\nworld\n").refused.is_some());
    assert!(read(Format::Nem12, "\n \n").refused.is_some());
}

fn written(found: &Collected) -> String {
    let mut writer = nem12::Writer::new("AMITY", "RETEX", "2024-04-01T02:00:00Z".parse().expect("RFC 3339"));
    for piece in &found.readings {
        writer.write(piece).expect("interval days");
    }
    writer.finish();
    String::from_utf8(writer.take()).expect("UTF-8")
}

/// What a piece says, without where it stood; a value that is missing is written as zero.
fn said(found: &Collected) -> Vec<String> {
    found
        .readings
        .iter()
        .map(|piece| {
            let Values::Intervals(run) = &piece.values else { panic!("a run") };
            let values: Vec<String> =
                run.values.iter().map(|digits| Decimal::new(*digits, run.exponent).normalized().to_string()).collect();
            format!(
                "{} {} {} {} {:?} {:?}",
                piece.channel.label(),
                piece.unit,
                run.start,
                values.join(","),
                run.qualities,
                piece.revision
            )
        })
        .collect()
}

#[test]
fn what_is_written_reads_back_equal() {
    let records = "300,20240310,{v},A,,,20240401090000,\n\
        300,20240311,{v},V,,,20240401090001,\n400,1,1,F14,0,\"a, \"\"b\"\"\"\n400,2,40,N,,\n400,41,48,A,79,\n\
        200,2001985732,B1,B1,B1,N1,,MWh,30,\n300,20240310,0.000125,2{v},S17,,,,"
        .replace("2{v}", &vec!["2"; 47].join(","));
    let first = read(Format::Nem12, &file(&records));
    assert_eq!(first.codes(), Vec::<String>::new());
    let text = written(&first);
    assert!(
        text.starts_with(
            "100,NEM12,202404011200,AMITY,RETEX\r\n200,2001985732,E1,E1,E1,,M12345,kWh,30,\r\n300,20240310,"
        ),
        "{text}"
    );
    assert!(text.ends_with("900\r\n"));
    let again = read(Format::Nem12, &text);
    assert_eq!((again.codes(), said(&again)), (Vec::new(), said(&first)));
}

#[test]
fn real_interval_files_survive_writing() {
    let Some(folder) = real_data("nem12") else { return };
    let mut files = 0;
    for entry in fs::read_dir(&folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let input =
            if path.extension().is_some_and(|extension| extension == "zip") { bytes_of(&path) } else { continue };
        if detect(&input) != Some(Format::Nem12) {
            continue;
        }
        let first = read_in_pieces(Format::Nem12, &Options::default(), &input, 4096);
        let again = read(Format::Nem12, &written(&first));
        assert_eq!(said(&again), said(&first), "{}", path.display());
        files += 1;
    }
    assert!(0 < files, "no NEM12 file in {}", folder.display());
}

#[test]
fn what_the_format_cannot_say_is_an_error() {
    let write = |input: &str| {
        let found = read_in_pieces(Format::Csv, &Options::default(), input.as_bytes(), 100);
        nem12::Writer::new("A", "B", jiff::Timestamp::UNIX_EPOCH).write(&found.readings[0])
    };
    let header = "usage_point_id,uom,start,end,value";
    assert!(matches!(
        write(&format!("{header}\nU,kWh,2024-03-10T00:00:00Z,2024-03-10T01:00:00Z,1")),
        Err(nem12::WriteError::Length { .. })
    ));
    assert!(matches!(
        write(&format!("{header}\nU,kWh,2024-03-10T00:07:00Z,2024-03-10T00:22:00Z,1")),
        Err(nem12::WriteError::Unaligned { .. })
    ));
    assert!(matches!(
        write(&format!("{header}\nU,kWh,2024-03-10T00:00:00Z,2024-03-10T00:15:00Z,-1")),
        Err(nem12::WriteError::Negative { .. })
    ));
    assert!(matches!(
        write(&format!("{header}\nU,kWh,2024-03-10T00:00:00Z,2024-03-11T00:00:00Z,1")),
        Err(nem12::WriteError::Registers(_))
    ));
    assert!(matches!(
        write("uom,start,end,value\nkWh,2024-03-10T00:00:00Z,2024-03-10T00:15:00Z,1"),
        Err(nem12::WriteError::NoUsagePoint(_))
    ));
}
