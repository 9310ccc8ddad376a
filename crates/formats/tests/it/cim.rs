//! IEC 61968-9 messages: what they mean in every wrapping, what is wrong with wrong ones, the
//! scanner against the pull parser, and the way out and back.

use formats::cim::{CimReader, write_end_device_events, write_meter_readings};
use formats::{Options, Reader};
use jiff::tz::TimeZone;
use model::finding::Severity;
use model::reading::{ChannelReadings, IntervalRun, MessageHeader, Values};

use crate::collect::Collected;

fn run(mut reader: CimReader, bytes: &[u8], piece_bytes: usize) -> Collected {
    let mut told = Collected::default();
    for piece in bytes.chunks(piece_bytes) {
        if let Err(refused) = reader.push(piece, &mut told) {
            told.refused = Some(refused);
            return told;
        }
    }
    told.refused = reader.finish(&mut told).err();
    told
}

/// Reads with the scanner; the pull parser and other pieces must tell the same.
#[track_caller]
fn read_with(options: &Options, document: &str) -> Collected {
    let bytes = document.as_bytes();
    let referee = run(CimReader::without_scanner(options), bytes, usize::MAX);
    for piece_bytes in [1, 7, 1000, usize::MAX] {
        let told = run(CimReader::new(options), bytes, piece_bytes.min(bytes.len().max(1)));
        assert_eq!(told, referee, "scanner in pieces of {piece_bytes}");
    }
    referee
}

#[track_caller]
fn read(document: &str) -> Collected {
    read_with(&Options::default(), document)
}

const NAMESPACE: &str = "http://iec.ch/TC57/2011/MeterReadings#";
const HOURLY: &str = "0.0.7.4.1.1.12.0.0.0.0.0.0.0.0.3.72.0";
const REGISTER: &str = "0.0.0.1.1.1.12.0.0.0.0.0.0.0.0.3.72.0";

/// A bare payload with one MeterReading of the meter M1.
fn bare(content: &str) -> String {
    format!(
        "<MeterReadings xmlns=\"{NAMESPACE}\"><MeterReading>{content}<Meter><Names><name>M1</name></Names></Meter>\
         </MeterReading></MeterReadings>"
    )
}

fn block(readings: &str, reading_type: &str) -> String {
    format!("<IntervalBlocks>{readings}<ReadingType ref=\"{reading_type}\"/></IntervalBlocks>")
}

fn interval(stamp: &str, value: &str) -> String {
    format!("<IntervalReadings><timeStamp>{stamp}</timeStamp><value>{value}</value></IntervalReadings>")
}

/// One value: start, end, decimal text or `-`, flag.
type Value = (String, String, String, String);

fn values(told: &Collected) -> Vec<Value> {
    told.readings.iter().flat_map(values_of).collect()
}

fn values_of(piece: &ChannelReadings) -> Vec<Value> {
    match &piece.values {
        Values::Intervals(run) => (0..run.values.len()).map(|at| interval_value(run, at)).collect(),
        Values::Registers(reads) => reads
            .iter()
            .map(|read| {
                let start = read.period_start.map_or("-".to_owned(), |start| start.to_string());
                let value = read.value.map_or("-".to_owned(), |value| value.to_string());
                (start, read.at.to_string(), value, read.quality.flag.to_string())
            })
            .collect(),
    }
}

fn interval_value(run: &IntervalRun, at: usize) -> Value {
    let length = i64::from(run.length_seconds);
    let start = run.start.as_second() + length * i64::try_from(at).expect("small");
    let instant = |second| jiff::Timestamp::from_second(second).expect("in range").to_string();
    let value = match run.values[at] {
        IntervalRun::MISSING => "-".to_owned(),
        digits => model::quantity::Decimal::new(digits, run.exponent).to_string(),
    };
    let span = run.qualities.iter().find(|span| span.from as usize <= at && at < span.to as usize);
    let flag = span.map_or(String::new(), |span| span.quality.flag.to_string());
    (instant(start), instant(start + length), value, flag)
}

fn value(start: &str, end: &str, value: &str, flag: &str) -> Value {
    let full = |text: &str| if text == "-" { text.to_owned() } else { format!("2026-03-{text}:00Z") };
    (full(start), full(end), value.to_owned(), flag.to_owned())
}

/// The example message of the standard's MeterReadings profile, in our own words.
const CREATED: &str = r#"<EventMessage xmlns="http://iec.ch/TC57/2011/schema/message">
  <Header>
    <Verb>created</Verb><Noun>MeterReadings</Noun><Revision>2.0</Revision>
    <Timestamp>2026-03-01T12:00:00Z</Timestamp><Source>HES</Source>
    <MessageID>00000000-0000-4000-8000-000000000001</MessageID>
    <CorrelationID>00000000-0000-4000-8000-000000000001</CorrelationID>
  </Header>
  <Payload>
    <MeterReadings xmlns="http://iec.ch/TC57/2011/MeterReadings#">
      <MeterReading>
        <IntervalBlocks>
          <IntervalReadings>
            <timeStamp>2026-03-01T06:00:00Z</timeStamp><value>1.25</value>
          </IntervalReadings>
          <IntervalReadings>
            <timeStamp>2026-03-01T07:00:00Z</timeStamp><value>1.10</value>
            <ReadingQualities><source>VEE</source><timeStamp>2026-03-01T11:00:00Z</timeStamp><ReadingQualityType ref="3.8.0"/></ReadingQualities>
          </IntervalReadings>
          <ReadingType ref="0.0.7.4.1.1.12.0.0.0.0.0.0.0.0.3.72.0"/>
        </IntervalBlocks>
        <Meter><mRID>6d0c1f7e-52f2-4a2b-8a51-000000000001</mRID>
          <Names><name>M1001</name><NameType><name>MeterUniqueID</name><NameTypeAuthority><name>utility</name></NameTypeAuthority></NameType></Names></Meter>
        <Readings>
          <reason>billing</reason><timeStamp>2026-03-01T05:00:00Z</timeStamp><value>45231.7</value>
          <ReadingType ref="8.0.0.1.1.1.12.0.0.0.0.0.0.0.0.3.72.0"/>
        </Readings>
        <UsagePoint><mRID>6d0c1f7e-52f2-4a2b-8a51-00000000aa01</mRID></UsagePoint>
        <valuesInterval><end>2026-03-01T07:00:00Z</end><start>2026-03-01T05:00:00Z</start></valuesInterval>
      </MeterReading>
    </MeterReadings>
  </Payload>
</EventMessage>
"#;

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
fn what_is_wrong_has_the_code_of_the_standard() {
    let one = interval("2026-03-01T06:00:00Z", "1");
    let message = |header: &str| {
        format!(
            "<EventMessage xmlns=\"http://iec.ch/TC57/2011/schema/message\">{header}<Payload>{}</Payload></EventMessage>",
            bare(&block(&one, HOURLY))
        )
    };
    check_code(&message(""), "1.5", 1);
    check_code(&message("<Header><Verb>created</Verb></Header>"), "1.5", 1);
    check_code(&message("<Header><Noun>MeterReadings</Noun></Header>"), "1.5", 1);
    check_code(&message("<Header><Verb>upsert</Verb><Noun>MeterReadings</Noun></Header>"), "2.9", 1);
    check_code(&message("<Header><Verb>created</Verb><Noun>MeterConfig</Noun></Header>"), "2.5", 1);
    check_code(&message("<Header><Verb>created</Verb><Noun>EndDeviceEvents</Noun></Header>"), "2.5", 1);
    check_code(&bare(&block(&one, "unheard of")), "2.6", 0);
    check_code(&bare(&format!("<IntervalBlocks>{one}</IntervalBlocks>")), "2.6", 0);
    let nobody = bare(&block(&one, HOURLY)).replace("<Meter><Names><name>M1</name></Names></Meter>", "");
    check_code(&nobody, "1.7", 0);
    let no_stamp = "<IntervalReadings><value>1</value></IntervalReadings>";
    check_code(&bare(&block(no_stamp, HOURLY)), "1.7", 0);
}

#[track_caller]
fn check_code(document: &str, code: &str, readings: usize) {
    let told = read(document);
    let codes: Vec<&str> = told.findings.iter().map(|finding| finding.code.as_str()).collect();
    assert_eq!(codes, [code], "{document}");
    assert_eq!(values(&told).len(), readings, "{document}");
}

#[test]
fn a_canceled_verb_may_have_two_letters_l() {
    let document = "<EventMessage xmlns=\"http://iec.ch/TC57/2011/schema/message\"><Header><Verb>Cancelled</Verb>\
                    <Noun>MeterReadings</Noun></Header></EventMessage>";
    let told = read(document);
    assert_eq!(told.messages[0].verb, "canceled");
    assert_eq!(told.findings, []);
}

#[test]
fn errors_of_a_reply_are_findings_with_their_code() {
    let document = "<ResponseMessage xmlns=\"http://iec.ch/TC57/2011/schema/message\"><Header><Verb>reply</Verb>\
        <Noun>MeterReadings</Noun></Header>\n<Reply><Result>PARTIAL</Result><Error><code>0.1</code></Error>\n<Error>\
        <code>2.4</code><level>FATAL</level><reason>Meter not known</reason><ID kind=\"name\">M-404</ID></Error></Reply>\
        </ResponseMessage>";
    let told = read(document);
    assert_eq!(told.codes(), ["3 2.4"]);
    assert!(told.findings[0].message.contains("M-404") && told.findings[0].message.contains("Meter not known"));
}

#[test]
fn one_bad_reading_costs_only_itself() {
    check_bad("2026-03-01T06:00:00.5Z", "1", "cim.time");
    check_bad("2026-03-01T25:00:00Z", "1", "cim.time");
    check_bad("2026-02-30T06:00:00Z", "1", "cim.time");
    check_bad("1772323200", "1", "cim.time");
    check_bad("2026-03-01T06:00:00Z", "1,5", "cim.value");
    check_bad("2026-03-01T06:00:00Z", "NaN", "cim.value");
    check_bad("2026-03-01T06:00:00Z", "12345678901234567890123", "cim.value");
}

#[track_caller]
fn check_bad(stamp: &str, text: &str, code: &str) {
    let readings = format!("\n{}{}", interval(stamp, text), interval("2026-03-01T08:00:00Z", "2"));
    let told = read(&bare(&block(&readings, HOURLY)));
    assert_eq!(told.codes(), [format!("2 {code}")], "{stamp} {text}");
    assert_eq!(values(&told), [value("01T07:00", "01T08:00", "2", "")], "{stamp} {text}");
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

fn compressed(payload: &[u8]) -> String {
    use base64::Engine;
    use std::io::Write;
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    gzip.write_all(payload).expect("in memory");
    let text = base64::engine::general_purpose::STANDARD.encode(gzip.finish().expect("in memory"));
    format!(
        "<EventMessage xmlns=\"http://iec.ch/TC57/2011/schema/message\"><Header><Verb>created</Verb>\
         <Noun>MeterReadings</Noun></Header><Payload><Compressed>\n{text}\n</Compressed><Format>XML</Format></Payload>\
         </EventMessage>"
    )
}

#[test]
fn a_compressed_payload_is_read() {
    let readings = format!("{}{}", interval("2026-03-01T06:00:00Z", "1"), interval("2026-03-01T07:00:00Z", "2"));
    let told = read(&compressed(bare(&block(&readings, HOURLY)).as_bytes()));
    assert_eq!((told.refused, told.findings), (None, vec![]));
    assert_eq!(told.readings.len(), 1);
}

#[test]
fn a_compressed_payload_cannot_hide_a_bomb() {
    let mut bomb = b"<MeterReadings>".to_vec();
    bomb.resize(80 << 20, b' ');
    let told = run(CimReader::new(&Options::default()), compressed(&bomb).as_bytes(), 4096);
    let finding = told.refused.expect("refused").0;
    assert_eq!(finding.code, "xml.limit", "{finding}");
    let cut = compressed(b"<MeterReadings><MeterReading>");
    assert_eq!(read(&cut).refused.expect("refused").0.code, "xml.malformed");
    let wrong = compressed(b"<MeterReadings/>").replace("H4s", "A4s");
    assert_eq!(read(&wrong).refused.expect("refused").0.code, "cim.compressed");
}

/// The example event of the standard's EndDeviceEvents profile, in our own words.
const EVENT: &str = r#"<EventMessage xmlns="http://iec.ch/TC57/2011/schema/message">
  <Header><Verb>created</Verb><Noun>EndDeviceEvents</Noun><MessageID>3</MessageID></Header>
  <Payload>
    <EndDeviceEvents xmlns="http://iec.ch/TC57/2011/EndDeviceEvents#">
      <EndDeviceEvent>
        <mRID>6d0c1f7e-52f2-4a2b-8a51-0000000e0001</mRID>
        <createdDateTime>2026-03-01T11:59:58Z</createdDateTime>
        <issuerID>HES</issuerID><issuerTrackingID>84211</issuerTrackingID>
        <reason>Power lost</reason><severity>critical</severity>
        <Assets><mRID>6d0c1f7e-52f2-4a2b-8a51-000000000001</mRID><Names><name>M1001</name></Names></Assets>
        <EndDeviceEventDetails><name>sequenceNumber</name><value>691</value></EndDeviceEventDetails>
        <EndDeviceEventType ref="3.26.0.85"/>
        <status><dateTime>2026-03-01T11:59:58Z</dateTime><value>open</value></status>
        <UsagePoint><mRID>6d0c1f7e-52f2-4a2b-8a51-00000000aa01</mRID></UsagePoint>
      </EndDeviceEvent>
    </EndDeviceEvents>
  </Payload>
</EventMessage>"#;

#[test]
fn an_event_is_told_with_all_it_says() {
    let told = read(EVENT);
    assert_eq!((told.refused, told.findings), (None, vec![]));
    let event = &told.events[0];
    assert_eq!(event.event_type.to_string(), "3.26.0.85");
    assert_eq!(event.created.map(|created| created.to_string()).as_deref(), Some("2026-03-01T11:59:58Z"));
    let texts = [&event.mrid, &event.issuer, &event.issuer_tracking, &event.reason, &event.severity, &event.status];
    let expected = ["6d0c1f7e-52f2-4a2b-8a51-0000000e0001", "HES", "84211", "Power lost", "critical", "open"];
    assert_eq!(texts.map(|text| text.as_str()), expected);
    assert_eq!(event.details, [("sequenceNumber".into(), "691".into())]);
    assert_eq!(event.device.as_ref().map(|name| name.value.as_str()), Some("M1001"));
    assert_eq!(event.usage_point.as_ref().map(|name| name.kind.as_str()), Some("mRID"));
    assert_eq!(event.line, 5);
}

// covers: DVA-08
#[test]
fn events_are_written_and_read_back() {
    let told = read(EVENT);
    let header = MessageHeader { verb: "created".into(), noun: "EndDeviceEvents".into(), ..MessageHeader::default() };
    let mut events = told.events.clone();
    events[0].reason = "a < b & \"c\" \u{e9}".into();
    let mut out = Vec::new();
    write_end_device_events(&header, &events, &mut out);
    let mut again = read(&String::from_utf8(out).expect("UTF-8"));
    assert_eq!(again.findings, []);
    again.events[0].line = events[0].line;
    assert_eq!(again.events, events);
}

#[test]
fn unknown_event_types_are_kept() {
    let told = read(&EVENT.replace("3.26.0.85", "99.99.9999.9999"));
    assert_eq!(told.events[0].event_type.to_string(), "99.99.9999.9999");
    let told = read(&EVENT.replace("3.26.0.85", "POWER_LOST"));
    assert_eq!(told.codes(), ["12 cim.event_type"]);
    assert!(told.events[0].details.contains(&("EndDeviceEventType".into(), "POWER_LOST".into())));
    let told = read(&EVENT.replace("createdDateTime", "effectiveDateTime"));
    assert_eq!(told.codes(), ["5 1.7"]);
}

#[test]
fn events_inside_readings_take_the_meter_of_the_reading() {
    let event = "<EndDeviceEvents><createdDateTime>2026-03-01T11:59:58Z</createdDateTime>\
                 <EndDeviceEventType ref=\"3.26.0.85\"/></EndDeviceEvents>";
    let told = read(&bare(event));
    assert_eq!(told.events[0].device.as_ref().map(|name| name.value.as_str()), Some("M1"));
}

#[test]
fn what_is_no_message_is_refused() {
    check_refused("<feed/>", "cim.root", 1);
    check_refused("", "xml.malformed", 1);
    check_refused("<MeterReadings>\n<MeterReading>\n</MeterReadings>", "xml.malformed", 3);
    check_refused("<MeterReadings/>\n\n<MeterReadings/>", "xml.malformed", 3);
    // Cut off inside the second reading, on the 17th line.
    let (cut, _) = CREATED.split_at(CREATED.find("<source>VEE").expect("there"));
    check_refused(cut, "xml.malformed", 17);
}

#[track_caller]
fn check_refused(document: &str, code: &str, line: u64) {
    let finding = read(document).refused.expect("refused").0;
    assert_eq!((finding.code.as_str(), finding.line), (code, line), "{finding}");
}

/// Readings of a channel with everything that another format may say of it.
mod generated {
    use jiff::Timestamp;
    use model::id::Name;
    use model::quality::{Quality, cmep, espi, iec, nem12};
    use model::quantity::Decimal;
    use model::reading::{ChannelKey, ChannelReadings, IntervalRun, QualitySpan, RegisterRead, Values};
    use proptest::prelude::*;

    fn name() -> impl Strategy<Value = Name> {
        let text = "[A-Za-z0-9<&>'\"\u{e9}-]{1,12}";
        prop_oneof![
            text.prop_map(|value| Name::new("", value)),
            text.prop_map(|value| Name::new("mRID", value)),
            (text, text, text).prop_map(|(authority, kind, value)| Name {
                authority: authority.into(),
                kind: kind.into(),
                value: value.into()
            }),
        ]
    }

    fn quality() -> impl Strategy<Value = Quality> {
        let remark = prop_oneof![Just(String::new()), "[a-z;&<> ]{0,16}"];
        let flag = prop_oneof![Just("A"), Just("S14"), Just("F51"), Just("E52"), Just("N")];
        prop_oneof![
            Just(Quality::default()),
            (flag, proptest::option::of(0_u16..99), remark)
                .prop_map(|(flag, reason, remark)| nem12::quality(flag, reason, &remark).expect("a flag")),
            proptest::collection::vec(0_u16..20, 1..3).prop_map(|codes| espi::quality(&codes)),
            Just(cmep::quality("R0").expect("a flag")),
            Just(iec::quality(&["1.4.9".parse().expect("a code"), "3.8.1002".parse().expect("a code")])),
        ]
    }

    fn run() -> impl Strategy<Value = IntervalRun> {
        let value = prop_oneof![4 => -99_999_i64..99_999, 1 => Just(IntervalRun::MISSING)];
        let length = prop_oneof![Just(300_u32), Just(900), Just(3600), Just(7)];
        (0_i64..2_000_000, length, proptest::collection::vec((value, quality()), 1..20), -4_i8..=0).prop_map(
            |(start, length_seconds, values, exponent)| {
                let spans = values.iter().zip(0..).filter(|((_, quality), _)| *quality != Quality::default());
                let span = |((_, quality), from): (&(i64, Quality), u32)| QualitySpan {
                    from,
                    to: from + 1,
                    quality: quality.clone(),
                };
                IntervalRun {
                    start: Timestamp::from_second(1_700_000_000 + start).expect("in range"),
                    length_seconds,
                    values: values.iter().map(|(value, _)| *value).collect(),
                    exponent,
                    qualities: spans.map(span).collect(),
                }
            },
        )
    }

    fn reads() -> impl Strategy<Value = Vec<RegisterRead>> {
        let value = proptest::option::of((0_i64..999_999, -3_i8..=0));
        let read = (0_i64..2_000_000, proptest::option::of(1_i64..100_000), value, quality());
        let read = read.prop_map(|(at, period, value, quality)| {
            let at = 1_700_000_000 + at;
            let second = |second| Timestamp::from_second(second).expect("in range");
            RegisterRead {
                at: second(at),
                period_start: period.map(|period| second(at - period)),
                value: value.map(|(digits, exponent)| Decimal::new(digits, exponent)),
                quality,
            }
        });
        proptest::collection::vec(read, 1..8)
    }

    /// A piece of a channel.
    pub fn piece() -> impl Strategy<Value = ChannelReadings> {
        let types =
            prop_oneof![Just("0.0.7.4.1.1.12.0.0.0.0.0.0.0.0.3.72.0"), Just("0.0.2.4.19.1.12.0.0.0.0.0.0.0.0.0.72.0"),];
        // A delta without a period would be read as the amount of its interval.
        let register = Just("0.0.0.1.1.1.12.0.0.0.0.0.0.0.0.3.72.0");
        let values =
            prop_oneof![(types, run().prop_map(Values::Intervals)), (register, reads().prop_map(Values::Registers))];
        let unit = prop_oneof![Just("kWh"), Just("KWH"), Just("Wh")];
        let owners = prop_oneof![
            (name(), proptest::option::of(name())).prop_map(|(usage_point, meter)| (Some(usage_point), meter)),
            name().prop_map(|meter| (None, Some(meter))),
        ];
        let suffix = prop_oneof![Just(""), Just("E1"), Just("<B>2")];
        let revision = proptest::option::of(Just(Timestamp::from_second(1_700_000_001).expect("in range")));
        (owners, suffix, unit, values, revision).prop_map(
            |((usage_point, meter), suffix, unit, (reading_type, values), revision)| ChannelReadings {
                channel: ChannelKey {
                    usage_point,
                    meter,
                    suffix: suffix.into(),
                    reading_type: reading_type.parse().expect("a type"),
                },
                unit: unit.into(),
                values,
                revision,
                line: 0,
            },
        )
    }
}

/// One value with everything said of it, so that runs may be cut anywhere.
type Statement = (String, Option<i64>, i64, Option<model::quantity::Decimal>, model::quality::Quality);

fn statements(pieces: &[ChannelReadings]) -> Vec<Statement> {
    let mut statements = Vec::new();
    for piece in pieces {
        let channel = format!("{:?} {} {:?}", piece.channel, piece.unit, piece.revision);
        match &piece.values {
            Values::Registers(reads) => statements.extend(reads.iter().map(|read| {
                let start = read.period_start.map(jiff::Timestamp::as_second);
                (format!("{channel} read"), start, read.at.as_second(), read.value, read.quality.clone())
            })),
            Values::Intervals(run) => {
                for (at, digits) in run.values.iter().enumerate() {
                    let length = i64::from(run.length_seconds);
                    let start = run.start.as_second() + length * i64::try_from(at).expect("small");
                    let span = run.qualities.iter().find(|span| span.from as usize <= at && at < span.to as usize);
                    let quality = span.map(|span| span.quality.clone()).unwrap_or_default();
                    let value =
                        (*digits != IntervalRun::MISSING).then(|| model::quantity::Decimal::new(*digits, run.exponent));
                    statements.push((channel.clone(), Some(start), start + length, value, quality));
                }
            }
        }
    }
    statements
}

fn written(pieces: &[ChannelReadings]) -> String {
    let header = MessageHeader { verb: "created".into(), id: "m1".into(), ..MessageHeader::default() };
    let mut out = Vec::new();
    write_meter_readings(&header, pieces, &mut out);
    String::from_utf8(out).expect("UTF-8")
}

use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn what_was_written_is_read_back_whole(pieces in proptest::collection::vec(generated::piece(), 1..4)) {
        let document = written(&pieces);
        let told = run(CimReader::new(&Options::default()), document.as_bytes(), 997);
        prop_assert_eq!((&told.refused, &told.findings), (&None, &vec![]), "{}", document);
        prop_assert_eq!(statements(&told.readings), statements(&pieces), "{}", document);
    }

    /// The pull parser is the referee, also of documents that someone damaged.
    #[test]
    fn the_scanner_tells_what_the_pull_parser_tells(
        pieces in proptest::collection::vec(generated::piece(), 1..3),
        indented in any::<bool>(),
        damage in proptest::collection::vec((any::<prop::sample::Index>(), damage()), 0..3),
        piece_bytes in 1_usize..3000,
    ) {
        let mut document = written(&pieces);
        if indented {
            document = document.replace("><", ">\n  <");
        }
        let mut bytes = document.into_bytes();
        for (at, text) in damage {
            let at = at.index(bytes.len());
            let to = (at + text.len()).min(bytes.len());
            bytes.splice(at..to, text.bytes());
        }
        let referee = run(CimReader::without_scanner(&Options::default()), &bytes, usize::MAX);
        let told = run(CimReader::new(&Options::default()), &bytes, piece_bytes);
        prop_assert_eq!(told, referee, "{}", String::from_utf8_lossy(&bytes));
    }
}

/// What may go wrong in a document, byte for byte in place of others.
fn damage() -> impl Strategy<Value = String> {
    prop_oneof![
        "[0-9a-zTZ:.+<>/&\" \n-]{1,3}",
        Just("<value>1</value>".to_owned()),
        Just("<!-- c -->".to_owned()),
        Just("<v:x xmlns:v='u'/>".to_owned()),
        Just("&#49;".to_owned()),
        Just("\u{e9}".to_owned()),
        Just("\u{1}".to_owned()),
    ]
}
