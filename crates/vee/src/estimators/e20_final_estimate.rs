//! E20 final estimate: an estimate that only another final estimate replaces.
//!
//! Source: IEE, FINALESTIMATE. The value is the automatic choice's; the status is what locks it, and
//! rule V72 reads it when a later value comes. Elhub calls such values "final estimated".

use model::quality::Status;

use super::{Estimate, Estimator, Gap, Proposal, automatic};
use crate::settings::Settings;
use crate::view::View;

pub(super) static ESTIMATOR: Estimator = Estimator {
    id: "E20",
    name: "final estimate",
    purpose: "Fills by the automatic choice and stamps the value as final.",
    settings: &[],
    status: Status(Status::ESTIMATED.0 | Status::FINAL_ESTIMATE.0),
    fills_any_length: true,
    fills_outages: false,
    reach: |_| automatic::ESTIMATOR.reach_with(&[]),
    estimate,
};

fn estimate(view: &View<'_>, gap: Gap, _: &Settings) -> Proposal {
    let proposal = automatic::ESTIMATOR.by_default(view, gap);
    let stamped = |estimate: Estimate| Estimate { status: estimate.status | Status::FINAL_ESTIMATE, ..estimate };
    Proposal { estimates: proposal.estimates.into_iter().map(stamped).collect(), ..proposal }
}
