//! The way in for head-ends that push over REST and sign what they send (Standard Webhooks 1.0.0).
//!
//! A message goes the way of any other: it is answered when it is durable, and one that came before is stored no second time.

use std::collections::BTreeMap;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use interop::hook::{Hook, NotTaken, Signed, Ticket};

use crate::guard::content_type;
use crate::problem::{Code, Problem};
use crate::query::Place;
use crate::state::{Shared, Upload};
use crate::{event, intake};

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

/// What a message holds.
#[derive(Clone, Copy)]
enum Holds {
    /// Readings, or readings and events.
    Readings,
    /// Events alone, which are taken beside whatever else is taken in.
    Events,
}

/// `POST /hooks/{head_end}`
pub(crate) async fn receive(
    State(state): State<Shared>,
    Place(name): Place<String>,
    request: Request,
) -> Result<Response, Problem> {
    pushed(&state, &name, Holds::Readings, request).await
}

/// `POST /hooks/{head_end}/events`
pub(crate) async fn receive_events(
    State(state): State<Shared>,
    Place(name): Place<String>,
    request: Request,
) -> Result<Response, Problem> {
    pushed(&state, &name, Holds::Events, request).await
}

/// Takes a message in and answers once it is durable. Where it is not stored, or nobody waits for the answer any more, the same
/// may come again as it is.
async fn pushed(state: &Shared, name: &str, holds: Holds, request: Request) -> Result<Response, Problem> {
    let pusher = pusher(state, name)?;
    content_type(request.headers())?;
    let headers = request.headers().clone();
    let (bytes, _permit) = match holds {
        Holds::Readings => intake::file(state, request).await?,
        Holds::Events => event::message(state, request).await?,
    };
    let ticket = admitted(state, pusher, &headers, &bytes)?;
    let upload = upload(pusher, name, &headers, bytes);
    let receipt = match holds {
        Holds::Readings => state.intake.receive(upload).await?,
        Holds::Events => state.intake.receive_events(upload).await?,
    };
    if !receipt.accepted {
        let members = vec![("receipt", receipt.told)];
        return Err(Problem { members, ..Problem::new(Code::Refused, "nothing of the message was stored") });
    }
    ticket.keep();
    Ok(Json(receipt.told).into_response())
}

fn pusher<'s>(state: &'s Shared, name: &str) -> Result<&'s Pusher, Problem> {
    let unknown = || {
        let detail = format!("`{name}` is no head-end that pushes here; it needs a [head_end.hook] with its secret");
        Problem::new(Code::NotFound, detail)
    };
    state.pushers.get(name).ok_or_else(unknown)
}

fn admitted<'p>(state: &Shared, pusher: &'p Pusher, headers: &HeaderMap, bytes: &Bytes) -> Result<Ticket<'p>, Problem> {
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
