//! R03 copy forward: the last measured read again, as if nothing had been used.
//!
//! Source: IEE, for the time after a disaster; the base is at most so many days back.

use model::quality::Status;

use super::{Estimate, Estimator, LOOK_BACK};
use crate::amount::Amount;
use crate::register::usage::Usage;
use crate::register::view::{Level, View};
use crate::register::words::{moment, standing};
use crate::settings::Settings;

pub(super) static ESTIMATOR: Estimator = Estimator {
    id: "R03",
    name: "copy forward",
    purpose: "Repeats the last measured read, for places known to use nothing.",
    settings: &[LOOK_BACK],
    estimate,
};

fn estimate(view: &View<'_>, settings: &Settings) -> Result<Estimate, String> {
    let target = view.target(Level::Actual, settings.count(&LOOK_BACK))?;
    let (base, value) = target.base.ok_or("the channel is no counter")?;
    Ok(Estimate {
        target,
        usage: Usage::of(Amount::ZERO),
        status: Status::ESTIMATED,
        words: format!("{} of {} repeated", standing(value), moment(view, base.at)),
        inputs_hash: view.hash(ESTIMATOR.id, &target).finish(),
    })
}
