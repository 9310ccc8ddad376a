//! Billing determinants: asked for, in JSON or in XML, shown, cancelled. The rooms are those of `ingest::determinants`.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{FromRequest, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use ingest::Determinants;
use ingest::determinants::{AskDeterminants, AskTold, Told};
use ingest::review::ReviewError;
use interop::delivery::SOURCE;
use interop::determinant::Answered;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::etag;
use crate::guard::content_type;
use crate::problem::{Code, Problem};
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

/// `POST /api/v1/determinants/requests`: JSON, or an IEC 61968-100 message in XML, answered in kind.
pub(crate) async fn request(State(state): State<Shared>, request: Request) -> Result<Response, Problem> {
    if matches!(content_type(request.headers())?.as_str(), "application/xml" | "text/xml") {
        let body = Bytes::from_request(request, &state).await;
        let body = body.map_err(|rejection| Problem::new(Code::BodyTooLarge, rejection.body_text()))?;
        return asked_in_xml(&state, body).await;
    }
    let Sent(asked) = Sent::<AskDeterminants>::from_request(request, &state).await?;
    let requests = state.ask_determinants(move |determinants, now| determinants.request(&asked, now)).await?;
    Ok(Json(Requested { requests }).into_response())
}

async fn asked_in_xml(state: &Inner, body: Bytes) -> Result<Response, Problem> {
    let answer = state.ask_determinants(move |determinants, now| {
        let ask = |asked: &AskDeterminants| match determinants.request(asked, now) {
            Ok(told) => Ok(Ok(told)),
            Err(ReviewError::Refused(refusal)) => Ok(Err(refusal)),
            Err(error) => Err(error),
        };
        interop::determinant::answer(&body, SOURCE, now, ask)
    });
    let Answered { is_done, code, body } = answer.await?;
    let status = if is_done { StatusCode::OK } else { status_of(&code) };
    Ok((status, [(header::CONTENT_TYPE, "application/xml")], body).into_response())
}

/// The status of a message of which nothing was done, by the code of IEC 61968-100 that says why.
fn status_of(code: &str) -> StatusCode {
    match code.split('.').next() {
        _ if code == "3.1" => StatusCode::PAYLOAD_TOO_LARGE,
        Some("1") => StatusCode::BAD_REQUEST,
        Some("6") => StatusCode::CONFLICT,
        Some("7") => StatusCode::FORBIDDEN,
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    }
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
