//! Billing determinants: asked for, shown, cancelled. The rooms are those of `ingest::determinants`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use ingest::Determinants;
use ingest::determinants::{AskDeterminants, AskTold, Told};
use ingest::review::ReviewError;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::etag;
use crate::problem::Problem;
use crate::query::{Ask, Place, Sent};
use crate::state::{Inner, Shared};

/// What became of a request: one for a usage point, several for an account.
#[derive(Serialize)]
pub(crate) struct Requested {
    requests: Vec<Told>,
}

/// Which state of knowledge.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AskAsOf {
    as_of: Option<Timestamp>,
}

/// `POST /api/v1/determinants/requests`
pub(crate) async fn request(
    State(state): State<Shared>,
    Sent(asked): Sent<AskDeterminants>,
) -> Result<Json<Requested>, Problem> {
    let requests = state.ask_determinants(move |determinants, now| determinants.request(&asked, now)).await?;
    Ok(Json(Requested { requests }))
}

/// `GET /api/v1/determinants/requests/{id}`
pub(crate) async fn get(
    State(state): State<Shared>,
    headers: HeaderMap,
    Place(id): Place<String>,
    Ask(asked): Ask<AskAsOf>,
) -> Result<Response, Problem> {
    let told = state.ask_determinants(move |determinants, _| determinants.told(&id, asked.as_of)).await?;
    etag::json(&headers, &told)
}

/// `POST /api/v1/determinants/requests/{id}/cancel`
pub(crate) async fn cancel(State(state): State<Shared>, Place(id): Place<String>) -> Result<Json<Told>, Problem> {
    state.ask_determinants(move |determinants, now| determinants.cancel(&id, now)).await.map(Json)
}

/// `GET /api/v1/determinants`
pub(crate) async fn list(
    State(state): State<Shared>,
    headers: HeaderMap,
    Ask(asked): Ask<AskTold>,
) -> Result<Response, Problem> {
    let page = state.ask_determinants(move |determinants, _| determinants.list(&asked)).await?;
    etag::json(&headers, &page)
}

impl Inner {
    /// Asks for determinants where that may block.
    async fn ask_determinants<T: Send + 'static>(
        &self,
        ask: impl FnOnce(&Determinants, Timestamp) -> Result<T, ReviewError> + Send + 'static,
    ) -> Result<T, Problem> {
        let (determinants, now) = (Arc::clone(&self.determinants), self.now);
        let answer = tokio::task::spawn_blocking(move || ask(&determinants, now())).await;
        Ok(answer.map_err(|error| Problem::internal(&error))??)
    }
}
