//! When estimates are scaled again, and how much at once (catalogue 3.4).

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use model::quality::Status;

/// Whether a value that was left unscaled is due to be scaled by registers that came late: so many days
/// after it was decided ("scale unscaled estimates" of IEE).
pub fn scaling_is_due(status: Status, decided_at: Timestamp, now: Timestamp, wait_days: u16) -> bool {
    let wait = SignedDuration::from_hours(24 * i64::from(wait_days));
    status.contains(Status::UNSCALED) && wait <= now.duration_since(decided_at)
}

/// Why a person may not scale a span by hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ManualSpanError {
    /// Longer than one year.
    #[error("the span from {0} to {1} is longer than one year; estimate it in parts")]
    TooLong(Date, Date),
    /// Nothing between.
    #[error("the span from {0} to {1} is empty")]
    Empty(Date, Date),
}

/// Checks a span `[from, to)` of one manual estimation run: one year at most (IEE).
///
/// # Errors
/// Where it is longer, or empty.
pub fn check_manual_span(from: Date, to: Date) -> Result<(), ManualSpanError> {
    if to <= from {
        return Err(ManualSpanError::Empty(from, to));
    }
    match from.checked_add(jiff::Span::new().years(1)) {
        Ok(latest) if latest < to => Err(ManualSpanError::TooLong(from, to)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn unscaled_values_are_due_after_the_days_set() {
        let at = |hours: i64| Timestamp::UNIX_EPOCH + SignedDuration::from_hours(hours);
        let unscaled = Status::ESTIMATED | Status::UNSCALED;
        assert!(!scaling_is_due(unscaled, at(0), at(71), 3));
        assert!(scaling_is_due(unscaled, at(0), at(72), 3));
        assert!(!scaling_is_due(Status::ESTIMATED | Status::SCALED, at(0), at(720), 3));
        assert!(!scaling_is_due(unscaled, at(9), at(0), 0), "not before it was decided");
    }

    #[test]
    fn a_manual_span_is_a_year_at_most() {
        assert_eq!(check_manual_span(date(2025, 3, 1), date(2026, 3, 1)), Ok(()));
        let (from, to) = (date(2025, 3, 1), date(2026, 3, 2));
        assert_eq!(check_manual_span(from, to), Err(ManualSpanError::TooLong(from, to)));
        assert_eq!(check_manual_span(from, from), Err(ManualSpanError::Empty(from, from)));
        assert_eq!(check_manual_span(date(2024, 2, 29), date(2025, 2, 28)), Ok(()));
    }
}
