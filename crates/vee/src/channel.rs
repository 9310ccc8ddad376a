//! One channel over many days: which days must be run when some were touched, and what each comes out as.
//!
//! A day's outcome follows from received values, decisions of people, totals and the plan, and never from what an
//! earlier run decided. So in whatever order data arrives, running the touched days and those that lean on them
//! ([`ChannelDays::to_run`]) leaves what a run over everything would leave.
//!
//! Rules see the days around as received. Methods and sums see them as judged: received, with what the rules of the
//! plan say of the values, but without estimates.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use jiff::{Span, Timestamp};
use model::quality::Status;
use model::time::{LocalDay, TimeRange};

use crate::context::{Activity, Context, Decision, Elsewhere, Neighbour, Site, Total, overlap};
use crate::day::{ClockChange, Day, MISSING};
use crate::outcome::Outcome;
use crate::plan::{CheckedPlan, DatedPlans};
use crate::run::{Stamp, judged_values, run_in};

/// One day of a channel as it was received, and what is known of it beside its values.
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
    /// The local day as the calendar of the zone has it; `None` where the zone is not known.
    pub local_day: Option<LocalDay>,
    /// Whether use is expected.
    pub activity: Activity,
    /// Approved decisions, the earlier first.
    pub decisions: Vec<Decision>,
}

impl ReceivedDay {
    /// The day as rules see it.
    pub fn as_day(&self, date: Date) -> Day<'_> {
        self.with(date, &self.values, &self.statuses)
    }

    fn with<'d>(&self, date: Date, values: &'d [i64], statuses: &'d [Status]) -> Day<'d> {
        let Self { start, slot_seconds, clock_change, .. } = *self;
        Day { date, start, slot_seconds, clock_change, values, statuses }
    }

    fn is_zero(&self) -> bool {
        self.activity == Activity::Active && self.values.iter().all(|value| *value == 0)
    }
}

/// A day and, once asked for, what the value checks say of it.
#[derive(Debug)]
struct Known {
    received: ReceivedDay,
    /// Values and statuses after the value checks, before any estimate.
    judged: OnceCell<(Vec<i64>, Vec<Status>)>,
}

/// The days of one channel around those that are run.
///
/// Each day is judged by the plan that holds on its date. It must hold every stored day within the reach of any of
/// these plans ([`DatedPlans::reach_days`]) of a day that is run.
#[derive(Debug)]
pub struct ChannelDays<'a> {
    facts: Context<'a>,
    totals: Vec<Total>,
    plans: DatedPlans<'a>,
    days: BTreeMap<Date, Known>,
}

impl<'a> ChannelDays<'a> {
    /// The days of a channel. `facts` says what holds for each of them: its neighbours, history, totals, activity and decisions
    /// are not looked at. `totals` may be of any span; what other days contribute to one is added here.
    pub fn new(
        facts: Context<'a>,
        totals: Vec<Total>,
        plans: impl Into<DatedPlans<'a>>,
        days: impl IntoIterator<Item = (Date, ReceivedDay)>,
    ) -> Self {
        let known = |received| Known { received, judged: OnceCell::new() };
        let days = days.into_iter().map(|(date, day)| (date, known(day))).collect();
        Self { facts, totals, plans: plans.into(), days }
    }

    /// A day as received.
    pub fn day(&self, date: Date) -> Option<&ReceivedDay> {
        self.days.get(&date).map(|known| &known.received)
    }

    /// The touched days and every day whose outcome may change with them. `leans` says of a day whether its stored outcome
    /// has an estimate, an open gap or a failure; only such days look at more than their neighbours.
    pub fn to_run(&self, touched: &BTreeSet<Date>, leans: impl Fn(Date) -> bool) -> BTreeSet<Date> {
        let mut affected = touched.clone();
        for date in touched {
            affected.extend([date.yesterday(), date.tomorrow()].into_iter().flatten());
            affected.extend(self.zero_days_after(*date));
            affected.extend(self.within(*date, 0, self.plans.rules_reach_days()));
        }
        affected.retain(|date| self.days.contains_key(date));
        let mut all = affected.clone();
        // The days around may be judged by plans that reach further than that of the day itself.
        let reach = self.plans.reach_days();
        for date in &affected {
            all.extend(self.beside_in_totals(*date, reach));
            all.extend(self.within(*date, reach, reach).filter(|other| leans(*other)));
        }
        all
    }

    /// The outcome of a day; `None` where there is no such day.
    pub fn outcome(&self, date: Date, stamp: Stamp) -> Option<Outcome> {
        let known = self.days.get(&date)?;
        Some(self.outcome_of(date, &known.received, stamp))
    }

    /// The outcome of a day with another content than its own, by the plan that holds on its date: where none does, as
    /// received, with a failure that says so.
    pub fn outcome_of(&self, date: Date, day: &ReceivedDay, stamp: Stamp) -> Outcome {
        match self.plans.on(date) {
            Ok(plan) => self.outcome_over(date, day, plan, stamp),
            Err(none) => Outcome::unplanned(self.facts.channel, &day.as_day(date), &none, stamp),
        }
    }

    /// The outcome of a day with another content or by another plan than its own, among days that are as they are.
    pub fn outcome_over(&self, date: Date, day: &ReceivedDay, plan: &CheckedPlan, stamp: Stamp) -> Outcome {
        let totals = self.totals_of(date);
        let received = Context {
            totals: &totals,
            activity: day.activity,
            decisions: &day.decisions,
            ..self.received_context(date)
        };
        let (values, _) = judged_values(&day.as_day(date), &received, plan);
        let reach = if values.contains(&MISSING) { plan.reach_days() } else { 0 };
        let history: Vec<Day<'_>> =
            self.within(date, reach, reach).filter_map(|other| self.judged_day(other)).collect();
        let neighbour = |date: Result<Date, jiff::Error>| self.judged_day(date.ok()?);
        let judged = Context {
            before: neighbour(date.yesterday()).map(|day| Neighbour::before([&day])),
            after: neighbour(date.tomorrow()).map(|day| Neighbour::after([&day])),
            history: &history,
            ..received.clone()
        };
        run_in(&day.as_day(date), &received, &judged, plan, stamp)
    }

    /// The totals that touch a day, each with what the days around contribute as judged.
    pub fn totals_of(&self, date: Date) -> Vec<Total> {
        let Some(range) = self.range_of(date) else { return Vec::new() };
        let with_elsewhere = |total: &Total| {
            let within = range.start <= total.range.start && total.range.end <= range.end;
            let others = self.days_in(total.range).filter(|other| *other != date);
            let around = || others.filter_map(|other| self.judged_day(other)).collect::<Vec<_>>();
            let elsewhere = if within { None } else { Some(Elsewhere::of(total.range, range, &around())) };
            Total { elsewhere, ..total.clone() }
        };
        self.totals_near(date, self.reach_on(date)).map(with_elsewhere).collect()
    }

    /// The totals that touch a day and lie within so many days around it.
    fn totals_near(&self, date: Date, reach_days: u16) -> impl Iterator<Item = &Total> {
        let reach = i64::from(reach_days) * 86_400;
        let range = self.range_of(date);
        let near = move |total: &&Total| {
            range.is_some_and(|day| {
                overlap(total.range, day).is_some()
                    && day.start.as_second() - reach <= total.range.start.as_second()
                    && total.range.end.as_second() <= day.end.as_second() + reach
            })
        };
        self.totals.iter().filter(near)
    }

    /// How far the plan of a day looks; where there is none, to its neighbours.
    fn reach_on(&self, date: Date) -> u16 {
        self.plans.on(date).map_or(1, CheckedPlan::reach_days)
    }

    /// What rules may look at, all of it as received.
    fn received_context(&self, date: Date) -> Context<'_> {
        let neighbour = |date: Result<Date, jiff::Error>| {
            let date = date.ok()?;
            Some(self.days.get(&date)?.received.as_day(date))
        };
        let day = self.days.get(&date).map(|known| &known.received);
        Context {
            before: neighbour(date.yesterday()).map(|day| Neighbour::before([&day])),
            after: neighbour(date.tomorrow()).map(|day| Neighbour::after([&day])),
            zero_days_before: self.zero_days_before(date),
            activity: day.map_or(Activity::Active, |day| day.activity),
            site: Site { local_day: day.and_then(|day| day.local_day), ..self.facts.site },
            decisions: day.map_or(&[], |day| day.decisions.as_slice()),
            ..self.facts.clone()
        }
    }

    /// A day with what the value checks say of it.
    fn judged_day(&self, date: Date) -> Option<Day<'_>> {
        let known = self.days.get(&date)?;
        let (values, statuses) = known.judged.get_or_init(|| match self.plans.on(date) {
            Ok(plan) => judged_values(&known.received.as_day(date), &self.received_context(date), plan),
            // What no plan judges stands as received.
            Err(_) => (known.received.values.clone(), known.received.statuses.clone()),
        });
        Some(known.received.with(date, values, statuses))
    }

    /// Whole days of zeros right before a day, at most as many as its plan reaches.
    fn zero_days_before(&self, date: Date) -> u16 {
        let before = std::iter::successors(date.yesterday().ok(), |date| date.yesterday().ok());
        self.zero_days(before, self.reach_on(date)).count().try_into().unwrap_or(u16::MAX)
    }

    fn zero_days_after(&self, date: Date) -> impl Iterator<Item = Date> {
        self.zero_days(
            std::iter::successors(date.tomorrow().ok(), |date| date.tomorrow().ok()),
            self.plans.reach_days(),
        )
    }

    fn zero_days(&self, dates: impl Iterator<Item = Date>, most: u16) -> impl Iterator<Item = Date> {
        let is_zero = |date: &Date| self.days.get(date).is_some_and(|known| known.received.is_zero());
        dates.take(usize::from(most)).take_while(is_zero)
    }

    /// The days there are within so many days of a day, itself left out.
    fn within(&self, date: Date, before: u16, after: u16) -> impl Iterator<Item = Date> {
        let (from, to) = (date.saturating_sub(Span::new().days(before)), date.saturating_add(Span::new().days(after)));
        self.days.range(from..=to).map(|(other, _)| *other).filter(move |other| *other != date)
    }

    /// The other days that share a total with a day.
    fn beside_in_totals(&self, date: Date, reach_days: u16) -> BTreeSet<Date> {
        self.totals_near(date, reach_days)
            .flat_map(|total| self.days_in(total.range))
            .filter(|other| *other != date)
            .collect()
    }

    fn range_of(&self, date: Date) -> Option<TimeRange> {
        self.days.get(&date).map(|known| known.received.as_day(date).whole())
    }

    /// The days that a span touches.
    fn days_in(&self, span: TimeRange) -> impl Iterator<Item = Date> {
        self.days
            .keys()
            .copied()
            .filter(move |date| self.range_of(*date).is_some_and(|day| overlap(span, day).is_some()))
    }
}
