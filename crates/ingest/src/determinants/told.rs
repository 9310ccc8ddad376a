//! What askers see of requests, now or at any time.

use jiff::Timestamp;
use model::determinant::{Issue, RequestState, Told};
use model::review::{Refusal, Sought};
use serde::Serialize;
use store::registry::determinant::{Request, RequestFilter};

use super::Determinants;
use super::requests::AskTold;
use crate::review::ReviewError;

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
            return Err(Refusal::NotFound(Sought::Other, words).into());
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
        Ok(self.runtime.block_on(self.registry.determinants().told(request, state, issues.pop()))?)
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
