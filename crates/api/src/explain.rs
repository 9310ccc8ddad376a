//! Why the final values of a channel-day are what they are.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Deserialize;

use crate::book;
use crate::etag;
use crate::problem::Problem;
use crate::query::{Ask, Place};
use crate::state::Shared;

/// Which day, and what was known of it when.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Day {
    date: Date,
    as_of: Option<Timestamp>,
}

/// `GET /api/v1/channels/{channel}/explain`
pub(crate) async fn get(
    State(state): State<Shared>,
    headers: HeaderMap,
    Place(channel): Place<String>,
    Ask(asked): Ask<Day>,
) -> Result<Response, Problem> {
    let as_of = book::as_of(asked.as_of);
    let explained = state.ask_review(move |review, now| review.explain_as_of(&channel, asked.date, as_of, now)).await?;
    etag::json(&headers, &explained)
}
