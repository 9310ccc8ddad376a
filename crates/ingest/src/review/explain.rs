//! Why the final values of a day are what they are: what was decided, and what every rule and method says of it.

use jiff::Timestamp;
use jiff::civil::Date;
use model::lineage::{FinalDay, RuleFailure};
use model::master::Channel;
use model::quality::Status;
use model::review::{DecisionWords, ExplainedValue, Explanation, FailedRule, MethodWords, Verdict};
use store::readings::AsOf;
use store::registry::review::{Act, ActState, DecidedDay};
use vee::{Outcome, Stamp};

use super::check::verdicts;
use super::holding::{act_of, overtaken};
use super::words::{Clock, name, value};
use super::{Refusal, Review, ReviewError, Sought};
use crate::validation::full_day::FullDay;
use crate::validation::surroundings::{Asked, Surroundings};

impl Review {
    /// Why the final values of a channel-day, or of the register reads of a local day, are what they are. What counts is told as it is stored; the sentences of
    /// rules and methods come from a run now, which stores nothing.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] where nothing arrived on the day.
    pub fn explain(&self, channel: &str, date: Date, now: Timestamp) -> Result<Explanation, ReviewError> {
        self.explain_as_of(channel, date, AsOf::Now, now)
    }

    /// As [`Review::explain`], with the values and decisions that were known at a moment. Of rules and methods it tells what
    /// was stored then: the failed rules with their sentences, and the method of each value.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] where nothing had arrived on the day.
    pub fn explain_as_of(
        &self,
        channel: &str,
        date: Date,
        as_of: AsOf,
        now: Timestamp,
    ) -> Result<Explanation, ReviewError> {
        let directory = self.directory()?;
        let channel = self.channel(&directory, channel)?;
        if channel.interval_seconds.is_none() {
            return self.explain_reads(&directory, &channel, date, as_of, now);
        }
        let nothing = || Refusal::NotFound(Sought::Other, format!("`{}` has no intervals on {date}", channel.label));
        let clock = Clock::of(&channel).ok_or_else(nothing)?;
        let decisions = self.decisions(&[(channel.number, date)].into())?;
        let plans = self.plans()?;
        let found = Surroundings::of(&self.readings, &directory, &channel, date, &plans, &decisions, Asked::Plans)?;
        let surroundings = found.ok_or_else(nothing)?;
        let outcome = surroundings.outcome(Stamp { run: 0, now }).ok_or_else(nothing)?;
        let stored = self.readings.final_day(channel.number, date, as_of)?;
        let mut explanation = explanation(&channel, date, stored.as_ref(), &outcome);
        let received = match as_of {
            AsOf::Now => surroundings.day().clone(),
            AsOf::At(_) => {
                (explanation.results, explanation.estimations) = (stored_verdicts(stored.as_ref()), Vec::new());
                self.received(&channel, surroundings.day(), &clock, as_of)?.ok_or_else(nothing)?
            }
        };
        explanation.assumed_time = self.outages(&channel, &clock, (&received, stored.as_ref()), as_of)?;
        let decided = self.runtime.block_on(self.registry.review().decided_on((channel.number, date)))?;
        let decided: Vec<_> = decided.into_iter().filter(|(act, _)| counted(act, as_of)).collect();
        explanation.values = values(&received, stored.as_ref(), &decided, (&channel, &clock));
        let decided = decided.into_iter();
        explanation.decisions = decided.map(|(act, day)| decision_words(act, &day, &received.values, as_of)).collect();
        Ok(explanation)
    }

    /// A day as it had arrived by a moment.
    fn received(
        &self,
        channel: &Channel,
        now: &FullDay,
        clock: &Clock,
        as_of: AsOf,
    ) -> Result<Option<FullDay>, ReviewError> {
        let mut then = self.readings.read(channel.number, now.start, now.end(), as_of)?;
        then.shape_silent_days(clock.zone(), now.slot_seconds, (now.start, now.end()));
        let day = then.days.iter().find(|day| day.date == now.date && day.slot_seconds == now.slot_seconds);
        Ok(day.map(|day| FullDay::received(&self.readings, day, clock.zone())))
    }
}

/// Whether an act was decided by a moment.
pub(super) fn counted(act: &Act, as_of: AsOf) -> bool {
    match as_of {
        AsOf::Now => true,
        AsOf::At(moment) => act.decided_at.is_some_and(|at| at.as_microsecond() <= moment),
    }
}

/// What people decided of a day, as it was known at a moment.
pub(super) fn decision_words(act: Act, day: &DecidedDay, raw: &[i64], as_of: AsOf) -> DecisionWords {
    let was_undone = |at: &Timestamp| matches!(as_of, AsOf::At(moment) if moment < at.as_microsecond());
    let is_later = act.undone_at.as_ref().is_some_and(was_undone);
    let (undone_by, undone_at) = if is_later { (None, None) } else { (act.undone_by, act.undone_at) };
    DecisionWords {
        act: act.id,
        kind: act.kind.to_string(),
        // Only what was approved can be undone.
        state: if is_later { ActState::Approved } else { act.state }.to_string(),
        from: day.first,
        to: day.end,
        slots_overtaken: overtaken(day, raw),
        by: act.decided_by.unwrap_or_else(|| act.proposed_by.clone()),
        proposed_by: act.proposed_by,
        at: act.decided_at,
        undone_by,
        undone_at,
        reason: act.reason,
        note: act.note,
    }
}

fn explanation(channel: &Channel, date: Date, stored: Option<&FinalDay>, outcome: &Outcome) -> Explanation {
    let estimations = outcome.estimations.iter().map(|told| MethodWords {
        method: told.method.into(),
        from: told.from,
        to: told.to,
        words: told.words.clone(),
    });
    Explanation {
        channel: channel.number.0,
        label: channel.label.to_string(),
        unit: channel.unit.to_string(),
        date,
        run: stored.map(|day| day.run),
        plan_name: stored.map(|day| day.plan_name.to_string()).filter(|name| !name.is_empty()),
        plan_version: stored.map(|day| day.plan_version),
        plan_now: plan_words(&outcome.final_day),
        decided_at: stored.map(|day| day.decided_at),
        is_current: stored.is_some_and(|day| same(day, &outcome.final_day)),
        results: verdicts(outcome),
        estimations: estimations.collect(),
        assumed_time: Vec::new(),
        values: Vec::new(),
        decisions: Vec::new(),
    }
}

/// The plan that judges a day, by name and version; `None` where no single one does.
fn plan_words(judged: &FinalDay) -> Option<String> {
    (!judged.plan_name.is_empty()).then(|| format!("{} {}", judged.plan_name, judged.plan_version))
}

/// The rules that failed, as they are stored.
fn stored_verdicts(stored: Option<&FinalDay>) -> Vec<Verdict> {
    let failures = stored.into_iter().flat_map(|day| &day.failures);
    let verdict = |failure: &RuleFailure| Verdict {
        rule: failure.rule.to_string(),
        name: name(&failure.rule),
        validation: None,
        verdict: "failed",
        evidence: failure.evidence.clone(),
        slots_checked: 0,
        slots_failed: failure.to - failure.from,
    };
    failures.map(verdict).collect()
}

fn failed_rule(failure: &RuleFailure) -> FailedRule {
    FailedRule {
        rule: failure.rule.to_string(),
        direction: failure.direction,
        severity: failure.severity,
        evidence: failure.evidence.clone(),
    }
}

/// Whether two runs decided the same.
fn same(left: &FinalDay, right: &FinalDay) -> bool {
    let failures = left.failures.len() == right.failures.len()
        && left.failures.iter().zip(&right.failures).all(|(left, right)| left.finds_the_same(right));
    failures && (left.status, &left.values) == (right.status, &right.values)
}

fn values(
    received: &FullDay,
    stored: Option<&FinalDay>,
    acts: &[(Act, DecidedDay)],
    (channel, clock): (&Channel, &Clock),
) -> Vec<ExplainedValue> {
    let mut decided = received.clone();
    if let Some(stored) = stored {
        decided.lay_over(stored);
    }
    let slots = 0..u16::try_from(received.values.len()).unwrap_or(u16::MAX);
    let explained = slots.map(|slot| {
        let at = usize::from(slot);
        let line = stored.and_then(|day| day.values.iter().find(|value| value.slot == slot));
        let made = line.filter(|line| !line.method.is_empty());
        let act = made.and_then(|line| acts.iter().find_map(|(act, day)| act_of(line, act.id, day)));
        let failed = stored.into_iter().flat_map(|day| &day.failures);
        let failed = failed.filter(|failure| failure.from <= slot && slot < failure.to);
        ExplainedValue {
            slot,
            start: clock.words(received.date, slot).unwrap_or_default(),
            raw: value(received.values[at], channel.quantum),
            last: value(decided.values[at], channel.quantum),
            statuses: Status::words(decided.statuses[at]).collect(),
            rules: failed.map(failed_rule).collect(),
            method: made.map(|line| line.method.to_string()),
            inputs_hash: made.filter(|_| act.is_none()).map(|line| format!("{:016x}", line.inputs_hash)),
            act,
        }
    });
    explained.collect()
}
