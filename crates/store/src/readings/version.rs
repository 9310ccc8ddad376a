//! Versions: what wins, what was known when.
//!
//! Every arrival of a value is a version. The version with the highest rank is current: the source's revision
//! ranks it, or the moment of arrival where the source gives none; among equals the later arrival wins. As arrival
//! moments never run backwards, what was current "as of" a moment is current among the versions received by then.
//!
//! What is taken in again keeps the rank of its first arrival, and loses among equals: it was there before.
//!
//! The same value again is another version where a revision says when: a value of the time between may come later. Of
//! arrivals without one, the first and the last moment are kept ([`Stamp::first_rank`]).

use super::quality::QualityId;
use super::record::Shape;

/// Where a version came from and what is said of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Stamp {
    /// The batch that brought it.
    pub(super) sequence: u64,
    /// When that batch was received, epoch microseconds.
    pub(super) received_at: i64,
    /// The source's revision, epoch seconds; or what [`ranked_as_received`] made.
    pub(super) revision: Option<i64>,
    pub(super) quality: QualityId,
}

/// Far beyond every second that a source can name: what is added to a moment of arrival that stands for a revision.
const RECEIVED: i64 = 1 << 62;

/// What stands for a revision where something counts as received at another moment (epoch microseconds) than its batch.
pub(super) fn ranked_as_received(at: i64) -> i64 {
    RECEIVED.saturating_add(at)
}

impl Stamp {
    /// The higher wins: epoch microseconds, whether it came by itself at that moment, and the order of batches.
    pub(super) fn rank(&self) -> (i64, bool, u64) {
        let at = match (self.revision, self.other_arrival()) {
            (_, Some(received_at)) => received_at,
            (Some(second), None) => second.saturating_mul(1_000_000),
            (None, None) => self.received_at,
        };
        (at, self.other_arrival().is_none(), self.sequence)
    }

    /// The source's revision, epoch seconds.
    pub(super) fn source_revision(&self) -> Option<i64> {
        self.revision.filter(|_| self.other_arrival().is_none())
    }

    /// The same, confirmed by another arrival of the same value: a value of the time between must not win over it.
    pub(super) fn confirmed_by(self, other: &Self) -> Self {
        let revision = other.revision.unwrap_or_else(|| ranked_as_received(other.received_at));
        Self { revision: Some(revision), ..self }
    }

    /// The rank that it had before other arrivals confirmed it.
    pub(super) fn first_rank(&self) -> (i64, bool, u64) {
        match self.other_arrival() {
            Some(confirmed_at) if self.received_at < confirmed_at => (self.received_at, true, self.sequence),
            _ => self.rank(),
        }
    }

    /// Whether an arrival of the same value tells nothing more.
    pub(super) fn covers(&self, other: &Self) -> bool {
        (self.first_rank().0..=self.rank().0).contains(&other.rank().0)
    }

    fn other_arrival(&self) -> Option<i64> {
        self.revision.filter(|revision| RECEIVED / 2 < *revision).map(|revision| revision - RECEIVED)
    }
}

/// A value that is not current: replaced, or older than what was there when it arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Superseded {
    pub(super) slot: u16,
    pub(super) value: i64,
    pub(super) stamp: Stamp,
}

/// Everything known of the intervals of one channel-day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct IntervalDay {
    pub(super) shape: Shape,
    /// Current values; `NO_VALUE` where there is none.
    pub(super) values: Vec<i64>,
    /// The stamps of the current values; `None` where nothing ever arrived.
    pub(super) stamps: Vec<Option<Stamp>>,
    /// In the order in which they lost.
    pub(super) superseded: Vec<Superseded>,
}

impl IntervalDay {
    /// What was known at a moment (epoch microseconds); `None` where nothing had arrived.
    pub(super) fn known_at(mut self, moment: i64) -> Option<Self> {
        let known = |stamp: &Stamp| stamp.received_at <= moment;
        for (slot, (value, stamp)) in self.values.iter_mut().zip(&mut self.stamps).enumerate() {
            if stamp.as_ref().is_none_or(known) {
                continue;
            }
            let earlier = self.superseded.iter().filter(|old| usize::from(old.slot) == slot && known(&old.stamp));
            // `max_by_key` gives the last of equals: the later arrival.
            let best = earlier.max_by_key(|old| old.stamp.rank());
            *value = best.map_or(super::NO_VALUE, |old| old.value);
            *stamp = best.map(|old| old.stamp);
        }
        self.superseded.retain(|old| {
            let slot = usize::from(old.slot);
            known(&old.stamp) && (self.stamps[slot], self.values[slot]) != (Some(old.stamp), old.value)
        });
        self.stamps.iter().any(Option::is_some).then_some(self)
    }

    /// Quality of the current values as spans `[from, to)`; slots with the default quality are in none.
    pub(super) fn qualities(&self) -> Vec<(u16, u16, QualityId)> {
        let mut spans: Vec<(u16, u16, QualityId)> = Vec::new();
        for (slot, stamp) in (0..).zip(&self.stamps) {
            let quality = stamp.map_or(QualityId(0), |stamp| stamp.quality);
            push_span(&mut spans, slot, quality);
        }
        spans
    }
}

/// Lengthens the last span by a slot or begins a new one; the default quality needs none.
pub(super) fn push_span(spans: &mut Vec<(u16, u16, QualityId)>, slot: u16, quality: QualityId) {
    match spans.last_mut() {
        _ if quality == QualityId(0) => {}
        Some((_, to, last)) if *to == slot && *last == quality => *to += 1,
        _ => spans.push((slot, slot + 1, quality)),
    }
}

/// A version of a register read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RegisterVersion {
    pub(super) at: i64,
    pub(super) period_start: Option<i64>,
    pub(super) value: Option<i64>,
    pub(super) stamp: Stamp,
}

impl RegisterVersion {
    /// Whether both speak of the same read.
    pub(super) fn same_read(&self, other: &Self) -> bool {
        (self.at, self.period_start) == (other.at, other.period_start)
    }
}

/// The current version of each read, by its moment. `versions` are in order of arrival.
pub(super) fn current_registers(versions: &[RegisterVersion], moment: Option<i64>) -> Vec<RegisterVersion> {
    let mut current: Vec<RegisterVersion> = Vec::new();
    for version in versions.iter().filter(|version| moment.is_none_or(|moment| version.stamp.received_at <= moment)) {
        match current.iter_mut().find(|other| other.same_read(version)) {
            Some(other) if version.stamp.rank() >= other.stamp.rank() => *other = *version,
            Some(_) => {}
            None => current.push(*version),
        }
    }
    current.sort_by_key(|version| (version.at, version.period_start));
    current
}

/// A final day as it arrived; the bytes are those of `final_day`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FinalVersion {
    pub(super) sequence: u64,
    pub(super) received_at: i64,
    pub(super) bytes: Box<[u8]>,
}

/// What the arenas count while they place a batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Placed {
    pub(super) created: u64,
    pub(super) changed: u64,
    pub(super) duplicates: u64,
    pub(super) superseded: u64,
}

/// What happened to a stretch of slots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    Created,
    Changed,
    /// A version of lower rank is known now; what is current stays.
    Older,
    /// Nothing new is known.
    None,
}

impl std::ops::AddAssign for Placed {
    fn add_assign(&mut self, other: Self) {
        self.created += other.created;
        self.changed += other.changed;
        self.duplicates += other.duplicates;
        self.superseded += other.superseded;
    }
}
