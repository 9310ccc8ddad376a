//! The way in for head-ends that push over REST and sign what they send (Standard Webhooks 1.0.0).
//!
//! A message goes the way of any other: it is answered when it is durable, and one that came before is stored no second time.

use std::collections::BTreeMap;

use axum::Json;
use axum::body::{Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use interop::hook::{Hook, NotTaken, Signed, Ticket};

use crate::event;
use crate::guard::content_type;
use crate::problem::{Code, Problem};
use crate::query::Place;
use crate::state::{IntakeError, Receipt, Shared, Upload};

/// A head-end that may push.
#[derive(Debug)]
pub struct Pusher {
    /// Its signatures.
    pub hook: Hook,
    /// The format of what it pushes, where content alone should not decide.
    pub format: Option<String>,
    /// Zone of stamps without an offset.
    pub zone: Option<String>,
}

/// Head-ends that may push, by name.
pub type Pushers = BTreeMap<String, Pusher>;

/// `POST /hooks/{head_end}`: readings, or readings and events.
pub(crate) async fn receive(
    State(state): State<Shared>,
    Place(name): Place<String>,
    request: Request,
) -> Result<Response, Problem> {
    let pusher = pusher(&state, &name)?;
    content_type(request.headers())?;
    let full = |_| Problem::new(Code::TooManyRequests, "as many messages are being taken in as there is memory for");
    let _permit = state.uploads.try_acquire().map_err(full)?;
    let headers = request.headers().clone();
    let max = state.message_bytes_max;
    let too_large = |_| Problem::new(Code::BodyTooLarge, format!("expected at most {max} bytes"));
    let bytes = to_bytes(request.into_body(), max).await.map_err(too_large)?;
    let ticket = admitted(&state, pusher, &headers, &bytes)?;
    let taken = state.intake.receive(upload(pusher, &name, &headers, bytes)).await;
    answered(pusher, ticket, taken)
}

/// `POST /hooks/{head_end}/events`: events alone, beside whatever else is taken in.
pub(crate) async fn receive_events(
    State(state): State<Shared>,
    Place(name): Place<String>,
    request: Request,
) -> Result<Response, Problem> {
    let pusher = pusher(&state, &name)?;
    content_type(request.headers())?;
    let headers = request.headers().clone();
    let (bytes, _permit) = event::message(&state, request).await?;
    let ticket = admitted(&state, pusher, &headers, &bytes)?;
    let taken = state.intake.receive_events(upload(pusher, &name, &headers, bytes)).await;
    answered(pusher, ticket, taken)
}

fn pusher<'s>(state: &'s Shared, name: &str) -> Result<&'s Pusher, Problem> {
    let unknown = || {
        let detail = format!("`{name}` is no head-end that pushes here; it needs a [head_end.hook] with its secret");
        Problem::new(Code::NotFound, detail)
    };
    state.pushers.get(name).ok_or_else(unknown)
}

fn admitted(state: &Shared, pusher: &Pusher, headers: &HeaderMap, bytes: &Bytes) -> Result<Ticket, Problem> {
    let text = |name: &'static str| {
        let told = headers.get(name).and_then(|value| value.to_str().ok());
        told.ok_or_else(|| Problem::new(Code::NotSigned, format!("the header `{name}` is missing")))
    };
    let (id, timestamp) = (text("webhook-id")?, text("webhook-timestamp")?);
    let signed = Signed { id, timestamp, signatures: text("webhook-signature")? };
    pusher.hook.admit(signed, bytes, (state.now)()).map_err(|error| match error {
        NotTaken::Replayed(_) => Problem::new(Code::Conflict, error.to_string()),
        NotTaken::Full => Problem::new(Code::TooManyRequests, error.to_string()),
        NotTaken::Secrets(secrets) => {
            tracing::error!(error = &secrets as &dyn std::error::Error, "what a head-end pushes cannot be verified");
            Problem::new(Code::Unavailable, "the secret of this head-end cannot be read here; the log says why")
        }
        NotTaken::Form(..) | NotTaken::Stale { .. } | NotTaken::Wrong => {
            Problem::new(Code::NotSigned, error.to_string())
        }
    })
}

fn upload(pusher: &Pusher, name: &str, headers: &HeaderMap, bytes: Bytes) -> Upload {
    let id = headers.get("webhook-id").and_then(|id| id.to_str().ok()).unwrap_or_default();
    let (format, zone) = (pusher.format.clone(), pusher.zone.clone());
    Upload { source: name.to_owned(), name: id.to_owned(), format, zone, bytes }
}

/// The answer, once what it says is durable; what was not stored may come again as it is.
fn answered(pusher: &Pusher, ticket: Ticket, taken: Result<Receipt, IntakeError>) -> Result<Response, Problem> {
    match taken {
        Ok(receipt) if receipt.accepted => Ok(Json(receipt.told).into_response()),
        Ok(receipt) => {
            pusher.hook.forget(ticket);
            let members = vec![("receipt", receipt.told)];
            Err(Problem { members, ..Problem::new(Code::Refused, "nothing of the message was stored") })
        }
        Err(error) => {
            pusher.hook.forget(ticket);
            Err(error.into())
        }
    }
}
