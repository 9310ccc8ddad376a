//! How fast MeterReadings are read, beside the peer: a plain pull loop of quick-xml over the same bytes.
//!
//! `cargo bench -p formats --bench cim`. The document is 96,000 hourly readings of 1,000 meters, about
//! 10 MB, in the two layouts that senders use.

use std::fmt::Write;

use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, black_box};
use formats::cim::CimReader;
use formats::{Options, Reader, Sink};
use model::event::EndDeviceEvent;
use model::finding::Finding;
use model::reading::{ChannelReadings, MessageHeader, Values};

const METERS: usize = 1_000;
const READINGS: usize = 96;

fn main() {
    divan::main();
}

/// White space between elements.
#[derive(Clone, Copy, Debug)]
enum Layout {
    Compact,
    Indented,
}

const LAYOUTS: [Layout; 2] = [Layout::Compact, Layout::Indented];

fn document(layout: Layout) -> Vec<u8> {
    let (line, deep) = match layout {
        Layout::Compact => ("", ""),
        Layout::Indented => ("\n    ", "\n      "),
    };
    let mut text = String::from("<MeterReadings xmlns=\"http://iec.ch/TC57/2011/MeterReadings#\">");
    for meter in 0..METERS {
        text.push_str("<MeterReading><IntervalBlocks>");
        for reading in 0..READINGS {
            let (day, hour) = (1 + reading / 24, reading % 24);
            let value = (meter * 7919 + reading * 104_729) % 5000;
            write!(
                text,
                "{line}<IntervalReadings>{deep}<timeStamp>2026-03-{day:02}T{hour:02}:00:00Z</timeStamp>\
                 {deep}<value>{}.{:03}</value>{line}</IntervalReadings>",
                value / 1000,
                value % 1000
            )
            .expect("in memory");
        }
        write!(
            text,
            "<ReadingType ref=\"0.0.7.4.1.1.12.0.0.0.0.0.0.0.0.3.72.0\"/></IntervalBlocks>\
             <Meter><Names><name>M{meter}</name></Names></Meter></MeterReading>"
        )
        .expect("in memory");
    }
    text.push_str("</MeterReadings>");
    text.into_bytes()
}

/// Counts values, so that nothing is left out.
#[derive(Default)]
struct Count(usize);

impl Sink for Count {
    fn message(&mut self, _header: &MessageHeader) {}

    fn readings(&mut self, readings: &ChannelReadings) {
        self.0 += match &readings.values {
            Values::Intervals(run) => run.values.len(),
            Values::Registers(reads) => reads.len(),
        };
    }

    fn event(&mut self, _event: &EndDeviceEvent) {}

    fn finding(&mut self, finding: Finding) {
        panic!("the document is right: {finding}");
    }
}

fn read(mut reader: CimReader, document: &[u8]) -> usize {
    let mut count = Count::default();
    reader.push(document, &mut count).expect("accepted");
    reader.finish(&mut count).expect("accepted");
    assert_eq!(count.0, METERS * READINGS);
    count.0
}

#[divan::bench(args = LAYOUTS)]
fn reader(bencher: Bencher<'_, '_>, layout: Layout) {
    let document = document(layout);
    bencher
        .counter(BytesCount::of_slice(&document))
        .counter(ItemsCount::new(METERS * READINGS))
        .bench(|| read(CimReader::new(&Options::default()), black_box(&document)));
}

#[divan::bench(args = LAYOUTS)]
fn reader_without_scanner(bencher: Bencher<'_, '_>, layout: Layout) {
    let document = document(layout);
    bencher
        .counter(BytesCount::of_slice(&document))
        .counter(ItemsCount::new(METERS * READINGS))
        .bench(|| read(CimReader::without_scanner(&Options::default()), black_box(&document)));
}

#[divan::bench(args = LAYOUTS)]
fn peer_quick_xml_events(bencher: Bencher<'_, '_>, layout: Layout) {
    let document = document(layout);
    bencher.counter(BytesCount::of_slice(&document)).counter(ItemsCount::new(METERS * READINGS)).bench(|| {
        let mut reader = quick_xml::Reader::from_reader(black_box(document.as_slice()));
        let mut events = 0_usize;
        while !matches!(reader.read_event().expect("well formed"), quick_xml::events::Event::Eof) {
            events += 1;
        }
        events
    });
}
