//! E07 nearest equivalent day: the first available day of the Australian table.
//!
//! Source: Western Australia, Electricity Industry (Metering) Code 2012, appendix 3, method 14 (AEMO
//! method 14): only where methods 11 to 13 (E01, E02, E03) cannot be carried out, so they come before
//! it in a plan. Two cells for Wednesday are garbled in the copies; they are read here as the Tuesday
//! and the Thursday of the same week. That a holiday takes the most recent Sunday is from memory.

use jiff::civil::Weekday::{Friday, Monday, Saturday, Sunday, Thursday, Tuesday, Wednesday};
use model::quality::Status;

use super::day_table::Listed::{Current, Prior};
use super::day_table::{DayTable, first_listed};
use super::reference_days::{REFERENCE, Trusted};
use super::{Estimator, Gap, Proposal};
use crate::plan::reach::Reach;
use crate::settings::Settings;
use crate::view::View;

pub(super) static ESTIMATOR: Estimator = Estimator {
    id: "E07",
    name: "nearest equivalent day",
    purpose: "Takes the first available day of the Australian table of equivalent days.",
    settings: &[REFERENCE],
    status: Status(Status::ESTIMATED.0 | Status::LIKE_DAY.0),
    fills_any_length: true,
    fills_outages: false,
    reach,
    estimate,
};

static TABLE: DayTable = DayTable {
    weekdays: [
        &[Prior(Sunday)],
        &[Prior(Monday)],
        &[Prior(Tuesday), Prior(Wednesday), Prior(Thursday), Current(Wednesday), Current(Thursday)],
        &[Prior(Wednesday), Current(Tuesday), Prior(Thursday), Current(Thursday), Prior(Tuesday)],
        &[Prior(Thursday), Current(Wednesday), Current(Tuesday), Prior(Wednesday), Prior(Tuesday)],
        &[Prior(Friday)],
        &[Prior(Saturday)],
    ],
    holiday: &[Current(Sunday), Prior(Sunday)],
};

fn reach(_: &Settings) -> Reach {
    Reach::days(DayTable::REACH_DAYS.into())
}

fn estimate(view: &View<'_>, gap: Gap, settings: &Settings) -> Proposal {
    first_listed(view, gap, &ESTIMATOR, &TABLE, (0, Trusted::of(settings, &REFERENCE)))
}
