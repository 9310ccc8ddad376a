//! V07 interval length: intervals are as long as the registered ones.
//!
//! Source: Oracle, DH3 D23. A length that does not divide the local day is refused where readings are placed
//! ([`crate::placement`]).

use model::finding::Severity;
use model::reading::Values;

use super::Report;

/// The code of the finding.
pub const OTHER_LENGTH: &str = "V07";

impl Report<'_> {
    pub(super) fn interval_length(&mut self) {
        if let (Values::Intervals(run), Some(length)) = (&self.readings.values, self.target.channel.interval_seconds)
            && run.length_seconds != length
        {
            let message = format!("intervals of {} s, the channel is registered with {length} s", run.length_seconds);
            self.tell(Severity::Error, "interval length", OTHER_LENGTH, message);
        }
    }
}
