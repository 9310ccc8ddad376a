//! The log of attempts at a head-end: what is on disk when, and what is one entry.

use ingest::collection::attempts::{AttemptLog, Ended};
use jiff::{SignedDuration, Timestamp};
use store::registry::Registry;
use store::registry::attempt::{Attempt, AttemptOutcome};

fn minute(number: i64) -> Timestamp {
    let noon: Timestamp = "2026-03-07T12:00:00Z".parse().expect("an instant");
    noon + SignedDuration::from_mins(number)
}

fn ended(at: i64, outcome: AttemptOutcome, why: &str, delivery: Option<&str>) -> Ended {
    Ended { at: minute(at), outcome, why: why.into(), delivery: delivery.map(str::to_owned) }
}

/// Entries as `outcome why first..last attempts/deliveries`, in minutes after noon.
async fn entries(registry: &Registry) -> Vec<String> {
    let found = registry.attempts().between(minute(-60), minute(600), 100).await.expect("listed");
    let minutes = |at: Timestamp| at.duration_since(minute(0)).as_mins();
    let told = |entry: &Attempt| {
        let Attempt { outcome, why, first_at, last_at, attempts, deliveries, .. } = entry;
        format!("{outcome} {why} {}..{} {attempts}/{deliveries}", minutes(*first_at), minutes(*last_at))
    };
    found.iter().map(told).collect()
}

// covers: ONT-2.10.2.5
#[tokio::test]
async fn failures_are_on_disk_at_once_and_those_that_are_alike_are_one_entry() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let url = format!("sqlite:{}", folder.path().join("registry.sqlite").display());
    let registry = Registry::open(&url).await.expect("a registry");
    let mut log = AttemptLog::new(registry.clone(), "HES".into());
    let (answered, down) = (AttemptOutcome::Answered, AttemptOutcome::Down);
    let mut note = async |ended| log.note(ended).await.expect("noted");
    note(ended(0, answered, "", Some("1.csv"))).await;
    note(ended(0, answered, "", Some("2.csv"))).await;
    assert_eq!(entries(&registry).await, ["answered  0..0 1/1"], "good news may wait a minute");
    note(ended(1, answered, "", None)).await;
    assert_eq!(entries(&registry).await, ["answered  0..1 3/2"]);
    note(ended(2, down, "refused", None)).await;
    note(ended(3, down, "refused", None)).await;
    note(ended(4, down, "no route", None)).await;
    let expected = ["answered  0..1 3/2", "down refused 2..3 2/0", "down no route 4..4 1/0"];
    assert_eq!(entries(&registry).await, expected);
    // An entry is an hour at the most.
    note(ended(63, down, "no route", None)).await;
    note(ended(64, down, "no route", None)).await;
    assert_eq!(entries(&registry).await[2..], ["down no route 4..63 2/0", "down no route 64..64 1/0"]);
    let last = registry.attempts().last().await.expect("listed");
    assert_eq!((last.len(), last[0].first_at), (1, minute(64)));
}
