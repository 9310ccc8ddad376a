//! NEM12 reading beside its roof: adding up the same bytes, one by one, in the same run.

use std::fmt::Write as _;
use std::hint::black_box;

use divan::Bencher;
use divan::counter::BytesCount;
use formats::{Format, Options, Sink, reader};
use model::event::EndDeviceEvent;
use model::finding::Finding;
use model::reading::{ChannelReadings, MessageHeader, Values};

fn main() {
    divan::main();
}

/// How values are written: what most senders do, short ones, and those that need the long way.
const SHAPES: [&str; 3] = ["three decimals", "mixed decimals", "six decimals"];

#[divan::bench(args = SHAPES)]
fn roof_byte_sum(bencher: Bencher<'_, '_>, shape: &str) {
    let input = file(shape);
    bencher
        .counter(BytesCount::of_slice(&input))
        .bench(|| black_box(&input).iter().map(|byte| u64::from(*byte)).sum::<u64>());
}

#[divan::bench(args = SHAPES)]
fn read(bencher: Bencher<'_, '_>, shape: &str) {
    let input = file(shape);
    bencher.counter(BytesCount::of_slice(&input)).bench(|| {
        let mut count = Count::default();
        let mut reader = reader(Format::Nem12, &Options::default());
        for piece in black_box(&input).chunks(256 * 1024) {
            reader.push(piece, &mut count).expect("a valid file");
        }
        reader.finish(&mut count).expect("a valid file");
        assert_eq!((count.values, count.findings), (100 * 30 * 48, 0));
        count.values
    });
}

#[derive(Default)]
struct Count {
    values: usize,
    findings: usize,
}

impl Sink for Count {
    fn message(&mut self, _: &MessageHeader) {}

    fn readings(&mut self, readings: &ChannelReadings) {
        if let Values::Intervals(run) = &readings.values {
            self.values += black_box(run).values.len();
        }
    }

    fn event(&mut self, _: &EndDeviceEvent) {}

    fn finding(&mut self, _: Finding) {
        self.findings += 1;
    }
}

/// 100 meters, 30 days, 48 values a day, from a fixed seed.
fn file(shape: &str) -> Vec<u8> {
    let mut text = String::from("100,NEM12,202404011200,MDPEX,RETEX\r\n");
    let mut state = 0x2545_F491_4F6C_DD1D_u64;
    for meter in 0..100 {
        writeln!(text, "200,NEM{meter:07},E1,E1,E1,N1,M{meter:05},kWh,30,\r").expect("a string takes all");
        for day in 1..=30 {
            write!(text, "300,202404{day:02}").expect("a string takes all");
            for _ in 0..48 {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                text.push(',');
                text.push_str(&value(shape, state));
            }
            text.push_str(",A,,,20240501090000,\r\n");
        }
    }
    text.push_str("900\r\n");
    text.into_bytes()
}

fn value(shape: &str, random: u64) -> String {
    let [whole, part] = [random % 3, random >> 8 & 1023];
    match (shape, random >> 32 & 3) {
        ("mixed decimals", 0) => "0".to_owned(),
        ("mixed decimals", 1) => format!("{whole}.{}", part % 10),
        ("mixed decimals", 2) => format!("{part}.{:02}", part % 100),
        ("six decimals", _) => format!("{whole}.{:06}", part * 977 % 1_000_000),
        _ => format!("{whole}.{:03}", part % 1000),
    }
}
