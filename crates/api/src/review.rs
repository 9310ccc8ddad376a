//! Review behind its addresses: asked where it may block, refused in words.

use std::sync::Arc;

use ingest::Review;
use ingest::review::{Refusal, ReviewError};
use jiff::Timestamp;
use store::readings::Error;

use crate::problem::{Code, Problem};
use crate::state::Inner;

impl From<ReviewError> for Problem {
    fn from(error: ReviewError) -> Self {
        match error {
            ReviewError::Refused(Refusal::NotFound(_, words)) => Self::new(Code::NotFound, words),
            ReviewError::Refused(Refusal::Conflict(words)) => Self::new(Code::Conflict, words),
            ReviewError::Refused(Refusal::NotAllowed(words)) => Self::new(Code::NotAllowed, words),
            ReviewError::Refused(Refusal::Invalid { field, detail }) => Self::parameter(field, detail),
            ReviewError::Readings(error @ Error::OutOfSpace(_)) => Self::new(Code::StorageFull, error.to_string()),
            ReviewError::Readings(error @ (Error::ReadOnly(_) | Error::Busy { .. })) => {
                Self::new(Code::Unavailable, error.to_string())
            }
            ReviewError::Registry(error) if error.is_out_of_space() => Self::new(Code::StorageFull, "the disk is full"),
            ReviewError::Plans(error) => error.into(),
            error => Self::internal(&error),
        }
    }
}

impl Inner {
    /// Asks review where that may block.
    pub(crate) async fn ask_review<T: Send + 'static>(
        &self,
        ask: impl FnOnce(&Review, Timestamp) -> Result<T, ReviewError> + Send + 'static,
    ) -> Result<T, Problem> {
        let (review, now) = (Arc::clone(&self.review), self.now);
        let answer = tokio::task::spawn_blocking(move || ask(&review, now())).await;
        Ok(answer.map_err(|error| Problem::internal(&error))??)
    }
}
