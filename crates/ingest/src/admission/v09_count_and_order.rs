//! V09 count and order: a run has intervals.
//!
//! Source: DH3 E87, IESO. Order, doubled and missing positions are seen by the readers, while the lines of a message are still
//! apart (crate `formats`).

use model::finding::Severity;
use model::reading::Values;

use super::Report;

impl Report<'_> {
    pub(super) fn count(&mut self) {
        if let Values::Intervals(run) = &self.readings.values
            && (run.values.is_empty() || run.length_seconds == 0)
        {
            self.tell(Severity::Error, "values", "V09", "the run has no interval".to_owned());
        }
    }
}
