//! The log of attempts at a head-end: what is kept of each, and when it is written down.

use jiff::{SignedDuration, Timestamp};
use store::registry::attempt::{Attempt, AttemptOutcome};
use store::registry::{Registry, RegistryError};

/// How long good news may wait before they are written down; bad news do not.
const WRITTEN_WITHIN: SignedDuration = SignedDuration::from_secs(60);
/// How long attempts that end alike are one entry.
const ENTRY: SignedDuration = SignedDuration::from_hours(1);

/// What became of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// When the head-end was asked.
    pub at: Timestamp,
    /// How it ended.
    pub outcome: AttemptOutcome,
    /// Why; empty where nothing went wrong.
    pub why: String,
    /// What it brought.
    pub delivery: Option<String>,
}

/// The log of one head-end, written as [`Attempt`]s.
#[derive(Debug)]
pub struct AttemptLog {
    registry: Registry,
    head_end: String,
    current: Option<Entry>,
}

#[derive(Debug)]
struct Entry {
    id: u64,
    attempt: Attempt,
    written_at: Timestamp,
}

impl AttemptLog {
    /// A log that begins with the next attempt.
    pub fn new(registry: Registry, head_end: String) -> Self {
        Self { registry, head_end, current: None }
    }

    /// Notes an attempt.
    ///
    /// # Errors
    /// What the registry says; the attempt is noted with a later one where it goes on.
    pub async fn note(&mut self, ended: Ended) -> Result<(), RegistryError> {
        if let Some(entry) = &mut self.current
            && goes_on(&entry.attempt, &ended)
        {
            add(&mut entry.attempt, &ended);
            let is_due = entry.written_at.checked_add(WRITTEN_WITHIN).is_ok_and(|due| due <= ended.at);
            if is_due || ended.outcome != AttemptOutcome::Answered {
                self.registry.attempts().go_on(entry.id, &entry.attempt).await?;
                entry.written_at = ended.at;
            }
            return Ok(());
        }
        if let Some(entry) = self.current.take() {
            self.registry.attempts().go_on(entry.id, &entry.attempt).await?;
        }
        let attempt = first(&self.head_end, &ended);
        let id = self.registry.attempts().begin(&attempt).await?;
        self.current = Some(Entry { id, attempt, written_at: ended.at });
        Ok(())
    }
}

/// Whether an attempt is one more of an entry.
fn goes_on(entry: &Attempt, ended: &Ended) -> bool {
    let is_alike = entry.outcome == ended.outcome && entry.why == ended.why;
    is_alike && entry.first_at.checked_add(ENTRY).is_ok_and(|end| ended.at < end)
}

fn add(entry: &mut Attempt, ended: &Ended) {
    entry.last_at = ended.at.max(entry.last_at);
    entry.attempts += 1;
    if let Some(delivery) = &ended.delivery {
        entry.deliveries += 1;
        entry.delivery.clone_from(delivery);
    }
}

fn first(head_end: &str, ended: &Ended) -> Attempt {
    Attempt {
        head_end: head_end.to_owned(),
        outcome: ended.outcome,
        why: ended.why.clone(),
        delivery: ended.delivery.clone().unwrap_or_default(),
        first_at: ended.at,
        last_at: ended.at,
        attempts: 1,
        deliveries: u64::from(ended.delivery.is_some()),
    }
}
