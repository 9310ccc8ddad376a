//! Device events over HTTP: pages by time, the feed, what is refused.

use jiff::Timestamp;
use model::event::report::{Meaning, Report, Subject};
use model::id::Name;
use serde_json::json;
use store::events::{Batch, Counts, Grouping, Told, ToldEvent};

use crate::fixture::Installation;

/// Every report is an event of its own.
struct Apart;

impl Grouping for Apart {
    fn window(&self, _: &Meaning) -> jiff::SignedDuration {
        jiff::SignedDuration::ZERO
    }

    fn groups(&self, reports: &[Report]) -> Vec<usize> {
        (0..reports.len()).collect()
    }
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_730_606_400 + second).expect("an instant")
}

async fn with_events(count: i64) -> Installation {
    let amity = Installation::empty().await;
    let event = |number: i64| {
        let name = Name::new("EndDevice", format!("M{number}"));
        ToldEvent {
            report: Report {
                subject: Subject::unknown(Some(&name), "HES-1"),
                meaning: Meaning::Known("3.26.0.85".parse().expect("a code")),
                occurred_at: Some(at(number)),
                source: "HES-1".into(),
                source_id: format!("e{number}").into(),
            },
            device: Some(name),
            meter: None,
            usage_point: None,
            told_type: "3.26.0.85".into(),
            told_at: Some(at(number)),
            is_doubtful: false,
            line: 1,
            severity: "".into(),
            reason: "".into(),
            status: "".into(),
            details: vec![("firmware".into(), "7.1".into())],
        }
    };
    let told = Told {
        hash: "hash".into(),
        source: "HES-1".into(),
        name: "events".into(),
        raw: "1-0".into(),
        received_at: at(100),
        events: (0..count).rev().map(event).collect(),
        position: String::new(),
        note: Some(String::new()),
        earlier: Counts::default(),
    };
    amity.events.append(&Batch { told: vec![told] }, &Apart).await.expect("appended");
    amity
}

#[tokio::test]
async fn pages_follow_one_another_by_time() {
    let amity = with_events(5).await;
    let (mut after, mut devices) = (String::new(), Vec::new());
    loop {
        let page = amity.get(&format!("/api/v1/events?limit=2{after}")).await;
        assert_eq!(page.status, 200, "{}", page.text);
        let events = page.body["events"].as_array().expect("events");
        devices.extend(events.iter().map(|event| event["device"]["value"].as_str().expect("a name").to_owned()));
        let Some(next) = page.body["next"].as_str() else { break };
        after = format!("&after={next}");
    }
    assert_eq!(devices, ["M0", "M1", "M2", "M3", "M4"]);
    let one = amity.get("/api/v1/events?device=M3&type=3.26.0.85&source=HES-1,HES-2").await.body;
    assert_eq!(one["events"].as_array().map(Vec::len), Some(1));
    let event = &one["events"][0];
    assert_eq!(
        (&event["name"], &event["state"]),
        (&json!("Power outage, meter lost supply (primary power down)"), &json!("unknown_device"))
    );
    assert_eq!(event["reports"][0]["details"], json!([{ "name": "firmware", "value": "7.1" }]));
    let span = format!("/api/v1/events?from={}&to={}", at(1), at(3));
    assert_eq!(amity.get(&span).await.body["events"].as_array().map(Vec::len), Some(2));
    let counts = amity.get("/api/v1/events/counts").await.body;
    assert_eq!(
        (&counts["counts"][0]["hour"], &counts["counts"][0]["count"]),
        (&json!("2024-11-03T04:00:00Z"), &json!(5))
    );
}

#[tokio::test]
async fn the_feed_goes_on_by_number() {
    let amity = with_events(3).await;
    let feed = amity.get("/api/v1/events/feed?limit=2").await.body;
    let numbers = |feed: &serde_json::Value| -> Vec<u64> {
        feed["events"].as_array().expect("events").iter().filter_map(|event| event["sequence"].as_u64()).collect()
    };
    assert_eq!((numbers(&feed), &feed["next"]), (vec![1, 2], &json!(2)));
    let feed = amity.get("/api/v1/events/feed?after=2").await.body;
    assert_eq!((numbers(&feed), &feed["next"]), (vec![3], &json!(3)));
    let feed = amity.get("/api/v1/events/feed?after=3").await.body;
    assert_eq!((numbers(&feed), &feed["next"]), (vec![], &json!(3)));
}

#[tokio::test]
async fn wrong_questions_name_the_parameter() {
    let amity = Installation::empty().await;
    for (path, pointer) in [
        ("/api/v1/events?type=outage", "type"),
        ("/api/v1/events?after=soon", "after"),
        ("/api/v1/events?limit=501", "limit"),
        ("/api/v1/events?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z", "to"),
        ("/api/v1/events/feed?limit=5001", "limit"),
    ] {
        let told = amity.get(path).await;
        assert_eq!((told.status.as_u16(), &told.body["pointer"]), (400, &json!(pointer)), "{path}");
    }
}

// covers: MOD-DRP
#[tokio::test]
async fn who_is_refused_is_told_when_to_come_again() {
    let amity = Installation::empty().await;
    let busy = api::IntakeError::Busy("as many messages of events wait as there is room for".into());
    amity.intake.0.lock().expect("not poisoned").refusal = Some(busy);
    let told = amity.post("/api/v1/events?source=HES-1", "application/json", "good").await;
    assert_eq!((told.status.as_u16(), &told.body["code"]), (429, &json!("too-many-requests")), "{}", told.text);
    assert_eq!(told.headers["retry-after"], "1");
    let told = amity.post("/api/v1/events?source=HES-1", "application/json", "good").await;
    assert_eq!(told.status, 200, "{}", told.text);
    let told = amity.post("/api/v1/events", "application/json", "bad").await;
    assert_eq!((told.status.as_u16(), &told.body["code"]), (422, &json!("refused")));
}
