//! E05 reference-day average: the mean of the three nearest like days, slot by slot.
//!
//! Sources: California rules for gaps over 2 h; IEE "Historical": the three nearest days, same
//! weekday first, then like days (weekday, weekend); a holiday with holidays of any weekday; only
//! validated or accepted values; days with an outage are skipped; nearest by date, whatever the
//! season. A day without a usable value in a slot is passed over for that slot only (catalogue 3.6).
//! Slots are matched by the local clock, so days of 23 and 25 hours fit; of two equally near days the
//! earlier comes first. Elhub takes the three preceding like days, Oncor the three most recent ones, estimates allowed: settings
//! say so. Estimates of Amity never serve, so that the order of arrival leaves no trace. The mean is rounded to the nearest quantum, ties to even.

use jiff::civil::Weekday;
use model::quality::Status;

use super::reference_days::{Averaging, Trusted, averaged, distance, serving_days};
use super::{Estimator, Gap, Proposal};
use crate::day::{Day, DayKind};
use crate::plan::reach::Reach;
use crate::settings::{SettingForm, SettingKind, Settings};
use crate::view::View;

pub(super) static ESTIMATOR: Estimator = Estimator {
    id: "E05",
    name: "reference-day average",
    purpose: "Averages the nearest like days at the same time of day.",
    settings: &[DAYS, DAYS_FEWEST, SIDE, REFERENCE, HOLIDAY],
    status: Status(Status::ESTIMATED.0 | Status::LIKE_DAY.0),
    fills_any_length: true,
    fills_outages: false,
    reach,
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

const SIDE: SettingForm = SettingForm {
    name: "side",
    kind: SettingKind::Choice(&["nearest", "preceding"]),
    default: "nearest",
    meaning: "whether days after serve as well (IEE), or those before alone (Elhub, Oncor)",
};

const REFERENCE: SettingForm = SettingForm {
    name: "reference",
    kind: SettingKind::Choice(&["validated", "measured", "estimated"]),
    default: "validated",
    meaning: "whether a reference value must have passed validation (or been accepted), only be measured, or may be an \
              estimate of the source (Oncor)",
};

const HOLIDAY: SettingForm = SettingForm {
    name: "holiday_without_holidays",
    kind: SettingKind::Choice(&["sundays", "refuse"]),
    default: "sundays",
    meaning: "what a holiday is like where no other holiday is stored (E06 takes Sundays)",
};

/// As many weeks each way as days are averaged, so that days of the same weekday are enough, and two more for those that
/// do not serve.
fn reach(settings: &Settings) -> Reach {
    Reach::days(settings.count(&DAYS).saturating_add(2).saturating_mul(7))
}

fn estimate(view: &View<'_>, gap: Gap, settings: &Settings) -> Proposal {
    let candidates = candidates(view, settings);
    if candidates.is_empty() {
        return Proposal::not_eligible(format!("no like day is stored for {}", view.day.date));
    }
    let (most, fewest) = (settings.count(&DAYS), settings.count(&DAYS_FEWEST));
    let averaging = Averaging { most, fewest, trusted: Trusted::of(settings, &REFERENCE) };
    averaged(view, gap, &ESTIMATOR, &candidates, averaging)
}

/// The days that may serve, best first.
fn candidates<'a>(view: &View<'a>, settings: &Settings) -> Vec<&'a Day<'a>> {
    let holidays = view.context.holidays;
    let kind = view.day.kind(holidays);
    let precedes = settings.choice(&SIDE) == "preceding";
    let mut usable = serving_days(view, |day| !precedes || day.date < view.day.date);
    let alike = |usable: &mut Vec<&Day<'_>>| usable.retain(|day| day.kind(holidays) == kind);
    if kind == DayKind::Holiday && usable.iter().all(|day| day.kind(holidays) != DayKind::Holiday) {
        let sundays = settings.choice(&HOLIDAY) == "sundays";
        usable.retain(|day| sundays && day.date.weekday() == Weekday::Sunday);
    } else {
        alike(&mut usable);
    }
    let weekday_counts = kind != DayKind::Holiday;
    usable.sort_by_key(|day| {
        let other_weekday = weekday_counts && day.date.weekday() != view.day.date.weekday();
        (other_weekday, distance(day.date, view.day.date), day.date)
    });
    usable
}
