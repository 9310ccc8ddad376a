//! One channel over many days: which days must be run when some were touched, and what each comes out as.
//!
//! A day's outcome follows from received values, decisions of people, totals and the plan, and never from what an
//! earlier run decided. So in whatever order data arrives, running the touched days and those that lean on them
//! ([`ChannelDays::to_run`]) leaves what a run over everything would leave.
//!
//! Rules see the days around as received. Methods and sums see them as judged: received, with what the rules of the
//! plan say of the values, but without estimates. The same holds of other channels ([`Beside`]). Scaling sees the days that
//! share a register with their estimates as the methods gave them, so that a register over several days is met by all of
//! them together.
//!
//! A day of which nothing arrived is silent. It is run like any other where values are expected of it
//! ([`crate::meter_times`]) and a day with values is near.

mod beside;
mod buckets;
mod shared_registers;

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use jiff::{Span, Timestamp};
use model::quality::Status;
use model::time::{LocalDay, TimeRange};

use crate::assumed_time::ends_assumed;
use crate::context::{
    Activity, Companion, Context, Decision, Device, Elsewhere, Expected, Neighbour, Site, Sources, Total, overlap,
};
use crate::day::{ClockChange, Day, MISSING};
use crate::meter_times::{MeterTimes, SILENT_DAYS, first_value};
use crate::outcome::Outcome;
use crate::plan::needs::Outlook;
use crate::plan::{CheckedPlan, DatedPlans};
use crate::process::Kept;
use crate::run::{Seeds, Stamp, judged_values, run_in};
use beside::Looks;

pub use beside::{Beside, DayBeside, OtherChannel};
pub use buckets::{BucketRegister, BucketRegisters};

/// One day of a channel as it was received, and what is known of it beside its values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceivedDay {
    /// The first instant of the local day.
    pub start: Timestamp,
    /// Length of every slot, more than zero.
    pub slot_seconds: u32,
    /// Where the local clock jumps within the day.
    pub clock_change: Option<ClockChange>,
    /// Value digits in the channel's quantum, of the versions that count; [`MISSING`] where there is none.
    pub values: Vec<i64>,
    /// As many as there are values.
    pub statuses: Vec<Status>,
    /// The local day as the calendar of the zone has it; `None` where the zone is not known.
    pub local_day: Option<LocalDay>,
    /// Whether use is expected.
    pub activity: Activity,
    /// Approved decisions, the earlier first.
    pub decisions: Vec<Decision>,
    /// Where an earlier version counts than the one received last.
    pub kept: Vec<Kept>,
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

/// Which side of a day.
#[derive(Clone, Copy)]
enum Side {
    Before,
    After,
}

impl Side {
    fn next(self, date: Date) -> Option<Date> {
        match self {
            Self::Before => date.yesterday().ok(),
            Self::After => date.tomorrow().ok(),
        }
    }
}

/// A day and, once asked for, what the value checks say of it.
#[derive(Debug)]
struct Known {
    received: ReceivedDay,
    has_value: bool,
    /// Values and statuses after the value checks, before any estimate.
    judged: OnceCell<(Vec<i64>, Vec<Status>)>,
    /// The day with its estimates, before any scaling.
    seeds: OnceCell<Seeds>,
}

/// The days of one channel around those that are run.
///
/// Each day is judged by the plan that holds on its date. It must hold every stored day within the reach of any of
/// these plans ([`DatedPlans::outcome_days`]) of a day that is run, and a day without values for every other one there that
/// has ended.
#[derive(Debug)]
pub struct ChannelDays<'a> {
    facts: Context<'a>,
    totals: Vec<Total>,
    plans: DatedPlans<'a>,
    days: BTreeMap<Date, Known>,
    beside: Option<Beside<'a>>,
    buckets: BucketRegisters,
    meter_times: MeterTimes,
    other_length: Vec<TimeRange>,
    expected: OnceCell<Vec<TimeRange>>,
    /// Differences over whole days that are read within them, once asked for.
    whole_days: OnceCell<Vec<Total>>,
}

impl<'a> ChannelDays<'a> {
    /// The days of a channel. `facts` says what holds for each of them: its neighbours, history, totals, activity, decisions and
    /// when values are expected are not looked at. `totals` may be of any span; what other days contribute to one is added here.
    pub fn new(
        facts: Context<'a>,
        totals: Vec<Total>,
        plans: impl Into<DatedPlans<'a>>,
        days: impl IntoIterator<Item = (Date, ReceivedDay)>,
    ) -> Self {
        let known = |(date, received): (Date, ReceivedDay)| {
            let has_value = first_value(&received.as_day(date)).is_some();
            (date, Known { received, has_value, judged: OnceCell::new(), seeds: OnceCell::new() })
        };
        let (plans, days) = (plans.into(), days.into_iter().map(known).collect());
        let (buckets, meter_times) = (BucketRegisters::default(), MeterTimes::default());
        let (expected, whole_days) = (OnceCell::new(), OnceCell::new());
        let other_length = Vec::new();
        Self { facts, totals, plans, days, beside: None, buckets, meter_times, other_length, expected, whole_days }
    }

    /// The same with what is known beside the days; it takes the place of what `facts` said of that.
    #[must_use]
    pub fn with(self, beside: Beside<'a>) -> Self {
        Self { beside: Some(beside), ..self }
    }

    /// The same with what master data says of when a meter was there.
    #[must_use]
    pub fn with_meter_times(self, meter_times: MeterTimes) -> Self {
        Self { meter_times, expected: OnceCell::new(), ..self }
    }

    /// The same with the time for which values of another interval length wait for people.
    #[must_use]
    pub fn with_other_length(self, other_length: Vec<TimeRange>) -> Self {
        Self { other_length, ..self }
    }

    /// A day as received.
    pub fn day(&self, date: Date) -> Option<&ReceivedDay> {
        self.days.get(&date).map(|known| &known.received)
    }

    /// The touched days and every day whose outcome may change with them. `leans` says of a day whether its stored outcome
    /// has an estimate, an open gap or a failure; only such days look at more than their neighbours.
    pub fn to_run(&self, touched: &BTreeSet<Date>, leans: impl Fn(Date) -> bool) -> BTreeSet<Date> {
        let mut affected = touched.clone();
        let Outlook { reach_days: reach, summary_spans: spans, .. } = self.plans.outlook();
        for date in touched {
            affected.extend([date.yesterday(), date.tomorrow()].into_iter().flatten());
            affected.extend(self.zero_days_after(*date));
            affected.extend(spans.iter().flat_map(|span| self.after(*date, *span)));
        }
        affected.retain(|date| self.days.contains_key(date));
        let mut all = affected.clone();
        // The days around may be judged by plans that reach further than that of the day itself.
        for date in &affected {
            all.extend(self.beside_in_totals(*date, reach));
            all.extend(self.within(*date, reach, reach).filter(|other| leans(*other)));
        }
        all.extend(touched.iter().flat_map(|date| self.silence_beside(*date)));
        // Their estimates are seeds of every estimate that shares a register with them.
        let scaled_with: BTreeSet<Date> = all.iter().flat_map(|date| self.scaled_with(*date)).collect();
        all.extend(scaled_with.into_iter().filter(|other| leans(*other)));
        all.retain(|date| self.says_something(*date) || leans(*date));
        all
    }

    /// Whether anything was received for a day or decided about it, or should have been received and a day with values is
    /// near. What people wrote stands where nothing is expected any more.
    pub fn says_something(&self, date: Date) -> bool {
        let Some(known) = self.days.get(&date) else { return false };
        let near = || self.within(date, SILENT_DAYS, SILENT_DAYS).any(|other| self.days[&other].has_value);
        let whole = known.received.as_day(date).whole();
        known.has_value
            || !known.received.decisions.is_empty()
            || known.received.statuses.iter().any(|status| !status.is_empty())
            || self.expected().touches(whole) && (near() || self.meter_times.began_before(whole))
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
            Err(_) if !self.says_something(date) => Outcome::of_nothing(self.facts.channel, &day.as_day(date), stamp),
            Err(none) => Outcome::unplanned(self.facts.channel, &day.as_day(date), &none, stamp),
        }
    }

    /// The outcome of a day with another content or by another plan than its own, among days that are as they are.
    pub fn outcome_over(&self, date: Date, day: &ReceivedDay, plan: &CheckedPlan, stamp: Stamp) -> Outcome {
        self.in_contexts(date, day, plan, |received, judged| {
            let shared = || self.shared_registers(date, plan);
            run_in(&day.as_day(date), (received, judged), &shared, plan, stamp)
        })
    }

    /// Gives a run over a day what rules and what methods may look at.
    fn in_contexts<T>(
        &self,
        date: Date,
        day: &ReceivedDay,
        plan: &CheckedPlan,
        run: impl FnOnce(&Context<'_>, &Context<'_>) -> T,
    ) -> T {
        let (totals, bucket_totals) = (self.totals_of(date), self.bucket_totals(date, plan));
        let buckets = self.buckets_with(date, plan, &bucket_totals);
        let (companions, judged_companions) =
            (self.companions(date, Looks::Rules), self.companions(date, Looks::Methods));
        let around = self.received_context(date, &companions);
        let without_calendar = self.without_calendar(date, plan);
        let received = Context {
            totals: &totals,
            sources: Sources { buckets: &buckets, without_calendar, ..around.sources },
            activity: day.activity,
            decisions: &day.decisions,
            kept: &day.kept,
            ..around
        };
        let (values, _) = judged_values(&day.as_day(date), &received, plan);
        let reach = if values.contains(&MISSING) { plan.method_days() } else { 0 };
        let history: Vec<Day<'_>> =
            self.within(date, reach, reach).filter_map(|other| self.judged_day_with_values(other)).collect();
        let judged = Context {
            before: self.neighbour(date, Side::Before, |other| self.judged_day(other)),
            after: self.neighbour(date, Side::After, |other| self.judged_day(other)),
            history: &history,
            companions: &judged_companions,
            ..received.clone()
        };
        run(&received, &judged)
    }

    /// The totals that touch a day, each with what the days around contribute as judged.
    pub fn totals_of(&self, date: Date) -> Vec<Total> {
        self.totals_among(&self.totals, date, |_| true)
    }

    /// As [`ChannelDays::totals_of`], of these totals, to which the intervals contribute whose begin counts.
    fn totals_among(&self, totals: &[Total], date: Date, counts: impl Fn(Timestamp) -> bool) -> Vec<Total> {
        let Some(range) = self.range_of(date) else { return Vec::new() };
        let with_elsewhere = |total: &Total| {
            let within = range.start <= total.range.start && total.range.end <= range.end;
            let others = self.days_in(total.range).filter(|other| *other != date);
            let around = || others.filter_map(|other| self.judged_day(other)).collect::<Vec<_>>();
            let of_others = || Elsewhere::of_counted(total.range, range, &around(), &counts);
            Total { elsewhere: (!within).then(of_others), ..total.clone() }
        };
        self.totals_near(totals.iter(), date, self.reach_on(date)).map(with_elsewhere).collect()
    }

    /// Those of some totals that touch a day and lie within so many days around it.
    fn totals_near<'t>(
        &self,
        totals: impl Iterator<Item = &'t Total>,
        date: Date,
        reach_days: u16,
    ) -> impl Iterator<Item = &'t Total> {
        let reach = i64::from(reach_days) * 86_400;
        let range = self.range_of(date);
        let near = move |total: &&Total| {
            range.is_some_and(|day| {
                overlap(total.range, day).is_some()
                    && day.start.as_second() - reach <= total.range.start.as_second()
                    && total.range.end.as_second() <= day.end.as_second() + reach
            })
        };
        totals.filter(near)
    }

    /// How far the plan of a day looks; where there is none, to its neighbours.
    fn reach_on(&self, date: Date) -> u16 {
        self.plans.on(date).map_or(1, CheckedPlan::reach_days)
    }

    /// Into how many days beside a day its plan counts a gap.
    fn gap_days_on(&self, date: Date) -> usize {
        self.plans.on(date).map_or(0, CheckedPlan::gap_days).into()
    }

    /// What rules may look at, all of it as received.
    fn received_context<'s>(&'s self, date: Date, companions: &'s [Companion<'s>]) -> Context<'s> {
        let as_received = |date: Date| Some(self.days.get(&date)?.received.as_day(date));
        let day = self.days.get(&date).map(|known| &known.received);
        let facts = match &self.beside {
            Some(beside) => Context { companions, ..beside.over(date, self.facts.clone()) },
            None => self.facts.clone(),
        };
        let before = std::iter::successors(Side::Before.next(date), |date| Side::Before.next(*date));
        let before = before.take(self.gap_days_on(date)).map_while(as_received);
        Context {
            device: Device { assumed_before: ends_assumed(before), ..facts.device },
            before: self.neighbour(date, Side::Before, as_received),
            after: self.neighbour(date, Side::After, as_received),
            day_before: Side::Before.next(date).and_then(as_received),
            day_after: Side::After.next(date).and_then(as_received),
            expected: self.expected(),
            other_length: &self.other_length,
            zero_days_before: self.zero_days_before(date),
            activity: day.map_or(Activity::Active, |day| day.activity),
            site: Site { local_day: day.and_then(|day| day.local_day), ..facts.site },
            decisions: day.map_or(&[], |day| day.decisions.as_slice()),
            kept: day.map_or(&[], |day| day.kept.as_slice()),
            ..facts
        }
    }

    /// What lies beyond an edge of a day. A gap there is counted through as many days as the plan looks at.
    fn neighbour<'d>(&self, date: Date, side: Side, day: impl Fn(Date) -> Option<Day<'d>>) -> Option<Neighbour> {
        let nearest = day(side.next(date)?)?;
        let neighbour = match side {
            Side::Before => Neighbour::before([&nearest]),
            Side::After => Neighbour::after([&nearest]),
        };
        if neighbour.missing_at_edge == 0 {
            return Some(neighbour);
        }
        let expected = self.expected();
        let mut missing_at_edge = 0_u16;
        let dates = std::iter::successors(side.next(date), |date| side.next(*date));
        for day in dates.take(self.gap_days_on(date)).map_while(day) {
            let is_missing = |slot: &u16| day.value(*slot).is_none() && expected.covers(day.range(*slot, slot + 1));
            let missing = match side {
                Side::Before => (0..day.slots()).rev().take_while(is_missing).count(),
                Side::After => (0..day.slots()).take_while(is_missing).count(),
            };
            missing_at_edge = missing_at_edge.saturating_add(u16::try_from(missing).unwrap_or(u16::MAX));
            if missing < usize::from(day.slots()) {
                break;
            }
        }
        Some(Neighbour { missing_at_edge, ..neighbour })
    }

    /// When values are expected.
    fn expected(&self) -> Expected<'_> {
        let days = || self.days.iter().map(|(date, known)| known.received.as_day(*date));
        Expected::within(self.expected.get_or_init(|| self.meter_times.expected(days())))
    }

    /// The silent days right before and after a day, and the ones at the other ends of the silence.
    fn silence_beside(&self, date: Date) -> BTreeSet<Date> {
        let is_silent = |date: &Date| self.days.get(date).is_some_and(|known| !known.has_value);
        let beside = |side: Side| {
            let dates = std::iter::successors(side.next(date), move |date| side.next(*date));
            dates.take(SILENT_DAYS.into()).take_while(is_silent)
        };
        let mut silence: BTreeSet<Date> = beside(Side::Before).collect();
        silence.extend(beside(Side::After));
        let first = silence.first().copied().unwrap_or(date).min(date).yesterday().ok();
        let last = silence.last().copied().unwrap_or(date).max(date).tomorrow().ok();
        silence.extend([first, last].into_iter().flatten().filter(|end| self.days.contains_key(end)));
        silence
    }

    /// A day with what the value checks say of it, without estimates.
    pub fn judged_day(&self, date: Date) -> Option<Day<'_>> {
        let known = self.days.get(&date)?;
        let (values, statuses) = known.judged.get_or_init(|| match self.plans.on(date) {
            Ok(plan) => {
                let companions = self.companions(date, Looks::Rules);
                judged_values(&known.received.as_day(date), &self.received_context(date, &companions), plan)
            }
            // What no plan judges stands as received.
            Err(_) => (known.received.values.clone(), known.received.statuses.clone()),
        });
        Some(known.received.with(date, values, statuses))
    }

    fn companions(&self, date: Date, looks: Looks) -> Vec<Companion<'_>> {
        self.beside.as_ref().map_or_else(Vec::new, |beside| beside.companions(date, looks))
    }

    /// As [`ChannelDays::judged_day`], where any value was received.
    fn judged_day_with_values(&self, date: Date) -> Option<Day<'_>> {
        self.judged_day(date).filter(|_| self.days.get(&date).is_some_and(|known| known.has_value))
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

    /// The days there are that lie from `youngest` to `oldest` days after a day.
    fn after(&self, date: Date, (youngest, oldest): (u16, u16)) -> impl Iterator<Item = Date> {
        let (from, to) =
            (date.saturating_add(Span::new().days(youngest)), date.saturating_add(Span::new().days(oldest)));
        self.days.range(from..=to.max(from)).map(|(other, _)| *other)
    }

    /// The other days that share a total with a day.
    fn beside_in_totals(&self, date: Date, reach_days: u16) -> BTreeSet<Date> {
        self.totals_near(self.every_total(), date, reach_days)
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
