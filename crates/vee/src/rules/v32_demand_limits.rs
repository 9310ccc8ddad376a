//! V32 demand high or low limit: what was used in an interval, for each hour, against limits.
//!
//! Source: IEE "Demand High Limit", "Demand Low Limit". The high limit is stated or, as a proposal, 1.2
//! times the rating of the service; active, reactive and apparent power are all at most the rating.
//! A limit of 0 is none. Nothing is too low while an outage touches the interval.

use std::cmp::Ordering;

use super::{Fault, Finding, Reason, Rule, Stage};
use crate::amount::Amount;
use crate::evidence::{NO_VALUES, TOO_LARGE, clock, duration, quantity, span};
use crate::plan::reach::Reach;
use crate::settings::{SettingForm, SettingKind, Settings, unit_power};
use crate::view::View;

pub(super) static RULE: Rule = Rule {
    id: "V32",
    name: "demand high or low limit",
    purpose: "Finds values above what the service can carry or outside stated limits of demand.",
    settings: &[HIGH, SERVICE_SHARE, LOW],
    stage: Stage::Values,
    reach: Reach::nothing,
    judge,
};

const HIGH: SettingForm = SettingForm {
    name: "high",
    kind: SettingKind::HourlyRate,
    default: "0 kWh/h",
    meaning: "demand above it fails; 0 takes the service rating instead",
};

const SERVICE_SHARE: SettingForm = SettingForm {
    name: "service_share",
    kind: SettingKind::Share,
    default: "120 %",
    meaning: "where no high limit is stated, demand above this share of the service rating fails",
};

const LOW: SettingForm = SettingForm {
    name: "low",
    kind: SettingKind::HourlyRate,
    default: "0 kWh/h",
    meaning: "demand below it fails; 0 is no limit",
};

fn judge(view: &View<'_>, settings: &Settings) -> Finding {
    compared(view, settings).unwrap_or_else(Finding::NotApplicable)
}

fn compared(view: &View<'_>, settings: &Settings) -> Result<Finding, Reason> {
    let high = high_limit(view, settings)?;
    let low = Some(settings.quantity_in(view.context.unit, &LOW)?).filter(|low| !low.is_zero());
    if high.is_none() && low.is_none() {
        return Err("neither a limit nor the service rating is known".into());
    }
    let (highest, _) = view.highest_of(0, view.slots()).ok_or(NO_VALUES)?;
    let mut faults = Vec::new();
    if let Some(high) = high
        && view.hourly(highest, high).ok_or(TOO_LARGE)?.is_gt()
    {
        let above = view.runs(|slot| is(view, slot, high, Ordering::Greater));
        faults.extend(above.into_iter().map(|run| fault(view, run, high, Ordering::Greater)));
    }
    if let Some(low) = low {
        let below = view.runs(|slot| is(view, slot, low, Ordering::Less) && !view.is_outage(slot));
        faults.extend(below.into_iter().map(|run| fault(view, run, low, Ordering::Less)));
    }
    Ok(Finding::of(view.slots(), faults))
}

fn high_limit(view: &View<'_>, settings: &Settings) -> Result<Option<Amount>, Reason> {
    let unit = view.context.unit;
    let stated = settings.quantity_in(unit, &HIGH)?;
    if !stated.is_zero() {
        return Ok(Some(stated));
    }
    let Some(rating) = view.context.device.service_rating else { return Ok(None) };
    let power = ["kWh", "kvarh", "kVAh"].into_iter().find_map(|hourly| unit_power(hourly, unit));
    let power = power.ok_or_else(|| format!("the service rating is in kVA, the channel is in {unit}"))?;
    Ok(Some(settings.share(&SERVICE_SHARE).times(rating.into()).ok_or(TOO_LARGE)?.shifted(power)))
}

fn is(view: &View<'_>, slot: u16, limit: Amount, ordering: Ordering) -> bool {
    view.value(slot).is_some_and(|value| view.hourly(value, limit) == Some(ordering))
}

fn fault(view: &View<'_>, (from, to): (u16, u16), limit: Amount, side: Ordering) -> Fault {
    let (word, worst) = match side {
        Ordering::Greater => ("above", view.highest_of(from, to)),
        _ => ("below", view.lowest_of(from, to)),
    };
    let (value, slot) = worst.unwrap_or((0, from));
    let unit = view.context.unit;
    let evidence = format!(
        "{} {word} the limit of demand, the farthest {} in {} at {}; the limit is {limit} {unit}/h",
        span(view.day, from, to),
        quantity(view.context, value),
        duration(view.day.slot_seconds.into()),
        clock(view.day, slot),
    );
    Fault::beyond(from, to, side, evidence)
}
