//! What a request comes to now: its determinants, or what stands in their way.

use jiff::{SignedDuration, Span, Timestamp};
use model::finding::Finding;
use model::id::ChannelNumber;
use serde_json::{Value, json};
use smol_str::SmolStr;
use store::registry::RegistryError;
use store::registry::determinant::{Issue, NewIssue, Outcome, Request, RequestFilter, RequestState};
use usage::request::{BillingDeterminantRequest, Change, Item, Message, Requests, Standing, State};
use usage::series::{Earlier, Reference};
use usage::{CheckedRate, Determinant};

use super::Determinants;
use super::gather::Gathered;
use crate::review::ReviewError;

/// How far from a year ago the period of last year may begin.
const YEAR_TOLERANCE: SignedDuration = SignedDuration::from_hours(3 * 24);

/// An answer that was told of another period.
struct EarlierAnswer {
    of: Earlier,
    seconds: i64,
    determinants: Vec<Determinant>,
}

impl Determinants {
    /// Where a request goes at `now`; `None` where it stays as it is.
    pub(super) fn outcome(&self, request: &Request, now: Timestamp) -> Result<Option<Outcome>, ReviewError> {
        let rate = self.checked(&request.rate, request.rate_version)?;
        let issues = self.runtime.block_on(self.registry.determinants().issues(&request.id))?;
        let gathered = self.gather(&rate, request.usage_point, request.period)?;
        let computed = self.computed(request, &rate, &gathered)?;
        let mut requests: Requests = std::iter::once(standing(request, &issues)?).collect();
        let found = Found { request, issues: issues.len(), gathered: &gathered };
        Ok(match request.state {
            RequestState::Open => {
                let waits_for = computed.as_ref().err().map(|findings| items(findings));
                let message = requests.answer(&request.id, now, computed);
                Some(found.outcome_of(message).unwrap_or_else(|| found.stays(waits_for)))
            }
            RequestState::Created => match computed {
                Ok(determinants) => match requests.recomputed(&request.id, determinants) {
                    Some(Message::Changed(changes)) => Some(found.changed(&changes, requests.get(&request.id))),
                    _ => request.items.is_some().then(|| found.stays(None)),
                },
                Err(findings) => {
                    let held = Some(items(&findings));
                    (request.items != held).then(|| found.stays(held))
                }
            },
            RequestState::Refused | RequestState::Canceled => None,
        })
    }

    fn computed(
        &self,
        request: &Request,
        rate: &CheckedRate,
        gathered: &Gathered,
    ) -> Result<Result<Vec<Determinant>, Vec<Finding>>, ReviewError> {
        if !gathered.findings.is_empty() {
            return Ok(Err(gathered.findings.clone()));
        }
        let earlier = self.earlier(request, rate)?;
        let references: Vec<Reference<'_>> = earlier.iter().flat_map(EarlierAnswer::references).collect();
        let timeline = match rate.timeline(request.period) {
            Ok(timeline) => timeline,
            Err(finding) => return Ok(Err(vec![finding])),
        };
        let cycle = rate.cycle(self.role, &timeline);
        Ok(cycle.and_then(|cycle| gathered.with_account(&references, |account| cycle.determinants(account))))
    }

    /// What was told of the period before and of the same one last year, by the same rate, for V74.
    fn earlier(&self, request: &Request, rate: &CheckedRate) -> Result<Vec<EarlierAnswer>, ReviewError> {
        let filter = RequestFilter {
            usage_point: Some(request.usage_point),
            state: Some(RequestState::Created),
            ..RequestFilter::default()
        };
        let start = request.period.start.to_zoned(rate.zone().clone());
        let year_ago = start.checked_sub(Span::new().years(1)).map_or(Timestamp::MIN, |at| at.timestamp());
        let mut found = Vec::new();
        for other in self.runtime.block_on(self.registry.determinants().requests(&filter))? {
            let apart = other.period.start.duration_since(year_ago).abs();
            let of = if other.rate != request.rate {
                continue;
            } else if other.period.end == request.period.start {
                Earlier::Previous
            } else if apart <= YEAR_TOLERANCE {
                Earlier::LastYear
            } else {
                continue;
            };
            let issues = self.runtime.block_on(self.registry.determinants().issues(&other.id))?;
            let determinants = issues.last().map(|issue| determinants(&issue.told.determinants)).transpose()?;
            let seconds = other.period.seconds();
            found.push(EarlierAnswer { of, seconds, determinants: determinants.unwrap_or_default() });
        }
        Ok(found)
    }
}

impl EarlierAnswer {
    fn references(&self) -> impl Iterator<Item = Reference<'_>> {
        let (of, seconds) = (self.of, self.seconds);
        self.determinants.iter().map(move |one| Reference { determinant: &one.id, of, quantity: one.quantity, seconds })
    }
}

/// A request that was looked at, with what it rests on.
struct Found<'a> {
    request: &'a Request,
    issues: usize,
    gathered: &'a Gathered,
}

impl Found<'_> {
    fn outcome_of(&self, message: Option<Message>) -> Option<Outcome> {
        match message? {
            Message::Created(determinants) => Some(Outcome {
                state: RequestState::Created,
                issue: Some(self.issue(&determinants, &[])),
                ..self.stays(None)
            }),
            Message::Refused(items) => Some(Outcome { state: RequestState::Refused, ..self.stays(Some(json!(items))) }),
            Message::Changed(_) | Message::Canceled => None,
        }
    }

    fn changed(&self, changes: &[Change], standing: Option<&Standing>) -> Outcome {
        let latest = match standing.map(|standing| &standing.state) {
            Some(State::Created { latest, .. }) => latest.as_slice(),
            _ => &[],
        };
        Outcome { issue: Some(self.issue(latest, changes)), ..self.stays(None) }
    }

    fn stays(&self, items: Option<Value>) -> Outcome {
        let channels: Vec<ChannelNumber> = self.gathered.channels.iter().copied().collect();
        let (request, state) = (self.request.id.clone(), self.request.state);
        Outcome { request, was: state, state, items, issue: None, channels }
    }

    fn issue(&self, determinants: &[Determinant], changes: &[Change]) -> (u32, NewIssue) {
        let number = u32::try_from(self.issues + 1).unwrap_or(u32::MAX);
        let plan_versions = json!(self.gathered.plan_versions);
        (number, NewIssue { plan_versions, determinants: json!(determinants), changes: json!(changes) })
    }
}

/// A stored request in the words of `usage`.
pub(super) fn standing(request: &Request, issues: &[Issue]) -> Result<Standing, ReviewError> {
    let told =
        |issue: Option<&Issue>| issue.map_or_else(|| Ok(Vec::new()), |issue| determinants(&issue.told.determinants));
    let state = match request.state {
        RequestState::Open => State::Open,
        RequestState::Created => State::Created { first: told(issues.first())?, latest: told(issues.last())? },
        RequestState::Canceled => State::Canceled,
        RequestState::Refused => State::Refused(stored_items(request)?),
    };
    Ok(Standing { request: asked(request), state })
}

/// What was asked for.
fn asked(request: &Request) -> BillingDeterminantRequest {
    BillingDeterminantRequest {
        id: SmolStr::new(&request.id),
        usage_point: request.usage_point,
        period: request.period,
        set: SmolStr::new(&request.rate),
        cut_off: request.cut_off,
    }
}

/// The reasons that are kept with a request.
pub(super) fn stored_items(request: &Request) -> Result<Vec<Item>, ReviewError> {
    request.items.as_ref().map_or_else(|| Ok(Vec::new()), |items| read("determinant_request.items", items))
}

/// The determinants of an issue.
pub(super) fn determinants(stored: &Value) -> Result<Vec<Determinant>, ReviewError> {
    read("determinant_issue.determinants", stored)
}

/// The changes of an issue.
pub(super) fn changes(stored: &Value) -> Result<Vec<Change>, ReviewError> {
    read("determinant_issue.changes", stored)
}

fn read<T: serde::de::DeserializeOwned>(column: &'static str, stored: &Value) -> Result<T, ReviewError> {
    serde_json::from_value(stored.clone())
        .map_err(|error| ReviewError::Registry(RegistryError::Damaged { column, text: error.to_string() }))
}

fn items(findings: &[Finding]) -> Value {
    json!(findings.iter().cloned().map(Item::from).collect::<Vec<_>>())
}
