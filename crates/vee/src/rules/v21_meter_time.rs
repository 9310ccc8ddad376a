//! V21 meter time tolerance: the clock of the meter against the reference.
//!
//! Sources: California rules (title), IESO "time tolerance"; the tolerance of 90 s is Ontario's. Above
//! it the steps are a proposal: up to one interval off, energy lies at most in the neighbouring
//! interval, so that only the interval in which the clock was last right, or the first of the day, is
//! marked questionable, whatever the plan makes of a failure; further off, everything since then fails.
//! A day that ended before the clock was last right passes. Shifting is left to estimation.

use jiff::Timestamp;
use model::time::TimeRange;

use super::{Fault, Finding, Rule, Stage};
use crate::evidence::{NO_INTERVALS, clock, duration};
use crate::plan::reach::Reach;
use crate::settings::{SettingForm, SettingKind, Settings};
use crate::view::View;

pub(super) static RULE: Rule = Rule {
    id: "V21",
    name: "meter time tolerance",
    purpose: "Finds days whose meter had a clock that was too far from the reference.",
    settings: &[TOLERANCE],
    stage: Stage::Values,
    reach: Reach::nothing,
    judge,
};

const TOLERANCE: SettingForm = SettingForm {
    name: "tolerance",
    kind: SettingKind::Duration,
    default: "90 s",
    meaning: "how far the clock of the meter may be from the reference; California has 180 s",
};

fn judge(view: &View<'_>, settings: &Settings) -> Finding {
    let Some(offset) = view.context.device.clock_offset_seconds else {
        return Finding::NotApplicable("the clock offset of the meter is not known".into());
    };
    if view.values.is_empty() || view.day.slot_seconds == 0 {
        return Finding::NotApplicable(NO_INTERVALS.into());
    }
    let (tolerance, interval) = (settings.seconds(&TOLERANCE), i64::from(view.day.slot_seconds));
    let apart = offset.saturating_abs();
    if apart <= tolerance {
        return Finding::Passed(view.slots());
    }
    let sync = view.context.device.last_good_sync;
    let since = TimeRange { start: sync.unwrap_or(Timestamp::MIN), end: Timestamp::MAX };
    let Some((from, to)) = view.slots_touched(since) else {
        return Finding::Passed(view.slots());
    };
    let direction = if offset < 0 { "slow" } else { "fast" };
    let found = format!("the clock of the meter was {} {direction}", duration(apart));
    let known = sync.map_or("the last good time is not known".into(), |sync| format!("the last good time was {sync}"));
    let (length, limit) = (duration(interval), duration(tolerance));
    let fault = if apart <= interval {
        let at = clock(view.day, from);
        let evidence = format!("{found} and {known}, so the interval at {at} is in doubt; the tolerance is {limit}");
        Fault { only_warns: true, ..Fault::new(from, from + 1, evidence) }
    } else {
        let evidence = format!("{found}, more than an interval of {length}, and {known}; the tolerance is {limit}");
        Fault::new(from, to, evidence)
    };
    Finding::Failed(view.slots(), vec![fault])
}
