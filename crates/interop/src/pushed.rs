//! Readings and events that a head-end pushes as a message of IEC 61968-100, in SOAP or bare, and the reply to each. Pure.
//!
//! A sender may forget what it sent once the reply says OK; so a reply is written only when everything it says is durable.

use formats::Refused;
use formats::cim::profile;
use formats::soap::{self, Message, Reply, ReplyError, ReplyResult, Version};
use jiff::Timestamp;
use model::reading::MessageHeader;
use uuid::Uuid;

/// Verbs of messages that hand something over; `reply` is the later answer to a question.
const VERBS: [&str; 3] = ["created", "changed", "reply"];
/// Errors that a reply names.
const ERRORS_MAX: usize = 20;
/// The code of something that was not done and has no code of its own in the standard.
const NOT_DONE: &str = "5.3";

/// A message that was pushed.
#[derive(Clone, Debug)]
pub struct Pushed(Message);

/// An answer over HTTP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The status; `None` where whoever answers knows it better.
    pub status: Option<u16>,
    /// The media type.
    pub media_type: &'static str,
    /// The bytes.
    pub body: Vec<u8>,
}

/// Something that was said of a message while it was taken in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Said {
    /// The code of the finding.
    pub code: String,
    /// The element it is about.
    pub field: String,
    /// One-based line; 0 where there is none.
    pub line: u64,
    /// What was found, what was expected, and what to do.
    pub message: String,
}

/// What became of a message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Whether any of it could be used.
    pub is_accepted: bool,
    /// Whether something of it waits.
    pub has_waiting: bool,
    /// What is wrong with it.
    pub said: Vec<Said>,
}

impl Pushed {
    /// Reads what a message says of itself.
    ///
    /// # Errors
    /// The answer to a message that is not to be taken in.
    pub fn read(bytes: &[u8], now: Timestamp) -> Result<Self, Answer> {
        let pushed = match soap::read(bytes) {
            Ok(message) => Self(message),
            Err(Refused(finding)) => return Err(Self(Message::default()).failed(true, &finding.to_string(), now)),
        };
        match pushed.misunderstood() {
            None => Ok(pushed),
            Some(error) => Err(pushed.reply(ReplyResult::Failed, vec![error], now)),
        }
    }

    /// The system that its header names; empty where it names none.
    pub fn source(&self) -> &str {
        &self.0.header.source
    }

    /// Its MessageID; empty where it has none.
    pub fn id(&self) -> &str {
        &self.0.header.id
    }

    /// The reply to a message that was taken in.
    pub fn taken(&self, outcome: &Outcome, now: Timestamp) -> Answer {
        let errors = outcome.said.iter().take(ERRORS_MAX).map(error).collect();
        match (outcome.is_accepted, outcome.has_waiting) {
            (false, _) => self.reply(ReplyResult::Failed, errors, now),
            (true, true) => {
                let errors = [vec![ReplyError::code("0.2")], errors].concat();
                self.reply(ReplyResult::Partial, errors, now)
            }
            (true, false) => self.reply(ReplyResult::Ok, vec![ReplyError::code("0.0")], now),
        }
    }

    /// The answer where the message could not be taken in: a fault in SOAP, else a reply.
    pub fn failed(&self, is_of_sender: bool, why: &str, now: Timestamp) -> Answer {
        let Some(version) = self.0.soap else {
            let code = if is_of_sender { "1.8" } else { "5.1" };
            let error = ReplyError { reason: why.to_owned(), ..ReplyError::code(code) };
            return Answer { status: is_of_sender.then_some(400), ..self.reply(ReplyResult::Failed, vec![error], now) };
        };
        // SOAP 1.1 knows one status for its faults.
        let status = match (is_of_sender, version) {
            (true, Version::V12) => Some(400),
            (true, Version::V11) => Some(500),
            (false, _) => None,
        };
        let body = soap::write_fault(is_of_sender, why, version);
        Answer { status, media_type: version.media_type(), body }
    }

    /// What keeps a message from being one that hands something over.
    fn misunderstood(&self) -> Option<ReplyError> {
        let MessageHeader { verb, noun, .. } = &self.0.header;
        let at = |code, path: &str, reason: String| {
            Some(ReplyError { reason, path: path.to_owned(), ..ReplyError::code(code) })
        };
        let path = |element: &str| format!("/{}/{element}", self.0.root);
        if verb.is_empty() || noun.is_empty() {
            return at("1.5", &path("Header"), "expected a header with Verb and Noun".into());
        }
        if !VERBS.contains(&verb.as_str()) {
            let reason = format!("found the verb `{verb}`, expected {}", VERBS.join(", "));
            return at("2.9", &path("Header/Verb"), reason);
        }
        if !profile::is_read(noun) {
            let reason = format!("found the noun `{noun}`, expected MeterReadings or EndDeviceEvents");
            return at("2.5", &path("Header/Noun"), reason);
        }
        let nothing = || at("1.7", &path("Payload"), format!("expected a payload with {noun}"));
        if self.0.has_payload { None } else { nothing() }
    }

    fn reply(&self, result: ReplyResult, errors: Vec<ReplyError>, now: Timestamp) -> Answer {
        let Message { soap, header, correlation, .. } = &self.0;
        let correlation = if correlation.is_empty() { &header.id } else { correlation };
        let id = Uuid::new_v4().to_string().into();
        let header = MessageHeader { noun: header.noun.clone(), id, timestamp: Some(now), ..MessageHeader::default() };
        let body = soap::write_reply(&header, correlation, &Reply { result, errors }, *soap);
        let media_type = soap.map_or("application/xml", Version::media_type);
        Answer { status: Some(200), media_type, body }
    }
}

/// A finding as an error of the standard: its own code where it is one, else the code of what was not done.
fn error(said: &Said) -> ReplyError {
    let is_of_standard = said.code.split_once('.').is_some_and(|(category, number)| {
        [category, number].iter().all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
    });
    let code = if is_of_standard { said.code.as_str() } else { NOT_DONE };
    let line = if said.line == 0 { String::new() } else { format!(" (line {})", said.line) };
    let own = if is_of_standard { String::new() } else { format!("{}: ", said.code) };
    let is_element =
        !said.field.is_empty() && said.field.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'/');
    let path = if is_element { format!("//{}", said.field) } else { String::new() };
    ReplyError { code: code.into(), reason: format!("{own}{}{line}", said.message), path, id: String::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        "2026-03-01T12:00:00Z".parse().expect("an instant")
    }

    fn message(root: &str, header: &str, payload: &str) -> String {
        format!("<{root} xmlns='http://iec.ch/TC57/2011/schema/message'><Header>{header}</Header>{payload}</{root}>")
    }

    const HEADER: &str = "<Verb>created</Verb><Noun>MeterReadings</Noun><Source>HES</Source><MessageID>m-1</MessageID>";
    const PAYLOAD: &str = "<Payload><MeterReadings/></Payload>";

    fn told(answer: &Answer) -> (String, Reply) {
        let message = soap::read(&answer.body).expect("read");
        (message.correlation.to_string(), message.reply.expect("a reply"))
    }

    #[test]
    fn a_reply_says_what_became_of_a_message() {
        let pushed = Pushed::read(message("EventMessage", HEADER, PAYLOAD).as_bytes(), now()).expect("understood");
        assert_eq!((pushed.source(), pushed.id()), ("HES", "m-1"));
        let said =
            |code: &str, field: &str| Said { code: code.into(), field: field.into(), line: 7, message: "no".into() };
        let codes = |outcome: &Outcome| {
            let (correlation, reply) = told(&pushed.taken(outcome, now()));
            assert_eq!(correlation, "m-1");
            let error = |error: &ReplyError| format!("{} {} {}", error.code, error.path, error.reason);
            (reply.result, reply.errors.iter().map(error).collect::<Vec<_>>())
        };
        let all = Outcome { is_accepted: true, ..Outcome::default() };
        assert_eq!(codes(&all), (ReplyResult::Ok, vec!["0.0  ".into()]));
        let some = Outcome { has_waiting: true, said: vec![said("V01", "Meter")], ..all };
        assert_eq!(codes(&some), (ReplyResult::Partial, vec!["0.2  ".into(), "5.3 //Meter V01: no (line 7)".into()]));
        let none = Outcome { said: vec![said("1.7", "Reading type")], ..Outcome::default() };
        assert_eq!(codes(&none), (ReplyResult::Failed, vec!["1.7  no (line 7)".into()]));
    }

    #[test]
    fn what_hands_nothing_over_is_refused_by_its_place() {
        let verb = |verb: &str| HEADER.replace("created", verb);
        for (text, code, path) in [
            (message("EventMessage", "", PAYLOAD), "1.5", "/EventMessage/Header"),
            (message("RequestMessage", &verb("get"), PAYLOAD), "2.9", "/RequestMessage/Header/Verb"),
            (
                message("EventMessage", &HEADER.replace("MeterReadings", "WorkOrders"), PAYLOAD),
                "2.5",
                "/EventMessage/Header/Noun",
            ),
            (message("EventMessage", HEADER, ""), "1.7", "/EventMessage/Payload"),
        ] {
            let answer = Pushed::read(text.as_bytes(), now()).expect_err(code);
            let (_, reply) = told(&answer);
            assert_eq!(answer.status, Some(200), "an error of business is a reply");
            assert_eq!((reply.result, reply.errors[0].code.as_str()), (ReplyResult::Failed, code));
            assert_eq!(reply.errors[0].path, path);
        }
        for verb in ["created", "CHANGED", "reply"] {
            let text = message("EventMessage", &HEADER.replace("created", verb), PAYLOAD);
            assert!(Pushed::read(text.as_bytes(), now()).is_ok(), "{verb}");
        }
    }

    #[test]
    fn what_is_no_message_is_told_so() {
        let answer = Pushed::read(b"<a>", now()).expect_err("cut off");
        let (_, reply) = told(&answer);
        assert_eq!(
            (answer.status, answer.media_type, reply.errors[0].code.as_str()),
            (Some(400), "application/xml", "1.8")
        );
        let wrapped = format!(
            "<s:Envelope xmlns:s='{}'><s:Body>{}</s:Body></s:Envelope>",
            Version::V11.namespace(),
            message("EventMessage", HEADER, PAYLOAD)
        );
        let pushed = Pushed::read(wrapped.as_bytes(), now()).expect("understood");
        let answer = pushed.failed(false, "the disk is full", now());
        let fault = soap::read(&answer.body).expect("read").fault.expect("a fault");
        assert_eq!((answer.status, fault.code.as_str(), fault.reason.as_str()), (None, "Server", "the disk is full"));
        assert_eq!(pushed.failed(true, "no", now()).status, Some(500));
    }
}
