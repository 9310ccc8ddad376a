//! What holds for every request: the names served, who may change something, and the headers of every answer.
//!
//! Amity listens on loopback unless told otherwise, and a browser can be made to talk to loopback by any page. So a
//! request must name a host that is served (against DNS rebinding), and one that changes something must not come
//! from a page of another origin (against cross-site requests). Programs send neither `Origin` nor `Sec-Fetch-Site`.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::problem::{Code, Problem};
use crate::state::Shared;

/// Nothing from elsewhere, no inline script or style, no framing.
const CONTENT_SECURITY_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; \
     form-action 'self'; frame-ancestors 'none'",
);

/// Names under which a program or person on the same machine reaches the server.
const LOOPBACK: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

/// Lets a request through, or answers why not; adds the headers every answer has.
pub(crate) async fn guard(State(state): State<Shared>, request: Request, next: Next) -> Response {
    let refused = wrong_host(&state.hosts, request.uri(), request.headers())
        .or_else(|| foreign_origin(request.method(), request.headers()));
    let mut response = match refused {
        Some(problem) => problem.into_response(),
        None => next.run(request).await,
    };
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY);
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert("cross-origin-resource-policy", HeaderValue::from_static("same-origin"));
    headers.insert("cross-origin-opener-policy", HeaderValue::from_static("same-origin"));
    response
}

fn wrong_host(hosts: &[String], uri: &Uri, headers: &HeaderMap) -> Option<Problem> {
    let named = match uri.authority() {
        Some(authority) => authority.as_str(),
        None => headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default(),
    };
    let name = without_port(named);
    let served = LOOPBACK.iter().any(|known| name.eq_ignore_ascii_case(known))
        || hosts.iter().any(|known| name.eq_ignore_ascii_case(known));
    (!served).then(|| Problem::new(Code::WrongHost, format!("the request names the host `{name}`")))
}

fn without_port(named: &str) -> &str {
    match named.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => named,
    }
}

fn foreign_origin(method: &Method, headers: &HeaderMap) -> Option<Problem> {
    if method == Method::GET || method == Method::HEAD {
        return None;
    }
    let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    let foreign = || Problem::new(Code::ForeignOrigin, "a page of another origin may not change anything here");
    match text("sec-fetch-site") {
        Some("same-origin" | "none") => return None,
        Some(_) => return Some(foreign()),
        None => {}
    }
    let origin = text("origin")?;
    let authority = origin.split_once("://").map(|(_, authority)| authority);
    let host = text("host").unwrap_or_default();
    (authority != Some(host)).then(foreign)
}

/// Requires a content type; answers it in lower case without parameters.
pub(crate) fn content_type(headers: &HeaderMap) -> Result<String, Problem> {
    let text = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if essence.is_empty() {
        return Err(Problem::new(Code::UnsupportedMediaType, "the request has a body and no `Content-Type`"));
    }
    Ok(essence)
}
