//! V34 historical maximum: the peak of the day against the peak of the days just before.
//!
//! Source: IEE "Historical Max Usage Per Diff", with the window of the same length just before, here a
//! day. A value fails where it is above the earlier peak by more than the limit; a lower peak never
//! fails. The book gives no limit: 200 % is a proposal, and so is the floor, below which an earlier
//! peak is too small to judge by. Days of another interval length are passed over.

use super::{Fault, Finding, Reason, Rule, Stage};
use crate::amount::Amount;
use crate::evidence::{NO_VALUES, TOO_LARGE, clock, counted, quantity, ratio_above, span};
use crate::plan::reach::{Reach, whole_days};
use crate::settings::{SettingForm, SettingKind, Settings};
use crate::view::View;

pub(super) static RULE: Rule = Rule {
    id: "V34",
    name: "historical maximum",
    purpose: "Finds values far above the peak of the days just before.",
    settings: &[EXCESS, DAYS, FLOOR],
    stage: Stage::Values,
    reach,
    judge,
};

const EXCESS: SettingForm = SettingForm {
    name: "excess",
    kind: SettingKind::Share,
    default: "200 %",
    meaning: "how far above the earlier peak a value may be",
};

const DAYS: SettingForm = SettingForm {
    name: "days",
    kind: SettingKind::Count("days"),
    default: "1 day",
    meaning: "so many days just before give the earlier peak",
};

const FLOOR: SettingForm = SettingForm {
    name: "floor",
    kind: SettingKind::HourlyRate,
    default: "0.5 kWh/h",
    meaning: "an earlier peak below it judges nothing",
};

fn reach(settings: &Settings) -> Reach {
    Reach { summaries: vec![(1, whole_days(settings.count(&DAYS)))], ..Reach::default() }
}

fn judge(view: &View<'_>, settings: &Settings) -> Finding {
    compared(view, settings).unwrap_or_else(Finding::NotApplicable)
}

fn compared(view: &View<'_>, settings: &Settings) -> Result<Finding, Reason> {
    let (days, floor) = (settings.count(&DAYS), settings.quantity_in(view.context.unit, &FLOOR)?);
    let window = 1..=i64::from(days);
    let earlier = view.context.summaries.iter().filter(|summary| {
        summary.days_before(view.day.date).is_some_and(|age| window.contains(&age))
            && summary.is_as_fine_as(view.slots())
    });
    let before = if days == 1 { "day".into() } else { counted(days, "day") };
    let peak = earlier.filter_map(|summary| summary.highest).max();
    let peak = peak.ok_or_else(|| format!("the peak of the {before} before is not known at this interval length"))?;
    if peak <= 0 || view.hourly(peak, floor).ok_or(TOO_LARGE)?.is_lt() {
        let found = quantity(view.context, peak);
        return Err(format!("the earlier peak of {found} is below the floor of {floor} {}/h", view.context.unit).into());
    }
    let times = settings.share(&EXCESS).plus(Amount::new(1, 0)).ok_or(TOO_LARGE)?;
    let limit = Amount::new(peak.into(), 0).times(times).ok_or(TOO_LARGE)?;
    let is_above = |value: i64| limit.compared(Amount::new(value.into(), 0)).is_some_and(|order| order.is_lt());
    let (highest, _) = view.highest_of(0, view.slots()).ok_or(NO_VALUES)?;
    if !is_above(highest) {
        return Ok(Finding::Passed(view.slots()));
    }
    let above = view.runs(|slot| view.value(slot).is_some_and(is_above));
    let fault = |(from, to)| {
        let (value, slot) = view.highest_of(from, to).unwrap_or((highest, from));
        let factor = ratio_above(value, peak, times).map_or(String::new(), |ratio| format!("{ratio} times "));
        let evidence = format!(
            "{}: the highest, {} at {}, is {factor}the peak of the {before} before, {}; the limit is {times} times",
            span(view.day, from, to),
            quantity(view.context, value),
            clock(view.day, slot),
            quantity(view.context, peak),
        );
        Fault::too_high(from, to, evidence)
    };
    Ok(Finding::Failed(view.slots(), above.into_iter().map(fault).collect()))
}
