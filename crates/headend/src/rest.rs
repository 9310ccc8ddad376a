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
//! A bearer token is read from a file at every request, so that it can be changed while the program runs.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use jiff::SignedDuration;
use reqwest::{Client, Response, StatusCode, Url};
use serde::{Deserialize, Serialize};

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
    address: Url,
    client: Client,
}

impl Settings {
    /// Where deliveries are asked for.
    ///
    /// # Errors
    /// [`Trouble::Refused`] naming what it is and what was expected.
    pub fn deliveries(&self) -> Result<Url, Trouble> {
        let mut address = web_address(&self.address, self.token_file.is_some())?;
        if self.delivery_mib_max == 0 {
            return Err(Trouble::Refused("delivery_mib_max is 0: expected at least 1".into()));
        }
        let has_none = |()| Trouble::Refused(format!("address `{}` has no path", self.address));
        address.path_segments_mut().map_err(has_none)?.pop_if_empty().push("deliveries");
        Ok(address)
    }
}

impl Rest {
    /// A web service of these settings.
    ///
    /// # Errors
    /// [`Trouble::Refused`] where the address is none or the system lacks what TLS needs.
    pub fn new(settings: Settings) -> Result<Self, Trouble> {
        let address = settings.deliveries()?;
        Ok(Self { settings, address, client: client()? })
    }

    async fn ask(&self, after: Option<&str>) -> Result<Response, Trouble> {
        let mut address = self.address.clone();
        if let Some(after) = after {
            address.query_pairs_mut().append_pair("after", after);
        }
        let mut request = self.client.get(address);
        if let Some(path) = &self.settings.token_file {
            request = request.bearer_auth(secret("token_file", path)?);
        }
        request.send().await.map_err(|error| Trouble::Down(chain(&error.without_url())))
    }
}

impl HeadEnd for Rest {
    async fn pull(&mut self, after: Option<&str>) -> Result<Option<Delivery>, Trouble> {
        let response = self.ask(after).await?;
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
