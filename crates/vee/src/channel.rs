//! One channel over many days: which days must be run when some were touched, and what each comes out as.
//!
//! A day's outcome follows from received values, decisions of people, totals and the plan, and never from what an
//! earlier run decided. So in whatever order data arrives, running the touched days and those that lean on them
//! ([`ChannelDays::to_run`]) leaves what a run over everything would leave.
//!
//! Rules see the days around as received. Methods and sums see them as judged: received, with what the rules of the
//! plan say of the values, but without estimates.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use jiff::{Span, Timestamp};
use model::quality::Status;

use crate::context::{Context, Decision, Elsewhere, Neighbour, Total};
use crate::day::{ClockChange, Day, MISSING};
use crate::outcome::Outcome;
use crate::plan::CheckedPlan;
use crate::run::{Stamp, judged_values, run_in};

/// One day of a channel as it was received, and what people decided of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceivedDay {
    /// The first instant of the local day.
    pub start: Timestamp,
    /// Length of every slot, more than zero.
    pub slot_seconds: u32,
    /// Where the local clock jumps within the day.
    pub clock_change: Option<ClockChange>,
    /// Value digits in the channel's quantum; [`MISSING`] where there is none.
    pub values: Vec<i64>,
    /// As many as there are values.
    pub statuses: Vec<Status>,
    /// Approved decisions, the earlier first.
    pub decisions: Vec<Decision>,
}

impl ReceivedDay {
    fn as_day(&self, date: Date) -> Day<'_> {
        self.with(date, &self.values, &self.statuses)
    }

    fn with<'d>(&self, date: Date, values: &'d [i64], statuses: &'d [Status]) -> Day<'d> {
        let Self { start, slot_seconds, clock_change, .. } = *self;
        Day { date, start, slot_seconds, clock_change, values, statuses }
    }
}

/// A day after the value checks, before any estimate.
#[derive(Clone, Debug)]
struct JudgedDay {
    values: Vec<i64>,
    statuses: Vec<Status>,
}

/// The days of one channel around those that are run.
///
/// It must hold every stored day within [`ChannelDays::reach_days`] of a day that is run, or of one it leans on.
#[derive(Debug)]
pub struct ChannelDays<'a> {
    facts: Context<'a>,
    totals: &'a [Total],
    plan: &'a CheckedPlan,
    days: BTreeMap<Date, ReceivedDay>,
    judged: BTreeMap<Date, JudgedDay>,
}

impl<'a> ChannelDays<'a> {
    /// The days of a channel. `facts` says what holds for each of them; its neighbours, history, totals and decisions are
    /// not looked at. `totals` may be of any span.
    pub fn new(
        facts: Context<'a>,
        totals: &'a [Total],
        plan: &'a CheckedPlan,
        days: BTreeMap<Date, ReceivedDay>,
    ) -> Self {
        Self { facts, totals, plan, days, judged: BTreeMap::new() }
    }

    /// How many days around a day its outcome may lean on.
    pub fn reach_days(plan: &CheckedPlan) -> u16 {
        plan.reach_days()
    }

    /// The touched days and every day whose outcome may change with them. `leans` says of a day whether its stored outcome
    /// has an estimate, an open gap or a failure; only such days look at more than their neighbours.
    pub fn to_run(&self, touched: &BTreeSet<Date>, leans: impl Fn(Date) -> bool) -> BTreeSet<Date> {
        let mut affected: BTreeSet<Date> =
            touched.iter().copied().filter(|date| self.days.contains_key(date)).collect();
        for date in touched {
            affected.extend([date.yesterday().ok(), date.tomorrow().ok()].into_iter().flatten());
            affected.extend(self.zero_days_after(*date));
            affected.extend(self.within(*date, 0, self.plan.rules_reach_days()));
        }
        affected.retain(|date| self.days.contains_key(date));
        let mut all = affected.clone();
        for date in &affected {
            all.extend(self.beside_in_totals(*date));
            let reach = self.plan.reach_days();
            all.extend(self.within(*date, reach, reach).filter(|other| leans(*other)));
        }
        all
    }

    /// The outcome of a day; `None` where there is no such day.
    pub fn outcome(&mut self, date: Date, stamp: Stamp) -> Option<Outcome> {
        let needs_history = !self.judged_day(date)?.1;
        let totals = self.totals_of(date);
        let history_dates: Vec<Date> = if needs_history {
            let reach = self.plan.reach_days();
            self.within(date, reach, reach).collect()
        } else {
            Vec::new()
        };
        for other in
            history_dates.iter().copied().chain([date.yesterday().ok(), date.tomorrow().ok()].into_iter().flatten())
        {
            self.judge(other);
        }
        let history: Vec<Day<'_>> = history_dates.iter().filter_map(|other| self.judged_as_day(*other)).collect();
        let neighbour = |date: Option<Date>| date.and_then(|date| self.judged_as_day(date));
        let received = Context { totals: &totals, ..self.received_context(date) };
        let judged = Context {
            before: neighbour(date.yesterday().ok()).map(|day| Neighbour::before([&day])),
            after: neighbour(date.tomorrow().ok()).map(|day| Neighbour::after([&day])),
            history: &history,
            ..received.clone()
        };
        let day = self.days.get(&date)?;
        Some(run_in(&day.as_day(date), &received, &judged, self.plan, stamp))
    }

    /// What rules may look at, all of it as received.
    fn received_context(&self, date: Date) -> Context<'_> {
        let neighbour = |date: Option<Date>| date.and_then(|date| Some(self.days.get(&date)?.as_day(date)));
        Context {
            before: neighbour(date.yesterday().ok()).map(|day| Neighbour::before([&day])),
            after: neighbour(date.tomorrow().ok()).map(|day| Neighbour::after([&day])),
            history: &[],
            totals: &[],
            zero_days_before: self.zero_days_before(date),
            decisions: self.days.get(&date).map_or(&[], |day| day.decisions.as_slice()),
            ..self.facts.clone()
        }
    }

    /// Judges a day unless that was done.
    fn judge(&mut self, date: Date) {
        if self.judged.contains_key(&date) {
            return;
        }
        let Some(day) = self.days.get(&date) else { return };
        let (values, statuses) = judged_values(&day.as_day(date), &self.received_context(date), self.plan);
        self.judged.insert(date, JudgedDay { values, statuses });
    }

    /// A judged day, and whether every slot has a value that stands.
    fn judged_day(&mut self, date: Date) -> Option<(&JudgedDay, bool)> {
        self.judge(date);
        let judged = self.judged.get(&date)?;
        Some((judged, !judged.values.contains(&MISSING)))
    }

    fn judged_as_day(&self, date: Date) -> Option<Day<'_>> {
        let (day, judged) = (self.days.get(&date)?, self.judged.get(&date)?);
        Some(day.with(date, &judged.values, &judged.statuses))
    }

    /// Whole days of zeros right before a day, at most as many as the plan reaches.
    fn zero_days_before(&self, date: Date) -> u16 {
        let mut at = date;
        for count in 0..self.plan.reach_days() {
            match at.yesterday() {
                Ok(before) if self.is_zero_day(before) => at = before,
                _ => return count,
            }
        }
        self.plan.reach_days()
    }

    fn zero_days_after(&self, date: Date) -> impl Iterator<Item = Date> {
        let following = std::iter::successors(date.tomorrow().ok(), |date| date.tomorrow().ok());
        following.take(usize::from(self.plan.reach_days())).take_while(|date| self.is_zero_day(*date))
    }

    fn is_zero_day(&self, date: Date) -> bool {
        self.days.get(&date).is_some_and(|day| day.values.iter().all(|value| *value == 0))
    }

    /// The days there are within so many days of a day, itself left out.
    fn within(&self, date: Date, before: u16, after: u16) -> impl Iterator<Item = Date> {
        let from = date.saturating_sub(Span::new().days(before));
        let to = date.saturating_add(Span::new().days(after));
        self.days.range(from..=to).map(|(other, _)| *other).filter(move |other| *other != date)
    }

    /// The other days that share a total with a day.
    fn beside_in_totals(&self, date: Date) -> BTreeSet<Date> {
        let Some(range) = self.days.get(&date).map(|day| day.as_day(date).whole()) else { return BTreeSet::new() };
        let shared = self.totals.iter().filter(|total| total.range.start < range.end && range.start < total.range.end);
        shared.flat_map(|total| self.days_of(total)).filter(|other| *other != date).collect()
    }

    fn days_of<'s>(&'s self, total: &'s Total) -> impl Iterator<Item = Date> + 's {
        let touches = |day: &Day<'_>| {
            let range = day.whole();
            total.range.start < range.end && range.start < total.range.end
        };
        self.days.iter().filter(move |(date, day)| touches(&day.as_day(**date))).map(|(date, _)| *date)
    }

    /// The totals that touch a day, each with what the days around contribute as judged.
    fn totals_of(&mut self, date: Date) -> Vec<Total> {
        let Some(range) = self.days.get(&date).map(|day| day.as_day(date).whole()) else { return Vec::new() };
        let touching = |total: &&Total| total.range.start < range.end && range.start < total.range.end;
        let touching: Vec<&Total> = self.totals.iter().filter(touching).collect();
        let beside: BTreeSet<Date> =
            touching.iter().flat_map(|total| self.days_of(total)).filter(|other| *other != date).collect();
        beside.iter().for_each(|other| self.judge(*other));
        let around: Vec<Day<'_>> = beside.iter().filter_map(|other| self.judged_as_day(*other)).collect();
        touching
            .into_iter()
            .map(|total| {
                let within = range.start <= total.range.start && total.range.end <= range.end;
                let elsewhere = (!within).then(|| Elsewhere::of(total.range, range, &around));
                Total { elsewhere, ..total.clone() }
            })
            .collect()
    }
}
