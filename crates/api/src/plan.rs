//! Plans of validation and estimation: what is in force, what holds where, and putting more.

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use ingest::plans::PlansError;
use ingest::plans::book::{Added, put};
use ingest::plans::judged::{JudgedOtherwise, judged_otherwise};
use ingest::plans::listing::{Entry, Listing, history, listing};
use jiff::civil::Date;
use model::id::{Name, UsagePointId};
use serde::{Deserialize, Serialize};
use store::registry::RegistryError;
use store::registry::master::Class;
use vee::plan::NoPlan;
use vee::plan::book::{Attachment, PlanBook};

use crate::etag;
use crate::problem::{Code, Problem};
use crate::query::{Ask, Sent};
use crate::state::Shared;

/// Every plan, where each holds, and what was ever put.
#[derive(Serialize)]
struct InForce {
    #[serde(flatten)]
    listing: Listing,
    book: PlanBook,
    history: Vec<Entry>,
}

/// Which plan holds.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Where {
    usage_point: String,
    date: Date,
}

/// The plan of a usage point on a date, and the attachment that won.
#[derive(Serialize)]
struct Held {
    usage_point: String,
    date: Date,
    plan: String,
    version: u32,
    attachment: Option<Attachment>,
}

/// A book that someone puts.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PutBook {
    by: String,
    book: PlanBook,
}

/// What that did.
#[derive(Serialize)]
pub(crate) struct Answer {
    added: Added,
    /// Left out where nothing holds elsewhere than before.
    judged_otherwise: Option<JudgedOtherwise>,
}

/// `GET /api/v1/plans`
pub(crate) async fn list(State(state): State<Shared>, headers: HeaderMap) -> Result<Response, Problem> {
    let plans = state.plans_now().await?;
    let stored = state.registry.plans().all().await?;
    let (listing, history) = (listing(&plans, &stored), history(&stored));
    etag::json(&headers, &InForce { listing, book: plans.written().clone(), history })
}

/// `GET /api/v1/plans/for`
pub(crate) async fn held(
    State(state): State<Shared>,
    headers: HeaderMap,
    Ask(Where { usage_point, date }): Ask<Where>,
) -> Result<Response, Problem> {
    let named = state.registry.master().find(Class::UsagePoint, &Name::new("", usage_point.as_str())).await?;
    let point = named.or_else(|| usage_point.parse().ok()).map(UsagePointId);
    let unknown = || Problem::new(Code::NotFound, format!("`{usage_point}` is not the name of one usage point"));
    let point = point.ok_or_else(unknown)?;
    let (plans, directory) = (state.plans_now().await?, state.registry.directory().await?);
    let of_day = plans.of_usage_point(&directory, point);
    let holding = of_day.holding(date)?;
    let (plan, version) = (holding.plan.name().to_string(), holding.plan.version());
    etag::json(&headers, &Held { usage_point, date, plan, version, attachment: holding.attachment.cloned() })
}

/// `POST /api/v1/plans`
pub(crate) async fn add(
    State(state): State<Shared>,
    Sent(PutBook { by, book }): Sent<PutBook>,
) -> Result<Json<Answer>, Problem> {
    let by = by.trim();
    if by.is_empty() || 100 < by.len() {
        return Err(Problem::parameter("by", "expected the name of a person, 1 to 100 bytes"));
    }
    let added = put(&state.registry, state.plans.default_plan(), &book, by, (state.now)()).await?;
    let mut judged = None;
    if 0 < added.attachments {
        let (plans, directory) = (state.plans_now().await?, state.registry.directory().await?);
        let counted = move |readings: &_| judged_otherwise(readings, &directory, &plans, (None, None));
        judged = Some(state.read(counted).await?);
    }
    Ok(Json(Answer { added, judged_otherwise: judged }))
}

impl From<PlansError> for Problem {
    fn from(error: PlansError) -> Self {
        match error {
            PlansError::Refused(findings) => {
                let members = vec![("findings", serde_json::json!(findings))];
                let remedy = Some("The findings say where and why; nothing of the book was kept.".to_owned());
                Self { members, remedy, ..Self::new(Code::Refused, "the book of plans cannot be used") }
            }
            PlansError::Registry(error @ RegistryError::Conflict { .. }) => {
                Self::new(Code::Conflict, error.to_string())
            }
            PlansError::Registry(error) if error.is_out_of_space() => Self::new(Code::StorageFull, "the disk is full"),
            PlansError::Registry(error) => error.into(),
            error @ PlansError::Broken(_) => Self::internal(&error),
        }
    }
}

impl From<NoPlan> for Problem {
    fn from(none: NoPlan) -> Self {
        let code = match none {
            NoPlan::Nothing { .. } => Code::NotFound,
            NoPlan::Several { .. } => Code::Conflict,
        };
        let remedy = Some("Attach a plan with POST /api/v1/plans or `amity vee plan attach`.".to_owned());
        Self { remedy, ..Self::new(code, none.to_string()) }
    }
}
