//! Where the energy of an outage with assumed meter time went.
//!
//! The meter measured energy at assumed stamps; the zero fill takes it from there, and estimates in the true
//! time that the meter skipped get it back when they are scaled to the register; or a person moves it to its true
//! time. Whether all of it arrived is what a balance says, for each outage (decision T-05).

use model::quality::Status;
use model::time::TimeRange;
use serde::Serialize;

/// One interval as a balance needs it, in the channel's quantum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BalanceSlot {
    /// The interval.
    pub range: TimeRange,
    /// The received value.
    pub received: Option<i64>,
    /// The final value.
    pub last: Option<i64>,
    /// What the final value is.
    pub status: Status,
    /// Whether the meter stamped it while it assumed the time; the status tells until its value is moved.
    pub is_assumed: bool,
}

/// The energy of one outage, in the channel's quantum.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Balance {
    /// What the meter measured while it assumed the time.
    pub measured: i128,
    /// How much of it was taken away at the assumed stamps.
    pub zeroed: i128,
    /// What intervals in which the clock was set gave up: they hold energy of the time before them, too (`TIME ADJUSTED`).
    pub adjusted: i128,
    /// What estimates put into the true time that the meter skipped, and edits into true time.
    pub elsewhere: i128,
    /// What was taken away and put nowhere (below zero: put in without having been measured).
    pub unplaced: i128,
}

/// The balance of one outage: the slots from its begin up to its time sync, in true time, that in which the clock was set, and the
/// slots that carry its assumed stamps, in any order.
///
/// `skipped` is the true time that the meter left out, from the return of power to the sync.
pub fn balance(slots: &[BalanceSlot], skipped: TimeRange) -> Balance {
    let sum = |values: &mut dyn Iterator<Item = i64>| values.map(i128::from).sum::<i128>();
    let stands = |slot: &&BalanceSlot| slot.status.contains(Status::ASSUMED_TIME);
    let measured = sum(&mut slots.iter().filter(|slot| slot.is_assumed).filter_map(|slot| slot.received));
    let kept = sum(&mut slots.iter().filter(stands).filter_map(|slot| slot.last));
    let made = |slot: &&BalanceSlot| slot.status.intersects(Status::ESTIMATED | Status::EDITED) && !stands(slot);
    let within = |slot: &&BalanceSlot| skipped.start < slot.range.end && slot.range.start < skipped.end;
    let is_adjusted = |slot: &&BalanceSlot| slot.status.contains(Status::TIME_ADJUSTED) && !slot.is_assumed;
    let given_up = |slot: &BalanceSlot| slot.received?.checked_sub(slot.last?);
    let adjusted = sum(&mut slots.iter().filter(is_adjusted).filter_map(given_up));
    let placed = slots.iter().filter(made).filter(|slot| !is_adjusted(slot) || slot.received.is_none());
    let placed = placed.filter(|slot| slot.is_assumed || within(slot));
    let elsewhere = sum(&mut placed.filter_map(|slot| slot.last));
    let zeroed = measured - kept;
    Balance { measured, zeroed, adjusted, elsewhere, unplaced: zeroed + adjusted - elsewhere }
}
