//! E18 agreed value: what the parties agreed on, with who and why.
//!
//! Source: AEMO 16, 55 and 64 (from memory).

use model::quality::Status;

use super::agreed_values::decided;
use super::{Estimator, Gap, Proposal};
use crate::context::Origin;
use crate::plan::reach::Reach;
use crate::settings::Settings;
use crate::view::View;

pub(super) static ESTIMATOR: Estimator = Estimator {
    id: "E18",
    name: "agreed value",
    purpose: "Takes the value that the parties agreed on.",
    settings: &[],
    status: Status(Status::ESTIMATED.0 | Status::EDITED.0),
    fills_any_length: false,
    fills_outages: true,
    reach: Reach::nothing,
    estimate,
};

fn estimate(view: &View<'_>, gap: Gap, _: &Settings) -> Proposal {
    decided(view, gap, &ESTIMATOR, Origin::Agreement)
}
