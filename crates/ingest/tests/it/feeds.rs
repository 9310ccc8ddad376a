//! Clocks of head-ends that are off: seen, told, and put right in the stamps of events and nowhere else.

use std::sync::Arc;

use formats::Options;
use headend::feed::Settings;
use ingest::events::{Config, EventsLane};
use ingest::feeds::{Feeds, OfSettings, alarms};
use ingest::intake::{Message, Unknown};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use simulator::Utility;
use simulator::network::Network;
use simulator::premises::HeadEnd;
use store::disk::RealDisk;
use store::events::{Event, EventsBook};
use store::raw::RawBook;
use store::registry::Registry;

/// Clocks of head-ends as the simulation has them, over the whole test.
const SCRIPT: &str = r#"
[[fault]]
kind = "head-end-clock"
head_end = "hes-cloud"
seconds = 7
from = "2026-03-01T00:00:00Z"
to = "2026-03-02T00:00:00Z"

[[fault]]
kind = "head-end-clock"
head_end = "hes-hourly"
seconds = -3
from = "2026-03-01T00:00:00Z"
to = "2026-03-02T00:00:00Z"
"#;

fn at(seconds: i64) -> Timestamp {
    "2026-03-01T12:00:00Z".parse::<Timestamp>().expect("an instant") + SignedDuration::from_secs(seconds)
}

struct Station {
    registry: Registry,
    book: EventsBook,
    lane: EventsLane,
    folder: tempfile::TempDir,
}

impl Station {
    async fn new() -> Self {
        Self::over(tempfile::tempdir().expect("a temporary folder")).await
    }

    /// The same books after a start of the program.
    async fn over(folder: tempfile::TempDir) -> Self {
        let url = |name: &str| format!("sqlite:{}", folder.path().join(name).display());
        let registry = Registry::open(&url("registry.sqlite")).await.expect("a registry");
        let book = EventsBook::open(&url("events.sqlite")).await.expect("a book");
        let raw = Arc::new(RawBook::open(Arc::new(RealDisk), &folder.path().join("raw")).expect("a book"));
        let settings = Settings { expected_seconds: Some(60), ..Settings::default() };
        let of_settings = HeadEnd::ALL.map(|of| OfSettings { name: of.name().into(), settings, is_asked: true });
        let feeds = Feeds::load(&registry, &of_settings).await.expect("loaded");
        let (rules, handle) = (Config::default().build().expect("rules"), tokio::runtime::Handle::current());
        let lane = EventsLane::start(book.clone(), raw, registry.clone(), rules, handle).with_feeds(feeds);
        Self { registry, book, lane, folder }
    }

    /// A power failure of a meter as a head-end tells it, received at an instant.
    async fn tell(&self, head_end: HeadEnd, stamp: Timestamp, received_at: Timestamp) {
        let name = head_end.name();
        // An authority, so that both mean the same device.
        let event = format!(
            r#"{{"events": [{{"device": {{"authority": "utility", "name": "M-1"}}, "type": "3.26.0.85", "time": "{stamp}", "sent": "{received_at}"}}]}}"#
        );
        let message = Message {
            source: name.into(),
            name: "events".into(),
            format: None,
            zone: None,
            options: Options::default(),
            unknown: Unknown::Quarantine,
            position: String::new(),
            replaces: None,
        };
        let receipt = self.lane.take(message, event, received_at).await.expect("taken");
        assert!(receipt.accepted && receipt.findings_count == 0, "{receipt:?}");
    }

    async fn events(&self) -> Vec<Event> {
        self.book.since(0, 100).await.expect("read")
    }
}

fn utility() -> Utility {
    let settings = simulator::Settings { seed: 7, meters: 160, zone: TimeZone::UTC, head_end: None };
    Utility::new(settings, &Network::made_up(160), SCRIPT.parse().expect("a script")).expect("a utility")
}

// covers: MOD-TS
#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_two_wrong_clocks_tell_is_one_and_within_a_second_of_the_truth() {
    let (station, utility) = (Station::new().await, utility());
    let told_by = [HeadEnd::Cloud, HeadEnd::Hourly];
    // Seven seconds ahead and three behind are ten apart: two events, while nothing is known of the clocks.
    for head_end in told_by {
        station.tell(head_end, utility.by_head_end(head_end, at(0)), at(8)).await;
    }
    assert_eq!(station.events().await.len(), 2);
    for number in 0..16 {
        let asked = at(10) + SignedDuration::from_millis(number * 1_370);
        for head_end in told_by {
            // Answers tell the time to the second.
            let said = utility.by_head_end(head_end, asked);
            let said = Timestamp::from_second(said.as_second()).expect("an instant");
            station.lane.feeds().heard(head_end.name(), said, (asked, asked + SignedDuration::from_millis(40)));
        }
    }
    station.lane.feeds().keep(&station.registry, at(40)).await.expect("kept");
    let statuses = station.lane.feeds().look(at(41));
    let raised = alarms(&statuses, at(41)).raised;
    let alarmed: Vec<_> = raised.iter().map(|one| format!("{} {}: {}", one.kind, one.component, one.why)).collect();
    assert_eq!(
        alarmed,
        [
            "clock hes-cloud: its clock is 7.0 s ahead; events are told to 2.0 s",
            "clock hes-hourly: its clock is 3.0 s behind; events are told to 2.0 s",
        ]
    );

    // What they decided holds over a restart, and so does what they saw.
    let station = Station::over(station.folder).await;
    assert_eq!(station.lane.feeds().look(at(41)), statuses);
    let truth = at(300);
    for head_end in told_by {
        station.tell(head_end, utility.by_head_end(head_end, truth), at(301)).await;
    }
    let events = station.events().await;
    assert_eq!(events.len(), 3, "one more");
    let (event, reports) = (&events[2], &events[2].reports);
    let off = event.occurred_at.expect("a time").duration_since(truth).abs();
    assert!(off <= SignedDuration::from_secs(1), "{off:?}");
    let mut told: Vec<_> = reports.iter().map(|report| report.told_at.expect("a stamp")).collect();
    told.sort_unstable();
    assert_eq!(told, [truth - SignedDuration::from_secs(3), truth + SignedDuration::from_secs(7)], "as it was told");
    assert!(reports.iter().all(|report| {
        report.occurred_at.expect("corrected").duration_since(truth).abs() <= SignedDuration::from_secs(1)
    }));
    // The events of before, told again, are those of before: a stamp is corrected alike whenever it comes.
    for head_end in told_by {
        station.tell(head_end, utility.by_head_end(head_end, at(0)), at(400)).await;
    }
    let again = station.events().await;
    assert_eq!(again.len(), 3);
    assert!(again[..2].iter().all(|event| event.reports.len() == 1), "{again:?}");
}

// covers: MOD-STL
#[tokio::test(flavor = "multi_thread")]
async fn a_feed_that_is_cut_is_told_and_over_when_it_resumes() {
    let station = Station::new().await;
    let feeds = station.lane.feeds();
    let cloud = HeadEnd::Cloud;
    station.tell(cloud, at(0), at(1)).await;
    let told = |second: i64| {
        let statuses = feeds.look(at(second));
        let changes = alarms(&statuses, at(second));
        let is = |(kind, component): (String, &str)| kind == "feed" && component == cloud.name();
        let raised = changes.raised.iter().any(|one| is((one.kind.to_string(), &one.component)));
        let cleared = changes.cleared.iter().any(|(kind, component, _)| is((kind.to_string(), component)));
        (raised, cleared)
    };
    assert_eq!(told(121), (false, true));
    assert_eq!(told(122), (true, false), "after twice the sixty seconds");
    // It answers all the time, and has nothing.
    feeds.caught_up(cloud.name(), at(200));
    assert_eq!(told(201), (true, false));
    station.tell(cloud, at(202), at(203)).await;
    assert_eq!(told(204), (false, true));
}
