//! Meters that are read once a month, in the same books as the others.

use std::collections::HashMap;
use std::sync::Arc;

use formats::Options;
use ingest::Intake;
use ingest::admission::Limits;
use ingest::collection::{Collection, Rules};
use ingest::intake::{Books, Message, Receipt, Unknown};
use jiff::Timestamp;
use jiff::civil::date;
use jiff::tz::TimeZone;
use model::quality::Status;
use store::disk::RealDisk;
use store::raw::RawBook;
use store::readings::{AsOf, Config, ReadingsBook};
use store::registry::Registry;
use tokio::runtime::Runtime;

const ZONE: &str = "America/Toronto";
/// Meters of the utility, and routes that visit them, one a working day.
const METERS: u32 = 2000;
const ROUTES: u32 = 20;

/// A utility of which every meter is read by hand.
struct Office {
    intake: Intake,
    runtime: Runtime,
    _folder: tempfile::TempDir,
}

impl Office {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let runtime = Runtime::new().expect("a runtime");
        let disk = Arc::new(RealDisk);
        let (readings, _) =
            ReadingsBook::open(disk.clone(), &folder.path().join("readings"), Config::default()).expect("a book");
        let raw = RawBook::open(disk, &folder.path().join("raw")).expect("a book");
        let url = format!("sqlite:{}", folder.path().join("registry.sqlite").display());
        let registry = runtime.block_on(Registry::open(&url)).expect("a registry");
        let books = Books { readings: Arc::new(readings), raw: Arc::new(raw), registry };
        let intake = Intake::new(books, Limits::default(), ZONE.into(), runtime.handle().clone()).expect("an intake");
        Self { intake, runtime, _folder: folder }
    }

    fn take(&mut self, name: &str, rows: &str, now: &str) -> Receipt {
        let text = format!("route,cycle,meter,read_at,read,type,code,reader\n{rows}");
        let message = Message {
            source: "routes".into(),
            name: name.into(),
            format: None,
            zone: Some(ZONE.into()),
            options: Options { zone: TimeZone::get(ZONE).ok(), ..Options::default() },
            unknown: Unknown::Register,
            position: String::new(),
            replaces: None,
        };
        self.intake.take(&message, &mut text.as_bytes(), instant(now)).expect("answered")
    }

    /// Register reads of every channel in all time: at, value, quality.
    fn reads(&self) -> Vec<(String, Option<i64>, Status)> {
        let books = self.intake.books();
        let directory = self.runtime.block_on(books.registry.directory()).expect("loaded");
        let mut reads = Vec::new();
        for channel in directory.channels() {
            let history = books.readings.read(channel.number, 0, i64::from(u32::MAX), AsOf::Now).expect("readable");
            reads.extend(history.registers.iter().map(|read| {
                let status = books.readings.quality(read.quality).map_or(Status::NONE, |quality| quality.status);
                let at = Timestamp::from_second(read.at).expect("an instant");
                (format!("{:?} {at}", channel.number), read.value, status)
            }));
        }
        reads.sort_unstable_by(|one, other| one.0.cmp(&other.0));
        reads
    }
}

fn instant(text: &str) -> Timestamp {
    text.parse().expect("an instant")
}

// covers: PHA-S10
#[test]
fn every_meter_is_known_after_one_cycle() {
    let mut office = Office::new();
    for route in 0..ROUTES {
        let meters = (0..METERS).filter(|meter| meter % ROUTES == route);
        let row = |meter: u32| format!("{route},{},M{meter:05},2026-02-{:02},{meter},,,7\n", route / 5, route + 1);
        let rows: String = meters.map(row).collect();
        let receipt = office.take(&format!("route {route}"), &rows, "2026-02-28T12:00:00Z");
        assert_eq!((receipt.accepted, receipt.stored), (true, u64::from(METERS / ROUTES)), "{receipt:?}");
    }
    assert_eq!(office.reads().len(), METERS as usize);
}

#[test]
fn a_meter_that_is_read_once_a_month_is_not_called_silent() {
    let mut office = Office::new();
    office.take("february", "1,1,M1,2026-02-03,100,,,7\n", "2026-02-04T12:00:00Z");
    let books = office.intake.books();
    let directory = office.runtime.block_on(books.registry.directory()).expect("loaded");
    let rules = Rules { register_every_minutes: 60, ..Rules::default() };
    let reports = Collection::new(books.readings.clone(), directory, rules, HashMap::new());
    for day in [date(2026, 2, 3), date(2026, 2, 20)] {
        let report = reports.report(day, instant("2026-03-01T12:00:00Z"), &mut drop).expect("readable");
        assert_eq!((report.total.expected, report.misses.len()), (0, 0), "{day}");
    }
}

#[test]
fn a_visit_without_a_read_leaves_its_trace_and_no_value() {
    let mut office = Office::new();
    let rows = "1,1,M1,2026-02-03,100,,,7\n1,1,M1,2026-03-03,,no-read,LOCKED,7\n1,1,M1,2026-04-03,250,estimated,A1,\n";
    let receipt = office.take("quarter", rows, "2026-04-04T12:00:00Z");
    let codes: Vec<_> = receipt.findings.iter().map(|finding| finding.code.as_str()).collect();
    assert!(codes.contains(&"routes.no_read"), "{receipt:?}");
    let reads = office.reads();
    let values: Vec<_> = reads.iter().map(|(_, value, _)| value.is_some()).collect();
    assert_eq!(values, [true, false, true], "{reads:?}");
    let statuses: Vec<_> = reads.iter().map(|(_, _, status)| *status).collect();
    assert!(statuses[0].contains(Status::HAND_HELD.with(Status::CLOCK_ERROR)), "the day is known and not the hour");
    assert!(statuses[1].contains(Status::MISSING) && statuses[2].contains(Status::ESTIMATED));
}
