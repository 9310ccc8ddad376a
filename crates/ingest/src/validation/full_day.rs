//! The values of a stored day as owned arrays: as received, or as validation decided.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use model::lineage::FinalDay;
use model::quality::Status;
use model::time::LocalDay;
use store::readings::{Day as StoredDay, NO_VALUE, ReadingsBook};
use vee::channel::ReceivedDay;
use vee::{Activity, ClockChange};

use super::surroundings::instant;

/// The values of a stored day with what validation decided, as owned arrays.
#[derive(Clone)]
pub(crate) struct FullDay {
    /// The local day.
    pub(crate) date: Date,
    /// First instant, epoch seconds.
    pub(crate) start: i64,
    /// Length of a slot.
    pub(crate) slot_seconds: u32,
    /// One per slot; [`NO_VALUE`] where there is none.
    pub(crate) values: Vec<i64>,
    /// One per slot.
    pub(crate) statuses: Vec<Status>,
    clock_change: Option<ClockChange>,
}

impl FullDay {
    /// A day as received.
    pub(crate) fn received(book: &ReadingsBook, stored: &StoredDay, zone: &TimeZone) -> Self {
        let mut statuses = vec![Status::NONE; stored.values.len()];
        for (from, to, quality) in &stored.qualities {
            let status = book.quality(*quality).map_or(Status::NONE, |quality| quality.status);
            statuses.iter_mut().take(usize::from(*to)).skip(usize::from(*from)).for_each(|slot| *slot = status);
        }
        let local = Timestamp::from_second(stored.day_start).ok().and_then(|start| LocalDay::containing(start, zone));
        Self {
            date: stored.date,
            start: stored.day_start,
            slot_seconds: stored.slot_seconds,
            values: stored.values.clone(),
            statuses,
            clock_change: local.and_then(|day| ClockChange::of(day, zone, stored.slot_seconds)),
        }
    }

    /// A day with what validation decided laid over it.
    pub(crate) fn decided(book: &ReadingsBook, stored: &StoredDay, zone: &TimeZone) -> Self {
        let mut day = Self::received(book, stored, zone);
        if let Some(final_day) = &stored.final_day {
            day.lay_over(final_day);
        }
        day
    }

    /// A day of these values, for tests.
    #[cfg(test)]
    pub(crate) fn of_values(start: i64, slot_seconds: u32, values: &[i64]) -> Self {
        let (values, statuses) = (values.to_vec(), vec![Status::NONE; values.len()]);
        Self { date: Date::default(), start, slot_seconds, values, statuses, clock_change: None }
    }

    /// Lays what validation decided over the values.
    pub(crate) fn lay_over(&mut self, final_day: &FinalDay) {
        self.statuses.iter_mut().for_each(|status| *status |= final_day.status);
        for decided in &final_day.values {
            let slot = usize::from(decided.slot);
            if let (Some(value), Some(status)) = (self.values.get_mut(slot), self.statuses.get_mut(slot)) {
                *value = decided.value.unwrap_or(NO_VALUE);
                *status = decided.status;
            }
        }
    }

    /// One past the last instant, epoch seconds.
    pub(crate) fn end(&self) -> i64 {
        self.start + self.values.len() as i64 * i64::from(self.slot_seconds)
    }

    /// Every value that is there, with its place.
    pub(crate) fn known(&self) -> impl Iterator<Item = (usize, i64)> {
        self.values.iter().copied().enumerate().filter(|(_, value)| *value != NO_VALUE)
    }

    /// The day as engines see it.
    pub(crate) fn as_day(&self) -> vee::Day<'_> {
        let Self { date, slot_seconds, clock_change, .. } = *self;
        let (values, statuses) = (&self.values, &self.statuses);
        vee::Day { date, start: instant(self.start), slot_seconds, clock_change, values, statuses }
    }

    /// The day as a channel's days hold it, of an active usage point and without decisions.
    pub(super) fn into_received(self) -> ReceivedDay {
        ReceivedDay {
            start: instant(self.start),
            slot_seconds: self.slot_seconds,
            clock_change: self.clock_change,
            values: self.values,
            statuses: self.statuses,
            local_day: None,
            activity: Activity::Active,
            decisions: Vec::new(),
            kept: Vec::new(),
        }
    }
}
