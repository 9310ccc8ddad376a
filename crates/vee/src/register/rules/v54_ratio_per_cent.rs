//! V54 register ratio per cent: use since the last read as a share of the use before.
//!
//! Source: IEE (the ratio form of V53; its title only, so the formula is a proposal):
//! `100 * u_now / u_prev` with both over equal time, outside `[lowest, highest]`. The limits are
//! proposals.

use std::cmp::Ordering;

use super::v53_delta_per_cent::{Adjusted, adjusted};
use super::{Fault, Judgement, READS_BEFORE, Rule};
use crate::amount::Amount;
use crate::register::view::View;
use crate::register::words::{TOO_LARGE, amount, percent};
use crate::settings::{SettingForm, SettingKind, Settings};

pub(super) static RULE: Rule = Rule {
    id: "V54",
    name: "register ratio per cent",
    purpose: "Finds use since the last read that is too large or too small a share of the use before.",
    settings: &[HIGHEST, LOWEST],
    reads_before: |_| READS_BEFORE,
    judge,
};

const HIGHEST: SettingForm = SettingForm {
    name: "highest",
    kind: SettingKind::Share,
    default: "400 %",
    meaning: "a larger share of the use before fails",
};

const LOWEST: SettingForm = SettingForm {
    name: "lowest",
    kind: SettingKind::Share,
    default: "25 %",
    meaning: "a smaller share of the use before fails",
};

fn judge(view: &View<'_>, settings: &Settings) -> Judgement {
    let segment = view.now()?;
    let Adjusted { now, before } = adjusted(view, segment)?;
    if before.is_zero() || before.is_negative() {
        return Err("nothing was used before".into());
    }
    let (highest, lowest) = (settings.share(&HIGHEST), settings.share(&LOWEST));
    let limit = |share: Amount| before.times(share).ok_or(TOO_LARGE);
    let above = limit(highest)?.compared(now).ok_or(TOO_LARGE)?.is_lt();
    let below = now.compared(limit(lowest)?).ok_or(TOO_LARGE)?.is_lt();
    if !above && !below {
        return Ok(None);
    }
    let share = percent(now, before).ok_or(TOO_LARGE)?;
    let side = if above { Ordering::Greater } else { Ordering::Less };
    let evidence = format!(
        "{} was used, {share} % of the use before over the same time; the limits are {} % and {} %",
        amount(view, segment.usage),
        lowest.shifted(2),
        highest.shifted(2),
    );
    Ok(Some(Fault::beyond(side, evidence)))
}
