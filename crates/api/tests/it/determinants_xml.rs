//! `create BillingDeterminantRequest` in the envelope of IEC 61968-100, over HTTP.

use axum::http::StatusCode;
use ingest::determinants::Role;

use crate::determinants::{REQUESTS, with_a_rate};
use crate::fixture::{Installation, Told, hourly};

/// A message that asks for the kWh of 2024-11-03, the day of 25 hours, of these usage points.
fn message(usage_points: &[&str]) -> String {
    let request = |name: &&str| {
        format!(
            "<BillingDeterminantRequest xmlns='urn:amity:billing-determinant:1'><definition>flat</definition>\
             <UsagePoint><Names><name>{name}</name></Names></UsagePoint>\
             <period><end>2024-11-04T00:00:00-05:00</end><start>2024-11-03T00:00:00-04:00</start></period>\
             </BillingDeterminantRequest>"
        )
    };
    format!(
        "<RequestMessage xmlns='http://iec.ch/TC57/2011/schema/message'><Header><Verb>create</Verb>\
         <Noun>BillingDeterminantRequest</Noun><MessageID>m-1</MessageID><CorrelationID>c-7</CorrelationID></Header>\
         <Payload>{}</Payload></RequestMessage>",
        usage_points.iter().map(request).collect::<String>()
    )
}

async fn post(amity: &Installation, body: String) -> Told {
    amity.post(REQUESTS, "application/xml; charset=utf-8", body).await
}

#[track_caller]
fn check(told: &Told, status: StatusCode, parts: &[&str]) {
    assert_eq!(
        (told.status, told.headers["content-type"].as_bytes()),
        (status, &b"application/xml"[..]),
        "{}",
        told.text
    );
    for part in parts {
        assert!(told.text.contains(part), "{part}: {}", told.text);
    }
}

// covers: B1-S17.01, B1-S17.03, IS-005
#[tokio::test(flavor = "multi_thread")]
async fn a_message_in_xml_is_answered_in_xml() {
    let amity = with_a_rate().await;
    let told = post(&amity, message(&["UP-7"])).await;
    // 24 hours of 1 kWh, one of them estimated, and one of 9 kWh.
    let parts = [
        "<Verb>reply</Verb><Noun>BillingDeterminantRequest</Noun>",
        "<CorrelationID>c-7</CorrelationID>",
        "<Result>OK</Result><Error><code>0.0</code>",
        "<quantity>33.000</quantity>",
        "<expected>25</expected><missing>0</missing><estimated>1</estimated>",
    ];
    check(&told, StatusCode::OK, &parts);
    // The same message asks for the same, and JSON shows it under the id of the message.
    check(&post(&amity, message(&["UP-7"])).await, StatusCode::OK, &parts);
    assert_eq!(amity.get(&format!("{REQUESTS}/m-1")).await.body["state"], "created");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_a_message_is_named_by_code_and_place() {
    let amity = with_a_rate().await;
    let told = post(&amity, message(&["UP-7", "nowhere"])).await;
    let place = "<xpath>/RequestMessage/Payload/BillingDeterminantRequest[2]/UsagePoint</xpath><ID>m-1-2</ID>";
    check(&told, StatusCode::OK, &["<Result>PARTIAL</Result>", "<code>0.2</code>", "<code>2.12</code>", place]);
    let twice = post(&amity, message(&["UP-7"]).replace("m-1", "m-2")).await;
    check(&twice, StatusCode::CONFLICT, &["<Result>FAILED</Result>", "<code>6.1</code>"]);
    let failed = |text: String| post(&amity, text);
    let steep = message(&["UP-7"]).replace("flat", "steep");
    check(&failed(steep).await, StatusCode::UNPROCESSABLE_ENTITY, &["<code>2.33</code>", "/definition</xpath>"]);
    let reversed = message(&["UP-7"]).replace("2024-11-04", "2024-11-02");
    check(&failed(reversed).await, StatusCode::BAD_REQUEST, &["<code>1.8</code>", "/period/end</xpath>"]);
    let get = message(&["UP-7"]).replace("create", "get");
    check(
        &failed(get).await,
        StatusCode::UNPROCESSABLE_ENTITY,
        &["<code>2.9</code>", "<xpath>/RequestMessage/Header</xpath>"],
    );
    check(&failed("<!DOCTYPE a []><a/>".into()).await, StatusCode::BAD_REQUEST, &["<Result>FAILED</Result>"]);
    check(&failed(message(&["UP-7"; 501])).await, StatusCode::PAYLOAD_TOO_LARGE, &["<code>3.1</code>"]);
    let other = amity.post(REQUESTS, "text/csv", "a").await;
    assert_eq!(other.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
}

// covers: ONT-2.8.2
#[tokio::test(flavor = "multi_thread")]
async fn an_installation_that_only_collects_refuses_in_xml_too() {
    let amity = Installation::of_role(Role::Collection).await;
    amity.registry.channels().register(&[hourly()]).await.expect("registered");
    let told = post(&amity, message(&["UP-7"])).await;
    check(&told, StatusCode::FORBIDDEN, &["<Result>FAILED</Result>", "<code>7.7</code>", "only collects reads"]);
    assert_eq!(amity.registry.determinants().last_message().await.expect("read"), 0);
}
