//! What subscriptions promise, whatever engine keeps them.

use jiff::Timestamp;
use serde_json::json;
use store::readings::Cursor;
use store::registry::subscription::{
    ATTEMPTS_KEPT, Attempt, DeliveryState, PayloadFormat, Reach, Subscription, SubscriptionId, SubscriptionState,
};
use store::registry::{Registry, RegistryError};
use uuid::Uuid;

use super::registry_contract::{at, contract};

contract! {
    a_subscriber_goes_on_where_it_stopped,
    attempts_are_bounded,
    a_removed_subscription_leaves_nothing,
    a_replaced_subscription_begins_anew,
}

/// After a place of the readings, and after the message before that number.
fn start(sequence: u64) -> DeliveryState {
    DeliveryState::starting_at(Some(Cursor { sequence, seen: 3 }), Some(sequence - 1))
}

pub fn subscription(name: &str) -> Subscription {
    Subscription {
        id: SubscriptionId(Uuid::from_u128(name.bytes().fold(0, |sum, byte| sum * 256 + u128::from(byte)))),
        name: name.into(),
        address: "https://cis.example/readings".into(),
        reach: Reach::Public,
        format: PayloadFormat::Xml,
        secret: "file:secrets/cis".into(),
        filter: json!({}),
        state: SubscriptionState::Active,
        created_at: at("2024-05-01T10:00Z"),
    }
}

async fn a_subscriber_goes_on_where_it_stopped(registry: Registry, again: Registry) {
    let cis = subscription("cis");
    registry.subscriptions().add(&cis, &start(42)).await.expect("added");
    let twice = Subscription { id: subscription("other").id, ..cis.clone() };
    assert!(matches!(
        registry.subscriptions().add(&twice, &DeliveryState::default()).await,
        Err(RegistryError::Conflict { .. })
    ));
    registry.subscriptions().add(&subscription("bill"), &DeliveryState::default()).await.expect("added");
    let told = DeliveryState {
        position: Some(Cursor { sequence: u64::MAX, seen: u32::MAX }),
        determinants: Some(7),
        attempts: 3,
        next_attempt: Some(at("2024-05-01T11:00Z")),
        last_error: Some("503 Service Unavailable".into()),
        delivered_at: Some(at("2024-05-01T10:30Z")),
    };
    assert_eq!(registry.subscriptions().delivery(cis.id).await.expect("read"), start(42));
    registry.subscriptions().record(cis.id, &told, None).await.expect("recorded");
    registry.subscriptions().set_state(cis.id, SubscriptionState::Disabled).await.expect("changed");
    let disabled = Subscription { state: SubscriptionState::Disabled, ..cis.clone() };
    assert_eq!(again.subscriptions().delivery(cis.id).await.expect("read"), told);
    assert_eq!(again.subscriptions().all().await.expect("listed"), [subscription("bill"), disabled.clone()]);
    assert_eq!(again.subscriptions().by_name("cis").await.expect("read"), disabled);
    assert!(matches!(again.subscriptions().by_name("x").await, Err(RegistryError::NotFound { .. })));
}

async fn attempts_are_bounded(registry: Registry, _: Registry) {
    let cis = subscription("cis");
    registry.subscriptions().add(&cis, &DeliveryState::default()).await.expect("added");
    let attempt = |number: u32| Attempt {
        message: format!("msg_{number}"),
        at: Timestamp::from_second(i64::from(number)).expect("an instant"),
        error: number.is_multiple_of(2).then(|| "HTTP 503".into()),
    };
    for number in 0..ATTEMPTS_KEPT + 5 {
        let state = DeliveryState { attempts: number, ..DeliveryState::default() };
        registry.subscriptions().record(cis.id, &state, Some(&attempt(number))).await.expect("recorded");
    }
    let attempts = registry.subscriptions().attempts(cis.id).await.expect("listed");
    assert_eq!(attempts.len(), ATTEMPTS_KEPT as usize);
    assert_eq!(attempts[0], attempt(ATTEMPTS_KEPT + 4));
    assert_eq!(attempts[99], attempt(5));
}

async fn a_removed_subscription_leaves_nothing(registry: Registry, _: Registry) {
    let cis = subscription("cis");
    registry.subscriptions().add(&cis, &DeliveryState::default()).await.expect("added");
    let state = start(5);
    let attempt = Attempt { message: "m".into(), at: Timestamp::UNIX_EPOCH, error: None };
    registry.subscriptions().record(cis.id, &state, Some(&attempt)).await.expect("recorded");
    registry.subscriptions().remove(cis.id).await.expect("removed");
    let gone = |answer: Result<(), RegistryError>| matches!(answer, Err(RegistryError::NotFound { .. }));
    assert!(gone(registry.subscriptions().remove(cis.id).await));
    assert!(gone(registry.subscriptions().record(cis.id, &state, Some(&attempt)).await));
    assert!(gone(registry.subscriptions().set_state(cis.id, SubscriptionState::Active).await));
    assert_eq!(registry.subscriptions().attempts(cis.id).await.expect("listed"), []);
    registry.subscriptions().add(&cis, &start(9)).await.expect("added again");
    assert_eq!(registry.subscriptions().delivery(cis.id).await.expect("read"), start(9));
}

async fn a_replaced_subscription_begins_anew(registry: Registry, _: Registry) {
    let old = subscription("cis");
    registry.subscriptions().add(&old, &DeliveryState::default()).await.expect("added");
    registry.subscriptions().add(&subscription("bill"), &DeliveryState::default()).await.expect("added");
    let new = Subscription { id: subscription("other").id, ..old.clone() };
    registry.subscriptions().replace(old.id, &new, &start(3)).await.expect("replaced");
    assert_eq!(registry.subscriptions().by_name("cis").await.expect("read"), new);
    assert_eq!(registry.subscriptions().delivery(new.id).await.expect("read"), start(3));
    let under_way = registry.subscriptions().record(old.id, &start(9), None).await;
    assert!(matches!(under_way, Err(RegistryError::NotFound { .. })), "{under_way:?}");
    let again = registry.subscriptions().replace(old.id, &new, &DeliveryState::default()).await;
    assert!(matches!(again, Err(RegistryError::NotFound { .. })), "{again:?}");
    let taken = Subscription { name: "bill".into(), ..old };
    let taken = registry.subscriptions().replace(new.id, &taken, &DeliveryState::default()).await;
    assert!(matches!(taken, Err(RegistryError::Conflict { .. })), "{taken:?}");
    assert_eq!(registry.subscriptions().by_name("cis").await.expect("nothing was lost"), new);
    let waiting =
        DeliveryState { attempts: 2, next_attempt: Some(at("2024-05-01T11:00Z")), ..DeliveryState::default() };
    registry.subscriptions().record(new.id, &waiting, None).await.expect("recorded");
    registry.subscriptions().set_state(new.id, SubscriptionState::Active).await.expect("changed");
    let ready = DeliveryState { next_attempt: None, ..waiting };
    assert_eq!(registry.subscriptions().delivery(new.id).await.expect("read"), ready);
}
