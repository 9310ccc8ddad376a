//! What readings mean, however they are wrapped and written.

use formats::Options;
use formats::cim::CimReader;
use jiff::tz::TimeZone;
use model::finding::Severity;
use model::reading::Values;

use super::{
    CREATED, HOURLY, NAMESPACE, REGISTER, Value, bare, block, interval, read, read_with, run, value, values, values_of,
};

#[test]
fn a_created_message_yields_its_readings() {
    let told = read(CREATED);
    assert_eq!(told.refused, None);
    assert_eq!(told.findings, []);
    let header = &told.messages[0];
    assert_eq!(
        (header.verb.as_str(), header.noun.as_str(), header.source.as_str()),
        ("created", "MeterReadings", "HES")
    );
    assert_eq!(header.id, "00000000-0000-4000-8000-000000000001");
    assert_eq!(
        values(&told),
        [
            value("01T05:00", "01T06:00", "1.25", ""),
            value("01T06:00", "01T07:00", "1.10", "3.8.0"),
            value("-", "01T05:00", "45231.7", ""),
        ]
    );
    let channel = &told.readings[0].channel;
    assert_eq!(channel.label(), format!("6d0c1f7e-52f2-4a2b-8a51-00000000aa01/{HOURLY}"));
    let meter = channel.meter.as_ref().expect("a meter");
    assert_eq!(
        (meter.kind.as_str(), meter.authority.as_str(), meter.value.as_str()),
        ("MeterUniqueID", "utility", "M1001")
    );
    assert_eq!((told.readings[0].unit.as_str(), told.readings[0].line), ("kWh", 12));
}

/// Every wrapping in the field holds the same two readings.
// covers: CIM-06
#[test]
fn the_wrapping_and_the_generation_do_not_matter() {
    let header = "<Header><Verb>CREATED</Verb><Noun>MeterReadings</Noun></Header>";
    let readings = format!("{}{}", interval("2026-03-01T06:00:00Z", "1.25"), interval("2026-03-01T07:00:00Z", "1.5"));
    let inner = format!(
        "<MeterReading>{}<Meter><Names><name>M1</name></Names></Meter></MeterReading>",
        block(&readings, HOURLY)
    );
    let payload = |namespace: &str| format!("<MeterReadings xmlns=\"{namespace}\">{inner}</MeterReadings>");
    let current = payload(NAMESPACE);
    let message = |root: &str, namespace: &str| {
        format!("<{root} xmlns=\"{namespace}\">{header}<Payload>{current}</Payload></{root}>")
    };
    check_wrapping(&current);
    check_wrapping(&format!("\u{FEFF}<?xml version=\"1.0\" encoding=\"utf-8\"?><!-- c --><?p i?>{current}\n"));
    check_wrapping(&payload("http://iec.ch/TC57/2017/MeterReadings#"));
    check_wrapping(&payload("http://iec.ch/TC57/2011/site15/MeterReadings#"));
    for root in ["RequestMessage", "ResponseMessage", "EventMessage", "Message"] {
        check_wrapping(&message(root, "http://iec.ch/TC57/2011/schema/message"));
    }
    check_wrapping(&message("EventMessage", "http://www.iec.ch/TC57/2011/schema/message"));
    check_wrapping(&format!(
        "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"><s:Header/><s:Body>\
         <CreatedMeterReadings xmlns=\"http://iec.ch/TC57/2011/MeterReadingsMessage\">{header}\
         <Payload>{current}</Payload></CreatedMeterReadings></s:Body></s:Envelope>"
    ));
    check_wrapping(&format!(
        "<s:Envelope xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\"><s:Body>\
         <a:PublishEvent xmlns:a=\"http://iec.ch/TC57/2011/abstract\"><a:message>{}</a:message></a:PublishEvent>\
         </s:Body></s:Envelope>",
        message("EventMessage", "http://iec.ch/TC57/2011/schema/message")
    ));
    let operation = format!(
        "<Payload xmlns=\"http://iec.ch/TC57/2011/schema/message\"><OperationSet><Operation><operationId>1</operationId>\
         <noun>MeterReadings</noun><verb>create</verb>{current}</Operation></OperationSet></Payload>"
    );
    check_wrapping(&format!(
        "<RequestMessage xmlns=\"http://iec.ch/TC57/2011/schema/message\">{header}{operation}</RequestMessage>"
    ));
    let first_edition = current
        .replace("<Meter>", "<MeterAsset>")
        .replace("</Meter>", "</MeterAsset>")
        .replace(NAMESPACE, "http://www.iec.ch/TC57/2009/MeterReadings#");
    check_wrapping(&first_edition);
    let prefixed =
        current.replace("</", "</m:").replace('<', "<m:").replace("<m:/m:", "</m:").replace("xmlns=", "xmlns:m=");
    check_wrapping(&prefixed);
}

#[track_caller]
fn check_wrapping(document: &str) {
    let told = read(document);
    assert_eq!((told.refused, told.findings), (None, vec![]), "{document}");
    assert_eq!(told.messages.len(), 1, "{document}");
    assert_eq!(told.messages[0].noun, "MeterReadings", "{document}");
    let labels: Vec<String> = told.readings.iter().map(|piece| piece.channel.label()).collect();
    assert_eq!(labels, [format!("M1/{HOURLY}")], "{document}");
    let values = values_of(&told.readings[0]);
    assert_eq!(
        values,
        [value("01T05:00", "01T06:00", "1.25", ""), value("01T06:00", "01T07:00", "1.50", "")],
        "{document}"
    );
}

#[test]
fn an_unknown_namespace_is_read_and_noted_once() {
    let document = bare(&block(&interval("2026-03-01T06:00:00Z", "1"), HOURLY)).replace(NAMESPACE, "urn:vendor");
    let told = read(&document);
    assert_eq!(values(&told).len(), 1);
    assert_eq!(told.codes(), ["1 cim.namespace"]);
    assert_eq!(told.findings[0].severity, Severity::Note);
}

#[test]
fn elements_of_others_inside_the_payload_are_not_read() {
    let reading = "<IntervalReadings><timeStamp>2026-03-01T06:00:00Z</timeStamp><value>1</value>\
                   <v:value xmlns:v=\"urn:vendor\">99</v:value></IntervalReadings>";
    let told = read(&bare(&block(reading, HOURLY)));
    assert_eq!(values(&told), [value("01T05:00", "01T06:00", "1", "")]);
    assert_eq!(told.codes(), ["1 cim.foreign"]);
}

#[test]
fn children_may_come_in_any_order() {
    let document = format!(
        "<MeterReadings xmlns=\"{NAMESPACE}\"><MeterReading>\
         <UsagePoint><Names><NameType><NameTypeAuthority><name>AEMO</name></NameTypeAuthority><name>NMI</name></NameType>\
         <name>6001</name></Names><mRID>u</mRID></UsagePoint><Meter><mRID>m</mRID></Meter>\
         <IntervalBlocks><ReadingType ref=\"{HOURLY}\"/>\
         <IntervalReadings><value>1</value><timeStamp>2026-03-01T06:00:00Z</timeStamp></IntervalReadings>\
         </IntervalBlocks></MeterReading></MeterReadings>"
    );
    let told = read(&document);
    assert_eq!(values(&told), [value("01T05:00", "01T06:00", "1", "")]);
    let channel = &told.readings[0].channel;
    let names = [&channel.usage_point, &channel.meter].map(|name| name.clone().expect("named"));
    let texts = names.map(|name| format!("{}|{}|{}", name.authority, name.kind, name.value));
    assert_eq!(texts, ["AEMO|NMI|6001", "|mRID|m"]);
}

#[test]
fn the_length_of_an_interval_is_known_from_its_period_its_type_or_its_step() {
    let one = interval("2026-03-01T06:00:00Z", "1");
    let two = interval("2026-03-01T06:30:00Z", "2");
    let no_length = "0.0.0.4.1.1.12.0.0.0.0.0.0.0.0.3.72.0";
    check_values(&block(&one, HOURLY), &[value("01T05:00", "01T06:00", "1", "")]);
    let both = format!("{one}{two}");
    let half_hours = [value("01T05:30", "01T06:00", "1", ""), value("01T06:00", "01T06:30", "2", "")];
    check_values(&block(&both, no_length), &half_hours);
    // A stamp off the grid of the type overlaps and is a run of its own.
    check_values(
        &block(&both, HOURLY),
        &[value("01T05:00", "01T06:00", "1", ""), value("01T05:30", "01T06:30", "2", "")],
    );
    let period = "<IntervalReadings><timeStamp>2026-03-01T09:00:00Z</timeStamp><value>1</value><timePeriod>\
                  <end>2026-03-01T06:00:00Z</end><start>2026-03-01T05:45:00Z</start></timePeriod></IntervalReadings>";
    check_values(&block(period, HOURLY), &[value("01T05:45", "01T06:00", "1", "")]);
    // A register without a measuring period is read at moments.
    check_values(&block(&both, REGISTER), &[value("-", "01T06:00", "1", ""), value("-", "01T06:30", "2", "")]);
    let told = read(&bare(&block(&one, no_length)));
    assert_eq!(told.codes(), ["1 cim.interval_length"]);
    assert_eq!(values(&told), []);
}

#[track_caller]
fn check_values(content: &str, expected: &[Value]) {
    let told = read(&bare(content));
    assert_eq!((told.refused.as_ref(), &told.findings), (None, &vec![]), "{content}");
    assert_eq!(values(&told), expected, "{content}");
}

#[test]
fn a_gap_begins_a_run_and_long_runs_come_in_pieces() {
    let readings: String =
        [1, 2, 4].iter().map(|hour| interval(&format!("2026-03-01T{hour:02}:00:00Z"), "1")).collect();
    let told = read(&bare(&block(&readings, HOURLY)));
    assert_eq!(told.readings.len(), 2);

    let minute_type = HOURLY.replacen("0.0.7", "0.0.3", 1);
    let stamp = |minute: i64| jiff::Timestamp::from_second(1_772_323_200 + 60 * minute).expect("in range").to_string();
    let readings: String = (0..5000).map(|minute| interval(&stamp(minute), "0.5")).collect();
    let told = run(CimReader::new(&Options::default()), bare(&block(&readings, &minute_type)).as_bytes(), 9999);
    let lengths: Vec<usize> = told.readings.iter().map(|piece| values_of(piece).len()).collect();
    assert_eq!(lengths, [4096, 904]);
}

/// The days of `time.md`: Toronto 2024-03-10 has 23 hours and 2024-11-03 has 25.
// covers: ONT-2.4.2b
#[test]
fn days_of_clock_change_have_23_and_25_hours() {
    let spring = ["2024-03-10T01:00:00-05:00", "2024-03-10T03:00:00-04:00", "2024-03-10T04:00:00-04:00"];
    let autumn = ["2024-11-03T01:00:00-04:00", "2024-11-03T01:00:00-05:00", "2024-11-03T02:00:00-05:00"];
    for (stamps, first) in [(spring, 1_710_046_800), (autumn, 1_730_606_400)] {
        let readings: String = stamps.iter().map(|stamp| interval(stamp, "1")).collect();
        let told = read(&bare(&block(&readings, HOURLY)));
        let Values::Intervals(run) = &told.readings[0].values else { panic!("a run") };
        assert_eq!((run.start.as_second(), run.values.len()), (first, 3), "{stamps:?}");
    }
    // Daily amounts stamped at local midnight: the day before the stamp has 23 hours.
    let daily = "11.0.4.4.1.1.12.0.0.0.0.0.0.0.0.3.72.0";
    let readings: String =
        ["2024-03-10T05:00:00Z", "2024-03-11T04:00:00Z"].iter().map(|stamp| interval(stamp, "1")).collect();
    let told = read(&bare(&block(&readings, daily)));
    let Values::Registers(reads) = &told.readings[0].values else { panic!("period amounts") };
    let hours: Vec<i64> = reads
        .iter()
        .map(|read| (read.at.as_second() - read.period_start.expect("a period").as_second()) / 3600)
        .collect();
    assert_eq!(hours, [24, 23]);
}

#[test]
fn a_stamp_without_offset_needs_a_zone() {
    let stamps = ["2024-11-03T00:00:00", "2024-11-03T01:00:00", "2024-11-03T01:00:00", "2024-11-03T02:00:00"];
    let readings: String = stamps.iter().map(|stamp| interval(stamp, "1")).collect();
    let document = bare(&block(&readings, HOURLY));
    let told = read(&document);
    assert_eq!(values(&told), []);
    assert_eq!(told.codes(), ["1 cim.time"; 4]);

    let zone = TimeZone::get("America/Toronto").expect("a known zone");
    let options = Options { zone: Some(zone), ..Options::default() };
    let told = read_with(&options, &document);
    assert_eq!(told.codes(), ["1 cim.offset_inferred"]);
    let Values::Intervals(run) = &told.readings[0].values else { panic!("a run") };
    // The second 01:00 is standard time: four hours without a hole.
    assert_eq!((run.start.as_second(), run.values.len()), (1_730_602_800, 4));
}

#[test]
fn a_missing_value_keeps_its_place() {
    let empty = "<IntervalReadings><timeStamp>2026-03-01T07:00:00Z</timeStamp></IntervalReadings>\
                 <IntervalReadings><timeStamp>2026-03-01T08:00:00Z</timeStamp><value/></IntervalReadings>";
    let readings = format!("{}{empty}", interval("2026-03-01T06:00:00Z", "1"));
    check_values(
        &block(&readings, HOURLY),
        &[
            value("01T05:00", "01T06:00", "1", ""),
            value("01T06:00", "01T07:00", "-", ""),
            value("01T07:00", "01T08:00", "-", ""),
        ],
    );
}

#[test]
fn all_qualities_of_a_reading_count() {
    let quality = |code: &str, rest: &str| {
        format!("<ReadingQualities>{rest}<ReadingQualityType ref=\"{code}\"/></ReadingQualities>")
    };
    let reading = format!(
        "<IntervalReadings><timeStamp>2026-03-01T06:00:00Z</timeStamp><value>1</value>{}{}{}</IntervalReadings>",
        quality("1.4.9", "<comment>by hand</comment><source>HES</source>"),
        quality("3.8.1002", ""),
        quality("GOOD", "")
    );
    let told = read(&bare(&block(&reading, HOURLY)));
    let Values::Intervals(run) = &told.readings[0].values else { panic!("a run") };
    let quality = &run.qualities[0].quality;
    assert_eq!(quality.flag, "1.4.9 3.8.1002 GOOD");
    assert_eq!(quality.codes, ["1.4.9", "3.8.1002"].map(|code| code.parse().expect("a code")));
    assert_eq!(quality.remark, "by hand");
    use model::quality::Status;
    assert!(quality.status.contains(Status::TIME_RESET | Status::ESTIMATED | Status::LIKE_DAY));
}

#[test]
fn a_reading_type_may_be_told_in_many_ways() {
    let one = interval("2026-03-01T06:00:00Z", "1");
    let with_type = |reading_type: &str| format!("<IntervalBlocks>{one}{reading_type}</IntervalBlocks>");
    let parts = "<accumulation>4</accumulation><commodity>1</commodity><flowDirection>1</flowDirection>\
                 <measurementKind>12</measurementKind><measuringPeriod>7</measuringPeriod>\
                 <multiplier>3</multiplier><unit>72</unit>";
    check_type(&with_type(&format!("<ReadingType ref=\" {HOURLY} \"/>")), "");
    check_type(&with_type(&format!("<ReadingType><mRID>{HOURLY}</mRID></ReadingType>")), "");
    check_type(&with_type(&format!("<ReadingType><Names><name>{HOURLY}</name></Names></ReadingType>")), "");
    check_type(&with_type(&format!("<ReadingType>{parts}</ReadingType>")), "");
    check_type(
        &with_type("<ReadingType ref=\"load\"/>"),
        &format!("<ReadingType><mRID>load</mRID>{parts}</ReadingType>"),
    );
}

#[track_caller]
fn check_type(content: &str, end_of_payload: &str) {
    let document = bare(content).replace("</MeterReadings>", &format!("{end_of_payload}</MeterReadings>"));
    let told = read(&document);
    assert_eq!(told.findings, [], "{document}");
    assert_eq!(told.readings[0].channel.reading_type.to_string(), HOURLY, "{document}");
    assert_eq!(values(&told), [value("01T05:00", "01T06:00", "1", "")], "{document}");
}

#[test]
fn decimals_are_exact() {
    let texts = ["123456789.123456789", "-0.001", "1e3", "+5", ".5"];
    let readings: String =
        texts.iter().zip(1..).map(|(text, hour)| interval(&format!("2026-03-01T0{hour}:00:00Z"), text)).collect();
    let told = read(&bare(&block(&readings, HOURLY)));
    let read: Vec<model::quantity::Decimal> = values(&told)
        .iter()
        .map(|value| value.2.parse::<model::quantity::Decimal>().expect("a decimal").normalized())
        .collect();
    let expected: Vec<model::quantity::Decimal> =
        texts.iter().map(|text| text.parse::<model::quantity::Decimal>().expect("a decimal").normalized()).collect();
    let amount = |decimal: &model::quantity::Decimal| decimal.rescaled(-9).expect("fits");
    assert_eq!(read.iter().map(amount).collect::<Vec<_>>(), expected.iter().map(amount).collect::<Vec<_>>());
}

#[test]
fn register_reads_keep_their_decimals() {
    let read = |stamp: &str, value: &str| {
        format!(
            "<Readings><timeStamp>{stamp}</timeStamp><value>{value}</value><ReadingType ref=\"{REGISTER}\"/></Readings>"
        )
    };
    let reads = format!("{}{}", read("2026-03-01T06:00:00Z", "1.250"), read("2026-03-01T07:00:00Z", "1.3"));
    check_values(&reads, &[value("-", "01T06:00", "1.250", ""), value("-", "01T07:00", "1.3", "")]);
}

#[test]
fn pending_values_are_scaled_exactly_or_not_at_all() {
    let readings = format!("{}{}", interval("2026-03-01T06:00:00Z", "100"), interval("2026-03-01T07:00:00Z", "200"));
    let pending = |calculation: &str| {
        let raw = HOURLY.replace(".3.72.", ".0.111.");
        let block = block(&readings, &raw);
        let calculation =
            format!("<PendingCalculation>{calculation}<ReadingType ref=\"{HOURLY}\"/></PendingCalculation>");
        block.replace("<ReadingType", &format!("{calculation}<ReadingType"))
    };
    let eighth = "<multiplyBeforeAdd>true</multiplyBeforeAdd><offset>0.5</offset>\
                  <scalarDenominator>8</scalarDenominator><scalarNumerator>1</scalarNumerator>";
    let content = pending(eighth);
    check_values(&content, &[value("01T05:00", "01T06:00", "13.0", ""), value("01T06:00", "01T07:00", "25.5", "")]);
    let told = read(&bare(&content));
    assert_eq!(told.readings[0].channel.reading_type.to_string(), HOURLY);
    let third = "<scalarDenominator>3</scalarDenominator><scalarNumerator>1</scalarNumerator>";
    assert_eq!(read(&bare(&pending(third))).codes(), ["1 cim.pending_calculation"; 2]);
}
