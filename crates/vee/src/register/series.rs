//! One register over many reads: which must be judged again when some were touched, and what each comes out as.
//!
//! As for channel-days ([`crate::channel`]), an outcome follows from received reads, decisions of people, setups, intervals
//! and the plan of the date of each read, and never from what an earlier run decided of reads; so the order of arrival leaves
//! no trace. A read is judged twice: among the reads next to it as received, which says which of them are bad, and then
//! among the good ones. So one read that is far too high neither passes nor takes the next one down with it.

use std::cell::OnceCell;
use std::collections::BTreeSet;
use std::ops::Range;

use jiff::{SignedDuration, Timestamp};
use model::quantity::Decimal;

use super::plan::CheckedRegisterPlan;
use super::run::{Judged, Outcome};
use super::surroundings::{Change, Kind, Read, Setup, Surroundings, TouRead};
use super::view::{Level, View};
use crate::run::Stamp;

/// How many of the reads before a read rules look at.
const READS_BEFORE: usize = 8;
/// How many of the reads after a read rules look at.
const READS_AFTER: usize = 2;
/// How far before a read any other may be that is looked at.
const DAYS_BEFORE: i64 = 400;
/// How far after a read any other may be that is looked at.
const DAYS_AFTER: i64 = 40;
/// How far from an exchange a read may be to be the last of the old meter or the first of the new one; a proposal.
const EXCHANGE_SECONDS: i64 = 3600;

/// A time-of-use register of the same meter with everything read from it.
#[derive(Clone, Debug)]
pub struct TouRegister<'a> {
    /// How people know it (`T1`).
    pub label: &'a str,
    /// Its reads, in any order.
    pub reads: Vec<(Timestamp, Decimal)>,
}

/// The reads of one register around those that are judged.
#[derive(Debug)]
pub struct ReadSeries<'a> {
    /// What holds for every read.
    facts: Surroundings<'a>,
    time_of_use: Vec<TouRegister<'a>>,
    /// As received, in order.
    reads: Vec<Read>,
    /// The plan that holds on the date of each; a read of which no single one holds is not judged.
    plans: Vec<Option<&'a CheckedRegisterPlan>>,
    /// Each with what rules say of it among the reads as received.
    judged: Vec<OnceCell<Read>>,
}

impl<'a> ReadSeries<'a> {
    /// The reads of a register. The reads of `facts` and its time-of-use reads are not looked at; of its setups those that
    /// begin with an exchange get their closing and opening read from the reads beside it, where they have none, and those that
    /// begin with another multiplier the read at that instant.
    pub fn new(
        facts: Surroundings<'a>,
        time_of_use: Vec<TouRegister<'a>>,
        plan_of: impl Fn(&Read) -> Option<&'a CheckedRegisterPlan>,
        mut reads: Vec<Read>,
    ) -> Self {
        reads.sort_by_key(|read| (read.at, read.period_start));
        let judged = vec![OnceCell::new(); reads.len()];
        let plans = reads.iter().map(plan_of).collect();
        Self { facts, time_of_use, reads, plans, judged }
    }

    /// The reads as received, in order.
    pub fn reads(&self) -> &[Read] {
        &self.reads
    }

    /// The instants whose reads and intervals say what a read at `at` comes out as.
    pub fn reach(at: Timestamp) -> Range<Timestamp> {
        let days = |days: i64| SignedDuration::from_hours(24 * days);
        at.saturating_sub(days(DAYS_BEFORE)).unwrap_or(Timestamp::MIN)
            ..at.saturating_add(days(DAYS_AFTER)).unwrap_or(Timestamp::MAX)
    }

    /// The instants of the reads whose outcome may follow from what was read or measured at `at`.
    pub fn reached_from(at: Timestamp) -> Range<Timestamp> {
        let days = |days: i64| SignedDuration::from_hours(24 * days);
        at.saturating_sub(days(DAYS_AFTER)).unwrap_or(Timestamp::MIN)
            ..at.saturating_add(days(DAYS_BEFORE)).unwrap_or(Timestamp::MAX)
    }

    /// How many reads before a touched one must be known to judge all that lean on it.
    pub const BEFORE_TOUCHED: usize = 2 * (READS_BEFORE + READS_AFTER);

    /// The touched reads and every read whose outcome may change with them. `leans` says of a read whether its stored
    /// outcome is an estimate or has none; only such reads look further than their neighbours.
    pub fn to_run(&self, touched: impl Fn(&Read) -> bool, leans: impl Fn(&Read) -> bool) -> BTreeSet<usize> {
        let leaning: Vec<usize> = (0..self.reads.len()).filter(|at| leans(&self.reads[*at])).collect();
        let mut all = BTreeSet::new();
        for at in (0..self.reads.len()).filter(|at| touched(&self.reads[*at])) {
            let last = (at + 2 * READS_BEFORE).min(self.reads.len() - 1);
            all.extend(at.saturating_sub(2 * READS_AFTER)..=last);
            // What rules say of the reads beside it may change, and with that what those come out as that stand on them.
            let (from, to) = (at.saturating_sub(READS_AFTER), (at + READS_BEFORE).min(self.reads.len() - 1));
            let from = Self::reached_from(self.reads[from].at).start;
            let to = Self::reached_from(self.reads[to].at).end;
            all.extend(leaning.iter().filter(|other| (from..to).contains(&self.reads[**other].at)));
        }
        all
    }

    /// The outcome of the read at a place; `None` where no plan judges it.
    pub fn outcome(&self, at: usize, stamp: Stamp) -> Option<Outcome> {
        let (read, plan) = (&self.reads[at], self.plans[at]?);
        let near: Vec<Read> = self.near(at).map(|other| *self.judged(other)).collect();
        let (setups, time_of_use) = (self.setups(at), self.time_of_use(at, &near));
        let around = Surroundings { reads: &near, setups: &setups, time_of_use: &time_of_use, ..self.around(read) };
        let judged = Judged::of(read, &around, plan);
        if judged.has_value() {
            return Some(judged.finished(None, plan, stamp));
        }
        let reach = Self::reach(read.at);
        let wide = (0..self.reads.len()).filter(|other| reach.contains(&self.reads[*other].at));
        let wide: Vec<Read> = wide.map(|other| *self.judged(other)).collect();
        Some(judged.finished(Some(&Surroundings { reads: &wide, ..around }), plan, stamp))
    }

    /// A read with what rules say of it among the reads as received.
    fn judged(&self, at: usize) -> &Read {
        self.judged[at].get_or_init(|| {
            let read = &self.reads[at];
            let Some(plan) = self.plans[at] else { return *read };
            let near: Vec<Read> = self.near(at).map(|other| self.reads[other]).collect();
            let (setups, time_of_use) = (self.setups(at), self.time_of_use(at, &near));
            let around = Surroundings { reads: &near, setups: &setups, time_of_use: &time_of_use, ..self.around(read) };
            Read { status: Judged::of(read, &around, plan).status(), ..*read }
        })
    }

    /// The reads next to one that rules look at.
    fn near(&self, at: usize) -> impl Iterator<Item = usize> {
        let last = (at + READS_AFTER + 1).min(self.reads.len());
        let reach = Self::reach(self.reads[at].at);
        (at.saturating_sub(READS_BEFORE)..last).filter(move |other| reach.contains(&self.reads[*other].at))
    }

    /// The setups as the reads next to one show them: as many digits after the point as any has, for one that ends in zeros
    /// does not make the register coarser, the reads beside an exchange, and the one at a change of the multiplier.
    fn setups(&self, at: usize) -> Vec<Setup> {
        let near: Vec<&Read> = self.near(at).map(|other| &self.reads[other]).collect();
        let digits = |read: &&Read| Some(read.value?.normalized().exponent.min(0).unsigned_abs());
        let shown = near.iter().filter_map(digits).max().unwrap_or(0);
        let counter = |from: Timestamp, closes: bool| {
            let apart = move |read: &&&Read| {
                let seconds = read.at.as_second() - from.as_second();
                seconds.abs() <= EXCHANGE_SECONDS && (seconds < 0) == closes && read.period_start.is_none()
            };
            near.iter().filter(apart).filter(|read| read.value.is_some())
        };
        let with_reads = |setup: &Setup| {
            let Setup { from, closing, opening, .. } = *setup;
            let (last, first) = (counter(from, true).next_back(), counter(from, false).next());
            let is_exchange = setup.change == Change::Critical && from != Timestamp::MIN;
            let multiplies_anew = |other: &Setup| other.from < from && other.multiplier != setup.multiplier;
            let is_multiplied_anew = !is_exchange && self.facts.setups.iter().any(multiplies_anew);
            // The register counts on: only what it showed at that very instant parts what was used before from what was used since.
            let opens = |read: &&&Read| is_exchange || is_multiplied_anew && read.at == from;
            Setup {
                decimals: setup.decimals.max(shown),
                closing: closing.or_else(|| last.filter(|_| is_exchange)?.value),
                opening: opening.or_else(|| first.filter(opens)?.value),
                ..*setup
            }
        };
        self.facts.setups.iter().map(with_reads).collect()
    }

    fn around(&self, read: &Read) -> Surroundings<'a> {
        let kind = match (self.facts.kind, read.period_start) {
            (Kind::Demand, _) => Kind::Demand,
            (_, Some(_)) => Kind::Amount,
            (_, None) => Kind::Counter,
        };
        Surroundings { kind, ..self.facts.clone() }
    }

    /// What the time-of-use registers showed with a read and with the last good one before it.
    fn time_of_use(&self, at: usize, near: &[Read]) -> Vec<TouRead<'_>> {
        if self.time_of_use.is_empty() {
            return Vec::new();
        }
        let read = &self.reads[at];
        let around = Surroundings { reads: near, ..self.around(read) };
        let before = View::of(read, &around).before(Level::Actual).next().map(|(before, _)| before.at);
        let of_register = |register: &'_ TouRegister<'a>| {
            let shown = |at: Timestamp| register.reads.iter().find(|(read, _)| *read == at).map(|(_, value)| *value);
            TouRead { label: register.label, now: shown(read.at), before: before.and_then(shown) }
        };
        self.time_of_use.iter().map(of_register).collect()
    }
}
