//! V31 spike: the highest value of a day stands far above the third highest.
//!
//! Source: Oracle D2-INTSPKCHK, 24-hour mode; its other mode judges a whole payload, which is not built: which message brought a
//! value leaves no trace in an outcome. Of the 24-hour mode the limit of 180 % is the value of the California rules.
//! With `p1` the highest and `p3` the third highest value of the local day, fails where
//! `(p1 - p3) / p3` is above the limit. A day whose third highest value is below the floor is too
//! quiet to judge, and a peak beside an outage is the load coming back. Irregular use is left to V76.

use super::{Fault, Finding, IRREGULAR, Rule, Stage};
use crate::amount::Amount;
use crate::context::Load;
use crate::day::MISSING;
use crate::evidence::{TOO_LARGE, clock, quantity, ratio_above};
use crate::plan::reach::Reach;
use crate::scan::top_three;
use crate::settings::{SettingForm, SettingKind, Settings};
use crate::view::View;

pub(super) static RULE: Rule = Rule {
    id: "V31",
    name: "spike",
    purpose: "Finds values that stand far above the third highest of the day.",
    settings: &[EXCESS, FLOOR],
    stage: Stage::Values,
    reach: Reach::nothing,
    judge,
};

pub(super) const EXCESS: SettingForm = SettingForm {
    name: "excess",
    kind: SettingKind::Share,
    default: "180 %",
    meaning: "how far above the third highest value a value may be",
};

pub(super) const FLOOR: SettingForm = SettingForm {
    name: "floor",
    kind: SettingKind::HourlyRate,
    default: "0.5 kWh/h",
    meaning: "days with a third highest value below it are not judged",
};

fn judge(view: &View<'_>, settings: &Settings) -> Finding {
    if view.context.site.load == Load::Irregular {
        return Finding::NotApplicable(IRREGULAR.into());
    }
    spikes(view, settings)
}

/// The test itself, for any kind of load.
pub(super) fn spikes(view: &View<'_>, settings: &Settings) -> Finding {
    let floor = match settings.quantity_in(view.context.unit, &FLOOR) {
        Ok(floor) => floor,
        Err(reason) => return Finding::NotApplicable(reason.into()),
    };
    let Some(times) = settings.share(&EXCESS).plus(Amount::new(1, 0)) else {
        return Finding::NotApplicable(TOO_LARGE.into());
    };
    if is_above(view.extremes.highest, view.extremes.third_highest_at_least, times) == Some(false) {
        return Finding::Passed(view.slots());
    }
    let [_, _, third] = top_three(view.values);
    if third == MISSING {
        return Finding::NotApplicable("fewer than three values in the day".into());
    }
    match is_below_floor(view, third, floor) {
        None => return Finding::NotApplicable(TOO_LARGE.into()),
        Some(true) => {
            let found = quantity(view.context, third);
            return Finding::NotApplicable(
                format!("the third highest value of {found} is below the floor of {floor} {}/h", view.context.unit)
                    .into(),
            );
        }
        Some(false) => {}
    }
    let spikes = (0..view.slots())
        .filter(|slot| view.value(*slot).is_some_and(|value| is_above(value, third, times) == Some(true)))
        .filter(|slot| !is_beside_outage(view, *slot));
    Finding::of(view.slots(), spikes.map(|slot| fault(view, slot, third, times)).collect())
}

/// Whether a value is more than so many times the third highest; `None` where that cannot be said.
fn is_above(value: i64, third: i64, times: Amount) -> Option<bool> {
    if third <= 0 {
        return None;
    }
    let limit = Amount::new(third.into(), 0).times(times)?;
    Some(limit.compared(Amount::new(value.into(), 0))?.is_lt())
}

/// Compares the third highest value for each hour with the floor; a value of zero is always below,
/// since nothing can be said relative to it.
fn is_below_floor(view: &View<'_>, third: i64, floor: Amount) -> Option<bool> {
    Some(third <= 0 || view.hourly(third, floor)?.is_lt())
}

fn is_beside_outage(view: &View<'_>, slot: u16) -> bool {
    let last = view.slots().saturating_sub(1);
    (slot.saturating_sub(1)..=slot.saturating_add(1).min(last)).any(|slot| view.is_outage(slot))
}

fn fault(view: &View<'_>, slot: u16, third: i64, times: Amount) -> Fault {
    let value = view.value(slot).unwrap_or_default();
    let factor = ratio_above(value, third, times).map_or(String::new(), |ratio| format!("{ratio} times "));
    let evidence = format!(
        "{} at {} is {factor}the third highest value of the day, {}; the limit is {times} times",
        quantity(view.context, value),
        clock(view.day, slot),
        quantity(view.context, third),
    );
    Fault::too_high(slot, slot + 1, evidence)
}
