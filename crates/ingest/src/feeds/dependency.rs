//! Everything that Amity leans on, and how it is now: head-ends with their brokers and folders, the books, subscribers
//! (MOD-DYN). What is seen is added up by the day, for the report of a month (MOD-DIS).

use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;
use store::events::EventsBook;
use store::readings::ReadingsBook;
use store::registry::dependency::{DependencyKind, DependencyState, Look};
use store::registry::subscription::{DeliveryState, Subscription, SubscriptionState};
use store::registry::{Registry, RegistryError};
use tokio::time::timeout;

use super::FeedStatus;
use crate::collector::{Health, State};

/// How long a book may take to answer before it counts as down.
const PATIENCE: Duration = Duration::from_secs(5);

/// Something that Amity leans on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Dependency {
    /// What it is.
    pub kind: DependencyKind,
    /// What it is called.
    pub name: String,
    /// How it is.
    pub state: DependencyState,
    /// Since when, where that is known.
    pub since: Option<Timestamp>,
    /// Why, where it is not up.
    pub why: Option<String>,
    /// How long it takes: a book to answer now, what a head-end tells to come.
    pub milliseconds: Option<u64>,
}

/// Where it is looked.
pub struct Lookout<'a> {
    /// How collecting from each head-end goes.
    pub healths: &'a [Health],
    /// How each feed stands.
    pub feeds: &'a [FeedStatus],
    /// The readings book.
    pub readings: &'a ReadingsBook,
    /// The registry.
    pub registry: &'a Registry,
    /// The events book.
    pub events: &'a EventsBook,
}

/// Everything that Amity leans on, by kind and name. What cannot be looked up is down or left out, and never fails.
pub async fn dependencies(of: &Lookout<'_>, clock: fn() -> Timestamp) -> Vec<Dependency> {
    let mut all = of_head_ends(of.healths, of.feeds);
    let why = of.readings.read_only().map(|why| format!("it only reads: {why}"));
    all.push(book("readings", why, None));
    let asked = clock();
    let told =
        timeout(PATIENCE, of.registry.revision()).await.map(|told| told.map(drop).map_err(|error| error.to_string()));
    all.push(answered("registry", told.ok(), (asked, clock())));
    let asked = clock();
    let told = timeout(PATIENCE, of.events.last_sequence())
        .await
        .map(|told| told.map(drop).map_err(|error| error.to_string()));
    all.push(answered("events", told.ok(), (asked, clock())));
    // Where the registry does not answer, that is told.
    if let Ok(Ok(subscribers)) = timeout(PATIENCE, subscribers(of.registry)).await {
        all.extend(subscribers);
    }
    all
}

/// Head-ends of the settings, and those that send by themselves and of whom something is expected.
pub fn of_head_ends(healths: &[Health], feeds: &[FeedStatus]) -> Vec<Dependency> {
    let feed_of = |name: &str| feeds.iter().find(|feed| feed.name == name);
    let mut all: Vec<Dependency> = healths.iter().map(|health| head_end(health, feed_of(&health.name))).collect();
    let is_pushed =
        |feed: &&FeedStatus| feed.expected_seconds.is_some() && healths.iter().all(|health| health.name != feed.name);
    all.extend(feeds.iter().filter(is_pushed).map(|feed| match feed.stale_since {
        Some(_) => of_feed(feed),
        None => Dependency { state: DependencyState::Up, why: None, since: None, ..of_feed(feed) },
    }));
    all.sort_by(|left, right| left.name.cmp(&right.name));
    all
}

fn head_end(health: &Health, feed: Option<&FeedStatus>) -> Dependency {
    let state = match health.state {
        State::Starting => DependencyState::Unknown,
        State::Connected => DependencyState::Up,
        State::Waiting | State::Down | State::Refused | State::NotStored => DependencyState::Down,
    };
    if let Some(feed) = feed.filter(|feed| feed.is_stale && state == DependencyState::Up) {
        return of_feed(feed);
    }
    Dependency {
        kind: DependencyKind::HeadEnd,
        name: health.name.clone(),
        state,
        since: Some(health.since),
        why: health.why.clone(),
        milliseconds: feed.and_then(took),
    }
}

fn of_feed(feed: &FeedStatus) -> Dependency {
    let seconds = feed.expected_seconds.unwrap_or_default();
    Dependency {
        kind: DependencyKind::HeadEnd,
        name: feed.name.clone(),
        state: DependencyState::Stale,
        since: feed.stale_since,
        why: Some(format!("nothing came for more than twice {seconds} s")),
        milliseconds: took(feed),
    }
}

/// What its messages take, where any told when it was written.
fn took(feed: &FeedStatus) -> Option<u64> {
    u64::try_from(feed.delay_milliseconds).ok().filter(|took| 0 < *took)
}

fn book(name: &str, why: Option<String>, milliseconds: Option<u64>) -> Dependency {
    let state = if why.is_some() { DependencyState::Down } else { DependencyState::Up };
    Dependency { kind: DependencyKind::Book, name: name.into(), state, since: None, why, milliseconds }
}

/// A book that was asked something: what it said, `None` where it said nothing in time.
fn answered(name: &str, told: Option<Result<(), String>>, (asked, now): (Timestamp, Timestamp)) -> Dependency {
    let took = u64::try_from(now.duration_since(asked).as_millis()).ok();
    match told {
        Some(Ok(())) => book(name, None, took),
        Some(Err(why)) => book(name, Some(why), None),
        None => book(name, Some(format!("it did not answer within {} s", PATIENCE.as_secs())), None),
    }
}

async fn subscribers(registry: &Registry) -> Result<Vec<Dependency>, RegistryError> {
    let mut all = Vec::new();
    for subscription in registry.subscriptions().all().await? {
        let delivery = registry.subscriptions().delivery(subscription.id).await?;
        all.push(subscriber(&subscription, &delivery));
    }
    all.sort_by(|left, right| left.name.cmp(&right.name));
    Ok(all)
}

/// Who is told: down while the last attempt failed, or after it said that it is gone.
pub fn subscriber(subscription: &Subscription, delivery: &DeliveryState) -> Dependency {
    let (state, why) = match (subscription.state, &delivery.last_error) {
        (SubscriptionState::Paused, _) => (DependencyState::Unknown, Some("a person stopped deliveries".to_owned())),
        (SubscriptionState::Disabled, why) => {
            let gone = || "it said that it is gone (410)".to_owned();
            (DependencyState::Down, Some(why.clone().unwrap_or_else(gone)))
        }
        (SubscriptionState::Active, Some(why)) => (DependencyState::Down, Some(why.clone())),
        (SubscriptionState::Active, None) => (DependencyState::Up, None),
    };
    let (kind, name) = (DependencyKind::Subscriber, subscription.name.clone());
    Dependency { kind, name, state, since: None, why, milliseconds: None }
}

impl From<&Dependency> for Look {
    fn from(of: &Dependency) -> Self {
        Self { kind: of.kind, name: of.name.clone(), state: of.state, milliseconds: of.milliseconds }
    }
}
