//! For those who run Amity: liveness, readiness, figures for Prometheus, the description of the interface.

use std::fmt::Write as _;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};

use crate::etag;
use crate::problem::{Code, Problem, explanation};
use crate::quarantine;
use crate::query::Place;
use crate::state::Shared;
use crate::subscription;

/// The description of this interface; a test holds it against the routes.
pub(crate) const OPENAPI: &str = include_str!("../../../docs/api/openapi.yaml");

/// `GET /live`: the process answers.
pub(crate) async fn live() -> &'static str {
    "live\n"
}

/// `GET /ready`: the books answer, and readings can be taken in.
pub(crate) async fn ready(State(state): State<Shared>) -> Result<&'static str, Problem> {
    if let Some(why) = state.readings.read_only() {
        tracing::warn!(%why, "not ready");
        let detail = format!("the readings book is only read since {why}; check the disk and restart");
        return Err(Problem::new(Code::Unavailable, detail));
    }
    match state.registry.revision().await {
        Ok(_) => Ok("ready\n"),
        Err(error) => {
            tracing::warn!(%error, "not ready");
            Err(Problem::new(Code::Unavailable, "the registry does not answer"))
        }
    }
}

/// `GET /api/v1/openapi.yaml`
pub(crate) async fn openapi(headers: HeaderMap) -> Response {
    etag::tagged(&headers, OPENAPI.as_bytes().to_vec(), "application/yaml")
}

/// `GET /api/v1/problems/{code}`: where the `type` of a problem points.
pub(crate) async fn problem(headers: HeaderMap, Place(name): Place<String>) -> Result<Response, Problem> {
    etag::json(&headers, &explanation(&name)?)
}

/// `GET /metrics`: Prometheus text exposition format 0.0.4.
pub(crate) async fn metrics(State(state): State<Shared>) -> Result<Response, Problem> {
    let coverage = state.coverage().await?;
    let directory = state.registry.directory().await?;
    let totals = state.registry.batches().totals().await?;
    let open: u64 = quarantine::reasons(&state).await?.iter().map(quarantine::ReasonCount::count).sum();
    let mut text = Exposition::default();
    text.gauge("amity_readings", "Interval readings that are current.", coverage.readings());
    text.gauge("amity_channels", "Channels registered.", directory.len() as u64);
    text.counter("amity_batches_total", "Batches received.", totals.batches);
    text.counter("amity_batch_bytes_total", "Raw bytes received.", totals.bytes);
    text.counter("amity_readings_stored_total", "Readings stored, versions included.", totals.stored);
    text.counter("amity_readings_duplicate_total", "Readings that were there before.", totals.duplicates);
    text.counter("amity_log_sequence_total", "Batches in the log of the readings book.", state.readings.sequence());
    text.gauge("amity_quarantine_open", "Items that wait for a decision.", open);
    if let Some(newest) = coverage.newest() {
        let age = ((state.now)().as_second() - newest).max(0);
        text.gauge("amity_newest_reading_age_seconds", "Age of the newest reading.", age.unsigned_abs());
    }
    let lag = subscription::subscriptions(&state).await?.iter().map(|subscription| subscription.lag).max();
    text.gauge("amity_subscriber_lag_max", "Batches the slowest subscriber is behind.", lag.unwrap_or(0));
    let mut response = text.0.into_response();
    let media_type = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, media_type);
    Ok(response)
}

#[derive(Default)]
struct Exposition(String);

impl Exposition {
    fn gauge(&mut self, name: &str, help: &str, value: u64) {
        self.metric("gauge", name, help, value);
    }

    fn counter(&mut self, name: &str, help: &str, value: u64) {
        self.metric("counter", name, help, value);
    }

    fn metric(&mut self, kind: &str, name: &str, help: &str, value: u64) {
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}\n{name} {value}");
    }
}
