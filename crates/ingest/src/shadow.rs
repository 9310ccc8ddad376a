//! Another plan beside the live one, over stored readings: what would change. Nothing is stored.
//!
//! Both plans run over the same received values, so that every difference is the plan's. With [`AsOf::At`] they run over
//! what had arrived by then, without what people decided since: a look back at what the plan would have said.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use model::id::ChannelNumber;
use model::lineage::FinalDay;
use model::master::{Channel, ConnectionState};
use model::time::{LocalDay, TimeRange};
use serde::Serialize;
use smol_str::SmolStr;
use store::readings::{AsOf, Damage, NO_VALUE, ReadingsBook};
use store::registry::directory::Directory;
use store::registry::review::Decision as StoredDecision;
use vee::amount::Amount;
use vee::channel::{ChannelDays, ReceivedDay};
use vee::context::{Decision, DecisionKind};
use vee::{Activity, CheckedPlan, Context, Exception, Outcome, Queue, Stamp, Total, Verdict};

use crate::placement::zone_of;
use crate::review::Decisions;
use crate::validation::surroundings::FullDay;
use crate::validation::totals;

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

/// What would change.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Changes {
    /// Channel-days that both plans ran over.
    pub days: u64,
    /// Channel-days on which a rule, a value or an exception differs.
    pub days_changed: u64,
    /// Channel-days that have not ended yet.
    pub days_waiting: u64,
    /// By rule, those of either plan.
    pub rules: BTreeMap<SmolStr, RuleChange>,
    /// Final values that differ, by the unit of their channels.
    pub values: BTreeMap<SmolStr, ValueChange>,
    /// Examples of values that differ.
    pub value_examples: Vec<ValueExample>,
    /// Exceptions; one is the same where channel, day, rule and span are.
    pub exceptions: ExceptionChange,
}

/// What would change of one rule, in channel-days.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RuleChange {
    /// Days that fail with the other plan only.
    pub newly_fails: u64,
    /// Days that fail with the live plan only.
    pub newly_passes: u64,
    /// Days that fail with both.
    pub fails_with_both: u64,
    /// Exceptions that would be new or gone.
    pub examples: Vec<ExceptionExample>,
}

/// Final values that would differ, in one unit.
#[derive(Clone, Debug, Serialize)]
pub struct ValueChange {
    /// How many.
    pub count: u64,
    /// How many have a value with the other plan only.
    pub gained: u64,
    /// How many have a value with the live plan only.
    pub lost: u64,
    /// What they add up to with the live plan; exact.
    #[serde(serialize_with = "as_text")]
    pub sum_live: Amount,
    /// What they add up to with the other plan; exact.
    #[serde(serialize_with = "as_text")]
    pub sum_other: Amount,
}

impl Default for ValueChange {
    fn default() -> Self {
        Self { count: 0, gained: 0, lost: 0, sum_live: Amount::ZERO, sum_other: Amount::ZERO }
    }
}

/// Exceptions that would be there or not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ExceptionChange {
    /// With the other plan only.
    pub new: u64,
    /// Of these, those that a person has to look at.
    pub new_for_people: u64,
    /// With the live plan only.
    pub gone: u64,
    /// Of these, those that a person has to look at.
    pub gone_for_people: u64,
    /// With both.
    pub kept: u64,
}

/// An exception that one of the plans has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ExceptionExample {
    /// What people call the channel.
    pub channel: SmolStr,
    /// The local day.
    pub date: Date,
    /// First slot.
    pub from: u16,
    /// One past the last slot.
    pub to: u16,
    /// `new` or `gone`.
    pub change: &'static str,
    /// One sentence with the numbers.
    pub evidence: String,
}

/// A final value that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ValueExample {
    /// What people call the channel.
    pub channel: SmolStr,
    /// The begin of the interval.
    pub start: Timestamp,
    /// With the live plan.
    pub live: Option<String>,
    /// The method of the live plan; empty where measured.
    pub live_method: SmolStr,
    /// With the other plan.
    pub other: Option<String>,
    /// The method of the other plan; empty where measured.
    pub other_method: SmolStr,
}

impl Shadow<'_> {
    /// Runs both plans over days of a channel and adds what differs. Days of which nothing had arrived are passed over.
    ///
    /// # Errors
    /// What the readings book says.
    pub fn run(
        &self,
        channel: &Channel,
        days: &BTreeSet<Date>,
        changes: &mut Changes,
    ) -> Result<(), store::readings::Error> {
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
    fn gathered(&self, channel: &Channel, days: &BTreeSet<Date>) -> Result<Option<Gathered>, store::readings::Error> {
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
    fn totals(&self, channel: &Channel, within: TimeRange) -> Result<Vec<Total>, store::readings::Error> {
        let mut found = totals::of_channel(self.book, self.directory, channel, within)?;
        if self.as_of != AsOf::Now {
            let mut known: BTreeMap<SmolStr, BTreeSet<(i64, Option<i64>)>> = BTreeMap::new();
            for register in self.directory.of_usage_point(channel.usage_point) {
                let (start, end) = (within.start.as_second(), within.end.as_second().saturating_add(1));
                let told = |as_of| Ok(self.book.read(register.number, start, end, as_of)?.registers);
                let (now, then) = (told(AsOf::Now)?, told(self.as_of)?);
                let same = now.iter().filter(|read| {
                    then.iter()
                        .any(|old| (old.at, old.period_start, old.value) == (read.at, read.period_start, read.value))
                });
                known.insert(register.label.clone(), same.map(|read| (read.at, read.period_start)).collect());
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
}

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

impl Changes {
    /// Whether nothing would change.
    pub fn is_none(&self) -> bool {
        self.days_changed == 0
    }

    fn add(&mut self, channel: &Channel, day: &ReceivedDay, live: &Outcome, other: &Outcome, examples_max: usize) {
        let rules = self.add_rules(live, other);
        let values = self.add_values(channel, day, (&live.final_day, &other.final_day), examples_max);
        let exceptions = self.add_exceptions(channel, live, other, examples_max);
        self.days += 1;
        self.days_changed += u64::from(rules || values || exceptions);
    }

    fn add_rules(&mut self, live: &Outcome, other: &Outcome) -> bool {
        let (live, other) = (failed(live), failed(other));
        for rule in live.union(&other) {
            let change = self.rules.entry((*rule).clone()).or_default();
            match (live.contains(rule), other.contains(rule)) {
                (true, true) => change.fails_with_both += 1,
                (true, false) => change.newly_passes += 1,
                _ => change.newly_fails += 1,
            }
        }
        live != other
    }

    fn add_values(
        &mut self,
        channel: &Channel,
        day: &ReceivedDay,
        (live, other): (&FinalDay, &FinalDay),
        examples_max: usize,
    ) -> bool {
        let slots: BTreeSet<u16> = live.values.iter().chain(&other.values).map(|value| value.slot).collect();
        let mut any = false;
        for slot in slots {
            let (live, other) = (last(live, day, slot), last(other, day, slot));
            if live.0 == other.0 {
                continue;
            }
            any = true;
            let amount = |value: Option<i64>| Amount::new(value.unwrap_or(0).into(), channel.quantum.into());
            let change = self.values.entry(channel.unit.clone()).or_default();
            change.count += 1;
            change.gained += u64::from(live.0.is_none());
            change.lost += u64::from(other.0.is_none());
            // Sums of readings have some twenty digits; an amount holds nearly twice as many.
            change.sum_live = change.sum_live.plus(amount(live.0)).unwrap_or(change.sum_live);
            change.sum_other = change.sum_other.plus(amount(other.0)).unwrap_or(change.sum_other);
            if self.value_examples.len() < examples_max {
                let text = |value: Option<i64>| value.map(|_| amount(value).to_string());
                self.value_examples.push(ValueExample {
                    channel: channel.label.clone(),
                    start: day.start + Span::new().seconds(i64::from(slot) * i64::from(day.slot_seconds)),
                    live: text(live.0),
                    live_method: live.1,
                    other: text(other.0),
                    other_method: other.1,
                });
            }
        }
        any
    }

    fn add_exceptions(&mut self, channel: &Channel, live: &Outcome, other: &Outcome, examples_max: usize) -> bool {
        let same = |left: &Exception, right: &Exception| {
            (&left.rule, left.from, left.to) == (&right.rule, right.from, right.to)
        };
        let date = live.final_day.date;
        let without = |these: &Outcome, those: &Outcome| -> Vec<Exception> {
            let alone = |one: &&Exception| !those.exceptions.iter().any(|other| same(one, other));
            these.exceptions.iter().filter(alone).cloned().collect()
        };
        let (new, gone) = (without(other, live), without(live, other));
        let for_people = |some: &[Exception]| some.iter().filter(|one| one.queue == Queue::ManualWork).count() as u64;
        self.exceptions.new += new.len() as u64;
        self.exceptions.gone += gone.len() as u64;
        self.exceptions.new_for_people += for_people(&new);
        self.exceptions.gone_for_people += for_people(&gone);
        self.exceptions.kept += (other.exceptions.len() - new.len()) as u64;
        let any = !new.is_empty() || !gone.is_empty();
        for (change, exception) in
            new.into_iter().map(|one| ("new", one)).chain(gone.into_iter().map(|one| ("gone", one)))
        {
            let Exception { rule, from, to, evidence, .. } = exception;
            let examples = &mut self.rules.entry(rule).or_default().examples;
            if examples.len() < examples_max {
                examples.push(ExceptionExample { channel: channel.label.clone(), date, from, to, change, evidence });
            }
        }
        any
    }
}

fn failed(outcome: &Outcome) -> BTreeSet<&SmolStr> {
    let failed = outcome.results.iter().filter(|result| result.verdict == Verdict::Failed);
    failed.map(|result| &result.rule).collect()
}

/// The final value of a slot and the method that made it.
fn last(decided: &FinalDay, day: &ReceivedDay, slot: u16) -> (Option<i64>, SmolStr) {
    match decided.values.binary_search_by_key(&slot, |value| value.slot) {
        Ok(at) => (decided.values[at].value, decided.values[at].method.clone()),
        Err(_) => {
            let raw = day.values.get(usize::from(slot)).copied().filter(|value| *value != NO_VALUE);
            (raw, SmolStr::default())
        }
    }
}

fn as_text<S: serde::Serializer>(amount: &Amount, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(amount)
}

/// The days of which intervals are stored between two dates, the second not included, of the wanted channels; and what
/// could not be looked at because stored bytes are damaged.
///
/// # Errors
/// What the readings book says.
pub fn stored_days(
    book: &ReadingsBook,
    (from, until): (Option<Date>, Option<Date>),
    is_wanted: impl Fn(ChannelNumber) -> bool,
) -> Result<(BTreeSet<(ChannelNumber, Date)>, Vec<Damage>), store::readings::Error> {
    let within = |date: &Date| from.is_none_or(|from| from <= *date) && until.is_none_or(|until| *date < until);
    let (mut days, mut damage) = (BTreeSet::new(), Vec::new());
    for date in book.days().into_iter().filter(within) {
        damage.extend(book.scan_day(date, |day| {
            if is_wanted(day.channel) {
                days.insert((day.channel, date));
            }
        })?);
    }
    Ok((days, damage))
}
