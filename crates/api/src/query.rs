//! Parameters of requests: parsed once into their types; a problem names the parameter that is wrong.

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::request::Parts;
use jiff::Timestamp;
use model::document::in_words;
use model::time::TimeRange;
use serde::de::DeserializeOwned;

use crate::guard::content_type;
use crate::problem::{Code, Problem};

/// Rows of a list when the caller does not say.
const ROWS: u32 = 100;
/// Most rows of a list in one answer.
pub(crate) const ROWS_MAX: u32 = 500;
/// Longest range of readings in one answer: a little over ten years.
const RANGE_SECONDS_MAX: i64 = 3_700 * 86_400;

/// The query of a request; unknown parameters are a problem, so that a typing error is not silently ignored.
pub(crate) struct Ask<T>(pub(crate) T);

impl<S: Sync, T: DeserializeOwned> FromRequestParts<S> for Ask<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        match Query::<T>::try_from_uri(&parts.uri) {
            Ok(Query(query)) => Ok(Self(query)),
            Err(rejection) => Err(named(&rejection.body_text())),
        }
    }
}

/// The path parameters of a request.
pub(crate) struct Place<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Place<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path = Path::<T>::from_request_parts(parts, state).await;
        path.map(|Path(place)| Self(place)).map_err(|rejection| Problem::new(Code::NotFound, rejection.body_text()))
    }
}

/// The JSON body of a request; unknown fields are a problem.
pub(crate) struct Sent<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Sent<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        if content_type(request.headers())? != "application/json" {
            return Err(Problem::new(Code::UnsupportedMediaType, "expected `Content-Type: application/json`"));
        }
        let body = Bytes::from_request(request, state).await;
        let body = body.map_err(|rejection| Problem::new(Code::BodyTooLarge, rejection.body_text()))?;
        if !body.trim_ascii_start().starts_with(b"{") {
            return Err(Problem::parameter("/", "expected one JSON object, `{` first"));
        }
        serde_json::from_slice(&body).map(Self).map_err(|error| Problem::parameter("/", in_words(&error.to_string())))
    }
}

/// axum says `Failed to deserialize query string: from: why`.
fn named(text: &str) -> Problem {
    let why = text.strip_prefix("Failed to deserialize query string: ").unwrap_or(text);
    let quoted = |why: &str| why.split('`').nth(1).map(str::to_owned);
    match why.split_once(": ") {
        Some((name, _)) if !name.contains(' ') => Problem::parameter(name, why),
        _ => Problem { pointer: quoted(why), ..Problem::new(Code::InvalidParameter, in_words(why)) },
    }
}

/// How many rows an answer has.
pub(crate) fn rows(limit: Option<u32>) -> Result<u32, Problem> {
    match limit {
        None => Ok(ROWS),
        Some(limit @ 1..=ROWS_MAX) => Ok(limit),
        Some(limit) => Err(Problem::parameter("limit", format!("expected 1 to {ROWS_MAX}, found {limit}"))),
    }
}

/// A range that runs forward and is not longer than one answer gives.
pub(crate) fn range(from: Timestamp, to: Timestamp) -> Result<TimeRange, Problem> {
    let range = TimeRange { start: from, end: to };
    if range.seconds() <= 0 {
        return Err(Problem::parameter("to", format!("expected an instant after `from` ({from}), found {to}")));
    }
    if RANGE_SECONDS_MAX < range.seconds() {
        let detail =
            format!("expected at most {} days, found {}", RANGE_SECONDS_MAX / 86_400, range.seconds() / 86_400);
        return Err(Problem { pointer: Some("to".into()), ..Problem::new(Code::RangeTooLarge, detail) });
    }
    Ok(range)
}

/// A cursor that this server gave out earlier.
pub(crate) fn cursor<T: std::str::FromStr>(text: Option<&str>) -> Result<Option<T>, Problem> {
    let invalid =
        |text: &str| Problem::parameter("cursor", format!("expected the `next` of an answer, found `{text}`"));
    text.map(|text| text.parse().map_err(|_| invalid(text))).transpose()
}
