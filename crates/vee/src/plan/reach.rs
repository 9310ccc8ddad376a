//! How far from its own date a plan looks, so that a driver knows what to load and what to run again.

use super::CheckedPlan;
use crate::meter_times::SILENT_DAYS;

/// Days that a like-day method may go from the gap.
const LIKE_DAYS: u16 = 60;
/// Where three days of each kind are found, a missing week included.
const FIVE_WEEKS: u16 = 35;
/// The longest span whose days are scaled together: a register that is read monthly counts over 31 days.
pub(crate) const SCALED_DAYS: u16 = 35;
/// A year, and the days that weekdays are off by.
const YEAR_DAYS: u16 = 371;

impl CheckedPlan {
    /// How many days around a day its methods and scaling may draw on, gaps may go on, and other days say whether values are expected.
    pub fn reach_days(&self) -> u16 {
        let methods = self.estimators.iter().map(|planned| method_days(planned.estimator.id));
        methods.max().unwrap_or(0).max(self.gap_days()).max(SILENT_DAYS).max(self.scaled_days())
    }

    /// How far the days may be from each other that are scaled together; 0 where nothing is scaled.
    pub fn scaled_days(&self) -> u16 {
        if self.scaling.parts().is_some() { SCALED_DAYS } else { 0 }
    }

    /// Into how many days on each side of a day a gap is counted, at least one.
    pub(crate) fn gap_days(&self) -> u16 {
        self.rules.iter().map(|planned| planned.gap_days()).max().unwrap_or(0).max(1)
    }
}

fn method_days(id: &str) -> u16 {
    match id {
        "E01" | "E02" | "E03" | "E04" | "E11" | "E12" | "E13" | "E14" | "E15" | "E16" | "E18" | "E21" | "E22" => 1,
        "E05" => FIVE_WEEKS,
        "E06" | "E17" => YEAR_DAYS,
        "E10" => 400,
        _ => LIKE_DAYS,
    }
}
