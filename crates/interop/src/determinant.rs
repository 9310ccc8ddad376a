//! Messages about billing determinants: what is told to subscribers, and the answer to who asks in XML.
//!
//! The feed of what was told is the registry's, one message for each thing that was told; a message says what it said
//! when it was told, so it is the same whenever it is built.

use formats::determinant::{Asked, Reply, ReplyError, ReplyResult, ToldMessage, read_requests, write_told};
use jiff::Timestamp;
use model::determinant::{AskDeterminants, Item, RequestState, Telling, Told};
use model::reading::MessageHeader;
use model::review::Refusal;
use serde::Serialize;
use smol_str::SmolStr;
use store::registry::determinant::Message;
use store::registry::subscription::{PayloadFormat, SubscriptionId};
use uuid::Uuid;

/// The code of a request that ended without values (IEC 61968-100: some or all of the data is not available).
const NO_DATA: &str = "5.7";

/// A message as JSON.
#[derive(Serialize)]
struct Json<'a> {
    r#type: &'static str,
    id: Uuid,
    timestamp: Timestamp,
    source: &'a str,
    request: &'a Told,
}

/// The id of a message for a subscriber: `webhook-id` and MessageID, the same in every attempt.
pub(crate) fn message_id(subscription: SubscriptionId, number: u64) -> Uuid {
    Uuid::new_v5(&subscription.0, format!("determinant-{number}").as_bytes())
}

/// A message as it is posted.
pub(crate) fn body(message: &Message, id: Uuid, source: &str, now: Timestamp, format: PayloadFormat) -> Vec<u8> {
    let told = &message.told;
    if format == PayloadFormat::Json {
        let r#type = match message.telling {
            Telling::Created => "billing-determinant.created",
            Telling::Changed => "billing-determinant.changed",
            Telling::Canceled => "billing-determinant.canceled",
            Telling::Refused => "billing-determinant.refused",
        };
        let message = Json { r#type, id, timestamp: now, source, request: told };
        return serde_json::to_vec(&message).expect("text, numbers and lists always have a JSON form");
    }
    let reply = match message.telling {
        Telling::Refused => Reply { result: ReplyResult::Failed, errors: refusals(told).collect() },
        Telling::Created | Telling::Changed | Telling::Canceled => done("0.0"),
    };
    let header = header(message.telling.verb_and_noun(), id, source, now);
    let mut out = Vec::new();
    write_told(&ToldMessage { header, correlation: &told.id, reply, told: std::slice::from_ref(told) }, &mut out);
    out
}

/// What became of a message that asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    /// Whether any of it was done: the result is OK or PARTIAL.
    pub is_done: bool,
    /// The first code of the answer.
    pub code: SmolStr,
    /// The answer, an IEC 61968-100 ResponseMessage.
    pub body: Vec<u8>,
}

/// Answers `create BillingDeterminantRequest` in XML: each request of it is asked by `ask`, and what is wrong with one does
/// not hold up the others. The same message again asks for the same, so it may be sent again after a failure.
///
/// # Errors
/// What `ask` failed with; requests before it were asked.
pub fn answer<E>(
    bytes: &[u8],
    source: &str,
    now: Timestamp,
    mut ask: impl FnMut(&AskDeterminants) -> Result<Result<Vec<Told>, Refusal>, E>,
) -> Result<Answered, E> {
    let asked = read_requests(bytes).unwrap_or_else(|refused| Asked { faults: vec![refused.0], ..Asked::default() });
    let (mut told, mut errors) = (Vec::new(), Vec::new());
    errors.extend(asked.faults.iter().map(|fault| fault_of(fault, "")));
    for one in &asked.requests {
        match &one.asked {
            Err(faults) => errors.extend(faults.iter().map(|fault| fault_of(fault, &one.id))),
            Ok(request) => match ask(request)? {
                Ok(answers) => told.extend(answers),
                Err(refusal) => {
                    let (code, field) = code_of(&refusal);
                    let path = one.path_of(field);
                    let (reason, id) = (refusal.to_string(), one.id.clone());
                    errors.push(ReplyError { code: code.into(), reason, path, id });
                }
            },
        }
    }
    errors.extend(told.iter().flat_map(refusals));
    let reply = reply(&told, errors);
    let header = header(("reply", Told::REQUEST_NOUN), Uuid::new_v4(), source, now);
    let is_done = reply.result != ReplyResult::Failed;
    let code = reply.errors.first().map(|error| error.code.clone()).unwrap_or_default();
    let mut body = Vec::new();
    write_told(&ToldMessage { header, correlation: &asked.correlation, reply, told: &told }, &mut body);
    Ok(Answered { is_done, code, body })
}

fn header((verb, noun): (&str, &str), id: Uuid, source: &str, now: Timestamp) -> MessageHeader {
    MessageHeader {
        verb: verb.into(),
        noun: noun.into(),
        id: id.hyphenated().to_string().into(),
        source: source.into(),
        timestamp: Some(now),
    }
}

fn done(code: &'static str) -> Reply {
    Reply { result: ReplyResult::Ok, errors: vec![ReplyError::code(code)] }
}

/// How it went as a whole.
fn reply(told: &[Told], mut errors: Vec<ReplyError>) -> Reply {
    if errors.is_empty() {
        let waits = told.iter().any(|told| told.state == RequestState::Open);
        return done(if waits { "0.3" } else { "0.0" });
    }
    if told.iter().all(|told| told.state == RequestState::Refused) {
        return Reply { result: ReplyResult::Failed, errors };
    }
    errors.insert(0, ReplyError::code("0.2"));
    Reply { result: ReplyResult::Partial, errors }
}

/// Why a request ended without values.
fn refusals(told: &Told) -> impl Iterator<Item = ReplyError> {
    let items = told.items.iter().filter(|_| told.state == RequestState::Refused);
    items.map(|Item { field, code, message }| ReplyError {
        code: NO_DATA.into(),
        reason: format!("{code} {field}: {message}"),
        path: String::new(),
        id: told.id.clone(),
    })
}

/// What is wrong with the document. Codes of the parser are not those of the standard.
fn fault_of(fault: &model::finding::Finding, id: &str) -> ReplyError {
    let is_standard = fault.code.starts_with(|first: char| first.is_ascii_digit());
    let code = if is_standard { fault.code.clone() } else { SmolStr::new_static("1.8") };
    let path = if is_standard { fault.field.to_string() } else { String::new() };
    ReplyError { code, reason: format!("line {}: {}", fault.line, fault.message), path, id: id.to_owned() }
}

/// The code of the standard for a refusal, and the field it is about.
fn code_of(refusal: &Refusal) -> (&'static str, &'static str) {
    match refusal {
        Refusal::NotFound(..) => ("2.15", ""),
        Refusal::Conflict(_) => ("6.1", ""),
        Refusal::NotAllowed(_) => ("7.7", ""),
        Refusal::Invalid { field, .. } => {
            let code = match *field {
                "usage_point" => "2.12",
                "account" => "2.19",
                "definition" => "2.33",
                _ => "1.8",
            };
            (code, field)
        }
    }
}
