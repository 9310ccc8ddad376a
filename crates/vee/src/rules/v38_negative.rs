//! V38 negative: a value below zero on a channel that cannot count backwards.
//!
//! Sources: Oracle negative check; Energinet DataHub 3 rule E86.

use super::{Fault, Finding, Rule, Stage};
use crate::evidence::{clock, quantity, span};
use crate::plan::reach::Reach;
use crate::settings::Settings;
use crate::view::View;

pub(super) static RULE: Rule = Rule {
    id: "V38",
    name: "negative",
    purpose: "Finds values below zero on a channel that may not be negative.",
    settings: &[],
    stage: Stage::Values,
    reach: Reach::nothing,
    judge,
};

fn judge(view: &View<'_>, _: &Settings) -> Finding {
    if view.context.negative_allowed {
        return Finding::NotApplicable("the channel may be negative".into());
    }
    if view.extremes.all_above_zero {
        return Finding::Passed(view.slots());
    }
    let runs = view.runs(|slot| view.value(slot).is_some_and(|value| value < 0));
    Finding::of(view.slots(), runs.into_iter().map(|(from, to)| fault(view, from, to)).collect())
}

fn fault(view: &View<'_>, from: u16, to: u16) -> Fault {
    let (value, slot) = view.lowest_of(from, to).unwrap_or((0, from));
    let evidence = format!(
        "{} below zero, the lowest {} at {}; the limit of the channel is 0 {}",
        span(view.day, from, to),
        quantity(view.context, value),
        clock(view.day, slot),
        view.context.unit,
    );
    Fault::too_low(from, to, evidence)
}
