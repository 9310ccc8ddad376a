//! Deliveries of a web service, by cursor.
//!
//! `GET ADDRESS/deliveries?after=POSITION` (the first one without `after`) is answered with
//!
//! | status | means |
//! | --- | --- |
//! | 200 | a delivery: its bytes, its name in `delivery-name`, its position in `delivery-position` |
//! | 204 | there is none yet |
//! | 429, 503 | wait, as long as `Retry-After` says in seconds |
//! | another 4xx | the settings are wrong |
//! | another | it fails |
//!
//! `POST ADDRESS/requests` is answered with 202 and the devices that are refused, and otherwise as above. `docs/head-end-over-rest.md`
//! has all of it, for whoever builds such a service.
//!
//! A bearer token is read from a file at every request, so that it can be changed while the program runs.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use jiff::fmt::rfc2822;
use jiff::{SignedDuration, Timestamp};
use reqwest::{Client, RequestBuilder, Response, StatusCode, Url};
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use crate::request::{Accepted, Request, RequestKind};
use crate::{Body, Delivery, HeadEnd, Trouble, chain};

/// How long an answer may take, its body included.
const PATIENCE: Duration = Duration::from_secs(60);

/// A web service.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Where it is reached: `https://hes.example/collect`.
    pub address: String,
    /// The file with its bearer token, where it wants one.
    #[serde(default)]
    pub token_file: Option<PathBuf>,
    /// The largest delivery, in MiB.
    #[serde(default = "delivery_mib_max")]
    pub delivery_mib_max: u32,
}

const fn delivery_mib_max() -> u32 {
    64
}

/// A web service as a head-end.
#[derive(Debug)]
pub struct Rest {
    settings: Settings,
    deliveries: Url,
    requests: Url,
    client: Client,
    said: Option<Timestamp>,
}

/// A request as it goes over the wire.
#[derive(Serialize)]
struct Asked<'r> {
    id: &'r str,
    kind: &'static str,
    devices: &'r [SmolStr],
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<Timestamp>,
}

/// Its answer.
#[derive(Default, Deserialize)]
struct Answered {
    #[serde(default)]
    refused: Vec<RefusedDevice>,
}

#[derive(Deserialize)]
struct RefusedDevice {
    device: SmolStr,
    reason: String,
}

impl Settings {
    /// Where deliveries are asked for.
    ///
    /// # Errors
    /// [`Trouble::Refused`] naming what it is and what was expected.
    pub fn deliveries(&self) -> Result<Url, Trouble> {
        self.below("deliveries")
    }

    fn below(&self, what: &str) -> Result<Url, Trouble> {
        let mut address = web_address(&self.address, self.token_file.is_some())?;
        if self.delivery_mib_max == 0 {
            return Err(Trouble::Refused("delivery_mib_max is 0: expected at least 1".into()));
        }
        let has_none = |()| Trouble::Refused(format!("address `{}` has no path", self.address));
        address.path_segments_mut().map_err(has_none)?.pop_if_empty().push(what);
        Ok(address)
    }
}

impl Rest {
    /// A web service of these settings.
    ///
    /// # Errors
    /// [`Trouble::Refused`] where the address is none or the system lacks what TLS needs.
    pub fn new(settings: Settings) -> Result<Self, Trouble> {
        let (deliveries, requests) = (settings.deliveries()?, settings.below("requests")?);
        Ok(Self { settings, deliveries, requests, client: client()?, said: None })
    }

    async fn send(&mut self, mut request: RequestBuilder) -> Result<Response, Trouble> {
        self.said = None;
        if let Some(path) = &self.settings.token_file {
            request = request.bearer_auth(secret("token_file", path)?);
        }
        let response = request.send().await.map_err(|error| Trouble::Down(chain(&error.without_url())))?;
        self.said = said(&response);
        Ok(response)
    }
}

impl HeadEnd for Rest {
    fn said(&self) -> Option<Timestamp> {
        self.said
    }

    async fn pull(&mut self, after: Option<&str>) -> Result<Option<Delivery>, Trouble> {
        let mut address = self.deliveries.clone();
        if let Some(after) = after {
            address.query_pairs_mut().append_pair("after", after);
        }
        let request = self.client.get(address);
        let response = self.send(request).await?;
        match response.status() {
            StatusCode::NO_CONTENT => return Ok(None),
            StatusCode::OK => {}
            status => return Err(trouble(status, &response)),
        }
        let position = header(&response, "delivery-position")
            .filter(|position| Some(position.as_str()) != after)
            .ok_or_else(|| Trouble::Down("a delivery came without a `delivery-position` of its own".into()))?;
        let name = header(&response, "delivery-name").unwrap_or_else(|| position.clone());
        Ok(Some(Delivery { name, position, body: Body::Bytes(bytes(response, self.settings.delivery_mib_max).await?) }))
    }

    async fn taken(&mut self, _delivery: &Delivery) -> Result<(), Trouble> {
        // The position that is asked for next says it.
        Ok(())
    }

    async fn ask(&mut self, request: &Request) -> Result<Accepted, Trouble> {
        let range = if let RequestKind::Read { range } = request.kind { Some(range) } else { None };
        let asked = Asked {
            id: &request.id,
            kind: request.kind.word(),
            devices: &request.devices,
            from: range.map(|range| range.start),
            to: range.map(|range| range.end),
        };
        let request = self.client.post(self.requests.clone()).json(&asked);
        let response = self.send(request).await?;
        match response.status() {
            StatusCode::ACCEPTED => accepted(&bytes(response, self.settings.delivery_mib_max).await?),
            StatusCode::NOT_FOUND => Err(Trouble::Refused("answers 404: it takes no requests".into())),
            status => Err(trouble(status, &response)),
        }
    }
}

/// Reads the answer to a request; an empty one refuses nothing.
fn accepted(bytes: &[u8]) -> Result<Accepted, Trouble> {
    if bytes.is_empty() {
        return Ok(Accepted::default());
    }
    let unlike = |error| Trouble::Down(format!("its answer to a request is not as expected: {error}"));
    let answered: Answered = serde_json::from_slice(bytes).map_err(unlike)?;
    Ok(Accepted { refused: answered.refused.into_iter().map(|one| (one.device, one.reason)).collect() })
}

/// An address of the web that a secret may be sent to.
///
/// # Errors
/// [`Trouble::Refused`] naming what it is and what was expected.
pub(crate) fn web_address(text: &str, carries_secret: bool) -> Result<Url, Trouble> {
    let wrong = |why: &str| Trouble::Refused(format!("address `{text}` {why}"));
    let address = Url::parse(text).map_err(|error| wrong(&format!("is none: {error}")))?;
    if !matches!(address.scheme(), "http" | "https") {
        return Err(wrong("is none of the web: expected http:// or https://"));
    }
    if !address.username().is_empty() || address.password().is_some() {
        return Err(Trouble::Refused("address holds a name or password: put a token into token_file".into()));
    }
    let is_here = matches!(address.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    if carries_secret && address.scheme() == "http" && !is_here {
        return Err(wrong("would carry the token of token_file in the clear: expected https://"));
    }
    Ok(address)
}

/// A client that follows nobody elsewhere and does not wait for ever.
pub(crate) fn client() -> Result<Client, Trouble> {
    // reqwest uses the provider of the process; an error means that one is installed already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder()
        .user_agent(concat!("amity/", env!("CARGO_PKG_VERSION")))
        .timeout(PATIENCE)
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .map_err(|error| Trouble::Refused(chain(&error)))
}

/// A secret in a file, which the setting `name` names; read at every request, so that it can be changed meanwhile.
pub(crate) fn secret(name: &str, path: &Path) -> Result<String, Trouble> {
    let refused = |error| Trouble::Refused(format!("{name} {}: {error}", path.display()));
    fs::read_to_string(path).map(|secret| secret.trim().to_owned()).map_err(refused)
}

/// The body of an answer.
pub(crate) async fn bytes(mut response: Response, mib_max: u32) -> Result<Bytes, Trouble> {
    let mut bytes = BytesMut::new();
    while let Some(part) = response.chunk().await.map_err(|error| Trouble::Down(chain(&error.without_url())))? {
        if (mib_max as usize) << 20 < bytes.len() + part.len() {
            return Err(Trouble::Refused(format!("a delivery is larger than the {mib_max} MiB of delivery_mib_max")));
        }
        bytes.extend_from_slice(&part);
    }
    Ok(bytes.freeze())
}

/// The time that an answer tells (RFC 9110, 6.6.1).
pub(crate) fn said(response: &Response) -> Option<Timestamp> {
    rfc2822::DateTimeParser::new().parse_timestamp(header(response, "date")?).ok()
}

fn header(response: &Response, name: &str) -> Option<String> {
    let value = response.headers().get(name)?.to_str().ok()?.trim();
    (!value.is_empty()).then(|| value.to_owned())
}

/// What an answer other than 200 says.
pub(crate) fn trouble(status: StatusCode, response: &Response) -> Trouble {
    match status {
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
            let seconds = header(response, "retry-after").and_then(|seconds| seconds.parse::<u32>().ok());
            Trouble::Busy(seconds.map(|seconds| SignedDuration::from_secs(seconds.into())))
        }
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
            Trouble::Refused(format!("answers {status}: is the token of token_file still good?"))
        }
        status if status.is_client_error() || status.is_redirection() => {
            Trouble::Refused(format!("answers {status}: is the address right?"))
        }
        status => Trouble::Down(format!("answers {status}")),
    }
}
