//! Why the final values of a channel-day are what they are.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use jiff::civil::Date;
use serde::Deserialize;

use crate::etag;
use crate::problem::Problem;
use crate::query::{Ask, Place};
use crate::state::Shared;

/// Which day.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Day {
    date: Date,
}

/// `GET /api/v1/channels/{channel}/explain`
pub(crate) async fn get(
    State(state): State<Shared>,
    headers: HeaderMap,
    Place(channel): Place<String>,
    Ask(asked): Ask<Day>,
) -> Result<Response, Problem> {
    etag::json(&headers, &state.ask_review(move |review, now| review.explain(&channel, asked.date, now)).await?)
}
