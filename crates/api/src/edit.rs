//! The editor: what every method would write, and what the plan would say. Nothing is stored here.

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use model::review::{AskCheck, AskPreview, Check};

use crate::etag;
use crate::problem::Problem;
use crate::query::{Ask, Sent};
use crate::state::Shared;

/// `GET /api/v1/review/preview`
pub(crate) async fn preview(
    State(state): State<Shared>,
    headers: HeaderMap,
    Ask(asked): Ask<AskPreview>,
) -> Result<Response, Problem> {
    etag::json(&headers, &state.ask_review(move |review, now| review.preview(&asked, now)).await?)
}

/// `POST /api/v1/review/check`
pub(crate) async fn check(State(state): State<Shared>, Sent(asked): Sent<AskCheck>) -> Result<Json<Check>, Problem> {
    state.ask_review(move |review, now| review.check(&asked, now)).await.map(Json)
}
