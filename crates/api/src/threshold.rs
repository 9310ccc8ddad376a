//! Who decides which condition, by which limit, and where head-ends differ.

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use crate::state::Shared;

/// `GET /api/v1/thresholds`
pub(crate) async fn get(State(state): State<Shared>) -> Json<Value> {
    let thresholds = &state.thresholds;
    Json(json!({ "register": thresholds.register, "statements": thresholds.statements, "drift": thresholds.drift() }))
}
