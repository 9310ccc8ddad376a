//! What would change with another plan, counted and with examples.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use jiff::{Span, Timestamp};
use model::lineage::FinalDay;
use model::master::Channel;
use serde::Serialize;
use smol_str::SmolStr;
use store::readings::NO_VALUE;
use vee::amount::Amount;
use vee::channel::ReceivedDay;
use vee::{Exception, Outcome, Queue, Verdict};

use super::reads::ReadChange;

/// What would change.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Changes {
    /// Channel-days that both plans ran over.
    pub days: u64,
    /// Channel-days on which a rule, a value, a status or an exception differs.
    pub days_changed: u64,
    /// Channel-days that have not ended yet.
    pub days_waiting: u64,
    /// Register reads.
    pub reads: ReadChange,
    /// By rule, those of either plan.
    pub rules: BTreeMap<SmolStr, RuleChange>,
    /// Final values that differ, by the unit of their channels.
    pub values: BTreeMap<SmolStr, ValueChange>,
    /// Values that stay and get another status.
    pub statuses: u64,
    /// Examples of values that differ.
    pub value_examples: Vec<ValueExample>,
    /// Exceptions; one is the same where channel, day, rule and span are.
    pub exceptions: ExceptionChange,
}

/// What would change of one rule, in channel-days, and of rules for register reads in reads.
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
    /// Of these, those that go to another queue or matter more or less.
    pub moved: u64,
    /// Of those, the ones that a person would have to look at, and would not with the live plan.
    pub moved_to_people: u64,
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

impl Changes {
    /// Whether nothing would change.
    pub fn is_none(&self) -> bool {
        self.days_changed == 0 && self.reads.changed == 0
    }

    /// Adds a day as both plans decided it.
    pub(super) fn add(
        &mut self,
        channel: &Channel,
        day: &ReceivedDay,
        live: &Outcome,
        other: &Outcome,
        examples_max: usize,
    ) {
        let rules = self.add_rules(live, other);
        let values = self.add_values(channel, day, (&live.final_day, &other.final_day), examples_max);
        let statuses = self.add_statuses(day, &live.final_day, &other.final_day);
        let exceptions = self.add_exceptions(channel, live, other, examples_max);
        self.days += 1;
        self.days_changed += u64::from(rules || values || statuses || exceptions);
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

    fn add_statuses(&mut self, day: &ReceivedDay, live: &FinalDay, other: &FinalDay) -> bool {
        let status = |of: &FinalDay, slot| of.listed(slot).map_or(of.status, |value| value.status);
        let differs = |slot: &u16| {
            last(live, day, *slot).0 == last(other, day, *slot).0 && status(live, *slot) != status(other, *slot)
        };
        let slots = u16::try_from(day.values.len()).unwrap_or(u16::MAX);
        let count = (0..slots).filter(differs).count() as u64;
        self.statuses += count;
        0 < count
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
        let pairs =
            other.exceptions.iter().filter_map(|one| Some((live.exceptions.iter().find(|was| same(was, one))?, one)));
        let weight = |one: &Exception| (one.queue, one.severity);
        let moved: Vec<_> = pairs.filter(|(was, is)| weight(was) != weight(is)).collect();
        self.exceptions.moved += moved.len() as u64;
        let to_people = moved.iter().filter(|(was, is)| was.queue != is.queue && is.queue == Queue::ManualWork);
        self.exceptions.moved_to_people += to_people.count() as u64;
        let any = !new.is_empty() || !gone.is_empty() || !moved.is_empty();
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
