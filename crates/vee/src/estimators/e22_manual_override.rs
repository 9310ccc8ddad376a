//! E22 manual override: what a person wrote for an interval that needs a value, with who and why.
//!
//! Source: Oracle, "interval replacement" in a group of looser rules; the group is a plan of its own
//! here. Like every method it never replaces a value that stands; changing one is editing.

use model::quality::Status;

use super::agreed_values::decided;
use super::{Estimator, Gap, Proposal};
use crate::context::Origin;
use crate::plan::reach::Reach;
use crate::settings::Settings;
use crate::view::View;

pub(super) static ESTIMATOR: Estimator = Estimator {
    id: "E22",
    name: "manual override",
    purpose: "Takes the value that a person wrote.",
    settings: &[],
    status: Status(Status::ESTIMATED.0 | Status::EDITED.0),
    fills_any_length: false,
    fills_outages: true,
    reach: Reach::nothing,
    estimate,
};

fn estimate(view: &View<'_>, gap: Gap, _: &Settings) -> Proposal {
    decided(view, gap, &ESTIMATOR, Origin::Person)
}
