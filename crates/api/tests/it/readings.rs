//! What the views tell of readings, against figures worked out by hand from the fixture.

use serde_json::json;

use crate::fixture::Installation;

const WEEK: &str = "from=2024-11-01T00:00:00Z&to=2024-11-08T00:00:00Z";

/// Hours: 24 + 25 + a whole missing day of 24 + a day of 24 of which half arrived.
#[tokio::test]
async fn readings_hold_gaps_estimates_and_exact_sums() {
    let amity = Installation::with_a_meter().await;
    let told = amity.get(&format!("/api/v1/channels/0/readings?{WEEK}")).await.body;
    assert_eq!(told["unit"], "kWh");
    assert_eq!(told["exponent"], -3);
    assert_eq!(told["time_zone"], "America/Toronto");
    let summary = &told["summary"];
    assert_eq!(summary["expected"], 24 + 25 + 24 + 24);
    assert_eq!(summary["received"], 24 + 24 + 12);
    // Raw: 24 x 1 + 23 x 1 + 9 + 12 x 1; final has the estimate of 1 kWh on top.
    assert_eq!(summary["raw_sum"], "68.000");
    assert_eq!(summary["final_sum"], "69.000");
    assert_eq!(summary["highest"], json!({ "at": "2024-11-03T09:00:00Z", "value": "9.000" }));
    let run = &told["runs"][0];
    assert_eq!(told["runs"].as_array().map(Vec::len), Some(1), "one interval length, one run");
    assert_eq!(run["start"], "2024-11-02T04:00:00Z");
    assert_eq!(run["raw"][27], json!(null));
    assert_eq!(run["final"][27], 1000);
    assert_eq!(words(&told, "final_quality", 27), "estimated, interpolated");
    assert_eq!(words(&told, "raw_quality", 27), "missing (flag N)");
    assert_eq!(words(&told, "final_quality", 29), "failed validation");
    assert_eq!(words(&told, "final_quality", 28), "validated");
    // Nothing arrived on the 4th: the gap is in the answer.
    assert_eq!(run["final"][49], json!(null));
    assert_eq!(words(&told, "final_quality", 49), "missing");
}

fn words<'a>(told: &'a serde_json::Value, layer: &str, slot: u64) -> &'a str {
    let spans = told["runs"][0][layer].as_array().expect("spans");
    let holds = |span: &&serde_json::Value| span[0].as_u64() <= Some(slot) && Some(slot) < span[1].as_u64();
    let index = spans.iter().find(holds).and_then(|span| span[2].as_u64()).expect("a span");
    told["statuses"][usize::try_from(index).expect("small")]["words"].as_str().expect("words")
}

#[tokio::test]
async fn many_readings_come_as_lowest_and_highest() {
    let amity = Installation::with_a_meter().await;
    let told = amity.get(&format!("/api/v1/channels/0/readings?{WEEK}&max_points=20")).await.body;
    assert_eq!(told["resolution"], "bucket");
    // 97 slots in buckets of five; hours 25 to 29 are slots 1 to 5 of the long day, with the spike of 9 kWh.
    let run = &told["runs"][0];
    assert_eq!(run["interval_seconds"], 5 * 3600);
    assert_eq!(run["raw"][5], 1000);
    assert_eq!(run["raw_max"][5], 9000);
    assert_eq!(told["summary"]["raw_sum"], "68.000");
}

#[tokio::test]
async fn what_was_known_then_is_told_as_of_then() {
    let amity = Installation::with_a_meter().await;
    let told = amity.get(&format!("/api/v1/channels/0/readings?{WEEK}&as_of=2024-11-06T00:59:59Z")).await.body;
    assert_eq!(told["summary"]["received"], 0);
    let told = amity.get(&format!("/api/v1/channels/0/readings?{WEEK}&as_of=2024-11-06T01:00:00Z")).await.body;
    assert_eq!(told["summary"]["received"], 60);
}

#[tokio::test]
async fn csv_has_every_interval_with_its_offset() {
    let amity = Installation::with_a_meter().await;
    let told = amity.get(&format!("/api/v1/channels/UP-7%2FE1/readings.csv?{WEEK}")).await;
    assert_eq!(told.headers["content-type"], "text/csv; charset=utf-8");
    assert_eq!(told.headers["content-disposition"], "attachment; filename=\"UP-7-E1.csv\"");
    let rows: Vec<&str> = told.text.lines().collect();
    assert_eq!(rows.len(), 1 + 97);
    assert_eq!(rows[0], "start,end,final_kWh,final_quality,raw_kWh,raw_quality");
    // The hour from 01:00 comes twice on that night, told apart by the offset.
    assert_eq!(rows[26], "2024-11-03T01:00:00-04:00,2024-11-03T01:00:00-05:00,1.000,validated,1.000,measured");
    assert_eq!(rows[27], "2024-11-03T01:00:00-05:00,2024-11-03T02:00:00-05:00,1.000,validated,1.000,measured");
    let estimated =
        "2024-11-03T02:00:00-05:00,2024-11-03T03:00:00-05:00,1.000,\"estimated, interpolated\",,missing (flag N)";
    assert_eq!(rows[28], estimated);
}

#[tokio::test]
async fn days_have_their_true_length() {
    let amity = Installation::with_a_meter().await;
    let told = amity.get(&format!("/api/v1/channels/0/days?{WEEK}")).await.body;
    let figures: Vec<_> = told["items"]
        .as_array()
        .expect("days")
        .iter()
        .map(|day| json!([day["date"], day["hours"], day["expected"], day["received"], day["final_sum"]]))
        .collect();
    let expected = [
        json!(["2024-11-05", "24", 24, 12, "12.000"]),
        json!(["2024-11-04", "24", 24, 0, "0.000"]),
        json!(["2024-11-03", "25", 25, 24, "33.000"]),
        json!(["2024-11-02", "24", 24, 24, "24.000"]),
    ];
    assert_eq!(figures, expected);
    let long = &told["items"][2];
    assert_eq!(long["estimates"], json!([{ "method": "E04", "count": 1 }]));
    assert_eq!(long["failures"][0]["rule"], "V31");
    assert_eq!(long["failures"][0]["from"], "2024-11-03T09:00:00Z");
    assert_eq!(long["status"], json!({ "class": "failed", "words": "1 failed validation" }));
    let page = amity.get(&format!("/api/v1/channels/0/days?{WEEK}&limit=3")).await.body;
    assert_eq!(page["next"], "2024-11-02");
    let last = amity.get(&format!("/api/v1/channels/0/days?{WEEK}&limit=3&cursor=2024-11-02")).await.body;
    assert_eq!((&last["items"][0]["date"], &last["next"]), (&json!("2024-11-02"), &json!(null)));
}

#[tokio::test]
async fn sums_are_held_against_stated_amounts() {
    let amity = Installation::with_a_meter().await;
    let told = amity.get("/api/v1/channels/0/sum-checks").await.body;
    assert_eq!((&told["passed"], &told["failed"], &told["incomplete"]), (&json!(2), &json!(0), &json!(0)));
    let long = &told["items"][0];
    assert_eq!(long["interval_sum"], "33");
    assert_eq!(long["register"], "UP-7/D1");
    // 0.05 kWh and 0.5 % of 33 kWh.
    assert_eq!(long["tolerance"], "0.215");
}

#[tokio::test]
async fn registers_are_told_newest_first() {
    let amity = Installation::with_a_meter().await;
    let told = amity.get("/api/v1/channels/1/registers?limit=1").await.body;
    assert_eq!(told["items"][0]["value"], "33.00");
    assert_eq!(told["items"][0]["period_start"], "2024-11-03T04:00:00Z");
    assert_eq!(told["next"], "1");
    let told = amity.get("/api/v1/channels/1/registers?limit=1&cursor=1").await.body;
    assert_eq!((&told["items"][0]["value"], &told["next"]), (&json!("24.00"), &json!(null)));
}

#[tokio::test]
async fn an_interval_tells_every_value_it_had() {
    let amity = Installation::with_a_meter().await;
    let told = amity.get("/api/v1/channels/0/versions?at=2024-11-03T07:59:59Z").await.body;
    assert_eq!((&told["start"], &told["end"]), (&json!("2024-11-03T07:00:00Z"), &json!("2024-11-03T08:00:00Z")));
    let versions = told["versions"].as_array().expect("versions");
    assert_eq!(versions.len(), 2);
    assert_eq!((&versions[0]["kind"], &versions[0]["value"]), (&json!("final"), &json!("1.000")));
    assert_eq!(versions[0]["source"], "validation run 12, plan 1, E04");
    assert_eq!((&versions[1]["kind"], &versions[1]["value"]), (&json!("raw"), &json!(null)));
}
