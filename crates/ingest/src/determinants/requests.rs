//! `Create BillingDeterminantRequest` and its cancellation (SRS IS-005, IS-006; REQ-B1014).

use std::sync::PoisonError;

use jiff::Timestamp;
use model::determinant::{AskDeterminants, Item, RequestState, Told};
use model::review::Refusal;
use model::time::TimeRange;
use serde::Deserialize;
use store::registry::RegistryError;
use store::registry::determinant::{Outcome, Request, RequestFilter};
use usage::request::{Message, Requests, Standing};
use uuid::Uuid;

use super::Determinants;
use super::answer::standing;
use super::places::Place;
use crate::review::ReviewError;

/// Which answers to show; `None` does not restrict.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AskTold {
    /// Name or mRID of a usage point.
    pub usage_point: Option<String>,
    /// Name or mRID of the account that was asked for.
    pub account: Option<String>,
    /// What was told at this time, instead of now.
    pub as_of: Option<Timestamp>,
    /// The `next` of the page before.
    pub cursor: Option<String>,
    /// Most requests, 1 to 500.
    pub limit: Option<u32>,
}

/// Longest id of a request, in bytes; ids made of it for an account's usage points may be longer.
const ID_MAX: usize = 128;

impl Determinants {
    /// Asks for determinants; each request is answered now where that can be, and waits until its cut-off elsewhere.
    ///
    /// The same request again gets the outcome it had.
    ///
    /// # Errors
    /// [`Refusal::NotAllowed`] where nothing is computed, [`Refusal::Invalid`] naming a field, [`Refusal::Conflict`] for
    /// an id of another request and for what was asked under another id.
    pub fn request(&self, asked: &AskDeterminants, now: Timestamp) -> Result<Vec<Told>, ReviewError> {
        self.may_compute()?;
        let _alone = self.deciding.lock().unwrap_or_else(PoisonError::into_inner);
        let id = asked.id.clone().unwrap_or_else(|| Uuid::new_v4().to_string());
        if id.is_empty() || ID_MAX < id.len() {
            return Err(invalid("id", "expected 1 to 128 bytes"));
        }
        let period = TimeRange { start: asked.from, end: asked.to };
        if period.seconds() <= 0 {
            return Err(invalid("to", "expected an instant after `from`"));
        }
        let places = match (&asked.usage_point, &asked.account) {
            (Some(text), None) => vec![Place { usage_point: self.usage_point(text)?, account: None, period }],
            (None, Some(text)) => self.places_of(self.account(text)?, period)?,
            _ => return Err(invalid("usage_point", "expected one of `usage_point` and `account`")),
        };
        let requests = places.into_iter().map(|place| self.new_request(&id, place, asked, now));
        let requests: Vec<Request> = requests.collect::<Result<_, _>>()?;
        requests.iter().map(|request| self.create(request, now)).collect()
    }

    /// Cancels a request: nothing is told of it afterwards, and it may be asked for anew under another id.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] for an unknown id, [`Refusal::Conflict`] for a request that was refused.
    pub fn cancel(&self, id: &str, now: Timestamp) -> Result<Told, ReviewError> {
        self.may_compute()?;
        let _alone = self.deciding.lock().unwrap_or_else(PoisonError::into_inner);
        let request = self.stored(id)?;
        let mut requests: Requests = std::iter::once(self.standing(&request)?).collect();
        if let Message::Refused(items) = requests.cancel(id) {
            return Err(Refusal::Conflict(words(&items)).into());
        }
        let (was, state) = (request.state, RequestState::Canceled);
        let outcome = Outcome { request: request.id, was, state, items: None, issue: None, channels: Vec::new() };
        self.runtime.block_on(self.registry.determinants().settle(&outcome, now))?;
        self.told(id, None)
    }

    fn new_request(
        &self,
        id: &str,
        place: Place,
        asked: &AskDeterminants,
        now: Timestamp,
    ) -> Result<Request, ReviewError> {
        let Place { usage_point, account, period } = place;
        let id = match account {
            None => id.to_owned(),
            Some(_) if period.start == asked.from => format!("{id}@{}", self.name_of(usage_point.0)?),
            Some(_) => format!("{id}@{}@{}", self.name_of(usage_point.0)?, period.start),
        };
        // Asked again, it keeps the version that it had.
        let same_rate = |known: &Request| asked.definition.as_ref().is_none_or(|name| *name == known.rate);
        let (rate, rate_version) = match (self.known(&id)?.filter(same_rate), &asked.definition) {
            (Some(known), _) => (known.rate, known.rate_version),
            (None, Some(name)) => self.newest(name)?,
            (None, None) => self.newest(&self.rate_in_force(usage_point, period)?)?,
        };
        let cut_off = asked.cut_off.unwrap_or(period.end);
        Ok(Request {
            id,
            usage_point,
            account,
            period,
            rate,
            rate_version,
            cut_off,
            requested_at: now,
            state: RequestState::Open,
            settled_at: None,
            items: None,
        })
    }

    fn newest(&self, name: &str) -> Result<(String, u32), ReviewError> {
        match self.rate(name, None) {
            Ok(rate) => Ok((rate.name, rate.version)),
            Err(ReviewError::Refused(Refusal::NotFound(_, words))) => {
                Err(Refusal::Invalid { field: "definition", detail: words }.into())
            }
            Err(error) => Err(error),
        }
    }

    fn create(&self, request: &Request, now: Timestamp) -> Result<Told, ReviewError> {
        let filter = RequestFilter { usage_point: Some(request.usage_point), ..RequestFilter::default() };
        let mut known = self.runtime.block_on(self.registry.determinants().requests(&filter))?;
        known.extend(self.known(&request.id)?.filter(|same| same.usage_point != request.usage_point));
        let standings = known.iter().map(|known| self.standing(known)).collect::<Result<Vec<_>, _>>()?;
        let mut requests: Requests = standings.into_iter().collect();
        let is_known = requests.get(&request.id).is_some();
        match requests.create(standing(request, &[]).request) {
            Some(Message::Refused(items)) if items.iter().any(|item| item.code.starts_with("request.")) => {
                Err(Refusal::Conflict(words(&items)).into())
            }
            None if !is_known => {
                self.runtime.block_on(self.registry.determinants().add_request(request))?;
                if let Some(outcome) = self.outcome(request, now)? {
                    self.runtime.block_on(self.registry.determinants().settle(&outcome, now))?;
                }
                self.told(&request.id, None)
            }
            _ => self.told(&request.id, None),
        }
    }

    /// A request as it is kept.
    pub(super) fn stored(&self, id: &str) -> Result<Request, ReviewError> {
        let found = self.runtime.block_on(self.registry.determinants().request(id));
        found.map_err(|error: RegistryError| error.into())
    }

    fn standing(&self, request: &Request) -> Result<Standing, ReviewError> {
        let issues = self.runtime.block_on(self.registry.determinants().issues(&request.id))?;
        Ok(standing(request, &issues))
    }

    fn known(&self, id: &str) -> Result<Option<Request>, ReviewError> {
        match self.stored(id) {
            Ok(request) => Ok(Some(request)),
            Err(ReviewError::Refused(Refusal::NotFound(..))) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

fn invalid(field: &'static str, detail: &str) -> ReviewError {
    Refusal::Invalid { field, detail: detail.into() }.into()
}

fn words(items: &[Item]) -> String {
    items.iter().map(|item| item.message.as_str()).collect::<Vec<_>>().join("; ")
}
