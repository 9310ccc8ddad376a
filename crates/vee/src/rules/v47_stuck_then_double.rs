//! V47 stuck register, then a double interval: one value that was reported late.
//!
//! Source: a documented defect of a Norwegian meter (two or three times a month on some meters, which
//! ruins the monthly peak). The register stood still over an interval, so its value is 0, while voltage or
//! current changed against the interval before; the next value is about twice its neighbours. The band of
//! 1.6 to 2.4 is a proposal. Where the plan estimates the pair, its sum stays and is split by the neighbours.
//! A pair over midnight is not judged, since voltage and current of the other day are not given.

use super::{Fault, Finding, Reason, Repair, Rule, Stage};
use crate::amount::Amount;
use crate::context::{Companion, Neighbour, Role};
use crate::evidence::{TOO_LARGE, clock, quantity, ratio_above};
use crate::plan::needs::Needs;
use crate::plan::reach::Reach;
use crate::settings::{SettingForm, SettingKind, Settings};
use crate::view::View;

pub(super) static RULE: Rule = Rule {
    id: "V47",
    name: "stuck register then double interval",
    purpose: "Finds a zero and a double value after it, which are one value reported late.",
    settings: &[LOWEST, HIGHEST, REPAIR],
    stage: Stage::Values,
    reach: |_| Reach::needs(Needs::ELECTRICAL),
    judge,
};

const LOWEST: SettingForm = SettingForm {
    name: "lowest",
    kind: SettingKind::Share,
    default: "160 %",
    meaning: "the double value is at least this share of the average of its neighbours",
};

const HIGHEST: SettingForm = SettingForm {
    name: "highest",
    kind: SettingKind::Share,
    default: "240 %",
    meaning: "the double value is at most this share of the average of its neighbours",
};

const REPAIR: SettingForm = SettingForm {
    name: "repair",
    kind: SettingKind::Choice(&["split", "none"]),
    default: "split",
    meaning: "where the plan estimates the pair: split its sum by the neighbours, or leave it to the methods of the plan",
};

fn judge(view: &View<'_>, settings: &Settings) -> Finding {
    compared(view, settings).unwrap_or_else(Finding::NotApplicable)
}

fn compared(view: &View<'_>, settings: &Settings) -> Result<Finding, Reason> {
    let electrical =
        |companion: &&Companion<'_>| matches!(companion.role, Role::VoltageSquared(_) | Role::CurrentSquared(_));
    let companions: Vec<&Companion<'_>> = view.context.companions.iter().filter(electrical).collect();
    if companions.is_empty() {
        return Err("no channel of voltage or current is known".into());
    }
    let (lowest, highest) = (settings.share(&LOWEST), settings.share(&HIGHEST));
    let mut faults = Vec::new();
    for stuck in (1..view.slots().saturating_sub(1)).filter(|slot| view.good_value(*slot) == Some(0)) {
        let (Some(double), Some((sum, count))) = (view.good_value(stuck + 1), neighbours(view, stuck)) else {
            continue;
        };
        let is_double = is_within(double, sum, count, lowest, highest).ok_or(TOO_LARGE)?;
        if is_double && companions.iter().any(|companion| differs(view, companion, stuck)) {
            faults.push(fault(view, stuck, double, (sum, count), (lowest, highest)));
        }
    }
    if settings.choice(&REPAIR) == "split" {
        faults.iter_mut().for_each(|fault| fault.repair = Repair::ShareAnew);
    }
    Ok(Finding::of(view.slots(), faults))
}

/// The sum and number of the good values right before and after the pair that begins with a slot.
fn neighbours(view: &View<'_>, stuck: u16) -> Option<(i128, i128)> {
    let touching = |side: Option<Neighbour>| side.filter(|side| side.slots_between == 0)?.value;
    let before = view.good_value(stuck - 1);
    let beyond = stuck + 2;
    let after = if beyond == view.slots() { touching(view.context.after) } else { view.good_value(beyond) };
    let values = || before.into_iter().chain(after).map(i128::from);
    let sum: i128 = values().sum();
    (0 < sum).then(|| (sum, values().count() as i128))
}

fn is_within(double: i64, sum: i128, count: i128, lowest: Amount, highest: Amount) -> Option<bool> {
    let double = Amount::new(i128::from(double).checked_mul(count)?, 0);
    let limit = |share: Amount| share.times(Amount::new(sum, 0));
    Some(double.compared(limit(lowest)?)?.is_ge() && double.compared(limit(highest)?)?.is_le())
}

/// Whether voltage or current changed from the interval before to this one.
fn differs(view: &View<'_>, companion: &Companion<'_>, slot: u16) -> bool {
    let here = companion.sum_over(view.day.range(slot, slot + 1));
    let before = companion.sum_over(view.day.range(slot - 1, slot));
    here.zip(before).is_some_and(|(here, before)| here != before)
}

fn fault(view: &View<'_>, stuck: u16, double: i64, (sum, count): (i128, i128), limits: (Amount, Amount)) -> Fault {
    let times =
        ratio_above(i128::from(double) * count, sum, limits.0).map_or(String::new(), |ratio| format!("{ratio} times "));
    let evidence = format!(
        "0 {} at {} while voltage or current changed, then {} at {}, {times}the average of the values beside the \
         pair; {} to {} times is taken as one value reported late",
        view.context.unit,
        clock(view.day, stuck),
        quantity(view.context, double),
        clock(view.day, stuck + 1),
        limits.0,
        limits.1,
    );
    Fault::new(stuck, stuck + 2, evidence)
}
