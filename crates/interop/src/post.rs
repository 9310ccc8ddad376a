//! Posting a signed message to a registered address.

use std::error::Error;
use std::time::Duration;

use jiff::Timestamp;
use reqwest::Client;
use store::registry::subscription::{Reach, Subscription};
use tokio::task::spawn_blocking;
use uuid::Uuid;

use crate::address::{self, PublicOnly};
use crate::delivery::Config;
use crate::engine::Answer;
use crate::{payload, secret};

/// How much of an answer is read; the rest is not wanted.
const ANSWER_BYTES_MAX: usize = 64 << 10;

/// The way out: one set of connections for each reach. Where the system lacks what TLS needs (root certificates), every
/// attempt says so.
#[derive(Debug)]
pub(crate) struct Poster {
    public: Result<Client, String>,
    private: Result<Client, String>,
    now: fn() -> Timestamp,
}

impl Poster {
    pub(crate) fn new(config: &Config) -> Self {
        // reqwest uses the provider of the process; an error means that one is installed already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let builder = || {
            Client::builder()
                .user_agent(concat!("amity/", env!("CARGO_PKG_VERSION")))
                .timeout(config.request_timeout)
                .redirect(reqwest::redirect::Policy::none())
                .no_proxy()
        };
        let public = builder().dns_resolver(PublicOnly::shared()).build().map_err(|error| chain(&error));
        let private = builder().build().map_err(|error| chain(&error));
        Self { public, private, now: config.now }
    }

    /// Posts a body and tells what the subscriber answered; that it could not be posted is an answer too.
    pub(crate) async fn post(&self, to: &Subscription, id: Uuid, body: Vec<u8>) -> Answer {
        let answer = self.try_post(to, id, body).await;
        answer.unwrap_or_else(|error| Answer::Failed { error, retry_after: None })
    }

    async fn try_post(&self, to: &Subscription, id: Uuid, body: Vec<u8>) -> Result<Answer, String> {
        let url = address::checked(&to.address, to.reach).map_err(|error| error.to_string())?;
        let reference = to.secret.clone();
        let secrets = spawn_blocking(move || secret::load(&reference)).await.map_err(|error| error.to_string())?;
        let secrets = secrets.map_err(|error| chain(&error))?;
        let client = match to.reach {
            Reach::Public => self.public.as_ref(),
            Reach::Private => self.private.as_ref(),
        };
        let id = id.hyphenated().to_string();
        let timestamp = (self.now)().as_second();
        let signatures = secret::signatures(&secrets, &id, timestamp, &body);
        let request = client
            .map_err(Clone::clone)?
            .post(url)
            .header("content-type", payload::content_type(to.format))
            .header("webhook-id", id)
            .header("webhook-timestamp", timestamp)
            .header("webhook-signature", signatures)
            .body(body);
        let mut response = request.send().await.map_err(|error| chain(&error.without_url()))?;
        let seconds = response.headers().get("retry-after").and_then(|value| value.to_str().ok()?.parse().ok());
        let answer = Answer::of_status(response.status().as_u16(), seconds.map(Duration::from_secs));
        // A connection is used again only when its answer was read to the end.
        let mut read = 0;
        while let Ok(Some(part)) = response.chunk().await {
            read += part.len();
            if ANSWER_BYTES_MAX < read {
                break;
            }
        }
        Ok(answer)
    }
}

/// An error and its causes in one line.
pub(crate) fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}
