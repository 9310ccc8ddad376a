//! Acts: accept, propose, approve, reject, undo. Each is done whole or not at all, and is safe to send again.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;
use model::id::ChannelNumber;
use model::quantity::Decimal;
use model::review::{
    Accept, Accepted, Act, ActDay, ActState, AskProposals, Decide, Proposals, Propose, Refusal, SHIFT,
};
use store::registry::directory::Directory;
use store::registry::review::{self, ActFilter, ActKind, DecidedDay, NewAct, Verdict};
use vee::estimators::estimator;

use super::edits::basis;
use super::queue::{label, limited, some};
use super::words::moment;
use super::{Review, ReviewError, person, reasons, state};

/// Acts of one answer, and where nothing is asked.
const ACTS_MAX: u32 = 500;
const ACTS: u32 = 50;

impl Review {
    /// Takes a person's word that values are real.
    ///
    /// # Errors
    /// [`Refusal::Conflict`] where an exception is not open; nothing is changed.
    pub fn accept(&self, asked: &Accept, now: Timestamp) -> Result<Accepted, ReviewError> {
        let by = person("by", &asked.by)?;
        reasons::checked(&asked.reason, &asked.note)?;
        let mut ids = some("exceptions", &asked.exceptions)?.to_vec();
        ids.sort_unstable();
        ids.dedup();
        let exceptions = self.runtime.block_on(self.registry.review().exceptions_by_id(&ids))?;
        let mut spans: BTreeMap<(ChannelNumber, Date), Vec<(u16, u16)>> = BTreeMap::new();
        for exception in exceptions {
            let found = exception.found;
            spans.entry((found.channel, found.date)).or_default().push((found.first, found.end));
        }
        let mut decisions = Vec::new();
        for ((channel, date), spans) in spans {
            let raw = self.raw_values(channel, date)?;
            decisions.extend(united(spans).into_iter().map(|(first, end)| DecidedDay {
                channel,
                date,
                first,
                end,
                basis: basis(&raw, first, end),
                new_values: None,
            }));
        }
        let accepted = ids.len();
        let act = self.begin(
            NewAct {
                request: asked.key.clone(),
                kind: ActKind::Accept,
                method: None,
                reason: asked.reason.clone(),
                note: asked.note.trim().into(),
                by: by.into(),
                approved: !self.policy.accept_needs_second_person,
                decisions,
                exceptions: ids,
            },
            now,
        )?;
        Ok(Accepted { act: act.act, state: act.state, accepted })
    }

    /// Takes values that a person writes; they count once another person approved them.
    ///
    /// # Errors
    /// [`Refusal::Invalid`] for values that do not fit, [`Refusal::Conflict`] where another proposal for the same slots
    /// waits.
    pub fn propose(&self, asked: &Propose, now: Timestamp) -> Result<ActState, ReviewError> {
        let by = person("by", &asked.by)?;
        reasons::checked(&asked.reason, &asked.note)?;
        let known = ["value", "values", SHIFT].contains(&asked.method.as_str()) || estimator(&asked.method).is_some();
        if !known {
            let detail =
                format!("expected the id of a method, `value`, `values` or `{SHIFT}`, found `{}`", asked.method);
            return Err(Refusal::Invalid { field: "method", detail }.into());
        }
        if asked.note.trim().is_empty() {
            let detail = "say in a few words where the values come from".into();
            return Err(Refusal::Invalid { field: "note", detail }.into());
        }
        let decisions = self.written(&self.edited_days(&asked.edits)?)?;
        self.begin(
            NewAct {
                request: asked.key.clone(),
                kind: ActKind::Set,
                method: Some(asked.method.clone()),
                reason: asked.reason.clone(),
                note: asked.note.trim().into(),
                by: by.into(),
                approved: !self.policy.edit_needs_second_person,
                decisions,
                exceptions: Vec::new(),
            },
            now,
        )
    }

    /// Takes a person's word about an act, and validates its days again where it counts now or counts no longer.
    ///
    /// # Errors
    /// [`Refusal::NotAllowed`] where the person would approve what they proposed and two are needed;
    /// [`Refusal::Conflict`] where the act is in no state for it.
    pub fn decide(&self, act: u64, verdict: Verdict, asked: &Decide, now: Timestamp) -> Result<ActState, ReviewError> {
        let by = person("by", &asked.by)?;
        let found = self.runtime.block_on(self.registry.review().act(act))?;
        let needs_second = match found.kind {
            ActKind::Accept => self.policy.accept_needs_second_person,
            ActKind::Set => self.policy.edit_needs_second_person,
        };
        if verdict == Verdict::Approve && needs_second && same_person(by, &found.proposed_by) {
            let words = format!("act {act} was proposed by {}; another person has to approve it", found.proposed_by);
            return Err(Refusal::NotAllowed(words).into());
        }
        let note = asked.note.trim();
        let decided = self.runtime.block_on(self.registry.review().decide(act, verdict, by, note, now))?;
        if verdict != Verdict::Reject {
            self.settle(&[act], now)?;
        }
        Ok(ActState { act, state: decided.state.to_string() })
    }

    /// Validates the days of acts that began or ceased to count and were cut off before that; answers how many acts.
    ///
    /// # Errors
    /// [`ReviewError`]; the acts wait on.
    pub fn settle_waiting(&self, now: Timestamp) -> Result<usize, ReviewError> {
        let waiting = self.runtime.block_on(self.registry.review().unsettled())?;
        if !waiting.is_empty() {
            self.settle(&waiting, now)?;
        }
        Ok(waiting.len())
    }

    /// A page of acts, newest first.
    ///
    /// # Errors
    /// [`ReviewError`].
    pub fn proposals(&self, asked: &AskProposals) -> Result<Proposals, ReviewError> {
        let limit = limited(asked.limit, ACTS, ACTS_MAX)?;
        let state = state(asked.state.as_deref())?;
        let filter = ActFilter { state, before: asked.before, limit };
        let found = self.runtime.block_on(self.registry.review().acts(filter))?;
        let next = found.last().filter(|_| found.len() == limit as usize).map(|last| last.id);
        let directory = self.directory()?;
        let mut proposals = Vec::new();
        for act in found {
            let days = self.runtime.block_on(self.registry.review().decisions_of(act.id))?;
            proposals.push(view(act, &days, &directory));
        }
        Ok(Proposals { proposals, next })
    }

    fn begin(&self, new: NewAct, now: Timestamp) -> Result<ActState, ReviewError> {
        let act = self.runtime.block_on(self.registry.review().begin(&new, now))?;
        if act.state == review::ActState::Approved {
            self.settle(&[act.id], now)?;
        }
        Ok(ActState { act: act.id, state: act.state.to_string() })
    }

    fn settle(&self, acts: &[u64], now: Timestamp) -> Result<(), ReviewError> {
        let mut days = BTreeSet::new();
        for act in acts {
            let decisions = self.runtime.block_on(self.registry.review().decisions_of(*act))?;
            days.extend(decisions.iter().map(|day| (day.channel, day.date)));
        }
        self.validate(days, now)?;
        Ok(self.runtime.block_on(self.registry.review().settled(acts, now))?)
    }
}

/// Whether two names are of one person.
pub(crate) fn same_person(left: &str, right: &str) -> bool {
    left.trim().to_lowercase() == right.trim().to_lowercase()
}

/// Spans of a day without overlap, in order.
fn united(mut spans: Vec<(u16, u16)>) -> Vec<(u16, u16)> {
    spans.sort_unstable();
    let mut united: Vec<(u16, u16)> = Vec::new();
    for (first, end) in spans {
        match united.last_mut() {
            Some(last) if first <= last.1 => last.1 = last.1.max(end),
            _ => united.push((first, end)),
        }
    }
    united
}

fn view(act: review::Act, days: &[DecidedDay], directory: &Directory) -> Act {
    Act {
        act: act.id,
        kind: act.kind.to_string(),
        state: act.state.to_string(),
        reason: act.reason,
        note: act.note,
        method: act.method,
        proposed_by: act.proposed_by,
        proposed_at: act.proposed_at,
        decided_by: act.decided_by,
        decided_at: act.decided_at,
        decided_note: act.decided_note,
        undone_by: act.undone_by,
        undone_at: act.undone_at,
        undone_note: act.undone_note,
        days: days.iter().map(|day| act_day(day, directory)).collect(),
    }
}

fn act_day(day: &DecidedDay, directory: &Directory) -> ActDay {
    let channel = directory.channel(day.channel);
    let at = |slot| moment(channel?, day.date, slot);
    let quantum = channel.map_or(0, |channel| channel.quantum);
    let words = |value: &Option<i64>| value.map(|value| Decimal::new(value, quantum).to_string());
    let before: Vec<_> = day.basis.iter().map(words).collect();
    let written = |values: &Vec<i64>| values.iter().map(|value| words(&Some(*value))).collect();
    ActDay {
        channel: day.channel.0,
        label: label(directory, day.channel),
        unit: channel.map_or_else(String::new, |channel| channel.unit.to_string()),
        date: day.date,
        from: day.first,
        to: day.end,
        start: at(day.first),
        end: at(day.end),
        after: day.new_values.as_ref().map_or_else(|| before.clone(), written),
        before,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_that_meet_are_one() {
        assert_eq!(united(vec![(4, 8), (0, 2), (6, 9), (9, 10), (12, 13), (12, 13)]), [(0, 2), (4, 10), (12, 13)]);
    }

    #[test]
    fn a_person_is_the_same_however_the_name_is_typed() {
        assert!(same_person("Ada Lovelace", " ada lovelace "));
        assert!(!same_person("Ada", "Ben"));
    }
}
