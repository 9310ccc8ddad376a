//! V52 register delta high or low: what was used since the last read is outside the limits.
//!
//! Source: IEE. `M * (R_k - R_(k-1))` with the multiplier of each date, whether `R_(k-1)` passed or not; limits are for each hour, so that
//! they hold for reads at any distance. The defaults are proposals: 50 kWh/h is above a service of
//! 200 A at 240 V. Where the multiplier changed since the last read and the register was not read at that instant, nobody
//! can tell what was used, and that is the fault.

use std::cmp::Ordering;

use super::{Fault, Judgement, READS_BEFORE, Rule};
use crate::amount::Amount;
use crate::evidence::duration;
use crate::register::view::View;
use crate::register::words::{TOO_LARGE, amount, moment};
use crate::settings::{SettingForm, SettingKind, Settings};

pub(super) static RULE: Rule = Rule {
    id: "V52",
    name: "register delta high or low",
    purpose: "Finds more or less use since the last read than the limits allow.",
    settings: &[HIGHEST, LOWEST],
    reads_before: |_| READS_BEFORE,
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
    if let Some((at, why)) = view.unread_change() {
        let at = moment(view, at);
        return Ok(Some(Fault::new(format!("{why}, at {at}: what was used cannot be told"))));
    }
    let now = view.since_last()?;
    let limits = (settings.quantity_in(view.around.unit, &HIGHEST)?, settings.quantity_in(view.around.unit, &LOWEST)?);
    let times = |amount: Amount, seconds: i64| amount.times(Amount::new(seconds.into(), 0)).ok_or(TOO_LARGE);
    let used = times(now.usage, 3600)?;
    let against = |limit: Amount| Ok::<_, String>(used.compared(times(limit, now.range.seconds())?).ok_or(TOO_LARGE)?);
    let fault = |side: Ordering, word: &str, limit: Amount| {
        let (found, limit) = (amount(view, now.usage), amount(view, limit));
        let length = duration(now.range.seconds());
        Fault::beyond(side, format!("{found} in {length} is too {word}; the limit is {limit}/h"))
    };
    Ok(match (against(limits.0)?.is_gt(), against(limits.1)?.is_lt()) {
        (true, _) => Some(fault(Ordering::Greater, "much", limits.0)),
        (_, true) => Some(fault(Ordering::Less, "little", limits.1)),
        _ => None,
    })
}
