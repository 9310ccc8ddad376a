//! What the registry promises of dependencies; [`super::registry_engines`] runs it on every engine.

use jiff::Timestamp;
use jiff::civil::date;
use store::registry::Registry;
use store::registry::attempt::{Attempt, AttemptOutcome};
use store::registry::dependency::{AttemptSum, DependencyKind, DependencyState, DependencySum, Look};

use super::registry_contract::{at, contract};

contract! {
    looks_are_added_to_their_day,
    attempts_are_added_up_by_how_they_ended,
}

fn look(name: &str, state: DependencyState, milliseconds: Option<u64>) -> Look {
    Look { kind: DependencyKind::HeadEnd, name: name.into(), state, milliseconds }
}

// covers: MOD-DIS
async fn looks_are_added_to_their_day(registry: Registry, again: Registry) {
    let add = async |looks: &[Look], now: Timestamp| registry.dependencies().add(looks, now).await.expect("added");
    add(&[], at("2026-03-31T00:00Z")).await;
    add(
        &[look("B", DependencyState::Up, Some(40)), look("A", DependencyState::Unknown, None)],
        at("2026-03-31T23:59Z"),
    )
    .await;
    add(&[look("B", DependencyState::Down, None)], at("2026-03-31T23:59:15Z")).await;
    add(&[look("B", DependencyState::Stale, Some(30)), look("A", DependencyState::Up, None)], at("2026-04-01T00:00Z"))
        .await;
    let sum = |name: &str, [looks, up, stale, down, timed, milliseconds, milliseconds_max]: [u64; 7]| {
        let (kind, name) = (DependencyKind::HeadEnd, name.to_owned());
        DependencySum { kind, name, looks, up, stale, down, timed, milliseconds, milliseconds_max }
    };
    let between = async |first, last| again.dependencies().between(first, last).await.expect("read");
    assert_eq!(between(date(2026, 3, 1), date(2026, 3, 31)).await, [sum("B", [2, 1, 0, 1, 1, 40, 40])]);
    let both = between(date(2026, 3, 31), date(2026, 4, 1)).await;
    assert_eq!(both, [sum("A", [1, 1, 0, 0, 0, 0, 0]), sum("B", [3, 1, 1, 1, 2, 70, 40])]);
}

// covers: MOD-DIS
async fn attempts_are_added_up_by_how_they_ended(registry: Registry, _: Registry) {
    for (outcome, first_at, attempts) in [
        (AttemptOutcome::Answered, "2026-02-28T23:59Z", 9),
        (AttemptOutcome::Answered, "2026-03-01T00:00Z", 50),
        (AttemptOutcome::NotUsable, "2026-03-02T00:00Z", 2),
        (AttemptOutcome::Down, "2026-03-03T00:00Z", 7),
        (AttemptOutcome::Waiting, "2026-03-04T00:00Z", 3),
        (AttemptOutcome::Refused, "2026-03-05T00:00Z", 1),
        (AttemptOutcome::Answered, "2026-04-01T00:00Z", 5),
    ] {
        let (why, delivery, first_at) = (String::new(), String::new(), at(first_at));
        let head_end = "HES-1".to_owned();
        let last_at = first_at;
        let attempt = Attempt { head_end, outcome, why, delivery, first_at, last_at, attempts, deliveries: 0 };
        registry.attempts().begin(&attempt).await.expect("noted");
    }
    let sums = registry.dependencies().attempts(at("2026-03-01T00:00Z"), at("2026-04-01T00:00Z")).await.expect("read");
    let march = AttemptSum { head_end: "HES-1".into(), attempts: 63, answered: 52, not_usable: 2, refused: 4 };
    assert_eq!(sums, [march]);
}
