//! V35 high or low usage: the day against the daily average of a reference.
//!
//! Sources: Oracle D2-HILO-CHK, IEE, California (title). With `r` the use of the day over the average
//! daily use of the reference, fails where `r` is above the high or below the low limit. The reference
//! is the first of the given order that can be used: the days around the same weekday of last year
//! (364 days before), the days just before, or the class profile. Days that miss a value do not count; a
//! reference with too few days, or in which too many are edited, estimated or touched by an outage, is
//! not used. A use below the daily floor counts as the floor, so that small uses are never far apart.
//!
//! All defaults are proposals (2.0, 0.5 and 2 kWh a day are the catalogue's). Days of 23 and 25 hours
//! count as days. Oracle advises to run the check at billing; here it costs a walk over day summaries.

use super::{Fault, Finding, IRREGULAR, Reason, Rule, Stage};
use crate::amount::{Amount, rounded_quotient};
use crate::context::{DaySummary, Load};
use crate::evidence::{INCOMPLETE, TOO_LARGE, counted};
use crate::plan::reach::{Reach, whole_days};
use crate::settings::{SettingForm, SettingKind, Settings};
use crate::view::View;

pub(super) static RULE: Rule = Rule {
    id: "V35",
    name: "high or low usage",
    purpose: "Finds days whose use is far above or below that of like days.",
    settings: &[ORDER, HIGH, LOW, DAILY_FLOOR, PREVIOUS, AROUND, FEWEST, EDITED_MOST, ESTIMATED_MOST, OUTAGE_MOST],
    stage: Stage::Values,
    reach,
    judge,
};

pub(super) const ORDER: SettingForm = SettingForm {
    name: "order",
    kind: SettingKind::List(&["last year", "previous days", "class profile"]),
    default: "last year; previous days; class profile",
    meaning: "the references in the order tried",
};

pub(super) const HIGH: SettingForm = SettingForm {
    name: "high",
    kind: SettingKind::Share,
    default: "200 %",
    meaning: "use above this share of the reference fails",
};

pub(super) const LOW: SettingForm = SettingForm {
    name: "low",
    kind: SettingKind::Share,
    default: "50 %",
    meaning: "use below this share of the reference fails",
};

pub(super) const DAILY_FLOOR: SettingForm = SettingForm {
    name: "daily_floor",
    kind: SettingKind::Quantity,
    default: "2 kWh",
    meaning: "a daily use below it counts as this much",
};

pub(super) const PREVIOUS: SettingForm = SettingForm {
    name: "previous_days",
    kind: SettingKind::Count("days"),
    default: "7 days",
    meaning: "so many days just before are the previous days",
};

pub(super) const AROUND: SettingForm = SettingForm {
    name: "last_year_around",
    kind: SettingKind::Count("days"),
    default: "3 days",
    meaning: "so many days before and after the day of last year belong to it",
};

pub(super) const FEWEST: SettingForm = SettingForm {
    name: "days_fewest",
    kind: SettingKind::Count("days"),
    default: "3 days",
    meaning: "a reference of fewer complete days is not used",
};

pub(super) const EDITED_MOST: SettingForm = SettingForm {
    name: "edited_most",
    kind: SettingKind::Share,
    default: "50 %",
    meaning: "a reference with a larger share of days with edited values is not used",
};

pub(super) const ESTIMATED_MOST: SettingForm = SettingForm {
    name: "estimated_most",
    kind: SettingKind::Share,
    default: "50 %",
    meaning: "a reference with a larger share of days with estimates is not used",
};

pub(super) const OUTAGE_MOST: SettingForm = SettingForm {
    name: "outage_most",
    kind: SettingKind::Share,
    default: "50 %",
    meaning: "a reference with a larger share of days with an outage is not used",
};

/// Days to the same weekday of last year.
const YEAR: u32 = 364;

/// The days that a reference is made of, as a span `(youngest, oldest)` of days before; `None` where it is no days.
fn span(name: &str, settings: &Settings) -> Option<(u16, u16)> {
    let around = settings.count(&AROUND);
    match name {
        "last year" => Some((whole_days(YEAR.saturating_sub(around).max(1)), whole_days(YEAR.saturating_add(around)))),
        "previous days" => Some((1, whole_days(settings.count(&PREVIOUS)))),
        _ => None,
    }
}

/// The days of every reference of the order.
pub(super) fn reach(settings: &Settings) -> Reach {
    let summaries = settings.list(&ORDER).iter().filter_map(|name| span(name, settings)).collect();
    Reach { summaries, ..Reach::default() }
}

fn judge(view: &View<'_>, settings: &Settings) -> Finding {
    if view.context.site.load == Load::Irregular {
        return Finding::NotApplicable(IRREGULAR.into());
    }
    high_or_low(view, settings)
}

/// The test itself, for any kind of load.
pub(super) fn high_or_low(view: &View<'_>, settings: &Settings) -> Finding {
    compared(view, settings).unwrap_or_else(Finding::NotApplicable)
}

/// What the day is held against: so many days with so much use together.
struct Reference {
    name: String,
    sum: Amount,
    days: Amount,
}

fn compared(view: &View<'_>, settings: &Settings) -> Result<Finding, Reason> {
    let today = view.context.amount(view.complete_sum().ok_or(INCOMPLETE)?);
    let floor = settings.quantity_in(view.context.unit, &DAILY_FLOOR)?;
    let reference = first_usable(view, settings)?;
    // Both sides times the number of days of the reference, so that nothing is divided.
    let least = floor.times(reference.days).ok_or(TOO_LARGE)?;
    let used = today.times(reference.days).and_then(|used| used.larger(least)).ok_or(TOO_LARGE)?;
    let usual = reference.sum.larger(least).ok_or(TOO_LARGE)?;
    for (form, side, beyond) in [(&HIGH, "above", true), (&LOW, "below", false)] {
        let limit = usual.times(settings.share(form)).ok_or(TOO_LARGE)?;
        let order = used.compared(limit).ok_or(TOO_LARGE)?;
        if if beyond { order.is_gt() } else { order.is_lt() } {
            let unit = view.context.unit;
            let evidence = format!(
                "{today} {unit} in the day is {side} {} % of the daily average of {}, {} {unit}, where a daily use \
                 below {floor} {unit} counts as this much; the limit is {} {unit}",
                settings.share(form).shifted(2),
                reference.name,
                daily(view, reference.sum, reference.days),
                daily(view, limit, reference.days),
            );
            return Ok(Finding::Failed(view.slots(), vec![Fault::beyond(0, view.slots(), order, evidence)]));
        }
    }
    Ok(Finding::Passed(view.slots()))
}

/// The daily average to the nearest quantum, ties to even, for people only.
fn daily(view: &View<'_>, sum: Amount, days: Amount) -> Amount {
    let (sum, days) = (sum.rounded(view.context.exponent.into()), days.rounded(0).filter(|days| 0 < *days));
    view.context.amount(sum.zip(days).map_or(0, |(sum, days)| rounded_quotient(sum, days)))
}

/// The first reference of the order that can be used; else why none can.
fn first_usable(view: &View<'_>, settings: &Settings) -> Result<Reference, String> {
    let mut reasons = Vec::new();
    for name in settings.list(&ORDER) {
        let reference = match span(name, settings) {
            Some(span) => of_days(view, settings, called(name, settings), span),
            None => of_profile(view),
        };
        match reference {
            Ok(reference) => return Ok(reference),
            Err(reason) => reasons.push(reason),
        }
    }
    Err(format!(
        "no reference can be used: {}",
        if reasons.is_empty() { "none is planned".into() } else { reasons.join("; ") }
    ))
}

/// What people call a reference of days.
fn called(name: &str, settings: &Settings) -> String {
    match name {
        "last year" => format!("the days within {} of the same weekday last year", settings.count(&AROUND)),
        _ => format!("the {} before", counted(settings.count(&PREVIOUS), "day")),
    }
}

/// The complete days that lie from `youngest` to `oldest` days before.
fn of_days(
    view: &View<'_>,
    settings: &Settings,
    name: String,
    (youngest, oldest): (u16, u16),
) -> Result<Reference, String> {
    let ages = i64::from(youngest)..=i64::from(oldest);
    let belongs = |summary: &&DaySummary| {
        let age = summary.days_before(view.day.date);
        0 < summary.slots && summary.missing == 0 && age.is_some_and(|age| ages.contains(&age))
    };
    let mut days: Vec<&DaySummary> = view.context.summaries.iter().filter(belongs).collect();
    // One order for all, so that sums that are too large are so in whatever order the days are told.
    days.sort_unstable_by_key(|day| day.date);
    let fewest = settings.count(&FEWEST);
    if (days.len() as u64) < u64::from(fewest) {
        return Err(format!("{name} have {} complete of at least {fewest}", days.len()));
    }
    let touched = |count: fn(&DaySummary) -> u16| days.iter().filter(|day| 0 < count(day)).count();
    for (what, found, form) in [
        ("edited values", touched(|day| day.edited), &EDITED_MOST),
        ("estimates", touched(|day| day.estimated), &ESTIMATED_MOST),
        ("an outage", touched(|day| day.outage), &OUTAGE_MOST),
    ] {
        let most = settings.share(form).times(Amount::new(days.len() as i128, 0)).ok_or(TOO_LARGE)?;
        if most.compared(Amount::new(found as i128, 0)).ok_or(TOO_LARGE)?.is_lt() {
            let limit = settings.share(form).shifted(2);
            return Err(format!("of {name}, {found} of {} have {what}, more than {limit} %", days.len()));
        }
    }
    let sum = days.iter().try_fold(0_i128, |sum, day| sum.checked_add(day.sum)).ok_or(TOO_LARGE)?;
    let name = format!("{name} ({} complete)", days.len());
    Ok(Reference { name, sum: view.context.amount(sum), days: Amount::new(days.len() as i128, 0) })
}

fn of_profile(view: &View<'_>) -> Result<Reference, String> {
    let profile = view.context.sources.profile.ok_or("the class profile is not known")?;
    let values = (0..profile.day.slots()).map(|slot| profile.day.value(slot).map(i128::from));
    let sum = values.sum::<Option<i128>>().filter(|_| 0 < profile.day.slots());
    let sum = Amount::new(sum.ok_or("the class profile is not complete")?, i32::from(profile.exponent));
    Ok(Reference { name: format!("the class profile {}", profile.name), sum, days: Amount::new(1, 0) })
}
