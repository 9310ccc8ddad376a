//! R01 usage calculation: the nearest earlier read and the intervals since.
//!
//! Source: IEE, `R = R_prev + sum of x_i`, forward only, with roll-over, not beyond a critical
//! configuration change, at most so many days back. Quality high takes measured values only, low
//! estimates too; here it holds for the read and for the intervals (the source says it of the read, so
//! that part is a proposal). A read that is stamped a little off the hour (00:05) counts as one at the
//! interval edge next to it. Exact: what rounding leaves is less than one count and, as the next read is
//! calculated from the same measured one, does not add up.

use model::quality::Status;

use super::{Estimate, Estimator, LOOK_BACK, QUALITY, level};
use crate::evidence::duration;
use crate::register::coverage::covered;
use crate::register::usage::Usage;
use crate::register::view::{Level, View};
use crate::register::words::{amount, moment, standing};
use crate::settings::{SettingForm, SettingKind, Settings};

pub(super) static ESTIMATOR: Estimator = Estimator {
    id: "R01",
    name: "usage calculation",
    purpose: "Adds the intervals since the nearest earlier good read to it.",
    settings: &[LOOK_BACK, QUALITY, OFF_EDGE],
    estimate,
};

const OFF_EDGE: SettingForm = SettingForm {
    name: "off_edge",
    kind: SettingKind::Duration,
    default: "5 min",
    meaning: "how far a read may be stamped from the interval edge that it counts for",
};

fn estimate(view: &View<'_>, settings: &Settings) -> Result<Estimate, String> {
    let level = level(settings);
    let target = view.target(level, settings.count(&LOOK_BACK))?;
    let (base, value) = target.base.ok_or("the channel is no counter; R04 adds up the intervals of a period")?;
    let sums = covered(view.around.interval_sums, target.span, settings.seconds(&OFF_EDGE))?;
    if 0 < sums.estimated && level == Level::Actual {
        return Err(format!("{} of the intervals are estimates", sums.estimated));
    }
    let words = format!(
        "{} at {} and {} in the intervals of {} since",
        standing(value),
        moment(view, base.at),
        amount(view, sums.sum),
        duration(target.span.seconds()),
    );
    let mixed = if 0 < sums.estimated { Status::MIXED } else { Status::NONE };
    Ok(Estimate {
        target,
        usage: Usage::of(sums.sum),
        status: Status::ESTIMATED | Status::DERIVED | mixed,
        words,
        inputs_hash: view.hash(ESTIMATOR.id, &target).text(&sums.sum.to_string()).finish(),
    })
}
