//! Proposals: values that a person writes, until another one approves or rejects them, and what was undone.

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use model::review::{ActState, AskProposals, Decide, Propose};
use store::registry::review::Verdict;

use crate::etag;
use crate::problem::Problem;
use crate::query::{Ask, Place, Sent};
use crate::state::Shared;

/// `GET /api/v1/review/proposals`
pub(crate) async fn list(
    State(state): State<Shared>,
    headers: HeaderMap,
    Ask(asked): Ask<AskProposals>,
) -> Result<Response, Problem> {
    etag::json(&headers, &state.ask_review(move |review, _| review.proposals(&asked)).await?)
}

/// `POST /api/v1/review/proposals`
pub(crate) async fn propose(
    State(state): State<Shared>,
    Sent(asked): Sent<Propose>,
) -> Result<Json<ActState>, Problem> {
    state.ask_review(move |review, now| review.propose(&asked, now)).await.map(Json)
}

/// `POST /api/v1/review/proposals/{act}/approve`
pub(crate) async fn approve(
    state: State<Shared>,
    act: Place<u64>,
    asked: Sent<Decide>,
) -> Result<Json<ActState>, Problem> {
    decide(state, act, asked, Verdict::Approve).await
}

/// `POST /api/v1/review/proposals/{act}/reject`
pub(crate) async fn reject(
    state: State<Shared>,
    act: Place<u64>,
    asked: Sent<Decide>,
) -> Result<Json<ActState>, Problem> {
    decide(state, act, asked, Verdict::Reject).await
}

/// `POST /api/v1/review/proposals/{act}/undo`
pub(crate) async fn undo(
    state: State<Shared>,
    act: Place<u64>,
    asked: Sent<Decide>,
) -> Result<Json<ActState>, Problem> {
    decide(state, act, asked, Verdict::Undo).await
}

/// `GET /api/v1/review/reasons`
pub(crate) async fn reasons(headers: HeaderMap) -> Result<Response, Problem> {
    etag::json(&headers, &ingest::review::reasons::reasons())
}

async fn decide(
    State(state): State<Shared>,
    Place(act): Place<u64>,
    Sent(asked): Sent<Decide>,
    verdict: Verdict,
) -> Result<Json<ActState>, Problem> {
    state.ask_review(move |review, now| review.decide(act, verdict, &asked, now)).await.map(Json)
}
