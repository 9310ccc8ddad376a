//! E17 previous year or previous read: the same day of last year, else the day one period before.
//!
//! Sources: AEMO methods 51, 52, 61 and 62 (from memory). With weekday alignment the day 52 weeks
//! earlier, without it the same date. The last period of an interval channel is taken to be seven days,
//! so that weekdays stay weekdays (proposal).

use jiff::civil::Date;
use model::quality::Status;

use super::reference_days::{Averaging, REFERENCE, averaged, days_later, serving_days_on};
use super::{Estimator, Gap, Proposal};
use crate::plan::reach::Reach;
use crate::settings::{SettingForm, SettingKind, Settings};
use crate::view::View;

pub(super) static ESTIMATOR: Estimator = Estimator {
    id: "E17",
    name: "previous year or previous read",
    purpose: "Takes the same day of last year, else the day one period before.",
    settings: &[ALIGNMENT, PERIOD, REFERENCE],
    status: Status(Status::ESTIMATED.0 | Status::LIKE_DAY.0),
    fills_any_length: true,
    fills_outages: false,
    reach,
    estimate,
};

const ALIGNMENT: SettingForm = SettingForm {
    name: "alignment",
    kind: SettingKind::Choice(&["weekday", "date"]),
    default: "weekday",
    meaning: "whether last year's day is the same weekday or the same date",
};

const PERIOD: SettingForm = SettingForm {
    name: "period",
    kind: SettingKind::Count("days"),
    default: "7 days",
    meaning: "how long the last period is, where last year has no value",
};

/// Weeks to the day of last year, where weekdays stay weekdays.
const YEAR_WEEKS: u16 = 52;
/// Days to the same date of last year, at most.
const YEAR_DAYS: u32 = 366;

fn reach(settings: &Settings) -> Reach {
    let year = if settings.choice(&ALIGNMENT) == "date" { YEAR_DAYS } else { u32::from(YEAR_WEEKS) * 7 };
    Reach::days(year.max(settings.count(&PERIOD)))
}

fn estimate(view: &View<'_>, gap: Gap, settings: &Settings) -> Proposal {
    let date = view.day.date;
    let last_year = match settings.choice(&ALIGNMENT) {
        "date" => date.checked_sub(jiff::Span::new().years(1)).ok(),
        _ => days_later(date, -i64::from(YEAR_WEEKS) * 7),
    };
    let last_period = days_later(date, -i64::from(settings.count(&PERIOD)));
    let dates: Vec<Date> = [last_year, last_period].into_iter().flatten().collect();
    let candidates = serving_days_on(view, &dates);
    if candidates.is_empty() {
        return Proposal::not_eligible("neither the day of last year nor that of the last period is stored");
    }
    averaged(view, gap, &ESTIMATOR, &candidates, Averaging::of(settings, 1, 1))
}
