//! E09 interval averaging: the mean of the nearest of many days, where enough of the day arrived.
//!
//! Source: Oracle. Eligible only where the share of missing intervals is small enough and the channel is
//! on a service point (or that is overridden); scans holidays, similar days, or neighbouring days. The
//! numbers are proposals; ten days, since the error of a mean falls with the number of days and hardly
//! after ten. Of two equally near days the earlier comes first.

use jiff::civil::Weekday;
use model::quality::Status;

use super::reference_days::{Averaging, REFERENCE, averaged, distance, serving_days};
use super::{Estimator, Gap, Proposal};
use crate::amount::Amount;
use crate::context::Activity;
use crate::day::{Day, DayKind};
use crate::plan::reach::Reach;
use crate::settings::{SettingForm, SettingKind, Settings};
use crate::view::View;

pub(super) static ESTIMATOR: Estimator = Estimator {
    id: "E09",
    name: "interval averaging",
    purpose: "Averages many of the nearest similar days where enough of the day arrived.",
    settings: &[DAYS, DAYS_FEWEST, MISSING_MOST, SCAN, REACH, OFF_SERVICE_POINT, REFERENCE],
    status: Status(Status::ESTIMATED.0 | Status::LIKE_DAY.0),
    fills_any_length: true,
    fills_outages: false,
    reach,
    estimate,
};

const DAYS: SettingForm = SettingForm {
    name: "days",
    kind: SettingKind::Count("days"),
    default: "10 days",
    meaning: "how many days are averaged at most",
};

const DAYS_FEWEST: SettingForm = SettingForm {
    name: "days_fewest",
    kind: SettingKind::Count("days"),
    default: "3 days",
    meaning: "with fewer days no value is given",
};

const MISSING_MOST: SettingForm = SettingForm {
    name: "missing_most",
    kind: SettingKind::Share,
    default: "50 %",
    meaning: "days with a larger share of intervals without a value are left to other methods",
};

const SCAN: SettingForm = SettingForm {
    name: "scan",
    kind: SettingKind::Choice(&["like-days", "weekday", "neighbours"]),
    default: "like-days",
    meaning: "which days are scanned for a day that is no holiday: of the same kind, of the same weekday, or all",
};

const REACH: SettingForm = SettingForm {
    name: "reach",
    kind: SettingKind::Count("days"),
    default: "60 days",
    meaning: "how far from the day the scan goes",
};

const OFF_SERVICE_POINT: SettingForm = SettingForm {
    name: "off_service_point",
    kind: SettingKind::Choice(&["refuse", "allow"]),
    default: "refuse",
    meaning: "what to do where no use is expected at the usage point",
};

fn reach(settings: &Settings) -> Reach {
    Reach::days(settings.count(&REACH))
}

fn estimate(view: &View<'_>, gap: Gap, settings: &Settings) -> Proposal {
    if view.context.activity == Activity::Inactive && settings.choice(&OFF_SERVICE_POINT) == "refuse" {
        return Proposal::not_eligible("the usage point is not active");
    }
    let missing = (0..view.slots()).filter(|slot| view.value(*slot).is_none()).count();
    let (share, slots) = (settings.share(&MISSING_MOST), Amount::new(view.slots().into(), 0));
    let most = share.times(slots);
    if most.and_then(|most| most.compared(Amount::new(missing as i128, 0))).is_none_or(|ordering| ordering.is_lt()) {
        let limit = share.shifted(2);
        return Proposal::not_eligible(format!("{missing} of {} values are missing, over {limit} %", view.slots()));
    }
    let candidates = candidates(view, settings);
    if candidates.is_empty() {
        return Proposal::not_eligible(format!("no day like {} is stored near it", view.day.date));
    }
    let averaging = Averaging::of(settings, settings.count(&DAYS), settings.count(&DAYS_FEWEST));
    averaged(view, gap, &ESTIMATOR, &candidates, averaging)
}

/// The days that may serve, the nearest first.
fn candidates<'a>(view: &View<'a>, settings: &Settings) -> Vec<&'a Day<'a>> {
    let (date, holidays) = (view.day.date, view.context.holidays);
    let (kind, scan) = (view.day.kind(holidays), settings.choice(&SCAN));
    let alike = |day: &Day<'_>| match (kind, scan) {
        (DayKind::Holiday, _) => day.kind(holidays) == kind || day.date.weekday() == Weekday::Sunday,
        (_, "weekday") => day.kind(holidays) == kind && day.date.weekday() == date.weekday(),
        (_, "neighbours") => true,
        _ => day.kind(holidays) == kind,
    };
    let reach = i64::from(settings.count(&REACH));
    let mut days = serving_days(view, |day| distance(day.date, date) <= reach && alike(day));
    let other_kind = |day: &Day<'_>| kind == DayKind::Holiday && day.kind(holidays) != kind;
    days.sort_by_key(|day| (other_kind(day), distance(day.date, date), day.date));
    days
}
