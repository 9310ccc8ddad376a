//! E05 reference-day average: the mean of the three nearest like days, slot by slot.
//!
//! Sources: California rules for gaps over 2 h; IEE "Historical": the three nearest days, same
//! weekday first, then like days (weekday, weekend); a holiday with holidays of any weekday; only
//! validated or accepted values; days with an outage are skipped; nearest by date, whatever the
//! season. A day without a usable value in a slot is passed over for that slot only (catalogue 3.6).
//! Slots are matched by the local clock, so days of 23 and 25 hours fit; of two equally near days the
//! earlier comes first. The mean is rounded to the nearest quantum, ties to even.

use jiff::civil::{Date, Weekday};
use model::quality::Status;

use super::{Estimate, Estimator, Gap, Proposal};
use crate::amount::rounded_quotient;
use crate::context::{OUTAGE, is_good, touches_any};
use crate::day::{Day, DayKind};
use crate::inputs_hash::InputsHash;
use crate::settings::{SettingForm, SettingKind, Settings};
use crate::view::View;

pub(super) static ESTIMATOR: Estimator = Estimator {
    id: "E05",
    name: "reference-day average",
    purpose: "Averages the nearest like days at the same time of day.",
    settings: &[DAYS, DAYS_FEWEST, REFERENCE, HOLIDAY],
    status: Status(Status::ESTIMATED.0 | Status::LIKE_DAY.0),
    fills_any_length: true,
    estimate,
};

const DAYS: SettingForm = SettingForm {
    name: "days",
    kind: SettingKind::Count("days"),
    default: "3 days",
    meaning: "how many like days are averaged",
};

const DAYS_FEWEST: SettingForm = SettingForm {
    name: "days_fewest",
    kind: SettingKind::Count("days"),
    default: "1 day",
    meaning: "with fewer like days no value is given",
};

const REFERENCE: SettingForm = SettingForm {
    name: "reference",
    kind: SettingKind::Choice(&["validated", "measured"]),
    default: "validated",
    meaning: "whether a reference value must have passed validation (or been accepted), or only be measured",
};

const HOLIDAY: SettingForm = SettingForm {
    name: "holiday_without_holidays",
    kind: SettingKind::Choice(&["sundays", "refuse"]),
    default: "sundays",
    meaning: "what a holiday is like where no other holiday is stored (E06 takes Sundays)",
};

fn estimate(view: &View<'_>, gap: Gap, settings: &Settings) -> Proposal {
    let candidates = candidates(view, settings);
    if candidates.is_empty() {
        return Proposal::not_eligible(format!("no like day is stored for {}", view.day.date));
    }
    let (days, fewest) = (settings.count(&DAYS), settings.count(&DAYS_FEWEST));
    let validated_only = settings.choice(&REFERENCE) == "validated";
    let mut used: Vec<Date> = Vec::new();
    let mut estimates = Vec::new();
    for slot in gap.from..gap.to {
        let references = references(view.day, slot, &candidates, days, validated_only);
        if references.len() < fewest as usize || references.is_empty() {
            continue;
        }
        estimates.push(mean(slot, &references));
        used.extend(references.iter().map(|(date, _)| *date));
    }
    if estimates.is_empty() {
        return Proposal::not_eligible(format!(
            "fewer than {fewest} of the {} like days stored have a {} value at that time",
            candidates.len(),
            settings.choice(&REFERENCE),
        ));
    }
    used.sort_unstable();
    used.dedup();
    let used: Vec<String> = used.iter().map(Date::to_string).collect();
    Proposal { estimates, words: format!("mean of like days {}", used.join(", ")) }
}

/// The days that may serve, best first.
fn candidates<'a>(view: &View<'a>, settings: &Settings) -> Vec<&'a Day<'a>> {
    let holidays = view.context.holidays;
    let kind = view.day.kind(holidays);
    let mut usable: Vec<&Day<'_>> = view
        .context
        .history
        .iter()
        .filter(|day| day.date != view.day.date && day.slot_seconds == view.day.slot_seconds)
        .collect();
    let alike = |usable: &mut Vec<&Day<'_>>| usable.retain(|day| day.kind(holidays) == kind);
    if kind == DayKind::Holiday && usable.iter().all(|day| day.kind(holidays) != DayKind::Holiday) {
        let sundays = settings.choice(&HOLIDAY) == "sundays";
        usable.retain(|day| sundays && day.date.weekday() == Weekday::Sunday);
    } else {
        alike(&mut usable);
    }
    usable.retain(|day| !has_outage(day, view));
    let weekday_counts = kind != DayKind::Holiday;
    usable.sort_by_key(|day| {
        let other_weekday = weekday_counts && day.date.weekday() != view.day.date.weekday();
        (other_weekday, distance(day.date, view.day.date), day.date)
    });
    usable.dedup_by_key(|day| day.date);
    usable
}

fn distance(left: Date, right: Date) -> i64 {
    left.duration_until(right).as_hours().abs()
}

fn has_outage(day: &Day<'_>, view: &View<'_>) -> bool {
    day.statuses.iter().any(|status| status.intersects(OUTAGE))
        || touches_any(day.range(0, day.slots()), view.context.outages)
}

/// The first so many candidates that have a usable value at the local time of the slot.
fn references(day: &Day<'_>, slot: u16, candidates: &[&Day<'_>], days: u32, validated_only: bool) -> Vec<(Date, i64)> {
    let time = day.local_time(slot);
    candidates
        .iter()
        .filter_map(|candidate| {
            let at = candidate.slot_at(time)?;
            let status = candidate.status(at);
            let passed = status.intersects(Status(Status::VALIDATED.0 | Status::ACCEPTED.0));
            let usable = is_good(status) && (passed || !validated_only);
            candidate.value(at).filter(|_| usable).map(|value| (candidate.date, value))
        })
        .take(days as usize)
        .collect()
}

fn mean(slot: u16, references: &[(Date, i64)]) -> Estimate {
    let sum: i128 = references.iter().map(|(_, value)| i128::from(*value)).sum();
    let mean = rounded_quotient(sum, references.len() as i128);
    let inputs = references.iter().fold(InputsHash::of(ESTIMATOR.id).number(slot.into()), |hash, (date, value)| {
        hash.text(&date.to_string()).number(*value)
    });
    let value = i64::try_from(mean).expect("the mean of 64-bit numbers has 64 bits");
    Estimate { slot, value, inputs_hash: inputs.finish() }
}
