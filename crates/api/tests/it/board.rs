//! The morning board and what it leads to: head-ends, the roll-out, what was received, against figures worked out by hand
//! from the fixture. The clock stands at noon of 2024-11-10 in UTC.

use jiff::Timestamp;
use serde_json::{Value, json};
use store::registry::batch::Batch;
use store::registry::fact::{Fact, FactKind};

use crate::fixture::Installation;

/// Gives the usage point of the fixture to a head-end, and notes what came from it.
pub async fn owned(amity: &Installation) {
    let directory = amity.registry.directory().await.expect("loaded");
    let point = directory.channels().next().expect("one").usage_point;
    amity.registry.usage_points().set_owners(&[(point, Some("HES-1".into()))]).await.expect("owned");
    for (hash, received_at, stored) in
        [("a", "2024-11-06T01:00:00Z", 60), ("b", "2024-11-06T01:20:00Z", 0), ("c", "2024-11-01T00:00:00Z", 5)]
    {
        let batch = Batch {
            hash: hash.into(),
            source: "HES-1".into(),
            path: format!("{hash}.csv"),
            format: None,
            raw: String::new(),
            bytes: 10,
            stored,
            duplicates: 2,
            quarantined: 0,
            findings: 0,
            received_at: received_at.parse().expect("an instant"),
        };
        amity.registry.batches().add(&batch).await.expect("noted");
    }
}

#[tokio::test]
async fn the_board_tells_the_night_and_what_waits() {
    let amity = Installation::with_a_meter().await;
    owned(&amity).await;
    amity.follow().await;
    amity.quarantine(&["V01", "V06", "V06"]).await;
    let told = amity.get("/api/v1/board?date=2024-11-05").await.body;
    let night = &told["collection"]["value"];
    assert_eq!(night["report"]["verdict"], "not_met", "{told}");
    // Half of the 24 hours of the day came, all of one meter.
    assert_eq!((&night["report"]["total"]["in_time"], &night["components"]), (&json!(12), &json!(1)));
    assert_eq!(night["report"]["misses"], json!([]), "the list is behind a link");
    assert_eq!(night["report"]["sources"][0]["source"], "HES-1");
    // 05:00 of the 11th in Toronto.
    assert_eq!(night["next_deadlines"], json!([{"zone": "America/Toronto", "at": "2024-11-11T10:00:00Z"}]));
    assert_eq!(told["quarantine"]["value"]["open"], 3);
    let group = &told["exceptions"]["value"]["groups"][0];
    assert_eq!((&group["rule"], &group["count"]), (&json!("V31"), &json!(1)));
    assert_eq!(told["approvals"]["value"], json!({"waiting": 0, "is_cut": false, "oldest": null}));
    let head_end = &told["head_ends"]["value"][0];
    assert_eq!(
        (&head_end["name"], &head_end["is_stale"], &head_end["meters"]),
        (&json!("HES-1"), &json!(true), &json!(1))
    );
    let parts = ["collection", "exceptions", "approvals", "quarantine", "head_ends", "subscriptions"];
    assert!(parts.iter().all(|part| told[*part]["problem"] == Value::Null), "{told}");
    let refused = amity.get("/api/v1/board?date=yesterday").await;
    assert_eq!(refused.body["code"], "invalid-parameter", "{}", refused.body);
}

#[tokio::test]
async fn a_board_without_anything_is_told() {
    let told = Installation::empty().await.get("/api/v1/board").await.body;
    assert_eq!((&told["channels"], &told["collection"]["value"]["report"]["verdict"]), (&json!(0), &json!("met")));
    assert_eq!(told["head_ends"]["value"], json!([]));
}

#[tokio::test]
async fn what_does_not_count_is_listed_by_source_zone_and_reason() {
    let amity = Installation::with_a_meter().await;
    owned(&amity).await;
    let count = async |filter: &str| {
        let told = amity.get(&format!("/api/v1/collection?date=2024-11-05&{filter}")).await.body;
        (told["misses_count"].clone(), told["components_count"].clone())
    };
    let (one, none) = ((json!(1), json!(1)), (json!(0), json!(0)));
    assert_eq!(count("source=HES-1&zone=America/Toronto&reason=not_received").await, one);
    assert_eq!(count("source=-").await, none);
    assert_eq!(count("zone=Asia/Tokyo").await, none);
    assert_eq!(count("reason=late").await, none);
    let told = amity.get("/api/v1/collection?date=2024-11-05").await.body;
    let label = told["misses"][0]["channel"].as_str().expect("a label");
    assert_eq!(told["channels"][label], 0);
    let meter = told["meters"][label].as_str().expect("a meter");
    let path = format!("/api/v1/meters/{meter}");
    assert_eq!(amity.get(&path).await.body["name"], "LG-4821");
    let csv = amity.get("/api/v1/collection.csv?date=2024-11-05&reason=late").await.text;
    assert_eq!(csv.lines().count(), 1, "{csv}");
    let refused = amity.get("/api/v1/collection?reason=lazy").await.body;
    assert!(refused["detail"].as_str().is_some_and(|detail| detail.contains("source_silent")), "{refused}");
}

#[tokio::test]
async fn a_head_end_tells_what_came_by_the_hour() {
    let amity = Installation::with_a_meter().await;
    owned(&amity).await;
    amity.quarantine(&["V01"]).await;
    let told = amity.get("/api/v1/head-ends/HES-1").await.body;
    // The message of the 1st is older than a week.
    let hour = json!({"hour": "2024-11-06T01:00:00Z", "batches": 2, "stored": 60, "duplicates": 4, "quarantined": 0});
    assert_eq!(told["arrivals"], json!([hour]), "{told}");
    assert_eq!(told["received"], json!({"batches": 3, "stored": 65, "duplicates": 6, "quarantined": 0}));
    assert_eq!((&told["health"], &told["last_received_at"]), (&Value::Null, &json!("2024-11-06T01:20:00Z")));
    // Noon of the 5th in Toronto.
    assert_eq!(told["newest_reading"], "2024-11-05T17:00:00Z");
    assert_eq!(told["quarantine"][0]["count"], 1);
    assert_eq!(amity.get("/api/v1/quarantine?source=HES-1").await.body["items"].as_array().map(Vec::len), Some(1));
    assert_eq!(amity.get("/api/v1/quarantine?source=HES-2").await.body["items"], json!([]));
    let unknown = amity.get("/api/v1/head-ends/HES-9").await;
    assert_eq!((unknown.status.as_u16(), &unknown.body["code"]), (404, &json!("not-found")));
}

#[tokio::test]
async fn the_roll_out_is_counted_listed_and_mapped() {
    let amity = Installation::with_a_meter().await;
    owned(&amity).await;
    let directory = amity.registry.directory().await.expect("loaded");
    let point = directory.channels().next().expect("one").usage_point;
    let position = Fact::new(FactKind::Position, point.0, Timestamp::MIN, Some("43.65 -79.38")).expect("a fact");
    amity.registry.facts().put(&[position]).await.expect("put");
    // The last value ends at 17:00Z of the 5th: 115 hours before noon of the 10th.
    let told = amity.get("/api/v1/roll-out").await.body;
    assert_eq!(told["total"], json!({"installed": 1, "reporting": 0, "silent": 1, "never": 0}), "{told}");
    assert_eq!(told["head_ends"][0]["name"], "HES-1");
    assert_eq!(told["map"]["cells"].as_array().map(Vec::len), Some(1));
    let meter = &told["items"][0];
    assert_eq!((&meter["name"], &meter["last_value"]), (&json!("LG-4821"), &json!("2024-11-05T17:00:00Z")));
    let state = async |hours: u32| {
        amity.get(&format!("/api/v1/roll-out?silent_hours={hours}")).await.body["items"][0]["state"].clone()
    };
    assert_eq!((state(114).await, state(115).await), (json!("silent"), json!("reporting")));
    let csv = amity.get("/api/v1/roll-out.csv?state=silent&head_end=HES-1").await.text;
    let row = "LG-4821,UP-7,HES-1,,43.65 -79.38,silent,,2024-11-05T17:00:00Z";
    assert_eq!(
        csv.lines().collect::<Vec<_>>(),
        ["meter,usage_point,head_end,area,position,state,installed_at,last_value", row]
    );
    assert_eq!(amity.get("/api/v1/roll-out.csv?state=never").await.text.lines().count(), 1);
    let refused = amity.get("/api/v1/roll-out?silent_hours=1").await.body;
    assert_eq!(refused["detail"], "expected 24 to 87600, found 1");
    let after = amity.get(&format!("/api/v1/roll-out?cursor={}", meter["meter"].as_str().expect("an id"))).await.body;
    assert_eq!((&after["items"], &after["next"]), (&json!([]), &Value::Null));
}

#[tokio::test]
async fn a_meter_tells_its_state_and_what_was_received() {
    let amity = Installation::with_a_meter().await;
    owned(&amity).await;
    let told = amity.get("/api/v1/usage-points?q=UP-7").await.body;
    let id = told["items"][0]["id"].as_str().expect("an id").to_owned();
    let point = amity.get(&format!("/api/v1/usage-points/{id}")).await.body;
    let state = json!({"connection": null, "connection_since": null, "head_end": "HES-1", "health": null});
    assert_eq!(point["state"], state);
    let items = amity.get("/api/v1/channels/0/arrivals").await.body["items"].clone();
    // One message brought 24 values of the 2nd, 24 of the 3rd (25 hours, one missing) and 12 of the 5th.
    assert_eq!(items.as_array().map(Vec::len), Some(1), "{items}");
    let came = &items[0];
    assert_eq!((&came["values"], &came["source"]), (&json!(60), &json!("HES-1")));
    assert_eq!((&came["from"], &came["to"]), (&json!("2024-11-02T04:00:00Z"), &json!("2024-11-05T17:00:00Z")));
    let register = amity.get("/api/v1/channels/1/arrivals").await.body["items"][0].clone();
    assert_eq!((&register["values"], &register["to"]), (&json!(2), &json!("2024-11-04T05:00:00Z")));
}
