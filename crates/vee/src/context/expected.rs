//! When values are expected of a channel.

use jiff::Timestamp;
use model::time::TimeRange;

use super::overlap;

/// The time in which a meter measures: an interval that lies in it and has no value is missing, any other is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expected<'a>(&'a [TimeRange]);

impl<'a> Expected<'a> {
    /// All the time.
    pub const ALWAYS: Self = Self(&[TimeRange { start: Timestamp::MIN, end: Timestamp::MAX }]);

    /// These spans only; they may be in any order and must not touch each other.
    pub const fn within(spans: &'a [TimeRange]) -> Self {
        Self(spans)
    }

    /// Whether a value is expected of an interval: a meter measures during all of it.
    pub fn covers(self, interval: TimeRange) -> bool {
        self.0.iter().any(|span| span.start <= interval.start && interval.end <= span.end)
    }

    /// Whether a meter measures at any instant of a span.
    pub fn touches(self, range: TimeRange) -> bool {
        self.0.iter().any(|span| overlap(*span, range).is_some())
    }
}
