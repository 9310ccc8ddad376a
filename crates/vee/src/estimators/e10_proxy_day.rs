//! E10 proxy day: the days whose mean temperature was most like that of the day.
//!
//! Source: Oracle, "proxy day": days with similar temperature from comparison periods. Only days of the
//! same kind (weekday, weekend, holiday) serve; the more alike the temperature the better, then the
//! nearer the date, then the earlier. All numbers are proposals.

use jiff::civil::Date;
use model::quality::Status;

use super::reference_days::{Averaging, REFERENCE, averaged, distance, serving_days};
use super::{Estimator, Gap, Proposal};
use crate::day::Day;
use crate::plan::needs::Needs;
use crate::plan::reach::Reach;
use crate::settings::{SettingForm, SettingKind, Settings};
use crate::view::View;

pub(super) static ESTIMATOR: Estimator = Estimator {
    id: "E10",
    name: "proxy temperature day",
    purpose: "Averages the days of like temperature at the same time of day.",
    settings: &[DAYS, DAYS_FEWEST, SIMILAR, PERIOD, REFERENCE],
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
    meaning: "how many days are averaged at most",
};

const DAYS_FEWEST: SettingForm = SettingForm {
    name: "days_fewest",
    kind: SettingKind::Count("days"),
    default: "1 day",
    meaning: "with fewer days no value is given",
};

const SIMILAR: SettingForm = SettingForm {
    name: "similar",
    kind: SettingKind::Count("degrees"),
    default: "2 degrees",
    meaning: "how far the mean temperature of a day may be from that of the day, in degrees Celsius",
};

const PERIOD: SettingForm = SettingForm {
    name: "period",
    kind: SettingKind::Count("days"),
    default: "400 days",
    meaning: "how far from the day the comparison period reaches",
};

fn reach(settings: &Settings) -> Reach {
    Reach { needs: Needs::TEMPERATURES, ..Reach::days(settings.count(&PERIOD)) }
}

fn estimate(view: &View<'_>, gap: Gap, settings: &Settings) -> Proposal {
    let Some(temperature) = temperature(view, view.day.date) else {
        return Proposal::not_eligible(format!("the temperature of {} is not known", view.day.date));
    };
    let (similar, period) = (settings.count(&SIMILAR), i64::from(settings.count(&PERIOD)));
    let kind = view.day.kind(view.context.holidays);
    let in_period =
        |day: &Day<'_>| day.kind(view.context.holidays) == kind && distance(day.date, view.day.date) <= period;
    let mut days: Vec<_> = serving_days(view, in_period)
        .into_iter()
        .filter_map(|day| Some((self::temperature(view, day.date)?.abs_diff(temperature), day)))
        .filter(|(apart, _)| u64::from(*apart) <= u64::from(similar) * 10)
        .collect();
    if days.is_empty() {
        return Proposal::not_eligible(format!("no day of its kind within {similar} degrees is stored"));
    }
    days.sort_by_key(|(apart, day)| (*apart, distance(day.date, view.day.date), day.date));
    let candidates: Vec<_> = days.into_iter().map(|(_, day)| day).collect();
    let averaging = Averaging::of(settings, settings.count(&DAYS), settings.count(&DAYS_FEWEST));
    averaged(view, gap, &ESTIMATOR, &candidates, averaging)
}

/// The mean temperature of a day in tenths of a degree; the lowest where several are given.
fn temperature(view: &View<'_>, date: Date) -> Option<i32> {
    let given = view.context.sources.temperatures.iter().filter(|given| given.date == date);
    given.map(|given| given.tenths_celsius).min()
}
