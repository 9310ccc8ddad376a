//! The way in for head-ends that push in SOAP: readings and events as messages of IEC 61968-100, answered as such, and only
//! when what the answer says is durable.

use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use interop::pushed::{Answer, Outcome, Pushed, Said};
use serde::Deserialize;
use serde_json::Value;

use crate::guard::content_type;
use crate::intake::file;
use crate::problem::{Code, Problem};
use crate::query::Ask;
use crate::state::{Receipt, Shared, Upload};

/// What the message may say otherwise than it should.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Told {
    source: Option<String>,
    zone: Option<String>,
}

/// `POST /soap`
pub(crate) async fn receive(
    State(state): State<Shared>,
    Ask(told): Ask<Told>,
    request: Request,
) -> Result<Response, Problem> {
    let media_type = content_type(request.headers())?;
    if !matches!(media_type.as_str(), "text/xml" | "application/xml" | "application/soap+xml") {
        let detail = format!("found `{media_type}`, expected text/xml, application/soap+xml or application/xml");
        return Err(Problem::new(Code::UnsupportedMediaType, detail));
    }
    let (bytes, _permit) = file(&state, request).await?;
    let now = (state.now)();
    let pushed = match Pushed::read(&bytes, now) {
        Ok(pushed) => pushed,
        Err(answer) => return Ok(response(answer)),
    };
    match take(&state, &pushed, told, bytes).await {
        Ok(receipt) => Ok(response(pushed.taken(&outcome(&receipt), now))),
        Err(problem) => {
            let is_of_sender = problem.code == Code::InvalidParameter;
            let answer = pushed.failed(is_of_sender, &problem.detail, now);
            // Its status and `Retry-After`, in the words of SOAP.
            let (parts, _) = problem.into_response().into_parts();
            let mut told = response(Answer { status: answer.status.or(Some(parts.status.as_u16())), ..answer });
            if let Some(wait) = parts.headers.get(header::RETRY_AFTER) {
                told.headers_mut().insert(header::RETRY_AFTER, wait.clone());
            }
            Ok(told)
        }
    }
}

async fn take(state: &Shared, pushed: &Pushed, told: Told, bytes: Bytes) -> Result<Receipt, Problem> {
    let or = |text: &str, other: &str| if text.is_empty() { other.to_owned() } else { text.to_owned() };
    let upload = Upload {
        source: told.source.unwrap_or_else(|| or(pushed.source(), "soap")),
        name: or(pushed.id(), "pushed message"),
        format: Some("cim".into()),
        zone: told.zone,
        bytes,
    };
    Ok(state.intake.receive(upload).await?)
}

/// What the receipt says, in the words of a reply.
fn outcome(receipt: &Receipt) -> Outcome {
    let count = |name: &str| receipt.told[name].as_u64().unwrap_or_default();
    let findings = receipt.told["findings"].as_array().map(Vec::as_slice).unwrap_or_default();
    let is_wrong = |finding: &&Value| matches!(finding["severity"].as_str(), Some("error" | "refused"));
    let text = |finding: &Value, name: &str| finding[name].as_str().unwrap_or_default().to_owned();
    let said = |finding: &Value| Said {
        code: text(finding, "code"),
        field: text(finding, "field"),
        line: finding["line"].as_u64().unwrap_or_default(),
        message: text(finding, "message"),
    };
    Outcome {
        is_accepted: receipt.accepted,
        has_waiting: 0 < count("quarantined") + count("malformed"),
        said: findings.iter().filter(is_wrong).map(said).collect(),
    }
}

fn response(answer: Answer) -> Response {
    let status = answer.status.and_then(|status| StatusCode::from_u16(status).ok()).unwrap_or(StatusCode::OK);
    (status, [(header::CONTENT_TYPE, answer.media_type)], answer.body).into_response()
}
