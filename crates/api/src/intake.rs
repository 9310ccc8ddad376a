//! The way in over HTTP: any file Amity reads, answered only when it is durable.

use axum::Json;
use axum::body::{Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use tokio::sync::SemaphorePermit;

use crate::guard::content_type;
use crate::problem::{Code, Problem};
use crate::query::Ask;
use crate::state::Shared;

/// What the bytes do not say.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Told {
    pub(crate) source: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) format: Option<String>,
    pub(crate) zone: Option<String>,
}

/// The file that a request carries, and the leave to hold it in memory as long as the permit is held.
pub(crate) async fn file(state: &Shared, request: Request) -> Result<(Bytes, SemaphorePermit<'_>), Problem> {
    content_type(request.headers())?;
    let busy = || Problem::new(Code::Unavailable, "as many messages are being taken in as there is memory for");
    let permit = state.uploads.try_acquire().map_err(|_| busy())?;
    let max = state.message_bytes_max;
    let too_large = |_| Problem::new(Code::BodyTooLarge, format!("expected at most {max} bytes"));
    let bytes = to_bytes(request.into_body(), max).await.map_err(too_large)?;
    if bytes.is_empty() {
        return Err(Problem::parameter("body", "expected a file, found no bytes"));
    }
    Ok((bytes, permit))
}

/// `POST /api/v1/readings`
pub(crate) async fn receive(
    State(state): State<Shared>,
    Ask(told): Ask<Told>,
    request: Request,
) -> Result<Response, Problem> {
    let (bytes, _permit) = file(&state, request).await?;
    let receipt = state.intake.receive(told.upload(bytes)).await?;
    if receipt.accepted {
        return Ok(Json(receipt.told).into_response());
    }
    let members = vec![("receipt", receipt.told)];
    Err(Problem { members, ..Problem::new(Code::Refused, "nothing of the message was stored") })
}
