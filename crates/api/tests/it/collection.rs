//! What the view of collection tells, against figures worked out by hand from the fixture.

use jiff::Timestamp;
use jiff::civil::date;
use serde_json::json;
use store::registry::fact::{Fact as Entry, FactKind};
use store::registry::reference::MeanTemperature;

use crate::fixture::Installation;

#[tokio::test]
async fn half_a_day_is_told_with_its_deadline_and_its_gap() {
    let amity = Installation::with_a_meter().await;
    let told = amity.get("/api/v1/collection?date=2024-11-05").await.body;
    let total = json!({"expected": 24, "in_time": 12, "late": 0, "estimated": 0, "missing": 12, "time_in_doubt": 0});
    assert_eq!(told["total"], total, "{told}");
    assert_eq!(told["verdict"], "not_met");
    // 05:00 of the 6th in Toronto, where winter time began on the 3rd.
    assert_eq!(told["zones"][0]["deadline"], "2024-11-06T10:00:00Z");
    let miss = &told["misses"][0];
    assert_eq!((&miss["from"], &miss["reason"]), (&json!("2024-11-05T17:00:00Z"), &json!("not_received")));
    assert_eq!(told["misses_count"], 1);
    let silent = amity.get("/api/v1/collection?date=2024-11-04").await.body;
    assert_eq!(silent["reasons"], json!([{"reason": "meter_silent", "readings": 24, "components": 1}]));
}

#[tokio::test]
async fn temperatures_stand_beside_the_days_of_a_channel() {
    let amity = Installation::with_a_meter().await;
    let week = "/api/v1/channels/0/weather?from=2024-11-03T04:00:00Z&to=2024-11-05T05:00:00Z";
    assert_eq!(amity.get(week).await.body, json!({"days": []}), "no station is known");
    let usage_point = amity.registry.directory().await.expect("loaded").channels().next().expect("one").usage_point;
    let station = Entry::new(FactKind::WeatherStation, usage_point.0, Timestamp::MIN, Some("YYZ")).expect("a fact");
    amity.registry.facts().put(&[station]).await.expect("put");
    let day = |day, tenths_celsius| MeanTemperature { date: date(2024, 11, day), tenths_celsius };
    let days = [day(2, 99), day(3, -42), day(5, 7)];
    amity.registry.references().put_temperatures("YYZ", &days).await.expect("put");
    let told = amity.get(week).await.body;
    // The 3rd has 25 hours, nothing is known of the 4th, and the 5th begins where the week ends.
    let third = json!({
        "date": "2024-11-03", "start": "2024-11-03T04:00:00Z", "end": "2024-11-04T05:00:00Z",
        "station": "YYZ", "mean_celsius": "-4.2",
    });
    assert_eq!(told, json!({"days": [third]}));
}

#[tokio::test]
async fn what_does_not_count_is_a_table_for_spreadsheets() {
    let amity = Installation::with_a_meter().await;
    let told = amity.get("/api/v1/collection.csv?date=2024-11-05").await;
    assert_eq!(told.headers["content-type"], "text/csv; charset=utf-8");
    let rows: Vec<_> = told.text.lines().collect();
    assert_eq!(rows[0], "component,channel,source,zone,from,to,readings,reason");
    assert!(rows[1].ends_with(",2024-11-05T17:00:00Z,2024-11-06T05:00:00Z,12,not_received"), "{}", rows[1]);
    assert_eq!(rows.len(), 2);
    let refused = amity.get("/api/v1/collection?date=yesterday").await;
    assert_eq!(refused.body["code"], "invalid-parameter", "{}", refused.body);
}
