//! What the registry promises of schemas; [`super::registry_engines`] runs it on every engine.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use store::registry::schema::{Said, SchemaProposal, SchemaState, Word};
use store::registry::{Registry, RegistryError};

use super::registry_contract::contract;

contract! {
    a_version_holds_once_enough_people_approved_and_its_time_has_come,
    one_word_against_is_enough_and_settled_is_settled,
    a_difference_is_kept_once_and_counted,
}

fn at(minute: i64) -> Timestamp {
    "2026-03-01T12:00:00Z".parse::<Timestamp>().expect("instant") + SignedDuration::from_mins(minute)
}

fn proposal(effective_from: Timestamp, approvals: u32) -> SchemaProposal {
    SchemaProposal {
        source: "HES-1".into(),
        shape: json!({ "fields": {}, "whole": [] }),
        effective_from,
        approvals,
        by: "ana".into(),
        reason: "firmware 3.2".into(),
        differences: json!([]),
    }
}

fn said(by: &str, word: Word) -> Said {
    Said { by: by.into(), word, note: "tried in the test yard".into(), at: at(1) }
}

async fn in_force(registry: &Registry, minute: i64) -> Option<u64> {
    registry.schemas().in_force("HES-1", at(minute)).await.expect("asked").map(|version| version.version)
}

// covers: MOD-GOV1, MOD-GOV2
async fn a_version_holds_once_enough_people_approved_and_its_time_has_come(registry: Registry, again: Registry) {
    let schemas = registry.schemas();
    assert_eq!(schemas.propose(&proposal(at(0), 1), at(0)).await.expect("proposed"), 1);
    assert_eq!(in_force(&registry, 5).await, None, "nobody approved");
    assert_eq!(schemas.say("HES-1", 1, &said("ben", Word::Approve)).await.expect("said"), SchemaState::Accepted);
    assert_eq!(schemas.propose(&proposal(at(10), 2), at(2)).await.expect("proposed"), 2);
    for (by, state) in [("ben", SchemaState::Proposed), ("ben", SchemaState::Proposed), ("eve", SchemaState::Accepted)]
    {
        assert_eq!(schemas.say("HES-1", 2, &said(by, Word::Approve)).await.expect("said"), state, "{by}");
    }
    assert_eq!((in_force(&again, 9).await, in_force(&again, 10).await), (Some(1), Some(2)));
    assert_eq!(again.schemas().in_force("HES-2", at(99)).await.expect("asked"), None);
    let all = again.schemas().all().await.expect("listed");
    let words = |place: usize| all[place].words.iter().map(|said| said.by.as_str()).collect::<Vec<_>>();
    assert_eq!((words(0), words(1)), (vec!["ben"], vec!["ben", "eve"]));
}

async fn one_word_against_is_enough_and_settled_is_settled(registry: Registry, _: Registry) {
    let schemas = registry.schemas();
    schemas.propose(&proposal(at(0), 1), at(0)).await.expect("proposed");
    assert_eq!(schemas.say("HES-1", 1, &said("ben", Word::Reject)).await.expect("said"), SchemaState::Rejected);
    assert_eq!(schemas.say("HES-1", 1, &said("eve", Word::Approve)).await.expect("said"), SchemaState::Rejected);
    assert_eq!(in_force(&registry, 5).await, None);
    let unknown = schemas.say("HES-1", 7, &said("ben", Word::Approve)).await.expect_err("there is none");
    assert!(matches!(unknown, RegistryError::NotFound { .. }), "{unknown}");
}

async fn a_difference_is_kept_once_and_counted(registry: Registry, again: Registry) {
    let found = |path: &str| (path.to_owned(), "new", format!("{path} is new"));
    let note = async |found: &[_], message: &str, minute| {
        registry.schemas().note(("HES-1", 1), found, (message, at(minute))).await.expect("noted")
    };
    assert_eq!(note(&[found("a"), found("b")], "m1", 0).await, [0, 1]);
    assert_eq!(note(&[found("b"), found("c")], "m2", 1).await, [1], "b was seen before");
    let kept = again.schemas().differences(10).await.expect("listed");
    let kept: Vec<_> = kept.iter().map(|one| (&*one.path, one.messages, &*one.example, one.last_seen)).collect();
    assert_eq!(kept, [("b", 2, "m1", at(1)), ("c", 1, "m2", at(1)), ("a", 1, "m1", at(0))]);
}
