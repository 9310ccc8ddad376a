//! V16 complete day: no interval inside a message is without a value.
//!
//! Source: ERCOT, which rejects a day with a null of its 96 values. Told or refused where the settings ask, for a piece of a message
//! of any length; else that there is no value is kept as a reading without one.

use model::finding::Severity;
use model::reading::{IntervalRun, Values};

use super::{Limits, Report};

impl Report<'_> {
    pub(super) fn missing_values(&mut self) {
        let Values::Intervals(run) = &self.readings.values else { return };
        let missing = run.values.iter().filter(|value| **value == IntervalRun::MISSING).count();
        let severity = match self.limits {
            Limits { refuse_missing_values: true, .. } => Severity::Error,
            Limits { report_missing_values: true, .. } => Severity::Warning,
            _ => return,
        };
        if 0 < missing {
            let message = format!("{missing} of {} intervals have no value", run.values.len());
            self.tell(severity, "value", "V16", message);
        }
    }
}
