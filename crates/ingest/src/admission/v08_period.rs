//! V08 period sanity: a period begins before it ends and is neither too old nor beyond the years that can be stored.
//!
//! Source: DH3 E50, E17, D66. That intervals begin on the grid of their local day is seen where readings are placed
//! ([`crate::placement`]).

use jiff::Timestamp;
use model::finding::Severity;
use model::reading::Values;

use super::{Report, span};

impl Report<'_> {
    pub(super) fn period(&mut self, now: Timestamp) {
        let Some((first, _)) = span(self.readings) else {
            self.tell(Severity::Error, "time", "V08", "the period is outside the years that can be stored".to_owned());
            return;
        };
        let age_days = (now.as_second() - first.as_second()) / 86_400;
        if 0 < self.limits.age_days_max && i64::from(self.limits.age_days_max) < age_days {
            let message = format!("begins {age_days} days ago, at most {} are accepted", self.limits.age_days_max);
            self.tell(Severity::Error, "time", "V08", message);
        }
        if let Values::Registers(reads) = &self.readings.values
            && reads.iter().any(|read| read.period_start.is_some_and(|start| read.at <= start))
        {
            self.tell(Severity::Error, "period", "V08", "a period ends before it begins".to_owned());
        }
    }
}
