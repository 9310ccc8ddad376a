//! Excluded: which values a register may change (catalogue 3.4, IEE).
//!
//! Only what a method made; values that the plan excludes from scaling stay, and so does what another register fixed.

use model::quality::Status;

/// What decides whether a register may change a value.
pub(crate) struct Made<'a> {
    /// The method that made it; empty where it is measured.
    pub method: &'a str,
    /// Whether the plan excludes what that method makes.
    pub is_excluded: bool,
    pub status: Status,
}

/// Whether a register may change a value.
pub(crate) fn may_change(value: &Made<'_>) -> bool {
    !value.method.is_empty() && !value.is_excluded && !value.status.contains(Status::SCALED)
}
