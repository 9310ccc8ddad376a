//! Another plan beside the live one, over stored readings: what would change. Nothing is stored.
//!
//! Both plans run over the same received values, so that every difference is the plan's. With [`AsOf::At`] they run over
//! what had arrived by then, without what people decided since: a look back at what the plan would have said.

mod changes;

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use model::master::{Channel, ConnectionState};
use model::time::{LocalDay, TimeRange};
use store::readings::{AsOf, Error, NO_VALUE, ReadingsBook};
use store::registry::directory::Directory;
use store::registry::review::Decision as StoredDecision;
use vee::channel::{ChannelDays, ReceivedDay};
use vee::context::{Decision, DecisionKind};
use vee::{Activity, CheckedPlan, Context, Stamp, Total};

use crate::placement::zone_of;
use crate::review::Decisions;
use crate::validation::surroundings::FullDay;
use crate::validation::totals;

pub use changes::{Changes, ExceptionChange, ExceptionExample, RuleChange, ValueChange, ValueExample};

/// The two plans and what they run over.
pub struct Shadow<'a> {
    /// The readings.
    pub book: &'a ReadingsBook,
    /// The channels.
    pub directory: &'a Directory,
    /// The plan that holds.
    pub live: &'a CheckedPlan,
    /// The plan beside it.
    pub other: &'a CheckedPlan,
    /// What people decided; nothing for a look back.
    pub decisions: &'a Decisions,
    /// Which state of knowledge.
    pub as_of: AsOf,
    /// Days that have not ended by now are passed over.
    pub now: Timestamp,
    /// As many examples are kept of each rule, and of values.
    pub examples_max: usize,
}

impl Shadow<'_> {
    /// Runs both plans over days of a channel and adds what differs. Days of which nothing had arrived are passed over.
    ///
    /// # Errors
    /// What the readings book says.
    pub fn run(&self, channel: &Channel, days: &BTreeSet<Date>, changes: &mut Changes) -> Result<(), Error> {
        let Some(gathered) = self.gathered(channel, days)? else { return Ok(()) };
        let stamp = Stamp { run: 0, now: self.now };
        for activity in [Activity::Active, Activity::Inactive] {
            let of_activity: Vec<Date> =
                days.iter().copied().filter(|date| gathered.activity.get(date) == Some(&activity)).collect();
            if of_activity.is_empty() {
                continue;
            }
            let mut live = gathered.with(channel, activity, self.live);
            let mut other = gathered.with(channel, activity, self.other);
            for date in of_activity {
                if gathered.unended.contains(&date) {
                    changes.days_waiting += 1;
                } else if let (Some(live), Some(other)) = (live.outcome(date, stamp), other.outcome(date, stamp)) {
                    changes.add(channel, &gathered.days[&date], &live, &other, self.examples_max);
                }
            }
        }
        Ok(())
    }

    /// The days of a channel with all that either plan may look at; `None` where there is no interval or no valid zone.
    fn gathered(&self, channel: &Channel, days: &BTreeSet<Date>) -> Result<Option<Gathered>, Error> {
        let (Some(length), Ok(zone)) = (channel.interval_seconds, zone_of(&channel.zone)) else { return Ok(None) };
        let (Some(first), Some(last)) = (days.first(), days.last()) else { return Ok(None) };
        let plans = [self.live, self.other];
        let reach = plans.map(|plan| plan.reach_days().max(plan.rules_reach_days())).into_iter().max().unwrap_or(1);
        let reach = Span::new().days(reach);
        let Some(within) = dates(first.saturating_sub(reach), last.saturating_add(reach), &zone) else {
            return Ok(None);
        };
        let stored = self.book.read(channel.number, within.start.as_second(), within.end.as_second(), self.as_of)?;
        let states = self.directory.states(channel.usage_point);
        let mut gathered = Gathered::default();
        for day in stored.days.iter().filter(|day| day.slot_seconds == length) {
            let full = FullDay::received(self.book, day, &zone);
            let range = full.as_day().whole();
            if self.now < range.end {
                gathered.unended.insert(day.date);
            }
            let connected = states.is_none_or(|states| {
                states.between(range.start, range.end).iter().all(|dated| dated.value == ConnectionState::Connected)
            });
            gathered.activity.insert(day.date, if connected { Activity::Active } else { Activity::Inactive });
            gathered.days.insert(day.date, received(&full, self.decisions.on(channel.number, day.date)));
        }
        gathered.totals = self.totals(channel, within)?;
        Ok(Some(gathered))
    }

    /// What the intervals must add up to; in a look back only what registers had told by then.
    fn totals(&self, channel: &Channel, within: TimeRange) -> Result<Vec<Total>, Error> {
        let mut found = totals::of_channel(self.book, self.directory, channel, within)?;
        if self.as_of != AsOf::Now {
            let mut known = BTreeMap::new();
            for register in self.directory.of_usage_point(channel.usage_point) {
                let (now, then) = (self.reads(register, within, AsOf::Now)?, self.reads(register, within, self.as_of)?);
                let same: BTreeSet<_> = now.intersection(&then).map(|(at, start, _)| (*at, *start)).collect();
                known.insert(register.label.clone(), same);
            }
            found.retain(|total| {
                let (start, end) = (total.range.start.as_second(), total.range.end.as_second());
                known.get(&total.measured_by).is_some_and(|reads| {
                    reads.contains(&(end, Some(start)))
                        || (reads.contains(&(start, None)) && reads.contains(&(end, None)))
                })
            });
        }
        Ok(found.into_iter().map(totals::KnownTotal::into_total).collect())
    }

    /// Moment, start of the period and value of each read of a register.
    fn reads(&self, register: &Channel, within: TimeRange, as_of: AsOf) -> Result<BTreeSet<Read>, Error> {
        let (start, end) = (within.start.as_second(), within.end.as_second().saturating_add(1));
        let reads = self.book.read(register.number, start, end, as_of)?.registers;
        Ok(reads.into_iter().map(|read| (read.at, read.period_start, read.value)).collect())
    }
}

/// Moment, start of the period, value.
type Read = (i64, Option<i64>, Option<i64>);

/// What both plans look at.
#[derive(Default)]
struct Gathered {
    days: BTreeMap<Date, ReceivedDay>,
    activity: BTreeMap<Date, Activity>,
    unended: BTreeSet<Date>,
    totals: Vec<Total>,
}

impl Gathered {
    fn with<'g>(&'g self, channel: &'g Channel, activity: Activity, plan: &'g CheckedPlan) -> ChannelDays<'g> {
        let facts = Context {
            activity,
            negative_allowed: channel.reading_type.flow_direction == NET,
            ..Context::of(channel.number, &channel.unit, channel.quantum)
        };
        ChannelDays::new(facts, &self.totals, plan, self.days.clone())
    }
}

/// flowDirection of IEC 61968-9: net, the only one that may count below zero.
const NET: u16 = 4;

/// The instants from the begin of one date to the end of another.
fn dates(first: Date, last: Date, zone: &TimeZone) -> Option<TimeRange> {
    Some(TimeRange { start: LocalDay::of(first, zone)?.range.start, end: LocalDay::of(last, zone)?.range.end })
}

fn received(day: &FullDay, decisions: &[StoredDecision]) -> ReceivedDay {
    let seen = day.as_day();
    ReceivedDay {
        start: seen.start,
        slot_seconds: seen.slot_seconds,
        clock_change: seen.clock_change,
        values: day.values.clone(),
        statuses: day.statuses.clone(),
        decisions: decisions.iter().flat_map(as_inputs).collect(),
    }
}

/// A decision as `vee` takes it. Where nothing was received there is nothing to accept: the estimate stays.
fn as_inputs(decision: &StoredDecision) -> Vec<Decision> {
    let day = &decision.day;
    let basis: Vec<i64> = day.basis.iter().map(|value| value.unwrap_or(NO_VALUE)).collect();
    if let Some(values) = &day.new_values {
        let kind = DecisionKind::Set(values.clone());
        return vec![Decision { act: decision.act, from: day.first, to: day.end, basis, kind }];
    }
    let mut inputs = Vec::new();
    let mut from = day.first;
    for stretch in basis.chunk_by(|left, right| (*left == NO_VALUE) == (*right == NO_VALUE)) {
        let to = from.saturating_add(u16::try_from(stretch.len()).unwrap_or(u16::MAX));
        if stretch[0] != NO_VALUE {
            let kind = DecisionKind::Accept;
            inputs.push(Decision { act: decision.act, from, to, basis: stretch.to_vec(), kind });
        }
        from = to;
    }
    inputs
}
