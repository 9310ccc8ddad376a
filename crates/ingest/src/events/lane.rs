//! The queue of messages that hold events, and the one who commits them: many at once, each answered after its commit.

use std::sync::Arc;

use jiff::Timestamp;
use store::events::{Answer, Batch, EventsBook, EventsError, Told};
use store::raw::RawBook;
use store::registry::{Registry, RegistryError};
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinError;

use super::message::{Desk, EventsReceipt, Outcome, Prepared};
use super::settings::Rules;
use crate::feeds::Feeds;
use crate::intake::Message;
use crate::schema::Watch;

/// Events that are committed together at the most.
const COMMIT_EVENTS_MAX: usize = 10_000;

/// The way of events into their book; clones share it.
#[derive(Clone)]
pub struct EventsLane {
    queue: mpsc::Sender<Waiting>,
    book: EventsBook,
    raw: Arc<RawBook>,
    registry: Registry,
    rules: Arc<Rules>,
    feeds: Feeds,
    watch: Arc<Watch>,
    runtime: Handle,
}

/// A message that waits for its commit.
struct Waiting {
    told: Told,
    answered: oneshot::Sender<Result<Answer, Arc<EventsError>>>,
}

/// Why events were not taken; nothing is acknowledged, and the same message can be sent again.
#[derive(Debug, thiserror::Error)]
pub enum EventsFailure {
    /// As many messages wait as there is room for.
    #[error("as many messages of events wait as there is room for")]
    Busy,
    /// The raw bytes could not be kept.
    #[error("could not keep the raw bytes")]
    Raw(#[from] store::raw::Error),
    /// The events could not be stored.
    #[error("could not store the events")]
    Events(#[source] Arc<EventsError>),
    /// The registry could not answer or change.
    #[error("could not use the registry")]
    Registry(#[from] RegistryError),
    /// The lane has ended.
    #[error("events are taken no more, the program ends")]
    Ended,
    /// A task did not end as it should.
    #[error("reading the message broke off")]
    BrokenOff(#[from] JoinError),
}

impl From<EventsError> for EventsFailure {
    fn from(error: EventsError) -> Self {
        Self::Events(Arc::new(error))
    }
}

impl EventsLane {
    /// Begins to commit; ends when the last clone is gone and nothing waits.
    pub fn start(book: EventsBook, raw: Arc<RawBook>, registry: Registry, rules: Rules, runtime: Handle) -> Self {
        let (queue, waiting) = mpsc::channel(rules.waiting_max);
        let rules = Arc::new(rules);
        runtime.spawn(commit_all(waiting, book.clone(), Arc::clone(&rules)));
        Self { queue, book, raw, registry, rules, feeds: Feeds::default(), watch: Arc::default(), runtime }
    }

    /// The same, with what is known of the clocks of those who send.
    #[must_use]
    pub fn with_feeds(self, feeds: Feeds) -> Self {
        Self { feeds, ..self }
    }

    /// What is known of the clocks of those who send, and of how their feeds stand.
    pub fn feeds(&self) -> &Feeds {
        &self.feeds
    }

    /// The book that it leads to.
    pub fn book(&self) -> &EventsBook {
        &self.book
    }

    /// The rules that events are read by.
    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    /// The registry that knows the devices.
    pub(super) fn registry(&self) -> &Registry {
        &self.registry
    }

    /// Where its work runs.
    pub(crate) fn runtime(&self) -> &Handle {
        &self.runtime
    }

    /// Takes a message that holds only events; when this is ready, everything the receipt says is durable.
    ///
    /// # Errors
    /// [`EventsFailure::Busy`] at once where there is no room, before anything is kept; the others as they come.
    pub async fn take(
        &self,
        message: Message,
        bytes: impl AsRef<[u8]> + Send + 'static,
        now: Timestamp,
    ) -> Result<EventsReceipt, EventsFailure> {
        let place = match self.queue.try_reserve() {
            Ok(place) => place,
            Err(mpsc::error::TrySendError::Full(())) => return Err(EventsFailure::Busy),
            Err(mpsc::error::TrySendError::Closed(())) => return Err(EventsFailure::Ended),
        };
        let hash = blake3::hash(bytes.as_ref()).to_hex().to_string();
        let first = self.book.answer(&hash).await?;
        if let Some(receipt) = first.as_ref().and_then(EventsReceipt::of) {
            return Ok(receipt);
        }
        let directory = self.registry.directory().await?;
        let agreed = self.watch.agreed(&self.registry, &message.source, now).await?;
        let (raw, rules, feeds) = (Arc::clone(&self.raw), Arc::clone(&self.rules), self.feeds.clone());
        let desk = Desk { raw, rules, directory, feeds, agreed: agreed.clone() };
        let (source, id) = (message.source.clone(), hash.clone());
        let prepared = tokio::task::spawn_blocking(move || desk.prepare(&message, bytes.as_ref(), &hash, now));
        let Prepared { quarantine, differences, outcome } = prepared.await??;
        let waited =
            matches!(outcome, Outcome::Refused(_)) && !self.registry.quarantine().of_batch(&id).await?.is_empty();
        if !quarantine.is_empty() {
            self.registry.quarantine().add(&quarantine, now).await?;
        }
        let receipt = match outcome {
            Outcome::Refused(receipt) => receipt,
            Outcome::Told(told) => {
                let (answered, answer) = oneshot::channel();
                place.send(Waiting { told: *told, answered });
                let answer = answer.await.map_err(|_| EventsFailure::Ended)?.map_err(EventsFailure::Events)?;
                EventsReceipt::of(&answer).ok_or(EventsFailure::Ended)?
            }
        };
        if let Some(agreed) = agreed.filter(|_| !waited) {
            agreed.note(&self.registry, &source, &differences, (&id, now)).await?;
        }
        Ok(receipt)
    }

    /// Appends what a message or a part of it told, with others that wait; ready when it is durable.
    ///
    /// # Errors
    /// [`EventsFailure::Events`] or [`EventsFailure::Ended`].
    pub(crate) async fn append(&self, told: Told) -> Result<Answer, EventsFailure> {
        let (answered, answer) = oneshot::channel();
        self.queue.send(Waiting { told, answered }).await.map_err(|_| EventsFailure::Ended)?;
        answer.await.map_err(|_| EventsFailure::Ended)?.map_err(EventsFailure::Events)
    }
}

/// Commits what waits, until nobody can send any more. What comes during a commit goes into the next one.
async fn commit_all(mut waiting: mpsc::Receiver<Waiting>, book: EventsBook, rules: Arc<Rules>) {
    while let Some(first) = waiting.recv().await {
        let mut events = first.told.events.len();
        let mut batch = Batch { told: vec![first.told] };
        let mut senders = vec![first.answered];
        while events < COMMIT_EVENTS_MAX
            && let Ok(next) = waiting.try_recv()
        {
            events += next.told.events.len();
            batch.told.push(next.told);
            senders.push(next.answered);
        }
        match book.append(&batch, &*rules).await {
            Ok(answers) => {
                for (sender, answer) in senders.into_iter().zip(answers) {
                    // Whoever went away finds the answer when it asks again.
                    let _ = sender.send(Ok(answer));
                }
            }
            Err(error) => {
                let error = Arc::new(error);
                tracing::error!(error = &*error as &dyn std::error::Error, events, "events were not stored");
                senders.into_iter().for_each(|sender| drop(sender.send(Err(Arc::clone(&error)))));
            }
        }
    }
}
