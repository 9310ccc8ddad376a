//! The surroundings of a channel-day, as the rules want them: history, neighbours, totals.

use std::collections::HashMap;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use model::lineage::FinalDay;
use model::master::{Channel, ConnectionState, History};
use model::quality::Status;
use model::time::{LocalDay, TimeRange};
use store::readings::{AsOf, Day as StoredDay, NO_VALUE, ReadingsBook};
use store::registry::directory::Directory;
use vee::day::{ClockChange, Day};
use vee::{Activity, CheckedPlan, Context, Neighbour, Outcome, Stamp, Total};

use super::totals;
use crate::placement::zone_of;

/// Days before the day that like-day methods may look at.
const HISTORY_DAYS: i64 = 35;
const DAY_SECONDS: i64 = 86_400;

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

    /// A day with what validation decided laid over it: `newest`, else what is stored.
    pub(crate) fn decided(book: &ReadingsBook, stored: &StoredDay, zone: &TimeZone, newest: Option<&FinalDay>) -> Self {
        let mut day = Self::received(book, stored, zone);
        if let Some(final_day) = newest.or(stored.final_day.as_ref()) {
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

    /// The day as the rules see it.
    pub(crate) fn as_day(&self) -> Day<'_> {
        Day {
            date: self.date,
            start: Timestamp::from_second(self.start).unwrap_or(Timestamp::MIN),
            slot_seconds: self.slot_seconds,
            clock_change: self.clock_change,
            values: &self.values,
            statuses: &self.statuses,
        }
    }
}

/// A channel-day and what the rules may look at beside it.
pub struct Surroundings<'a> {
    channel: &'a Channel,
    day: FullDay,
    around: Vec<FullDay>,
    totals: Vec<Total>,
    states: Option<&'a History<ConnectionState>>,
}

impl<'a> Surroundings<'a> {
    /// Gathers them from the books, and from what was `decided` and is not stored yet; `None` where the channel has no intervals on the day or no valid zone.
    ///
    /// # Errors
    /// What the readings book says.
    pub fn of(
        book: &ReadingsBook,
        directory: &'a Directory,
        channel: &'a Channel,
        date: Date,
        decided: &HashMap<Date, FinalDay>,
    ) -> Result<Option<Self>, store::readings::Error> {
        let (Some(length), Ok(zone)) = (channel.interval_seconds, zone_of(&channel.zone)) else { return Ok(None) };
        let Some(local) = LocalDay::of(date, &zone) else { return Ok(None) };
        let (start, end) = (local.range.start.as_second(), local.range.end.as_second());
        let window = (start - HISTORY_DAYS * DAY_SECONDS, end + DAY_SECONDS);
        let stored = book.read(channel.number, window.0, window.1, AsOf::Now)?.days;
        let of_length = || stored.iter().filter(|day| day.slot_seconds == length);
        let Some(day) = of_length().find(|day| day.date == date).map(|day| FullDay::received(book, day, &zone)) else {
            return Ok(None);
        };
        let other_days = of_length().filter(|day| day.date != date);
        let around: Vec<_> = other_days.map(|day| FullDay::decided(book, day, &zone, decided.get(&day.date))).collect();
        let within = TimeRange { start: instant(window.0), end: instant(end) };
        let mut found = totals::of_channel(book, directory, channel, within)?;
        found.retain(|total| total.range.start < local.range.end && local.range.start < total.range.end);
        let totals =
            found.into_iter().map(|total| totals::with_elsewhere(total.into_total(), local.range, &around)).collect();
        let states = directory.states(channel.usage_point);
        Ok(Some(Self { channel, day, around, totals, states }))
    }

    /// One past the last instant of the day, epoch seconds.
    pub fn day_end(&self) -> i64 {
        self.day.end()
    }

    /// The day as received.
    pub(crate) fn day(&self) -> &FullDay {
        &self.day
    }

    /// What the intervals of the day must add up to.
    pub(crate) fn totals(&self) -> &[Total] {
        &self.totals
    }

    /// Runs a plan over the day.
    pub fn run(&self, plan: &CheckedPlan, stamp: Stamp) -> Outcome {
        self.run_over(&self.day, plan, stamp)
    }

    /// Runs a plan over the day with other values than those received.
    pub(crate) fn run_over(&self, day: &FullDay, plan: &CheckedPlan, stamp: Stamp) -> Outcome {
        let history: Vec<_> = self.around.iter().map(FullDay::as_day).collect();
        let neighbour = |date: Option<Date>| history.iter().find(|day| Some(day.date) == date);
        let yesterday = neighbour(self.day.date.yesterday().ok());
        let tomorrow = neighbour(self.day.date.tomorrow().ok());
        let context = Context {
            activity: self.activity(&self.day),
            negative_allowed: self.channel.reading_type.flow_direction == NET,
            before: yesterday.map(|day| Neighbour::before([day])),
            after: tomorrow.map(|day| Neighbour::after([day])),
            history: &history,
            totals: &self.totals,
            zero_days_before: self.zero_days_before(),
            ..Context::of(self.channel.number, &self.channel.unit, self.channel.quantum)
        };
        vee::run(&day.as_day(), &context, plan, stamp)
    }

    /// Whether use is expected on a day: the usage point is connected all day, as far as is known.
    fn activity(&self, day: &FullDay) -> Activity {
        let states = self.states.map_or(&[][..], |states| states.between(instant(day.start), instant(day.end())));
        let connected = states.iter().all(|dated| dated.value == ConnectionState::Connected);
        if connected { Activity::Active } else { Activity::Inactive }
    }

    /// Whole days of zeros right before the day, while use was expected.
    fn zero_days_before(&self) -> u16 {
        let mut date = self.day.date;
        let mut days = 0;
        while let Some(before) = date.yesterday().ok().and_then(|date| self.around.iter().find(|day| day.date == date))
        {
            if before.values.iter().any(|value| *value != 0) || self.activity(before) == Activity::Inactive {
                break;
            }
            days += 1;
            date = before.date;
        }
        days
    }
}

/// flowDirection of IEC 61968-9: net, the only one that may count below zero.
const NET: u16 = 4;

fn instant(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap_or(if second < 0 { Timestamp::MIN } else { Timestamp::MAX })
}
