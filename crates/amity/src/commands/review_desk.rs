//! Review over an installation: for `amity vee`, and behind the API.

use std::sync::Arc;
use std::time::Duration;

use ingest::Review;
use ingest::review::{self, reasons};
use jiff::Timestamp;
use jiff::civil::Date;
use model::review as words;
use store::readings::ReadingsBook;
use store::registry::review::Verdict;
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

/// Review as the API asks it.
pub struct Desk(pub Arc<Review>);

/// Hands each call over, with its error in the words of the API.
macro_rules! handed_over {
    ($($call:ident($($name:ident: $kind:ty),*) -> $answer:ty;)*) => {$(
        fn $call(&self, $($name: $kind),*) -> Result<$answer, api::ReviewError> {
            self.0.$call($($name),*).map_err(refused)
        }
    )*};
}

impl api::Review for Desk {
    handed_over! {
        groups(asked: &words::AskGroups) -> words::Groups;
        exceptions(asked: &words::AskExceptions) -> words::Exceptions;
        accept(asked: &words::Accept, now: Timestamp) -> words::Accepted;
        assign(asked: &words::Assign) -> words::Changed;
        comment(asked: &words::Comment) -> words::Changed;
        preview(asked: &words::AskPreview, now: Timestamp) -> words::Preview;
        check(asked: &words::AskCheck, now: Timestamp) -> words::Check;
        propose(asked: &words::Propose, now: Timestamp) -> words::ActState;
        proposals(asked: &words::AskProposals) -> words::Proposals;
        decide(act: u64, verdict: Verdict, asked: &words::Decide, now: Timestamp) -> words::ActState;
        explain(channel: &str, date: Date, now: Timestamp) -> words::Explanation;
    }

    fn reasons(&self) -> words::Reasons {
        reasons::reasons()
    }
}

fn refused(error: review::ReviewError) -> api::ReviewError {
    match error {
        review::ReviewError::Refused(refusal) => refusal.into(),
        review::ReviewError::Readings(store::readings::Error::OutOfSpace(_)) => api::ReviewError::StorageFull,
        review::ReviewError::Registry(registry) if registry.is_out_of_space() => api::ReviewError::StorageFull,
        review::ReviewError::Readings(store::readings::Error::ReadOnly(why)) => {
            api::ReviewError::Unavailable(why.to_string())
        }
        review::ReviewError::Readings(readings) if readings.is_temporary() => {
            api::ReviewError::Unavailable(readings.to_string())
        }
        error => api::ReviewError::Failed(error.into()),
    }
}
