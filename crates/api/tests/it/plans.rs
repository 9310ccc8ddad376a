//! Plans over HTTP: what is put, what is refused, what holds where.

use axum::http::StatusCode;
use serde_json::json;

use crate::fixture::Installation;

fn book(rule: &str) -> serde_json::Value {
    json!({
        "validation_set": [{ "name": "watch", "version": 1, "validate": [{ "rule": rule, "on_failure": "warn" }] }],
        "estimation_set": [{ "name": "none", "version": 1, "scaling": "none" }],
        "plan": [{
            "name": "watching", "version": 1,
            "validation": { "set": "watch", "version": 1 }, "estimation": { "set": "none", "version": 1 },
        }],
        "attach": [{ "plan": "watching", "version": 1, "to": { "usage-point": POINT }, "from": "2024-11-03" }],
    })
}

const JSON: &str = "application/json";

/// The usage point of the fixture.
const POINT: &str = "UP-7";

#[tokio::test]
async fn a_book_is_put_and_says_which_plan_holds() {
    let amity = Installation::with_a_meter().await;
    let told = amity.post("/api/v1/plans", JSON, json!({ "by": "ana", "book": book("V30") }).to_string()).await;
    assert_eq!(told.status, StatusCode::OK, "{}", told.text);
    assert_eq!(told.body["added"], json!({ "formulas": 0, "sets": 2, "plans": 1, "attachments": 1 }));
    // The fixture has the outcome of 3 November with plan `default`.
    let expected = json!({ "channel_days": 1, "first": "2024-11-03", "last": "2024-11-03" });
    assert_eq!(told.body["judged_otherwise"], expected);
    let held = |date: &str| format!("/api/v1/plans/for?usage_point={POINT}&date={date}");
    assert_eq!(amity.get(&held("2024-11-02")).await.body["plan"], "default");
    let found = amity.get(&held("2024-11-03")).await.body;
    assert_eq!((&found["plan"], &found["version"]), (&json!("watching"), &json!(1)));
    assert_eq!(found["attachment"]["to"], json!({ "usage-point": POINT }));
    let listed = amity.get("/api/v1/plans").await.body;
    assert_eq!((&listed["plans"][1]["name"], &listed["plans"][1]["put_by"]), (&json!("watching"), &json!("ana")));
    assert_eq!(listed["history"].as_array().map(Vec::len), Some(4));
    let again =
        amity.post("/api/v1/plans", JSON, json!({ "by": "ana", "book": listed["book"] }).to_string()).await.body;
    assert_eq!(again["added"]["attachments"], 0, "the book in force changes nothing");
}

#[tokio::test]
async fn a_broken_book_is_refused_whole() {
    let amity = Installation::with_a_meter().await;
    let told = amity.post("/api/v1/plans", JSON, json!({ "by": "ana", "book": book("V99") }).to_string()).await;
    assert_eq!(told.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(told.body["findings"][0]["field"], "plan[0].validate[0].rule");
    let mut nameless = book("V30");
    nameless["validation_set"][0]["name"] = json!("");
    nameless["estimation_set"][0]["version"] = json!(0);
    let told = amity.post("/api/v1/plans", JSON, json!({ "by": "ana", "book": nameless }).to_string()).await;
    assert_eq!(told.status, StatusCode::UNPROCESSABLE_ENTITY);
    let fields = [0, 1].map(|at| told.body["findings"][at]["field"].clone());
    assert_eq!(fields, [json!("validation_set[0].name"), json!("estimation_set[0].version")], "{}", told.text);
    let unnamed = amity.post("/api/v1/plans", JSON, json!({ "by": " ", "book": book("V30") }).to_string()).await;
    assert_eq!((unnamed.status, &unnamed.body["pointer"]), (StatusCode::BAD_REQUEST, &json!("by")));
    assert_eq!(amity.get("/api/v1/plans").await.body["history"], json!([]), "nothing was kept");
    let nowhere = amity.get("/api/v1/plans/for?usage_point=UP-9&date=2024-11-03").await;
    assert_eq!(nowhere.status, StatusCode::NOT_FOUND);
}
