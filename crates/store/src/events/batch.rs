//! What is appended to the events book, and what became of it.

use jiff::Timestamp;
use model::event::report::Report;
use model::id::{MeterId, Name, UsagePointId};
use smol_str::SmolStr;

/// What is appended in one commit.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    /// What messages told.
    pub told: Vec<Told>,
}

/// What one message told, or a part of a long one.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    /// Content hash, hexadecimal.
    pub hash: String,
    /// Who sent it.
    pub source: String,
    /// The message as people know it.
    pub name: String,
    /// Where its bytes are kept.
    pub raw: String,
    /// When it was received.
    pub received_at: Timestamp,
    /// Its events.
    pub events: Vec<ToldEvent>,
    /// Where its source goes on after it; empty where the source has no order.
    pub position: String,
    /// What else is answered, kept with the answer; `None` for a part that others follow, which is not answered yet.
    pub note: Option<String>,
    /// Events of earlier parts.
    pub earlier: Counts,
}

/// One event as a message tells it.
#[derive(Clone, Debug, PartialEq)]
pub struct ToldEvent {
    /// What its like are found by.
    pub report: Report,
    /// The device, or else the usage point, in the words of the source.
    pub device: Option<Name>,
    /// The meter, as known at arrival.
    pub meter: Option<MeterId>,
    /// The usage point, as known at arrival.
    pub usage_point: Option<UsagePointId>,
    /// Its type in the words of the source.
    pub told_type: SmolStr,
    /// Its time as the source told it.
    pub told_at: Option<Timestamp>,
    /// Whether its time is doubted: it is ordered by when it was received.
    pub is_doubtful: bool,
    /// One-based line of the message.
    pub line: u64,
    /// Severity as the source told it.
    pub severity: SmolStr,
    /// Reason as the source told it.
    pub reason: SmolStr,
    /// Status as the source told it.
    pub status: SmolStr,
    /// Everything else the source said, as name and value.
    pub details: Vec<(SmolStr, SmolStr)>,
}

/// What became of the events of a message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// How many it told.
    pub told: u64,
    /// Those that nobody had told before.
    pub fresh: u64,
    /// Those that were known, now by this report as well.
    pub joined: u64,
    /// Those that the same source had told in the same words.
    pub repeated: u64,
}

impl Counts {
    /// Adds those of another part.
    pub fn add(&mut self, other: &Self) {
        self.told += other.told;
        self.fresh += other.fresh;
        self.joined += other.joined;
        self.repeated += other.repeated;
    }
}

/// The answer to a message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// What became of its events.
    pub counts: Counts,
    /// What else is answered.
    pub note: String,
    /// Where the bytes of the first time are kept.
    pub raw: String,
    /// Whether the same bytes were answered before and this is the first answer again.
    pub is_repeated: bool,
}
