//! Review over an installation: for `amity vee`, and behind the API; and what follows final days while it serves.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
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

/// Validates what was acknowledged and days once they have ended, turns final days into exceptions and determinants as they
/// come, and makes up for acts that were cut off.
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
        let rounds = Rounds { review, determinants, readings, seen: None, looked_at_days: None };
        let stopping = Arc::clone(&is_stopping);
        let round = move |rounds: &mut Rounds| rounds.once(&stopping);
        Self { task: runtime.spawn(until_stopped(Arc::clone(&is_stopping), rounds, round)), is_stopping }
    }

    /// Ends after the round under way: none may be left when the runtime goes, for it asks the registry.
    pub async fn stop(self) {
        self.is_stopping.store(true, Ordering::Relaxed);
        // The task ends by itself only when the runtime does.
        let _ = self.task.await;
    }
}

/// Calls `round` where it may block, again and again. One that panics is told, and the next one goes on with the same state.
async fn until_stopped<T: Send + 'static>(
    is_stopping: Arc<AtomicBool>,
    state: T,
    round: impl Fn(&mut T) + Clone + Send + 'static,
) {
    let state = Arc::new(Mutex::new(state));
    while !is_stopping.load(Ordering::Relaxed) {
        let (state, round) = (Arc::clone(&state), round.clone());
        let done =
            tokio::task::spawn_blocking(move || round(&mut state.lock().unwrap_or_else(PoisonError::into_inner)));
        match done.await {
            Err(error) if error.is_panic() => {
                tracing::error!(%error, "keeping up with readings broke off; it goes on, and what it stood at may wait");
            }
            Err(_) => return,
            Ok(()) => {}
        }
    }
}

/// What follows the readings book, round by round.
struct Rounds {
    review: Arc<Review>,
    determinants: Arc<Determinants>,
    readings: Arc<ReadingsBook>,
    seen: Option<u64>,
    looked_at_days: Option<Instant>,
}

impl Rounds {
    /// Waits until there is something new or a while has passed, and does what is due.
    fn once(&mut self, is_stopping: &AtomicBool) {
        let readings = &self.readings;
        let reached = self.seen.map_or_else(|| readings.sequence(), |seen| readings.wait_beyond(seen, LOOK_EVERY));
        self.seen = Some(reached);
        if is_stopping.load(Ordering::Relaxed) {
            return;
        }
        if let Err(error) = self.review.validate_received(&clock::now, &mut |_| {}) {
            warn("readings could not be validated and wait", &error);
        }
        if self.looked_at_days.is_none_or(|at| ENDED_DAYS_EVERY <= at.elapsed()) {
            self.looked_at_days = Some(Instant::now());
            if let Err(error) = self.review.validate_ended(&clock::now, &mut |_| {}) {
                warn("ended days could not be validated and wait", &error);
            }
        }
        if let Err(error) = self.review.settle_waiting(clock::now()).and_then(|_| self.review.follow(clock::now())) {
            warn("exceptions are not up to date", &error);
        }
        if let Err(error) = self.determinants.follow(clock::now()) {
            warn("determinants are not up to date", &error);
        }
    }
}

/// Tells the log what is to be made up for later.
pub fn warn(what: &str, error: &ReviewError) {
    tracing::warn!(error = error as &dyn std::error::Error, "{what}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_round_that_panics_is_followed_by_the_next() {
        let is_stopping = Arc::new(AtomicBool::new(false));
        let (stopping, runtime) = (Arc::clone(&is_stopping), Runtime::new().expect("a runtime"));
        let rounds = Arc::new(Mutex::new(0));
        let round = move |rounds: &mut Arc<Mutex<i32>>| {
            let mut rounds = rounds.lock().unwrap_or_else(PoisonError::into_inner);
            *rounds += 1;
            assert!(*rounds != 1, "the first one breaks off");
            stopping.store(true, Ordering::Relaxed);
        };
        runtime.block_on(until_stopped(is_stopping, Arc::clone(&rounds), round));
        assert_eq!(*rounds.lock().unwrap_or_else(PoisonError::into_inner), 2);
    }
}
