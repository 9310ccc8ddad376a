//! V24 power-outage intervals: too many of them in a day.
//!
//! Sources: IESO "number of power outage"; ERCOT, for zero being valid within them. Counts the intervals
//! that an outage touches, by their status or by a known interruption. The limit of 3 is a proposal.

use super::{Fault, Finding, Rule, Stage};
use crate::evidence::{NO_INTERVALS, counted, span};
use crate::plan::reach::Reach;
use crate::settings::{SettingForm, SettingKind, Settings};
use crate::view::View;

pub(super) static RULE: Rule = Rule {
    id: "V24",
    name: "power-outage intervals",
    purpose: "Finds days with more outage intervals than usual.",
    settings: &[MOST],
    stage: Stage::Values,
    reach: Reach::nothing,
    judge,
};

const MOST: SettingForm = SettingForm {
    name: "most",
    kind: SettingKind::Count("intervals"),
    default: "3 intervals",
    meaning: "so many intervals of a day may be touched by outages",
};

fn judge(view: &View<'_>, settings: &Settings) -> Finding {
    if view.values.is_empty() {
        return Finding::NotApplicable(NO_INTERVALS.into());
    }
    if !view.has_outage() {
        return Finding::Passed(view.slots());
    }
    let runs = view.runs(|slot| view.is_outage(slot));
    let (found, most) = (runs.iter().map(|(from, to)| u32::from(to - from)).sum(), settings.count(&MOST));
    if found <= most {
        return Finding::Passed(view.slots());
    }
    let all = counted(found, "interval");
    let evidence = |(from, to)| {
        format!("{} touched by an outage, of {all} in the day; the limit is {most}", span(view.day, from, to))
    };
    Finding::Failed(view.slots(), runs.into_iter().map(|run| Fault::new(run.0, run.1, evidence(run))).collect())
}
