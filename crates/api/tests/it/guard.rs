//! Who may ask, how, and what every answer carries.

use axum::body::Body;
use axum::http::Request;
use serde_json::json;

use crate::fixture::Installation;

#[tokio::test]
async fn only_served_names_are_answered() {
    let amity = Installation::empty().await;
    let check = async |host: &str, expected: u16| {
        let request = Request::get("/api/v1/fleet").header("host", host).body(Body::empty()).expect("a request");
        assert_eq!(amity.send(request).await.status.as_u16(), expected, "{host}");
    };
    check("127.0.0.1:8480", 200).await;
    check("localhost", 200).await;
    check("[::1]:8480", 200).await;
    check("amity.example:443", 200).await;
    check("evil.example", 421).await;
    check("127.0.0.1.evil.example", 421).await;
    check("", 421).await;
}

#[tokio::test]
async fn pages_of_other_origins_change_nothing() {
    let amity = Installation::empty().await;
    let check = async |header: &str, value: &str, expected: u16| {
        let request = Request::post("/api/v1/readings")
            .header("host", "localhost:8480")
            .header("content-type", "text/plain")
            .header(header, value)
            .body(Body::from("good"))
            .expect("a request");
        assert_eq!(amity.send(request).await.status.as_u16(), expected, "{header}: {value}");
    };
    check("origin", "http://localhost:8480", 200).await;
    check("sec-fetch-site", "same-origin", 200).await;
    check("origin", "http://evil.example", 403).await;
    check("origin", "null", 403).await;
    check("sec-fetch-site", "cross-site", 403).await;
    check("sec-fetch-site", "same-site", 403).await;
    assert_eq!(amity.intake.0.lock().expect("not poisoned").uploads.len(), 2);
}

#[tokio::test]
async fn bodies_say_what_they_are() {
    let amity = Installation::empty().await;
    let bare =
        Request::post("/api/v1/readings").header("host", "localhost").body(Body::from("good")).expect("a request");
    assert_eq!(amity.send(bare).await.status.as_u16(), 415);
    let form = amity.post("/api/v1/quarantine/replay", "text/plain", "{}").await;
    assert_eq!(form.status.as_u16(), 415);
    let empty = amity.post("/api/v1/readings", "text/csv", "").await;
    assert_eq!((empty.status.as_u16(), &empty.body["pointer"]), (400, &json!("body")));
}

#[tokio::test]
async fn problems_name_the_parameter_and_the_way_out() {
    let amity = Installation::with_a_meter().await;
    let check = async |path: &str, status: u16, code: &str, pointer: &str| {
        let told = amity.get(path).await;
        let found = (told.status.as_u16(), told.body["code"].as_str(), told.body["pointer"].as_str());
        assert_eq!(found, (status, Some(code), Some(pointer)), "{path}: {}", told.text);
        assert_eq!(told.headers["content-type"], "application/problem+json");
        let explained = amity.get(told.body["type"].as_str().expect("a type")).await;
        assert_eq!(explained.body["code"], told.body["code"], "each type is an address that answers");
    };
    check("/api/v1/channels/0/readings?from=yesterday&to=2024-11-08T00:00:00Z", 400, "invalid-parameter", "from").await;
    check("/api/v1/channels/0/readings?from=2024-11-08T00:00:00Z", 400, "invalid-parameter", "to").await;
    check(
        "/api/v1/channels/0/readings?from=2024-11-08T00:00:00Z&to=2024-11-01T00:00:00Z",
        400,
        "invalid-parameter",
        "to",
    )
    .await;
    check(
        "/api/v1/channels/0/readings?from=1990-01-01T00:00:00Z&to=2024-11-01T00:00:00Z",
        400,
        "range-too-large",
        "to",
    )
    .await;
    check("/api/v1/channels?limit=0", 400, "invalid-parameter", "limit").await;
    check("/api/v1/channels?limt=5", 400, "invalid-parameter", "limt").await;
    check("/api/v1/channels?cursor=x", 400, "invalid-parameter", "cursor").await;
    check("/api/v1/channels/77", 404, "not-found", "channel").await;
    check("/api/v1/channels/1/readings?from=2024-11-01T00:00:00Z&to=2024-11-02T00:00:00Z", 404, "not-found", "channel")
        .await;
}

#[tokio::test]
async fn unknown_addresses_and_methods_are_problems_too() {
    let amity = Installation::empty().await;
    assert_eq!(amity.get("/api/v1/nothing").await.body["code"], "not-found");
    assert_eq!(amity.get("/api/v1/problems/nothing").await.status.as_u16(), 404);
    let posted = amity.post("/api/v1/fleet", "application/json", "{}").await;
    assert_eq!((posted.status.as_u16(), &posted.body["code"]), (405, &json!("method-not-allowed")));
    assert_eq!(amity.post("/somewhere", "text/plain", "x").await.status.as_u16(), 405);
}

#[tokio::test]
async fn every_answer_is_guarded() {
    let amity = Installation::empty().await;
    for path in ["/", "/api/v1/fleet", "/api/v1/nothing", "/channels/7"] {
        let told = amity.get(path).await;
        assert_eq!(told.headers["x-content-type-options"], "nosniff", "{path}");
        assert_eq!(told.headers["x-frame-options"], "DENY", "{path}");
        let policy = told.headers["content-security-policy"].to_str().expect("text");
        assert!(policy.starts_with("default-src 'none'; script-src 'self';"), "{path}: {policy}");
        assert!(!policy.contains("unsafe"), "{path}: {policy}");
    }
}

#[tokio::test]
async fn places_inside_the_page_are_the_page() {
    let amity = Installation::empty().await;
    for path in ["/", "/channels/7", "/quarantine"] {
        let told = amity.get(path).await;
        assert_eq!(told.status.as_u16(), 200);
        assert_eq!(told.headers["content-type"], "text/html; charset=utf-8");
        assert!(told.text.starts_with("<!doctype html>"), "{path}");
    }
}

#[tokio::test]
async fn what_did_not_change_is_not_sent_again() {
    let amity = Installation::with_a_meter().await;
    for path in ["/api/v1/channels", "/"] {
        let tag = amity.get(path).await.headers["etag"].clone();
        let request = Request::get(path).header("host", "localhost").header("if-none-match", tag);
        let told = amity.send(request.body(Body::empty()).expect("a request")).await;
        assert_eq!((told.status.as_u16(), told.text.as_str()), (304, ""), "{path}");
    }
}

#[tokio::test]
async fn answers_are_compressed_on_request() {
    let amity = Installation::with_a_meter().await;
    let request = Request::get("/api/v1/channels").header("host", "localhost").header("accept-encoding", "gzip");
    let told = amity.send(request.body(Body::empty()).expect("a request")).await;
    assert_eq!(told.headers["content-encoding"], "gzip");
}

#[tokio::test]
async fn a_body_beyond_the_limit_is_refused() {
    let amity = Installation::empty().await;
    let told = amity.post("/api/v1/readings", "text/csv", vec![b'x'; 1025]).await;
    assert_eq!((told.status.as_u16(), &told.body["code"]), (413, &json!("body-too-large")));
    assert!(amity.intake.0.lock().expect("not poisoned").uploads.is_empty());
}
