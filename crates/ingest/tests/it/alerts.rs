//! What people are alarmed of: the six kinds of critical reports, each raised once and over when it is.

use ingest::collection::alerts::{Changes, Filling, follow, follow_events, of_events, of_head_ends, of_storage};
use ingest::collection::event_class::Happened;
use ingest::collection::happened::within;
use ingest::collector::{Health, State};
use jiff::{SignedDuration, Timestamp};
use model::event::report::{Meaning, Report, Subject};
use model::id::Name;
use model::time::TimeRange;
use smol_str::SmolStr;
use store::events::{Batch, Counts, EventsBook, Grouping, Told, ToldEvent};
use store::registry::Registry;
use store::registry::alert::{AlertKind, Which};

fn at(text: &str) -> Timestamp {
    text.parse().expect("an instant")
}

fn noon() -> Timestamp {
    at("2026-03-07T12:00:00Z")
}

fn happened(component: &str, minute: i64, event_type: &str) -> Happened {
    let at = noon() + SignedDuration::from_mins(minute);
    Happened {
        component: component.into(),
        source: "HES".into(),
        at,
        received_at: at + SignedDuration::from_secs(10),
        event_type: event_type.parse().expect("a type"),
    }
}

fn raised(changes: &Changes) -> Vec<String> {
    changes.raised.iter().map(|condition| format!("{} {}", condition.kind, condition.component)).collect()
}

fn cleared(changes: &Changes) -> Vec<String> {
    changes.cleared.iter().map(|(kind, component, _)| format!("{kind} {component}")).collect()
}

// covers: ONT-2.10.3.1, ONT-2.10.3.2, ONT-2.10.3.3, ONT-2.10.3.4, ONT-2.10.3.5, ONT-2.10.3.6
#[test]
fn each_critical_event_is_a_condition_of_its_kind() {
    let events = [
        happened("M-1", 0, "26.0.0.85"),
        happened("C-1", 1, "10.0.100.79"),
        happened("M-2", 2, "3.16.0.177"),
        happened("M-3", 3, "3.1.0.85"),
        happened("C-2", 4, "10.23.136.47"),
        happened("M-4", 5, "3.26.0.85"),
        // Not critical: tampering, a clock that was set, a low battery.
        happened("M-5", 6, "3.12.0.257"),
        happened("M-5", 7, "3.36.114.24"),
        happened("M-5", 8, "3.2.22.150"),
    ];
    let changes = of_events(&events);
    let expected = ["module M-1", "collector C-1", "storage M-2", "link M-3", "network C-2", "power M-4"];
    assert_eq!(raised(&changes), expected);
    let first = &changes.raised[0];
    assert_eq!((first.at, first.received_at), (noon(), noon() + SignedDuration::from_secs(10)));
    assert!(first.why.contains("26.0.0.85") && !first.impact.is_empty(), "{first:?}");
}

// covers: ONT-2.10.3.6
#[test]
fn power_that_is_restored_ends_the_condition_and_is_told_all_the_same() {
    let changes = of_events(&[happened("M-1", 9, "3.26.0.216"), happened("M-1", 0, "3.26.0.85")]);
    assert_eq!((raised(&changes), cleared(&changes)), (vec!["power M-1".into()], vec!["power M-1".into()]));
    let alone = of_events(&[happened("M-1", 9, "3.26.0.216")]);
    assert_eq!((raised(&alone), cleared(&alone)), (vec![], vec!["power M-1".into()]));
}

// covers: ONT-2.10.3.5
#[test]
fn links_of_many_at_once_are_one_condition_of_their_network() {
    let of = |count: i64| -> Vec<Happened> {
        (0..count).map(|number| happened(&format!("M-{number:02}"), number, "3.1.0.85")).collect()
    };
    assert_eq!(raised(&of_events(&of(24))).len(), 24);
    let changes = of_events(&of(25));
    assert_eq!(raised(&changes), ["network HES"]);
    assert_eq!(changes.raised[0].why, "link of 25 components at once, M-00 first");
    assert_eq!(changes.raised[0].at, noon());
}

// covers: ONT-2.10.3.6
#[test]
fn power_of_many_is_over_when_as_many_are_back_at_once() {
    let of = |count: i64, event_type: &str| -> Vec<Happened> {
        (0..count).map(|number| happened(&format!("M-{number:02}"), number, event_type)).collect()
    };
    assert_eq!(raised(&of_events(&of(30, "3.26.0.85"))), ["power HES"]);
    let back = of_events(&of(25, "3.26.0.216"));
    assert!(cleared(&back).contains(&"power HES".to_owned()), "{back:?}");
    assert!(!cleared(&of_events(&of(24, "3.26.0.216"))).contains(&"power HES".to_owned()));
}

/// A rule by which no two reports are one event.
struct EachAlone;

impl Grouping for EachAlone {
    fn window(&self, _: &Meaning) -> SignedDuration {
        SignedDuration::ZERO
    }

    fn groups(&self, reports: &[Report]) -> Vec<usize> {
        (0..reports.len()).collect()
    }
}

/// An event of a device that the registry does not know, as a head-end told it.
fn told(device: &str, minute: i64, event_type: &str) -> ToldEvent {
    let (name, at) = (Name::new("Meter", device), noon() + SignedDuration::from_mins(minute));
    ToldEvent {
        report: Report {
            subject: Subject::unknown(Some(&name), "HES"),
            meaning: Meaning::Known(event_type.parse().expect("a type")),
            occurred_at: Some(at),
            source: "HES".into(),
            source_id: SmolStr::default(),
        },
        device: Some(name),
        meter: None,
        usage_point: None,
        told_type: event_type.into(),
        told_at: Some(at),
        is_doubtful: false,
        line: 1,
        severity: SmolStr::default(),
        reason: SmolStr::default(),
        status: SmolStr::default(),
        details: Vec::new(),
    }
}

// covers: ONT-2.10.3, ONT-2.10.2.10
#[tokio::test]
async fn the_events_book_is_followed_once_and_asked_by_day() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let url = |name: &str| format!("sqlite:{}", folder.path().join(name).display());
    let registry = Registry::open(&url("registry.sqlite")).await.expect("a registry");
    let book = EventsBook::open(&url("events.sqlite")).await.expect("a book");
    let message = Told {
        hash: "01".into(),
        source: "HES".into(),
        name: "1.xml".into(),
        raw: "1-0".into(),
        received_at: noon() + SignedDuration::from_mins(10),
        events: vec![told("M-1", 0, "3.26.0.85"), told("M-2", 5, "3.31.0.68"), told("M-1", 9, "3.26.0.216")],
        position: String::new(),
        note: Some(String::new()),
        earlier: Counts::default(),
    };
    book.append(&Batch { told: vec![message] }, &EachAlone).await.expect("appended");
    let directory = registry.directory().await.expect("loaded");
    let now = noon() + SignedDuration::from_mins(11);
    assert_eq!(follow_events(&registry, &book, &directory, now).await.expect("followed"), 1);
    assert_eq!(follow_events(&registry, &book, &directory, now).await.expect("followed"), 0);
    let alerts = registry.alerts().list(Which::Open, 10).await.expect("listed");
    assert_eq!((alerts.len(), &*alerts[0].condition.component), (1, "M-1"));
    assert_eq!(alerts[0].cleared_at, Some(noon() + SignedDuration::from_mins(9)));
    // A minute from when it was received, five are the limit (O-09).
    let waited = alerts[0].raised_at.duration_since(alerts[0].condition.received_at);
    assert_eq!(waited.as_secs(), 60);
    let hour = TimeRange { start: noon(), end: noon() + SignedDuration::from_mins(9) };
    let found = within(&book, &directory, hour).await.expect("asked");
    let names: Vec<_> = found.iter().map(|event| event.event_type.to_string()).collect();
    assert_eq!(names, ["3.26.0.85"], "a switch says nothing of collecting, and the end is not of the span");
}

fn health(state: State) -> Health {
    Health {
        name: "HES".into(),
        state,
        why: Some("connection refused".into()),
        since: noon(),
        asked_at: None,
        next_at: None,
        caught_up_at: None,
        last_delivery: None,
        delivered_at: None,
        deliveries: 0,
        refused: 0,
        stored: 0,
        asked_in_minute: 0,
        requests_per_minute: 0,
    }
}

// covers: ONT-2.10.3.5, ONT-2.10.3.3
#[test]
fn a_head_end_that_stays_away_is_a_condition_and_one_that_failed_once_is_none() {
    let of = |state: State, seconds: i64| {
        of_head_ends(&[health(state)], &|_| 750, noon() + SignedDuration::from_secs(seconds))
    };
    assert_eq!(raised(&of(State::Down, 59)), Vec::<String>::new());
    assert_eq!(raised(&of(State::Down, 60)), ["network HES"]);
    assert!(of(State::Down, 60).raised[0].impact.contains("750 usage points"));
    assert_eq!(raised(&of(State::NotStored, 0)), ["storage HES"]);
    assert_eq!(raised(&of(State::Waiting, 900)), Vec::<String>::new());
    assert_eq!(cleared(&of(State::Connected, 0)), ["network HES", "storage HES"]);
}

// covers: ONT-2.10.3.3
#[test]
fn a_disk_that_fills_up_is_a_condition() {
    let of = |per_cent| of_storage(&[Filling { component: "disk".into(), per_cent }], 90, noon());
    assert_eq!((raised(&of(90)), cleared(&of(90))), (vec![], vec!["storage disk".into()]));
    assert_eq!(raised(&of(91)), ["storage disk"]);
}

// covers: ONT-2.10.3, ONT-2.10.3z
#[tokio::test]
async fn a_condition_is_raised_once_while_it_lasts_whoever_tells_of_it() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let url = format!("sqlite:{}", folder.path().join("registry.sqlite").display());
    let registry = Registry::open(&url).await.expect("a registry");
    let lost = of_events(&[happened("M-1", 0, "3.26.0.85")]);
    let received = lost.raised[0].received_at;
    assert_eq!(follow(&registry, &lost, received).await.expect("raised"), 1);
    assert_eq!(follow(&registry, &lost, received).await.expect("raised"), 0);
    let alerts = registry.alerts().list(Which::Open, 10).await.expect("listed");
    assert_eq!(alerts[0].raised_at.duration_since(alerts[0].condition.received_at).as_secs(), 0);
    let back = of_events(&[happened("M-1", 9, "3.26.0.216")]);
    follow(&registry, &back, noon()).await.expect("cleared");
    let alerts = registry.alerts().list(Which::Open, 10).await.expect("listed");
    assert_eq!((alerts.len(), alerts[0].condition.kind), (1, AlertKind::Power), "nobody has acknowledged it yet");
    assert_eq!(alerts[0].cleared_at, Some(noon() + SignedDuration::from_mins(9)));
    assert_eq!(follow(&registry, &lost, noon()).await.expect("raised"), 1, "it begins anew");
}
