//! E08 multi-week average: the same weekday and time of the last weeks.
//!
//! Source: IEE. Values that need an estimate, days with an outage and holidays are dropped; outside the
//! payload, which here is every other day, only validated or accepted values serve. A reference day of
//! another length of interval is split or summed exactly. The plan's scaling makes it meet the register.
//! How many weeks is a proposal, and so is that a holiday, which is not like its weekday, gets nothing.

use model::quality::Status;

use super::reference_days::{Averaging, REFERENCE, averaged, may_be_holiday, serving_days_of_any_length};
use super::{Estimator, Gap, Proposal};
use crate::day::{Day, DayKind};
use crate::plan::reach::Reach;
use crate::resample::change_of_length;
use crate::settings::{SettingForm, SettingKind, Settings};
use crate::view::View;

pub(super) static ESTIMATOR: Estimator = Estimator {
    id: "E08",
    name: "multi-week average",
    purpose: "Averages the same weekday and time of day of the last weeks.",
    settings: &[WEEKS, WEEKS_FEWEST, REFERENCE],
    status: Status(Status::ESTIMATED.0 | Status::LIKE_DAY.0),
    fills_any_length: true,
    fills_outages: false,
    reach,
    estimate,
};

const WEEKS: SettingForm = SettingForm {
    name: "weeks",
    kind: SettingKind::Count("weeks"),
    default: "4 weeks",
    meaning: "how many weeks back are averaged",
};

const WEEKS_FEWEST: SettingForm = SettingForm {
    name: "weeks_fewest",
    kind: SettingKind::Count("weeks"),
    default: "1 week",
    meaning: "with fewer usable weeks no value is given",
};

fn reach(settings: &Settings) -> Reach {
    Reach::days(settings.count(&WEEKS).saturating_mul(7))
}

fn estimate(view: &View<'_>, gap: Gap, settings: &Settings) -> Proposal {
    if view.day.kind(view.context.holidays) == DayKind::Holiday {
        return Proposal::not_eligible("a holiday is not like its weekday");
    }
    let weeks = settings.count(&WEEKS);
    let wanted = |day: &Day<'_>| {
        let days_back = day.date.duration_until(view.day.date).as_hours() / 24;
        let within = 0 < days_back && days_back <= i64::from(weeks) * 7;
        within && days_back % 7 == 0 && may_be_holiday(view, day)
    };
    let mut candidates = serving_days_of_any_length(view, wanted);
    candidates.reverse();
    if candidates.is_empty() {
        return Proposal::not_eligible(format!("no such weekday of the {weeks} weeks before is stored"));
    }
    let averaging = Averaging::of(settings, weeks, settings.count(&WEEKS_FEWEST));
    let mut proposal = averaged(view, gap, &ESTIMATOR, &candidates, averaging);
    if let Some(other) = candidates.iter().find(|day| day.slot_seconds != view.day.slot_seconds) {
        proposal.words.push_str(&change_of_length(other.slot_seconds, view.day.slot_seconds));
    }
    proposal
}
