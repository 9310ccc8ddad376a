//! V48 day shape: a local day has as many intervals as its 23, 24 or 25 hours hold.
//!
//! Sources: Elhub (92 and 100 values); a defect in which a product filled or dropped the extra hour. A day
//! of the wrong shape waits for a person: the extra hour is never filled and never dropped, and what lies
//! in which slot is not known.

use super::{Fault, Finding, Reason, Rule, Stage};
use crate::evidence::{NO_INTERVALS, counted, duration};
use crate::plan::reach::Reach;
use crate::settings::Settings;
use crate::view::View;

pub(super) static RULE: Rule = Rule {
    id: "V48",
    name: "day shape",
    purpose: "Finds days that do not have the intervals of their local day of 23, 24 or 25 hours.",
    settings: &[],
    stage: Stage::Values,
    reach: Reach::nothing,
    judge,
};

fn judge(view: &View<'_>, _: &Settings) -> Finding {
    compared(view).unwrap_or_else(Finding::NotApplicable)
}

fn compared(view: &View<'_>) -> Result<Finding, Reason> {
    let local = view.context.site.local_day.ok_or("the local day of the zone is not known")?;
    let slots = view.slots();
    if slots == 0 {
        return Err(NO_INTERVALS.into());
    }
    let length = duration(local.range.seconds());
    let interval = duration(view.day.slot_seconds.into());
    let whole = || format!("{length} are not a whole number of intervals of {interval}");
    let expected = local.slots(view.day.slot_seconds).ok_or_else(whole)?;
    if slots == expected && view.day.start == local.range.start {
        return Ok(Finding::Passed(slots));
    }
    let evidence = format!(
        "{} of {interval} from {} for a local day of {length} from {}; {expected} are expected",
        counted(slots.into(), "interval"),
        view.day.start,
        local.range.start,
    );
    let fault = Fault { for_review: true, ..Fault::beyond(0, slots, slots.cmp(&expected), evidence) };
    Ok(Finding::Failed(slots, vec![fault]))
}
