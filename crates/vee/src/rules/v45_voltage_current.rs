//! V45 voltage and current presence: the hourly mean squares of voltage and current of each phase.
//!
//! Source: the Ontario wholesale rules as published: the hour passes where volt-squared hours are 0 or
//! 10,000 to 17,425 (100 to 132 V), and where ampere-squared hours are below 56.25 (7.5 A), both of the
//! secondary side of 120 V and 5 A transformers. **Its first version made hundreds of false trouble
//! reports**: put it into a plan only for such installations, and with `warn`. Hours are counted from the
//! beginning of the local day, so that days of 23 and 25 hours have whole hours.

use super::{Fault, Finding, Reason, Rule, Stage};
use crate::amount::Amount;
use crate::context::{Companion, Role};
use crate::evidence::span;
use crate::plan::needs::Needs;
use crate::plan::reach::Reach;
use crate::settings::{SettingForm, SettingKind, Settings};
use crate::view::View;

pub(super) static RULE: Rule = Rule {
    id: "V45",
    name: "voltage and current presence",
    purpose: "Finds hours whose voltage or current is not that of a healthy instrument transformer.",
    settings: &[VOLTAGE_LOWEST, VOLTAGE_HIGHEST, CURRENT_BELOW],
    stage: Stage::Values,
    reach: |_| Reach::needs(Needs::ELECTRICAL),
    judge,
};

const VOLTAGE_LOWEST: SettingForm = SettingForm {
    name: "voltage_lowest",
    kind: SettingKind::Quantity,
    default: "10000 V2h",
    meaning: "an hour of a phase has this or more, or nothing",
};

const VOLTAGE_HIGHEST: SettingForm = SettingForm {
    name: "voltage_highest",
    kind: SettingKind::Quantity,
    default: "17425 V2h",
    meaning: "an hour of a phase has this or less",
};

const CURRENT_BELOW: SettingForm = SettingForm {
    name: "current_below",
    kind: SettingKind::Quantity,
    default: "56.25 A2h",
    meaning: "an hour of a phase has less",
};

fn judge(view: &View<'_>, settings: &Settings) -> Finding {
    compared(view, settings).unwrap_or_else(Finding::NotApplicable)
}

fn compared(view: &View<'_>, settings: &Settings) -> Result<Finding, Reason> {
    let phases = || 1..=3_u8;
    let voltages = phases().filter_map(|phase| view.context.companion(Role::VoltageSquared(phase)));
    let currents = phases().filter_map(|phase| view.context.companion(Role::CurrentSquared(phase)));
    let companions: Vec<&Companion<'_>> = voltages.chain(currents).collect();
    if companions.is_empty() {
        return Err("no channel of voltage or current is known".into());
    }
    let in_hour = match view.day.slot_seconds {
        0 => None,
        seconds => (3600 % seconds == 0).then(|| u16::try_from(3600 / seconds).ok()).flatten(),
    };
    let in_hour = in_hour.ok_or("an hour is not a whole number of intervals")?;
    let (mut checked, mut faults) = (0_u16, Vec::new());
    for companion in companions {
        let hours = Hours::of(view, companion, in_hour);
        checked = checked.max(hours.known().saturating_mul(in_hour));
        faults.extend(hours.faults(view, settings)?);
    }
    if checked == 0 {
        return Err("no channel of voltage or current has a whole hour of the day".into());
    }
    Ok(Finding::of(checked, faults))
}

/// A companion by whole hours of the day.
struct Hours<'a> {
    companion: &'a Companion<'a>,
    in_hour: u16,
    /// `None` where the hour has a hole.
    amounts: Vec<Option<Amount>>,
}

impl<'a> Hours<'a> {
    fn of(view: &View<'_>, companion: &'a Companion<'a>, in_hour: u16) -> Self {
        let amount = |hour: u16| {
            let sum = companion.sum_over(view.day.range(hour * in_hour, (hour + 1) * in_hour))?;
            companion.amount_in(companion.unit, sum)
        };
        Self { companion, in_hour, amounts: (0..view.slots() / in_hour).map(amount).collect() }
    }

    fn known(&self) -> u16 {
        u16::try_from(self.amounts.iter().flatten().count()).unwrap_or(u16::MAX)
    }

    /// One for each run of hours that are not as they should be.
    fn faults(&self, view: &View<'_>, settings: &Settings) -> Result<Vec<Fault>, Reason> {
        let Companion { role, label, unit, .. } = *self.companion;
        let quantity = |form| settings.quantity_in(unit, form);
        let is_below = |left: Amount, right: Amount| left.compared(right).is_some_and(|order| order.is_lt());
        let (wrong, limit): (Box<dyn Fn(Amount) -> bool>, String) = if let Role::VoltageSquared(_) = role {
            let (lowest, highest) = (quantity(&VOLTAGE_LOWEST)?, quantity(&VOLTAGE_HIGHEST)?);
            let wrong = move |sum: Amount| !sum.is_zero() && (is_below(sum, lowest) || is_below(highest, sum));
            (Box::new(wrong), format!("an hour has 0 or {lowest} to {highest} {unit}"))
        } else {
            let below = quantity(&CURRENT_BELOW)?;
            (Box::new(move |sum| !is_below(sum, below)), format!("an hour has less than {below} {unit}"))
        };
        let of_slot = |slot: u16| self.amounts.get(usize::from(slot / self.in_hour)).copied().flatten();
        let runs = view.runs(|slot| of_slot(slot).is_some_and(&wrong));
        let fault = |(from, to)| {
            let found = of_slot(from).unwrap_or(Amount::ZERO);
            let evidence =
                format!("{}: {label} has {found} {unit} in the first hour of them; {limit}", span(view.day, from, to));
            Fault::new(from, to, evidence)
        };
        Ok(runs.into_iter().map(fault).collect())
    }
}
