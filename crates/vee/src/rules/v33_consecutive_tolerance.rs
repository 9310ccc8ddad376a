//! V33 consecutive-interval tolerance: a value far from the good value before it.
//!
//! Source: IEE "Demand Tolerance Consecutive Intervals": fails where
//! `|x_i - x_prev| / x_prev` is above the limit, `x_prev` the nearest good value before, which may lie
//! in an earlier day. The book gives no limit: 1000 % is a proposal (a fall is never more than 100 %),
//! and so is the floor, below which a value is too small to judge the next by.

use super::{Fault, Finding, Reason, Rule, Stage};
use crate::amount::Amount;
use crate::evidence::{TOO_LARGE, clock, quantity, ratio_above};
use crate::plan::reach::Reach;
use crate::settings::{SettingForm, SettingKind, Settings};
use crate::view::View;

pub(super) static RULE: Rule = Rule {
    id: "V33",
    name: "consecutive-interval tolerance",
    purpose: "Finds values that differ too much from the good value before them.",
    settings: &[TOLERANCE, FLOOR],
    stage: Stage::Values,
    reach: Reach::nothing,
    judge,
};

const TOLERANCE: SettingForm = SettingForm {
    name: "tolerance",
    kind: SettingKind::Share,
    default: "1000 %",
    meaning: "how far a value may be from the good value before it, as a share of that",
};

const FLOOR: SettingForm = SettingForm {
    name: "floor",
    kind: SettingKind::HourlyRate,
    default: "0.5 kWh/h",
    meaning: "values after a good value below it are not judged",
};

fn judge(view: &View<'_>, settings: &Settings) -> Finding {
    compared(view, settings).unwrap_or_else(Finding::NotApplicable)
}

fn compared(view: &View<'_>, settings: &Settings) -> Result<Finding, Reason> {
    let (tolerance, floor) = (settings.share(&TOLERANCE), settings.quantity_in(view.context.unit, &FLOOR)?);
    let mut before = view.context.before.and_then(|neighbour| neighbour.value);
    let (mut checked, mut faults) = (0, Vec::new());
    for slot in 0..view.slots() {
        let Some(value) = view.value(slot).filter(|_| !view.is_outage(slot)) else { continue };
        if let Some(before) = before
            && 0 < before
            && view.hourly(before, floor).ok_or(TOO_LARGE)?.is_ge()
        {
            checked += 1;
            if is_beyond(value, before, tolerance).ok_or(TOO_LARGE)? {
                faults.push(fault(view, slot, value, before, tolerance));
            }
        }
        before = view.good_value(slot).or(before);
    }
    if checked == 0 {
        return Err(format!("no value follows a good value of at least {floor} {}/h", view.context.unit).into());
    }
    Ok(Finding::of(checked, faults))
}

fn is_beyond(value: i64, before: i64, tolerance: Amount) -> Option<bool> {
    let apart = Amount::new((i128::from(value) - i128::from(before)).abs(), 0);
    Some(Amount::new(before.into(), 0).times(tolerance)?.compared(apart)?.is_lt())
}

fn fault(view: &View<'_>, slot: u16, value: i64, before: i64, tolerance: Amount) -> Fault {
    let apart = (i128::from(value) - i128::from(before)).abs();
    let share = ratio_above(apart, before, tolerance);
    let per_cent = share.map_or(String::new(), |share| format!("{} % ", share.shifted(2)));
    let evidence = format!(
        "{} at {} is {per_cent}away from the good value before it, {}; the limit is {} %",
        quantity(view.context, value),
        clock(view.day, slot),
        quantity(view.context, before),
        tolerance.shifted(2),
    );
    Fault::beyond(slot, slot + 1, value.cmp(&before), evidence)
}
