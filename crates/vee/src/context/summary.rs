//! Earlier days in few numbers, so that no rule has to walk through history.

use jiff::civil::Date;
use model::quality::Status;

use super::OUTAGE;
use crate::day::Day;

/// A day of the channel in few numbers, of its values and statuses as received: estimates of Amity are not in it, so that
/// the order of arrival leaves no trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DaySummary {
    /// The local date.
    pub date: Date,
    /// How many slots the day has.
    pub slots: u16,
    /// The sum of its values in the channel's quantum.
    pub sum: i128,
    /// Its highest value in the channel's quantum; `None` where it has no value.
    pub highest: Option<i64>,
    /// Slots without a value.
    pub missing: u16,
    /// Slots with an estimate.
    pub estimated: u16,
    /// Slots that a person changed.
    pub edited: u16,
    /// Slots that an outage touches.
    pub outage: u16,
}

impl DaySummary {
    /// A day as received.
    pub(crate) fn of(day: &Day<'_>) -> Self {
        let values = || (0..day.slots()).filter_map(|slot| day.value(slot));
        let counted = |meant: Status| {
            let touched = (0..day.slots()).filter(|slot| day.status(*slot).intersects(meant)).count();
            u16::try_from(touched).unwrap_or(u16::MAX)
        };
        Self {
            date: day.date,
            slots: day.slots(),
            sum: values().map(i128::from).sum(),
            highest: values().max(),
            missing: day.slots() - u16::try_from(values().count()).unwrap_or(day.slots()),
            estimated: counted(Status::ESTIMATED | Status::SUBSTITUTE | Status::FORECAST),
            edited: counted(Status::EDITED),
            outage: counted(OUTAGE),
        }
    }

    /// How many days it lies before a date; below zero after it.
    pub(crate) fn days_before(&self, date: Date) -> Option<i64> {
        date.since(self.date).ok().map(|span| span.get_days().into())
    }

    /// Whether it is as fine as a day of so many slots: the same interval length gives 23 to 25 hours of slots.
    pub(crate) fn is_as_fine_as(&self, slots: u16) -> bool {
        let (fewer, more) = (u32::from(self.slots.min(slots)), u32::from(self.slots.max(slots)));
        0 < fewer && 23 * more <= 25 * fewer
    }
}
