//! V12 duplicate payload: which messages are the same, so that one that comes again gets its first answer and stores nothing twice.
//!
//! Source: Oracle Duplicate IMD. The same bytes are the same message once any of them was used; until then, the same bytes asked in
//! the same way. Values that come again in other bytes are seen in the readings book, value by value.

use crate::intake::{Asked, Message, Unknown};

/// The key of the answer to a message of which nothing could be used: the same bytes with other options are another one.
pub(crate) fn attempt_key(message: &Message, hash: &[u8; 32]) -> [u8; 32] {
    let asked = serde_json::to_vec(&Asked::from(message)).expect("options have only texts");
    let mut hasher = blake3::Hasher::new();
    hasher.update(hash).update(&[u8::from(message.unknown == Unknown::Register)]).update(&asked);
    *hasher.finalize().as_bytes()
}

/// The key of what is known of a message only once its readings are placed: how many of them are older than what was there.
pub(crate) fn older_key(hash: &[u8; 32]) -> [u8; 32] {
    *blake3::Hasher::new().update(hash).update(b"older versions").finalize().as_bytes()
}
