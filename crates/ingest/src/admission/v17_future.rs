//! V17 future time: the last interval ends at most the clock tolerance after now.
//!
//! A proposal of ours; no source names it.

use jiff::Timestamp;
use model::finding::Severity;

use super::{Report, span};

impl Report<'_> {
    pub(super) fn future(&mut self, now: Timestamp) {
        let Some((_, last)) = span(self.readings) else { return };
        if now.as_second() + i64::from(self.limits.future_tolerance_seconds) < last.as_second() {
            let message = format!("ends at {last}, which is in the future; check the clock of the source");
            self.tell(Severity::Error, "time", "V17", message);
        }
    }
}
