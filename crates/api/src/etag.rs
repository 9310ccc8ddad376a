//! Answers that need not be sent again: entity tags (RFC 9110, section 8.8.3) from the content.

use std::hash::{DefaultHasher, Hasher};

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::problem::Problem;

/// The tag of a content.
pub(crate) struct Tag(String);

impl Tag {
    /// A tag for bytes that are always sent alike.
    pub(crate) fn strong(hash: u64) -> Self {
        Self(format!("\"{hash:016x}\""))
    }

    /// A tag for content that may be sent compressed or not.
    fn weak(content: &[u8]) -> Self {
        let mut hasher = DefaultHasher::new();
        hasher.write(content);
        Self(format!("W/\"{:016x}\"", hasher.finish()))
    }

    pub(crate) fn value(&self) -> HeaderValue {
        HeaderValue::from_str(&self.0).expect("quotes and hexadecimal digits are header text")
    }
}

/// Whether the caller has this content already; weak comparison, as `If-None-Match` asks for.
pub(crate) fn matches(headers: &HeaderMap, tag: &Tag) -> bool {
    let opaque = |text: &str| text.trim().trim_start_matches("W/").to_owned();
    let known = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    known.flat_map(|list| list.split(',')).any(|one| one.trim() == "*" || opaque(one) == opaque(&tag.0))
}

/// A JSON answer with its tag, or 304 where the caller has it. Caches must ask each time.
pub(crate) fn json(headers: &HeaderMap, body: &impl Serialize) -> Result<Response, Problem> {
    let body = serde_json::to_vec(body).map_err(|error| Problem::internal(&error))?;
    Ok(tagged(headers, body, "application/json"))
}

/// As [`json`], of any media type.
pub(crate) fn tagged(headers: &HeaderMap, body: Vec<u8>, media_type: &'static str) -> Response {
    let tag = Tag::weak(&body);
    let mut response =
        if matches(headers, &tag) { StatusCode::NOT_MODIFIED.into_response() } else { body.into_response() };
    let answered = response.headers_mut();
    answered.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    answered.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    answered.insert(header::ETAG, tag.value());
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_match_weakly() {
        let tag = Tag::strong(0xabc);
        let check = |asked: &'static str, expected: bool| {
            let mut headers = HeaderMap::new();
            headers.insert(header::IF_NONE_MATCH, HeaderValue::from_static(asked));
            assert_eq!(matches(&headers, &tag), expected, "{asked}");
        };
        check("\"0000000000000abc\"", true);
        check("W/\"0000000000000abc\"", true);
        check("\"1\", W/\"0000000000000abc\"", true);
        check("*", true);
        check("\"abc\"", false);
    }
}
