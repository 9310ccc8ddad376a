//! Tables that name, for each weekday, the days that may stand for it, the first available first.
//!
//! Shared by E06 and E07. Weeks run from Sunday to Saturday, as in the country of the first book (a
//! proposal: it only decides which Sunday is that of the current week). A holiday on a listed date does
//! not stand for a working day (proposal).

use jiff::civil::{Date, Weekday};

use super::reference_days::{Averaging, Trusted, averaged, days_later, serving_days_on};
use super::{Estimator, Gap, Proposal};
use crate::day::DayKind;
use crate::view::View;

/// A day as a table names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Listed {
    /// Of the week of the day.
    Current(Weekday),
    /// Of the week before.
    Prior(Weekday),
    /// Of the week before that.
    TwoPrior(Weekday),
}

/// The days for each weekday, from Sunday on, and for a holiday.
pub(super) struct DayTable {
    pub weekdays: [&'static [Listed]; 7],
    pub holiday: &'static [Listed],
}

impl DayTable {
    /// How far a day may be from those of its row: a Saturday from the Sunday of the second week before.
    pub(super) const REACH_DAYS: u16 = 20;
}

impl Listed {
    fn date(self, date: Date) -> Option<Date> {
        let (weeks, weekday) = match self {
            Self::Current(weekday) => (0, weekday),
            Self::Prior(weekday) => (1, weekday),
            Self::TwoPrior(weekday) => (2, weekday),
        };
        let into_week = |weekday: Weekday| i64::from(weekday.to_sunday_zero_offset());
        days_later(date, into_week(weekday) - into_week(date.weekday()) - 7 * weeks)
    }
}

/// Every slot by the first day of the table, moved by whole weeks, that has a usable value.
pub(super) fn first_listed(
    view: &View<'_>,
    gap: Gap,
    method: &'static Estimator,
    table: &DayTable,
    (weeks_earlier, trusted): (i64, Trusted),
) -> Proposal {
    let date = view.day.date;
    let row = match view.day.kind(view.context.holidays) {
        DayKind::Holiday => table.holiday,
        _ => table.weekdays[usize::from(date.weekday().to_sunday_zero_offset().unsigned_abs())],
    };
    let listed = row.iter().filter_map(|listed| days_later(listed.date(date)?, -7 * weeks_earlier));
    let candidates = serving_days_on(view, &listed.collect::<Vec<_>>());
    if candidates.is_empty() {
        return Proposal::not_eligible(format!("none of the {} days that may stand for {date} is stored", row.len()));
    }
    averaged(view, gap, method, &candidates, Averaging { most: 1, fewest: 1, trusted })
}
