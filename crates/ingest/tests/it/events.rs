//! The way of events: many messages at once, never behind readings, nothing dropped in silence.

use std::sync::Arc;
use std::time::Duration;

use formats::Options;
use ingest::Intake;
use ingest::admission::Limits;
use ingest::events::{Config, EventsFailure, EventsLane, EventsReceipt};
use ingest::intake::{Books, Message, Receipt, Unknown};
use ingest::schema::{self, Propose, Sample};
use jiff::{SignedDuration, Timestamp};
use model::id::Name;
use model::quantity::Decimal;
use store::disk::RealDisk;
use store::events::{Event, EventState, EventsBook};
use store::raw::RawBook;
use store::readings::ReadingsBook;
use store::registry::Registry;
use store::registry::channel::ChannelEntry;
use store::registry::quarantine::{QuarantineFilter, QuarantineItem, QuarantineState};
use store::registry::schema::{Said, Word};
use tokio::runtime::Runtime;

const NOW: &str = "2026-03-01T12:00:00Z";

/// The books of a utility, and the way of events to theirs.
struct Station {
    lane: EventsLane,
    books: Books,
    book: EventsBook,
    runtime: Runtime,
    folder: tempfile::TempDir,
}

impl Station {
    fn new() -> Self {
        Self::with(&Config::default())
    }

    fn with(config: &Config) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let runtime = Runtime::new().expect("a runtime");
        let disk = Arc::new(RealDisk);
        let (readings, _) =
            ReadingsBook::open(disk.clone(), &folder.path().join("readings"), store::readings::Config::default())
                .expect("a book");
        let raw = Arc::new(RawBook::open(disk, &folder.path().join("raw")).expect("a book"));
        let url = |name: &str| format!("sqlite:{}", folder.path().join(name).display());
        let registry = runtime.block_on(Registry::open(&url("registry.sqlite"))).expect("a registry");
        let book = runtime.block_on(EventsBook::open(&url("events.sqlite"))).expect("a book");
        let books = Books { readings: Arc::new(readings), raw, registry };
        let rules = config.build().expect("rules");
        let handle = runtime.handle().clone();
        let lane = EventsLane::start(book.clone(), books.raw.clone(), books.registry.clone(), rules, handle);
        Self { lane, books, book, runtime, folder }
    }

    /// Registers a usage point with its meter.
    fn register(&self, usage_point: &str, meter: &str) {
        let entry = ChannelEntry {
            usage_point: Name::new("UsagePoint", usage_point),
            meter: Some(Name::new("SerialNumber", meter)),
            meter_from: None,
            suffix: "".into(),
            reading_type: "0.0.7.4.1.1.12.0.0.0.0.0.0.0.0.3.72.0".parse().expect("a reading type"),
            unit: "kWh".into(),
            quantum: -3,
            multiplier: Decimal::new(1, 0),
            dials: None,
            interval_seconds: Some(3600),
            zone: "UTC".into(),
        };
        self.runtime.block_on(self.books.registry.channels().register(&[entry])).expect("registered");
    }

    fn take(&self, source: &str, text: &str) -> Result<EventsReceipt, EventsFailure> {
        self.runtime.block_on(self.lane.take(message(source), text.to_owned(), now()))
    }

    fn events(&self) -> Vec<Event> {
        self.runtime.block_on(self.book.since(0, 1000)).expect("read")
    }

    fn intake(&self) -> Intake {
        let handle = self.runtime.handle().clone();
        let intake = Intake::new(self.books.clone(), Limits::default(), "UTC".into(), handle).expect("an intake");
        intake.with_events(self.lane.clone())
    }

    fn take_all(&self, intake: &mut Intake, text: &str) -> Receipt {
        intake.take(&message("HES-1"), &mut text.as_bytes(), now()).expect("taken")
    }

    fn waiting(&self) -> Vec<QuarantineItem> {
        let open = QuarantineFilter { state: Some(QuarantineState::Open), ..QuarantineFilter::default() };
        self.runtime.block_on(self.books.registry.quarantine().list(&open)).expect("listed")
    }
}

fn now() -> Timestamp {
    NOW.parse().expect("an instant")
}

fn message(source: &str) -> Message {
    Message {
        source: source.into(),
        name: "events".into(),
        format: None,
        zone: None,
        options: Options::default(),
        unknown: Unknown::Quarantine,
        position: String::new(),
        replaces: None,
    }
}

/// A document of events, each `device type seconds-before-now`.
fn document(events: &[&str]) -> String {
    let event = |line: &&str| {
        let words: Vec<_> = line.split(' ').collect();
        let before: i64 = words[2].parse().expect("seconds");
        let at = now() - SignedDuration::from_secs(before);
        format!(r#"{{"device": "{}", "type": "{}", "time": "{at}", "firmware": "7.1"}}"#, words[0], words[1])
    };
    format!("{{\"events\": [{}]}}", events.iter().map(event).collect::<Vec<_>>().join(",\n"))
}

// covers: MOD-DUP
#[test]
fn two_head_ends_tell_one_event_of_a_meter_by_two_names() {
    let station = Station::new();
    station.register("UP1", "LG0001");
    let first = station.take("HES-1", &document(&["LG0001 3.26.0.85 10"])).expect("taken");
    assert_eq!((first.accepted, first.events.told, first.events.fresh, first.findings_count), (true, 1, 1, 0));
    // The other one knows the usage point only, and calls an outage by its older number.
    let at = now() - SignedDuration::from_secs(9);
    let other = format!(r#"{{"events": [{{"usagePoint": "UP1", "type": "3.26.0.47", "time": "{at}"}}]}}"#);
    let other = station.take("HES-2", &other).expect("taken");
    assert_eq!((other.events.fresh, other.events.joined), (0, 1));
    let events = station.events();
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].state, EventState::Known);
    let told: Vec<_> =
        events[0].reports.iter().map(|report| (report.source.as_str(), report.told_type.as_str())).collect();
    assert_eq!(told, [("HES-1", "3.26.0.85"), ("HES-2", "3.26.0.47")]);
    let raw = events[0].reports[0].raw.parse().expect("the id of raw bytes");
    let bytes = station.books.raw.read_all(raw).expect("kept");
    assert_eq!(String::from_utf8(bytes).expect("text"), document(&["LG0001 3.26.0.85 10"]));
    let again = station.take("HES-1", &document(&["LG0001 3.26.0.85 10"])).expect("taken");
    assert_eq!(again, EventsReceipt { repeated: true, ..first });
}

// covers: MOD-SCH, MOD-DUP
#[test]
fn a_device_that_is_registered_later_gets_its_events() {
    let station = Station::new();
    let receipt = station.take("HES-1", &document(&["LG0001 3.26.0.85 10"])).expect("taken");
    assert_eq!((receipt.accepted, receipt.events.unknown_device), (true, 1));
    station.register("UP1", "LG0001");
    station.take("HES-2", &document(&["LG0001 3.26.0.85 9"])).expect("taken");
    assert_eq!(station.events().len(), 2);
    assert_eq!(station.runtime.block_on(station.lane.resolve_unknown()).expect("resolved"), 1);
    let events = station.events();
    assert_eq!(events.iter().map(|event| (event.sequence, event.reports.len())).collect::<Vec<_>>(), [(1, 2)]);
    assert!(events[0].meter.is_some() && events[0].usage_point.is_some());
    assert_eq!(station.runtime.block_on(station.lane.resolve_unknown()).expect("resolved"), 0);
}

// covers: MOD-SCH
#[test]
fn words_that_are_not_understood_are_kept_and_told() {
    let station = Station::with(&Config {
        dialects: [("HES-1".into(), [("PWR_DN".into(), "3.26.0.85".into())].into())].into(),
        ..Config::default()
    });
    let receipt = station.take("HES-1", &document(&["M1 PWR_DN 10", "M1 PWR_DOWN 10"])).expect("taken");
    assert_eq!(
        (receipt.events.fresh, receipt.events.unmapped, receipt.findings[0].code.as_str()),
        (2, 1, "event.unmapped")
    );
    let events = station.events();
    let types: Vec<_> = events.iter().map(|event| event.event_type.map(|known| known.to_string())).collect();
    assert_eq!(types, [Some("3.26.0.85".into()), None]);
    assert_eq!(events[1].reports[0].told_type, "PWR_DOWN");
    assert_eq!(events[1].reports[0].details, [("firmware".into(), "7.1".into())], "unknown members are kept");
    let unmapped = station.runtime.block_on(station.book.unmapped()).expect("read");
    assert_eq!(unmapped.iter().map(|words| words.told_type.as_str()).collect::<Vec<_>>(), ["PWR_DOWN"]);
}

#[test]
fn times_that_cannot_be_are_kept_and_ordered_by_arrival() {
    let station = Station::new();
    let receipt = station.take("HES-1", &document(&["M1 3.26.0.85 -7201", "M2 3.26.0.85 -7200"])).expect("taken");
    assert_eq!((receipt.events.doubtful, receipt.findings[0].code.as_str()), (1, "event.time_doubtful"));
    let events = station.events();
    assert_eq!(events[0].ordered_at, now());
    assert_eq!(events[1].ordered_at, now() + SignedDuration::from_hours(2));
}

// covers: MOD-DRP
#[test]
fn what_cannot_be_used_waits_in_quarantine_and_the_rest_is_taken() {
    let station = Station::new();
    let text = "{\"events\": [\n{\"type\": \"3.26.0.85\"},\n{\"device\": M1},\n{\"device\": \"M1\", \"type\": \"3.26.0.85\"},\n{\"device\": \"M1\"}]}";
    let receipt = station.take("HES-1", text).expect("taken");
    assert_eq!((receipt.accepted, receipt.events.fresh, receipt.malformed), (true, 1, 3));
    let mut waiting: Vec<_> =
        station.waiting().iter().map(|item| (item.entry.cause.clone(), item.entry.line)).collect();
    waiting.sort();
    let expected = [("event.nobodys".into(), 2), ("event.typeless".into(), 5), ("events_json.event".into(), 3)];
    assert_eq!(waiting, expected);

    let refused = station.take("HES-1", "{\"events\": [").expect("answered");
    assert_eq!((refused.accepted, refused.findings[0].code.as_str()), (false, "events_json.document"));
    assert_eq!(station.waiting().len(), 4);
}

/// A message that holds both: an event of a meter and an hour of its readings.
const BOTH: &str = r#"<MeterReadings xmlns="http://iec.ch/TC57/2011/MeterReadings#">
  <MeterReading>
    <Meter><Names><name>LG0001</name></Names></Meter>
    <UsagePoint><Names><name>UP1</name></Names></UsagePoint>
    <EndDeviceEvents>
      <mRID>e-1</mRID><createdDateTime>2026-03-01T11:30:00.5Z</createdDateTime><EndDeviceEventType ref="3.26.0.85"/>
    </EndDeviceEvents>
    <IntervalBlocks>
      <IntervalReadings><timeStamp>2026-03-01T11:00:00Z</timeStamp><value>1.5</value></IntervalReadings>
      <ReadingType ref="0.0.7.4.1.1.12.0.0.0.0.0.0.0.0.3.72.0"/>
    </IntervalBlocks>
  </MeterReading>
</MeterReadings>"#;

// covers: MOD-SCH
#[test]
fn a_change_of_the_format_is_told_of_events_as_well() {
    let station = Station::new();
    station.register("UP1", "M1");
    let one =
        |more: &str, at: &str| format!(r#"{{"events": [{{"device": "M1", "time": "{at}", "type": "x"{more}}}]}}"#);
    let sample = one("", "2026-03-01T11:00:00Z");
    let (registry, options) = (&station.books.registry, Options::default());
    let samples = [Sample { name: "sample.json", bytes: sample.as_bytes() }];
    let agree = async {
        let checked = schema::check(registry, "HES", &samples, (None, &options), now()).await?;
        let asked = Propose { source: "HES", by: "Ada", reason: "as is", effective_from: now(), breaks: false };
        schema::propose(registry, &checked, asked, now()).await?;
        let word = Said { by: "Ben".into(), word: Word::Approve, note: String::new(), at: now() };
        schema::say(registry, ("HES", 1), word).await
    };
    station.runtime.block_on(agree).expect("agreed");
    let differences = || {
        let found = station.runtime.block_on(registry.schemas().differences(10)).expect("listed");
        found.into_iter().map(|one| (one.detail, one.messages)).collect::<Vec<_>>()
    };
    station.take("HES", &sample).expect("taken");
    assert_eq!(differences(), []);
    let changed = one(r#", "severity": 3"#, "2026-03-01T11:01:00Z");
    for _ in 0..2 {
        assert_eq!(station.take("HES", &changed).expect("taken").events.told, 1, "what is known is used");
    }
    // What nobody can read is another format as well, and the same bytes are one message.
    for _ in 0..2 {
        assert!(!station.take("HES", r#"{"events": 5}"#).expect("answered").accepted);
    }
    assert_eq!(differences().iter().map(|(_, messages)| messages).max(), Some(&1));
    station.take("another", &one(r#", "phase": 1"#, "2026-03-01T11:02:00Z")).expect("taken");
    assert!(differences().contains(&("events/severity is new".into(), 1)), "{:?}", differences());
}

#[test]
fn a_message_with_readings_gives_its_events_to_their_book() {
    let station = Station::new();
    station.register("UP1", "LG0001");
    let mut intake = station.intake();
    let receipt = station.take_all(&mut intake, BOTH);
    assert_eq!((receipt.accepted, receipt.stored, receipt.events.fresh), (true, 1, 1), "{receipt:?}");
    let event = &station.events()[0];
    assert_eq!(event.occurred_at.map(|at| at.to_string()).as_deref(), Some("2026-03-01T11:30:00.5Z"));
    assert_eq!(event.state, EventState::Known);
    assert!(station.take_all(&mut intake, BOTH).repeated);
    assert_eq!(station.events().len(), 1);

    let refused = station.take("HES-1", BOTH).expect("answered");
    assert!(refused.repeated, "its events were answered with the readings");
    let refused = station.take("HES-1", &BOTH.replace("e-1", "e-2")).expect("answered");
    assert_eq!((refused.accepted, refused.findings[0].code.as_str()), (false, "event.readings"));
}

#[test]
fn a_file_of_events_is_taken_by_the_intake_in_parts() {
    let station = Station::new();
    let lines: Vec<String> = (0..12_000).map(|number| format!("M{number} 3.26.0.85 10")).collect();
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let mut intake = station.intake();
    let receipt = station.take_all(&mut intake, &document(&lines));
    assert_eq!((receipt.events.told, receipt.events.fresh, receipt.events.unknown_device), (12_000, 12_000, 12_000));
    assert_eq!(station.runtime.block_on(station.book.count()).expect("counted"), 12_000);
    assert!(station.take_all(&mut intake, &document(&lines)).repeated);
    // The same events cut otherwise are other bytes and no other events.
    let receipt = station.take_all(&mut intake, &document(&lines[..7000]));
    assert_eq!((receipt.events.told, receipt.events.fresh, receipt.events.repeated), (7000, 0, 7000));
}

// covers: MOD-DRP, MOD-EVT
#[test]
fn a_full_queue_refuses_at_once_and_loses_nothing() {
    let station = Station::new();
    // Nobody drives this runtime until the queue is full, so that nothing is committed before.
    let asleep = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let rules = Config { waiting_messages_max: 4, ..Config::default() }.build().expect("rules");
    let (book, books, handle) = (station.book.clone(), station.books.clone(), asleep.handle().clone());
    let lane = EventsLane::start(book, books.raw, books.registry, rules, handle);
    let (taken, refused) = station.runtime.block_on(async {
        let mut sent = tokio::task::JoinSet::new();
        for number in 0..4 {
            let (lane, text) = (lane.clone(), document(&[&format!("M{number} 3.26.0.85 10")]));
            sent.spawn(async move { lane.take(message("HES-1"), text, now()).await });
        }
        // The fifth is refused as soon as the four have their places.
        let refused = loop {
            tokio::task::yield_now().await;
            let text = document(&["M9 3.26.0.85 10"]);
            // Looked at once: one that has a place gives it back before it is stored.
            let once = tokio::time::timeout(Duration::ZERO, lane.take(message("HES-1"), text, now()));
            if let Ok(refused) = once.await {
                break refused;
            }
        };
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let driving = std::thread::spawn(move || asleep.block_on(stopped));
        let taken = sent.join_all().await;
        drop(stop);
        // It was told to stop by the end of the channel.
        let _ = driving.join();
        (taken, refused)
    });
    assert!(matches!(refused, Err(EventsFailure::Busy)), "{refused:?}");
    // One of the four may have come while the fifth looked, and was refused then; it was told so.
    let accepted = taken.iter().filter(|taken| taken.as_ref().is_ok_and(|taken| taken.accepted)).count();
    let busy = taken.iter().filter(|taken| matches!(taken, Err(EventsFailure::Busy))).count();
    assert!(accepted + busy == 4 && 0 < accepted, "{taken:?}");
    // What is answered is stored; one that looked and did not wait for its answer may be, too.
    let stored = station.events().len();
    assert!((accepted..=accepted + 1).contains(&stored), "{stored} of {accepted}");
}

// covers: MOD-EVT
#[test]
fn events_of_many_senders_at_once_are_all_there_once() {
    let station = Station::new();
    let receipts = station.runtime.block_on(async {
        let mut sent = tokio::task::JoinSet::new();
        for number in 0..200 {
            // Every device is told by two senders; every tenth message comes twice.
            let text =
                document(&[&format!("M{} 3.26.0.85 10", number / 2)]).replace("7.1", &format!("7.{}", number % 2));
            for _ in 0..=usize::from(number % 10 == 0) {
                let (lane, text) = (station.lane.clone(), text.clone());
                sent.spawn(async move { lane.take(message(&format!("HES-{}", number % 2)), text, now()).await });
            }
        }
        sent.join_all().await
    });
    let receipts: Vec<_> = receipts.into_iter().map(|receipt| receipt.expect("taken")).collect();
    assert_eq!(receipts.len(), 220);
    assert_eq!(receipts.iter().filter(|receipt| receipt.repeated).count(), 20);
    let events = station.events();
    // Nobody knows the devices, so that each source has its own.
    assert_eq!((events.len(), events.iter().map(|event| event.reports.len()).sum::<usize>()), (200, 200));
    assert!(station.folder.path().join("events.sqlite").exists());
}
