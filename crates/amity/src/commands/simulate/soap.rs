//! The head-end that writes IEC 61968-9, as a service in SOAP: `ADDRESS/hes-cloud/soap`.

use std::path::PathBuf;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, post};
use simulator::soap::SoapService;

use crate::clock;
use crate::output::Failure;

/// Readings of one answer; more are left out, and the answer says so.
const READINGS_MAX: usize = 2000;

/// A route that answers questions about these files.
///
/// # Errors
/// [`Failure`] naming a file that cannot be read.
pub(super) fn route(files: &[PathBuf]) -> Result<MethodRouter, Failure> {
    let mut service = SoapService::new(READINGS_MAX);
    for file in files {
        let bytes = std::fs::read(file);
        let could_not = |error| Failure::work(format!("could not read {}", file.display()), error);
        service.add(&bytes.map_err(could_not)?);
    }
    Ok(post(answer).with_state(Arc::new(service)))
}

async fn answer(State(service): State<Arc<SoapService>>, question: Bytes) -> Response {
    let answer = service.answer(&question, clock::now());
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, [(header::CONTENT_TYPE, answer.media_type)], answer.body).into_response()
}
