//! V23 test mode: intervals that the meter recorded while it was tested.
//!
//! Source: California rules (from memory). They are never billable, so a plan should say `estimate`; a
//! plan that says `warn` leaves the mark of the source on them, which keeps them out of references.

use model::quality::Status;

use super::{Fault, Finding, Rule, Stage};
use crate::evidence::{NO_INTERVALS, span};
use crate::plan::reach::Reach;
use crate::settings::Settings;
use crate::view::View;

pub(super) static RULE: Rule = Rule {
    id: "V23",
    name: "test mode",
    purpose: "Finds intervals that were recorded while the meter was in test mode.",
    settings: &[],
    stage: Stage::Values,
    reach: Reach::nothing,
    judge,
};

fn judge(view: &View<'_>, _: &Settings) -> Finding {
    if view.values.is_empty() {
        return Finding::NotApplicable(NO_INTERVALS.into());
    }
    let runs = view.flagged(Status::TEST_MODE);
    Finding::of(view.slots(), runs.into_iter().map(|(from, to)| fault(view, from, to)).collect())
}

fn fault(view: &View<'_>, from: u16, to: u16) -> Fault {
    let evidence =
        format!("{} recorded in test mode, which never counts as use; none may be", span(view.day, from, to));
    Fault::new(from, to, evidence)
}
