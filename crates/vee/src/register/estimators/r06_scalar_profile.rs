//! R06 scalar profile: what the load profile of the class says for the span.
//!
//! Source: Oracle, the sum of the profile's measurements over the same span.

use model::quality::Status;

use super::{Estimate, Estimator, LOOK_BACK, QUALITY, level};
use crate::register::coverage::covered;
use crate::register::usage::Usage;
use crate::register::view::View;
use crate::register::words::amount;
use crate::settings::{SettingForm, SettingKind, Settings};

pub(super) static ESTIMATOR: Estimator = Estimator {
    id: "R06",
    name: "scalar profile",
    purpose: "Adds up the load profile of the class over the span.",
    settings: &[LOOK_BACK, QUALITY, OFF_EDGE],
    estimate,
};

const OFF_EDGE: SettingForm = SettingForm {
    name: "off_edge",
    kind: SettingKind::Duration,
    default: "1 h",
    meaning: "how far a read may be stamped from the edge of the profile that it counts for",
};

fn estimate(view: &View<'_>, settings: &Settings) -> Result<Estimate, String> {
    let target = view.target(level(settings), settings.count(&LOOK_BACK))?;
    let sums = covered(view.around.profile_sums, target.span, settings.seconds(&OFF_EDGE))
        .map_err(|error| format!("profile: {error}"))?;
    Ok(Estimate {
        target,
        usage: Usage::of(sums.sum),
        status: Status::ESTIMATED,
        words: format!("the load profile of the span adds up to {}", amount(view, sums.sum)),
        inputs_hash: view.hash(ESTIMATOR.id, &target).text(&sums.sum.to_string()).finish(),
    })
}
