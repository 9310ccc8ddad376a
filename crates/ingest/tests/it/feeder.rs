//! An excursion of a feeder that meters of two head-ends see, through the books.

use std::sync::Arc;

use formats::Options;
use headend::feed::Settings;
use ingest::events::{EventsLane, Rules};
use ingest::feeds::feeder::{FeederEvent, told};
use ingest::feeds::{Feeds, OfSettings};
use ingest::intake::{Message, Unknown};
use jiff::{SignedDuration, Timestamp};
use model::id::Name;
use model::quantity::Decimal;
use model::time::TimeRange;
use store::disk::RealDisk;
use store::events::EventsBook;
use store::raw::RawBook;
use store::registry::Registry;
use store::registry::channel::ChannelEntry;
use store::registry::link::{Link, Relation};
use store::registry::master::Class;

/// Noon begins a window of ten seconds.
fn at(second: i64) -> Timestamp {
    "2026-03-01T12:00:00Z".parse::<Timestamp>().expect("an instant") + SignedDuration::from_secs(second)
}

struct Station {
    registry: Registry,
    lane: EventsLane,
    _folder: tempfile::TempDir,
}

impl Station {
    /// Meters M1 and M3 of HES-1 and M2 of HES-2 on feeder F-1, and M4 of HES-2 on none.
    async fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let url = |name: &str| format!("sqlite:{}", folder.path().join(name).display());
        let registry = Registry::open(&url("registry.sqlite")).await.expect("a registry");
        let book = EventsBook::open(&url("events.sqlite")).await.expect("a book");
        let raw = Arc::new(RawBook::open(Arc::new(RealDisk), &folder.path().join("raw")).expect("a book"));
        let handle = tokio::runtime::Handle::current();
        let of = |name: &str| OfSettings { name: name.into(), settings: Settings::default(), is_asked: true };
        let feeds = Feeds::load(&registry, &["HES-1", "HES-2"].map(of)).await.expect("loaded");
        let lane = EventsLane::start(book, raw, registry.clone(), Rules::default(), handle).with_feeds(feeds);
        let owned = [("1", "HES-1"), ("3", "HES-1"), ("2", "HES-2"), ("4", "HES-2")];
        registry.channels().register(&owned.map(|(number, _)| entry(number))).await.expect("registered");
        let (feeder, transformer) =
            (object(&registry, Class::Feeder, "F-1"), object(&registry, Class::Transformer, "T"));
        let (feeder, transformer) = (feeder.await, transformer.await);
        let link = async |relation, subject, target| {
            let link = Link { relation, subject, target, from: at(-3600), to: None };
            registry.master().link(&link).await.expect("linked");
        };
        link(Relation::TransformerOnFeeder, transformer, feeder).await;
        let directory = registry.directory().await.expect("loaded");
        for (number, owner) in owned {
            let name = Name::new("", format!("P{number}"));
            let point = directory.whose(None, Some(&name), at(0)).usage_point.expect("registered");
            registry.usage_points().set_owners(&[(point, Some(owner.into()))]).await.expect("owned");
            if number != "4" {
                link(Relation::UsagePointOnTransformer, point.0, transformer).await;
            }
        }
        Self { registry, lane, _folder: folder }
    }

    /// A meter told of low voltage at a second, and a head-end passed it on within a second.
    async fn tell(&self, head_end: &str, meter: &str, second: i64) {
        let time = at(second);
        let event = format!(r#"{{"events": [{{"device": "{meter}", "type": "3.26.38.150", "time": "{time}"}}]}}"#);
        let message = Message {
            source: head_end.into(),
            name: "events".into(),
            format: None,
            zone: None,
            options: Options::default(),
            unknown: Unknown::Quarantine,
            position: String::new(),
            replaces: None,
        };
        let receipt = self.lane.take(message, event, at(second + 1)).await.expect("taken");
        assert!(receipt.accepted && receipt.findings_count == 0, "{receipt:?}");
    }

    /// Each excursion as `0-10 M1 HES-1 ?HES-2` would be: windows, how many devices, who told and who is missing.
    async fn told(&self) -> Vec<String> {
        let (now, rules) = (at(60), self.lane.rules().feeder);
        let span = TimeRange { start: at(-600), end: now };
        let feeds = self.lane.feeds().look(now);
        let told = told((self.lane.book(), &self.registry), &feeds, &rules, (span, now)).await.expect("told");
        let second = |instant: Timestamp| instant.duration_since(at(0)).as_secs();
        let line = |event: &FeederEvent| {
            let (start, end) = (second(event.windows.start), second(event.windows.end));
            let told_by: Vec<&str> = event.told_by.iter().map(|name| name.as_str()).collect();
            let points = told.points[&event.feeder];
            let (devices, told_by, missing) = (event.devices.len(), told_by.join(","), event.missing.join(","));
            format!("{} {start}-{end} {devices} of {points} {told_by} ?{missing}", event.feeder)
        };
        told.events.iter().map(line).collect()
    }
}

async fn object(registry: &Registry, class: Class, name: &str) -> model::id::Mrid {
    registry.master().register(class, &[Name::new("", name)], None).await.expect("registered").id
}

fn entry(number: &str) -> ChannelEntry {
    ChannelEntry {
        usage_point: Name::new("", format!("P{number}")),
        meter: Some(Name::new("", format!("M{number}"))),
        meter_from: Some(at(-3600)),
        suffix: "E1".into(),
        reading_type: "0.0.7.4.1.1.12.0.0.0.0.0.0.0.0.3.72.0".parse().expect("a reading type"),
        unit: "kWh".into(),
        quantum: -3,
        multiplier: Decimal::new(1, 0),
        dials: None,
        interval_seconds: Some(3600),
        zone: "UTC".into(),
    }
}

// covers: MOD-VOL, MOD-LAT
#[tokio::test(flavor = "multi_thread")]
async fn an_excursion_that_two_head_ends_see_five_seconds_apart_is_one_of_their_feeder() {
    let station = Station::new().await;
    let feeds = station.lane.feeds();
    station.tell("HES-1", "M1", 2).await;
    feeds.caught_up("HES-1", at(12));
    // One meter is no feeder, and what HES-2 saw is still on its way: nothing is concluded.
    assert_eq!(station.told().await, Vec::<String>::new());
    station.tell("HES-2", "M2", 7).await;
    station.tell("HES-2", "M4", 7).await;
    // Messages take a second, so that all until 9 s is told at 10 s.
    feeds.caught_up("HES-2", at(10));
    assert_eq!(station.told().await, ["F-1 0-10 2 of 3 HES-1,HES-2 ?HES-2"]);
    feeds.caught_up("HES-2", at(11));
    assert_eq!(station.told().await, ["F-1 0-10 2 of 3 HES-1,HES-2 ?"]);
    // One that is late opens what was settled: it is still one excursion.
    station.tell("HES-1", "M3", 12).await;
    assert_eq!(station.told().await, ["F-1 0-20 3 of 3 HES-1,HES-2 ?HES-1,HES-2"]);
    feeds.caught_up("HES-1", at(21));
    feeds.caught_up("HES-2", at(21));
    assert_eq!(station.told().await, ["F-1 0-20 3 of 3 HES-1,HES-2 ?"]);
}
