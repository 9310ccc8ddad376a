//! What a request comes to now: its determinants, or what stands in their way.

use jiff::{SignedDuration, Span, Timestamp};
use model::determinant::{Change, Determinant, Issue, Item, RequestState, ToldChange};
use model::finding::Finding;
use model::id::ChannelNumber;
use smol_str::SmolStr;
use store::registry::determinant::{Outcome, Request, RequestFilter};
use usage::CheckedRate;
use usage::request::{BillingDeterminantRequest, Message, Requests, Standing, State};
use usage::series::{Earlier, Reference};

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
        let mut requests: Requests = std::iter::once(standing(request, &issues)).collect();
        let found = Found { request, issues: issues.len(), gathered: &gathered, now };
        Ok(match request.state {
            RequestState::Open => {
                let waits_for = computed.as_ref().err().map(|findings| items(findings));
                let message = requests.answer(&request.id, now, computed);
                Some(found.outcome_of(message).unwrap_or_else(|| found.stays(waits_for)))
            }
            RequestState::Created => match computed {
                Ok(determinants) => match requests.recomputed(&request.id, determinants) {
                    Some(Message::Changed(changes)) => Some(found.changed(changes, requests.get(&request.id))),
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
            let determinants = issues.into_iter().next_back().map(|issue| issue.determinants).unwrap_or_default();
            found.push(EarlierAnswer { of, seconds: other.period.seconds(), determinants });
        }
        Ok(found)
    }
}

impl EarlierAnswer {
    fn references(&self) -> impl Iterator<Item = Reference<'_>> {
        let (of, seconds) = (self.of, self.seconds);
        let known = self.determinants.iter().filter_map(|one| Some((one, one.quantity?)));
        known.map(move |(one, quantity)| Reference { determinant: &one.id, of, quantity, seconds })
    }
}

/// A request that was looked at, with what it rests on.
struct Found<'a> {
    request: &'a Request,
    issues: usize,
    gathered: &'a Gathered,
    now: Timestamp,
}

impl Found<'_> {
    fn outcome_of(&self, message: Option<Message>) -> Option<Outcome> {
        match message? {
            Message::Created(determinants) => Some(Outcome {
                state: RequestState::Created,
                issue: Some(self.issue(determinants, Vec::new())),
                ..self.stays(None)
            }),
            Message::Refused(items) => Some(Outcome { state: RequestState::Refused, ..self.stays(Some(items)) }),
            Message::Changed(_) | Message::Canceled => None,
        }
    }

    fn changed(&self, changes: Vec<Change>, standing: Option<&Standing>) -> Outcome {
        let latest = match standing.map(|standing| &standing.state) {
            Some(State::Created { latest, .. }) => latest.clone(),
            _ => Vec::new(),
        };
        Outcome { issue: Some(self.issue(latest, changes)), ..self.stays(None) }
    }

    fn stays(&self, items: Option<Vec<Item>>) -> Outcome {
        let channels: Vec<ChannelNumber> = self.gathered.channels.iter().copied().collect();
        let (request, state) = (self.request.id.clone(), self.request.state);
        Outcome { request, was: state, state, items, issue: None, channels }
    }

    fn issue(&self, determinants: Vec<Determinant>, changes: Vec<Change>) -> Issue {
        let replaced = u32::try_from(self.issues).unwrap_or(u32::MAX);
        Issue {
            number: replaced.saturating_add(1),
            replaces: Some(replaced).filter(|before| 0 < *before),
            at: self.now,
            plan_versions: self.gathered.plan_versions.iter().copied().collect(),
            determinants,
            changes: changes.into_iter().filter(Change::is_told).map(ToldChange::from).collect(),
        }
    }
}

/// A stored request in the words of `usage`.
pub(super) fn standing(request: &Request, issues: &[Issue]) -> Standing {
    let told = |issue: Option<&Issue>| issue.map(|issue| issue.determinants.clone()).unwrap_or_default();
    let state = match request.state {
        RequestState::Open => State::Open,
        RequestState::Created => State::Created { first: told(issues.first()), latest: told(issues.last()) },
        RequestState::Canceled => State::Canceled,
        RequestState::Refused => State::Refused(request.items.clone().unwrap_or_default()),
    };
    Standing { request: asked(request), state }
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

fn items(findings: &[Finding]) -> Vec<Item> {
    findings.iter().cloned().map(Item::from).collect()
}
