//! Review over an installation: for `amity vee`, and behind the API.

use std::sync::Arc;
use std::time::Duration;

use ingest::Review;
use store::readings::ReadingsBook;
use vee::CheckedPlan;

use crate::clock;
use crate::installation::Installation;

/// How long the follower waits for new batches before it looks at acts that were cut off.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Review over the books of an installation.
pub fn review(installation: &Installation, plan: Arc<CheckedPlan>) -> Review {
    let books = &installation.books;
    let policy = installation.settings.review.clone();
    let runtime = installation.runtime.handle().clone();
    Review::new(books.readings.clone(), books.registry.clone(), plan, policy, runtime)
}

/// Turns final days into exceptions as they come, and makes up for acts that were cut off, until it is dropped.
pub async fn keep_up(review: Arc<Review>, readings: Arc<ReadingsBook>) {
    let mut seen = None;
    loop {
        let (review, readings) = (Arc::clone(&review), Arc::clone(&readings));
        let round = tokio::task::spawn_blocking(move || {
            let reached = seen.map_or_else(|| readings.sequence(), |seen| readings.wait_beyond(seen, LOOK_EVERY));
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
