//! Conditions that could harm collecting, and that a person has seen them.

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use ingest::thresholds::alerting::with_evidence;
use jiff::Timestamp;
use serde::Deserialize;
use store::registry::alert::{Acknowledged, Alert, Which};

use crate::etag;
use crate::problem::Problem;
use crate::query::{Ask, Place, Sent, rows};
use crate::state::Shared;

/// Which alerts.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Asked {
    since: Option<Timestamp>,
    limit: Option<u32>,
}

/// Who has seen an alert.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Seen {
    by: String,
    #[serde(default)]
    note: String,
}

/// `GET /api/v1/alerts`
pub(crate) async fn list(
    State(state): State<Shared>,
    headers: HeaderMap,
    Ask(asked): Ask<Asked>,
) -> Result<Response, Problem> {
    let which = asked.since.map_or(Which::Open, |since| Which::Between(since, (state.now)()));
    let alerts = state.registry.alerts().list(which, rows(asked.limit)?).await?;
    let (directory, now) = (state.registry.directory().await?, (state.now)());
    let items = with_evidence(&state.thresholds, &state.events, &directory, alerts, now).await?;
    etag::json(&headers, &serde_json::json!({ "items": items, "next": null }))
}

/// `POST /api/v1/alerts/{id}/acknowledge`
pub(crate) async fn acknowledge(
    State(state): State<Shared>,
    Place(id): Place<u64>,
    Sent(seen): Sent<Seen>,
) -> Result<Json<Alert>, Problem> {
    if seen.by.trim().is_empty() {
        return Err(Problem::parameter("by", "expected who has seen it".to_owned()));
    }
    let by = Acknowledged { at: (state.now)(), by: seen.by, note: seen.note };
    Ok(Json(state.registry.alerts().acknowledge(id, &by).await?))
}
