//! What a head-end hands over, taken in over real books: each delivery once, in order, whatever happens in between.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use formats::Options;
use headend::pace::Contract;
use headend::{Body, Delivery, HeadEnd, Trouble};
use ingest::Intake;
use ingest::admission::Limits;
use ingest::collector::{Collector, Source, State};
use ingest::intake::{Books, Unknown};
use jiff::{SignedDuration, Timestamp};
use store::disk::RealDisk;
use store::raw::RawBook;
use store::readings::{Config, ReadingsBook};
use store::registry::Registry;
use store::registry::quarantine::QuarantineFilter;
use tempfile::TempDir;

/// A head-end that has what it is given, by number; what it answers first may be trouble.
#[derive(Clone, Default)]
struct Scripted {
    deliveries: Arc<Mutex<Vec<(String, Body)>>>,
    troubles: Arc<Mutex<VecDeque<Trouble>>>,
    taken: Arc<Mutex<Vec<String>>>,
    cannot_say: Arc<Mutex<bool>>,
}

impl Scripted {
    fn has(&self, name: &str, bytes: impl Into<Vec<u8>>) {
        self.deliveries.lock().expect("no panic").push((name.into(), Body::Bytes(bytes.into().into())));
    }

    fn taken(&self) -> Vec<String> {
        self.taken.lock().expect("no panic").clone()
    }
}

impl HeadEnd for Scripted {
    async fn pull(&mut self, after: Option<&str>) -> Result<Option<Delivery>, Trouble> {
        if let Some(trouble) = self.troubles.lock().expect("no panic").pop_front() {
            return Err(trouble);
        }
        let number: usize = after.map_or(0, |after| after.parse().expect("a number"));
        let deliveries = self.deliveries.lock().expect("no panic");
        let delivery = |(name, body): &(String, Body)| Delivery {
            name: name.clone(),
            position: (number + 1).to_string(),
            body: body.clone(),
        };
        Ok(deliveries.get(number).map(delivery))
    }

    async fn taken(&mut self, delivery: &Delivery) -> Result<(), Trouble> {
        if *self.cannot_say.lock().expect("no panic") {
            return Err(Trouble::Down("gone".into()));
        }
        self.taken.lock().expect("no panic").push(delivery.name.clone());
        Ok(())
    }
}

/// Books, and a head-end to collect from.
struct Station {
    folder: TempDir,
    head_end: Scripted,
}

impl Station {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a temporary folder"), head_end: Scripted::default() }
    }

    /// A collector over the books, as after a start of the program.
    async fn start(&self) -> (Collector<Scripted>, Books) {
        let disk = Arc::new(RealDisk);
        let path = self.folder.path();
        let (readings, _) =
            ReadingsBook::open(disk.clone(), &path.join("readings"), Config::default()).expect("a book");
        let raw = RawBook::open(disk, &path.join("raw")).expect("a book");
        let url = format!("sqlite:{}", path.join("registry.sqlite").display());
        let registry = Registry::open(&url);
        let books =
            Books { readings: Arc::new(readings), raw: Arc::new(raw), registry: registry.await.expect("opened") };
        let (of, handle) = (books.clone(), tokio::runtime::Handle::current());
        let intake = tokio::task::spawn_blocking(move || Intake::new(of, Limits::default(), "UTC".into(), handle));
        let intake = Arc::new(Mutex::new(intake.await.expect("no panic").expect("an intake")));
        let (name, unknown) = ("hes".to_owned(), Unknown::Register);
        let source = Source { name, format: None, zone: None, options: Options::default(), unknown };
        (Collector::new(self.head_end.clone(), source, Contract::default(), intake, now()), books)
    }
}

fn now() -> Timestamp {
    "2026-02-03T06:00:00Z".parse().expect("an instant")
}

/// An hour of a usage point.
fn hour(hour: u8, value: &str) -> String {
    format!(
        "usage_point_id,uom,start,end,value\nUP1,kWh,2026-02-03T0{hour}:00:00Z,2026-02-03T0{}:00:00Z,{value}\n",
        hour + 1
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn each_delivery_is_taken_once_and_in_order_over_restarts() {
    let station = Station::new();
    for number in 0..4 {
        station.head_end.has(&format!("file {number}"), hour(number, "1.5"));
    }
    for number in 0..4 {
        // Every start of the program goes on where the last commit said.
        let (mut collector, books) = station.start().await;
        collector.step(now).await;
        assert_eq!(books.readings.position("hes"), Some((number + 1).to_string()));
        assert_eq!(collector.wait(now()), SignedDuration::ZERO, "there may be more");
    }
    assert_eq!(station.head_end.taken(), ["file 0", "file 1", "file 2", "file 3"]);
    let (mut collector, _books) = station.start().await;
    collector.step(now).await;
    assert_eq!(collector.wait(now()), SignedDuration::from_secs(30), "nothing was there");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_end_that_repeats_yesterday_goes_on() {
    let station = Station::new();
    station.head_end.has("yesterday", hour(0, "1.5"));
    station.head_end.has("yesterday again", hour(0, "1.5"));
    station.head_end.has("today", hour(1, "2.5"));
    let (mut collector, _books) = station.start().await;
    for _ in 0..3 {
        collector.step(now).await;
    }
    assert_eq!(station.head_end.taken(), ["yesterday", "yesterday again", "today"]);
    let health = collector.health().lock().expect("no panic").clone();
    assert_eq!((health.deliveries, health.stored, health.refused), (3, 2, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn trouble_is_named_and_what_was_stored_is_not_stored_again() {
    let station = Station::new();
    station.head_end.has("file", hour(0, "1.5"));
    let troubles = [
        Trouble::Busy(Some(SignedDuration::from_secs(7))),
        Trouble::Down("no route".into()),
        Trouble::Refused("answers 401".into()),
    ];
    station.head_end.troubles.lock().expect("no panic").extend(troubles);
    *station.head_end.cannot_say.lock().expect("no panic") = true;
    let (mut collector, _books) = station.start().await;
    let mut told = Vec::new();
    for _ in 0..4 {
        collector.step(now).await;
        let health = collector.health().lock().expect("no panic").clone();
        told.push((health.state, health.why.unwrap_or_default(), collector.wait(now()).as_secs()));
    }
    let expected = [
        (State::Waiting, "asks to wait", 7),
        (State::Down, "no route", 1),
        (State::Refused, "answers 401", 2),
        // It was stored; that nobody could be told leads to no second one.
        (State::Down, "gone", 4),
    ];
    assert_eq!(told, expected.map(|(state, why, wait)| (state, why.to_owned(), wait)));
    collector.step(now).await;
    let health = collector.health().lock().expect("no panic").clone();
    assert_eq!((health.state, health.stored), (State::Connected, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_used_waits_in_quarantine_and_holds_up_nobody() {
    let station = Station::new();
    let archive = station.folder.path().join("broken.zip");
    std::fs::write(&archive, b"PK\x03\x04 and nothing that an archive has").expect("written");
    station.head_end.deliveries.lock().expect("no panic").push(("broken.zip".into(), Body::File(archive)));
    // The text that lies in a damaged archive is none of its readings.
    let stored = station.folder.path().join("cut.zip");
    std::fs::write(&stored, [b"PK\x03\x04".as_slice(), b"\n", hour(3, "9").as_bytes()].concat()).expect("written");
    station.head_end.deliveries.lock().expect("no panic").push(("cut.zip".into(), Body::File(stored)));
    station.head_end.has("no file of ours", "nonsense");
    station.head_end.has("good", hour(0, "1.5"));
    let (mut collector, books) = station.start().await;
    for _ in 0..4 {
        collector.step(now).await;
    }
    assert_eq!(station.head_end.taken(), ["broken.zip", "cut.zip", "no file of ours", "good"]);
    let health = collector.health().lock().expect("no panic").clone();
    assert_eq!((health.deliveries, health.refused, health.stored), (4, 3, 1));
    let waiting = books.registry.quarantine().list(&QuarantineFilter::default()).await.expect("listed");
    let mut codes: Vec<_> = waiting.iter().map(|item| item.entry.code.as_str()).collect();
    codes.sort_unstable();
    assert_eq!(codes, ["file.unreadable", "file.unreadable", "format.unknown"]);
}
