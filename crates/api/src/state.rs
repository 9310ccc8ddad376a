//! What handlers share: the books, the way in, the clock, and how much one request may ask for.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Bytes;
use ingest::collector::Health;
use ingest::feeds::feeder::FeederRules;
use ingest::plans::{LivePlans, Plans};
use ingest::review::ReviewError;
use ingest::thresholds::InForce;
use ingest::{Determinants, Feeds, Review};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use model::review::{Reason, Refusal};
use serde_json::Value;
use store::events::EventsBook;
use store::readings::ReadingsBook;
use store::registry::Registry;
use store::registry::quarantine::QuarantineItem;
use tokio::sync::Semaphore;

use crate::collection;
use crate::complete::CompletesOf;
use crate::coverage::Coverage;
use crate::event::UNDER_WAY_KIB_MAX;
use crate::fleet::ReadRate;
use crate::hook::Pushers;
use crate::problem::{Code, Problem};
use crate::roll_out;

/// What the binary gives to the router.
#[derive(Clone)]
pub struct State {
    /// Readings and what became of them.
    pub readings: Arc<ReadingsBook>,
    /// Master data, quarantine, batches, subscriptions.
    pub registry: Registry,
    /// What devices told of.
    pub events: EventsBook,
    /// How the feeds of head-ends stand.
    pub feeds: Feeds,
    /// When excursions of devices are one of their feeder.
    pub feeder_rules: FeederRules,
    /// Who decides which condition.
    pub thresholds: Arc<InForce>,
    /// The way in, which this crate must not know.
    pub intake: Arc<dyn Intake>,
    /// The queue and the editor.
    pub review: Arc<Review>,
    /// What bills rest on.
    pub determinants: Arc<Determinants>,
    /// Head-ends that push, and how they sign.
    pub pushers: Arc<Pushers>,
    /// How collecting from each head-end goes.
    pub head_ends: Vec<Arc<Mutex<Health>>>,
    /// What is asked of the collection of a day.
    pub collection: ingest::collection::Rules,
    /// Limits of the status of a day.
    pub daily_report: ingest::collection::status::Limits,
    /// When head-ends are asked for what somebody waits for.
    pub on_demand: store::registry::order::Schedule,
    /// The zone of the installation.
    pub zone: TimeZone,
    /// The clock seam.
    pub now: fn() -> Timestamp,
    /// Names served besides those of loopback.
    pub hosts: Vec<String>,
    /// The version of the binary.
    pub version: &'static str,
    /// Longest message that is taken in one request.
    pub message_bytes_max: usize,
    /// Which plan judges which day.
    pub plans: Arc<LivePlans>,
}

/// The way in, as the binary wires it: `ingest` behind it in the product, a double in tests.
pub trait Intake: Send + Sync + 'static {
    /// Takes a message; ready only when everything the receipt says is durable.
    fn receive(&self, upload: Upload) -> Answer<Receipt>;
    /// Takes a message that holds only events, beside whatever else is taken in; ready only when it is durable.
    fn receive_events(&self, upload: Upload) -> Answer<Receipt>;
    /// Takes quarantined items in once more, and says of their bytes what is said otherwise than the first time.
    fn replay(&self, items: Vec<u64>, otherwise: Otherwise) -> Answer<Replayed>;
    /// Takes a corrected copy of the message of a quarantined item in its place.
    fn correct(&self, correction: Correction) -> Answer<Corrected>;
    /// Decides against quarantined items; answers how many were open.
    fn decide_against(&self, items: Vec<u64>, why: Why) -> Answer<u64>;
    /// Why people may decide against an item.
    fn drop_reasons(&self) -> &'static [Reason];
    /// The line that a quarantined item means, as JSON that is safe to show; null where its message has none.
    fn record(&self, item: &QuarantineItem) -> Answer<Value>;
}

/// An answer of the way in that is still to come.
pub type Answer<T> = Pin<Box<dyn Future<Output = Result<T, IntakeError>> + Send>>;

/// A message as it came over HTTP.
#[derive(Clone, Debug)]
pub struct Upload {
    /// The source system, as the caller names it.
    pub source: String,
    /// The message as people know it.
    pub name: String,
    /// The format, where content alone should not decide.
    pub format: Option<String>,
    /// Zone of stamps without an offset.
    pub zone: Option<String>,
    /// The bytes.
    pub bytes: Bytes,
}

/// What to say of the bytes of a message otherwise than the first time; `None` says the same again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Otherwise {
    /// The format.
    pub format: Option<String>,
    /// Zone of stamps without an offset.
    pub zone: Option<String>,
    /// Usage point of a message that names none.
    pub usage_point: Option<String>,
    /// Unit of a message that names none.
    pub unit: Option<String>,
}

/// A corrected copy of the message of a quarantined item.
#[derive(Clone, Debug)]
pub struct Correction {
    /// The item.
    pub item: u64,
    /// The copy as people know it.
    pub name: String,
    /// Who hands it in, and why; its reason is always that it was corrected.
    pub why: Why,
    /// The bytes.
    pub bytes: Bytes,
}

/// Who does something with a quarantined item, and why.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Why {
    /// The person.
    pub by: String,
    /// The reason as a code.
    pub reason: String,
    /// A few words more.
    pub note: String,
}

/// What became of a corrected copy.
#[derive(Clone, Debug)]
pub struct Corrected {
    /// Items that it took the place of.
    pub closed: u64,
    /// Counts and findings of the copy, as the intake tells them.
    pub told: Value,
}

/// What became of a message.
#[derive(Clone, Debug)]
pub struct Receipt {
    /// Whether any of it could be used.
    pub accepted: bool,
    /// Counts and findings, as the intake tells them.
    pub told: Value,
}

/// What a replay did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Replayed {
    /// Items that left quarantine.
    pub released: u64,
    /// Items that were refused again.
    pub kept: u64,
    /// Readings that were stored.
    pub stored: u64,
}

/// Why the way in took nothing.
#[derive(Debug, thiserror::Error)]
pub enum IntakeError {
    /// The disk is full.
    #[error("the disk is full")]
    StorageFull,
    /// Too much is under way, or the books only read now.
    #[error("{0}")]
    Unavailable(String),
    /// As much waits as there is room for.
    #[error("{0}")]
    Busy(String),
    /// A parameter of the upload cannot be used.
    #[error("{detail}")]
    Parameter {
        /// Which.
        name: &'static str,
        /// What was found and expected.
        detail: String,
    },
    /// What was asked cannot be done.
    #[error(transparent)]
    Asked(#[from] Refusal),
    /// Anything else.
    #[error("could not take the message in")]
    Failed(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl From<IntakeError> for Problem {
    fn from(error: IntakeError) -> Self {
        match error {
            IntakeError::StorageFull => Self::new(Code::StorageFull, error.to_string()),
            IntakeError::Unavailable(why) => Self::new(Code::Unavailable, why),
            IntakeError::Busy(why) => Self::new(Code::TooManyRequests, why),
            IntakeError::Parameter { name, detail } => Self::parameter(name, detail),
            IntakeError::Asked(refusal) => ReviewError::Refused(refusal).into(),
            IntakeError::Failed(_) => Self::internal(&error),
        }
    }
}

/// A read rate with the batch and the registry revision that it was computed of.
pub(crate) type RateOf = ((u64, u64), Arc<ReadRate>);

/// [`State`] and what only this crate keeps.
pub(crate) struct Inner {
    state: State,
    coverage: Arc<Mutex<Arc<Coverage>>>,
    /// The read rate and what it was computed from: the batch and the registry revision.
    pub(crate) read_rate: Mutex<Option<RateOf>>,
    /// Up to when the intervals of each head-end have come, and what it was computed from.
    pub(crate) completes: Mutex<Option<CompletesOf>>,
    /// The last report of collection.
    pub(crate) collection_report: tokio::sync::Mutex<Option<collection::Made>>,
    /// The last status of a day.
    pub(crate) status_report: tokio::sync::Mutex<Option<crate::collection_status::Made>>,
    /// The installed meters, as they were looked up last.
    pub(crate) roll_out: tokio::sync::Mutex<Option<roll_out::Made>>,
    /// Uploads held in memory at a time.
    pub(crate) uploads: Semaphore,
    /// KiB of events held in memory at a time.
    pub(crate) events_under_way: Semaphore,
}

/// Uploads held in memory at a time.
const UPLOADS_MAX: usize = 4;

pub(crate) type Shared = Arc<Inner>;

impl std::ops::Deref for Inner {
    type Target = State;

    fn deref(&self) -> &State {
        &self.state
    }
}

impl Inner {
    pub(crate) fn new(state: State) -> Self {
        Self {
            state,
            coverage: Arc::default(),
            read_rate: Mutex::default(),
            completes: Mutex::default(),
            collection_report: tokio::sync::Mutex::default(),
            status_report: tokio::sync::Mutex::default(),
            roll_out: tokio::sync::Mutex::default(),
            uploads: Semaphore::new(UPLOADS_MAX),
            events_under_way: Semaphore::new(UNDER_WAY_KIB_MAX),
        }
    }

    /// The plans in force.
    pub(crate) async fn plans_now(&self) -> Result<Arc<Plans>, Problem> {
        Ok(self.plans.now().await?)
    }

    /// Which readings are there, brought up to date.
    pub(crate) async fn coverage(&self) -> Result<Arc<Coverage>, Problem> {
        let coverage = Arc::clone(&self.coverage);
        self.read(move |book| {
            // One that a panic left half refreshed knows it, and begins anew.
            let mut coverage = coverage.lock().unwrap_or_else(PoisonError::into_inner);
            if !coverage.is_current(book) {
                // Copied only while another request still looks at it.
                Arc::make_mut(&mut coverage).refresh(book)?;
            }
            Ok(Arc::clone(&coverage))
        })
        .await
    }

    /// Runs a read of the readings book where it may block.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&ReadingsBook) -> Result<T, store::readings::Error> + Send + 'static,
    ) -> Result<T, Problem> {
        let book = Arc::clone(&self.readings);
        let answer = tokio::task::spawn_blocking(move || read(&book)).await;
        Ok(answer.map_err(|error| Problem::internal(&error))??)
    }
}
