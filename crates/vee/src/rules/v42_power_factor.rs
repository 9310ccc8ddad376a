//! V42 power factor at peak: `kWh / sqrt(kWh^2 + kvarh^2)` in the interval of the day's peak.
//!
//! Sources: MV-90 and the Uniform Business Practices (from memory). Fails below the limit; nothing can be
//! above 1. The limit of 0.5 is a proposal, and so is the floor: a standby load has any power factor.
//! Compared by squares, exactly. The factor in the evidence is rounded down, so that one below the limit
//! never reads as the limit.

use super::{Fault, Finding, Reason, Rule, Stage};
use crate::amount::Amount;
use crate::context::Role;
use crate::evidence::{NO_VALUES, TOO_LARGE, clock};
use crate::plan::needs::Needs;
use crate::plan::reach::Reach;
use crate::settings::{SettingForm, SettingKind, Settings, unit_power};
use crate::view::View;

pub(super) static RULE: Rule = Rule {
    id: "V42",
    name: "power factor at peak",
    purpose: "Finds days whose peak has an unlikely power factor.",
    settings: &[LOWEST, FLOOR],
    stage: Stage::Values,
    reach: |_| Reach::needs(Needs::REACTIVE),
    judge,
};

const LOWEST: SettingForm = SettingForm {
    name: "lowest",
    kind: SettingKind::Share,
    default: "50 %",
    meaning: "the lowest power factor at the peak",
};

const FLOOR: SettingForm = SettingForm {
    name: "floor",
    kind: SettingKind::HourlyRate,
    default: "0.5 kWh/h",
    meaning: "days with a peak below it are not judged",
};

fn judge(view: &View<'_>, settings: &Settings) -> Finding {
    compared(view, settings).unwrap_or_else(Finding::NotApplicable)
}

fn compared(view: &View<'_>, settings: &Settings) -> Result<Finding, Reason> {
    let companion = view.context.companion(Role::Reactive).ok_or("no reactive channel is known")?;
    let (floor, unit) = (settings.quantity_in(view.context.unit, &FLOOR)?, view.context.unit);
    let (peak, slot) = view.highest_of(0, view.slots()).ok_or(NO_VALUES)?;
    if peak <= 0 || view.hourly(peak, floor).ok_or(TOO_LARGE)?.is_lt() {
        return Err(format!("the peak of the day is below the floor of {floor} {unit}/h").into());
    }
    let power = unit_power(unit, "kWh").ok_or("the channel does not count active energy")?;
    let active = view.context.amount(peak.into()).shifted(power);
    let reactive =
        companion.sum_over(view.day.range(slot, slot + 1)).ok_or("the reactive channel has no value at the peak")?;
    let reactive = companion.amount_in("kvarh", reactive).ok_or("the companion does not count reactive energy")?;
    let lowest = settings.share(&LOWEST);
    if is_at_least(active, reactive, lowest).ok_or(TOO_LARGE)? {
        return Ok(Finding::Passed(1));
    }
    let hundredths = (0..100).map(|hundredths| Amount::new(hundredths, -2));
    let factor = hundredths.rev().find(|factor| is_at_least(active, reactive, *factor) == Some(true));
    let evidence = format!(
        "the peak of {active} kWh at {} goes with {reactive} kvarh, a power factor of {}; the lowest is {lowest}",
        clock(view.day, slot),
        factor.unwrap_or(Amount::ZERO),
    );
    Ok(Finding::Failed(1, vec![Fault::new(slot, slot + 1, evidence)]))
}

/// Whether `active / sqrt(active^2 + reactive^2)` is at least a factor; none of them is below zero,
/// but the reactive energy may be.
fn is_at_least(active: Amount, reactive: Amount, factor: Amount) -> Option<bool> {
    let active_squared = active.times(active)?;
    let apparent_squared = active_squared.plus(reactive.times(reactive)?)?;
    let limit = factor.times(factor)?.times(apparent_squared)?;
    Some(active_squared.compared(limit)?.is_ge())
}
