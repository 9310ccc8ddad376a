//! V53 register delta per cent: how far use is from that of the segment before, relative to use now.
//!
//! Source: IEE, `100 * |u_now - u_prev| / u_now` with `u_prev` adjusted to the length of now. A rise gives
//! less than 100 %, so this form finds falls; [`super::v54_ratio_per_cent`] finds both. The default, a
//! fall to under a quarter, is a proposal.

use super::{Fault, Judgement, READS_BEFORE, Rule};
use crate::amount::Amount;
use crate::register::view::{Segment, View};
use crate::register::words::{TOO_LARGE, amount, percent};
use crate::settings::{SettingForm, SettingKind, Settings};

pub(super) static RULE: Rule = Rule {
    id: "V53",
    name: "register delta per cent",
    purpose: "Finds use since the last read that differs too much from the use before, relative to use now.",
    settings: &[MOST],
    reads_before: |_| READS_BEFORE,
    judge,
};

const MOST: SettingForm = SettingForm {
    name: "most",
    kind: SettingKind::Share,
    default: "300 %",
    meaning: "a larger difference, as a share of the use now, fails",
};

fn judge(view: &View<'_>, settings: &Settings) -> Judgement {
    let now = view.now()?;
    let Adjusted { now: used, before } = adjusted(view, now)?;
    if used.is_zero() || used.is_negative() {
        return Err("nothing was used since the last read".into());
    }
    let apart = used.minus(before).ok_or(TOO_LARGE)?.magnitude();
    let limit = used.times(settings.share(&MOST)).ok_or(TOO_LARGE)?;
    if apart.compared(limit).ok_or(TOO_LARGE)?.is_le() {
        return Ok(None);
    }
    let share = percent(apart, used).ok_or(TOO_LARGE)?;
    let side = used.compared(before).ok_or(TOO_LARGE)?;
    let evidence = format!(
        "{} was used, {share} % away from the use before over the same time; the limit is {} %",
        amount(view, now.usage),
        settings.share(&MOST).shifted(2),
    );
    Ok(Some(Fault::beyond(side, evidence)))
}

/// Use now and before, both times the two lengths, so that they compare as over equal time.
pub(super) struct Adjusted {
    pub now: Amount,
    pub before: Amount,
}

/// The use of a segment and of the one right before it, over equal time.
pub(super) fn adjusted(view: &View<'_>, now: Segment) -> Result<Adjusted, String> {
    let before = view.segments_before(now.range.start).pop().ok_or("the use before is not known")?;
    let times = |usage: Amount, seconds: i64| usage.times(Amount::new(seconds.into(), 0)).ok_or(TOO_LARGE);
    let now_seconds = now.range.seconds();
    Ok(Adjusted { now: times(now.usage, before.range.seconds())?, before: times(before.usage, now_seconds)? })
}
