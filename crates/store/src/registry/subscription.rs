//! Who is told about readings and determinants, where, and how far they have been told.
//!
//! `interop` decides what to send and when; this book keeps its position, so that delivery goes on
//! after a restart where it stopped.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::Serialize;
use uuid::Uuid;

use super::sql::{Database, Row, Transaction, arguments, text_enum};
use super::{Registry, RegistryError};
use crate::readings::Cursor;

/// Attempts kept for each subscription.
pub const ATTEMPTS_KEPT: u32 = 100;

/// Identity of a subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct SubscriptionId(pub Uuid);

impl fmt::Display for SubscriptionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

impl FromStr for SubscriptionId {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<Self, uuid::Error> {
        Uuid::try_parse(text).map(Self)
    }
}

text_enum! {
    /// How readings are written for a subscriber.
    pub enum PayloadFormat {
        /// IEC 61968-9 MeterReadings in an IEC 61968-100 event message.
        Xml = "xml",
        /// Amity's JSON shape, documented in `docs/interop/subscriptions.md`.
        Json = "json",
    }
}

text_enum! {
    /// Whether a subscriber is told.
    pub enum SubscriptionState {
        /// Deliveries run.
        Active = "active",
        /// A person stopped deliveries; they resume where they stopped.
        Paused = "paused",
        /// The subscriber said it is gone (HTTP 410); a person has to activate it again.
        Disabled = "disabled",
    }
}

text_enum! {
    /// Which network addresses a subscriber may have.
    pub enum Reach {
        /// Only addresses of the public Internet; what anyone but the operator registers.
        Public = "public",
        /// Also loopback and private networks, where the systems of the enterprise are; the operator's word.
        Private = "private",
    }
}

/// A registered subscriber.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Subscription {
    /// Identity.
    pub id: SubscriptionId,
    /// Unique name people use.
    pub name: String,
    /// Where messages are posted.
    pub address: String,
    /// Which network addresses that may lead to.
    pub reach: Reach,
    /// How readings are written.
    pub format: PayloadFormat,
    /// Where the signing secrets are (`file:<path>`); never a secret itself.
    pub secret: String,
    /// Which channels; owned by `interop`.
    pub filter: serde_json::Value,
    /// Whether it is told.
    pub state: SubscriptionState,
    /// When it was registered.
    pub created_at: Timestamp,
}

/// How far a subscriber has been told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct DeliveryState {
    /// Place in the feed of the readings book up to which everything was accepted by the subscriber; `None`:
    /// it is told what arrives once deliveries run.
    #[serde(serialize_with = "as_text")]
    pub position: Option<Cursor>,
    /// Number of the message about determinants up to which everything was accepted, with `None` as above.
    pub determinants: Option<u64>,
    /// Failed attempts at the next message.
    pub attempts: u32,
    /// When that message is tried again; `None` when nothing failed.
    pub next_attempt: Option<Timestamp>,
    /// Why the last attempt failed; `None` when it did not.
    pub last_error: Option<String>,
    /// When a message was last accepted.
    pub delivered_at: Option<Timestamp>,
}

impl DeliveryState {
    /// Nothing told yet of what comes after these places, of readings and of determinants.
    pub fn starting_at(position: Option<Cursor>, determinants: Option<u64>) -> Self {
        Self { position, determinants, ..Self::default() }
    }
}

fn as_text<S: serde::Serializer>(position: &Option<Cursor>, serializer: S) -> Result<S::Ok, S::Error> {
    match position {
        Some(position) => serializer.collect_str(position),
        None => serializer.serialize_none(),
    }
}

/// One attempt at a subscriber.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Attempt {
    /// The message id sent (`webhook-id`).
    pub message: String,
    /// When.
    pub at: Timestamp,
    /// Why it failed; `None` where the subscriber accepted it.
    pub error: Option<String>,
}

/// The subscriptions of a registry.
#[derive(Clone, Copy, Debug)]
pub struct Subscriptions<'r> {
    database: &'r Database,
}

impl Registry {
    /// Who is told about readings.
    pub fn subscriptions(&self) -> Subscriptions<'_> {
        Subscriptions { database: &self.database }
    }
}

impl Subscriptions<'_> {
    /// Registers a subscriber that is told what comes after the places of `start`.
    ///
    /// # Errors
    /// [`RegistryError::Conflict`] where the name is taken.
    pub async fn add(&self, subscription: &Subscription, start: &DeliveryState) -> Result<(), RegistryError> {
        let mut transaction = self.database.begin().await?;
        insert(&mut transaction, subscription, start).await?;
        transaction.commit().await
    }

    /// Puts a subscription in the place of another one, told what comes after the places of `start`, in one commit. What is
    /// still under way for the old one is not kept.
    ///
    /// # Errors
    /// [`RegistryError::NotFound`] where there is no such old one, [`RegistryError::Conflict`] where the name is taken.
    pub async fn replace(
        &self,
        old: SubscriptionId,
        subscription: &Subscription,
        start: &DeliveryState,
    ) -> Result<(), RegistryError> {
        let mut transaction = self.database.begin().await?;
        let removed =
            transaction.execute("DELETE FROM subscription WHERE id = $1", arguments![old.to_string()]).await?;
        found(removed, old)?;
        insert(&mut transaction, subscription, start).await?;
        transaction.commit().await
    }

    /// Every subscription by name.
    ///
    /// # Errors
    /// [`RegistryError::Database`] or [`RegistryError::Damaged`].
    pub async fn all(&self) -> Result<Vec<Subscription>, RegistryError> {
        let rows = self.database.rows("SELECT * FROM subscription ORDER BY name", arguments![]).await?;
        rows.iter().map(subscription).collect()
    }

    /// The subscription of a name.
    ///
    /// # Errors
    /// [`RegistryError::NotFound`].
    pub async fn by_name(&self, name: &str) -> Result<Subscription, RegistryError> {
        let row = self.database.row("SELECT * FROM subscription WHERE name = $1", arguments![name]).await?;
        let not_found = || RegistryError::NotFound { what: "subscription", name: name.to_owned() };
        subscription(&row.ok_or_else(not_found)?)
    }

    /// Forgets a subscription, how far it was told and its attempts.
    ///
    /// # Errors
    /// [`RegistryError::NotFound`].
    pub async fn remove(&self, id: SubscriptionId) -> Result<(), RegistryError> {
        let removed = self.database.execute("DELETE FROM subscription WHERE id = $1", arguments![id.to_string()]);
        found(removed.await?, id)
    }

    /// Changes whether a subscriber is told; an active one is not made to wait for its next attempt.
    ///
    /// # Errors
    /// [`RegistryError::NotFound`].
    pub async fn set_state(&self, id: SubscriptionId, state: SubscriptionState) -> Result<(), RegistryError> {
        let mut transaction = self.database.begin().await?;
        let sql = "UPDATE subscription SET state = $2 WHERE id = $1";
        found(transaction.execute(sql, arguments![id.to_string(), state.as_str()]).await?, id)?;
        if state == SubscriptionState::Active {
            let sql = "UPDATE delivery SET next_attempt = NULL WHERE subscription = $1";
            transaction.execute(sql, arguments![id.to_string()]).await?;
        }
        transaction.commit().await
    }

    /// How far a subscriber has been told.
    ///
    /// # Errors
    /// [`RegistryError::NotFound`].
    pub async fn delivery(&self, id: SubscriptionId) -> Result<DeliveryState, RegistryError> {
        let row =
            self.database.row("SELECT * FROM delivery WHERE subscription = $1", arguments![id.to_string()]).await?;
        let row = row.ok_or_else(|| not_found(id))?;
        Ok(DeliveryState {
            position: row.parsed_or_null("position")?,
            determinants: row.number_or_null("determinants")?,
            attempts: row.number("attempts")?,
            next_attempt: row.instant_or_null("next_attempt")?,
            last_error: row.get("last_error")?,
            delivered_at: row.instant_or_null("delivered_at")?,
        })
    }

    /// Keeps the outcome of an attempt and what follows from it, in one commit.
    ///
    /// # Errors
    /// [`RegistryError::NotFound`] where the subscription was removed meanwhile.
    pub async fn record(
        &self,
        id: SubscriptionId,
        delivery: &DeliveryState,
        attempt: Option<&Attempt>,
    ) -> Result<(), RegistryError> {
        let mut transaction = self.database.begin().await?;
        let sql = "UPDATE delivery SET position = $2, attempts = $3, next_attempt = $4, last_error = $5, \
                   delivered_at = $6, determinants = $7 WHERE subscription = $1";
        let key = id.to_string();
        let arguments = arguments![
            &*key,
            delivery.position.map(|cursor| cursor.to_string()),
            delivery.attempts,
            delivery.next_attempt,
            delivery.last_error.as_deref(),
            delivery.delivered_at,
            number(delivery.determinants),
        ];
        found(transaction.execute(sql, arguments).await?, id)?;
        if let Some(attempt) = attempt {
            let sql = "INSERT INTO attempt (subscription, number, message, at, error) SELECT $1, \
                       coalesce(max(number), 0) + 1, $2, $3, $4 FROM attempt WHERE subscription = $1";
            let error = attempt.error.as_deref();
            let arguments = arguments![&*key, &*attempt.message, attempt.at, error];
            transaction.execute(sql, arguments).await?;
            let sql = "DELETE FROM attempt WHERE subscription = $1 AND number <= \
                       (SELECT max(number) FROM attempt WHERE subscription = $1) - $2";
            transaction.execute(sql, arguments![&*key, ATTEMPTS_KEPT]).await?;
        }
        transaction.commit().await
    }

    /// The last attempts at a subscriber, newest first, at most [`ATTEMPTS_KEPT`].
    ///
    /// # Errors
    /// [`RegistryError::Database`] or [`RegistryError::Damaged`].
    pub async fn attempts(&self, id: SubscriptionId) -> Result<Vec<Attempt>, RegistryError> {
        let sql = "SELECT * FROM attempt WHERE subscription = $1 ORDER BY number DESC";
        self.database.rows(sql, arguments![id.to_string()]).await?.iter().map(attempt).collect()
    }
}

async fn insert(
    transaction: &mut Transaction,
    subscription: &Subscription,
    start: &DeliveryState,
) -> Result<(), RegistryError> {
    let sql = "INSERT INTO subscription (id, name, address, reach, format, secret, filter, state, created_at) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING";
    let id = subscription.id.to_string();
    let arguments = arguments![
        &*id,
        &*subscription.name,
        &*subscription.address,
        subscription.reach.as_str(),
        subscription.format.as_str(),
        &*subscription.secret,
        subscription.filter.to_string(),
        subscription.state.as_str(),
        subscription.created_at,
    ];
    if transaction.execute(sql, arguments).await? == 0 {
        let (name, difference) = (subscription.name.clone(), "a subscription has this name".to_owned());
        return Err(RegistryError::Conflict { what: "subscription", name, difference });
    }
    let sql = "INSERT INTO delivery (subscription, position, determinants, attempts) VALUES ($1, $2, $3, 0)";
    let arguments = arguments![id, start.position.map(|cursor| cursor.to_string()), number(start.determinants)];
    transaction.execute(sql, arguments).await.map(drop)
}

/// The number of a message as it is stored; numbers are given out from 1 on and never come near the limit.
fn number(place: Option<u64>) -> Option<i64> {
    place.map(|number| i64::try_from(number).unwrap_or(i64::MAX))
}

fn found(touched: u64, id: SubscriptionId) -> Result<(), RegistryError> {
    if touched == 0 { Err(not_found(id)) } else { Ok(()) }
}

fn not_found(id: SubscriptionId) -> RegistryError {
    RegistryError::NotFound { what: "subscription", name: id.to_string() }
}

fn subscription(row: &Row) -> Result<Subscription, RegistryError> {
    Ok(Subscription {
        id: row.parsed("id")?,
        name: row.get("name")?,
        address: row.get("address")?,
        reach: row.parsed("reach")?,
        format: row.parsed("format")?,
        secret: row.get("secret")?,
        filter: row.parsed("filter")?,
        state: row.parsed("state")?,
        created_at: row.instant("created_at")?,
    })
}

fn attempt(row: &Row) -> Result<Attempt, RegistryError> {
    Ok(Attempt { message: row.get("message")?, at: row.instant("at")?, error: row.get("error")? })
}
