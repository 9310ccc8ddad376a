//! Which meters are installed and which of them report, against values put there by hand.

use std::collections::HashMap;
use std::sync::Arc;

use ingest::collection::roll_out::{self, Counts, Filter, NONE, Reporting, RollOut};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use model::id::{ChannelNumber, Name, UsagePointId};
use model::quantity::Decimal;
use model::time::LocalDay;
use store::disk::RealDisk;
use store::readings::{Batch, Config, DayRun, NO_VALUE, QualityId, ReadingsBook, RegisterEntry};
use store::registry::Registry;
use store::registry::channel::ChannelEntry;
use store::registry::fact::{Fact, FactKind};

/// Ten in the morning in Toronto, in winter.
const NOW: &str = "2026-01-20T15:00:00Z";
const ZONE: &str = "America/Toronto";

struct Utility {
    book: ReadingsBook,
    registry: Registry,
    batches: u8,
    _folder: tempfile::TempDir,
}

fn at(text: &str) -> Timestamp {
    text.parse().expect("an instant")
}

impl Utility {
    async fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path();
        let (book, _) =
            ReadingsBook::open(Arc::new(RealDisk), &path.join("readings"), Config::default()).expect("a book");
        let registry = Registry::open(&format!("sqlite:{}", path.join("registry.sqlite").display())).await;
        Self { book, registry: registry.expect("a registry"), batches: 0, _folder: folder }
    }

    /// A meter with one channel: of hours, or of register reads.
    async fn meter(&self, name: &str, from: Option<&str>, is_interval: bool) -> (ChannelNumber, UsagePointId) {
        let reading_type =
            if is_interval { "0.0.7.4.1.1.12.0.0.0.0.0.0.0.0.3.72.0" } else { "0.0.0.1.1.1.12.0.0.0.0.0.0.0.0.3.72.0" };
        let entry = ChannelEntry {
            usage_point: Name::new("", format!("P-{name}")),
            meter: Some(Name::new("", name)),
            meter_from: from.map(at),
            suffix: String::new().into(),
            reading_type: reading_type.parse().expect("a reading type"),
            unit: "kWh".into(),
            quantum: -3,
            multiplier: Decimal::new(1, 0),
            dials: None,
            interval_seconds: is_interval.then_some(3600),
            zone: ZONE.into(),
        };
        let channel = self.registry.channels().register(&[entry]).await.expect("registered").remove(0);
        (channel.number, channel.usage_point)
    }

    fn batch(&mut self) -> Batch {
        self.batches += 1;
        Batch::new("HES-1", [self.batches; 32], at(NOW).as_microsecond())
    }

    /// Hours of a local day that have a value: `[from, to)`.
    fn hours(&mut self, channel: ChannelNumber, date: &str, from: usize, to: usize) {
        let date: Date = date.parse().expect("a date");
        let day = LocalDay::of(date, &TimeZone::get(ZONE).expect("a zone")).expect("a day");
        let mut values = vec![NO_VALUE; usize::try_from(day.range.seconds() / 3600).expect("hours")];
        values[from..to].fill(1);
        let (slots, day_start) = (u16::try_from(values.len()).expect("few"), day.range.start.as_second());
        let run = DayRun {
            channel,
            date,
            day_start,
            slots,
            slot_seconds: 3600,
            first: 0,
            values: &values,
            qualities: &[],
            revision: None,
        };
        let mut batch = self.batch();
        batch.push_run(&run).expect("a run");
        self.book.append(batch).expect("stored");
    }

    fn read(&mut self, channel: ChannelNumber, moment: &str) {
        let (at, quality) = (at(moment).as_second(), QualityId::default());
        let entry = RegisterEntry { channel, at, period_start: None, value: Some(7), quality, revision: None };
        let mut batch = self.batch();
        batch.push_register(&entry).expect("a read");
        self.book.append(batch).expect("stored");
    }

    async fn roll_out(&self) -> RollOut {
        let directory = self.registry.directory().await.expect("loaded");
        roll_out::installed(&self.book, (directory, HashMap::new()), at(NOW), &mut drop).expect("readable")
    }

    async fn fact(&self, kind: FactKind, point: UsagePointId, value: &str) {
        let fact = Fact::new(kind, point.0, Timestamp::MIN, Some(value)).expect("a fact");
        self.registry.facts().put(&[fact]).await.expect("put");
    }
}

fn last(found: &RollOut, name: &str) -> String {
    let told =
        found.meters.iter().map(|meter| found.told(meter, 48)).find(|told| told.name == name).expect("installed");
    told.last_value.map_or_else(|| "never".into(), |last| last.to_string())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_value_of_a_meter_is_found_wherever_it_is() {
    let mut utility = Utility::new().await;
    let (young, _) = utility.meter("young", None, true).await;
    utility.hours(young, "2026-01-20", 0, 9);
    let (old, _) = utility.meter("old", None, true).await;
    utility.hours(old, "2026-01-02", 0, 24);
    let (ancient, _) = utility.meter("ancient", None, true).await;
    utility.hours(ancient, "2024-03-01", 0, 1);
    let (register, _) = utility.meter("register", None, false).await;
    utility.read(register, "2026-01-01T05:00:00Z");
    utility.read(register, "2026-01-20T14:00:00Z");
    let (route, _) = utility.meter("route", None, false).await;
    utility.read(route, "2025-06-30T12:00:00Z");
    utility.meter("new", Some("2026-01-19T00:00:00Z"), true).await;
    let found = utility.roll_out().await;
    let names: Vec<_> = found.meters.iter().map(|meter| found.told(meter, 48).name).collect();
    assert_eq!(names, ["ancient", "new", "old", "register", "route", "young"]);
    // Hours of Toronto in winter are five behind UTC; a value counts to the end of its hour.
    assert_eq!(last(&found, "young"), "2026-01-20T14:00:00Z");
    assert_eq!(last(&found, "old"), "2026-01-03T05:00:00Z");
    assert_eq!(last(&found, "ancient"), "2024-03-01T06:00:00Z");
    assert_eq!(last(&found, "register"), "2026-01-20T14:00:00Z");
    assert_eq!(last(&found, "route"), "2025-06-30T12:00:00Z");
    assert_eq!(last(&found, "new"), "never");
}

#[tokio::test(flavor = "multi_thread")]
async fn values_of_another_meter_and_of_the_future_prove_nothing() {
    let mut utility = Utility::new().await;
    // The channel gave values before this meter came, at noon of the 18th in Toronto.
    let (exchanged, _) = utility.meter("exchanged", Some("2026-01-18T17:00:00Z"), true).await;
    utility.hours(exchanged, "2026-01-18", 0, 12);
    let (ahead, _) = utility.meter("ahead", None, true).await;
    // The clock runs ahead: it is 10:00, and there are values to 17:00. An hour ahead is let pass.
    utility.hours(ahead, "2026-01-20", 8, 17);
    let found = utility.roll_out().await;
    assert_eq!((last(&found, "exchanged"), last(&found, "ahead")), ("never".into(), "2026-01-20T16:00:00Z".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn meters_are_silent_after_as_many_hours_as_are_asked_for() {
    let mut utility = Utility::new().await;
    let (channel, _) = utility.meter("M", None, true).await;
    // The last hour ends on the 18th at 15:00Z: 48 hours before now, to the second.
    utility.hours(channel, "2026-01-18", 0, 10);
    let found = utility.roll_out().await;
    let state = |hours| found.meters[0].reporting(found.made_at, hours);
    assert_eq!([state(24), state(47), state(48)], [Reporting::Silent, Reporting::Silent, Reporting::Reporting]);
}

#[tokio::test(flavor = "multi_thread")]
async fn sums_are_those_of_the_head_end_and_of_the_area() {
    let mut utility = Utility::new().await;
    let mut points = Vec::new();
    for (name, date) in [("A", "2026-01-20"), ("B", "2026-01-10"), ("C", "2026-01-20")] {
        let (channel, point) = utility.meter(name, None, true).await;
        utility.hours(channel, date, 0, 9);
        points.push(point);
    }
    points.push(utility.meter("D", None, true).await.1);
    let owners =
        [(points[0], Some("HES-1".into())), (points[1], Some("HES-1".into())), (points[3], Some("HES-2".into()))];
    utility.registry.usage_points().set_owners(&owners).await.expect("owned");
    utility.fact(FactKind::WeatherStation, points[0], "YYZ").await;
    utility.fact(FactKind::Position, points[0], "43.65 -79.38").await;
    let found = utility.roll_out().await;
    let filter =
        |head_end: Option<&str>| Filter { head_end: head_end.map(Into::into), silent_hours: 48, ..Filter::default() };
    let summary = found.summary(&filter(None));
    let counts = |installed, reporting, silent, never| Counts { installed, reporting, silent, never };
    assert_eq!(summary.total, counts(4, 2, 1, 1));
    let head_ends: Vec<_> = summary.head_ends.iter().map(|of| (of.name.as_deref(), of.counts)).collect();
    assert_eq!(
        head_ends,
        [(None, counts(1, 1, 0, 0)), (Some("HES-1"), counts(2, 1, 1, 0)), (Some("HES-2"), counts(1, 0, 0, 1))]
    );
    let areas: Vec<_> = summary.areas.iter().map(|of| (of.name.as_deref(), of.counts)).collect();
    assert_eq!(areas, [(None, counts(3, 1, 1, 1)), (Some("YYZ"), counts(1, 1, 0, 0))]);
    let named = |filter: &Filter| {
        found.matching(filter).map(|meter| found.told(meter, 48).name.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(named(&filter(Some(NONE))), ["C"]);
    assert_eq!(named(&Filter { state: Some(Reporting::Silent), ..filter(Some("HES-1")) }), ["B"]);
    assert_eq!(
        found.summary(&Filter { state: Some(Reporting::Silent), ..filter(Some("HES-1")) }).total,
        counts(2, 1, 1, 0)
    );
    assert_eq!(found.position(&found.meters[0]), Some("43.65 -79.38"));
}
