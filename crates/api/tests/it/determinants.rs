//! Billing determinants over HTTP.

use axum::http::StatusCode;
use ingest::determinants::Role;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::fixture::{Installation, hourly};

pub const REQUESTS: &str = "/api/v1/determinants/requests";

/// The kWh of UP-7; failed and estimated values are let through, for the fixture has both.
fn rate() -> Value {
    let every_day = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "holiday"];
    json!({
        "set": {
            "name": "flat", "version": 1, "gate": { "failed": 100, "not_validated": 100 },
            "meters": [{ "name": "site", "unit": "kWh", "terms": [{ "channel": "delivered", "sign": "plus" }] }],
            "determinants": [{ "id": "kwh", "unit": "kWh", "meter": "site", "measure": "usage" }],
        },
        "channels": [{ "name": "delivered", "suffixes": ["E1"] }],
        "calendar": {
            "name": "flat", "version": 1, "zone": "America/Toronto", "buckets": ["all"],
            "seasons": [{
                "name": "year", "first": "01-01", "last": "12-31",
                "days": [{ "on": every_day, "bands": [{ "from": "00:00", "to": "24:00", "bucket": "all" }] }],
            }],
        },
    })
}

pub async fn with_a_rate() -> Installation {
    let amity = Installation::with_a_meter().await;
    let (determinants, rate) = (amity.determinants.clone(), serde_json::from_value(rate()).expect("a rate"));
    let put = tokio::task::spawn_blocking(move || determinants.put_rate(&rate, Timestamp::UNIX_EPOCH));
    put.await.expect("not cancelled").expect("put");
    amity
}

/// 2024-11-03, the day of 25 hours.
fn long_day(id: &str) -> Value {
    json!({
        "id": id, "usage_point": "UP-7", "definition": "flat",
        "from": "2024-11-03T04:00:00Z", "to": "2024-11-04T05:00:00Z",
    })
}

// covers: B1-S17.01, B1-S17.03
#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_answered_shown_and_cancelled() {
    let amity = with_a_rate().await;
    let told = amity.post(REQUESTS, "application/json", long_day("r").to_string()).await;
    assert_eq!(told.status, StatusCode::OK, "{}", told.text);
    let request = &told.body["requests"][0];
    assert_eq!(
        (&request["state"], &request["verb"], &request["noun"]),
        (&json!("created"), &json!("created"), &json!("BillingDeterminant"))
    );
    let kwh = &request["issue"]["determinants"][0];
    // 24 hours of 1 kWh, one of them estimated, and one of 9 kWh.
    assert_eq!(
        (&kwh["quantity"], &kwh["counts"]["expected"], &kwh["counts"]["estimated"]),
        (&json!("33.000"), &json!(25), &json!(1))
    );
    assert_eq!(
        (&request["issue"]["plan_versions"], kwh["inputs_hash"].as_str().map(str::len)),
        (&json!([1]), Some(16))
    );

    assert_eq!(amity.get(&format!("{REQUESTS}/r")).await.body, *request);
    assert_eq!(amity.get("/api/v1/determinants?usage_point=UP-7").await.body["items"], json!([request]));
    assert_eq!(
        amity.get("/api/v1/determinants?usage_point=UP-7&as_of=2024-11-10T11:59:59Z").await.body["items"],
        json!([])
    );
    let again = amity.post(REQUESTS, "application/json", long_day("r").to_string()).await;
    assert_eq!(again.body, told.body);
    let twice = amity.post(REQUESTS, "application/json", long_day("s").to_string()).await;
    assert_eq!((twice.status, &twice.body["code"]), (StatusCode::CONFLICT, &json!("conflict")));
    let canceled = amity.post(&format!("{REQUESTS}/r/cancel"), "application/json", "").await;
    assert_eq!((canceled.status, &canceled.body["state"]), (StatusCode::OK, &json!("canceled")), "{}", canceled.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_asked_is_a_problem_that_names_its_field() {
    let amity = with_a_rate().await;
    let check = async |change: Value, status: StatusCode, pointer: &str| {
        let mut asked = long_day("r");
        asked.as_object_mut().expect("an object").extend(change.as_object().expect("an object").clone());
        let told = amity.post(REQUESTS, "application/json", asked.to_string()).await;
        assert_eq!((told.status, &told.body["pointer"]), (status, &json!(pointer)), "{}", told.text);
    };
    check(json!({ "usage_point": "nowhere" }), StatusCode::BAD_REQUEST, "usage_point").await;
    check(json!({ "definition": "steep" }), StatusCode::BAD_REQUEST, "definition").await;
    check(json!({ "to": "2024-11-03T04:00:00Z" }), StatusCode::BAD_REQUEST, "to").await;
    check(json!({ "tariff": "T1" }), StatusCode::BAD_REQUEST, "/").await;
    assert_eq!(amity.get(&format!("{REQUESTS}/r")).await.status, StatusCode::NOT_FOUND);
    assert_eq!(amity.get("/api/v1/determinants?limit=0").await.status, StatusCode::BAD_REQUEST);
}

// covers: ONT-2.8.2
#[tokio::test(flavor = "multi_thread")]
async fn an_installation_that_only_collects_refuses_in_words() {
    let amity = Installation::of_role(Role::Collection).await;
    amity.registry.channels().register(&[hourly()]).await.expect("registered");
    let told = amity.post(REQUESTS, "application/json", long_day("r").to_string()).await;
    assert_eq!((told.status, &told.body["code"]), (StatusCode::FORBIDDEN, &json!("not-allowed")));
    assert!(told.body["detail"].as_str().is_some_and(|detail| detail.contains("only collects reads")), "{}", told.text);
}
