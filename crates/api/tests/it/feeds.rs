//! Up to when the intervals of a head-end have come.

use serde_json::json;

use crate::board::owned;
use crate::fixture::Installation;

// covers: MOD-LAT
#[tokio::test]
async fn a_head_end_is_told_up_to_when_its_intervals_are_without_a_gap() {
    let amity = Installation::with_a_meter().await;
    owned(&amity).await;
    // The last three days that can hold readings are 3 to 5 November. Of the 25 hours of the first, which began at 04:00 UTC,
    // the fourth is missing; whatever came after it, nobody can decide over it.
    let intervals = json!({"until": "2024-11-03T07:00:00Z", "expected": 1, "missing": 0, "missing_per_10000": 0});
    let told = amity.get("/api/v1/head-ends/HES-1").await.body;
    assert_eq!(told["intervals"], intervals, "{told}");
    for (until, missing) in [("2024-11-03T07:00:00Z", json!([])), ("2024-11-03T08:00:00Z", json!(["HES-1"]))] {
        let told = amity.get(&format!("/api/v1/feeds?until={until}")).await.body;
        assert_eq!(told["missing_intervals"], missing, "{told}");
    }
}
