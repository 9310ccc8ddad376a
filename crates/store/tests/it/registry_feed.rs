//! What the registry promises of feeds; [`super::registry_engines`] runs it on every engine.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use store::registry::Registry;
use store::registry::feed::ClockCorrection;

use super::registry_contract::contract;

contract! {
    what_was_seen_of_a_feed_is_there_after_a_restart,
    a_correction_never_changes,
}

fn at(minute: i64) -> Timestamp {
    "2026-03-01T12:00:00Z".parse::<Timestamp>().expect("an instant") + SignedDuration::from_mins(minute)
}

async fn what_was_seen_of_a_feed_is_there_after_a_restart(registry: Registry, again: Registry) {
    for (name, seen) in [("HES-2", json!({ "n": 1 })), ("HES-1", json!({})), ("HES-2", json!({ "n": 2 }))] {
        registry.feeds().keep(name, &seen, at(0)).await.expect("kept");
    }
    let all = again.feeds().all().await.expect("listed");
    assert_eq!(all, [("HES-1".to_owned(), json!({})), ("HES-2".to_owned(), json!({ "n": 2 }))]);
}

// covers: MOD-TS
async fn a_correction_never_changes(registry: Registry, again: Registry) {
    let of = |minute, milliseconds| ClockCorrection {
        head_end: "HES-1".into(),
        stamps_from: at(minute),
        milliseconds,
        decided_at: at(0),
    };
    for correction in [of(9, -3000), of(5, 7000), of(5, 1)] {
        registry.feeds().correct(&correction).await.expect("kept");
    }
    assert_eq!(again.feeds().corrections().await.expect("listed"), [of(5, 7000), of(9, -3000)]);
}
