//! The fourteen items of the daily status report, each with what was planted and counted by hand.

use std::collections::HashMap;
use std::sync::Arc;

use ingest::collection::event_class::Happened;
use ingest::collection::history::{days_of, differences, history};
use ingest::collection::status::{Asked, Evidence, Item, ItemVerdict, Limits, StatusReport, status};
use ingest::collection::{Collection, Report, Rules};
use jiff::Timestamp;
use jiff::civil::{Date, date};
use model::id::{ChannelNumber, Name};
use model::master::Channel;
use model::quality::{Quality, Status};
use model::quantity::Decimal;
use serde_json::json;
use store::disk::RealDisk;
use store::readings::{Batch, Config, DayRun, ReadingsBook, RegisterEntry};
use store::registry::Registry;
use store::registry::alert::{AlertKind, Condition};
use store::registry::attempt::{Attempt, AttemptOutcome};
use store::registry::channel::ChannelEntry;
use store::registry::fact::{Fact, FactKind};
use store::registry::hand_over::{Answer, Answered, HandOver, HandedOver};
use store::registry::link::{Link, Relation};
use store::registry::master::Class;
use tokio::runtime::Runtime;

const ZONE: &str = "America/Toronto";
/// The day that is told of: from 05:00 UTC, with 24 hours.
const DAY: Date = date(2026, 3, 7);
const RULES: Rules = Rules {
    per_cent: 98,
    deadline: jiff::civil::time(5, 0, 0, 0),
    register_every_minutes: 60,
    stamp_tolerance_seconds: 90,
};

fn at(text: &str) -> Timestamp {
    text.parse().expect("an instant")
}

/// An hour of the day in epoch seconds; 0 is its begin.
fn hour(number: i64) -> i64 {
    at("2026-03-07T05:00:00Z").as_second() + 3600 * number
}

/// Books in which things are planted.
struct Planted {
    book: Arc<ReadingsBook>,
    registry: Registry,
    runtime: Runtime,
    batches: std::cell::Cell<u8>,
    _folder: tempfile::TempDir,
}

impl Planted {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let runtime = Runtime::new().expect("a runtime");
        let (book, _) =
            ReadingsBook::open(Arc::new(RealDisk), &folder.path().join("readings"), Config::default()).expect("a book");
        let url = format!("sqlite:{}", folder.path().join("registry.sqlite").display());
        let registry = runtime.block_on(Registry::open(&url)).expect("a registry");
        Self { book: Arc::new(book), registry, runtime, batches: 0.into(), _folder: folder }
    }

    fn ask<T>(&self, question: impl Future<Output = Result<T, store::registry::RegistryError>>) -> T {
        self.runtime.block_on(question).expect("answered")
    }

    /// A channel of meter `M-n` at `UP-n`; with a length it is one of intervals.
    fn channel(&self, number: u32, from: Option<&str>, interval_seconds: Option<u32>) -> Channel {
        let reading_type = match interval_seconds {
            Some(_) => "0.0.7.4.1.1.12.0.0.0.0.0.0.0.0.3.72.0",
            None => "0.0.0.1.1.1.12.0.0.0.0.0.0.0.0.3.72.0",
        };
        let entry = ChannelEntry {
            usage_point: Name::new("UsagePoint", format!("UP-{number}")),
            meter: Some(Name::new("Meter", format!("M-{number}"))),
            meter_from: from.map(at),
            suffix: if interval_seconds.is_some() { "E1".into() } else { "R1".into() },
            reading_type: reading_type.parse().expect("a reading type"),
            unit: "kWh".into(),
            quantum: -2,
            multiplier: Decimal::new(1, 0),
            dials: Some(5),
            interval_seconds,
            zone: ZONE.into(),
        };
        self.ask(self.registry.channels().register(&[entry])).remove(0)
    }

    /// A register since long ago, read at every hour of the day with a step of so many hundredths.
    fn read_hourly(&self, number: u32, hundredths: i64) -> Channel {
        let channel = self.channel(number, Some("2026-01-01T05:00:00Z"), None);
        let reads: Vec<_> = (0..=24).map(|at| (hour(at), 1000 + hundredths * at)).collect();
        self.reads(channel.number, &reads);
        channel
    }

    fn batch(&self) -> Batch {
        self.batches.set(self.batches.get() + 1);
        // Half an hour after the day, before the deadline.
        let received_at = at("2026-03-08T05:30:00Z").as_microsecond();
        Batch::new("HES", [self.batches.get(); 32], received_at)
    }

    fn reads(&self, channel: ChannelNumber, reads: &[(i64, i64)]) {
        let mut batch = self.batch();
        for (at, value) in reads {
            let (value, quality) = (Some(*value), Default::default());
            let read = RegisterEntry { channel, at: *at, period_start: None, value, quality, revision: None };
            batch.push_register(&read).expect("a read");
        }
        self.book.append(batch).expect("stored");
    }

    /// The hours of the day, with statuses of some of them.
    fn intervals(&self, channel: ChannelNumber, values: &[i64; 24], statuses: &[(u16, Status)]) {
        let quality = |(slot, status): &(u16, Status)| (*slot, slot + 1, self.book.quality_id(&Quality::of(*status)));
        let qualities: Vec<_> = statuses.iter().map(quality).collect();
        let mut batch = self.batch();
        let run = DayRun {
            channel,
            date: DAY,
            day_start: hour(0),
            slots: 24,
            slot_seconds: 3600,
            first: 0,
            values,
            qualities: &qualities,
            revision: None,
        };
        batch.push_run(&run).expect("a day");
        self.book.append(batch).expect("stored");
    }

    fn object(&self, class: Class, name: &str) -> model::id::Mrid {
        let names = [Name::new(class.as_str(), name)];
        self.ask(self.registry.master().register(class, &names, Some(&json!({ "tariff": "R1" })))).id
    }

    fn fact(&self, kind: FactKind, meter: &str, from: Option<&str>, value: &str) {
        let meter = self.object(Class::Meter, meter);
        let fact = Fact::new(kind, meter, from.map_or(Timestamp::MIN, at), Some(value)).expect("a fact");
        self.ask(self.registry.facts().put(&[fact]));
    }

    fn account(&self, point: &str, account: &str, from: &str, to: Option<&str>) {
        let (point, of) = (self.object(Class::UsagePoint, point), self.object(Class::CustomerAccount, account));
        let agreement = self.object(Class::CustomerAgreement, &format!("agreement {account}"));
        let link = |relation, subject, target| Link { relation, subject, target, from: at(from), to: to.map(at) };
        self.ask(self.registry.master().link(&link(Relation::AgreementOfAccount, agreement, of)));
        self.ask(self.registry.master().link(&link(Relation::UsagePointUnderAgreement, point, agreement)));
    }

    fn report(&self, now: Timestamp) -> Report {
        let directory = self.ask(self.registry.directory());
        let collection = Collection::new(Arc::clone(&self.book), directory, RULES, HashMap::new());
        collection.report(DAY, now, &mut |_| {}).expect("readable")
    }

    fn told(&self, events: Option<Vec<Happened>>) -> StatusReport {
        // An hour after the deadline.
        let now = at("2026-03-08T10:00:00Z");
        let (report, directory) = (self.report(now), self.ask(self.registry.directory()));
        let evidence = Evidence { events, ..self.ask(Evidence::of(&self.registry, DAY, now)) };
        let (book, limits) = (&self.book, Limits::default());
        let asked = Asked { book, directory: &directory, report: &report, limits, zone: ZONE };
        status(asked, &evidence, &mut |_| {}).expect("readable")
    }

    fn item(&self, number: usize) -> Item {
        self.told(None).items.swap_remove(number - 1)
    }
}

fn figure<'i>(item: &'i Item, name: &str) -> &'i str {
    let figure = item.figures.iter().find(|figure| figure.name == name);
    &figure.unwrap_or_else(|| panic!("no figure `{name}`: {item:?}")).value
}

fn rows(item: &Item) -> Vec<String> {
    item.rows.iter().map(|row| format!("{}: {}", row.component, row.reason)).collect()
}

fn happened(component: &str, at_text: &str, event_type: &str) -> Happened {
    Happened {
        component: component.into(),
        source: "HES".into(),
        at: at(at_text),
        received_at: at(at_text),
        event_type: event_type.parse().expect("a type"),
    }
}

#[test]
fn there_are_fourteen_items_in_their_order() {
    let told = Planted::new().told(None);
    let ids: Vec<_> = told.items.iter().map(|item| item.id.to_string()).collect();
    assert_eq!(ids, (1..=14).map(|number| format!("ONT-2.10.2.{number}")).collect::<Vec<_>>());
    let met: Vec<_> = told.items.iter().filter(|item| item.verdict == ItemVerdict::Met).collect();
    assert!(met.is_empty(), "nothing is there, and nothing is said to be well: {met:?}");
}

// covers: ONT-2.10.2.1
#[test]
fn an_installed_meter_that_is_not_read_is_named() {
    let planted = Planted::new();
    // Due on the day: installed after 05:00 UTC on the 6th. The first one is read an hour later.
    let first = planted.channel(1, Some("2026-03-06T20:00:00Z"), None);
    planted.reads(first.number, &[(at("2026-03-06T21:00:00Z").as_second(), 100)]);
    planted.channel(2, Some("2026-03-06T21:00:00Z"), None);
    // Not due before the report is made.
    planted.channel(3, Some("2026-03-07T20:00:00Z"), None);
    let item = planted.item(1);
    assert_eq!((figure(&item, "due on the day"), figure(&item, "read in time")), ("2", "1"));
    assert_eq!(figure(&item, "installed on the day and not read yet"), "1");
    assert_eq!(item.verdict, ItemVerdict::NotMet);
    assert_eq!(rows(&item), ["M-2: not read within 24 hours of its installation"]);
}

// covers: ONT-2.10.2.2, ONT-2.5.3
#[test]
fn links_that_are_missing_double_or_changed_are_named() {
    let planted = Planted::new();
    for number in 1..=3 {
        planted.channel(number, Some("2026-01-01T05:00:00Z"), None);
    }
    assert_eq!(planted.item(2).verdict, ItemVerdict::NoSource, "none of the numbers is known of any meter");
    for (meter, module) in [("M-1", "A1"), ("M-2", "A2"), ("M-3", "A1")] {
        planted.fact(FactKind::ModuleId, meter, None, module);
    }
    for (meter, badge) in [("M-1", "B1"), ("M-3", "B3")] {
        planted.fact(FactKind::BadgeNumber, meter, None, badge);
    }
    planted.fact(FactKind::BadgeNumber, "M-1", Some("2026-03-07T12:00:00Z"), "B9");
    planted.account("UP-1", "ACC-1", "2026-01-01T00:00:00Z", None);
    planted.account("UP-2", "ACC-2", "2026-01-01T00:00:00Z", Some("2026-03-07T12:00:00Z"));
    planted.account("UP-2", "ACC-4", "2026-03-07T12:00:00Z", None);
    let item = planted.item(2);
    assert_eq!(item.verdict, ItemVerdict::NotMet);
    assert_eq!((figure(&item, "meters"), figure(&item, "meters with a serial-number")), ("3", "none is known"));
    let mut found = rows(&item);
    found.sort_unstable();
    let expected = [
        "M-1: badge-number changed from B1 to B9",
        "M-1: module-id A1 is that of M-1, M-3",
        "M-2: account changed from ACC-2 to ACC-4",
        "M-2: no badge-number",
        "M-3: no account",
    ];
    // Usage points come in no order that people know, so either bearer may stand first.
    let found: Vec<_> =
        found.iter().map(|row| row.replace("M-3: module-id A1 is that of M-3, M-1", expected[1])).collect();
    let mut sorted = found.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, expected);
}

// covers: ONT-2.2.3, ONT-2.2.4
#[test]
fn a_multiplier_of_a_meter_and_a_service_without_one_are_named() {
    let planted = Planted::new();
    for number in 1..=3 {
        planted.channel(number, Some("2026-01-01T05:00:00Z"), None);
    }
    planted.fact(FactKind::MeterMultiplier, "M-1", None, "1.0");
    planted.fact(FactKind::MeterMultiplier, "M-2", None, "10");
    planted.fact(FactKind::TransformerType, "M-3", None, "yes");
    let mut found = rows(&planted.item(2));
    found.sort_unstable();
    let expected =
        ["M-2: meter multiplier 10, expected 1", "M-3: transformer-type, and no service multiplier is registered"];
    assert_eq!(found, expected);
}

// covers: ONT-2.10.2.3
#[test]
fn what_the_repository_did_not_acknowledge_is_named() {
    let planted = Planted::new();
    assert_eq!(planted.item(3).verdict, ItemVerdict::NoSource);
    let file = |name: &str| HandOver {
        kind: HandedOver::Accounts,
        name: name.into(),
        date: None,
        hash: String::new(),
        entries: 2,
        made_at: at("2026-03-07T10:00:00Z"),
        answer: None,
    };
    let ledger = planted.registry.hand_overs();
    let told = [("UP-1".into(), "UP-1,A".into()), ("UP-2".into(), "UP-2,B".into())];
    planted.ask(ledger.add(&file("accounts-1.csv"), &told));
    let answer = Answer { at: at("2026-03-07T11:00:00Z"), answered: Answered::Accepted, why: String::new() };
    planted.ask(ledger.answer("accounts-1.csv", &answer, &[]));
    assert_eq!(planted.item(3).verdict, ItemVerdict::Met);
    // One is withheld, one names a usage point that was not taken.
    planted.ask(ledger.add(&file("accounts-2.csv"), &[]));
    planted.ask(ledger.answer("accounts-1.csv", &answer, &[("UP-2".into(), "no such account".into())]));
    let item = planted.item(3);
    assert_eq!(item.verdict, ItemVerdict::NotMet);
    let expected = [
        "accounts-2.csv: 2 entries handed over and not acknowledged",
        "UP-2: refused in accounts-1.csv: no such account",
    ];
    assert_eq!(rows(&item), expected);
}

// covers: ONT-2.10.2.4
#[test]
fn a_change_from_the_repository_that_was_not_applied_is_named() {
    let planted = Planted::new();
    assert_eq!(planted.item(4).verdict, ItemVerdict::NoSource);
    let ledger = planted.registry.hand_overs();
    let take = |name: &str, at_text: &str, answered, why: &str| {
        let file = HandOver {
            kind: HandedOver::Changes,
            name: name.into(),
            date: None,
            hash: String::new(),
            entries: 3,
            made_at: at(at_text),
            answer: None,
        };
        planted.ask(ledger.add(&file, &[]));
        let answer = Answer { at: at(at_text), answered, why: why.into() };
        planted.ask(ledger.answer(name, &answer, &[]));
    };
    take("changes-1", "2026-03-07T04:59:00Z", Answered::Refused, "of the day before");
    assert_eq!(planted.item(4).verdict, ItemVerdict::Nothing);
    take("changes-2", "2026-03-07T12:00:00Z", Answered::Accepted, "");
    assert_eq!(planted.item(4).verdict, ItemVerdict::Met);
    take("changes-3", "2026-03-07T13:00:00Z", Answered::Refused, "UP-9: not in the registry");
    let item = planted.item(4);
    assert_eq!((item.verdict, figure(&item, "changes in them")), (ItemVerdict::NotMet, "6"));
    assert_eq!(rows(&item), ["changes-3: not all of its changes were applied: UP-9: not in the registry"]);
}

// covers: ONT-2.10.2.5
#[test]
fn readings_and_attempts_that_failed_are_told_with_their_cause() {
    let planted = Planted::new();
    planted.read_hourly(1, 7);
    let second = planted.channel(2, Some("2026-01-01T05:00:00Z"), None);
    planted.reads(second.number, &[(hour(1), 100)]);
    let attempt = |outcome, why: &str, first: &str, last: &str, attempts| Attempt {
        head_end: "HES".into(),
        outcome,
        why: why.into(),
        delivery: String::new(),
        first_at: at(first),
        last_at: at(last),
        attempts,
        deliveries: 0,
    };
    let (down, answered) = (AttemptOutcome::Down, AttemptOutcome::Answered);
    let log = planted.registry.attempts();
    for entry in [
        attempt(down, "connection refused", "2026-03-07T12:00:00Z", "2026-03-07T12:20:00Z", 3),
        attempt(answered, "", "2026-03-07T12:30:00Z", "2026-03-08T09:00:00Z", 40),
    ] {
        planted.ask(log.begin(&entry));
    }
    let item = planted.item(5);
    assert_eq!(item.verdict, ItemVerdict::NotMet, "25 of 48");
    assert_eq!((figure(&item, "readings expected"), figure(&item, "in time")), ("48", "25"));
    assert_eq!((figure(&item, "missing"), figure(&item, "attempts that failed")), ("23", "3"));
    let expected = [
        "HES: 3 attempts: could not be reached (connection refused); it answered again at 2026-03-07 12:30 UTC",
        "M-2: UP-2/R1: 23 readings, did not come",
    ];
    assert_eq!(rows(&item), expected);
}

// covers: ONT-2.10.2.6, ONT-2.3.2, ONT-2.8.3
#[test]
fn a_register_that_does_not_agree_with_its_intervals_is_named() {
    let planted = Planted::new();
    // 24 steps of one register, each held against its interval and against the read before: 48 comparisons.
    planted.read_hourly(1, 7);
    let intervals = planted.channel(1, Some("2026-01-01T05:00:00Z"), Some(3600));
    planted.intervals(intervals.number, &[7; 24], &[]);
    let item = planted.item(6);
    assert_eq!((item.verdict, figure(&item, "comparisons of registers and intervals")), (ItemVerdict::Met, "48"));
    // Two counts may be apart, three may not.
    let mut values = [7; 24];
    (values[3], values[5]) = (9, 10);
    planted.intervals(intervals.number, &values, &[]);
    let item = planted.item(6);
    assert_eq!((item.verdict, figure(&item, "that agree")), (ItemVerdict::NotMet, "47"));
    assert_eq!(rows(&item), ["M-1: UP-1/E1 and the register UP-1/R1 do not agree: 0.03 kWh apart"]);
    // A read below the one before; the next is above it.
    planted.reads(planted.channel(2, Some("2026-01-01T05:00:00Z"), None).number, &[(hour(1), 500), (hour(2), 400)]);
    let fell = "M-2: UP-2/R1: lower than the read before, and not at the end of the register";
    assert_eq!(rows(&planted.item(6)).last().map(String::as_str), Some(fell));
}

// covers: ONT-2.10.2.7, ONT-2.3.3
#[test]
fn reads_in_steps_of_more_than_ten_watt_hours_are_named() {
    let planted = Planted::new();
    planted.read_hourly(1, 7);
    assert_eq!(planted.item(7).verdict, ItemVerdict::Met);
    // 10.00, 11.00, ... kWh.
    planted.read_hourly(2, 100);
    let item = planted.item(7);
    assert_eq!((item.verdict, figure(&item, "channels of energy with values")), (ItemVerdict::NotMet, "2"));
    assert_eq!(rows(&item), ["M-2: UP-2/R1: told in steps of 1000 Wh, at least 10 Wh are asked"]);
}

// covers: ONT-2.10.2.8, ONT-2.4.3a, ONT-2.4.2e
#[test]
fn a_stamp_that_is_off_by_more_than_a_minute_and_a_half_is_named() {
    let planted = Planted::new();
    let channel = planted.channel(1, Some("2026-01-01T05:00:00Z"), None);
    // 1.4 minutes late, on time, 1.6 minutes early.
    planted.reads(channel.number, &[(hour(1) + 84, 100), (hour(2), 107), (hour(3) - 96, 114)]);
    let item = planted.item(8);
    assert_eq!(item.verdict, ItemVerdict::NotMet);
    assert_eq!(rows(&item), ["M-1: UP-1/R1: stamped 96 s from the time it was due, at most 90"]);
    let doubtful = planted.channel(2, Some("2026-01-01T05:00:00Z"), Some(3600));
    planted.intervals(doubtful.number, &[7; 24], &[(4, Status::CLOCK_ERROR), (5, Status::ASSUMED_TIME)]);
    let item = planted.item(8);
    assert_eq!((item.rows_count, figure(&item, "of a clock in doubt")), (2, "2"), "{item:?}");
}

// covers: ONT-2.10.2.9, ONT-2.10.2.12, ONT-2.10.2.13
#[test]
fn what_readings_and_devices_say_of_clocks_tampering_and_faults_is_told() {
    let planted = Planted::new();
    let channel = planted.channel(1, Some("2026-01-01T05:00:00Z"), Some(3600));
    assert_eq!(planted.item(9).verdict, ItemVerdict::Nothing);
    let statuses = [(2, Status::TIME_RESET), (4, Status::TAMPER), (6, Status::LOW_BATTERY), (7, Status::LOW_BATTERY)];
    planted.intervals(channel.number, &[7; 24], &statuses);
    let events = vec![
        happened("M-8", "2026-03-07T12:00:00Z", "3.36.114.24"),
        happened("M-8", "2026-03-07T13:00:00Z", "3.12.0.257"),
        happened("M-9", "2026-03-07T14:00:00Z", "3.18.72.85"),
        // Of the day before.
        happened("M-9", "2026-03-07T04:59:59Z", "3.12.0.257"),
    ];
    let told = planted.told(Some(events));
    let of = |number: usize| rows(&told.items[number - 1]);
    assert_eq!(of(9), ["M-1: UP-1/E1: clock adjusted", "M-8: Clock set (3.36.114.24), told by HES"]);
    assert_eq!(of(12), ["M-1: UP-1/E1: tamper suspected", "M-8: Tamper attempt suspected (3.12.0.257), told by HES"]);
    let memory = "M-9: Non-volatile memory failed (3.18.72.85), told by HES";
    assert_eq!(of(13), ["M-1: UP-1/E1: battery low", memory]);
    assert_eq!(figure(&planted.item(12), "events of devices"), "not kept here");
}

// covers: ONT-2.10.2.10, ONT-2.4.4a, ONT-2.4.4b
#[test]
fn the_intervals_of_power_loss_and_restoration_are_told() {
    let planted = Planted::new();
    let channel = planted.channel(1, Some("2026-01-01T05:00:00Z"), Some(3600));
    let mut values = [7; 24];
    values[4] = 0;
    planted.intervals(channel.number, &values, &[(3, Status::POWER_FAILURE), (5, Status::POWER_FAILURE)]);
    let events = vec![
        // The same outage as its intervals tell.
        happened("M-1", "2026-03-07T08:10:00Z", "3.26.0.85"),
        happened("M-1", "2026-03-07T10:10:00Z", "3.26.0.216"),
        happened("M-9", "2026-03-08T03:30:00Z", "3.26.0.85"),
        happened("M-9", "2026-03-08T04:30:00Z", "3.26.0.216"),
    ];
    let told = planted.told(Some(events));
    let expected = [
        "M-1: power lost in the interval to 2026-03-07 04:00, back in the one to 2026-03-07 06:00",
        "M-9: power lost in the interval to 2026-03-07 23:00, back in the one to 2026-03-07 24:00",
    ];
    assert_eq!(rows(&told.items[9]), expected);
}

// covers: ONT-2.10.2.11
#[test]
fn links_that_do_not_work_are_told() {
    let planted = Planted::new();
    planted.read_hourly(1, 7);
    planted.channel(2, Some("2026-01-01T05:00:00Z"), None);
    let down = Attempt {
        head_end: "HES".into(),
        outcome: AttemptOutcome::Down,
        why: "no route".into(),
        delivery: String::new(),
        first_at: at("2026-03-07T12:00:00Z"),
        last_at: at("2026-03-07T12:00:00Z"),
        attempts: 1,
        deliveries: 0,
    };
    planted.ask(planted.registry.attempts().begin(&down));
    let told = planted.told(Some(vec![happened("C-1", "2026-03-07T12:00:00Z", "10.23.136.47")]));
    let expected = [
        "HES: head-end down: no route",
        "M-2: nothing came of it",
        "C-1: Access point lost radio link (10.23.136.47), told by HES",
    ];
    assert_eq!(rows(&told.items[10]), expected);
    assert_eq!(figure(&told.items[10], "meters that were silent"), "1");
}

// covers: ONT-2.10.2.14, ONT-2.10.2
#[test]
fn what_was_silent_when_the_day_ended_breaks_the_next_one() {
    let planted = Planted::new();
    for number in 1..=9 {
        planted.read_hourly(number, 7);
    }
    assert_eq!(planted.item(14).verdict, ItemVerdict::Nothing);
    // One of ten is silent from 13:00 on: 24 of 240 readings of the next day are at risk, 90 % are left.
    let silent = planted.channel(10, Some("2026-01-01T05:00:00Z"), None);
    planted.reads(silent.number, &(1..=12).map(|at| (hour(at), 1000 + at)).collect::<Vec<_>>());
    let storage = Condition {
        kind: AlertKind::Storage,
        component: "disk".into(),
        at: at("2026-03-07T12:00:00Z"),
        received_at: at("2026-03-07T12:00:00Z"),
        why: "95 % full".into(),
        impact: "nothing more can be taken in".into(),
    };
    planted.ask(planted.registry.alerts().raise(&[storage], at("2026-03-07T12:01:00Z")));
    let item = planted.item(14);
    assert_eq!(item.verdict, ItemVerdict::NotMet);
    let at_risk = figure(&item, "readings of the next day at risk in America/Toronto");
    // The clock is put forward on the 8th, but as many are looked at as were expected of the 7th.
    assert_eq!(at_risk, "24: the share that is asked will be missed");
    let expected = [
        "M-10: silent when the day ended: 24 readings of the next day are at risk",
        "disk: storage: 95 % full; nothing more can be taken in",
    ];
    assert_eq!(rows(&item), expected);
}

// covers: ONT-2.10.2z1
#[test]
fn a_day_is_kept_as_it_was_and_what_comes_later_is_a_difference() {
    let planted = Planted::new();
    let channel = planted.channel(1, Some("2026-01-01T05:00:00Z"), None);
    planted.reads(channel.number, &(1..=20).map(|at| (hour(at), 1000 + at)).collect::<Vec<_>>());
    assert_eq!(days_of(&planted.report(at("2026-03-08T08:59:00Z"))), [], "the deadline is at 09:00 UTC");
    let kept = days_of(&planted.report(at("2026-03-08T09:00:00Z")));
    planted.ask(planted.registry.collected_days().keep(&kept));
    let told = planted.ask(history(&planted.registry, date(2026, 3, 6), DAY));
    assert_eq!((told.met, told.not_met, told.expected, told.in_time), (0, 1, 24, 20));
    assert_eq!((told.not_kept, told.days[0].missing), (vec![date(2026, 3, 6)], 4));
    assert_eq!(told.days[0].reasons, json!({ "not_received": 4 }));
    // Four more come after the deadline.
    let mut batch = planted.batch();
    batch.received_at = at("2026-03-08T12:00:00Z").as_microsecond();
    for number in 21..=24 {
        let (value, quality) = (Some(1000 + number), Default::default());
        let read = RegisterEntry {
            channel: channel.number,
            at: hour(number),
            period_start: None,
            value,
            quality,
            revision: None,
        };
        batch.push_register(&read).expect("a read");
    }
    planted.book.append(batch).expect("stored");
    let found = differences(&told.days, &planted.report(at("2026-03-09T00:00:00Z")));
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].kept.missing, found[0].now.missing, found[0].now.late), (4, 0, 4));
    assert_eq!(found[0].now.in_time, 20, "what was in time stays so");
}
