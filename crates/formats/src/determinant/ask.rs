//! `create BillingDeterminantRequest`, in.

use std::cell::RefCell;

use jiff::Timestamp;
use model::determinant::{AskDeterminants, Told};
use model::finding::Finding;
use model::reading::MessageHeader;
use smol_str::SmolStr;

use super::place::{FORM, HEADER, MISSING, Place};
use super::tree;
use crate::Refused;
use crate::cim::profile;

/// Requests in one message.
pub const REQUESTS_MAX: usize = 500;

/// A message that asks for determinants, as far as it can be understood.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// Its header.
    pub header: MessageHeader,
    /// What the answer is to be correlated with: CorrelationID, or MessageID where there is none.
    pub correlation: SmolStr,
    /// What is wrong with the message as a whole, `field` being the XPath of the place; nothing is asked then.
    pub faults: Vec<Finding>,
    /// The requests, in order.
    pub requests: Vec<AskedOne>,
}

/// One request of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AskedOne {
    /// Its XPath.
    pub path: String,
    /// Its own id, or one made of MessageID, so that the same message asks for the same again.
    pub id: String,
    /// What is asked, or everything that is wrong with it.
    pub asked: Result<AskDeterminants, Vec<Finding>>,
}

impl AskedOne {
    /// The XPath of a field of [`AskDeterminants`].
    pub fn path_of(&self, field: &str) -> String {
        let element = match field {
            "usage_point" => "/UsagePoint",
            "account" => "/CustomerAccount",
            "from" => "/period/start",
            "to" => "/period/end",
            "definition" => "/definition",
            "cut_off" => "/cutOff",
            "id" => "/id",
            _ => "",
        };
        format!("{}{element}", self.path)
    }
}

/// Reads a message that asks.
///
/// # Errors
/// [`Refused`] where the document is not XML that can be trusted.
pub fn read_requests(bytes: &[u8]) -> Result<Asked, Refused> {
    let document = tree::parse(bytes)?;
    let findings = RefCell::new(Vec::new());
    let root = Place::root(&document, &findings);
    let mut asked = Asked::default();
    if let Some(header) = root.one("Header", HEADER) {
        (asked.header, asked.correlation) = header_of(&header);
    }
    if root.name() != "RequestMessage" {
        root.fault(FORM, "expected a RequestMessage");
    }
    let requests: Vec<Place<'_>> = match root.one("Payload", MISSING) {
        Some(payload) => {
            payload.only(&[Told::REQUEST_NOUN, "Format"]);
            let requests: Vec<_> = payload.all(Told::REQUEST_NOUN).take(REQUESTS_MAX + 1).collect();
            if requests.is_empty() {
                payload.fault(MISSING, format!("expected an element `{}`", Told::REQUEST_NOUN));
            }
            if REQUESTS_MAX < requests.len() {
                payload.fault("3.1", format!("expected at most {REQUESTS_MAX} requests; split the message"));
            }
            requests
        }
        None => Vec::new(),
    };
    asked.faults = findings.take();
    if asked.faults.is_empty() {
        let is_single = requests.len() == 1;
        asked.requests = (1..)
            .zip(requests)
            .map(|(number, place)| {
                let id = if is_single { asked.header.id.to_string() } else { format!("{}-{number}", asked.header.id) };
                let asked = request_of(&place, id.clone());
                let id = asked.id.clone().unwrap_or(id);
                let faults = findings.take();
                let asked = if faults.is_empty() { Ok(asked) } else { Err(faults) };
                AskedOne { path: place.path, id, asked }
            })
            .collect();
    }
    Ok(asked)
}

/// The header, and what an answer is correlated with.
fn header_of(place: &Place<'_>) -> (MessageHeader, SmolStr) {
    let text = |name| place.one(name, HEADER).map(|child| child.trimmed()).unwrap_or_default();
    let (verb, noun, id) = (text("Verb"), text("Noun"), text("MessageID"));
    if !verb.is_empty() && profile::verb(verb).as_deref() != Some("create") {
        place.fault("2.9", format!("found the verb `{verb}`, expected create"));
    }
    if !noun.is_empty() && noun != Told::REQUEST_NOUN {
        place.fault("2.5", format!("found the noun `{noun}`, expected {}", Told::REQUEST_NOUN));
    }
    if id.is_empty() {
        place.fault(HEADER, "expected a MessageID that is not empty");
    }
    let other = |name| place.maybe(name).map(|child| child.trimmed()).unwrap_or_default();
    let correlation = Some(other("CorrelationID")).filter(|text| !text.is_empty()).unwrap_or(id);
    let header = MessageHeader {
        verb: verb.into(),
        noun: noun.into(),
        id: id.into(),
        source: other("Source").into(),
        timestamp: None,
    };
    (header, correlation.into())
}

fn request_of(place: &Place<'_>, id: String) -> AskDeterminants {
    place.only(&["cutOff", "definition", "id", "CustomerAccount", "UsagePoint", "period"]);
    let [from, to] = period(place);
    let (usage_point, account) = (place.maybe("UsagePoint"), place.maybe("CustomerAccount"));
    match (&usage_point, &account) {
        (None, None) => place.fault(MISSING, "expected an element `UsagePoint` or `CustomerAccount`"),
        (Some(_), Some(account)) => account.fault(FORM, "expected one of UsagePoint and CustomerAccount, found both"),
        _ => {}
    }
    AskDeterminants {
        id: Some(place.maybe_text("id").unwrap_or(id)),
        usage_point: usage_point.and_then(|owner| name_of(&owner)),
        account: account.and_then(|owner| name_of(&owner)),
        from,
        to,
        definition: place.maybe_text("definition"),
        cut_off: place.maybe_parsed("cutOff", INSTANT),
    }
}

/// What a wrong instant is told.
pub(super) const INSTANT: &str = "an instant with an offset such as 2026-01-31T05:00:00Z";

/// Start and end of the period; faults are told.
pub(super) fn period(place: &Place<'_>) -> [Timestamp; 2] {
    place.one("period", MISSING).map(|period| bounds(&period)).unwrap_or_default()
}

/// Start and end; faults are told.
pub(super) fn bounds(period: &Place<'_>) -> [Timestamp; 2] {
    period.only(&["end", "start"]);
    ["start", "end"].map(|name| period.one_parsed(name, INSTANT).unwrap_or_default())
}

/// The mRID or the first name of a usage point or an account.
pub(super) fn name_of(owner: &Place<'_>) -> Option<String> {
    owner.only(&["mRID", "Names"]);
    if let Some(mrid) = owner.maybe_text("mRID") {
        return Some(mrid);
    }
    let name = owner.all("Names").next().and_then(|names| names.maybe_text("name"));
    if name.is_none() {
        owner.fault(MISSING, "expected an mRID or Names with a name");
    }
    name
}
