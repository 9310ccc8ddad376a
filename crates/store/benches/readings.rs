//! Rough figures of the readings book on the disk of this machine: ingest, size, scan, month, replay.
//!
//! `cargo bench -p store --bench readings [CHANNELS] [DAYS]`. A look for those who change the book; the ratios that
//! are held to are those of `amity bench`.

#![expect(clippy::print_stdout, reason = "figures are printed")]

use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use jiff::civil::{Date, date};
use model::id::ChannelNumber;
use model::quality::{Quality, Status};
use store::disk::RealDisk;
use store::readings::{AsOf, Batch, Config, DayRun, ReadingsBook, Statistics};

const PIECE: u16 = 16;

/// A household's quarter-hours in Wh: a daily shape, a size of its own, noise, now and then a spike.
fn value(channel: u32, day: u32, slot: u16) -> i64 {
    const SHAPE: [i64; 24] = [
        70, 62, 58, 56, 58, 75, 120, 165, 150, 120, 110, 115, 125, 115, 108, 115, 145, 205, 260, 270, 240, 195, 140, 95,
    ];
    let mut mixed = (u64::from(channel) << 40) ^ (u64::from(day) << 20) ^ u64::from(slot);
    for _ in 0..3 {
        mixed = (mixed ^ (mixed >> 31)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
    let size = 40 + i64::from(channel % 97) * 2;
    let spike = if mixed.is_multiple_of(211) { 900 } else { 0 };
    SHAPE[usize::from(slot / 4)] * size / 100 * (70 + ((mixed >> 33) % 61) as i64) / 100 + spike
}

fn first_day() -> Date {
    date(2026, 1, 1)
}

fn batch(channels: u32, day: u32, piece: u16, qualities: &[store::readings::QualityId]) -> Batch {
    let mut key = [0; 32];
    key[..4].copy_from_slice(&day.to_le_bytes());
    key[4..6].copy_from_slice(&piece.to_le_bytes());
    key[6..10].copy_from_slice(&channels.to_le_bytes());
    let mut batch = Batch::new("bench", key, i64::from(day) * 86_400_000_000 + i64::from(piece));
    let mut values = [0; PIECE as usize];
    let day_date = first_day().saturating_add(jiff::Span::new().days(i64::from(day)));
    for channel in 0..channels {
        let first = piece * PIECE;
        for (slot, value_of) in (first..).zip(&mut values) {
            *value_of = value(channel, day, slot);
        }
        let estimated = [(first + 3, first + 4, qualities[(channel % 2) as usize])];
        let run = DayRun {
            channel: ChannelNumber(channel),
            date: day_date,
            day_start: 1_767_225_600 + i64::from(day) * 86_400,
            slots: 96,
            slot_seconds: 900,
            first,
            values: &values,
            qualities: if (channel + day).is_multiple_of(50) { &estimated } else { &[] },
            revision: None,
        };
        batch.push_run(&run).expect("a run within its day");
    }
    batch
}

fn main() {
    let mut numbers = std::env::args().skip(1).filter_map(|argument| argument.parse::<u32>().ok());
    let channels = numbers.next().unwrap_or(50_000);
    let days = numbers.next().unwrap_or(7);
    let dir = tempfile::tempdir().expect("a folder for the book");
    let readings = u64::from(channels) * u64::from(days) * 96;
    let book = open(dir.path());
    ingest(&book, channels, days, readings);
    drop(book);
    let began = Instant::now();
    let book = open(dir.path());
    tell("replay", readings, began);
    let began = Instant::now();
    book.seal(Date::MAX).expect("days are sealed");
    tell("seal", readings, began);
    let began = Instant::now();
    book.maintain().expect("months are rolled");
    tell("roll", readings, began);
    let Statistics { day_segment_bytes, rolled_day_bytes, month_segment_bytes, .. } = book.statistics();
    let once = if month_segment_bytes > 0 { month_segment_bytes } else { day_segment_bytes + rolled_day_bytes };
    println!("bytes: {:.3} per reading; {:?}", once as f64 / readings as f64, book.statistics());
    scan(&book, days);
    months(&book, channels, days);
}

fn open(dir: &Path) -> ReadingsBook {
    ReadingsBook::open(Arc::new(RealDisk), dir, Config { background: false, open_days: 100, ..Config::default() })
        .expect("a book")
        .0
}

fn ingest(book: &ReadingsBook, channels: u32, days: u32, readings: u64) {
    let qualities =
        [1, 2].map(|number| book.quality_id(&Quality { reason: Some(number), ..Quality::of(Status::ESTIMATED) }));
    let mut batches = Vec::new();
    let began = Instant::now();
    for day in 0..days {
        for piece in 0..96 / PIECE {
            batches.push(batch(channels, day, piece, &qualities));
        }
    }
    tell("batches made", readings, began);
    let began = Instant::now();
    let pending: Vec<_> = batches.into_iter().map(|batch| book.submit(batch).expect("accepted")).collect();
    for pending in pending {
        pending.wait().expect("stored");
    }
    tell("durable ingest", readings, began);
    println!("memory: {} MB", book.statistics().memory_bytes >> 20);
}

fn scan(book: &ReadingsBook, days: u32) {
    for round in 0..3 {
        let (mut count, mut sum) = (0, 0);
        let began = Instant::now();
        for day in 0..days {
            let date = first_day().saturating_add(jiff::Span::new().days(i64::from(day)));
            book.scan_day(date, |scanned| {
                count += scanned.values.len() as u64;
                sum += scanned.values.iter().sum::<i64>();
            })
            .expect("scanned");
        }
        black_box(sum);
        tell(if round == 0 { "first scan" } else { "scan" }, count, began);
    }
}

fn months(book: &ReadingsBook, channels: u32, days: u32) {
    let began = Instant::now();
    let rounds = 2000;
    let mut sum = 0;
    for round in 0..rounds {
        let channel = ChannelNumber((round * 7919) % channels);
        let history = book.read(channel, 1_767_225_600, 1_767_225_600 + i64::from(days) * 86_400, AsOf::Now);
        sum += history.expect("read").days.iter().flat_map(|day| &day.values).sum::<i64>();
    }
    black_box(sum);
    println!("one channel, {days} days: {:.1} us", began.elapsed().as_secs_f64() * 1e6 / f64::from(rounds));
}

fn tell(what: &str, readings: u64, began: Instant) {
    let seconds = began.elapsed().as_secs_f64();
    println!("{what}: {:.1} M readings/s ({seconds:.2} s)", readings as f64 / seconds / 1e6);
}
