//! Orders over HTTP: entered, refused with what to enter, listed, cancelled once.

use serde_json::json;

use crate::fixture::{Installation, hourly};

const ORDERS: &str = "/api/v1/orders";

// covers: B1-S2.01, MOD-HES
#[tokio::test]
async fn an_order_is_entered_told_and_cancelled_once() {
    let amity = Installation::with_a_meter().await;
    let point = hourly().usage_point.value;
    let wanted = json!({ "kind": "read_now", "usage_point": point, "by": "anna" }).to_string();
    let told = amity.post(ORDERS, "application/json", wanted.clone()).await;
    assert_eq!(told.status, 202, "{}", told.text);
    let refused = &told.body["orders"][0];
    let outcome = refused["outcome"].as_str().expect("a text").to_owned();
    assert!(refused["state"] == "refused" && outcome.contains("amity registry owner"), "{refused}");

    let directory = amity.registry.directory().await.expect("loaded");
    let usage_point = directory.channels().next().expect("a channel").usage_point;
    amity.registry.usage_points().set_owners(&[(usage_point, Some("HES-1".into()))]).await.expect("entered");
    let told = amity.post(ORDERS, "application/json", wanted).await;
    let order = &told.body["orders"][0];
    assert_eq!((&order["state"], &order["route"]["head_end"]), (&json!("open"), &json!("HES-1")), "{order}");
    let place = format!("{ORDERS}/{}", order["id"]);
    assert_eq!(amity.get(&place).await.body["asked_by"], "anna");
    let open = amity.get(&format!("{ORDERS}?state=open&why=on_demand&head_end=HES-1&usage_point={point}")).await.body;
    assert_eq!((open["orders"].as_array().map(Vec::len), &open["counts"][1]["orders"]), (Some(1), &json!(1)), "{open}");

    let why = json!({ "by": "anna", "note": "meter was stolen" }).to_string();
    let cancel = format!("{place}/cancel");
    let cancelled = amity.post(&cancel, "application/json", why.clone()).await.body;
    assert_eq!(cancelled["outcome"], "cancelled by anna: meter was stolen", "{cancelled}");
    assert_eq!(amity.post(&cancel, "application/json", why).await.status, 409);
}

#[tokio::test]
async fn what_cannot_be_ordered_is_named() {
    let amity = Installation::with_a_meter().await;
    let point = hourly().usage_point.value;
    let checks = [
        (json!({ "kind": "ping", "by": "anna" }), 400, "`meter` or `usage_point`"),
        (json!({ "kind": "ping", "usage_point": point, "by": " " }), 400, "the name of a person"),
        (json!({ "kind": "read", "usage_point": point, "by": "anna" }), 400, "`from` and `to`"),
        (json!({ "kind": "ping", "meter": "M-9", "by": "anna" }), 404, "meter `M-9` is not in the registry"),
        (json!({ "kind": "shout", "usage_point": point, "by": "anna" }), 400, "shout"),
    ];
    for (wanted, status, said) in checks {
        let told = amity.post(ORDERS, "application/json", wanted.to_string()).await;
        assert!(told.status == status && told.text.contains(said), "{wanted}: {}", told.text);
    }
    assert_eq!(amity.get(&format!("{ORDERS}/99")).await.status, 404);
    assert_eq!(amity.get(&format!("{ORDERS}?state=lost")).await.status, 400);
}
