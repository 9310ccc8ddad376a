//! V43 load factor: the average of the day over its peak, `sum / (N * max)`.
//!
//! Source: MV-90 (from memory). The band of 0.02 to 0.98 is a proposal. Days of 23 and 25 hours have
//! their own N. Constant loads and channels that may be negative are not judged.

use super::{Fault, Finding, Reason, Rule, Stage};
use crate::amount::Amount;
use crate::context::Load;
use crate::evidence::{INCOMPLETE, TOO_LARGE, quantity, ratio_above, ratio_below};
use crate::plan::reach::Reach;
use crate::settings::{SettingForm, SettingKind, Settings};
use crate::view::View;

pub(super) static RULE: Rule = Rule {
    id: "V43",
    name: "load factor",
    purpose: "Finds days that are unlikely flat or peaked.",
    settings: &[LOWEST, HIGHEST],
    stage: Stage::Values,
    reach: Reach::nothing,
    judge,
};

const LOWEST: SettingForm =
    SettingForm { name: "lowest", kind: SettingKind::Share, default: "2 %", meaning: "the lowest load factor" };

const HIGHEST: SettingForm =
    SettingForm { name: "highest", kind: SettingKind::Share, default: "98 %", meaning: "the highest load factor" };

fn judge(view: &View<'_>, settings: &Settings) -> Finding {
    compared(view, settings).unwrap_or_else(Finding::NotApplicable)
}

fn compared(view: &View<'_>, settings: &Settings) -> Result<Finding, Reason> {
    if view.context.negative_allowed {
        return Err("the channel may be negative".into());
    }
    if view.context.site.load == Load::Constant {
        return Err("the load is always the same".into());
    }
    let sum = view.complete_sum().ok_or(INCOMPLETE)?;
    let peak = view.extremes.highest;
    if peak <= 0 {
        return Err("nothing was used in the day".into());
    }
    let full = i128::from(peak) * i128::from(view.slots());
    let (lowest, highest) = (settings.share(&LOWEST), settings.share(&HIGHEST));
    let compared = |share: Amount| {
        let limit = share.times(Amount::new(full, 0))?;
        Amount::new(sum, 0).compared(limit)
    };
    let factor = if compared(lowest).ok_or(TOO_LARGE)?.is_lt() {
        ratio_below(sum.saturating_mul(100), full, lowest.shifted(2))
    } else if compared(highest).ok_or(TOO_LARGE)?.is_gt() {
        ratio_above(sum.saturating_mul(100), full, highest.shifted(2))
    } else {
        return Ok(Finding::Passed(view.slots()));
    };
    let evidence = format!(
        "{} {} in the day under a peak of {} is a load factor of {} %; the limits are {} % to {} %",
        view.context.amount(sum),
        view.context.unit,
        quantity(view.context, peak),
        factor.ok_or(TOO_LARGE)?,
        lowest.shifted(2),
        highest.shifted(2),
    );
    Ok(Finding::Failed(view.slots(), vec![Fault::new(0, view.slots(), evidence)]))
}
