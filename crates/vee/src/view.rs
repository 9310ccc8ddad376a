//! The state of a day while rules and methods look at it.

use std::cmp::Ordering;

use model::quality::Status;
use model::time::TimeRange;

use crate::amount::Amount;
use crate::context::{Context, OUTAGE, Total, is_good, overlap, touches_any};
use crate::day::{Day, MISSING};
use crate::scan::Extremes;

/// The day, its context, and the values as they stand now (received, or with estimates over them).
#[derive(Clone, Copy, Debug)]
pub(crate) struct View<'a> {
    pub day: &'a Day<'a>,
    pub context: &'a Context<'a>,
    /// As many as the day has slots; [`MISSING`] where there is no value.
    pub values: &'a [i64],
    /// The statuses that go with the values; empty where nothing is said of any.
    pub statuses: &'a [Status],
    /// The bounds of `values`.
    pub extremes: Extremes,
    /// What sums are checked against; those of the context as long as nothing is scaled.
    pub totals: &'a [Total],
}

impl View<'_> {
    pub(crate) fn slots(&self) -> u16 {
        self.day.slots()
    }

    pub(crate) fn value(&self, slot: u16) -> Option<i64> {
        self.values.get(usize::from(slot)).copied().filter(|value| *value != MISSING)
    }

    pub(crate) fn status(&self, slot: u16) -> Status {
        self.statuses.get(usize::from(slot)).copied().unwrap_or(Status::NONE)
    }

    /// Whether a meter measures during the slot, so that it is missing where it has no value.
    pub(crate) fn is_expected(&self, slot: u16) -> bool {
        self.context.expected.covers(self.day.range(slot, slot + 1))
    }

    /// Whether a value is expected and not there.
    pub(crate) fn is_missing(&self, slot: u16) -> bool {
        self.value(slot).is_none() && self.is_expected(slot)
    }

    /// Whether power was off for a part of the slot, by its status or by a known interruption.
    pub(crate) fn is_outage(&self, slot: u16) -> bool {
        self.status(slot).intersects(OUTAGE)
            || (!self.context.outages.is_empty() && touches_any(self.day.range(slot, slot + 1), self.context.outages))
    }

    /// Whether the supply is known to have been off for the whole slot.
    pub(crate) fn is_dark(&self, slot: u16) -> bool {
        !self.context.outages.is_empty() && i64::from(self.day.slot_seconds) <= self.dark_seconds(slot)
    }

    /// For how many seconds of the slot the supply is known to have been off.
    pub(crate) fn dark_seconds(&self, slot: u16) -> i64 {
        let range = self.day.range(slot, slot + 1);
        let mut dark: Vec<TimeRange> =
            self.context.outages.iter().filter_map(|outage| overlap(range, *outage)).collect();
        dark.sort_by_key(|outage| (outage.start, outage.end));
        let mut lit_from = range.start;
        let mut seconds = 0;
        for outage in dark {
            let from = outage.start.max(lit_from);
            if from < outage.end {
                seconds += TimeRange { start: from, end: outage.end }.seconds();
                lit_from = outage.end;
            }
        }
        seconds
    }

    /// The average daily load in the channel's quantum, where it is known and fits.
    pub(crate) fn daily_load(&self) -> Option<i64> {
        let load: Amount = self.context.sources.average_daily_load?.into();
        i64::try_from(load.rounded(self.context.exponent.into())?).ok()
    }

    /// Whether any outage touches the day.
    pub(crate) fn has_outage(&self) -> bool {
        (!self.statuses.is_empty() || !self.context.outages.is_empty())
            && (0..self.slots()).any(|slot| self.is_outage(slot))
    }

    /// The value of a slot where it may stand for use at another time.
    pub(crate) fn good_value(&self, slot: u16) -> Option<i64> {
        self.value(slot).filter(|_| is_good(self.status(slot)) && !self.is_outage(slot))
    }

    /// The runs `[from, to)` of consecutive slots for which something holds.
    pub(crate) fn runs(&self, holds: impl Fn(u16) -> bool) -> Vec<(u16, u16)> {
        let mut runs: Vec<(u16, u16)> = Vec::new();
        for slot in (0..self.slots()).filter(|slot| holds(*slot)) {
            match runs.last_mut() {
                Some((_, to)) if *to == slot => *to += 1,
                _ => runs.push((slot, slot + 1)),
            }
        }
        runs
    }

    /// The runs of slots that carry any of some statuses.
    pub(crate) fn flagged(&self, marks: Status) -> Vec<(u16, u16)> {
        if self.statuses_of(0, self.slots()).intersects(marks) {
            self.runs(|slot| self.status(slot).intersects(marks))
        } else {
            Vec::new()
        }
    }

    /// All statuses that any slot of `[from, to)` carries.
    pub(crate) fn statuses_of(&self, from: u16, to: u16) -> Status {
        let slots = self.statuses.get(from.into()..to.into()).unwrap_or_default();
        slots.iter().fold(Status::NONE, |all, status| all | *status)
    }

    /// Whether the day has slots and every one has a value.
    pub(crate) fn is_complete(&self) -> bool {
        !self.values.is_empty() && (self.extremes.all_above_zero || !self.values.contains(&MISSING))
    }

    /// The sum of a complete day in quanta.
    pub(crate) fn complete_sum(&self) -> Option<i128> {
        self.is_complete().then(|| self.values.iter().copied().map(i128::from).sum())
    }

    /// The highest value of `[from, to)` and its slot, the first of equals.
    pub(crate) fn highest_of(&self, from: u16, to: u16) -> Option<(i64, u16)> {
        let values = (from..to).filter_map(|slot| Some((self.value(slot)?, slot)));
        values.reduce(|highest, next| if highest.0 < next.0 { next } else { highest })
    }

    /// The lowest value of `[from, to)` and its slot, the first of equals.
    pub(crate) fn lowest_of(&self, from: u16, to: u16) -> Option<(i64, u16)> {
        (from..to).filter_map(|slot| Some((self.value(slot)?, slot))).min()
    }

    /// Compares what was used within a slot with a quantity for each hour; `None` where the numbers
    /// are too large.
    pub(crate) fn hourly(&self, quanta: i64, rate: Amount) -> Option<Ordering> {
        hourly(self.context.amount(quanta.into()), self.day.slot_seconds.into(), rate)
    }

    /// How many slots a gap has, together with the missing ones beyond the edges it touches.
    pub(crate) fn gap_slots(&self, from: u16, to: u16) -> i64 {
        let before = self.context.before.filter(|_| from == 0);
        let after = self.context.after.filter(|_| to == self.slots());
        let beyond = [before, after].into_iter().flatten().map(|side| i64::from(side.missing_at_edge)).sum::<i64>();
        i64::from(to.saturating_sub(from)) + beyond
    }

    /// The slots of a span that are in this day; `None` where an edge of the span is inside a slot.
    pub(crate) fn slots_of(&self, span: TimeRange) -> Option<(u16, u16)> {
        self.day.slots_of(span)
    }

    /// The slots of this day that a span of time touches; `None` where it touches none.
    pub(crate) fn slots_touched(&self, span: TimeRange) -> Option<(u16, u16)> {
        let touched = |slot: &u16| overlap(self.day.range(*slot, *slot + 1), span).is_some();
        let from = (0..self.slots()).find(touched)?;
        Some((from, (from..self.slots()).rfind(touched)? + 1))
    }
}

/// Compares an amount of so many seconds with a quantity for each hour.
pub(crate) fn hourly(amount: Amount, seconds: i64, rate: Amount) -> Option<Ordering> {
    let for_each_hour = amount.times(Amount::new(3600, 0))?;
    for_each_hour.compared(rate.times(Amount::new(seconds.into(), 0))?)
}
