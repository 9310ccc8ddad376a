//! What a person may do with intervals of assumed meter time: accept, zero or shift them.
//!
//! An edit says for every interval what it was and what it becomes; whoever stores it adds who and when.

use jiff::{SignedDuration, Timestamp};
use model::quality::Status;
use model::quality::validation::ValidationStatus;
use serde::Serialize;

use super::Recorded;

/// The three edits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edit {
    /// The values stand as manually accepted.
    Accept,
    /// Zeros at the assumed stamps.
    ZeroFill,
    /// The values move to the true time. `true_end` is the true end of the first of them.
    Shift {
        /// The true end of the first interval.
        true_end: Timestamp,
    },
}

/// An interval before and after an edit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// The end of the interval before.
    pub stamped: Timestamp,
    /// The end of the interval after.
    pub stamped_after: Timestamp,
    /// The value before, in quanta.
    pub value: i64,
    /// The value after.
    pub value_after: i64,
    /// What was known before.
    pub status: Status,
    /// What is known after.
    pub status_after: Status,
}

/// Why an edit is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EditRefusal {
    /// An interval is not marked AMT.
    #[error("the interval that ends at {0} is not marked AMT")]
    NotAssumed(Timestamp),
    /// Nothing failed that could be accepted.
    #[error("the interval that ends at {0} has no doubt that could be accepted")]
    NothingToAccept(Timestamp),
    /// The shift is no whole number of intervals, or leads out of the calendar.
    #[error("the intervals can only be shifted by whole intervals")]
    NotWhole,
}

/// The changes of an edit, one for each interval in order.
///
/// # Errors
/// Where an interval is not one of assumed time or the edit does not fit it; nothing is changed then.
pub fn edit(intervals: &[Recorded], length: SignedDuration, edit: Edit) -> Result<Vec<Change>, EditRefusal> {
    let offset = offset(intervals, length, edit)?;
    intervals.iter().map(|interval| change(interval, offset, edit)).collect()
}

fn change(interval: &Recorded, offset: SignedDuration, edit: Edit) -> Result<Change, EditRefusal> {
    let Recorded { stamped, value, status, .. } = *interval;
    if !status.contains(Status::ASSUMED_TIME) {
        return Err(EditRefusal::NotAssumed(stamped));
    }
    let doubts = Status::FAILED | Status::QUESTIONABLE | Status::ESTIMATE_NEEDED;
    let status_after = match edit {
        Edit::Accept => {
            let accepted = ValidationStatus::of(status).accepted().ok_or(EditRefusal::NothingToAccept(stamped))?;
            status.without(doubts) | accepted.bits()
        }
        Edit::ZeroFill => status.without(doubts) | Status::EDITED,
        // In true time the stamp is no longer assumed.
        Edit::Shift { .. } => status.without(doubts).without(Status::ASSUMED_TIME) | Status::EDITED,
    };
    let stamped_after = stamped.checked_add(offset).map_err(|_| EditRefusal::NotWhole)?;
    let value_after = if edit == Edit::ZeroFill { 0 } else { value };
    Ok(Change { stamped, stamped_after, value, value_after, status, status_after })
}

fn offset(intervals: &[Recorded], length: SignedDuration, edit: Edit) -> Result<SignedDuration, EditRefusal> {
    let (Edit::Shift { true_end }, Some(first)) = (edit, intervals.first()) else { return Ok(SignedDuration::ZERO) };
    let offset = true_end.duration_since(first.stamped);
    let whole = 0 < length.as_secs() && offset.subsec_nanos() == 0 && offset.as_secs() % length.as_secs() == 0;
    if whole { Ok(offset) } else { Err(EditRefusal::NotWhole) }
}
