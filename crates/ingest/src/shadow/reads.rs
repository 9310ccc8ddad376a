//! Register reads with another plan beside the live one.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use model::lineage::FinalRead;
use model::master::Channel;
use serde::Serialize;
use smol_str::SmolStr;
use vee::Stamp;

use super::changes::{Changes, ExceptionExample, RuleChange, ValueExample};
use super::{Plans, Shadow};
use crate::validation::registers::{Ground, outcomes_of_days, place_of, utc_date};

/// What would change of register reads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ReadChange {
    /// Reads that both plans judged.
    pub count: u64,
    /// Reads of which a rule, the value or its status differs.
    pub changed: u64,
    /// Reads whose final value differs.
    pub values: u64,
    /// Reads that intervals are held against with the live plan only.
    pub no_longer_count: u64,
    /// Reads that intervals are held against with the other plan only.
    pub newly_count: u64,
}

impl Shadow<'_> {
    /// Judges the reads of a register on UTC dates with both plans and adds what differs.
    ///
    /// # Errors
    /// What the readings book says.
    pub(super) fn run_reads(
        &self,
        channel: &Channel,
        dates: &BTreeSet<Date>,
        changes: &mut Changes,
    ) -> Result<(), store::readings::Error> {
        let reads = |plans| -> Result<Vec<FinalRead>, store::readings::Error> {
            let outcomes = outcomes_of_days(self.ground(plans), channel, dates, self.stamp())?;
            Ok(outcomes.into_iter().map(|outcome| outcome.final_read).collect())
        };
        let place = |read: FinalRead| ((read.at, read.period_start), read);
        let mut other: BTreeMap<_, FinalRead> = reads(self.other)?.into_iter().map(place).collect();
        for live in reads(self.live)? {
            if let Some(other) = other.remove(&(live.at, live.period_start)) {
                changes.add_read(channel, &live, &other, self.examples_max);
            }
        }
        Ok(())
    }

    pub(super) fn ground<'s>(&'s self, plans: &'s Plans) -> Ground<'s> {
        let Self { book, directory, decisions, as_of, .. } = *self;
        Ground { book, directory, plans, decisions, as_of }
    }

    pub(super) fn stamp(&self) -> Stamp {
        Stamp { run: 0, now: self.now }
    }
}

impl Changes {
    fn add_read(&mut self, channel: &Channel, live: &FinalRead, other: &FinalRead, examples_max: usize) {
        let rules = self.add_read_rules(channel, live, other, examples_max);
        let is_other_value = live.value != other.value;
        let counts = (live.counts_as_received(), other.counts_as_received());
        self.reads.count += 1;
        self.reads.changed += u64::from(rules || is_other_value || live.status != other.status);
        self.reads.values += u64::from(is_other_value);
        self.reads.no_longer_count += u64::from(counts == (true, false));
        self.reads.newly_count += u64::from(counts == (false, true));
        if is_other_value && self.value_examples.len() < examples_max {
            let text = |read: &FinalRead| read.value.map(|value| value.to_string());
            self.value_examples.push(ValueExample {
                channel: channel.label.clone(),
                start: live.at,
                live: text(live),
                live_method: live.method.clone(),
                other: text(other),
                other_method: other.method.clone(),
            });
        }
    }

    fn add_read_rules(&mut self, channel: &Channel, live: &FinalRead, other: &FinalRead, examples_max: usize) -> bool {
        let failed = |read: &FinalRead| -> BTreeMap<SmolStr, (bool, String)> {
            let failures = read.failures.iter();
            failures.map(|failure| (failure.rule.clone(), (failure.routed, failure.evidence.clone()))).collect()
        };
        let (live_rules, other_rules) = (failed(live), failed(other));
        for rule in live_rules.keys().chain(other_rules.keys()).collect::<BTreeSet<_>>() {
            let change: &mut RuleChange = self.rules.entry(rule.clone()).or_default();
            let (word, evidence) = match (live_rules.get(rule), other_rules.get(rule)) {
                (Some(_), Some(_)) => {
                    change.fails_with_both += 1;
                    self.exceptions.kept += 1;
                    continue;
                }
                (Some((routed, evidence)), None) => {
                    change.newly_passes += 1;
                    self.exceptions.gone += 1;
                    self.exceptions.gone_for_people += u64::from(*routed);
                    ("gone", evidence)
                }
                (None, Some((routed, evidence))) => {
                    change.newly_fails += 1;
                    self.exceptions.new += 1;
                    self.exceptions.new_for_people += u64::from(*routed);
                    ("new", evidence)
                }
                (None, None) => continue,
            };
            if change.examples.len() < examples_max {
                let from = place_of(live);
                change.examples.push(ExceptionExample {
                    channel: channel.label.clone(),
                    date: utc_date(live.at),
                    from,
                    to: from.saturating_add(1),
                    change: word,
                    evidence: evidence.clone(),
                });
            }
        }
        live_rules.keys().ne(other_rules.keys())
    }
}
