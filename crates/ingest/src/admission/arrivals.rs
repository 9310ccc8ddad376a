//! What a message brought of the channels of a usage point, for the checks that look at a whole message.

use std::collections::BTreeMap;

use jiff::Timestamp;
use smol_str::SmolStr;

/// What a message brought of one channel: from its first instant to its last, whatever lies between.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// The length of its intervals, in seconds; `None` of reads of a register.
    pub interval_seconds: Option<u32>,
    /// The first instant.
    pub start: Timestamp,
    /// The end of the last interval, or the moment of the last read.
    pub end: Timestamp,
}

/// What a message brought of one usage point, by the label of the channel.
pub type Arrivals = BTreeMap<SmolStr, Arrival>;

/// Adds a piece of a message, the span of which is known, to what it brought before.
pub fn add(arrivals: &mut Arrivals, label: &SmolStr, piece: Arrival) {
    let known = arrivals.entry(label.clone()).or_insert(piece);
    known.start = known.start.min(piece.start);
    known.end = known.end.max(piece.end);
}
