//! Review over an installation: for `amity vee`, and behind the API; and what follows final days while it serves.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use ingest::plans::LivePlans;
use ingest::review::ReviewError;
use ingest::{Determinants, Review};
use store::readings::ReadingsBook;
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;

use crate::clock;
use crate::installation::Installation;

/// How long the follower waits for new batches before it looks at acts that were cut off.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How often days that have ended meanwhile are validated.
const ENDED_DAYS_EVERY: Duration = Duration::from_secs(600);

/// Review over the books of an installation: made with these plans, or the one that a server keeps up.
pub fn review(installation: &Installation, plans: Arc<LivePlans>) -> Arc<Review> {
    let made = installation.review.get_or_init(|| {
        let books = &installation.books;
        let policy = installation.settings.review.clone();
        let runtime = installation.runtime.handle().clone();
        Arc::new(Review::new(books.readings.clone(), books.registry.clone(), plans, policy, runtime))
    });
    Arc::clone(made)
}

/// Validates what was acknowledged before the last stop and days once they have ended, turns final days into exceptions and
/// determinants as they come, and makes up for acts that were cut off.
pub struct KeepUp {
    is_stopping: Arc<AtomicBool>,
    task: JoinHandle<()>,
}

impl KeepUp {
    /// Begins.
    pub fn start(
        runtime: &Runtime,
        review: Arc<Review>,
        determinants: Arc<Determinants>,
        readings: Arc<ReadingsBook>,
    ) -> Self {
        let is_stopping = Arc::new(AtomicBool::new(false));
        let rounds = rounds((review, determinants), readings, Arc::clone(&is_stopping));
        Self { is_stopping, task: runtime.spawn(rounds) }
    }

    /// Ends after the round under way: none may be left when the runtime goes, for it asks the registry.
    pub async fn stop(self) {
        self.is_stopping.store(true, Ordering::Relaxed);
        // A round that panicked has nothing more to finish.
        let _ = self.task.await;
    }
}

async fn rounds(
    (review, determinants): (Arc<Review>, Arc<Determinants>),
    readings: Arc<ReadingsBook>,
    is_stopping: Arc<AtomicBool>,
) {
    let mut seen = None;
    let mut looked_at_days: Option<Instant> = None;
    while !is_stopping.load(Ordering::Relaxed) {
        let (review, readings, is_stopping) = (Arc::clone(&review), Arc::clone(&readings), Arc::clone(&is_stopping));
        let determinants = Arc::clone(&determinants);
        let is_due = looked_at_days.is_none_or(|at| ENDED_DAYS_EVERY <= at.elapsed());
        looked_at_days = if is_due { Some(Instant::now()) } else { looked_at_days };
        let round = tokio::task::spawn_blocking(move || {
            let reached = seen.map_or_else(|| readings.sequence(), |seen| readings.wait_beyond(seen, LOOK_EVERY));
            if is_stopping.load(Ordering::Relaxed) {
                return reached;
            }
            if is_due && let Err(error) = validate_due(&review) {
                warn("ended days could not be validated and wait", &error);
            }
            let done = review.settle_waiting(clock::now()).and_then(|_| review.follow(clock::now()));
            if let Err(error) = &done {
                warn("exceptions are not up to date", error);
            }
            if let Err(error) = determinants.follow(clock::now()) {
                warn("determinants are not up to date", &error);
            }
            reached
        });
        let Ok(reached) = round.await else { return };
        seen = Some(reached);
    }
}

fn validate_due(review: &Review) -> Result<(), ReviewError> {
    review.validate_received(&clock::now, &mut |_| {})?;
    review.validate_ended(&clock::now, &mut |_| {})?;
    Ok(())
}

/// Tells the log what is to be made up for later.
pub fn warn(what: &str, error: &ReviewError) {
    tracing::warn!(error = error as &dyn std::error::Error, "{what}");
}
