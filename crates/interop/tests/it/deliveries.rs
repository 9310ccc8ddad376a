//! That every subscriber gets everything, whatever happens to it, to others and to Amity.

use std::collections::BTreeSet;
use std::time::Duration;

use interop::engine::Retry;
use interop::subscribers::{self, Start, SubscribeError};
use jiff::Timestamp;
use model::reading::Values;
use store::readings::Cursor;
use store::registry::subscription::{PayloadFormat, Reach, SubscriptionState};

use super::receiver::{Received, Receiver, Reply};
use super::world::{MAY_1, World};

/// The quarter-hours of a message, by place in the day.
fn slots(message: &Received) -> Vec<i64> {
    let runs = message.xml().readings.into_iter().map(|piece| match piece.values {
        Values::Intervals(run) => (run.start.as_second() - MAY_1) / 900,
        Values::Registers(reads) => panic!("intervals, found {reads:?}"),
    });
    runs.collect()
}

fn ids(messages: &[Received]) -> Vec<&str> {
    messages.iter().map(|message| message.id.as_str()).collect()
}

#[tokio::test]
async fn a_message_is_sent_until_it_is_accepted_and_the_next_one_waits() {
    let world = World::new().await;
    let receiver =
        Receiver::start(&[Reply::Status(500), Reply::Status(429), Reply::Redirect, Reply::Status(202)]).await;
    let subscription = world.subscribe("cis", &receiver.url(), PayloadFormat::Xml).await;
    world.store(0, 0, &[1]);
    world.store(0, 1, &[2]);
    let delivery = world.start();
    let messages = receiver.messages(5).await;
    let state = world.until(&subscription, |state| state.position == Some(Cursor { sequence: 2, seen: 1 })).await;
    delivery.stop().await;
    let [first, second] = [messages[0].id.as_str(), messages[4].id.as_str()];
    assert_ne!(first, second);
    assert_eq!(ids(&messages), [first, first, first, first, second]);
    assert!(messages[..4].iter().all(|message| message.body == messages[0].body), "the same bytes in every attempt");
    assert_eq!((state.attempts, state.last_error), (0, None));
    let attempts = subscribers::attempts(&world.registry, "cis").await.expect("known");
    let errors: Vec<_> = attempts.iter().rev().map(|attempt| attempt.error.as_deref()).collect();
    let redirect = Some("HTTP 307; redirects are not followed");
    assert_eq!(errors, [Some("HTTP 500"), Some("HTTP 429"), redirect, None, None]);
}

#[tokio::test]
async fn a_message_whose_acceptance_was_lost_is_sent_again() {
    let mut world = World::new().await;
    world.config.request_timeout = Duration::from_millis(300);
    // The receiver has the message, but its answer never arrives.
    let receiver = Receiver::start(&[Reply::Silence]).await;
    world.subscribe("cis", &receiver.url(), PayloadFormat::Xml).await;
    world.store(0, 0, &[1]);
    let delivery = world.start();
    let messages = receiver.messages(2).await;
    delivery.stop().await;
    assert_eq!(messages[0].id, messages[1].id, "the receiver can tell that it has it");
    assert_eq!(messages[0].body, messages[1].body);
}

#[tokio::test]
async fn deliveries_go_on_after_a_restart() {
    let world = World::new().await;
    let receiver = Receiver::start(&[Reply::Status(204), Reply::Silence]).await;
    let subscription = world.subscribe("cis", &receiver.url(), PayloadFormat::Xml).await;
    world.store(0, 0, &[1]);
    let delivery = world.start();
    world.until(&subscription, |state| state.delivered_at.is_some()).await;
    world.store(0, 1, &[2]);
    receiver.messages(2).await;
    delivery.stop().await;
    world.store(0, 2, &[3]);
    let delivery = world.start();
    let messages = receiver.messages(4).await;
    delivery.stop().await;
    let told: Vec<_> = messages.iter().map(slots).collect();
    assert_eq!(told, [[0], [1], [1], [2]]);
    assert_eq!(messages[1].id, messages[2].id, "the one that was under way has the same id");
    let distinct: BTreeSet<_> = ids(&messages).into_iter().collect();
    assert_eq!(distinct.len(), 3);
}

#[tokio::test]
async fn a_dead_subscriber_delays_nobody() {
    let mut world = World::new().await;
    world.config.retry = Retry { first: Duration::from_secs(3600), longest: Duration::from_secs(3600) };
    let silent = Receiver::start(&[Reply::Silence]).await;
    let failing = Receiver::start(&[Reply::Status(503); 3]).await;
    let alive = Receiver::start(&[]).await;
    let silent_one = world.subscribe("silent", &silent.url(), PayloadFormat::Xml).await;
    let failing_one = world.subscribe("failing", &failing.url(), PayloadFormat::Xml).await;
    world.subscribe("alive", &alive.url(), PayloadFormat::Xml).await;
    let delivery = world.start();
    for slot in 0..20 {
        world.store(0, slot, &[i64::from(slot)]);
    }
    let messages = alive.messages(20).await;
    assert_eq!(messages.iter().flat_map(slots).collect::<Vec<_>>(), (0..20).collect::<Vec<_>>());
    world.until(&failing_one, |state| state.attempts == 1).await;
    let status = subscribers::status(&world.registry, Some(&world.book)).await.expect("known");
    delivery.stop().await;
    let of = |name: &str| status.iter().find(|status| status.subscription.name == name).expect("listed");
    assert_eq!(of("silent").batches_behind, Some(20));
    assert_eq!(of("silent").delivery.position, Some(Cursor::default()));
    assert_eq!(of("failing").delivery.last_error.as_deref(), Some("HTTP 503"));
    assert_eq!((failing.all().len(), silent.all().len()), (1, 1));
    assert_eq!(of("silent").subscription, silent_one);
}

#[tokio::test]
async fn a_subscriber_that_is_gone_is_disabled_and_goes_on_when_activated() {
    let world = World::new().await;
    let receiver = Receiver::start(&[Reply::Status(204), Reply::Status(410)]).await;
    let subscription = world.subscribe("cis", &receiver.url(), PayloadFormat::Xml).await;
    world.store(0, 0, &[1]);
    world.store(0, 1, &[2]);
    let delivery = world.start();
    let state = world.until(&subscription, |state| state.last_error.is_some()).await;
    assert_eq!(state.position, Some(Cursor { sequence: 1, seen: 1 }));
    world.until_state("cis", SubscriptionState::Disabled).await;
    world.store(0, 2, &[3]);
    subscribers::set_state(&world.registry, "cis", SubscriptionState::Active).await.expect("activated");
    let messages = receiver.messages(4).await;
    delivery.stop().await;
    assert_eq!(messages.iter().map(slots).collect::<Vec<_>>(), [[0], [1], [1], [2]]);
}

#[tokio::test]
async fn subscriptions_take_effect_while_deliveries_run() {
    let world = World::new().await;
    let delivery = world.start();
    let receiver = Receiver::start(&[]).await;
    world.store(0, 0, &[1]);
    let mut described = world.described("late", &receiver.url(), PayloadFormat::Xml);
    described.start = Start::Now;
    let late = world.subscribe_as(&described).await;
    world.until(&late, |state| state.position.is_some()).await;
    world.store(0, 1, &[2]);
    let messages = receiver.messages(1).await;
    assert_eq!(slots(&messages[0]), [1], "what was there before is not told");
    subscribers::restart(&world.registry, "late", Start::After(Cursor::default())).await.expect("begins anew");
    receiver.messages(3).await;
    subscribers::remove(&world.registry, "late").await.expect("removed");
    delivery.stop().await;
    let messages = receiver.all();
    assert_eq!(messages.iter().map(slots).collect::<Vec<_>>(), [[1], [0], [1]]);
    assert_ne!(messages[0].id, messages[2].id, "what is told anew is not taken for a repetition");
}

#[tokio::test]
async fn a_paused_subscriber_goes_on_where_it_stopped() {
    let world = World::new().await;
    let receiver = Receiver::start(&[]).await;
    let subscription = world.subscribe("cis", &receiver.url(), PayloadFormat::Xml).await;
    world.store(0, 0, &[1]);
    let delivery = world.start();
    world.until(&subscription, |state| state.delivered_at.is_some()).await;
    delivery.stop().await;
    subscribers::set_state(&world.registry, "cis", SubscriptionState::Paused).await.expect("paused");
    world.store(0, 1, &[2]);
    let other = Receiver::start(&[]).await;
    world.subscribe("other", &other.url(), PayloadFormat::Xml).await;
    let delivery = world.start();
    other.messages(2).await;
    assert_eq!(receiver.all().len(), 1);
    subscribers::set_state(&world.registry, "cis", SubscriptionState::Active).await.expect("activated");
    let messages = receiver.messages(2).await;
    delivery.stop().await;
    assert_eq!(messages.iter().map(slots).collect::<Vec<_>>(), [[0], [1]]);
}

#[tokio::test]
async fn a_public_address_does_not_lead_inside() {
    let world = World::new().await;
    let inside = Receiver::start(&[]).await;
    let mut described =
        world.described("evil", &format!("https://127.0.0.1:{}/", inside.address.port()), PayloadFormat::Xml);
    described.reach = Reach::Public;
    let refused = subscribers::add(&world.registry, &described, Timestamp::UNIX_EPOCH).await;
    assert!(matches!(refused, Err(SubscribeError::Address(_))), "{refused:?}");
    // A name is looked at when it is resolved.
    described.address = format!("https://localhost:{}/", inside.address.port());
    let subscription = world.subscribe_as(&described).await;
    world.store(0, 0, &[1]);
    let delivery = world.start();
    let state = world.until(&subscription, |state| state.last_error.is_some()).await;
    delivery.stop().await;
    let error = state.last_error.expect("an error");
    assert!(error.contains("is inside a private network"), "{error}");
    assert_eq!(inside.all(), []);
}

#[tokio::test]
async fn a_subscriber_without_tls_is_not_told_over_https() {
    let world = World::new().await;
    let receiver = Receiver::start(&[]).await;
    let address = receiver.url().replace("http:", "https:");
    let subscription = world.subscribe("cis", &address, PayloadFormat::Xml).await;
    world.store(0, 0, &[1]);
    let delivery = world.start();
    let state = world.until(&subscription, |state| 2 <= state.attempts).await;
    delivery.stop().await;
    assert!(state.last_error.is_some());
    assert_eq!((state.position, receiver.all().len()), (Some(Cursor::default()), 0));
}
