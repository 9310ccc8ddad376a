//! What a plan says of scaling beside its mode: which estimates a register may change, and how long it is waited for values
//! (catalogue 3.4).

use jiff::{SignedDuration, Timestamp};
use model::finding::Finding;
use model::quality::Status;
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::check::status;
use crate::context::Total;

/// The longest wait: beyond a year no bill waits for a value.
const WAIT_DAYS_MAX: u16 = 366;

/// Limits of scaling as a plan writes them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScalingLimits {
    /// How many days after the end of what a register counted its estimates stay unscaled, so that late values can come
    /// (IEE: scale unscaled estimates after days); 0 scales at once.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub wait_days: u16,
    /// Only estimates with any of these statuses get the factor, the others stay (Oracle: condition codes in a range); all where none
    /// is named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub only_statuses: Vec<SmolStr>,
}

/// Limits that are known to be right.
#[derive(Clone, Debug, Default)]
pub(crate) struct CheckedLimits {
    pub wait_days: u16,
    /// Empty where every estimate may be changed.
    only: Vec<Status>,
}

impl ScalingLimits {
    /// Whether they say nothing.
    pub(crate) fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// The limits, with what is wrong of them among the findings.
    pub(crate) fn check(&self, findings: &mut Vec<Finding>) -> CheckedLimits {
        if WAIT_DAYS_MAX < self.wait_days {
            let message = format!("found {} days, expected 0 to {WAIT_DAYS_MAX}", self.wait_days);
            findings.push(Finding::new(0, "scaling_limits.wait_days", "plan.scaling_limits", message));
        }
        let named = |name: &SmolStr| status("scaling_limits.only_statuses", name, findings);
        CheckedLimits { wait_days: self.wait_days, only: self.only_statuses.iter().filter_map(named).collect() }
    }
}

impl CheckedLimits {
    /// Whether an estimate with this status gets the factor.
    pub(crate) fn may_change(&self, status: Status) -> bool {
        self.only.is_empty() || self.only.iter().any(|only| status.contains(*only))
    }

    /// Until when a register waits; `None` where it is met `now`.
    pub(crate) fn waits_until(&self, total: &Total, now: Timestamp) -> Option<Timestamp> {
        let wait = SignedDuration::from_hours(24 * i64::from(self.wait_days));
        let until = total.range.end.saturating_add(wait).ok()?;
        (0 < self.wait_days && now < until).then_some(until)
    }
}

fn is_zero(days: &u16) -> bool {
    *days == 0
}
