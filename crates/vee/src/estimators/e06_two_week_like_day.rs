//! E06 two-week like-day: the first available day of a table of the last two weeks.
//!
//! Source: IEE (the table is read in the source); used by TNMP. A holiday takes Sundays. The option
//! takes the same table 52 weeks earlier, so that weekdays stay weekdays.

use jiff::civil::Weekday::{Friday, Monday, Saturday, Sunday, Thursday, Tuesday, Wednesday};
use model::quality::Status;

use super::day_table::Listed::{Current, Prior, TwoPrior};
use super::day_table::{DayTable, first_listed};
use super::reference_days::{REFERENCE, Trusted};
use super::{Estimator, Gap, Proposal};
use crate::plan::reach::Reach;
use crate::settings::{SettingForm, SettingKind, Settings};
use crate::view::View;

pub(super) static ESTIMATOR: Estimator = Estimator {
    id: "E06",
    name: "two-week like-day",
    purpose: "Takes the first available day of a table of the last two weeks.",
    settings: &[YEAR, REFERENCE],
    status: Status(Status::ESTIMATED.0 | Status::LIKE_DAY.0),
    fills_any_length: true,
    fills_outages: false,
    reach,
    estimate,
};

const YEAR: SettingForm = SettingForm {
    name: "year",
    kind: SettingKind::Choice(&["current", "previous"]),
    default: "current",
    meaning: "whether the table counts from the day, or from 52 weeks before it",
};

static TABLE: DayTable = DayTable {
    weekdays: [
        &[Prior(Sunday)],
        &[Prior(Monday), TwoPrior(Monday)],
        &[Prior(Tuesday), Prior(Wednesday), Prior(Thursday)],
        &[Prior(Wednesday), Current(Tuesday), Prior(Tuesday), Prior(Thursday)],
        &[Prior(Thursday), Current(Wednesday), Prior(Wednesday), Current(Tuesday), Prior(Tuesday)],
        &[Prior(Friday)],
        &[Prior(Saturday)],
    ],
    holiday: &[Current(Sunday), Prior(Sunday)],
};

fn weeks_earlier(settings: &Settings) -> u16 {
    if settings.choice(&YEAR) == "previous" { 52 } else { 0 }
}

fn reach(settings: &Settings) -> Reach {
    Reach::days((DayTable::REACH_DAYS + 7 * weeks_earlier(settings)).into())
}

fn estimate(view: &View<'_>, gap: Gap, settings: &Settings) -> Proposal {
    let weeks_earlier = weeks_earlier(settings).into();
    first_listed(view, gap, &ESTIMATOR, &TABLE, (weeks_earlier, Trusted::of(settings, &REFERENCE)))
}
