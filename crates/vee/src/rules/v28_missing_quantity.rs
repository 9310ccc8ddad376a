//! V28 missing quantity: what is still without a value when everything was tried.
//!
//! Source: Oracle "missing quantity exception". Runs at the very end, so that V30 finds what did not
//! arrive and V28 what no method could fill.

use super::{Fault, Finding, Rule, Stage};
use crate::evidence::{NO_INTERVALS, span};
use crate::plan::reach::Reach;
use crate::settings::Settings;
use crate::view::View;

pub(super) static RULE: Rule = Rule {
    id: "V28",
    name: "missing quantity",
    purpose: "Finds intervals that still have no value after estimation.",
    settings: &[],
    stage: Stage::Final,
    reach: Reach::nothing,
    judge,
};

fn judge(view: &View<'_>, _: &Settings) -> Finding {
    if view.values.is_empty() {
        return Finding::NotApplicable(NO_INTERVALS.into());
    }
    if view.is_complete() {
        return Finding::Passed(view.slots());
    }
    let runs = view.runs(|slot| view.is_missing(slot));
    Finding::of(view.slots(), runs.into_iter().map(|(from, to)| fault(view, from, to)).collect())
}

fn fault(view: &View<'_>, from: u16, to: u16) -> Fault {
    let dark = (from..to).filter(|slot| view.is_dark(*slot)).count();
    let why = if dark == 0 { String::new() } else { format!(", {dark} of them while the supply was known to be off") };
    Fault::new(from, to, format!("{} still missing after estimation{why}; none may be", span(view.day, from, to)))
}
