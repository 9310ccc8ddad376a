//! The head-end that writes IEC 61968-9, as a service in SOAP: `ADDRESS/hes-cloud/soap`.

use std::path::PathBuf;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, post};
use formats::soap::Message;
use simulator::answer::{Answers, Asked};
use simulator::premises::HeadEnd;
use simulator::soap::{Answer, SoapService, answer_of_devices};

use super::service::Served;
use crate::clock;
use crate::output::Failure;

/// Readings of one answer; more are left out, and the answer says so.
const READINGS_MAX: usize = 2000;

/// What these files hold, to be asked for.
///
/// # Errors
/// [`Failure`] naming a file that cannot be read.
pub(super) fn service(files: &[PathBuf]) -> Result<SoapService, Failure> {
    let mut service = SoapService::new(READINGS_MAX);
    for file in files {
        let bytes = std::fs::read(file);
        let could_not = |error| Failure::work(format!("could not read {}", file.display()), error);
        service.add(&bytes.map_err(could_not)?);
    }
    Ok(service)
}

/// A route that answers questions about time from what was sent, and about devices from the truth.
pub(super) fn route(service: SoapService, served: Arc<Served>) -> MethodRouter {
    post(answer).with_state(Arc::new((service, served)))
}

async fn answer(State(state): State<Arc<(SoapService, Arc<Served>)>>, question: Bytes) -> Response {
    let answered = tokio::task::spawn_blocking(move || {
        let (service, served) = &*state;
        match formats::soap::read(&question) {
            Ok(asked) if !asked.devices.is_empty() => of_devices(&asked, served),
            _ => service.answer(&question, clock::now()),
        }
    });
    let Ok(answer) = answered.await else { return StatusCode::INTERNAL_SERVER_ERROR.into_response() };
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, [(header::CONTENT_TYPE, answer.media_type)], answer.body).into_response()
}

/// What devices tell now; the same request again changes nothing and is answered anew.
fn of_devices(message: &Message, served: &Served) -> Answer {
    let asked = message.request.map_or(Asked::Now, Asked::Read);
    let (answers, now) = (Answers::new(&served.utility, HeadEnd::Cloud, served.first), clock::now());
    let refusal = |device: &_| Some((smol_str::SmolStr::clone(device), answers.refusal(device, asked)?));
    let refused: Vec<_> = message.devices.iter().filter_map(refusal).collect();
    let tried = message.devices.iter().filter(|device| answers.refusal(device, asked).is_none());
    let file = answers.file(tried.map(|device| &**device), asked, (&message.header.id, now));
    let fetched = file.map(|file| file.bytes).unwrap_or_default();
    answer_of_devices(message, &fetched, &refused, now)
}
