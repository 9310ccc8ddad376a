//! The queue: exceptions in groups and one by one; accepting them, who looks after them, remarks.

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use model::review::{Accept, Accepted, AskExceptions, AskGroups, Assign, Changed, Comment};

use crate::etag;
use crate::problem::Problem;
use crate::query::{Ask, Sent};
use crate::state::Shared;

/// `GET /api/v1/review/groups`
pub(crate) async fn groups(
    State(state): State<Shared>,
    headers: HeaderMap,
    Ask(asked): Ask<AskGroups>,
) -> Result<Response, Problem> {
    etag::json(&headers, &state.ask_review(move |review, _| review.groups(&asked)).await?)
}

/// `GET /api/v1/review/exceptions`
pub(crate) async fn list(
    State(state): State<Shared>,
    headers: HeaderMap,
    Ask(asked): Ask<AskExceptions>,
) -> Result<Response, Problem> {
    etag::json(&headers, &state.ask_review(move |review, _| review.exceptions(&asked)).await?)
}

/// `POST /api/v1/review/accept`
pub(crate) async fn accept(State(state): State<Shared>, Sent(asked): Sent<Accept>) -> Result<Json<Accepted>, Problem> {
    state.ask_review(move |review, now| review.accept(&asked, now)).await.map(Json)
}

/// `POST /api/v1/review/assign`
pub(crate) async fn assign(State(state): State<Shared>, Sent(asked): Sent<Assign>) -> Result<Json<Changed>, Problem> {
    state.ask_review(move |review, _| review.assign(&asked)).await.map(Json)
}

/// `POST /api/v1/review/comment`
pub(crate) async fn comment(State(state): State<Shared>, Sent(asked): Sent<Comment>) -> Result<Json<Changed>, Problem> {
    state.ask_review(move |review, _| review.comment(&asked)).await.map(Json)
}
