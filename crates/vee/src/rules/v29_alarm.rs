//! V29 alarm correlation: a critical alarm of the meter was active.
//!
//! A proposal; AEMO asks for a review of alarms (from memory). The names are those of the event
//! catalogue; the list of critical ones is a proposal.

use jiff::{SignedDuration, Timestamp};
use model::time::TimeRange;

use super::{Fault, Finding, Rule, Stage};
use crate::context::Alarm;
use crate::evidence::{NO_INTERVALS, span};
use crate::plan::reach::Reach;
use crate::settings::{SettingForm, SettingKind, Settings};
use crate::view::View;

pub(super) static RULE: Rule = Rule {
    id: "V29",
    name: "alarm correlation",
    purpose: "Finds intervals during which a critical alarm of the meter was active.",
    settings: &[CRITICAL],
    stage: Stage::Values,
    reach: Reach::nothing,
    judge,
};

const CRITICAL: SettingForm = SettingForm {
    name: "critical",
    kind: SettingKind::List(&[]),
    default: "Clock error; RAM failed; ROM failed; Non-volatile memory failed; Measurement error",
    meaning: "the alarms that count, as the event catalogue names them",
};

fn judge(view: &View<'_>, settings: &Settings) -> Finding {
    if view.values.is_empty() {
        return Finding::NotApplicable(NO_INTERVALS.into());
    }
    let critical = settings.list(&CRITICAL);
    let is_critical = |alarm: &&Alarm<'_>| critical.iter().any(|name| name == alarm.name);
    let mut alarms: Vec<&Alarm<'_>> = view.context.device.alarms.iter().filter(is_critical).collect();
    alarms.sort_by_key(|alarm| (alarm.raised, alarm.name, alarm.ended));
    Finding::of(view.slots(), alarms.into_iter().filter_map(|alarm| fault(view, alarm)).collect())
}

/// `None` where the alarm was not active during the day.
fn fault(view: &View<'_>, alarm: &Alarm<'_>) -> Option<Fault> {
    let a_second_later = alarm.raised.checked_add(SignedDuration::from_secs(1)).unwrap_or(Timestamp::MAX);
    let end = alarm.ended.map_or(Timestamp::MAX, |ended| ended.max(a_second_later));
    let (from, to) = view.slots_touched(TimeRange { start: alarm.raised, end })?;
    let evidence = format!(
        "{} while the alarm `{}` of {} was active; no critical alarm may be",
        span(view.day, from, to),
        alarm.name,
        alarm.raised,
    );
    Some(Fault::new(from, to, evidence))
}
