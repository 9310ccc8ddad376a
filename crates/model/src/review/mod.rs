//! Review: what people ask of the queue of exceptions and of the editor, and what they are answered.
//!
//! One shape for the interface, the command line and whoever does the work. Amounts are decimal texts in the unit of the
//! channel; times are RFC 3339, those of an answer in the zone of the channel; slots are `[from, to)` of a local day.

mod act;
mod editor;
mod explanation;
mod queue;

pub use act::{Act, ActDay, ActState, AskProposals, Decide, Proposals, Propose, Reason, Reasons};
pub use editor::{
    AskCheck, AskPreview, Check, CheckedDay, Edit, EditedValue, MethodPreview, Preview, RegisterPreview, SHIFT,
    ShiftPreview, Verdict,
};
pub use explanation::{DecisionWords, ExplainedValue, Explanation, FailedRule, MethodWords, OutageBalance};
pub use queue::{
    Accept, Accepted, AskExceptions, AskGroups, Assign, Changed, Comment, Exception, Exceptions, Group, Groups,
};

/// What is looked for and may not be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sought {
    /// A channel.
    Channel,
    /// An exception of the queue.
    Exception,
    /// What a person did.
    Act,
    /// Anything else.
    Other,
}

/// Why something that was asked is not done; each tells the caller what to change.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There is no such thing.
    #[error("{1}")]
    NotFound(Sought, String),
    /// It contradicts what is there already.
    #[error("{0}")]
    Conflict(String),
    /// This person may not do it.
    #[error("{0}")]
    NotAllowed(String),
    /// A field is not of its form.
    #[error("{field}: {detail}")]
    Invalid {
        /// Which.
        field: &'static str,
        /// What was found and expected.
        detail: String,
    },
}
