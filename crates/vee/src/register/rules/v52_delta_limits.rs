//! V52 register delta high or low: what was used since the last read is outside the limits.
//!
//! Source: IEE. `M * (R_k - R_(k-1))` with the multiplier of each date; limits are for each hour, so that
//! they hold for reads at any distance. The defaults are proposals: 50 kWh/h is above a service of
//! 200 A at 240 V.

use super::{Judgement, Rule};
use crate::amount::Amount;
use crate::evidence::duration;
use crate::register::view::{Segment, View};
use crate::register::words::{TOO_LARGE, amount};
use crate::settings::{SettingForm, SettingKind, Settings};

pub(super) static RULE: Rule = Rule {
    id: "V52",
    name: "register delta high or low",
    purpose: "Finds more or less use since the last read than the limits allow.",
    settings: &[HIGHEST, LOWEST],
    judge,
};

const HIGHEST: SettingForm = SettingForm {
    name: "highest",
    kind: SettingKind::HourlyRate,
    default: "50 kWh/h",
    meaning: "more use for each hour fails",
};

const LOWEST: SettingForm = SettingForm {
    name: "lowest",
    kind: SettingKind::HourlyRate,
    default: "0 kWh/h",
    meaning: "less use for each hour fails",
};

fn judge(view: &View<'_>, settings: &Settings) -> Judgement {
    let now = view.now()?;
    let (highest, lowest) = (over(view, settings, &HIGHEST, now)?, over(view, settings, &LOWEST, now)?);
    let above = highest.compared(now.usage).ok_or(TOO_LARGE)?.is_lt();
    let below = now.usage.compared(lowest).ok_or(TOO_LARGE)?.is_lt();
    let evidence = |word: &str, limit: Amount| {
        let (found, limit) = (amount(view, now.usage), amount(view, limit));
        format!("{found} in {} is {word}; the limit over that time is {limit}", duration(now.range.seconds()))
    };
    Ok(match (above, below) {
        (true, _) => Some(evidence("too much", highest)),
        (_, true) => Some(evidence("too little", lowest)),
        _ => None,
    })
}

/// The limit over the time of a segment, rounded down to a thousandth.
fn over(view: &View<'_>, settings: &Settings, form: &'static SettingForm, now: Segment) -> Result<Amount, String> {
    let rate = settings.quantity_in(view.around.unit, form)?;
    let seconds = rate.times(Amount::new(now.range.seconds().into(), 0)).ok_or(TOO_LARGE)?;
    seconds
        .quotient_down(Amount::new(3600, 0), -3)
        .map(|digits| Amount::new(digits, -3))
        .ok_or_else(|| TOO_LARGE.into())
}
