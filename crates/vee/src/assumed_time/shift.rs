//! Values of assumed meter time moved to their true time, with zeros before it.
//!
//! The meter's clock starts again where the outage began, so assumed stamps lie before the true time. From the first of
//! them to the true time there was no supply and nothing was used.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use model::quality::Status;
use model::time::TimeRange;

/// An interval as a person finds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamped {
    /// Where it begins.
    pub start: Timestamp,
    /// The received value, in quanta.
    pub received: Option<i64>,
    /// What is finally known of it.
    pub status: Status,
}

/// Why a shift is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ShiftRefusal {
    /// An interval of the span is not marked AMT or has no value.
    #[error("the interval at {0} is not one of assumed meter time; select those that are, undo an earlier shift first")]
    NotAssumed(Timestamp),
    /// The shift is no whole number of intervals, or leads out of the calendar.
    #[error("the intervals can only be moved by whole intervals; give a time at which one begins")]
    NotWhole,
    /// The clock of the meter was behind, so the true time is later.
    #[error("true time is later than assumed time; {0} is not")]
    NotLater(Timestamp),
    /// A measured value lies where one would be written.
    #[error("the interval at {0} has a measured value of its own; select the whole span, or move it less far")]
    Occupied(Timestamp),
}

/// The values that a shift writes, by the beginning of each interval: those of `span` from `true_start` on, and zeros from
/// the first of them to there.
///
/// `slots` holds the intervals of the channel, of one `length`, at least those that are read and written.
///
/// # Errors
/// Where an interval of the span is not one of assumed time, or the shift does not fit; nothing is to be written then.
pub fn shift(
    slots: &[Stamped],
    length: SignedDuration,
    span: TimeRange,
    true_start: Timestamp,
) -> Result<BTreeMap<Timestamp, i64>, ShiftRefusal> {
    let inside = |start: Timestamp| span.start <= start && start < span.end;
    let mut source = BTreeMap::new();
    for slot in slots.iter().filter(|slot| inside(slot.start)) {
        let received = slot.received.filter(|_| slot.status.contains(Status::ASSUMED_TIME));
        source.insert(slot.start, received.ok_or(ShiftRefusal::NotAssumed(slot.start))?);
    }
    let Some((&first, _)) = source.first_key_value() else { return Err(ShiftRefusal::NotAssumed(span.start)) };
    let offset = offset(first, true_start, length)?;
    let measured = slots.iter().filter(|slot| slot.received.is_some() && !inside(slot.start));
    let measured: BTreeSet<Timestamp> = measured.map(|slot| slot.start).collect();
    let is_dark = |start: &Timestamp| first <= *start && *start < true_start;
    let dark = slots.iter().map(|slot| slot.start).filter(is_dark);
    let mut written: BTreeMap<Timestamp, i64> = dark.map(|start| (start, 0)).collect();
    for (start, value) in source {
        let target = start.checked_add(offset).map_err(|_| ShiftRefusal::NotWhole)?;
        written.insert(target, value);
    }
    match written.keys().find(|start| measured.contains(start)) {
        Some(occupied) => Err(ShiftRefusal::Occupied(*occupied)),
        None => Ok(written),
    }
}

/// How far values move: whole intervals, forward.
fn offset(first: Timestamp, true_start: Timestamp, length: SignedDuration) -> Result<SignedDuration, ShiftRefusal> {
    let offset = true_start.duration_since(first);
    let is_whole = 0 < length.as_secs() && offset.subsec_nanos() == 0 && offset.as_secs() % length.as_secs() == 0;
    match (is_whole, offset.is_positive()) {
        (false, _) => Err(ShiftRefusal::NotWhole),
        (true, false) => Err(ShiftRefusal::NotLater(true_start)),
        (true, true) => Ok(offset),
    }
}
