//! V16 complete day: no interval inside a message is without a value.
//!
//! Source: ERCOT, which rejects a day with a null. Told where the settings ask; that there is no value is kept as a reading
//! without one.

use model::finding::Severity;
use model::reading::{IntervalRun, Values};

use super::Report;

impl Report<'_> {
    pub(super) fn missing_values(&mut self) {
        let Values::Intervals(run) = &self.readings.values else { return };
        let missing = run.values.iter().filter(|value| **value == IntervalRun::MISSING).count();
        if self.limits.report_missing_values && 0 < missing {
            let message = format!("{missing} of {} intervals have no value", run.values.len());
            self.tell(Severity::Warning, "value", "V16", message);
        }
    }
}
