//! R04 scalar from interval: the amount of a period is the sum of its intervals.
//!
//! Source: Oracle; the condition is that of the lowest quality in the span, so the sum of measured
//! intervals is derived and not estimated.

use model::quality::Status;

use super::{Estimate, Estimator};
use crate::register::coverage::covered;
use crate::register::usage::Usage;
use crate::register::view::{Level, View};
use crate::register::words::amount;
use crate::settings::Settings;

pub(super) static ESTIMATOR: Estimator = Estimator {
    id: "R04",
    name: "scalar from interval",
    purpose: "Adds up the intervals of a stated period.",
    settings: &[],
    estimate,
};

fn estimate(view: &View<'_>, _: &Settings) -> Result<Estimate, String> {
    if view.read.period_start.is_none() {
        return Err("the read has no period; R01 adds intervals to a counter".into());
    }
    let target = view.target(Level::Actual, 0)?;
    let sums = covered(view.around.interval_sums, target.span, 0)?;
    let estimated = if 0 < sums.estimated { Status::ESTIMATED } else { Status::NONE };
    Ok(Estimate {
        target,
        usage: Usage::of(sums.sum),
        status: Status::DERIVED | estimated,
        words: format!("the intervals of the period add up to {}", amount(view, sums.sum)),
        inputs_hash: view.hash(ESTIMATOR.id, &target).text(&sums.sum.to_string()).finish(),
    })
}
