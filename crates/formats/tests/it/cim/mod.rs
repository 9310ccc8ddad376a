//! IEC 61968-9 messages: what they mean in every wrapping, what is wrong with wrong ones, the
//! scanner against the pull parser, and the way out and back.

mod back;
mod events;
mod faults;
mod meaning;

use formats::cim::CimReader;
use formats::{Options, Reader};
use model::reading::{ChannelReadings, IntervalRun, Values};

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
