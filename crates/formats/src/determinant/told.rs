//! What is told of requests, in and out.

use std::cell::RefCell;

use jiff::Timestamp;
use model::determinant::{Counts, Determinant, Exception, Issue, Item, RequestState, Telling, Told, ToldChange};
use model::finding::Severity;
use model::reading::MessageHeader;
use model::time::TimeRange;
use smol_str::SmolStr;

use super::ask::{INSTANT, bounds, name_of, period};
use super::place::{FORM, HEADER, MISSING, Place};
use super::reply::{self, Reply};
use super::{NAMESPACE, tree};
use crate::Refused;
use crate::cim::{RESPONSE, begin_envelope};
use crate::xml::write::{close_tag, element, open_tag, push, text_element};

/// A message that tells, as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToldMessage<'a> {
    /// Its header.
    pub header: MessageHeader,
    /// The id of what it answers.
    pub correlation: &'a str,
    /// What it says of the message it answers; written where the verb is `reply`.
    pub reply: Reply,
    /// What is told.
    pub told: &'a [Told],
}

/// Writes a message.
pub fn write_told(message: &ToldMessage<'_>, out: &mut Vec<u8>) {
    let root = begin_envelope(&message.header, &message.header.noun, message.correlation, out);
    if root == RESPONSE {
        reply::write(&message.reply, out);
    }
    if !message.told.is_empty() {
        push(out, "<Payload>");
        for told in message.told {
            write_one(told, out);
        }
        push(out, "</Payload>");
    }
    close_tag(root, out);
    push(out, "\n");
}

fn write_one(told: &Told, out: &mut Vec<u8>) {
    push(out, "<");
    push(out, told.noun);
    push(out, " xmlns=\"");
    push(out, NAMESPACE);
    push(out, "\">");
    element("cutOff", told.cut_off, out);
    text_element("definition", &told.definition, out);
    element("definitionVersion", told.definition_version, out);
    text_element("id", &told.id, out);
    element("requestedAt", told.requested_at, out);
    element("state", told.state, out);
    if let Some(account) = &told.account {
        write_name("CustomerAccount", account, out);
    }
    if let Some(issue) = &told.issue {
        write_issue(issue, out);
    }
    for item in &told.items {
        push(out, "<Item>");
        text_element("code", &item.code, out);
        text_element("field", &item.field, out);
        text_element("message", &item.message, out);
        push(out, "</Item>");
    }
    write_name("UsagePoint", &told.usage_point, out);
    write_period("period", told.period, out);
    close_tag(told.noun, out);
}

fn write_name(owner: &str, name: &str, out: &mut Vec<u8>) {
    open_tag(owner, out);
    open_tag("Names", out);
    text_element("name", name, out);
    close_tag("Names", out);
    close_tag(owner, out);
}

fn write_period(name: &str, period: TimeRange, out: &mut Vec<u8>) {
    open_tag(name, out);
    element("end", period.end, out);
    element("start", period.start, out);
    close_tag(name, out);
}

fn write_issue(issue: &Issue, out: &mut Vec<u8>) {
    push(out, "<Issue>");
    element("at", issue.at, out);
    element("number", issue.number, out);
    for version in &issue.plan_versions {
        element("planVersion", version, out);
    }
    if let Some(replaced) = issue.replaces {
        element("replaces", replaced, out);
    }
    for change in &issue.changes {
        push(out, "<Change>");
        text_element("id", &change.id, out);
        for (name, quantity) in [("new", change.new), ("old", change.old)] {
            if let Some(quantity) = quantity {
                element(name, quantity, out);
            }
        }
        push(out, "</Change>");
    }
    for determinant in &issue.determinants {
        write_determinant(determinant, out);
    }
    push(out, "</Issue>");
}

fn write_determinant(one: &Determinant, out: &mut Vec<u8>) {
    push(out, "<Determinant>");
    if let Some(bucket) = &one.bucket {
        text_element("bucket", bucket, out);
    }
    for channel in &one.channels {
        text_element("channel", channel, out);
    }
    text_element("id", &one.id, out);
    element("inputsHash", format_args!("{:016x}", one.inputs_hash), out);
    for note in &one.notes {
        text_element("note", note, out);
    }
    if let Some(quantity) = one.quantity {
        element("quantity", quantity, out);
    }
    text_element("set", &one.set, out);
    text_element("unit", &one.unit, out);
    element("version", one.version, out);
    push(out, "<Counts>");
    for (word, count) in Counts::WORDS.into_iter().zip(one.counts.each()) {
        element(word, count, out);
    }
    push(out, "</Counts>");
    for exception in &one.exceptions {
        push(out, "<Exception>");
        text_element("evidence", &exception.evidence, out);
        text_element("rule", &exception.rule, out);
        push(out, "</Exception>");
    }
    if let Some(peak) = one.peak {
        write_period("peak", peak, out);
    }
    write_period("period", one.period, out);
    push(out, "</Determinant>");
}

/// Reads what a message tells; the reply part is left to others.
///
/// # Errors
/// [`Refused`] with the first fault, `field` being its XPath.
pub fn read_told(bytes: &[u8]) -> Result<(MessageHeader, Vec<Told>), Refused> {
    let document = tree::parse(bytes)?;
    let findings = RefCell::new(Vec::new());
    let root = Place::root(&document, &findings);
    let header = root.one("Header", HEADER).map(|header| header_of(&header)).unwrap_or_default();
    let mut told = Vec::new();
    if let Some(payload) = root.maybe("Payload") {
        payload.only(&[Told::NOUN, Told::REQUEST_NOUN]);
        for noun in [Told::NOUN, Told::REQUEST_NOUN] {
            told.extend(payload.all(noun).filter_map(|place| told_of(&place)));
        }
    }
    match findings.take().into_iter().next() {
        Some(first) => Err(Refused(first.with_severity(Severity::Refused))),
        None => Ok((header, told)),
    }
}

fn header_of(place: &Place<'_>) -> MessageHeader {
    let text = |name| place.one(name, HEADER).map(|child| SmolStr::new(child.trimmed())).unwrap_or_default();
    MessageHeader {
        verb: text("Verb"),
        noun: text("Noun"),
        id: text("MessageID"),
        source: place.maybe("Source").map(|child| child.trimmed().into()).unwrap_or_default(),
        timestamp: place.maybe_parsed("Timestamp", INSTANT),
    }
}

/// `None` where something is missing, which was told as a fault.
fn told_of(place: &Place<'_>) -> Option<Told> {
    place.only(&[
        "cutOff",
        "definition",
        "definitionVersion",
        "id",
        "requestedAt",
        "state",
        "CustomerAccount",
        "Issue",
        "Item",
        "UsagePoint",
        "period",
    ]);
    let state: RequestState = place.one_parsed("state", "open, created, refused or canceled")?;
    let issue = place.maybe("Issue").and_then(|issue| issue_of(&issue));
    let telling = Telling::last(state, issue.as_ref().map(|issue| issue.number));
    let (verb, noun) = telling.map(Telling::verb_and_noun).unzip();
    let noun = noun.unwrap_or(Told::REQUEST_NOUN);
    if noun != place.name() {
        place.fault(FORM, format!("a request that is {state} is told as `{noun}`"));
    }
    Some(Told {
        id: place.one_whole("id")?,
        state,
        verb,
        noun,
        usage_point: whole_name(&place.one("UsagePoint", MISSING)?)?,
        account: place.maybe("CustomerAccount").and_then(|account| whole_name(&account)),
        period: range(period(place)),
        definition: place.one_whole("definition")?,
        definition_version: place.one_parsed("definitionVersion", NUMBER)?,
        cut_off: place.one_parsed("cutOff", INSTANT)?,
        requested_at: place.one_parsed("requestedAt", INSTANT)?,
        issue,
        items: place.all("Item").filter_map(|item| item_of(&item)).collect(),
    })
}

/// What a wrong number is told.
const NUMBER: &str = "a whole number";

fn range([start, end]: [Timestamp; 2]) -> TimeRange {
    TimeRange { start, end }
}

/// A name as it is; told as a fault where there is none.
fn whole_name(owner: &Place<'_>) -> Option<String> {
    match owner.all("Names").next().and_then(|names| names.maybe("name")) {
        Some(name) => Some(name.whole()),
        None => name_of(owner),
    }
}

fn item_of(place: &Place<'_>) -> Option<Item> {
    place.only(&["code", "field", "message"]);
    Some(Item {
        field: place.one_whole("field")?,
        code: place.one_whole("code")?,
        message: place.one_whole("message")?,
    })
}

fn issue_of(place: &Place<'_>) -> Option<Issue> {
    place.only(&["at", "number", "planVersion", "replaces", "Change", "Determinant"]);
    Some(Issue {
        number: place.one_parsed("number", NUMBER)?,
        replaces: place.maybe_parsed("replaces", NUMBER),
        at: place.one_parsed("at", INSTANT)?,
        plan_versions: place.all("planVersion").filter_map(|version| version.parsed(NUMBER)).collect(),
        determinants: place.all("Determinant").filter_map(|one| determinant_of(&one)).collect(),
        changes: place.all("Change").filter_map(|change| change_of(&change)).collect(),
    })
}

fn change_of(place: &Place<'_>) -> Option<ToldChange> {
    place.only(&["id", "new", "old"]);
    let id = place.one_whole("id")?;
    Some(ToldChange { id, old: place.maybe_parsed("old", DECIMAL), new: place.maybe_parsed("new", DECIMAL) })
}

/// What a wrong quantity is told.
const DECIMAL: &str = "a decimal number";

fn determinant_of(place: &Place<'_>) -> Option<Determinant> {
    place.only(&[
        "bucket",
        "channel",
        "id",
        "inputsHash",
        "note",
        "quantity",
        "set",
        "unit",
        "version",
        "Counts",
        "Exception",
        "peak",
        "period",
    ]);
    let hash: SmolStr = place.one_whole("inputsHash")?;
    let inputs_hash = u64::from_str_radix(&hash, 16).ok();
    if inputs_hash.is_none() {
        place.fault(FORM, "expected an inputsHash of 16 hexadecimal digits");
    }
    Some(Determinant {
        id: place.one_whole("id")?,
        unit: place.one_whole("unit")?,
        quantity: place.maybe_parsed("quantity", DECIMAL),
        period: range(period(place)),
        bucket: place.maybe("bucket").map(|bucket| bucket.whole().into()),
        peak: place.maybe("peak").map(|peak| range(bounds(&peak))),
        channels: place.all("channel").map(|channel| channel.whole().into()).collect(),
        counts: counts_of(&place.one("Counts", MISSING)?),
        exceptions: place.all("Exception").filter_map(|exception| exception_of(&exception)).collect(),
        notes: place.all("note").map(|note| note.whole()).collect(),
        inputs_hash: inputs_hash?,
        set: place.one_whole("set")?,
        version: place.one_parsed("version", NUMBER)?,
    })
}

fn counts_of(place: &Place<'_>) -> Counts {
    place.only(&Counts::WORDS);
    let mut counts = Counts::default();
    for (count, word) in counts.each_mut().into_iter().zip(Counts::WORDS) {
        *count = place.one_parsed(word, NUMBER).unwrap_or_default();
    }
    counts
}

fn exception_of(place: &Place<'_>) -> Option<Exception> {
    place.only(&["evidence", "rule"]);
    Some(Exception { rule: place.one_whole("rule")?, evidence: place.one_whole("evidence")? })
}
