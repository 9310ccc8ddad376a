//! Rough figures of the events book on the disk of this machine: a storm of events, appended durably in batches.
//!
//! `cargo bench -p store --bench events [EVENTS] [BATCH]`. Each batch has 30 % reports of events that another source told, a
//! tenth of the reports comes late.

#![expect(clippy::print_stdout, reason = "figures are printed")]

use std::path::Path;
use std::time::Instant;

use events::Windows;
use jiff::{SignedDuration, Timestamp};
use model::event::report::{Meaning, Report, Subject};
use model::id::{MeterId, Mrid, Name};
use store::events::{Batch, Counts, EventsBook, Grouping, Told, ToldEvent};
use uuid::Uuid;

/// Devices of the utility.
const DEVICES: u64 = 750_000;
/// Events in a second of the storm, beside the duplicates.
const EVENTS_PER_SECOND: u64 = 25_000;

struct Rule;

impl Grouping for Rule {
    fn window(&self, meaning: &Meaning) -> SignedDuration {
        Windows::default().of(meaning)
    }

    fn groups(&self, reports: &[Report]) -> Vec<usize> {
        events::same::groups(reports, &Windows::default())
    }
}

fn mixed(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    for _ in 0..2 {
        mixed = (mixed ^ (mixed >> 31)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
    mixed ^ (mixed >> 29)
}

/// The event of a number as one of two sources tells it, half a second later by the second.
fn event(number: u64, source: u64) -> ToldEvent {
    let device = mixed(number) % DEVICES;
    let late = if number.is_multiple_of(10) { 300_000_000 } else { 0 };
    let at = 1_800_000_000_000_000 + (number * 1_000_000 / EVENTS_PER_SECOND + source * 500_000 + late) as i64;
    let at = Timestamp::from_microsecond(at).ok();
    let meter = MeterId(Mrid(Uuid::from_u128(u128::from(device))));
    ToldEvent {
        report: Report {
            subject: Subject::Meter(meter),
            meaning: Meaning::Known("3.26.0.85".parse().expect("a code")),
            occurred_at: at,
            source: format!("HES-{source}").into(),
            source_id: (1_000_000 + number).to_string().into(),
        },
        device: Some(Name::new("SerialNumber", format!("LG{device:08}"))),
        meter: Some(meter),
        usage_point: Some(model::id::UsagePointId(meter.0)),
        told_type: "3.26.0.85".into(),
        told_at: at,
        is_doubtful: false,
        line: 12,
        severity: "2".into(),
        reason: "".into(),
        status: "".into(),
        details: vec![("firmware".into(), "7.1.3".into())],
    }
}

fn batch(first: u64, events: u64) -> Batch {
    let told = |source: u64, events: Vec<ToldEvent>| Told {
        hash: format!("{:016x}{:016x}", mixed(first), mixed(source)),
        source: format!("HES-{source}"),
        name: "storm.xml".into(),
        raw: "12-40960".into(),
        received_at: Timestamp::from_microsecond(1_800_000_000_000_000 + first as i64 * 40).expect("an instant"),
        events,
        position: format!("{first}"),
        note: Some("{}".into()),
        earlier: Counts::default(),
    };
    let own = (first..first + events).map(|number| event(number, 1)).collect();
    // What the other source tells is of the batch before, so that it is found on the disk.
    let other = (first.saturating_sub(events)..first).filter(|number| number % 10 < 3).map(|number| event(number, 2));
    Batch { told: vec![told(1, own), told(2, other.collect())] }
}

#[tokio::main]
async fn main() {
    let numbers: Vec<u64> = std::env::args().filter_map(|text| text.parse().ok()).collect();
    let events = numbers.first().copied().unwrap_or(3_000_000);
    let batch_size = numbers.get(1).copied().unwrap_or(5_000);
    let folder = tempfile::tempdir().expect("a folder");
    let url = format!("sqlite:{}", folder.path().join("events.sqlite").display());
    let book = EventsBook::open(&url).await.expect("opened");
    let (mut reports, mut part, mut slowest) = (0, (0, Instant::now()), 0);
    for first in (0..events).step_by(batch_size as usize) {
        let batch = batch(first, batch_size);
        let told: u64 = batch.told.iter().map(|told| told.events.len() as u64).sum();
        let begin = Instant::now();
        book.append(&batch, &Rule).await.expect("appended");
        slowest = slowest.max(begin.elapsed().as_millis());
        (reports, part.0) = (reports + told, part.0 + told);
        if 500_000 < part.0 {
            let seconds = part.1.elapsed().as_secs_f64();
            println!(
                "{reports} reports: {:.0}/s, slowest commit {slowest} ms, {} MiB on disk, {} MiB in memory",
                part.0 as f64 / seconds,
                bytes(folder.path()) >> 20,
                memory_kib() >> 10
            );
            (part, slowest) = ((0, Instant::now()), 0);
        }
    }
    println!("{} events of {reports} reports", book.count().await.expect("counted"));
}

fn bytes(folder: &Path) -> u64 {
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten();
    files.filter_map(|file| file.metadata().ok()).map(|metadata| metadata.len()).sum()
}

/// What the process has in memory (`VmRSS` of Linux).
fn memory_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0)
}
