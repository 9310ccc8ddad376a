//! Review behind the API: the queue and the editor, which this crate must not know from the inside.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use model::review::{
    Accept, Accepted, ActState, AskCheck, AskExceptions, AskGroups, AskPreview, AskProposals, Assign, Changed, Check,
    Comment, Decide, Exceptions, Explanation, Groups, Preview, Proposals, Propose, Reasons, Refusal,
};
use store::registry::review::Verdict;

use crate::problem::{Code, Problem};
use crate::state::Inner;

/// The queue and the editor, as the binary wires them. Calls block; those that change something return when it is
/// durable and the days it touches are validated again.
#[expect(missing_docs, reason = "each is the address of the same name")]
pub trait Review: Send + Sync + 'static {
    fn groups(&self, asked: &AskGroups) -> Result<Groups, ReviewError>;
    fn exceptions(&self, asked: &AskExceptions) -> Result<Exceptions, ReviewError>;
    fn accept(&self, asked: &Accept, now: Timestamp) -> Result<Accepted, ReviewError>;
    fn assign(&self, asked: &Assign) -> Result<Changed, ReviewError>;
    fn comment(&self, asked: &Comment) -> Result<Changed, ReviewError>;
    fn preview(&self, asked: &AskPreview, now: Timestamp) -> Result<Preview, ReviewError>;
    fn check(&self, asked: &AskCheck, now: Timestamp) -> Result<Check, ReviewError>;
    fn propose(&self, asked: &Propose, now: Timestamp) -> Result<ActState, ReviewError>;
    fn proposals(&self, asked: &AskProposals) -> Result<Proposals, ReviewError>;
    fn decide(&self, act: u64, verdict: Verdict, asked: &Decide, now: Timestamp) -> Result<ActState, ReviewError>;
    fn explain(&self, channel: &str, date: Date, now: Timestamp) -> Result<Explanation, ReviewError>;
    fn reasons(&self) -> Reasons;
}

/// Why review did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum ReviewError {
    /// The caller has to change something.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The disk is full.
    #[error("the disk is full")]
    StorageFull,
    /// The books only read now, or too much is under way.
    #[error("{0}")]
    Unavailable(String),
    /// Anything else.
    #[error("review failed")]
    Failed(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl From<ReviewError> for Problem {
    fn from(error: ReviewError) -> Self {
        match error {
            ReviewError::Refused(Refusal::NotFound(words)) => Self::new(Code::NotFound, words),
            ReviewError::Refused(Refusal::Conflict(words)) => Self::new(Code::Conflict, words),
            ReviewError::Refused(Refusal::NotAllowed(words)) => Self::new(Code::NotAllowed, words),
            ReviewError::Refused(Refusal::Invalid { field, detail }) => Self::parameter(field, detail),
            ReviewError::StorageFull => Self::new(Code::StorageFull, error.to_string()),
            ReviewError::Unavailable(why) => Self::new(Code::Unavailable, why),
            ReviewError::Failed(_) => Self::internal(&error),
        }
    }
}

impl Inner {
    /// Asks review where that may block.
    pub(crate) async fn ask_review<T: Send + 'static>(
        &self,
        ask: impl FnOnce(&dyn Review, Timestamp) -> Result<T, ReviewError> + Send + 'static,
    ) -> Result<T, Problem> {
        let (review, now) = (Arc::clone(&self.review), self.now);
        let answer = tokio::task::spawn_blocking(move || ask(&*review, now())).await;
        Ok(answer.map_err(|error| Problem::internal(&error))??)
    }
}
