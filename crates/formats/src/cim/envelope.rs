//! The envelope of IEC 61968-100: header, reply errors, and what its codes say of a wrong one.

use jiff::tz::TimeZone;
use model::finding::{Finding, Severity};
use model::reading::MessageHeader;
use smol_str::SmolStr;

use super::profile;
use super::reading::shown;
use super::schema::{Field, Place};
use super::stamp::moment;
use crate::Sink;
use crate::xml::Start;

/// Header and reply as far as they were read.
#[derive(Debug, Default)]
pub(super) struct Envelope {
    header: MessageHeader,
    /// The noun as written and whether the header was whole.
    told: bool,
    line: u64,
    error_code: SmolStr,
    error_reason: SmolStr,
    error_id: SmolStr,
    payloads_unread: usize,
}

impl Envelope {
    /// A header or an error of a reply begins.
    pub(super) fn begins(&mut self, place: Place, line: u64) {
        self.line = line;
        match place {
            Place::Header => self.header = MessageHeader::default(),
            _ => (self.error_code, self.error_reason, self.error_id) = Default::default(),
        }
    }

    /// A field of the header.
    pub(super) fn header_field(
        &mut self,
        field: Field,
        text: &str,
        line: u64,
        zone: Option<&TimeZone>,
        sink: &mut dyn Sink,
    ) {
        match field {
            Field::Verb => match profile::verb(text) {
                Some(verb) => self.header.verb = verb.into(),
                None => {
                    self.header.verb = text.into();
                    let message = format!("found the verb `{}`, expected one of IEC 61968-100", shown(text.as_bytes()));
                    sink.finding(Finding::new(line, "Verb", "2.9", message).with_severity(Severity::Warning));
                }
            },
            Field::Noun => self.header.noun = text.into(),
            Field::Source => self.header.source = text.into(),
            Field::MessageId => self.header.id = text.into(),
            // A message may be built at any fraction of a second.
            _ => match text.parse::<jiff::Timestamp>().ok().or_else(|| whole_second(text, zone)) {
                Some(timestamp) => self.header.timestamp = Some(timestamp),
                None => {
                    let message = format!("found `{}`, expected a time with `Z` or an offset", shown(text.as_bytes()));
                    sink.finding(Finding::new(line, "Timestamp", "cim.time", message).with_severity(Severity::Warning));
                }
            },
        }
    }

    /// A field of an error in a reply.
    pub(super) fn error_field(&mut self, field: Field, text: &str) {
        match field {
            Field::ErrorCode => self.error_code = text.into(),
            Field::ErrorReason => self.error_reason = text.into(),
            _ => self.error_id = text.into(),
        }
    }

    /// A header or an error of a reply ends.
    pub(super) fn ends(&mut self, place: Place, sink: &mut dyn Sink) {
        match place {
            Place::Header => self.header_ends(sink),
            // 0.x are not errors but kinds of success.
            _ if self.error_code.starts_with("0.") => {}
            _ => {
                let about =
                    if self.error_id.is_empty() { String::new() } else { format!(" about `{}`", self.error_id) };
                let message = format!("the sender replies with an error{about}: {}", self.error_reason);
                let finding = Finding::new(self.line, "Error", self.error_code.clone(), message);
                sink.finding(finding.with_severity(Severity::Warning));
            }
        }
    }

    fn header_ends(&mut self, sink: &mut dyn Sink) {
        let required = [("Verb", &self.header.verb), ("Noun", &self.header.noun)];
        for (field, _) in required.iter().filter(|(_, value)| value.is_empty()) {
            let message = format!("the header has no {field}, expected one");
            sink.finding(Finding::new(self.line, *field, "1.5", message));
        }
        let noun = &self.header.noun;
        if !noun.is_empty() && !profile::is_read(noun) {
            let message =
                format!("found the noun `{noun}`, expected MeterReadings or EndDeviceEvents; its payload is not read");
            sink.finding(Finding::new(self.line, "Noun", "2.5", message));
        }
        self.told = true;
        sink.message(&self.header);
    }

    /// A profile element of the payload begins.
    pub(super) fn payload(&mut self, start: &Start<'_>, in_message: bool, sink: &mut dyn Sink) {
        let noun = profile::current_name(start.local());
        if self.told {
            let header = &self.header.noun;
            let same =
                header.is_empty() || profile::current_name(header).trim_end_matches('s') == noun.trim_end_matches('s');
            if !same && profile::is_read(header) {
                let message = format!("the header says `{header}` and the payload is `{noun}`; the payload was read");
                sink.finding(Finding::new(start.line, "Noun", "2.5", message).with_severity(Severity::Warning));
            }
            return;
        }
        self.told = true;
        self.header = MessageHeader { noun: noun.into(), ..MessageHeader::default() };
        if in_message {
            let message = "the payload comes without a header before it, expected Header with Verb and Noun";
            sink.finding(Finding::new(start.line, "Header", "1.5", message));
        }
        sink.message(&self.header);
    }

    /// An element is not read with all it holds.
    pub(super) fn skipped(&mut self, parent: Place, start: &Start<'_>, sink: &mut dyn Sink) {
        const KNOWN: [&str; 3] = ["Format", "ID", "operationId"];
        let local = start.local();
        let is_payload = matches!(parent, Place::Payload | Place::Compressed);
        let known = KNOWN.contains(&local) || matches!(local, "enforceMsgSequence" | "enforceTransactionalIntegrity");
        let of_operation = matches!(local, "noun" | "verb" | "elementOperation");
        if !is_payload || known || of_operation {
            return;
        }
        self.payloads_unread += 1;
        if self.payloads_unread == 1 {
            let message = format!("the payload `{local}` is not read, expected MeterReadings or EndDeviceEvents");
            sink.finding(Finding::new(start.line, local, "2.5", message));
        }
    }
}

fn whole_second(text: &str, zone: Option<&TimeZone>) -> Option<jiff::Timestamp> {
    let moment = moment(text.as_bytes(), zone, None).ok()?;
    jiff::Timestamp::from_second(moment.second).ok()
}
