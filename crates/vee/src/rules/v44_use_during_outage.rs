//! V44 use during outage: a value above zero in an interval that an outage covers from end to end.
//!
//! From memory, without a book. Either the outage did not reach the usage point or the meter is fed from
//! elsewhere. The floor is zero, as the test says; intervals that an outage only touches are not judged.

use super::{Fault, Finding, Reason, Rule, Stage};
use crate::evidence::{clock, quantity, span};
use crate::plan::reach::Reach;
use crate::settings::{SettingForm, SettingKind, Settings};
use crate::view::View;

pub(super) static RULE: Rule = Rule {
    id: "V44",
    name: "use during outage",
    purpose: "Finds use in intervals that an outage covers.",
    settings: &[FLOOR],
    stage: Stage::Values,
    reach: Reach::nothing,
    judge,
};

const FLOOR: SettingForm = SettingForm {
    name: "floor",
    kind: SettingKind::HourlyRate,
    default: "0 kWh/h",
    meaning: "use up to it does not count",
};

fn judge(view: &View<'_>, settings: &Settings) -> Finding {
    compared(view, settings).unwrap_or_else(Finding::NotApplicable)
}

fn compared(view: &View<'_>, settings: &Settings) -> Result<Finding, Reason> {
    if view.context.outages.is_empty() {
        return Err("no outage is known".into());
    }
    let (floor, unit) = (settings.quantity_in(view.context.unit, &FLOOR)?, view.context.unit);
    let dark = (0..view.slots()).filter(|slot| view.is_dark(*slot)).count();
    if dark == 0 {
        return Err("no outage covers a whole interval of the day".into());
    }
    let is_above = |value| view.hourly(value, floor).is_some_and(|order| order.is_gt());
    let runs = view.runs(|slot| view.is_dark(slot) && view.value(slot).is_some_and(is_above));
    let fault = |(from, to)| {
        let (value, slot) = view.highest_of(from, to).unwrap_or((0, from));
        let evidence = format!(
            "{} within an outage, the highest {} at {}; the limit is {floor} {unit}/h",
            span(view.day, from, to),
            quantity(view.context, value),
            clock(view.day, slot),
        );
        Fault::too_high(from, to, evidence)
    };
    Ok(Finding::of(u16::try_from(dark).unwrap_or(u16::MAX), runs.into_iter().map(fault).collect()))
}
