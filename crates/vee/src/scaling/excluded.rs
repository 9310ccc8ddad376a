//! Excluded: which values a register may change (catalogue 3.4, IEE).
//!
//! Only what a method made; values that the plan excludes from scaling stay, and so does what another register fixed.

use model::quality::Status;

/// Whether scaling may change a value that a method made, of which the plan says whether it is excluded.
pub(crate) fn may_change(method: &str, excluded: bool, status: Status) -> bool {
    !method.is_empty() && !excluded && !status.contains(Status::SCALED)
}
