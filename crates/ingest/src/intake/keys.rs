//! By which keys answers are kept, so that the same message gets the same answer.
//!
//! V12 duplicate payload (Oracle Duplicate IMD): the same bytes are the same message once any of them was used; until then, the same
//! bytes asked in the same way. It gets its first answer, and nothing is stored twice. Values that come again in other bytes are
//! seen in the readings book, value by value.
//!
//! V18 resend contract (Estfeed): a message counts as answered only once all of it is durable. Only the last part of a message
//! carries the key of the message, so that one cut off by a crash is not taken for answered and may be sent again; what
//! waits in quarantine is a final state too.

use jiff::Timestamp;

use super::message::{Asked, Message, Unknown};

/// The key of a batch that is given none.
pub(super) const NO_KEY: [u8; 32] = [0; 32];

/// The key of the answer to a message of which nothing could be used: the same bytes with other options are another one.
pub(super) fn attempt_key(message: &Message, hash: &[u8; 32]) -> [u8; 32] {
    let asked = serde_json::to_vec(&Asked::from(message)).expect("options have only texts");
    let mut hasher = blake3::Hasher::new();
    hasher.update(hash).update(&[u8::from(message.unknown == Unknown::Register)]).update(&asked);
    *hasher.finalize().as_bytes()
}

/// The key of what is known of a message only once its readings are placed: how many of them are older than what was there.
pub(super) fn older_key(hash: &[u8; 32]) -> [u8; 32] {
    *blake3::Hasher::new().update(hash).update(b"older versions").finalize().as_bytes()
}

/// The key of a part of a message that is not its last one, by the hash of the message and the sequence it comes after.
pub(super) fn part_key(hash: &str, now: Timestamp, sequence: u64) -> [u8; 32] {
    *blake3::hash(format!("{hash} part at {now} after sequence {sequence}").as_bytes()).as_bytes()
}
