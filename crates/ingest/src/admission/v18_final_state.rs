//! V18 resend contract: a message counts as answered only once all of it is durable.
//!
//! Source: Estfeed. Only the last part of a message carries the key of the message, so that one cut off by a crash is not taken for
//! answered and may be sent again; what waits in quarantine is a final state too.

use jiff::Timestamp;

/// The key of a batch that is given none.
pub(crate) const NO_KEY: [u8; 32] = [0; 32];

/// The key of a part of a message that is not its last one, by the hash of the message and the sequence it comes after.
pub(crate) fn part_key(hash: &str, now: Timestamp, sequence: u64) -> [u8; 32] {
    *blake3::hash(format!("{hash} part at {now} after sequence {sequence}").as_bytes()).as_bytes()
}
