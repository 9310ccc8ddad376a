//! Gap lists: what is missing of a day becomes orders, cut at a move, and not made where they would be in vain.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use ingest::collection::{Collection as Reports, Rules};
use ingest::gaps::{self, Terms};
use jiff::Timestamp;
use jiff::civil::{Date, date};
use model::id::{ChannelNumber, Name, UsagePointId};
use model::quantity::Decimal;
use model::time::TimeRange;
use store::disk::RealDisk;
use store::readings::{Batch, Config, DayRun, NO_VALUE, ReadingsBook};
use store::registry::Registry;
use store::registry::channel::ChannelEntry;
use store::registry::order::{OrderEntry, Schedule};
use store::registry::ownership::Ownership;
use tokio::runtime::Runtime;

const DAY: Date = date(2026, 2, 3);
/// An hour after the deadline of [`DAY`] in UTC.
const SIX: &str = "2026-02-04T06:00:00Z";

/// Hourly meters in UTC, there since January, and what came of them.
struct Books {
    runtime: Runtime,
    registry: Registry,
    book: Arc<ReadingsBook>,
    points: Vec<(UsagePointId, ChannelNumber)>,
    batches: u8,
    _folder: tempfile::TempDir,
}

impl Books {
    fn of(meters: u8) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let runtime = Runtime::new().expect("a runtime");
        let readings = folder.path().join("readings");
        let (book, _) = ReadingsBook::open(Arc::new(RealDisk), &readings, Config::default()).expect("a book");
        let url = format!("sqlite:{}", folder.path().join("registry.sqlite").display());
        let registry = runtime.block_on(Registry::open(&url)).expect("a registry");
        let entries: Vec<_> = (1..=meters).map(entry).collect();
        let channels = runtime.block_on(registry.channels().register(&entries)).expect("registered");
        let points = channels.iter().map(|channel| (channel.usage_point, channel.number)).collect();
        Self { runtime, registry, book: Arc::new(book), points, batches: 0, _folder: folder }
    }

    fn own(&self, meter: usize, source: &str) {
        let owner = (self.points[meter].0, Some(source.into()));
        self.runtime.block_on(self.registry.usage_points().set_owners(&[owner])).expect("entered");
    }

    /// The hours of a date that came, `x` each, and those that did not.
    fn came(&mut self, meter: usize, date: Date, hours: &str) {
        let values: Vec<i64> = hours.chars().map(|mark| if mark == 'x' { 1 } else { NO_VALUE }).collect();
        let midnight = date.to_zoned(jiff::tz::TimeZone::UTC).expect("a day").timestamp();
        let run = DayRun {
            channel: self.points[meter].1,
            date,
            day_start: midnight.as_second(),
            slots: 24,
            slot_seconds: 3600,
            first: 0,
            values: &values,
            qualities: &[],
            revision: None,
        };
        self.batches += 1;
        let received = at("2026-02-04T01:00:00Z").as_microsecond();
        let mut batch = Batch::new("HES-1", [self.batches; 32], received);
        batch.push_run(&run).expect("a run");
        self.book.append(batch).expect("stored");
    }

    fn list(&self, given_up: &[usize], now: &str) -> Vec<OrderEntry> {
        let directory = self.runtime.block_on(self.registry.directory()).expect("loaded");
        let reports = Reports::new(self.book.clone(), directory.clone(), Rules::default(), HashMap::new());
        let report = reports.report(DAY, at(now), &mut drop).expect("readable");
        let given_up: HashSet<_> = given_up.iter().map(|meter| self.points[*meter].0).collect();
        let terms = Terms { schedule: Schedule::of_gaps(), spread_seconds: 900 };
        gaps::orders(&report, (&self.book, &directory), &given_up, (&terms, at(now))).expect("readable")
    }
}

fn entry(meter: u8) -> ChannelEntry {
    ChannelEntry {
        usage_point: Name::new("UsagePoint", format!("UP{meter}")),
        meter: Some(Name::new("Meter", format!("M{meter}"))),
        meter_from: Some(at("2026-01-01T00:00:00Z")),
        suffix: "".into(),
        reading_type: "0.0.7.4.1.1.12.0.0.0.0.0.0.0.0.3.72.0".parse().expect("a reading type"),
        unit: "kWh".into(),
        quantum: -3,
        multiplier: Decimal::new(1, 0),
        dials: None,
        interval_seconds: Some(3600),
        zone: "UTC".into(),
    }
}

fn at(text: &str) -> Timestamp {
    text.parse().expect("an instant")
}

/// `HES-1 M1 00-10: 08-10 2`, by order: who is asked for what part of the day, and which hours must come.
fn told(orders: &[OrderEntry]) -> Vec<String> {
    let hour = |at: Timestamp| {
        if at == self::at("2026-02-04T00:00:00Z") { "24".into() } else { at.strftime("%H").to_string() }
    };
    let span = |range: TimeRange| format!("{}-{}", hour(range.start), hour(range.end));
    let told = |order: &OrderEntry| {
        let wanted: Vec<_> = order.wanted.iter().map(|one| format!("{} {}", span(one.range), one.readings)).collect();
        format!("{} {} {}: {}", order.route.head_end, order.route.device, span(order.route.range), wanted.join(", "))
    };
    let mut told: Vec<_> = orders.iter().map(told).collect();
    told.sort();
    told
}

// covers: B1-S9.03, B1-S9.04, ONT-2.3.1a
#[test]
fn what_is_missing_of_a_meter_and_day_is_one_order() {
    let mut books = Books::of(3);
    (0..3).for_each(|meter| books.own(meter, "HES-1"));
    books.came(0, DAY, "xx__xxxxxxxxxxxxxxxxxxx_");
    books.came(1, DAY, "xxxxxxxxxxxxxxxxxxxxxxxx");
    let orders = books.list(&[], SIX);
    assert_eq!(told(&orders), ["HES-1 M1 00-24: 02-04 2, 23-24 1", "HES-1 M3 00-24: 00-24 24"]);
    let (first, last) = (at("2026-02-04T07:00:00Z"), at("2026-02-04T07:15:00Z"));
    assert!(orders.iter().all(|order| (first..=last).contains(&order.next_at)), "after an hour, and spread");
    assert_eq!(books.list(&[], SIX), orders, "made twice, it is the same list");
    assert_eq!(books.list(&[], "2026-02-04T04:59:59Z"), [], "the deadline is still to come");
}

// covers: MOD-VEN
#[test]
fn what_is_missing_around_a_move_is_asked_of_the_old_and_the_new_head_end() {
    let mut books = Books::of(2);
    books.own(0, "HES-1");
    books.own(1, "HES-1");
    let to = Ownership { from: at("2026-02-03T10:00:00Z"), source: Some("HES-2".into()) };
    let moves = [(books.points[0].0, to)];
    books.runtime.block_on(books.registry.usage_points().move_owners(&moves)).expect("moved");
    books.came(0, DAY, "xxxxxxxx____xxxxxxxxxxxx");
    books.came(1, DAY, "xxxxxxxxxxxxxxxxxxxxxxxx");
    let orders = books.list(&[], SIX);
    assert_eq!(told(&orders), ["HES-1 M1 00-10: 08-10 2", "HES-2 M1 10-24: 10-12 2"]);
}

#[test]
fn a_gap_of_nobody_is_refused_and_says_what_to_enter() {
    let mut books = Books::of(1);
    books.came(0, DAY, "xxxxxxxx____xxxxxxxxxxxx");
    let orders = books.list(&[], SIX);
    let refused = orders[0].route.refused.as_deref().expect("refused");
    assert!(refused.ends_with("enter it: amity registry owner UP1 HEAD-END"), "{refused}");
}

#[test]
fn a_silent_source_is_waited_for() {
    let books = Books::of(2);
    (0..2).for_each(|meter| books.own(meter, "HES-1"));
    assert_eq!(books.list(&[], SIX), [], "what it has comes by itself");
    assert_eq!(books.list(&[], "2026-02-05T05:00:00Z").len(), 2, "a day later it is asked");
}

#[test]
fn a_meter_that_was_given_up_is_asked_again_once_it_lives() {
    let mut books = Books::of(2);
    (0..2).for_each(|meter| books.own(meter, "HES-1"));
    books.came(1, DAY, "xxxxxxxxxxxxxxxxxxxxxxxx");
    assert_eq!(books.list(&[], SIX).len(), 1);
    assert_eq!(books.list(&[0], SIX), [], "silent since");
    books.came(0, date(2026, 2, 4), "__x_____________________");
    assert_eq!(books.list(&[0], SIX).len(), 1, "it told something this night");
}

#[test]
fn what_its_owner_sends_around_a_move_is_admitted_by_its_time() {
    use ingest::admission::owner;
    use model::reading::{ChannelKey, ChannelReadings, IntervalRun, RegisterRead, Values};
    let books = Books::of(1);
    books.own(0, "HES-1");
    let to = Ownership { from: at("2026-02-03T10:00:00Z"), source: Some("HES-2".into()) };
    let moves = [(books.points[0].0, to)];
    books.runtime.block_on(books.registry.usage_points().move_owners(&moves)).expect("moved");
    let directory = books.runtime.block_on(books.registry.directory()).expect("loaded");
    let stranger = |source: &str, values: Values| {
        let (suffix, reading_type) = (Default::default(), Default::default());
        let channel = ChannelKey { usage_point: None, meter: None, suffix, reading_type };
        let readings = ChannelReadings { channel, unit: "kWh".into(), values, revision: None, line: 1 };
        owner(&directory, books.points[0].0, &readings, source).filter(|owner| *owner != source).map(str::to_owned)
    };
    let hours = |marks: &str| {
        let values = marks.chars().map(|mark| if mark == 'x' { 1 } else { IntervalRun::MISSING }).collect();
        let start = at("2026-02-03T08:00:00Z");
        Values::Intervals(IntervalRun { start, length_seconds: 3600, values, exponent: 0, qualities: Vec::new() })
    };
    assert_eq!(stranger("HES-1", hours("xx__")), None, "a day file of the old one, up to the move");
    assert_eq!(stranger("HES-1", hours("xxx_")).as_deref(), Some("HES-2"));
    assert_eq!(stranger("HES-2", hours("__xx")), None);
    assert_eq!(stranger("HES-2", hours("_xxx")).as_deref(), Some("HES-1"));
    let read = |text: &str| {
        let (period_start, value, quality) = (None, Some(Decimal::new(1, 0)), Default::default());
        Values::Registers(vec![RegisterRead { at: at(text), period_start, value, quality }])
    };
    assert_eq!(stranger("HES-1", read("2026-02-03T10:00:00Z")), None, "it closes the time of the old one");
    assert_eq!(stranger("HES-2", read("2026-02-03T10:00:00Z")), None, "and opens that of the new one");
    assert_eq!(stranger("HES-1", read("2026-02-03T10:00:01Z")), Some("HES-2".into()));
}
