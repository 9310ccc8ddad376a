//! One subscriber's deliveries: reads its part of the feeds, posts, keeps its places.

use std::sync::Arc;

use jiff::Timestamp;
use store::readings::{Change, Cursor, ReadingsBook};
use store::registry::subscription::{Attempt, DeliveryState, Subscription, SubscriptionState};
use store::registry::{Registry, RegistryError};
use tokio::sync::watch;
use tokio::task::spawn_blocking;
use tracing::{info, warn};
use uuid::Uuid;

use crate::channel_day::Manner;
use crate::delivery::Config;
use crate::determinant;
use crate::engine::{self, Answer, Place};
use crate::message::{CHANGES_MAX, Filter, Noun, Stage, Stretch};
use crate::payload::{self, Cover, PayloadError};
use crate::post::{Poster, chain};

/// Stretches of which a subscriber wants nothing, before its place is kept all the same.
const SKIPPED_MAX: u32 = 64;

/// What all couriers share.
pub(crate) struct Office {
    pub(crate) config: Config,
    pub(crate) book: Arc<ReadingsBook>,
    pub(crate) registry: Registry,
    poster: Poster,
}

/// One subscriber's deliveries.
pub(crate) struct Courier {
    office: Arc<Office>,
    subscription: Subscription,
    filter: Filter,
    state: DeliveryState,
    skipped: u32,
    built: Option<Message>,
}

/// A message ready to be posted, as often as it takes.
#[derive(Debug)]
struct Message {
    id: Uuid,
    to: Place,
    body: Vec<u8>,
}

/// What follows the places of a subscriber.
enum Next {
    Nothing,
    Skip(Cursor),
    Send(Message),
}

/// Why deliveries to one subscriber stopped for now; they are begun again.
#[derive(Debug, thiserror::Error)]
enum CourierError {
    #[error("could not use the registry")]
    Registry(#[from] RegistryError),
    #[error("a task ended early")]
    Task(#[from] tokio::task::JoinError),
}

/// What ends the waiting of a courier.
#[derive(Clone, Debug)]
pub(crate) struct Signals {
    /// Something that may have to be told.
    pub(crate) news: News,
    /// Becomes true when the courier has to stop.
    pub(crate) stop: watch::Receiver<bool>,
}

/// What is new in the feeds.
#[derive(Clone, Debug)]
pub(crate) struct News {
    /// The last sequence of the readings book.
    pub(crate) readings: watch::Receiver<u64>,
    /// The number of the last message about determinants.
    pub(crate) determinants: watch::Receiver<u64>,
}

impl Office {
    pub(crate) fn new(config: Config, book: Arc<ReadingsBook>, registry: Registry) -> Self {
        let poster = Poster::new(&config);
        Self { config, book, registry, poster }
    }
}

impl Courier {
    /// Delivers until told to stop, or until the subscription is disabled.
    pub(crate) async fn deliver(office: Arc<Office>, subscription: Subscription, signals: Signals) {
        let name = subscription.name.clone();
        match Self::try_deliver(office, subscription, signals).await {
            Ok(()) => {}
            // Removed while a message was under way.
            Err(CourierError::Registry(RegistryError::NotFound { .. })) => {}
            Err(error) => warn!(subscriber = name, error = chain(&error), "deliveries stopped, they begin again"),
        }
    }

    async fn try_deliver(
        office: Arc<Office>,
        subscription: Subscription,
        mut signals: Signals,
    ) -> Result<(), CourierError> {
        let state = office.registry.subscriptions().delivery(subscription.id).await?;
        let filter = serde_json::from_value(subscription.filter.clone());
        let mut courier = Self { office, subscription, filter: Filter::default(), state, skipped: 0, built: None };
        match filter {
            Ok(filter) => courier.filter = filter,
            Err(error) => {
                courier.state.last_error = Some(format!("the filter cannot be read: {error}"));
                courier.keep(None).await?;
                return courier.disable().await;
            }
        }
        if courier.find_places().await? {
            courier.keep(None).await?;
        }
        loop {
            let now = (courier.office.config.now)();
            let goes_on = tokio::select! {
                biased;
                _ = signals.stop.wait_for(|stop| *stop) => false,
                goes_on = courier.step(&mut signals.news, now) => goes_on?,
            };
            if !goes_on {
                return Ok(());
            }
        }
    }

    /// Begins now where no place is kept; answers whether that was so anywhere.
    async fn find_places(&mut self) -> Result<bool, CourierError> {
        let before = self.state.clone();
        if self.tells(Noun::MeterReading) && before.position.is_none() {
            self.state.position = Some(Cursor { sequence: self.office.book.sequence(), seen: u32::MAX });
        }
        if self.tells(Noun::BillingDeterminant) && before.determinants.is_none() {
            self.state.determinants = Some(self.office.registry.determinants().last_message().await?);
        }
        Ok(self.state != before)
    }

    /// Whether this subscriber is told about a noun by this installation.
    fn tells(&self, noun: Noun) -> bool {
        self.filter.tells(noun) && self.office.config.nouns.contains(&noun)
    }

    /// Waits until there may be more to tell; `false` when all is ending.
    async fn more(&self, news: &mut News) -> bool {
        // The senders live as long as the couriers; an error means that all is ending.
        tokio::select! {
            changed = news.readings.changed(), if self.tells(Noun::MeterReading) => changed.is_ok(),
            changed = news.determinants.changed(), if self.tells(Noun::BillingDeterminant) => changed.is_ok(),
            else => std::future::pending().await,
        }
    }

    /// Waits, or builds and posts the next message; `false` when there will be no more.
    async fn step(&mut self, news: &mut News, now: Timestamp) -> Result<bool, CourierError> {
        if let Some(until) = engine::wait_until(&self.state, now) {
            let wait = until.duration_since(now).unsigned_abs();
            tokio::time::sleep(wait).await;
            return Ok(true);
        }
        if self.built.is_none() {
            news.readings.mark_unchanged();
            news.determinants.mark_unchanged();
            match self.next_message(now).await {
                Ok(Next::Send(message)) => self.built = Some(message),
                Ok(Next::Skip(to)) => return self.skip(to).await.map(|()| true),
                Ok(Next::Nothing) => {
                    self.keep_skipped().await?;
                    return Ok(self.more(news).await);
                }
                Err(BuildError::Courier(error)) => return Err(error),
                Err(BuildError::Payload(error)) => {
                    let answer = Answer::Failed { error: chain(&error), retry_after: None };
                    let place = Place::Readings(self.state.position.unwrap_or_default());
                    return self.answered(Uuid::nil(), place, &answer).await;
                }
            }
        }
        let Some(message) = &self.built else { return Ok(true) };
        let (id, to) = (message.id, message.to);
        let answer = self.office.poster.post(&self.subscription, id, message.body.clone()).await;
        self.answered(id, to, &answer).await
    }

    /// Determinants come first where both wait, for they are few. A message that is built is offered until it is accepted, and
    /// holds up both.
    async fn next_message(&self, now: Timestamp) -> Result<Next, BuildError> {
        if self.tells(Noun::BillingDeterminant)
            && let Some(message) = self.next_determinants(now).await?
        {
            return Ok(Next::Send(message));
        }
        if self.tells(Noun::MeterReading) { self.next_readings(now).await } else { Ok(Next::Nothing) }
    }

    async fn next_determinants(&self, now: Timestamp) -> Result<Option<Message>, CourierError> {
        let place = self.state.determinants.unwrap_or_default();
        let next = self.office.registry.determinants().message_after(place).await?;
        let source = &self.office.config.source;
        Ok(next.map(|next| {
            let id = determinant::message_id(self.subscription.id, next.number);
            let body = determinant::body(&next, id, source, now, self.subscription.format);
            Message { id, to: Place::Determinants(next.number), body }
        }))
    }

    async fn next_readings(&self, now: Timestamp) -> Result<Next, BuildError> {
        let directory = self.office.registry.directory().await.map_err(CourierError::from)?;
        let from = self.state.position.unwrap_or_default();
        let (book, filter) = (Arc::clone(&self.office.book), self.filter.clone());
        let (id, format) = (self.subscription.id, self.subscription.format);
        let source = self.office.config.source.clone();
        let build = move || -> Result<Next, PayloadError> {
            let Some(stretch) = Stretch::first(from, &feed_after(&book, from)?) else {
                return Ok(Next::Nothing);
            };
            let mut wanted = Vec::new();
            for change in &stretch.changes {
                let unknown = PayloadError::UnknownChannel(change.channel);
                let channel = directory.channel(change.channel).ok_or(unknown)?;
                if Stage::of(change.subject).is_some_and(|stage| filter.wants(&channel.label, stage)) {
                    wanted.push(*change);
                }
            }
            let manner = Manner { assumed_time: filter.assumed_time, passed: payload::passed(format) };
            let pieces = payload::pieces(&book, &directory, &wanted, manner)?;
            if pieces.is_empty() {
                return Ok(Next::Skip(stretch.to));
            }
            let cover = Cover { id: stretch.message_id(id), kind: stretch.kind, source, now };
            Ok(Next::Send(Message {
                id: cover.id,
                to: Place::Readings(stretch.to),
                body: payload::body(&cover, &pieces, format),
            }))
        };
        Ok(spawn_blocking(build).await.map_err(CourierError::from)??)
    }

    /// Keeps what follows from an answer.
    async fn answered(&mut self, id: Uuid, to: Place, answer: &Answer) -> Result<bool, CourierError> {
        let now = (self.office.config.now)();
        let seed = Uuid::new_v5(&self.subscription.id.0, &self.state.attempts.to_le_bytes()).as_u64_pair().0;
        let retry = self.office.config.retry;
        let (state, change) = engine::after_answer(&self.state, to, answer, retry, seed, now);
        self.state = state;
        let error = match answer {
            Answer::Accepted => None,
            Answer::Gone | Answer::Failed { .. } => self.state.last_error.clone(),
        };
        self.keep(Some(&Attempt { message: id.hyphenated().to_string(), at: now, error })).await?;
        self.skipped = 0;
        if *answer == Answer::Accepted {
            self.built = None;
        }
        match change {
            None => Ok(true),
            Some(_) => self.disable().await.map(|()| false),
        }
    }

    async fn skip(&mut self, to: Cursor) -> Result<(), CourierError> {
        self.state.position = Some(to);
        self.skipped += 1;
        if self.skipped < SKIPPED_MAX { Ok(()) } else { self.keep_skipped().await }
    }

    async fn keep_skipped(&mut self) -> Result<(), CourierError> {
        if 0 < self.skipped {
            self.skipped = 0;
            self.keep(None).await?;
        }
        Ok(())
    }

    async fn keep(&self, attempt: Option<&Attempt>) -> Result<(), CourierError> {
        let subscriptions = self.office.registry.subscriptions();
        Ok(subscriptions.record(self.subscription.id, &self.state, attempt).await?)
    }

    async fn disable(&self) -> Result<(), CourierError> {
        info!(subscriber = self.subscription.name, reason = self.state.last_error, "subscription disabled");
        let subscriptions = self.office.registry.subscriptions();
        Ok(subscriptions.set_state(self.subscription.id, SubscriptionState::Disabled).await?)
    }
}

/// What follows a place in the feed. Before everything means the oldest that is kept.
fn feed_after(book: &ReadingsBook, from: Cursor) -> Result<Vec<Change>, store::readings::Error> {
    match book.changes(from, CHANGES_MAX) {
        Err(store::readings::Error::CursorTooOld { oldest }) if from == Cursor::default() => {
            book.changes(Cursor { sequence: oldest, seen: 0 }, CHANGES_MAX)
        }
        changes => changes,
    }
}

/// Why the next message was not built.
#[derive(Debug, thiserror::Error)]
enum BuildError {
    #[error(transparent)]
    Payload(#[from] PayloadError),
    #[error(transparent)]
    Courier(#[from] CourierError),
}
