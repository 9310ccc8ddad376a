//! V26 time reset, or a long or short interval: the clock was changed within the interval.
//!
//! Source: IESO. Marks the intervals that the source flags so. What lies in them was measured, only not
//! in the nominal time: where the plan estimates them, the sum of each run of several stays and is split anew
//! into regular intervals (a proposal). One alone has nothing to share with and is left to the methods of the plan.

use model::quality::Status;

use super::{Fault, Finding, Repair, Rule, Stage};
use crate::evidence::{NO_INTERVALS, duration, span};
use crate::plan::reach::Reach;
use crate::settings::{SettingForm, SettingKind, Settings};
use crate::view::View;

pub(super) static RULE: Rule = Rule {
    id: "V26",
    name: "time reset or long or short interval",
    purpose: "Finds intervals in which the clock was changed, or that are longer or shorter than the others.",
    settings: &[REPAIR],
    stage: Stage::Values,
    reach: Reach::nothing,
    judge,
};

const REPAIR: SettingForm = SettingForm {
    name: "repair",
    kind: SettingKind::Choice(&["re-split", "none"]),
    default: "re-split",
    meaning: "where the plan estimates the run: split its sum anew, or leave it to the methods of the plan",
};

const MARKS: Status = Status(Status::TIME_RESET.0 | Status::PARTIAL_INTERVAL.0 | Status::LONG_INTERVAL.0);

fn judge(view: &View<'_>, settings: &Settings) -> Finding {
    if view.values.is_empty() {
        return Finding::NotApplicable(NO_INTERVALS.into());
    }
    let runs = view.flagged(MARKS);
    let re_split = settings.choice(&REPAIR) == "re-split";
    let repair = |from, to| if re_split && 1 < to - from { Repair::ShareAnew } else { Repair::Methods };
    let faults = runs.into_iter().map(|(from, to)| Fault { repair: repair(from, to), ..fault(view, from, to) });
    Finding::of(view.slots(), faults.collect())
}

fn fault(view: &View<'_>, from: u16, to: u16) -> Fault {
    let found = Status(view.statuses_of(from, to).0 & MARKS.0);
    let nominal = duration(view.day.slot_seconds.into());
    let evidence =
        format!("{} flagged by the source: {found}; every interval must last {nominal}", span(view.day, from, to));
    Fault::new(from, to, evidence)
}
