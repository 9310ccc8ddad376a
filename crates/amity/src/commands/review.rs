//! Review over an installation: for `amity vee`, and behind the API.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ingest::Review;
use ingest::plans::LivePlans;
use store::readings::ReadingsBook;
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;

use crate::clock;
use crate::installation::Installation;

/// How long the follower waits for new batches before it looks at acts that were cut off.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Review over the books of an installation.
pub fn review(installation: &Installation, plans: Arc<LivePlans>) -> Review {
    let books = &installation.books;
    let policy = installation.settings.review.clone();
    let runtime = installation.runtime.handle().clone();
    Review::new(books.readings.clone(), books.registry.clone(), plans, policy, runtime)
}

/// Turns final days into exceptions as they come, and makes up for acts that were cut off.
pub struct KeepUp {
    is_stopping: Arc<AtomicBool>,
    task: JoinHandle<()>,
}

impl KeepUp {
    /// Begins.
    pub fn start(runtime: &Runtime, review: Arc<Review>, readings: Arc<ReadingsBook>) -> Self {
        let is_stopping = Arc::new(AtomicBool::new(false));
        let rounds = rounds(review, readings, Arc::clone(&is_stopping));
        Self { is_stopping, task: runtime.spawn(rounds) }
    }

    /// Ends after the round under way: none may be left when the runtime goes, for it asks the registry.
    pub async fn stop(self) {
        self.is_stopping.store(true, Ordering::Relaxed);
        // A round that panicked has nothing more to finish.
        let _ = self.task.await;
    }
}

async fn rounds(review: Arc<Review>, readings: Arc<ReadingsBook>, is_stopping: Arc<AtomicBool>) {
    let mut seen = None;
    while !is_stopping.load(Ordering::Relaxed) {
        let (review, readings, is_stopping) = (Arc::clone(&review), Arc::clone(&readings), Arc::clone(&is_stopping));
        let round = tokio::task::spawn_blocking(move || {
            let reached = seen.map_or_else(|| readings.sequence(), |seen| readings.wait_beyond(seen, LOOK_EVERY));
            if is_stopping.load(Ordering::Relaxed) {
                return reached;
            }
            let done = review.settle_waiting(clock::now()).and_then(|_| review.follow(clock::now()));
            if let Err(error) = &done {
                tracing::warn!(error = error as &dyn std::error::Error, "exceptions are not up to date");
            }
            reached
        });
        let Ok(reached) = round.await else { return };
        seen = Some(reached);
    }
}
