//! V41 reactive without active: reactive energy while the active channel stands still, or the reverse.
//!
//! Source: California "kVARh check" (its name; the logic is from memory). Fails where the reactive channel
//! is above its floor while the active one is zero in so many intervals in a row, and where the reactive
//! channel is zero all day while the active one is large. All defaults are proposals.

use super::{Fault, Finding, Reason, Rule, Stage};
use crate::amount::Amount;
use crate::context::Role;
use crate::evidence::{TOO_LARGE, counted, span};
use crate::plan::needs::Needs;
use crate::plan::reach::Reach;
use crate::settings::{SettingForm, SettingKind, Settings};
use crate::view::{View, hourly};

pub(super) static RULE: Rule = Rule {
    id: "V41",
    name: "reactive without active",
    purpose: "Finds reactive energy without active energy, and days without any reactive energy under a large load.",
    settings: &[FEWEST, FLOOR, LARGE],
    stage: Stage::Values,
    reach: |_| Reach::needs(Needs::REACTIVE),
    judge,
};

const FEWEST: SettingForm = SettingForm {
    name: "fewest",
    kind: SettingKind::Count("intervals"),
    default: "2 intervals",
    meaning: "so many intervals in a row fail",
};

const FLOOR: SettingForm = SettingForm {
    name: "floor",
    kind: SettingKind::HourlyRate,
    default: "0.1 kvarh/h",
    meaning: "reactive energy up to it does not count",
};

const LARGE: SettingForm = SettingForm {
    name: "large",
    kind: SettingKind::HourlyRate,
    default: "5 kWh/h",
    meaning: "a daily average above it is never without reactive energy",
};

fn judge(view: &View<'_>, settings: &Settings) -> Finding {
    compared(view, settings).unwrap_or_else(Finding::NotApplicable)
}

fn compared(view: &View<'_>, settings: &Settings) -> Result<Finding, Reason> {
    let companion = view.context.companion(Role::Reactive).ok_or("no reactive channel is known")?;
    let floor = settings.quantity_in(companion.unit, &FLOOR)?;
    let large = settings.quantity_in(view.context.unit, &LARGE)?;
    let reactive = |slot: u16| {
        let sum = companion.sum_over(view.day.range(slot, slot + 1))?;
        companion.amount_in(companion.unit, sum)
    };
    let reactive: Vec<Option<Amount>> = (0..view.slots()).map(reactive).collect();
    let known = reactive.iter().flatten().count();
    if known == 0 {
        return Err("no value of the reactive channel goes with an interval of the day".into());
    }
    let seconds = i64::from(view.day.slot_seconds);
    let is_alone = |slot: u16| {
        let above = |amount| hourly(amount, seconds, floor).is_some_and(|order| order.is_gt());
        view.value(slot) == Some(0) && reactive[usize::from(slot)].is_some_and(above)
    };
    let fewest = settings.count(&FEWEST);
    let alone = view.runs(is_alone).into_iter().filter(|(from, to)| fewest <= u32::from(to - from));
    let fault = |(from, to): (u16, u16)| {
        let known = reactive[usize::from(from)..usize::from(to)].iter().flatten();
        let most = known.fold(Amount::ZERO, |most, amount| most.larger(*amount).unwrap_or(most));
        let evidence = format!(
            "{} are 0 with up to {most} {} of reactive energy in an interval; the limit is {floor} {}/h in fewer than {} in a row",
            span(view.day, from, to),
            companion.unit,
            companion.unit,
            counted(fewest, "interval"),
        );
        Fault::new(from, to, evidence)
    };
    let mut faults: Vec<Fault> = alone.map(fault).collect();
    if reactive.iter().all(|amount| amount.is_some_and(Amount::is_zero)) {
        faults.extend(none_under_load(view, large)?);
    }
    Ok(Finding::of(u16::try_from(known).unwrap_or(u16::MAX), faults))
}

/// A fault of the whole day where its average is above `large`; the reactive channel is zero all day.
fn none_under_load(view: &View<'_>, large: Amount) -> Result<Option<Fault>, Reason> {
    let Some(sum) = view.complete_sum() else { return Ok(None) };
    let seconds = i64::from(view.slots()) * i64::from(view.day.slot_seconds);
    let sum = view.context.amount(sum);
    if hourly(sum, seconds, large).ok_or(TOO_LARGE)?.is_le() {
        return Ok(None);
    }
    let unit = view.context.unit;
    let evidence = format!("no reactive energy all day with {sum} {unit}; the limit is an average of {large} {unit}/h");
    Ok(Some(Fault::new(0, view.slots(), evidence)))
}
