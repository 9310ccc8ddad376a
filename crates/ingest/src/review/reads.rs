//! Register reads in review: as the slots of a day, and why each came out as it did.
//!
//! A read has no slot; its place in its UTC day, in steps of two seconds, stands for one. So exceptions, decisions and
//! explanations of reads are of the same kind as those of intervals, dated by the UTC date of the read.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use model::id::ChannelNumber;
use model::lineage::{FinalDay, FinalRead, FinalValue, ReadFailure, RuleFailure};
use model::master::Channel;
use model::quality::Status;
use model::review::{DecisionWords, ExplainedValue, Explanation, FailedRule, MethodWords, Refusal, Sought, Verdict};
use model::time::LocalDay;
use store::readings::AsOf;
use store::registry::directory::Directory;
use vee::Stamp;
use vee::register::Outcome;

use super::explain::{counted, decision_words};
use super::words::{local, name};
use super::{Review, ReviewError};
use crate::placement::zone_of;
use crate::validation::registers::{Ground, outcomes_on, place_of, raw_places, utc_date};

/// The reads of a UTC date as a day of slots; `None` where there are none.
pub(super) fn as_day(channel: ChannelNumber, date: Date, reads: &[FinalRead]) -> Option<FinalDay> {
    let latest = reads.iter().max_by_key(|read| read.run)?;
    let value = |read: &FinalRead| FinalValue {
        slot: place_of(read),
        value: read.value.map(|value| value.digits),
        status: read.status,
        method: read.method.clone(),
        inputs_hash: read.inputs_hash,
    };
    let failures = reads.iter().flat_map(|read| read.failures.iter().map(move |failure| (place_of(read), failure)));
    let failure = |(place, failure): (u16, &ReadFailure)| RuleFailure {
        rule: failure.rule.clone(),
        from: place,
        to: place + 1,
        blocks: failure.blocks,
        routed: failure.routed,
        severity: failure.severity,
        direction: failure.direction,
        evidence: failure.evidence.clone(),
    };
    Some(FinalDay {
        channel,
        date,
        run: latest.run,
        decided_at: latest.decided_at,
        plan_name: latest.plan_name.clone(),
        plan_version: latest.plan_version,
        status: Status::NONE,
        values: reads.iter().map(value).collect(),
        failures: failures.map(failure).collect(),
    })
}

impl Review {
    /// Why the reads of a register on a date of its zone are what they are.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] where nothing was read on the date.
    pub(super) fn explain_reads(
        &self,
        directory: &Directory,
        channel: &Channel,
        date: Date,
        as_of: AsOf,
        now: Timestamp,
    ) -> Result<Explanation, ReviewError> {
        let nothing =
            || Refusal::NotFound(Sought::Other, format!("`{}` has no register read on {date}", channel.label));
        let zone = zone_of(&channel.zone).map_err(|_| nothing())?;
        let day = LocalDay::of(date, &zone).ok_or_else(nothing)?.range;
        let history = self.readings.read(channel.number, day.start.as_second(), day.end.as_second(), as_of)?;
        if history.registers.is_empty() {
            return Err(nothing().into());
        }
        let dates: BTreeSet<Date> = [utc_date(day.start), utc_date(day.end)].into();
        let mut outcomes = self.outcomes_of(directory, channel, &dates, now)?;
        outcomes.retain(|outcome| day.contains(outcome.final_read.at));
        let stored = history.final_reads;
        let known: Vec<FinalRead> = outcomes.iter().map(|outcome| outcome.final_read.clone()).collect();
        let latest = stored.iter().max_by_key(|read| read.run);
        let now_known = || known.iter().zip(&stored).all(|(now, then)| now.says_the_same(then));
        let is_now = as_of == AsOf::Now;
        let told = if is_now && stored.is_empty() { &known } else { &stored };
        let estimations = (0..).zip(&outcomes).flat_map(|(at, outcome)| methods(at, outcome));
        Ok(Explanation {
            channel: channel.number.0,
            label: channel.label.to_string(),
            unit: channel.unit.to_string(),
            date,
            run: latest.map(|read| read.run),
            plan_name: latest.map(|read| read.plan_name.to_string()),
            plan_version: latest.map(|read| read.plan_version),
            plan_now: known.last().map(|read| format!("{} {}", read.plan_name, read.plan_version)),
            decided_at: latest.map(|read| read.decided_at),
            is_current: known.len() == stored.len() && now_known(),
            results: match is_now {
                true => outcomes.iter().flat_map(|outcome| verdicts(outcome, &zone)).collect(),
                false => stored_verdicts(&stored),
            },
            estimations: estimations.filter(|_| is_now).collect(),
            assumed_time: Vec::new(),
            values: (0..).zip(told).map(|(at, read)| explained(at, read, &zone)).collect(),
            decisions: self.decisions_on(channel, told, as_of)?,
        })
    }

    /// What the plan in force makes of the reads of UTC dates.
    fn outcomes_of(
        &self,
        directory: &Directory,
        channel: &Channel,
        dates: &BTreeSet<Date>,
        now: Timestamp,
    ) -> Result<Vec<Outcome>, ReviewError> {
        let (plans, decisions) =
            (self.plans()?, self.decisions(&dates.iter().map(|date| (channel.number, *date)).collect())?);
        let (book, as_of) = (&*self.readings, AsOf::Now);
        let ground = Ground { book, directory, plans: &plans, decisions: &decisions, as_of };
        let mut outcomes = Vec::new();
        for date in dates {
            outcomes.extend(outcomes_on(ground, channel, *date, Stamp { run: 0, now })?);
        }
        Ok(outcomes)
    }

    /// What people had decided by a moment of reads; they are numbered as here.
    fn decisions_on(
        &self,
        channel: &Channel,
        reads: &[FinalRead],
        as_of: AsOf,
    ) -> Result<Vec<DecisionWords>, ReviewError> {
        let mut words = Vec::new();
        for date in reads.iter().map(|read| utc_date(read.at)).collect::<BTreeSet<Date>>() {
            let raw = raw_places(&self.readings, channel.number, date)?;
            let decided = self.runtime.block_on(self.registry.review().decided_on((channel.number, date)))?;
            for (act, day) in decided.into_iter().filter(|(act, _)| counted(act, as_of)) {
                let is_meant = |read: &FinalRead| (utc_date(read.at), place_of(read)) == (date, day.first);
                let Some(from) = reads.iter().position(is_meant).and_then(|at| u16::try_from(at).ok()) else {
                    continue;
                };
                words.push(DecisionWords {
                    from,
                    to: from.saturating_add(1),
                    ..decision_words(act, &day, &raw, as_of)
                });
            }
        }
        Ok(words)
    }
}

fn verdicts(outcome: &Outcome, zone: &TimeZone) -> Vec<Verdict> {
    let at = local(outcome.final_read.at, zone);
    let verdict = |result: &vee::register::RuleResult| {
        let failed = outcome.final_read.failures.iter().find(|failure| failure.rule == result.rule);
        let why = failed.map_or(result.reason.as_str(), |failure| failure.evidence.as_str());
        Verdict {
            rule: result.rule.into(),
            name: name(result.rule),
            validation: Some("primary"),
            verdict: match result.verdict {
                vee::Verdict::Passed => "passed",
                vee::Verdict::Failed => "failed",
                vee::Verdict::NotApplicable => "not-applicable",
            },
            evidence: if why.is_empty() { format!("the read of {at}") } else { format!("the read of {at}: {why}") },
            slots_checked: u16::from(result.verdict != vee::Verdict::NotApplicable),
            slots_failed: u16::from(failed.is_some()),
        }
    };
    outcome.results.iter().map(verdict).collect()
}

/// The rules that failed, as they are stored.
fn stored_verdicts(stored: &[FinalRead]) -> Vec<Verdict> {
    let failures = stored.iter().flat_map(|read| &read.failures);
    let verdict = |failure: &ReadFailure| Verdict {
        rule: failure.rule.to_string(),
        name: name(&failure.rule),
        validation: None,
        verdict: "failed",
        evidence: failure.evidence.clone(),
        slots_checked: 1,
        slots_failed: 1,
    };
    failures.map(verdict).collect()
}

fn methods(from: u16, outcome: &Outcome) -> Vec<MethodWords> {
    let words = |told: &vee::register::Estimation| MethodWords {
        method: told.method.into(),
        from,
        to: from.saturating_add(1),
        words: told.words.clone(),
    };
    outcome.estimations.iter().map(words).collect()
}

fn explained(at: u16, read: &FinalRead, zone: &TimeZone) -> ExplainedValue {
    let failed = |failure: &ReadFailure| FailedRule {
        rule: failure.rule.to_string(),
        direction: failure.direction,
        severity: failure.severity,
        evidence: failure.evidence.clone(),
    };
    let is_made = !read.method.is_empty();
    ExplainedValue {
        slot: at,
        start: local(read.at, zone),
        raw: read.raw.map(|value| value.to_string()),
        last: read.value.map(|value| value.to_string()),
        statuses: Status::words(read.status).collect(),
        rules: read.failures.iter().map(failed).collect(),
        method: is_made.then(|| read.method.to_string()),
        inputs_hash: is_made.then(|| format!("{:016x}", read.inputs_hash)),
        act: None,
    }
}
