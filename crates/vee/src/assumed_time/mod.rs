//! Assumed meter time (AMT): what a meter without a battery records between an outage and the next
//! time sync, and what to do with it.
//!
//! Source: guidance on validation and estimation for assumed meter time. Its rule is [`FORMULA`], built
//! as V27; its zero fill is E15.
//!
//! - [`families`](FAMILIES): which devices support it, from which firmware on.
//! - [`shift()`]: the values at their true time, for a person to propose; what each use gets is
//!   [`AssumedTime`](model::quality::assumed_time::AssumedTime).
//! - [`balance()`]: where the energy of an outage went.
//!
//! Plans that hold the rule and the zero fill, as printed or with our additions, are under `config/plans`; how the meter itself
//! behaves is in the crate `simulator`.

mod balance;
mod families;
mod shift;

use model::finding::{Finding, Severity};
use model::quality::{Status, iee};
use smol_str::format_smolstr;

use crate::day::Day;
use crate::estimators::ONLY_STATUS;
use crate::plan::PlannedEstimator;

pub use balance::{Balance, BalanceSlot, balance};
pub use families::{DeviceFamily, FAMILIES, Support, support};
pub use shift::{ShiftRefusal, Stamped, shift};

/// The formula of the guidance, letter for letter.
pub const FORMULA: &str = "@if(@status($input \\AND, CLOCK, IOBOARD, IRREGULAR, POWER, TIMERESET), \
    @if(@statuscount($input \\AMT) = 0 OR @status($input \\AND, ESTNEEDED), 1, 0), 0)";

/// The five statuses that say together that an interval was stamped with an assumed time.
pub const FIVE: Status = Status::CLOCK_ERROR
    .with(Status::HARDWARE)
    .with(Status::PARTIAL_INTERVAL)
    .with(Status::POWER_FAILURE)
    .with(Status::TIME_RESET);

/// Whether the last value of some days, the nearest first, carries the five statuses.
pub(crate) fn ends_assumed<'d>(before: impl IntoIterator<Item = Day<'d>>) -> bool {
    let last = |day: Day<'_>| {
        let slot = (0..day.slots()).rev().find(|slot| day.value(*slot).is_some())?;
        Some(day.status(slot).contains(FIVE))
    };
    before.into_iter().find_map(last).unwrap_or_default()
}

/// The statuses that must not be among the statuses to ignore of a replacement (AMT-EST-05).
const SIX: Status = FIVE.with(Status::ASSUMED_TIME);

/// What is wrong with the replacement of assumed-time intervals as planned.
pub(crate) fn configuration(place: &str, planned: &PlannedEstimator) -> Vec<Finding> {
    let mut findings = Vec::new();
    if planned.estimator.id != "E15" || planned.settings.status(&ONLY_STATUS) != Status::ASSUMED_TIME {
        return findings;
    }
    let ignored = Status(planned.ignored.0 & SIX.0);
    if !ignored.is_empty() {
        let message = format!(
            "{} would be skipped, so that no interval of assumed meter time is replaced; take them out",
            iee::names(ignored).join(", ")
        );
        findings.push(Finding::new(0, format_smolstr!("{place}.statuses_to_ignore"), "plan.amt_ignored", message));
    }
    if !planned.exclude_from_scaling {
        let message = "scaling may change the replaced values; write exclude_from_scaling = true";
        let field = format_smolstr!("{place}.exclude_from_scaling");
        findings.push(Finding::new(0, field, "plan.amt_scaled", message).with_severity(Severity::Note));
    }
    findings
}
