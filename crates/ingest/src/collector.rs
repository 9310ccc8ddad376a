//! Takes in what a head-end has: one delivery after the other, each durable before the next is asked for.
//!
//! [`Collector::step`] is one round without a clock of its own; whoever calls it waits as long as [`Collector::wait`] says.
//! Where the head-end goes on is kept in the commit of each delivery, so that a crash at any point leads to a delivery
//! that is asked for again, and never to one that is skipped.

use std::fs::File;
use std::io::{self, Read};
use std::sync::{Arc, Mutex, PoisonError};

use formats::{Format, Options};
use headend::pace::{Contract, Outcome, Pace};
use headend::{Accepted, Body, Delivery, HeadEnd, Request, Trouble, chain};
use jiff::{SignedDuration, Timestamp};
use model::finding::Finding;
use serde::Serialize;
use smol_str::SmolStr;
use store::readings::{Batch, ReadingsBook};
use store::registry::attempt::AttemptOutcome;
use tokio::task::{JoinError, spawn_blocking};

use crate::collection::attempts::{AttemptLog, Ended};
use crate::feeds::Feeds;
use crate::files::{self, Input};
use crate::intake::{Intake, IntakeError, Message, Receipt, Unknown};

/// What is said of every delivery of a head-end.
#[derive(Clone, Debug)]
pub struct Source {
    /// What it is called; its readings, its position and its usage points are kept by this name.
    pub name: String,
    /// The format of its deliveries; recognised by content where `None`.
    pub format: Option<Format>,
    /// Zone name for stamps without an offset, and for channels registered from it.
    pub zone: Option<SmolStr>,
    /// What its bytes do not say.
    pub options: Options,
    /// What happens to unknown channels.
    pub unknown: Unknown,
}

/// How collecting from a head-end goes. `Serialize`: what the views show.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Health {
    /// What the head-end is called.
    pub name: String,
    /// How the last step ended.
    pub state: State,
    /// Why, where the state says that something is wrong.
    pub why: Option<String>,
    /// When the state became what it is.
    pub since: Timestamp,
    /// When the head-end was asked last.
    pub asked_at: Option<Timestamp>,
    /// When it is asked next.
    pub next_at: Option<Timestamp>,
    /// When it had nothing more: everything it had until then is stored.
    pub caught_up_at: Option<Timestamp>,
    /// The last delivery that was taken.
    pub last_delivery: Option<String>,
    /// When it was taken.
    pub delivered_at: Option<Timestamp>,
    /// Deliveries since the program was started.
    pub deliveries: u64,
    /// Of these, those of which nothing could be used; they wait in quarantine.
    pub refused: u64,
    /// Readings stored since the program was started.
    pub stored: u64,
    /// Requests within the minute that ended when it was asked last; 0 where they are not limited.
    pub asked_in_minute: usize,
    /// Requests of a minute at the most, by its contract; 0 is without limit.
    pub requests_per_minute: u32,
}

/// How collecting from a head-end goes, in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Not asked yet.
    Starting,
    /// It answers.
    Connected,
    /// It asked to wait.
    Waiting,
    /// It cannot be reached or fails; it is asked again.
    Down,
    /// It refuses what it is asked: the settings must be changed.
    Refused,
    /// What it gave cannot be stored; it is asked for it again.
    NotStored,
}

/// One head-end and what is needed to take in what it has.
pub struct Collector<H> {
    head_end: H,
    source: Source,
    intake: Arc<Mutex<Intake>>,
    readings: Arc<ReadingsBook>,
    health: Arc<Mutex<Health>>,
    pace: Pace,
    log: AttemptLog,
    feeds: Feeds,
}

/// Lets collecting go on after a position that a person gives, where a head-end lost the one it had; durable when this
/// returns. What lies between is not asked for again.
///
/// # Errors
/// What the readings book says.
pub fn go_on(
    readings: &ReadingsBook,
    (source, position): (&str, &str),
    (by, note): (&str, &str),
    now: Timestamp,
) -> Result<(), store::readings::Error> {
    let mut batch = Batch::new(source, [0; 32], now.as_microsecond());
    batch.position = position.to_owned();
    batch.answer = serde_json::json!({ "by": by, "note": note, "at": now, "position": position }).to_string().into();
    // Of its own each time: it may be given again after collecting went on elsewhere.
    batch.key = *blake3::hash(format!("{source}\0{position}\0{now}").as_bytes()).as_bytes();
    tracing::warn!(head_end = source, position, by, note, "collecting goes on where a person said");
    readings.append(batch).map(drop)
}

/// What became of a delivery.
#[derive(Clone, Copy, Debug, Default)]
struct Taken {
    stored: u64,
    is_refused: bool,
}

/// Why a delivery was not taken; it is asked for again.
#[derive(Debug, thiserror::Error)]
enum NotTaken {
    #[error(transparent)]
    Intake(#[from] IntakeError),
    #[error("could not read the delivery")]
    Read(#[source] io::Error),
    #[error(transparent)]
    Panicked(#[from] JoinError),
}

impl<H: HeadEnd> Collector<H> {
    /// Collects from a head-end into an intake.
    pub fn new(head_end: H, source: Source, contract: Contract, intake: Arc<Mutex<Intake>>, now: Timestamp) -> Self {
        let (readings, registry, feeds) = {
            let intake = locked(&intake);
            (Arc::clone(&intake.books().readings), intake.books().registry.clone(), intake.feeds())
        };
        let log = AttemptLog::new(registry, source.name.clone());
        let health = Health {
            name: source.name.clone(),
            state: State::Starting,
            why: None,
            since: now,
            asked_at: None,
            next_at: Some(now),
            caught_up_at: None,
            last_delivery: None,
            delivered_at: None,
            deliveries: 0,
            refused: 0,
            stored: 0,
            asked_in_minute: 0,
            requests_per_minute: contract.requests_per_minute,
        };
        let (health, pace) = (Arc::new(Mutex::new(health)), Pace::new(contract, now));
        Self { head_end, source, intake, readings, health, pace, log, feeds }
    }

    /// How collecting goes, for whoever wants to know at any time.
    pub fn health(&self) -> Arc<Mutex<Health>> {
        Arc::clone(&self.health)
    }

    /// How long to wait before the next step.
    pub fn wait(&self, now: Timestamp) -> SignedDuration {
        self.pace.wait(now)
    }

    /// How long until something may be requested of it; `None` while its deliveries go first.
    pub fn wait_to_request(&self, now: Timestamp) -> Option<SignedDuration> {
        self.pace.wait_to_request(now)
    }

    /// Requests something of the head-end, within its contract; what it fetches comes as deliveries.
    ///
    /// # Errors
    /// [`Trouble`]; one that is refused leaves collecting as it is.
    pub async fn request(&mut self, request: &Request, clock: fn() -> Timestamp) -> Result<Accepted, Trouble> {
        self.pace.ask(clock());
        let answer = self.head_end.ask(request).await;
        let outcome = match &answer {
            Err(Trouble::Busy(wait)) => Outcome::Busy(*wait),
            Err(Trouble::Down(_)) => Outcome::Failed,
            Ok(_) | Err(Trouble::Refused(_)) => Outcome::Requested,
        };
        self.pace.ended(clock(), outcome);
        answer
    }

    /// Asks for one delivery and takes it.
    pub async fn step(&mut self, clock: fn() -> Timestamp) {
        let asked_at = clock();
        self.pace.ask(asked_at);
        let after = self.readings.position(&self.source.name);
        let mut brought: Option<(String, Taken)> = None;
        let pulled = self.head_end.pull(after.as_deref()).await;
        if let Some(said) = self.head_end.said() {
            self.feeds.heard(&self.source.name, said, (asked_at, clock()));
        }
        let (outcome, state, why) = match pulled {
            Err(trouble) => told(&trouble),
            Ok(None) => (Outcome::Nothing, State::Connected, None),
            Ok(Some(delivery)) => match take(&self.intake, &self.source, &delivery, clock).await {
                Err(error) => (Outcome::Failed, State::NotStored, Some(chain(&error))),
                Ok(taken) => {
                    self.note(&delivery, taken, clock());
                    brought = Some((delivery.name.clone(), taken));
                    match self.head_end.taken(&delivery).await {
                        Err(trouble) => told(&trouble),
                        Ok(()) => (Outcome::Delivered, State::Connected, None),
                    }
                }
            },
        };
        let now = clock();
        if let Err(error) = self.log.note(ended(asked_at, state, why.clone(), brought)).await {
            tracing::warn!(
                head_end = self.source.name,
                error = &error as &dyn std::error::Error,
                "an attempt is not noted"
            );
        }
        self.pace.ended(now, outcome);
        let next_at = now.checked_add(self.pace.wait(now)).ok();
        let mut health = locked(&self.health);
        if health.state != state {
            health.since = now;
            tracing::info!(head_end = self.source.name, ?state, why, "collecting");
        }
        health.asked_in_minute = self.pace.asked_in_minute();
        if outcome == Outcome::Nothing {
            let until = self.head_end.complete_until(after.as_deref()).unwrap_or(asked_at);
            health.caught_up_at = Some(until);
            self.feeds.caught_up(&self.source.name, until);
        }
        (health.state, health.why, health.asked_at, health.next_at) = (state, why, Some(asked_at), next_at);
    }

    fn note(&self, delivery: &Delivery, taken: Taken, now: Timestamp) {
        self.feeds.came(&self.source.name, now, None);
        let mut health = locked(&self.health);
        health.deliveries += 1;
        health.refused += u64::from(taken.is_refused);
        health.stored += taken.stored;
        (health.last_delivery, health.delivered_at) = (Some(delivery.name.clone()), Some(now));
    }
}

/// Takes a delivery in where it may block; everything of it is durable when this returns.
async fn take(
    intake: &Arc<Mutex<Intake>>,
    source: &Source,
    delivery: &Delivery,
    clock: fn() -> Timestamp,
) -> Result<Taken, NotTaken> {
    let (intake, source, delivery) = (Arc::clone(intake), source.clone(), delivery.clone());
    spawn_blocking(move || source.take(&intake, &delivery, clock)).await?
}

impl Source {
    fn take(&self, intake: &Mutex<Intake>, delivery: &Delivery, clock: fn() -> Timestamp) -> Result<Taken, NotTaken> {
        let mut taken = Taken::default();
        let mut take = |name: &str, bytes: &mut dyn Read| -> Result<(), NotTaken> {
            let receipt = locked(intake).take(&self.message(name, delivery), bytes, clock())?;
            taken.add(&receipt);
            Ok(())
        };
        let mut broken = None;
        match &delivery.body {
            Body::Bytes(bytes) => {
                files::for_packed(&delivery.name, bytes, &files::Limits::default(), &mut |input| match input {
                    Input::Stream(name, bytes) => take(name, bytes),
                    Input::Unreadable(name, finding) => take(name, &mut Read::chain(&bytes[..], Broken(finding))),
                    Input::Empty(_, finding) => self.skip(&finding),
                })?
            }
            Body::File(path) => files::for_each(path, &files::Limits::default(), &mut |input| match input {
                Input::Stream(name, bytes) => take(name, &mut Watched { bytes, broken: &mut broken }),
                // Kept as it is, and never read as anything else, what cannot be unpacked waits in quarantine.
                Input::Unreadable(name, finding) => {
                    let bytes = File::open(path).map_err(NotTaken::Read)?;
                    take(name, &mut bytes.chain(Broken(finding)))
                }
                Input::Empty(_, finding) => self.skip(&finding),
            })?,
        }
        if let Some(error) = broken {
            return Err(NotTaken::Read(error));
        }
        Ok(taken)
    }

    /// Tells of what holds nothing.
    fn skip(&self, finding: &Finding) -> Result<(), NotTaken> {
        tracing::warn!(head_end = self.name, "{finding}");
        Ok(())
    }

    fn message(&self, name: &str, delivery: &Delivery) -> Message {
        Message {
            source: self.name.clone(),
            name: name.to_owned(),
            format: self.format,
            zone: self.zone.clone(),
            options: self.options.clone(),
            unknown: self.unknown,
            position: delivery.position.clone(),
            replaces: None,
        }
    }
}

/// The end of bytes that cannot be unpacked: they are kept, and none of them is read.
struct Broken(Finding);

impl Read for Broken {
    fn read(&mut self, _into: &mut [u8]) -> io::Result<usize> {
        Err(io::Error::new(io::ErrorKind::InvalidData, format!("{}: {}", self.0.code, self.0.message)))
    }
}

/// Bytes of a delivery; a fault of the system that has them may pass, so the delivery is asked for again.
struct Watched<'a> {
    bytes: &'a mut dyn Read,
    broken: &'a mut Option<io::Error>,
}

impl Read for Watched<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.bytes.read(into).inspect_err(|error| {
            if let Some(code) = error.raw_os_error() {
                *self.broken = Some(io::Error::from_raw_os_error(code));
            }
        })
    }
}

impl Taken {
    fn add(&mut self, receipt: &Receipt) {
        self.is_refused |= !receipt.accepted;
        if !receipt.repeated {
            self.stored += receipt.stored;
        }
    }
}

fn told(trouble: &Trouble) -> (Outcome, State, Option<String>) {
    let why = Some(trouble.to_string());
    match trouble {
        Trouble::Busy(wait) => (Outcome::Busy(*wait), State::Waiting, why),
        Trouble::Down(_) => (Outcome::Failed, State::Down, why),
        Trouble::Refused(_) => (Outcome::Failed, State::Refused, why),
    }
}

/// What the log of attempts keeps of one.
fn ended(at: Timestamp, state: State, why: Option<String>, brought: Option<(String, Taken)>) -> Ended {
    let is_unusable = brought.as_ref().is_some_and(|(_, taken)| taken.is_refused);
    let outcome = match state {
        State::Starting | State::Connected if is_unusable => AttemptOutcome::NotUsable,
        State::Starting | State::Connected => AttemptOutcome::Answered,
        State::Waiting => AttemptOutcome::Waiting,
        State::Down => AttemptOutcome::Down,
        State::Refused => AttemptOutcome::Refused,
        State::NotStored => AttemptOutcome::NotStored,
    };
    Ended { at, outcome, why: why.unwrap_or_default(), delivery: brought.map(|(name, _)| name) }
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
