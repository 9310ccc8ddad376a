//! Whether the time that a device gives can be believed.

use jiff::{SignedDuration, Timestamp};

/// How far from the time of receiving an event may have happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Belief {
    /// After it was received: the error that a clock may have.
    pub future_max: SignedDuration,
    /// Before it was received: the longest backlog.
    pub past_max: SignedDuration,
}

impl Default for Belief {
    /// Two hours and 400 days.
    fn default() -> Self {
        Self { future_max: SignedDuration::from_hours(2), past_max: SignedDuration::from_hours(400 * 24) }
    }
}

impl Belief {
    /// Whether an event cannot have happened when its device says. One without a time is not believed either.
    ///
    /// Such an event is kept and ordered by when it was received.
    pub fn is_doubtful(&self, occurred_at: Option<Timestamp>, received_at: Timestamp) -> bool {
        let Some(occurred_at) = occurred_at else { return true };
        let age = received_at.duration_since(occurred_at);
        age < -self.future_max || self.past_max < age
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_far_off_are_doubted() {
        let check = |occurred_at: &str, expected: bool| {
            let received_at = "2026-03-01T12:00:00Z".parse().expect("an instant");
            let occurred_at = occurred_at.parse().ok();
            assert_eq!(Belief::default().is_doubtful(occurred_at, received_at), expected, "{occurred_at:?}");
        };
        check("2026-03-01T12:00:00Z", false);
        check("2026-03-01T14:00:00Z", false);
        check("2026-03-01T14:00:01Z", true);
        check("2026-02-01T12:00:00Z", false);
        // 400 days before 1 March 2026 is 25 January 2025.
        check("2025-01-25T12:00:00Z", false);
        check("2025-01-25T11:59:59Z", true);
        check("", true);
    }
}
