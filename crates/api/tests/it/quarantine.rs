//! What can be done with a quarantined item beside a replay: looked at, corrected, decided against.

use api::{IntakeError, Otherwise, Why};
use model::review::Refusal;
use serde_json::json;

use crate::fixture::Installation;

const JSON: &str = "application/json";

// covers: THR-05
#[tokio::test]
async fn an_item_is_shown_with_what_stands_there() {
    let amity = Installation::empty().await;
    amity.quarantine(&["malformed"]).await;
    let told = amity.get("/api/v1/quarantine").await.body;
    assert_eq!(told["reasons"], json!([{ "reason": "malformed", "title": "Could not be read", "count": 1 }]));
    let id = told["items"][0]["id"].as_str().expect("an id").to_owned();
    let item = amity.get(&format!("/api/v1/quarantine/{id}")).await.body;
    assert_eq!(item["record"], json!({ "line": 7, "text": "300,2026", "bytes": 8, "is_cut": false }));
    assert_eq!(item["drop_reasons"], json!([{ "code": "mistake", "words": "sent by mistake" }]));
    assert_eq!((&item["closing"], &item["cause"]), (&json!(null), &json!("")));
    let dropped = amity.get("/api/v1/quarantine?state=dropped").await.body;
    assert_eq!(dropped["items"], json!([]));
    let wrong = amity.get("/api/v1/quarantine?state=gone").await;
    assert_eq!((wrong.status.as_u16(), &wrong.body["pointer"]), (400, &json!("state")));
}

#[tokio::test]
async fn a_person_signs_a_copy_and_a_decision() {
    let amity = Installation::empty().await;
    amity.quarantine(&["malformed"]).await;
    let fix = "/api/v1/quarantine/1/fix?name=copy.csv&by=anna&note=read%20on%20the%20meter";
    let told = amity.post(fix, "text/csv", "corrected").await;
    assert_eq!((told.status.as_u16(), &told.body), (200, &json!({ "closed": 1, "receipt": { "stored": 9 } })));
    let unsigned = amity.post("/api/v1/quarantine/1/fix?name=copy.csv", "text/csv", "corrected").await;
    assert_eq!((unsigned.status.as_u16(), &unsigned.body["pointer"]), (400, &json!("by")));
    let empty = amity.post(fix, "text/csv", "").await;
    assert_eq!((empty.status.as_u16(), &empty.body["pointer"]), (400, &json!("body")));

    let body = r#"{"ids":["1"],"by":"anna","reason":"mistake"}"#;
    assert_eq!(amity.post("/api/v1/quarantine/drop", JSON, body).await.body, json!({ "dropped": 1 }));
    let refusal = Refusal::Invalid { field: "reason", detail: "expected one of mistake".into() };
    amity.intake.0.lock().expect("not poisoned").refusal = Some(IntakeError::Asked(refusal));
    let refused = amity.post("/api/v1/quarantine/drop", JSON, body).await;
    assert_eq!((refused.status.as_u16(), &refused.body["pointer"]), (400, &json!("reason")));

    let taken = amity.intake.0.lock().expect("not poisoned");
    let signed = |reason: &str, note: &str| Why { by: "anna".into(), reason: reason.into(), note: note.into() };
    assert_eq!(taken.corrections.len(), 1);
    assert_eq!((&*taken.corrections[0].name, taken.corrections[0].item), ("copy.csv", 1));
    assert_eq!(taken.corrections[0].why, signed("corrected", "read on the meter"));
    assert_eq!(taken.dropped[0], (vec![1], signed("mistake", "")));
}

#[tokio::test]
async fn a_replay_may_say_what_was_forgotten() {
    let amity = Installation::empty().await;
    amity.quarantine(&["csv.zone"]).await;
    let body = r#"{"ids":["1"],"zone":"UTC","format":"csv"}"#;
    assert_eq!(amity.post("/api/v1/quarantine/replay", JSON, body).await.status.as_u16(), 200);
    let body = r#"{"reason":"csv.zone","zone":"UTC"}"#;
    let all = amity.post("/api/v1/quarantine/replay", JSON, body).await;
    assert_eq!((all.status.as_u16(), &all.body["pointer"]), (400, &json!("/ids")));
    let said = Otherwise { zone: Some("UTC".into()), format: Some("csv".into()), ..Otherwise::default() };
    assert_eq!(amity.intake.0.lock().expect("not poisoned").otherwise, said);
}
