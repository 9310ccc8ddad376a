//! V46 generation at night: a solar plant that delivers in the dark.
//!
//! A proposal of ours, as is the floor of 0.05 kWh. Judges the intervals that lie wholly before an hour
//! before sunrise or after an hour after sunset. A battery behind the plant delivers at night rightly: leave
//! the rule out of its plan. What is below zero on such a channel is found by V38.

use jiff::{SignedDuration, Timestamp};

use super::{Fault, Finding, Reason, Rule, Stage};
use crate::context::Load;
use crate::evidence::{clock, quantity, span};
use crate::plan::needs::Needs;
use crate::plan::reach::Reach;
use crate::settings::{SettingForm, SettingKind, Settings};
use crate::view::View;

pub(super) static RULE: Rule = Rule {
    id: "V46",
    name: "generation at night",
    purpose: "Finds deliveries of a solar plant between sunset and sunrise.",
    settings: &[FLOOR, MARGIN],
    stage: Stage::Values,
    reach: |_| Reach::needs(Needs::SUN),
    judge,
};

const FLOOR: SettingForm = SettingForm {
    name: "floor",
    kind: SettingKind::Quantity,
    default: "0.05 kWh",
    meaning: "a delivery up to it in an interval does not count",
};

const MARGIN: SettingForm = SettingForm {
    name: "margin",
    kind: SettingKind::Duration,
    default: "1 h",
    meaning: "so long after sunset the night begins, and so long before sunrise it ends",
};

fn judge(view: &View<'_>, settings: &Settings) -> Finding {
    compared(view, settings).unwrap_or_else(Finding::NotApplicable)
}

fn compared(view: &View<'_>, settings: &Settings) -> Result<Finding, Reason> {
    if view.context.site.load != Load::Solar {
        return Err("the channel does not count what a solar plant delivers".into());
    }
    let sun = view.context.site.sun.ok_or("sunrise and sunset of the day are not known")?;
    let (floor, unit) = (settings.quantity_in(view.context.unit, &FLOOR)?, view.context.unit);
    let margin = SignedDuration::from_secs(settings.seconds(&MARGIN));
    let dawn = sun.rise.checked_sub(margin).unwrap_or(Timestamp::MIN);
    let dusk = sun.set.checked_add(margin).unwrap_or(Timestamp::MAX);
    let is_night = |slot: u16| {
        let range = view.day.range(slot, slot + 1);
        range.end <= dawn || dusk <= range.start
    };
    let night = (0..view.slots()).filter(|slot| is_night(*slot)).count();
    if night == 0 {
        return Err("no interval of the day lies wholly in the night".into());
    }
    let is_above = |value: i64| view.context.amount(value.into()).compared(floor).is_some_and(|order| order.is_gt());
    let runs = view.runs(|slot| view.value(slot).is_some_and(is_above) && is_night(slot));
    let fault = |(from, to)| {
        let (value, slot) = view.highest_of(from, to).unwrap_or((0, from));
        // The night of the morning began on the day before, that of the evening ends on the next.
        let night = if view.day.range(from, to).end <= dawn { ("before", dawn) } else { ("after", dusk) };
        let evidence = format!(
            "{} delivered in the night, {} {}, the highest {} at {}; the limit is {floor} {unit} in an interval",
            span(view.day, from, to),
            night.0,
            night.1,
            quantity(view.context, value),
            clock(view.day, slot),
        );
        Fault::too_high(from, to, evidence)
    };
    Ok(Finding::of(u16::try_from(night).unwrap_or(u16::MAX), runs.into_iter().map(fault).collect()))
}
