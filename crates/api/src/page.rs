//! The page: built by npm in `web`, embedded in the binary, served with caching by content.
//!
//! Without a build only the placeholder is there, which says how to build it.

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use rust_embed::{EmbeddedFile, RustEmbed};

use crate::etag::{self, Tag};
use crate::problem::{Code, Problem};

#[derive(RustEmbed)]
#[folder = "../../web/dist/"]
struct Built;

/// The file of a path; every other path is a place inside the page, which reads it itself.
pub(crate) async fn page(request: Request) -> Response {
    let path = request.uri().path().trim_start_matches('/');
    if path == "api" || path.starts_with("api/") {
        return Problem::new(Code::NotFound, format!("there is nothing at `/{path}`")).into_response();
    }
    if request.method() != Method::GET && request.method() != Method::HEAD {
        return Problem::new(Code::MethodNotAllowed, "pages are only read").into_response();
    }
    if let Some(file) = Built::get(path).filter(|_| !path.is_empty()) {
        // Vite puts a hash of the content into the name of everything below `assets`.
        let cache = if path.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" };
        return served(&request, &file, media_type(path), cache);
    }
    match Built::get("index.html").or_else(|| Built::get("placeholder")) {
        Some(file) => served(&request, &file, "text/html; charset=utf-8", "no-cache"),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

fn served(request: &Request, file: &EmbeddedFile, media_type: &'static str, cache: &'static str) -> Response {
    let hash = file.metadata.sha256_hash();
    let tag = Tag::strong(u64::from_le_bytes([hash[0], hash[1], hash[2], hash[3], hash[4], hash[5], hash[6], hash[7]]));
    let mut response = if etag::matches(request.headers(), &tag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        Body::from(file.data.clone().into_owned()).into_response()
    };
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    headers.insert(header::ETAG, tag.value());
    response
}

fn media_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map(|(_, extension)| extension) {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        _ => "application/octet-stream",
    }
}
