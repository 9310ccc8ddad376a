//! What is told of the collection of a utility that knows what was sent when.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use formats::Options;
use ingest::Intake;
use ingest::admission::Limits;
use ingest::collection::report::{Report, Verdict};
use ingest::collection::{Collection as Reports, Reason, Rules};
use ingest::intake::{Books, Message, Unknown};
use jiff::civil::{Date, date};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use model::time::LocalDay;
use simulator::premises::HeadEnd;
use simulator::{Collection, Network, Settings, Utility};
use store::disk::RealDisk;
use store::raw::RawBook;
use store::readings::{Config, ReadingsBook};
use store::registry::Registry;
use tokio::runtime::Runtime;

const ZONE: &str = "America/Toronto";
const SOURCE: &str = "hes-hourly";
/// Ontario, with a read of each register at the end of every hour.
const RULES: Rules = Rules {
    per_cent: 98,
    deadline: jiff::civil::time(5, 0, 0, 0),
    register_every_minutes: 60,
    stamp_tolerance_seconds: 90,
};

/// The control computer of a utility of which every meter is read hourly.
struct ControlComputer {
    intake: Intake,
    runtime: Runtime,
    /// By channel and end of the hour, what came in which file.
    sent: BTreeMap<(String, Timestamp), Timestamp>,
    now: Timestamp,
    drop_per_mille: usize,
    _folder: tempfile::TempDir,
}

impl ControlComputer {
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
        Self { intake, runtime, sent: BTreeMap::new(), now: Timestamp::UNIX_EPOCH, drop_per_mille: 0, _folder: folder }
    }

    /// Lets a utility of so many meters send days; the files of a day come half an hour after its end.
    fn collect(&mut self, meters: u32, first: Date, days: u16, script: &str) {
        let zone = TimeZone::get(ZONE).expect("a zone");
        let settings = Settings { seed: 7, meters, zone: zone.clone(), head_end: Some(HeadEnd::Hourly) };
        let script = script.parse().expect("a script");
        let utility = Utility::new(settings, &Network::made_up(meters), script).expect("a utility");
        let mut collection = Collection::from(&utility, first);
        let mut date = first;
        for _ in 0..days {
            self.now = LocalDay::of(date, &zone).expect("a day").range.end + SignedDuration::from_mins(30);
            for file in collection.next_day().expect("a day").files {
                self.take(&file.name, &file.bytes);
            }
            date = date.tomorrow().expect("a day");
        }
    }

    fn take(&mut self, name: &str, bytes: &[u8]) {
        let text = std::str::from_utf8(bytes).expect("text");
        let is_kept = |row: usize| row * self.drop_per_mille / 1000 == (row + 1) * self.drop_per_mille / 1000;
        let kept = text.lines().enumerate().filter(|(line, _)| *line == 0 || is_kept(line - 1));
        let kept: String = kept.map(|(_, line)| format!("{line}\n")).collect();
        for line in kept.lines().skip(1) {
            let (channel, end) = row(line);
            self.sent.entry((channel, end)).or_insert(self.now);
        }
        let options = Options::default();
        let (source, name, position) = (SOURCE.into(), name.into(), String::new());
        let unknown = Unknown::Register;
        let message = Message { source, name, format: None, zone: None, options, unknown, position, replaces: None };
        let receipt = self.intake.take(&message, &mut kept.as_bytes(), self.now).expect("answered");
        assert!(receipt.accepted, "{receipt:?}");
    }

    fn own_everything(&self) {
        let registry = &self.intake.books().registry;
        let directory = self.runtime.block_on(registry.directory()).expect("loaded");
        let points: BTreeSet<_> = directory.channels().map(|channel| channel.usage_point).collect();
        let owners: Vec<_> = points.into_iter().map(|point| (point, Some(SOURCE.into()))).collect();
        self.runtime.block_on(registry.usage_points().set_owners(&owners)).expect("entered");
    }

    fn report(&self, date: Date, now: Timestamp) -> Report {
        let books = self.intake.books();
        let directory = self.runtime.block_on(books.registry.directory()).expect("loaded");
        let reports = Reports::new(books.readings.clone(), directory, RULES, HashMap::new());
        reports.report(date, now, &mut drop).expect("readable")
    }

    /// Readings of a day that were expected, were there by 05:00, and came after, counted from the bytes that were sent.
    fn recount(&self, date: Date, now: Timestamp) -> (u64, u64, u64) {
        let zone = TimeZone::get(ZONE).expect("a zone");
        let day = LocalDay::of(date, &zone).expect("a day").range;
        let deadline = date.tomorrow().expect("a day").at(5, 0, 0, 0).to_zoned(zone).expect("05:00").timestamp();
        let channels: BTreeSet<_> = self.sent.keys().map(|(channel, _)| channel).collect();
        let hours = u64::try_from(day.seconds() / 3600).expect("hours");
        let of_day = |(_, end): &(String, Timestamp)| day.start < *end && *end <= day.end;
        let came: Vec<_> = self.sent.iter().filter(|(reading, _)| of_day(reading)).map(|(_, at)| *at).collect();
        let in_time = came.iter().filter(|at| **at <= deadline).count() as u64;
        let late = came.iter().filter(|at| deadline < **at && **at <= now).count() as u64;
        (channels.len() as u64 * hours, in_time, late)
    }
}

/// The channel of a row of a head-end, and the end of its hour: `usage_point_id,meter_id,...`.
fn row(line: &str) -> (String, Timestamp) {
    let cells: Vec<_> = line.split(',').collect();
    let stamps: Vec<Timestamp> = cells.iter().filter_map(|cell| cell.parse().ok()).collect();
    let end = *stamps.iter().max().expect("a stamp");
    let reading_type = cells.iter().find(|cell| cell.split('.').count() == 18).expect("a reading type");
    (format!("{}/{reading_type}", cells[0]), end)
}

fn fault(kind: &str, rest: &str, from: &str, to: &str) -> String {
    format!(
        "[[fault]]\nkind = \"{kind}\"\nhead_end = \"{SOURCE}\"\n{rest}\nfrom = \"{from}T12:00:00Z\"\nto = \"{to}T12:00:00Z\"\n"
    )
}

// covers: ONT-2.3.1a, ONT-2.6.1, ONT-2.4.2b
#[test]
fn the_report_equals_a_recount_of_thirty_days() {
    let mut computer = ControlComputer::new();
    // From the second day on, so that every meter is known from its first hour; the clock changes on 8 March.
    let faults = fault("lost", "per_mille = 15", "2026-02-21", "2026-03-22")
        + &fault("late", "per_mille = 20", "2026-02-21", "2026-03-22")
        + &fault("twice", "per_mille = 30", "2026-02-21", "2026-03-22")
        + &fault("silent", "", "2026-03-01", "2026-03-02");
    computer.collect(40, date(2026, 2, 20), 31, &faults);
    let (mut met, mut missed) = (0, 0);
    for day in (0..30).map(|days| date(2026, 2, 20).saturating_add(jiff::Span::new().days(days))) {
        let report = computer.report(day, computer.now);
        let total = report.total;
        assert_eq!((total.expected, total.in_time, total.late), computer.recount(day, computer.now), "{day}");
        assert_eq!(total.expected, total.in_time + total.late + total.missing, "{day}");
        let misses: u64 = report.misses.iter().map(|miss| miss.miss.readings).sum();
        assert_eq!(misses, total.expected - total.in_time, "{day}");
        let is_met = 98 * total.expected <= 100 * total.in_time;
        assert_eq!(report.verdict == Verdict::Met, is_met, "{day}: {report:?}");
        (met, missed) = (met + u32::from(is_met), missed + u32::from(!is_met));
    }
    assert!(0 < met && 0 < missed, "{met} days met, {missed} not");
}

/// The verdict of a day of which so many of a thousand rows, evenly spread, are dropped on their way.
fn verdict_of(per_mille: usize) -> (Verdict, u64, u64) {
    let mut computer = ControlComputer::new();
    computer.collect(40, date(2026, 2, 20), 1, "");
    computer.drop_per_mille = per_mille;
    let day = date(2026, 2, 21);
    computer.collect(40, day, 1, "");
    let report = computer.report(day, computer.now + SignedDuration::from_hours(24));
    (report.verdict, report.total.expected, report.total.missing)
}

// covers: ONT-2.3.1a
#[test]
fn losing_1_9_per_cent_meets_the_98_and_losing_2_1_does_not() {
    // 42 channels of 24 hours: 1008 readings, of which 1.9 and 2.1 per cent are 19 and 21.
    assert_eq!(verdict_of(19), (Verdict::Met, 1008, 19));
    assert_eq!(verdict_of(21), (Verdict::NotMet, 1008, 21));
}

// covers: ONT-2.6.1
#[test]
fn a_deadline_that_is_still_to_come_is_open_and_silence_has_a_name() {
    let mut computer = ControlComputer::new();
    computer.collect(8, date(2026, 2, 20), 3, "");
    computer.own_everything();
    let at = |text: &str| text.parse::<Timestamp>().expect("an instant");
    let before = computer.report(date(2026, 2, 23), at("2026-02-24T09:59:00Z"));
    assert_eq!((before.verdict, before.total.in_time), (Verdict::Open, 0));
    let after = computer.report(date(2026, 2, 23), at("2026-02-24T10:01:00Z"));
    assert_eq!(after.verdict, Verdict::NotMet);
    let reasons: Vec<_> = after.reasons.iter().map(|cause| (cause.reason, cause.readings)).collect();
    assert_eq!(reasons, [(Reason::SourceSilent, after.total.expected)]);
    assert_eq!(computer.report(date(2026, 2, 19), computer.now).total.expected, 0, "before the first reading");
}
