//! How fast formats become rows: NEM12 beside the sum of its bytes, IEC 61968-9 XML beside a quick-xml loop.

use std::hint::black_box;

use formats::{Format, Options, Sink};
use model::event::EndDeviceEvent;
use model::finding::Finding;
use model::reading::{ChannelReadings, MessageHeader, Values};

use super::measure::{Figure, in_turn, rate};
use crate::workload::Workload;

/// The figure of [`nem12`].
const NEM12: &str = "NEM12 to rows";
/// The figure of [`cim`].
const CIM: &str = "IEC 61968-9 XML to rows";

const ROUNDS: usize = 7;
const CHUNK_BYTES: usize = 256 << 10;

/// Takes rows as a consumer would, and counts them.
#[derive(Default)]
struct Counting {
    values: u64,
    findings: u64,
}

impl Sink for Counting {
    fn message(&mut self, _header: &MessageHeader) {}

    fn readings(&mut self, readings: &ChannelReadings) {
        self.values += match &readings.values {
            Values::Intervals(run) => run.values.len(),
            Values::Registers(reads) => reads.len(),
        } as u64;
    }

    fn event(&mut self, _event: &EndDeviceEvent) {}

    fn finding(&mut self, _finding: Finding) {
        self.findings += 1;
    }
}

fn rows(format: Format, bytes: &[u8]) -> Counting {
    let mut sink = Counting::default();
    let mut reader = formats::reader(format, &Options::default());
    let outcome = bytes.chunks(CHUNK_BYTES).try_for_each(|chunk| reader.push(chunk, &mut sink));
    outcome.and_then(|()| reader.finish(&mut sink)).expect("a generated file is accepted");
    sink
}

/// NEM12 to rows beside the plain sum of the same bytes.
pub fn nem12() -> Figure {
    let bytes = nem12_document(&Workload::new(1, 200, 60));
    let values = rows(Format::Nem12, &bytes).values;
    let pair = in_turn(
        ROUNDS,
        || {
            black_box(rows(Format::Nem12, black_box(&bytes)).values);
        },
        || {
            black_box(black_box(&bytes[..]).iter().map(|byte| u64::from(*byte)).sum::<u64>());
        },
    );
    Figure {
        name: NEM12,
        ours: format!("{} bytes, {} values", rate(bytes.len() as u64, pair.ours), rate(values, pair.ours)),
        peer_name: "sum of the same bytes",
        peer: rate(bytes.len() as u64, pair.peer),
        ratio: pair.speed,
        floor: 0.05,
        goal: 0.10,
        smaller_is_better: false,
    }
}

/// IEC 61968-9 XML to rows beside a quick-xml pull loop over the same bytes.
pub fn cim() -> Figure {
    let bytes = cim_document(&Workload::new(1, 100, 10));
    let values = rows(Format::Cim, &bytes).values;
    let pair = in_turn(
        ROUNDS,
        || {
            black_box(rows(Format::Cim, black_box(&bytes)).values);
        },
        || {
            black_box(quick_xml_events(black_box(&bytes)));
        },
    );
    Figure {
        name: CIM,
        ours: format!("{} bytes, {} values", rate(bytes.len() as u64, pair.ours), rate(values, pair.ours)),
        peer_name: "quick-xml pull loop, no rows made",
        peer: rate(bytes.len() as u64, pair.peer),
        ratio: pair.speed,
        floor: 1.0,
        goal: 4.0,
        smaller_is_better: false,
    }
}

fn quick_xml_events(bytes: &[u8]) -> u64 {
    let mut reader = quick_xml::Reader::from_reader(bytes);
    let mut events = 0;
    loop {
        match reader.read_event() {
            Ok(quick_xml::events::Event::Eof) | Err(_) => return events,
            Ok(event) => {
                black_box(&event);
                events += 1;
            }
        }
    }
}

/// A NEM12 file of quarter-hours in kWh with three decimals.
fn nem12_document(workload: &Workload) -> Vec<u8> {
    use std::io::Write;
    let mut text = b"100,NEM12,202603010000,AMITY,BENCH\n".to_vec();
    for channel in 0..workload.channels {
        writeln!(text, "200,NMI{channel:07},E1,E1,E1,N1,M{channel:07},kWh,15,").expect("memory");
        for day in 0..workload.days {
            let midnight = workload.start + i64::from(day) * 86_400;
            let date = jiff::Timestamp::from_second(midnight).expect("in range").strftime("%Y%m%d");
            write!(text, "300,{date}").expect("memory");
            for slot in 0..96 {
                let watt_hours = workload.value(channel, midnight + slot * 900).unwrap_or(0);
                write!(text, ",{}.{:03}", watt_hours / 1000, watt_hours % 1000).expect("memory");
            }
            text.extend_from_slice(b",A,,,20260301000000,\n");
        }
    }
    text.extend_from_slice(b"900\n");
    text
}

/// A MeterReadings document as head-ends write it, one block per channel and day.
fn cim_document(workload: &Workload) -> Vec<u8> {
    use std::io::Write;
    let mut text = br#"<?xml version="1.0" encoding="UTF-8"?>
<EventMessage xmlns="http://iec.ch/TC57/2011/schema/message"><Header><Verb>created</Verb><Noun>MeterReadings</Noun><Timestamp>2026-03-01T00:00:00Z</Timestamp><Source>HES</Source><MessageID>bench</MessageID></Header><Payload>
<MeterReadings xmlns="http://iec.ch/TC57/2011/MeterReadings#">
"#
    .to_vec();
    for channel in 0..workload.channels {
        text.extend_from_slice(b"<MeterReading><IntervalBlocks>\n");
        for slot in 0..i64::from(workload.days) * 96 {
            let begin = workload.start + slot * 900;
            let watt_hours = workload.value(channel, begin).unwrap_or(0);
            let end = jiff::Timestamp::from_second(begin + 900).expect("in range");
            let (whole, fraction) = (watt_hours / 1000, watt_hours % 1000);
            writeln!(
                text,
                "<IntervalReadings><timeStamp>{end}</timeStamp><value>{whole}.{fraction:03}</value></IntervalReadings>"
            )
            .expect("memory");
        }
        writeln!(
            text,
            "<ReadingType ref=\"0.0.2.4.1.1.12.0.0.0.0.0.0.0.0.3.72.0\"/></IntervalBlocks><Meter><Names><name>M{channel:07}</name></Names></Meter></MeterReading>"
        )
        .expect("memory");
    }
    text.extend_from_slice(b"</MeterReadings></Payload></EventMessage>\n");
    text
}
