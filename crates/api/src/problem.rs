//! Problems: what a caller is told when a request cannot be answered (RFC 9457).
//!
//! The `type` of each is an address of this server that explains it. Callers are told what they can act on; what
//! only an operator can act on goes to the log, with its causes.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use store::readings;
use store::registry::RegistryError;

/// Every kind of problem, one for each thing a caller can do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// A parameter is absent or not of its form.
    InvalidParameter,
    /// More was asked for at once than one answer gives.
    RangeTooLarge,
    /// There is no such object or address.
    NotFound,
    /// It is not signed by whom it should be.
    NotSigned,
    /// This person may not do it.
    NotAllowed,
    /// It contradicts what is there already.
    Conflict,
    /// The address exists, for another method.
    MethodNotAllowed,
    /// The request was sent to a name this server does not serve.
    WrongHost,
    /// A page of another origin sent the request.
    ForeignOrigin,
    /// The body has no content type, or not the one that is read here.
    UnsupportedMediaType,
    /// The body is longer than one request may be.
    BodyTooLarge,
    /// The message holds nothing that can be used.
    Refused,
    /// More comes than can be taken in: nothing was stored.
    TooManyRequests,
    /// The disk is full: nothing was stored.
    StorageFull,
    /// The server is busy or starting: nothing was stored.
    Unavailable,
    /// Stored bytes are damaged, or something else that only an operator can act on.
    Internal,
}

impl Code {
    /// Every code, in the order of the documentation.
    pub const ALL: [Self; 16] = [
        Self::InvalidParameter,
        Self::RangeTooLarge,
        Self::NotFound,
        Self::NotSigned,
        Self::NotAllowed,
        Self::Conflict,
        Self::MethodNotAllowed,
        Self::WrongHost,
        Self::ForeignOrigin,
        Self::UnsupportedMediaType,
        Self::BodyTooLarge,
        Self::Refused,
        Self::TooManyRequests,
        Self::StorageFull,
        Self::Unavailable,
        Self::Internal,
    ];

    /// The word in `type` and `code`.
    pub const fn name(self) -> &'static str {
        self.name_and_status().0
    }

    const fn name_and_status(self) -> (&'static str, StatusCode) {
        match self {
            Self::InvalidParameter => ("invalid-parameter", StatusCode::BAD_REQUEST),
            Self::RangeTooLarge => ("range-too-large", StatusCode::BAD_REQUEST),
            Self::NotFound => ("not-found", StatusCode::NOT_FOUND),
            Self::NotSigned => ("not-signed", StatusCode::UNAUTHORIZED),
            Self::NotAllowed => ("not-allowed", StatusCode::FORBIDDEN),
            Self::Conflict => ("conflict", StatusCode::CONFLICT),
            Self::MethodNotAllowed => ("method-not-allowed", StatusCode::METHOD_NOT_ALLOWED),
            Self::WrongHost => ("wrong-host", StatusCode::MISDIRECTED_REQUEST),
            Self::ForeignOrigin => ("foreign-origin", StatusCode::FORBIDDEN),
            Self::UnsupportedMediaType => ("unsupported-media-type", StatusCode::UNSUPPORTED_MEDIA_TYPE),
            Self::BodyTooLarge => ("body-too-large", StatusCode::PAYLOAD_TOO_LARGE),
            Self::Refused => ("refused", StatusCode::UNPROCESSABLE_ENTITY),
            Self::TooManyRequests => ("too-many-requests", StatusCode::TOO_MANY_REQUESTS),
            Self::StorageFull => ("storage-full", StatusCode::INSUFFICIENT_STORAGE),
            Self::Unavailable => ("unavailable", StatusCode::SERVICE_UNAVAILABLE),
            Self::Internal => ("internal", StatusCode::INTERNAL_SERVER_ERROR),
        }
    }

    /// Title and what to do, when the problem itself knows nothing better.
    const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::InvalidParameter => ("A parameter is not valid", "Correct the parameter named in `pointer`."),
            Self::RangeTooLarge => ("Too much at once", "Ask for a shorter range, or page through it."),
            Self::NotFound => ("Not found", "Look it up with /api/v1/channels?q=."),
            Self::NotSigned => (
                "The message is not signed as agreed",
                "Sign it by Standard Webhooks 1.0.0 with the secret of the head-end, when it is sent and not before.",
            ),
            Self::NotAllowed => ("It may not be done by whom or where it was asked", "The detail says who may do it."),
            Self::Conflict => ("It stands differently by now", "Read it again, then decide once more."),
            Self::MethodNotAllowed => ("Method not allowed", "The header `Allow` names what this address takes."),
            Self::WrongHost => (
                "This server does not serve that name",
                "Use the address Amity printed, or add the name to `hosts` in its settings.",
            ),
            Self::ForeignOrigin => {
                ("The request came from another page", "Send it from Amity's own page or from a program.")
            }
            Self::UnsupportedMediaType => {
                ("Content type missing or not read here", "State what the body is in `Content-Type`.")
            }
            Self::BodyTooLarge => ("The body is too large", "Send it in pieces, or load the file with `amity ingest`."),
            Self::Refused => (
                "Nothing of the message can be used",
                "The findings say where and why; `amity inspect` shows the same.",
            ),
            Self::TooManyRequests => {
                ("More than can be taken in now", "Nothing was stored; send it again after `Retry-After`.")
            }
            Self::StorageFull => ("The disk is full", "Nothing was stored; free space and send it again."),
            Self::Unavailable => ("Not available now", "Send it again later."),
            Self::Internal => ("Amity failed", "The log says why; `amity doctor` looks for damage."),
        }
    }
}

/// Why a request is not answered.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    /// Its kind.
    pub code: Code,
    /// What was found and what was expected, in one sentence.
    pub detail: String,
    /// The parameter or field it is about (`from`, `/ids/3`).
    pub pointer: Option<String>,
    /// What to do, where that is more than the kind says.
    pub remedy: Option<String>,
    /// Further members, such as the findings of a refused message.
    pub members: Vec<(&'static str, Value)>,
}

impl Problem {
    /// A problem of a kind.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into(), pointer: None, remedy: None, members: Vec::new() }
    }

    /// A parameter that is not of its form.
    pub fn parameter(name: &str, detail: impl Into<String>) -> Self {
        Self { pointer: Some(name.into()), ..Self::new(Code::InvalidParameter, detail) }
    }

    /// Something that only an operator can act on: the causes go to the log, not to the caller.
    pub fn internal(error: &(dyn std::error::Error + 'static)) -> Self {
        let mut causes = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            causes.push_str(": ");
            causes.push_str(&cause.to_string());
            source = cause.source();
        }
        tracing::error!(error = causes, "request failed");
        Self::new(Code::Internal, "the request could not be answered")
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let ((name, status), (title, remedy)) = (self.code.name_and_status(), self.code.words());
        let mut body = json!({
            "type": format!("/api/v1/problems/{name}"),
            "code": name,
            "title": title,
            "status": status.as_u16(),
            "detail": self.detail,
            "remedy": self.remedy.as_deref().unwrap_or(remedy),
        });
        if let Some(pointer) = self.pointer {
            body["pointer"] = pointer.into();
        }
        for (member, value) in self.members {
            body[member] = value;
        }
        let mut response = (status, body.to_string()).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        match self.code {
            Code::StorageFull | Code::Unavailable => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
            }
            Code::TooManyRequests => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
            }
            _ => {}
        }
        response
    }
}

impl From<RegistryError> for Problem {
    fn from(error: RegistryError) -> Self {
        match error {
            RegistryError::NotFound { .. } | RegistryError::Ambiguous { .. } => {
                Self::new(Code::NotFound, error.to_string())
            }
            _ => Self::internal(&error),
        }
    }
}

impl From<readings::Error> for Problem {
    fn from(error: readings::Error) -> Self {
        Self::internal(&error)
    }
}

/// What a problem's `type` address says.
pub(crate) fn explanation(name: &str) -> Result<Value, Problem> {
    let code = Code::ALL.into_iter().find(|code| code.name() == name);
    let code = code.ok_or_else(|| Problem::new(Code::NotFound, format!("there is no problem called `{name}`")))?;
    let ((name, status), (title, remedy)) = (code.name_and_status(), code.words());
    Ok(json!({ "code": name, "status": status.as_u16(), "title": title, "remedy": remedy }))
}
