//! What sources were answered, by de-duplication key.

use std::collections::HashMap;

use super::error::Error;

/// A batch that was stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Answered {
    pub(super) sequence: u64,
    pub(super) received_at: i64,
    pub(super) answer: Box<[u8]>,
}

/// Every key the book has seen.
#[derive(Default)]
pub(super) struct Answers {
    recent: HashMap<[u8; 32], Answered>,
}

impl Answers {
    /// Notes a batch that is durable.
    pub(super) fn insert(&mut self, key: [u8; 32], answered: Answered) {
        self.recent.insert(key, answered);
    }

    /// The batch that was stored with a key.
    pub(super) fn get(&self, key: &[u8; 32]) -> Result<Option<Answered>, Error> {
        Ok(self.recent.get(key).cloned())
    }
}
