//! The order of arrival, repetition and how messages are cut leave no trace in the events book: 10,000 devices at once, each
//! a case of its own.

use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;
use model::event::report::Report;
use store::events::{Batch, EventsBook, ToldEvent};
use store::registry::local_postgres::LocalPostgres;

use super::events_fixture::{OUTAGE, RESTORED, Rule, event, told};

const DEVICES: u64 = 10_000;

/// Numbers that look random and are the same in every run.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

/// What the book holds: for each event its device, type and time, with the reports of it.
type Content = BTreeSet<(String, String, Option<i64>, BTreeSet<(String, String, i64)>)>;

fn reports(chance: &mut Chance) -> Vec<ToldEvent> {
    let mut told = Vec::new();
    for device in 0..DEVICES {
        for _ in 0..=chance.below(6) {
            let event_type = [OUTAGE, RESTORED][chance.below(2) as usize];
            let source = ["HES-1", "HES-2"][chance.below(2) as usize];
            let id = if chance.below(2) == 0 { String::new() } else { chance.below(4).to_string() };
            // Steps of 700 ms: two are inside the window, three are not.
            let at = chance.below(12) as i64 * 700;
            told.push(event(&format!("M{device}"), event_type, at, source, &id));
        }
    }
    told
}

/// Every event there should be, by a plain search over the links of each device.
fn expected(told: &[ToldEvent]) -> Content {
    let mut of_device: BTreeMap<&str, Vec<&Report>> = BTreeMap::new();
    for event in told {
        let name = event.device.as_ref().expect("named").value.as_str();
        of_device.entry(name).or_default().push(&event.report);
    }
    let mut content = Content::new();
    for (device, reports) in of_device {
        let mut left: BTreeSet<usize> = (0..reports.len()).collect();
        while let Some(first) = left.pop_first() {
            let mut reached = vec![first];
            let mut at = 0;
            while at < reached.len() {
                let here = reports[reached[at]];
                let linked: Vec<_> = left.iter().copied().filter(|other| is_linked(here, reports[*other])).collect();
                linked.iter().for_each(|other| {
                    left.remove(other);
                });
                reached.extend(linked);
                at += 1;
            }
            content.insert(one_event(device, reached.iter().map(|place| reports[*place])));
        }
    }
    content
}

fn is_linked(left: &Report, right: &Report) -> bool {
    let (at, other) = (left.occurred_at.expect("told"), right.occurred_at.expect("told"));
    let is_near = at.duration_since(other).abs() <= SignedDuration::from_secs(2);
    let one_id = !left.source_id.is_empty() && (&left.source, &left.source_id) == (&right.source, &right.source_id);
    left.meaning == right.meaning && (is_near || one_id)
}

/// Device, meaning, earliest time, and who told it when and by which id.
type Told = (String, String, Option<i64>, BTreeSet<(String, String, i64)>);

fn one_event<'r>(device: &str, reports: impl Iterator<Item = &'r Report> + Clone) -> Told {
    let at = |report: &Report| report.occurred_at.expect("told").as_millisecond();
    let told: BTreeSet<_> =
        reports.clone().map(|report| (report.source.to_string(), report.source_id.to_string(), at(report))).collect();
    let meaning = reports.clone().next().expect("one at least").meaning.to_string();
    (device.to_owned(), meaning, reports.map(at).min(), told)
}

/// Appends in another order, with a third told twice, cut into commits and messages of any size.
async fn append_in_any_order(book: &EventsBook, told_events: &[ToldEvent], chance: &mut Chance) {
    let mut events = told_events.to_vec();
    for _ in 0..events.len() / 3 {
        events.push(events[chance.below(told_events.len() as u64) as usize].clone());
    }
    for place in (1..events.len()).rev() {
        events.swap(place, chance.below(place as u64 + 1) as usize);
    }
    let mut left = events.as_slice();
    while !left.is_empty() {
        let mut batch = Batch::default();
        for _ in 0..=chance.below(4) {
            let (message, rest) = left.split_at((1 + chance.below(1500) as usize).min(left.len()));
            batch.told.push(told(&format!("hash {}", left.len()), "HES", message.to_vec()));
            left = rest;
            if left.is_empty() {
                break;
            }
        }
        book.append(&batch, &Rule).await.expect("appended");
    }
}

async fn content(book: &EventsBook) -> Content {
    let mut content = Content::new();
    let mut cursor = 0;
    loop {
        let events = book.since(cursor, 5000).await.expect("read");
        let Some(last) = events.last() else { return content };
        cursor = last.sequence;
        for event in &events {
            let at = |report: &store::events::EventReport| report.occurred_at.expect("told").as_millisecond();
            let told: BTreeSet<_> = event
                .reports
                .iter()
                .map(|report| (report.source.to_string(), report.source_id.to_string(), at(report)))
                .collect();
            assert_eq!(told.len(), event.reports.len(), "a report is kept twice: {event:?}");
            let device = event.device.as_ref().expect("named").value.to_string();
            let meaning = event.event_type.expect("known").to_string();
            content.insert((device, meaning, event.occurred_at.map(|at| at.as_millisecond()), told));
        }
    }
}

async fn check(book: EventsBook, seed: u64) {
    let told = reports(&mut Chance(20_260_206));
    append_in_any_order(&book, &told, &mut Chance(seed)).await;
    let (found, expected) = (content(&book).await, expected(&told));
    let differing: Vec<_> = found.symmetric_difference(&expected).take(3).collect();
    assert!(differing.is_empty(), "seed {seed}: {differing:#?}");
}

// covers: MOD-DUP
#[tokio::test(flavor = "multi_thread")]
async fn sqlite_keeps_the_same_events_in_any_order() {
    for seed in [1, 2] {
        let folder = tempfile::tempdir().expect("a folder");
        let url = format!("sqlite:{}", folder.path().join("events.sqlite").display());
        check(EventsBook::open(&url).await.expect("opened"), seed).await;
    }
}

// covers: MOD-DUP
#[tokio::test(flavor = "multi_thread")]
async fn postgres_keeps_the_same_events_in_any_order() {
    let server = LocalPostgres::start().await.unwrap_or_else(|error| panic!("{error}"));
    let url = server.create_database("events").await.expect("a database");
    check(EventsBook::open(&url).await.expect("opened"), 3).await;
}
