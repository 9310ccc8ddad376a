//! What askers see of a request: its outcome, every determinant with its quality, what changed, what stands in the way.

use jiff::Timestamp;
use model::review::Refusal;
use model::time::TimeRange;
use serde::Serialize;
use smol_str::SmolStr;
use store::registry::determinant::{Issue, Request, RequestFilter, RequestState};
use usage::Determinant;
use usage::quality::{Counts, Exception};
use usage::request::{Change, Item};

use super::Determinants;
use super::answer::{changes, determinants, stored_items};
use super::requests::AskTold;
use crate::review::ReviewError;

/// A request and what was told of it. Times are RFC 3339, quantities decimal texts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Told {
    /// The asker's id.
    pub id: String,
    /// Where it stands: `open`, `created`, `refused` or `canceled`.
    pub state: RequestState,
    /// Verb of the last message (IEC 61968-100); `None` while it is open.
    pub verb: Option<&'static str>,
    /// Noun of the last message.
    pub noun: &'static str,
    /// Name of the usage point.
    pub usage_point: String,
    /// Name of the account it was asked through.
    pub account: Option<String>,
    /// Over which period.
    pub period: TimeRange,
    /// Name of the rate.
    pub definition: String,
    /// Its version, which stays.
    pub definition_version: u32,
    /// Until when the answer may wait.
    pub cut_off: Timestamp,
    /// When it was made.
    pub requested_at: Timestamp,
    /// What was told last; `None` where nothing was.
    pub issue: Option<ToldIssue>,
    /// Why there are no values, why it waits, or why newer values are held.
    pub items: Vec<Item>,
}

/// One version of the answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ToldIssue {
    /// 1 for Created, more for Changed.
    pub number: u32,
    /// When it was told.
    pub at: Timestamp,
    /// The versions of the plans that decided on the values.
    pub plan_versions: Vec<u32>,
    /// Every determinant that holds.
    pub determinants: Vec<ToldDeterminant>,
    /// What is different from the issue before.
    pub changes: Vec<ToldChange>,
}

/// A determinant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ToldDeterminant {
    /// Its name in bills.
    pub id: SmolStr,
    /// How much.
    pub quantity: String,
    /// In which unit.
    pub unit: SmolStr,
    /// The bucket; `None` for the whole period.
    pub bucket: Option<SmolStr>,
    /// The window of a demand.
    pub peak: Option<TimeRange>,
    /// The channels it rests on, as the definition calls them.
    pub channels: Vec<SmolStr>,
    /// How good their readings are.
    pub counts: Counts,
    /// Why someone should look at it.
    pub exceptions: Vec<Exception>,
    /// What is worth knowing.
    pub notes: Vec<String>,
    /// Hash of the values it rests on, 16 hexadecimal digits.
    pub inputs_hash: String,
}

/// A determinant before and after.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ToldChange {
    /// Its name.
    pub id: SmolStr,
    /// How much it was; `None` where it is new.
    pub old: Option<String>,
    /// How much it is; `None` where it is gone.
    pub new: Option<String>,
}

/// Requests by id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ToldPage {
    /// The requests.
    pub items: Vec<Told>,
    /// The cursor of the next page; `None` after the last.
    pub next: Option<String>,
}

const LIMIT: u32 = 100;
const LIMIT_MAX: u32 = 500;

impl Determinants {
    /// A request and what was told of it, now or by a moment.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] for an unknown id, and for one that was not made by that moment.
    pub fn told(&self, id: &str, as_of: Option<Timestamp>) -> Result<Told, ReviewError> {
        let request = self.stored(id)?;
        if as_of.is_some_and(|moment| moment < request.requested_at) {
            let words = format!("request `{id}` was made at {}, after the moment asked for", request.requested_at);
            return Err(Refusal::NotFound(words).into());
        }
        self.view(&request, as_of)
    }

    /// The requests that match, by id.
    ///
    /// # Errors
    /// [`Refusal::Invalid`] naming a field.
    pub fn list(&self, asked: &AskTold) -> Result<ToldPage, ReviewError> {
        let limit = asked.limit.unwrap_or(LIMIT);
        if !(1..=LIMIT_MAX).contains(&limit) {
            let detail = format!("expected 1 to {LIMIT_MAX}, found {limit}");
            return Err(Refusal::Invalid { field: "limit", detail }.into());
        }
        let filter = RequestFilter {
            usage_point: asked.usage_point.as_deref().map(|text| self.usage_point(text)).transpose()?,
            account: asked.account.as_deref().map(|text| self.account(text)).transpose()?,
            after: asked.cursor.clone().unwrap_or_default(),
            limit: limit + 1,
            ..RequestFilter::default()
        };
        let mut requests = self.runtime.block_on(self.registry.determinants().requests(&filter))?;
        let is_more = (limit as usize) < requests.len();
        requests.truncate(limit as usize);
        let next = requests.last().map(|last| last.id.clone()).filter(|_| is_more);
        let known = |request: &&Request| asked.as_of.is_none_or(|moment| request.requested_at <= moment);
        let items = requests.iter().filter(known).map(|request| self.view(request, asked.as_of));
        Ok(ToldPage { items: items.collect::<Result<_, _>>()?, next })
    }

    fn view(&self, request: &Request, as_of: Option<Timestamp>) -> Result<Told, ReviewError> {
        let mut issues = self.runtime.block_on(self.registry.determinants().issues(&request.id))?;
        issues.retain(|issue| as_of.is_none_or(|moment| issue.at <= moment));
        let state = state_at(request, &issues, as_of);
        let issue = issues.last();
        Ok(Told {
            id: request.id.clone(),
            state,
            verb: verb(state, issue),
            noun: if state == RequestState::Created { "BillingDeterminant" } else { "BillingDeterminantRequest" },
            usage_point: self.name_of(request.usage_point.0)?,
            account: request.account.map(|account| self.name_of(account.0)).transpose()?,
            period: request.period,
            definition: request.rate.clone(),
            definition_version: request.rate_version,
            cut_off: request.cut_off,
            requested_at: request.requested_at,
            issue: issue.map(ToldIssue::of).transpose()?,
            items: if state == request.state { stored_items(request)? } else { Vec::new() },
        })
    }
}

/// Where a request stood at a moment.
fn state_at(request: &Request, issues: &[Issue], as_of: Option<Timestamp>) -> RequestState {
    let settled_by = |moment: Timestamp| request.settled_at.is_some_and(|settled| settled <= moment);
    match as_of {
        None => request.state,
        Some(moment) if settled_by(moment) => request.state,
        Some(_) if !issues.is_empty() => RequestState::Created,
        Some(_) => RequestState::Open,
    }
}

/// The verb of IEC 61968-100 of the last message; see `usage::request::Message::verb_and_noun`.
fn verb(state: RequestState, issue: Option<&Issue>) -> Option<&'static str> {
    match state {
        RequestState::Open => None,
        RequestState::Created if issue.is_some_and(|issue| 1 < issue.number) => Some("changed"),
        RequestState::Created => Some("created"),
        RequestState::Canceled => Some("canceled"),
        RequestState::Refused => Some("reply"),
    }
}

impl ToldIssue {
    fn of(issue: &Issue) -> Result<Self, ReviewError> {
        let plan_versions = issue.told.plan_versions.as_array().into_iter().flatten();
        Ok(Self {
            number: issue.number,
            at: issue.at,
            plan_versions: plan_versions.filter_map(|version| version.as_u64()?.try_into().ok()).collect(),
            determinants: determinants(&issue.told.determinants)?.into_iter().map(ToldDeterminant::of).collect(),
            changes: changes(&issue.told.changes)?.into_iter().map(ToldChange::of).collect(),
        })
    }
}

impl ToldDeterminant {
    fn of(one: Determinant) -> Self {
        Self {
            id: one.id,
            quantity: one.quantity.to_string(),
            unit: one.unit,
            bucket: one.bucket,
            peak: one.peak,
            channels: one.channels,
            counts: one.counts,
            exceptions: one.exceptions,
            notes: one.notes,
            inputs_hash: format!("{:016x}", one.inputs_hash),
        }
    }
}

impl ToldChange {
    fn of(change: Change) -> Self {
        let quantity = |one: &Option<Determinant>| one.as_ref().map(|one| one.quantity.to_string());
        let (old, new) = (quantity(&change.old), quantity(&change.new));
        Self { id: change.new.or(change.old).map(|one| one.id).unwrap_or_default(), old, new }
    }
}
