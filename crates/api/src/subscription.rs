//! Who is told about readings, and how far they have been told.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use interop::subscribers::Status;
use jiff::Timestamp;
use serde::Serialize;
use store::registry::subscription::{PayloadFormat, SubscriptionState};

use crate::etag;
use crate::problem::Problem;
use crate::state::Shared;

/// A subscriber and its delivery. Its secret is never shown.
#[derive(Serialize)]
pub(crate) struct Subscription {
    id: String,
    name: String,
    address: String,
    format: PayloadFormat,
    /// Registered state, or `retrying` while the last attempt failed.
    state: &'static str,
    /// Batches of the readings book that it has not accepted yet.
    pub(crate) lag: u64,
    attempts: u32,
    next_attempt: Option<Timestamp>,
    last_delivered_at: Option<Timestamp>,
    last_error: Option<String>,
}

/// `GET /api/v1/subscriptions`
pub(crate) async fn list(State(state): State<Shared>, headers: HeaderMap) -> Result<Response, Problem> {
    let items = subscriptions(&state).await?;
    etag::json(&headers, &serde_json::json!({ "items": items, "next": null }))
}

/// Every subscriber by name.
pub(crate) async fn subscriptions(state: &Shared) -> Result<Vec<Subscription>, Problem> {
    let all = interop::subscribers::status(&state.registry, Some(&state.readings)).await?;
    let view = |status: Status| {
        let Status { subscription, delivery, batches_behind, determinants_behind } = status;
        let retrying = subscription.state == SubscriptionState::Active && delivery.last_error.is_some();
        Subscription {
            id: subscription.id.to_string(),
            name: subscription.name,
            address: subscription.address,
            format: subscription.format,
            state: if retrying { "retrying" } else { subscription.state.as_str() },
            lag: batches_behind.unwrap_or(0) + determinants_behind.unwrap_or(0),
            attempts: delivery.attempts,
            next_attempt: delivery.next_attempt,
            last_delivered_at: delivery.delivered_at,
            last_error: delivery.last_error,
        }
    };
    Ok(all.into_iter().map(view).collect())
}
