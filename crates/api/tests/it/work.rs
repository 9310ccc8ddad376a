//! Lists, search, the fleet, quarantine and the way in.

use api::IntakeError;
use serde_json::json;

use crate::fixture::Installation;

#[tokio::test]
async fn an_empty_installation_answers_everything() {
    let amity = Installation::empty().await;
    let fleet = amity.get("/api/v1/fleet").await.body;
    assert_eq!(fleet["counts"], json!({ "usage_points": 0, "meters": 0, "channels": 0, "readings": 0, "batches": 0 }));
    assert_eq!(fleet["read_rate"], json!([]));
    for path in ["channels", "usage-points", "meters", "quarantine", "subscriptions"] {
        let told = amity.get(&format!("/api/v1/{path}")).await;
        assert_eq!((told.status.as_u16(), &told.body["items"]), (200, &json!([])), "{path}");
    }
    assert_eq!(amity.get("/live").await.text, "live\n");
    assert_eq!(amity.get("/ready").await.text, "ready\n");
}

#[tokio::test]
async fn the_fleet_counts_what_is_missing() {
    let amity = Installation::with_a_meter().await;
    let fleet = amity.get("/api/v1/fleet").await.body;
    assert_eq!(fleet["counts"]["usage_points"], 1);
    assert_eq!(fleet["counts"]["channels"], 2);
    assert_eq!(fleet["counts"]["readings"], 60);
    assert_eq!(fleet["newest_reading"], "2024-11-05T17:00:00Z");
    let days = json!([
        { "date": "2024-11-02", "expected": 24, "received": 24 },
        { "date": "2024-11-03", "expected": 25, "received": 24 },
        { "date": "2024-11-04", "expected": 24, "received": 0 },
        { "date": "2024-11-05", "expected": 24, "received": 12 },
    ]);
    assert_eq!(fleet["read_rate"], days);
    assert_eq!(fleet["gaps"]["missing"], 1 + 24 + 12);
    assert_eq!(fleet["gaps"]["worst"][0]["channel"]["label"], "UP-7/E1");
    let incomplete = amity.get("/api/v1/channels?incomplete=2024-11-04").await.body;
    assert_eq!(incomplete["items"][0]["label"], "UP-7/E1");
    let complete = amity.get("/api/v1/channels?incomplete=2024-11-02").await.body;
    assert_eq!(complete["items"], json!([]));
}

#[tokio::test]
async fn the_fleet_follows_what_comes_in() {
    let amity = Installation::with_a_meter().await;
    assert_eq!(amity.get("/api/v1/fleet").await.body["counts"]["readings"], 60);
    let mut batch = store::readings::Batch::new("HES-1", [2; 32], crate::fixture::micros("2024-11-07T00:00:00Z"));
    let run = store::readings::DayRun {
        channel: model::id::ChannelNumber(0),
        date: jiff::civil::date(2024, 11, 4),
        day_start: crate::fixture::LONG_DAY + 25 * crate::fixture::HOUR,
        slots: 24,
        slot_seconds: 3600,
        first: 0,
        values: &[500; 24],
        qualities: &[],
        revision: None,
    };
    batch.push_run(&run).expect("a run");
    amity.book.append(batch).expect("stored");
    let fleet = amity.get("/api/v1/fleet").await.body;
    assert_eq!(fleet["counts"]["readings"], 84);
    assert_eq!(fleet["gaps"]["missing"], 1 + 12);
}

#[tokio::test]
async fn search_finds_by_usage_point_meter_and_label() {
    let amity = Installation::with_a_meter().await;
    for text in ["UP-7", "up-7", "LG-48", "UP-7/E1", "0"] {
        let told = amity.get(&format!("/api/v1/channels?q={}", text.replace('/', "%2F"))).await.body;
        assert_eq!(told["items"][0]["label"], "UP-7/E1", "{text}");
    }
    assert_eq!(amity.get("/api/v1/channels?q=nobody").await.body["items"], json!([]));
    let first = amity.get("/api/v1/channels?limit=1").await.body;
    assert_eq!(first["next"], "1");
    assert_eq!(amity.get("/api/v1/channels?limit=1&cursor=1").await.body["items"][0]["label"], "UP-7/D1");
}

// covers: DVA-90
#[tokio::test]
async fn points_are_told_with_their_links() {
    let amity = Installation::with_a_meter().await;
    let list = amity.get("/api/v1/usage-points").await.body;
    let point = &list["items"][0];
    assert_eq!((&point["name"], &point["channels"]), (&json!("UP-7"), &json!(2)));
    let told = amity.get(&format!("/api/v1/usage-points/{}", point["id"].as_str().expect("an id"))).await.body;
    assert_eq!(told["links"][0]["what"], "meter");
    assert_eq!(told["links"][0]["name"], "LG-4821");
    assert_eq!(told["channels"][0]["last_reading"], "2024-11-05T17:00:00Z");
    assert_eq!(told["channels"][1]["first_reading"], "2024-11-03T04:00:00Z", "the end of its first period");
    let meter = told["links"][0]["id"].as_str().expect("an id");
    let point_channels = told["channels"].clone();
    let told = amity.get(&format!("/api/v1/meters/{meter}")).await.body;
    assert_eq!(told["channels"], point_channels, "by device and by usage point alike");
    assert_eq!((&told["kind"], &told["links"][0]["name"]), (&json!("meter"), &json!("UP-7")));
    let wrong = amity.get(&format!("/api/v1/usage-points/{meter}")).await;
    assert_eq!(wrong.status.as_u16(), 404);
}

#[tokio::test]
async fn quarantine_is_listed_explained_and_replayed() {
    let amity = Installation::empty().await;
    amity.quarantine(&["V01", "V01", "V06"]).await;
    let told = amity.get("/api/v1/quarantine").await.body;
    let reasons = json!([
        { "reason": "V01", "title": "Unknown usage point, meter or channel (V01)", "count": 2 },
        { "reason": "V06", "title": "Unit does not fit (V06)", "count": 1 },
    ]);
    assert_eq!(told["reasons"], reasons);
    assert_eq!(told["items"][0]["batch"], "night.xml");
    let of_batch = amity.get("/api/v1/quarantine?batch=hash-1").await.body;
    assert_eq!(of_batch["items"].as_array().map(Vec::len), Some(1));
    let id = told["items"][2]["id"].as_str().expect("an id");
    let item = amity.get(&format!("/api/v1/quarantine/{id}")).await.body;
    assert_eq!(item["remedy"], "add the meter, then replay");
    assert!(item["explanation"].as_str().is_some_and(|text| text.contains("“unit”")));

    let replayed = amity.post("/api/v1/quarantine/replay", "application/json", r#"{"reason":"V01"}"#).await;
    assert_eq!((&replayed.body["replayed"], &replayed.body["kept"]), (&json!(2), &json!(2)));
    assert_eq!(replayed.body["messages"][0], "P0/E1: meter is not in the registry");
    let one = amity.post("/api/v1/quarantine/replay", "application/json", format!(r#"{{"ids":["{id}"]}}"#)).await;
    assert_eq!(one.body["replayed"], 1);
    assert_eq!(amity.intake.0.lock().expect("not poisoned").replayed.len(), 3);
    let bad = amity.post("/api/v1/quarantine/replay", "application/json", r#"{"ids":["x"]}"#).await;
    assert_eq!((bad.status.as_u16(), &bad.body["pointer"]), (400, &json!("/ids/0")));
}

#[tokio::test]
async fn a_message_is_answered_with_what_became_of_it() {
    let amity = Installation::empty().await;
    let told = amity.post("/api/v1/readings?source=HES-1&name=night.csv&zone=UTC", "text/csv", "good,1\n").await;
    assert_eq!((told.status.as_u16(), &told.body["stored"]), (200, &json!(7)));
    {
        let taken = amity.intake.0.lock().expect("not poisoned");
        let upload = &taken.uploads[0];
        assert_eq!((upload.source.as_str(), upload.name.as_str()), ("HES-1", "night.csv"));
        assert_eq!(upload.zone.as_deref(), Some("UTC"));
    }
    let refused = amity.post("/api/v1/readings", "text/csv", "bad").await;
    assert_eq!((refused.status.as_u16(), &refused.body["code"]), (422, &json!("refused")));
    assert_eq!(refused.body["receipt"]["accepted"], false);
}

#[tokio::test]
async fn nothing_is_acknowledged_that_is_not_durable() {
    let amity = Installation::empty().await;
    for (refusal, status, code) in [
        (IntakeError::StorageFull, 507, "storage-full"),
        (IntakeError::Unavailable("the book only reads".into()), 503, "unavailable"),
        (IntakeError::Failed("broken".into()), 500, "internal"),
    ] {
        amity.intake.0.lock().expect("not poisoned").refusal = Some(refusal);
        let told = amity.post("/api/v1/readings", "text/csv", "good").await;
        assert_eq!((told.status.as_u16(), &told.body["code"]), (status, &json!(code)));
        assert_eq!(told.headers.contains_key("retry-after"), status != 500, "{code}");
    }
}
