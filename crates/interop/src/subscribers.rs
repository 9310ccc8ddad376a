//! What people do with subscriptions: register, list, pause, follow.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::readings::{Cursor, ReadingsBook};
use store::registry::subscription::{
    Attempt, DeliveryState, PayloadFormat, Reach, Subscription, SubscriptionId, SubscriptionState,
};
use store::registry::{Registry, RegistryError};
use uuid::Uuid;

use crate::address::{self, AddressError};
use crate::message::{Filter, Noun};
use crate::secret::{self, SecretError};

/// A subscriber as a person describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewSubscription {
    /// Unique name.
    pub name: String,
    /// Where messages are posted.
    pub address: String,
    /// Which network addresses that may lead to; [`Reach::Private`] is the operator's word alone.
    pub reach: Reach,
    /// How readings are written.
    pub format: PayloadFormat,
    /// Where the signing secrets are: `file:<path>`, one a line.
    pub secret: String,
    /// What it is told.
    pub filter: Filter,
    /// What it is told first.
    pub start: Start,
}

/// Where in the feeds a subscriber begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// With what arrives once deliveries run.
    Now,
    /// After a place of the feed of readings ([`Cursor::default`] is its beginning), and with the first message about
    /// determinants.
    After(Cursor),
}

impl Start {
    fn places(self) -> DeliveryState {
        match self {
            Self::Now => DeliveryState::default(),
            Self::After(cursor) => DeliveryState::starting_at(Some(cursor), Some(0)),
        }
    }
}

/// Why a subscription was not registered.
#[derive(Debug, thiserror::Error)]
pub enum SubscribeError {
    /// The address is not taken.
    #[error("the address is not taken")]
    Address(#[from] AddressError),
    /// There is no usable secret.
    #[error("the secret is not usable")]
    Secret(#[from] SecretError),
    /// The filter treats assumed meter time and wants values as received.
    #[error("received values are told as they came; ask for the stage final alone")]
    Treatment,
    /// The registry refused or failed.
    #[error("could not use the registry")]
    Registry(#[from] RegistryError),
}

/// A subscription and how far it was told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Status {
    /// The subscription.
    pub subscription: Subscription,
    /// How far it was told.
    pub delivery: DeliveryState,
    /// How many batches it has not been told; `None` where it wants no readings, the book cannot be asked, or it was told
    /// nothing yet.
    pub batches_behind: Option<u64>,
    /// How many messages about determinants it has not been told; `None` where it wants none or was told nothing yet.
    pub determinants_behind: Option<u64>,
}

/// Registers a subscriber; it is told as soon as deliveries run. The same registration again changes nothing.
///
/// # Errors
/// [`SubscribeError`]; nothing is registered then.
pub async fn add(registry: &Registry, new: &NewSubscription, now: Timestamp) -> Result<Subscription, SubscribeError> {
    address::checked(&new.address, new.reach)?;
    secret::load(&new.secret)?;
    if !new.filter.is_consistent() {
        return Err(SubscribeError::Treatment);
    }
    let subscription = Subscription {
        id: SubscriptionId(Uuid::new_v4()),
        name: new.name.clone(),
        address: new.address.clone(),
        reach: new.reach,
        format: new.format,
        secret: new.secret.clone(),
        filter: serde_json::to_value(&new.filter).expect("a filter always has a JSON form"),
        state: SubscriptionState::Active,
        created_at: now,
    };
    match registry.subscriptions().add(&subscription, &new.start.places()).await {
        Ok(()) => Ok(subscription),
        Err(RegistryError::Conflict { what, name, difference }) => {
            let known = registry.subscriptions().by_name(&new.name).await?;
            let Subscription { id, state, created_at, .. } = known.clone();
            let is_same = Subscription { id, state, created_at, ..subscription } == known;
            if is_same { Ok(known) } else { Err(RegistryError::Conflict { what, name, difference }.into()) }
        }
        Err(error) => Err(error.into()),
    }
}

/// Every subscription and how far it was told; `book` where this process has it open.
///
/// # Errors
/// [`RegistryError`].
pub async fn status(registry: &Registry, book: Option<&ReadingsBook>) -> Result<Vec<Status>, RegistryError> {
    let newest = book.map(ReadingsBook::sequence);
    let last_message = registry.determinants().last_message().await?;
    let mut all = Vec::new();
    for subscription in registry.subscriptions().all().await? {
        let delivery = registry.subscriptions().delivery(subscription.id).await?;
        // A filter that cannot be read is told by deliveries, which stop at it.
        let filter = Filter::deserialize(&subscription.filter).ok();
        let tells = |noun| filter.as_ref().is_some_and(|filter| filter.tells(noun));
        let told = delivery.position.filter(|_| tells(Noun::MeterReading)).map(|position| position.sequence);
        let batches_behind = newest.zip(told).map(|(newest, told)| newest.saturating_sub(told));
        let told = delivery.determinants.filter(|_| tells(Noun::BillingDeterminant));
        let determinants_behind = told.map(|told| last_message.saturating_sub(told));
        all.push(Status { subscription, delivery, batches_behind, determinants_behind });
    }
    Ok(all)
}

/// The last attempts at a subscriber, newest first.
///
/// # Errors
/// [`RegistryError::NotFound`].
pub async fn attempts(registry: &Registry, name: &str) -> Result<Vec<Attempt>, RegistryError> {
    let subscription = registry.subscriptions().by_name(name).await?;
    registry.subscriptions().attempts(subscription.id).await
}

/// Removes a subscriber.
///
/// # Errors
/// [`RegistryError::NotFound`].
pub async fn remove(registry: &Registry, name: &str) -> Result<(), RegistryError> {
    let subscription = registry.subscriptions().by_name(name).await?;
    registry.subscriptions().remove(subscription.id).await
}

/// Pauses a subscriber, or lets it go on where it stopped.
///
/// # Errors
/// [`RegistryError::NotFound`].
pub async fn set_state(registry: &Registry, name: &str, state: SubscriptionState) -> Result<(), RegistryError> {
    let subscription = registry.subscriptions().by_name(name).await?;
    registry.subscriptions().set_state(subscription.id, state).await
}

/// Begins anew elsewhere in the feed, for a subscriber that lost what it was told or fell behind what is kept.
///
/// Messages that are told again have new ids, so that the subscriber does not take them for repetitions.
///
/// # Errors
/// [`RegistryError::NotFound`].
pub async fn restart(registry: &Registry, name: &str, start: Start) -> Result<(), RegistryError> {
    let old = registry.subscriptions().by_name(name).await?;
    let new = Subscription { id: SubscriptionId(Uuid::new_v4()), ..old.clone() };
    registry.subscriptions().replace(old.id, &new, &start.places()).await
}
