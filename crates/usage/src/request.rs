//! Requests for determinants and their outcomes, as pure state (SRS B1-S17, REQ-B1014).
//!
//! `Create BillingDeterminantRequest` opens a request. It ends once: `Created BillingDeterminant` with the values, a
//! refusal with its items, or cancelled. Until the cut-off time held data may still become better, so a request waits.
//! After `Created`, corrected readings lead to `Changed BillingDeterminant` with the old and the new value of those
//! determinants that come out differently. A usage point gets one set for one period once: nothing is billed twice.

use std::collections::BTreeMap;

use jiff::Timestamp;
pub use model::determinant::{Change, Item};
use model::finding::Finding;
use model::id::UsagePointId;
use model::time::TimeRange;
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use crate::determinant::Determinant;

/// BillingDeterminantRequest: what is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BillingDeterminantRequest {
    /// The asker's id; the same id again is the same request.
    pub id: SmolStr,
    /// Whose usage.
    pub usage_point: UsagePointId,
    /// Over which period.
    pub period: TimeRange,
    /// Name of the determinant set.
    pub set: SmolStr,
    /// Until when the answer may wait for better data.
    pub cut_off: Timestamp,
}

/// What the asker is told about a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Message {
    /// `Created BillingDeterminant`: every value of the set.
    Created(Vec<Determinant>),
    /// `Changed BillingDeterminant`: the values whose inputs changed after they were told.
    Changed(Vec<Change>),
    /// `Canceled BillingDeterminantRequest`.
    Canceled,
    /// There are no values; the items say why and what to do.
    Refused(Vec<Item>),
}

/// Every request with where it stands.
#[derive(Clone, Debug, Default)]
pub struct Requests {
    by_id: BTreeMap<SmolStr, Standing>,
}

/// A request and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// What is asked for.
    pub request: BillingDeterminantRequest,
    /// What became of it.
    pub state: State,
}

/// Where a request stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// It waits for its answer.
    Open,
    /// It was answered with values.
    Created {
        /// What was told at first.
        first: Vec<Determinant>,
        /// What was told last.
        latest: Vec<Determinant>,
    },
    /// It was cancelled.
    Canceled,
    /// It was answered with the reasons why there are no values.
    Refused(Vec<Item>),
}

impl FromIterator<Standing> for Requests {
    fn from_iter<I: IntoIterator<Item = Standing>>(standings: I) -> Self {
        Self { by_id: standings.into_iter().map(|standing| (standing.request.id.clone(), standing)).collect() }
    }
}

impl Requests {
    /// `Create BillingDeterminantRequest`. `None` where the request is open now and must be answered.
    ///
    /// The same request again gets the outcome it had. Another request under a known id, and a second request for what
    /// was asked under another id and not refused or cancelled, are refused and change nothing.
    pub fn create(&mut self, request: BillingDeterminantRequest) -> Option<Message> {
        if let Some(entry) = self.by_id.get(&request.id) {
            if entry.request != request {
                return Some(refused(
                    "id",
                    "request.id_used",
                    "the id belongs to another request; send a new id".into(),
                ));
            }
            return entry.outcome();
        }
        let alike = |entry: &&Standing| entry.is_alive() && entry.request.asks_for_same(&request);
        if let Some(earlier) = self.by_id.values().find(alike) {
            let message = format!(
                "request `{}` asked for the same usage point, period and set; use its outcome or cancel it first",
                earlier.request.id
            );
            return Some(refused("period", "request.billed_already", message));
        }
        self.by_id.insert(request.id.clone(), Standing { request, state: State::Open });
        None
    }

    /// What came out of computing an open request at `now`. `None` where it goes on waiting, or is not open.
    ///
    /// Findings before the cut-off leave it open; at the cut-off or later they refuse it.
    pub fn answer(
        &mut self,
        id: &str,
        now: Timestamp,
        computed: Result<Vec<Determinant>, Vec<Finding>>,
    ) -> Option<Message> {
        let entry = self.by_id.get_mut(id).filter(|entry| matches!(entry.state, State::Open))?;
        entry.state = match computed {
            Ok(first) => State::Created { latest: first.clone(), first },
            Err(_) if now < entry.request.cut_off => return None,
            Err(findings) => State::Refused(findings.into_iter().map(Item::from).collect()),
        };
        entry.outcome()
    }

    /// What a created request comes to after its inputs changed: the determinants of which anything that is told has
    /// changed, or that came or went. `None` where there are none, or nothing was created; what was told last stands then.
    pub fn recomputed(&mut self, id: &str, now: Vec<Determinant>) -> Option<Message> {
        let entry = self.by_id.get_mut(id)?;
        let State::Created { latest, .. } = &mut entry.state else { return None };
        let same = |left: &Determinant, right: &Determinant| left.id == right.id && left.period == right.period;
        let gone = latest.iter().filter(|old| !now.iter().any(|new| same(old, new)));
        let mut changes: Vec<Change> = gone.map(|old| Change { old: Some(old.clone()), new: None }).collect();
        for new in &now {
            let old = latest.iter().find(|old| same(old, new));
            if old.is_none_or(|old| !old.tells_the_same(new)) {
                changes.push(Change { old: old.cloned(), new: Some(new.clone()) });
            }
        }
        if changes.is_empty() {
            return None;
        }
        *latest = now;
        Some(Message::Changed(changes))
    }

    /// Cancels a request that is open or created; nothing is told of it afterwards, and it may be asked for anew.
    pub fn cancel(&mut self, id: &str) -> Message {
        match self.by_id.get_mut(id) {
            None => refused("id", "request.unknown", format!("there is no request `{id}`; check the id")),
            Some(Standing { state: State::Refused(_), .. }) => {
                refused("id", "request.refused", format!("request `{id}` was refused; there is nothing to cancel"))
            }
            Some(entry) => {
                entry.state = State::Canceled;
                Message::Canceled
            }
        }
    }

    /// Where a request stands; `None` for an unknown id.
    pub fn get(&self, id: &str) -> Option<&Standing> {
        self.by_id.get(id)
    }

    /// The ids of requests that wait for an answer.
    pub fn open(&self) -> impl Iterator<Item = &str> {
        let open = self.by_id.iter().filter(|(_, entry)| matches!(entry.state, State::Open));
        open.map(|(id, _)| id.as_str())
    }
}

impl Standing {
    fn outcome(&self) -> Option<Message> {
        match &self.state {
            State::Open => None,
            State::Created { first, .. } => Some(Message::Created(first.clone())),
            State::Canceled => Some(Message::Canceled),
            State::Refused(items) => Some(Message::Refused(items.clone())),
        }
    }

    fn is_alive(&self) -> bool {
        matches!(self.state, State::Open | State::Created { .. })
    }
}

impl BillingDeterminantRequest {
    fn asks_for_same(&self, other: &Self) -> bool {
        self.usage_point == other.usage_point && self.period == other.period && self.set == other.set
    }
}

fn refused(field: &str, code: &str, message: String) -> Message {
    Message::Refused(vec![Item { field: field.into(), code: code.into(), message }])
}
