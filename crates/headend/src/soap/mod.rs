//! A head-end of IEC 61968-9 that answers questions in SOAP (IEC 61968-100).
//!
//! It is asked `get MeterReadings` and `get EndDeviceEvents` for one span of time after the other, as [`window`] says; the
//! position is the end of what was asked. An answer is a delivery as it came, with SOAP around it: the reader of the format
//! passes over that, and what is kept is what was received. An answer without a payload is a delivery, too: it says that the
//! head-end had nothing.
//!
//! | answer | means |
//! | --- | --- |
//! | Result OK, PARTIAL with 0.2 or errors about single meters | all that it has; the reader tells of the errors |
//! | PARTIAL with 0.1 (more will follow) | taken, and the span is asked for again in halves, so that nothing is skipped |
//! | 3.1 (too many), HTTP 413, larger than `delivery_mib_max` | asked for in halves |
//! | 0.3 (acknowledged) without a payload | refused: it means to answer later, which is for those who push |
//! | 3.2, 5.1, HTTP 429 or 503 | wait |
//! | 1.x, 2.x, 7.x but 7.1, a fault of the sender, HTTP 4xx | the settings are wrong |
//! | another | it fails |
//!
//! What is asked of devices ([`request`]) is answered at once, or pushed, or among what is asked for by time later. An answer at
//! once is a delivery like others. It is kept in memory only until it is stored: after a crash the order is not answered, and
//! asked for again.

pub mod request;
pub mod window;

use std::collections::VecDeque;
use std::path::PathBuf;

use bytes::Bytes;
use formats::soap::{self, Fault, Message, Question, Reply, ReplyResult, Version};
use jiff::{SignedDuration, Timestamp};
use reqwest::header::CONTENT_TYPE;
use reqwest::{Client, Response, StatusCode, Url};
use serde::{Deserialize, Serialize};

use crate::rest::{bytes, client, said, secret, trouble, web_address};
use crate::{Accepted, Body, Delivery, HeadEnd, Request, Trouble, chain};
use window::{Asking, Cursors, Windows};

/// Answers of devices that wait to be stored at the most; no more is asked for meanwhile.
const FETCHED_MAX: usize = 16;

/// A service that is asked in SOAP.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Where it is reached: `https://hes.example/services/MeterReadings`.
    pub address: String,
    /// The version of SOAP it speaks.
    #[serde(default)]
    pub version: SoapVersion,
    /// The SOAPAction that it wants; most want none.
    #[serde(default)]
    pub action: String,
    /// The file with its bearer token, where it wants one.
    #[serde(default)]
    pub token_file: Option<PathBuf>,
    /// Who Amity is to it, where it wants a name and a password.
    #[serde(default)]
    pub user: Option<String>,
    /// The file with the password.
    #[serde(default)]
    pub password_file: Option<PathBuf>,
    /// Whether it is asked for events, too.
    #[serde(default = "yes")]
    pub events: bool,
    /// How time is cut into questions.
    #[serde(default)]
    pub windows: Windows,
    /// The largest answer, in MiB.
    #[serde(default = "delivery_mib_max")]
    pub delivery_mib_max: u32,
}

/// A version of SOAP, as it is written in settings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
pub enum SoapVersion {
    /// SOAP 1.1.
    #[default]
    #[serde(rename = "1.1")]
    V11,
    /// SOAP 1.2.
    #[serde(rename = "1.2")]
    V12,
}

const fn yes() -> bool {
    true
}

const fn delivery_mib_max() -> u32 {
    64
}

impl From<SoapVersion> for Version {
    fn from(version: SoapVersion) -> Self {
        match version {
            SoapVersion::V11 => Self::V11,
            SoapVersion::V12 => Self::V12,
        }
    }
}

impl Settings {
    /// Where it is asked.
    ///
    /// # Errors
    /// [`Trouble::Refused`] naming the setting, what it is and what was expected.
    pub fn checked(&self) -> Result<Url, Trouble> {
        let refused = |why: &str| Err(Trouble::Refused(why.into()));
        if self.user.is_some() != self.password_file.is_some() {
            return refused("expected both of user and password_file, or none of them");
        }
        if self.user.is_some() && self.token_file.is_some() {
            return refused("expected one of token_file and user with password_file, found both");
        }
        if self.delivery_mib_max == 0 {
            return refused("delivery_mib_max is 0: expected at least 1");
        }
        self.windows.check().map_err(Trouble::Refused)?;
        web_address(&self.address, self.token_file.is_some() || self.password_file.is_some())
    }

    fn nouns(&self) -> &'static [&'static str] {
        if self.events { &["MeterReadings", "EndDeviceEvents"] } else { &["MeterReadings"] }
    }
}

/// A service in SOAP as a head-end.
#[derive(Debug)]
pub struct Soap {
    settings: Settings,
    address: Url,
    client: Client,
    now: fn() -> Timestamp,
    /// Where the first question begins.
    first: Timestamp,
    /// The longest span that is asked for at the moment, in minutes: less where the answer was too much.
    minutes: u32,
    said: Option<Timestamp>,
    /// What devices were asked for and came at once: ids and messages.
    fetched: VecDeque<(String, Bytes)>,
}

/// What an answer is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    /// It is all that was asked for.
    Whole,
    /// More than it says was asked for.
    InPart,
}

/// Why there is no answer.
enum Unanswered {
    /// It was too much: the half may do.
    TooMuch,
    Trouble(Trouble),
}

impl From<Trouble> for Unanswered {
    fn from(trouble: Trouble) -> Self {
        Self::Trouble(trouble)
    }
}

impl Soap {
    /// A service of these settings; `now` says which time is over.
    ///
    /// # Errors
    /// [`Trouble::Refused`] naming the setting that cannot be.
    pub fn new(settings: Settings, now: fn() -> Timestamp) -> Result<Self, Trouble> {
        let address = settings.checked()?;
        let Windows { minutes_max: minutes, .. } = settings.windows;
        let first = settings.windows.first(now());
        Ok(Self { settings, address, client: client()?, now, first, minutes, said: None, fetched: VecDeque::new() })
    }

    /// Asks once; answers the message as it came, and what it says of itself.
    async fn put(&mut self, question: &Question<'_>) -> Result<(Bytes, Message, Verdict), Unanswered> {
        let (body, message) = self.send(soap::write_question(question, self.settings.version.into())).await?;
        let verdict = verdict(&message, question.id)?;
        Ok((body, message, verdict))
    }

    /// Sends a message; answers the one that came, as it came and as it is read.
    async fn send(&mut self, message: Vec<u8>) -> Result<(Bytes, Message), Unanswered> {
        self.said = None;
        let version = Version::from(self.settings.version);
        let mut request =
            self.client.post(self.address.clone()).header(CONTENT_TYPE, version.media_type()).body(message);
        if version == Version::V11 {
            request = request.header("SOAPAction", format!("\"{}\"", self.settings.action));
        }
        if let Some(path) = &self.settings.token_file {
            request = request.bearer_auth(secret("token_file", path)?);
        }
        if let (Some(user), Some(path)) = (&self.settings.user, &self.settings.password_file) {
            request = request.basic_auth(user, Some(secret("password_file", path)?));
        }
        let response = request.send().await.map_err(|error| Trouble::Down(chain(&error.without_url())))?;
        self.said = said(&response);
        if response.status() == StatusCode::PAYLOAD_TOO_LARGE {
            return Err(Unanswered::TooMuch);
        }
        if response.status() != StatusCode::OK {
            return Err(self.failed(response).await.into());
        }
        let body = match bytes(response, self.settings.delivery_mib_max).await {
            // Larger than what is taken.
            Err(Trouble::Refused(_)) => return Err(Unanswered::TooMuch),
            body => body?,
        };
        let refused = |refused: formats::Refused| Trouble::Down(format!("its answer cannot be read: {refused}"));
        let message = soap::read(&body).map_err(refused)?;
        Ok((body, message))
    }

    /// The trouble of an answer that is none: SOAP sends its faults with a status of failure.
    async fn failed(&self, response: Response) -> Trouble {
        let by_status = trouble(response.status(), &response);
        let is_told = matches!(response.status(), StatusCode::INTERNAL_SERVER_ERROR | StatusCode::BAD_REQUEST);
        if !is_told {
            return by_status;
        }
        let told = bytes(response, 1).await.ok().and_then(|body| soap::read(&body).ok());
        told.and_then(|message| told_trouble(&message)).unwrap_or(by_status)
    }

    /// Asks for half as much from now on; `false` where it cannot be less.
    fn halve(&mut self) -> bool {
        let can_be_less = 1 < self.minutes;
        self.minutes = (self.minutes / 2).max(1);
        can_be_less
    }
}

impl HeadEnd for Soap {
    fn said(&self) -> Option<Timestamp> {
        self.said
    }

    fn complete_until(&self, position: Option<&str>) -> Option<Timestamp> {
        Cursors::parse(position, self.settings.nouns(), self.first).ok()?.until()
    }

    async fn pull(&mut self, after: Option<&str>) -> Result<Option<Delivery>, Trouble> {
        let now = (self.now)();
        let windows = self.settings.windows;
        let cursors = Cursors::parse(after, self.settings.nouns(), self.first)?;
        if let Some((name, body)) = self.fetched.front().cloned() {
            return Ok(Some(Delivery { name, position: cursors.to_string(), body: Body::Bytes(body) }));
        }
        let Some(asking) = cursors.next(&windows, self.minutes, now) else { return Ok(None) };
        let id = asking.id(now);
        let question = Question { noun: asking.noun, id: &id, at: now, window: Some(asking.asked), devices: &[] };
        let (body, message, verdict) = match self.put(&question).await {
            Ok(answered) => answered,
            // Each question counts for how often it may be asked, so the half is asked for in a round of its own.
            Err(Unanswered::TooMuch) if self.halve() => return Err(Trouble::Busy(Some(SignedDuration::ZERO))),
            Err(Unanswered::TooMuch) => return Err(too_much(&asking)),
            Err(Unanswered::Trouble(trouble)) => return Err(trouble),
        };
        let position = match verdict {
            Verdict::Whole => cursors.after(&asking),
            Verdict::InPart if self.halve() => cursors.clone(),
            Verdict::InPart => return Err(too_much(&asking)),
        };
        if verdict == Verdict::Whole {
            self.minutes = self.minutes.saturating_mul(2).min(windows.minutes_max);
        }
        let name = if message.header.id.is_empty() { id.clone() } else { message.header.id.to_string() };
        Ok(Some(Delivery { name, position: position.to_string(), body: Body::Bytes(body) }))
    }

    async fn taken(&mut self, delivery: &Delivery) -> Result<(), Trouble> {
        // What is asked for next by time follows from the position.
        self.fetched.pop_front_if(|(name, _)| *name == delivery.name);
        Ok(())
    }

    async fn ask(&mut self, asked: &Request) -> Result<Accepted, Trouble> {
        if FETCHED_MAX <= self.fetched.len() {
            return Err(Trouble::Busy(None));
        }
        let message = request::message(asked, (self.now)(), self.settings.version.into());
        let (body, answer) = self.send(message).await.map_err(|unanswered| match unanswered {
            Unanswered::TooMuch => {
                let devices = asked.devices.len();
                Trouble::Refused(format!(
                    "has too much to say of {devices} devices at once: lower devices_max of [orders]"
                ))
            }
            Unanswered::Trouble(trouble) => trouble,
        })?;
        let accepted = request::accepted(asked, &answer)?;
        if answer.has_payload {
            self.fetched.push_back((asked.id.to_string(), body));
        }
        Ok(accepted)
    }
}

fn too_much(asking: &Asking<'_>) -> Trouble {
    Trouble::Down(format!("gives no whole answer even for the minute from {}", asking.asked.start))
}

/// Whether an answer is one, and all that was asked for.
fn verdict(message: &Message, id: &str) -> Result<Verdict, Unanswered> {
    if let Some(trouble) = message.fault.as_ref().map(of_fault) {
        return Err(trouble.into());
    }
    check_correlation(message, id)?;
    let has = |reply: &Reply, code: &str| reply.errors.iter().any(|error| error.code == code);
    match &message.reply {
        Some(reply) if has(reply, "3.1") => Err(Unanswered::TooMuch),
        Some(reply) if reply.result == ReplyResult::Failed => Err(of_reply(reply).into()),
        Some(reply) if has(reply, "0.1") => Ok(Verdict::InPart),
        Some(reply) if has(reply, "0.3") && !message.has_payload => Err(Trouble::Refused(
            "acknowledges the question and means to answer later: let it answer at once, or push what it has".into(),
        )
        .into()),
        Some(_) => Ok(Verdict::Whole),
        None if message.has_payload => Ok(Verdict::Whole),
        None => {
            let root = &message.root;
            Err(Trouble::Down(format!("answers with `{root}`, expected a ResponseMessage with a Reply")).into())
        }
    }
}

/// Refuses the answer to another question.
fn check_correlation(message: &Message, id: &str) -> Result<(), Trouble> {
    if message.correlation.is_empty() || message.correlation == id {
        return Ok(());
    }
    let other = &message.correlation;
    Err(Trouble::Down(format!("answers the question `{other}` where `{id}` was asked")))
}

fn told_trouble(message: &Message) -> Option<Trouble> {
    let of_reply = || message.reply.as_ref().filter(|reply| reply.result == ReplyResult::Failed).map(of_reply);
    message.fault.as_ref().map(of_fault).or_else(of_reply)
}

fn of_fault(fault: &Fault) -> Trouble {
    let why = format!("SOAP fault {}: {}", fault.code, fault.reason);
    if fault.is_of_sender() { Trouble::Refused(why) } else { Trouble::Down(why) }
}

/// What a reply of Result FAILED means: its category says who can change something (IEC 61968-100).
fn of_reply(reply: &Reply) -> Trouble {
    let Some(error) = reply.errors.first() else { return Trouble::Down("answers FAILED and does not say why".into()) };
    let place = if error.path.is_empty() { String::new() } else { format!(" at {}", error.path) };
    let why = format!("answers FAILED {}{place}: {}", error.code, error.reason);
    match (error.code.as_str(), error.code.split('.').next().unwrap_or_default()) {
        ("3.2" | "5.1", _) => Trouble::Busy(None::<SignedDuration>),
        ("7.1", _) => Trouble::Down(why),
        (_, "1" | "2" | "7") => Trouble::Refused(why),
        _ => Trouble::Down(why),
    }
}
