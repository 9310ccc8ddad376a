//! Reads what a message says of itself.

use jiff::Timestamp;
use model::time::TimeRange;
use smol_str::SmolStr;

use super::{Message, Reply, ReplyError, ReplyResult, Version};
use crate::Refused;
use crate::xml::{Event, Leaf, Limits, PIECE_BYTES, Parser, Start};

/// Errors of a reply that are kept; the first say enough.
const ERRORS_MAX: usize = 100;
/// Devices of a request that are kept.
const DEVICES_MAX: usize = 100_000;

/// Reads a message without its payload, which is only walked over.
///
/// # Errors
/// [`Refused`] for what is not well formed, is cut off, has a document type, or passes a limit.
pub fn read(bytes: &[u8]) -> Result<Message, Refused> {
    let mut parser = Parser::new(Limits::default());
    let mut reading = Reading::default();
    for piece in bytes.chunks(PIECE_BYTES) {
        parser.feed(piece);
        reading.take(&mut parser)?;
    }
    parser.end();
    reading.take(&mut parser)?;
    Ok(reading.message)
}

/// A message as far as it was read.
#[derive(Default)]
struct Reading {
    message: Message,
    /// The open elements by their local names, those of SOAP left out.
    open: Vec<SmolStr>,
    /// Open elements of SOAP around the message.
    wraps: usize,
    /// Open elements inside one that says nothing here.
    skipped: usize,
    leaf: Leaf,
    start: Option<Timestamp>,
}

impl Reading {
    fn take(&mut self, parser: &mut Parser) -> Result<(), Refused> {
        while let Some(event) = parser.next_event()? {
            match event {
                Event::Start(start) => self.enter(&start),
                Event::Text(text) if self.skipped == 0 => self.leaf.push(&text),
                Event::Text(_) => {}
                Event::End => self.leave(),
            }
        }
        Ok(())
    }

    fn enter(&mut self, start: &Start<'_>) {
        self.leaf.clear();
        let local = start.local();
        let is_payload = self.open.last().is_some_and(|parent| parent == "Payload") && local != "Format";
        // A payload without a message around it.
        let is_bare = self.open.is_empty() && matches!(local, "MeterReadings" | "EndDeviceEvents");
        self.message.has_payload |= (is_payload || is_bare) && self.skipped == 0;
        if local == "EndDeviceControlType" && self.orders() {
            self.message.control = start.attribute("ref").map(|code| code.trim().into());
        }
        let is_walked_over = is_payload && local != "EndDeviceControls";
        if 0 < self.skipped
            || is_walked_over
            || is_bare
            || (self.wraps == 1 && self.open.is_empty() && local == "Header")
        {
            self.skipped += 1;
            return;
        }
        if self.open.is_empty() && self.wrap(start) {
            return;
        }
        if self.open.is_empty() && local != "Fault" {
            self.message.root = local.into();
        }
        if local == "Error" && self.open.last().is_some_and(|parent| parent == "Reply") {
            self.reply().errors.push(ReplyError::code(""));
        }
        self.open.push(local.into());
    }

    /// Whether it is an element of SOAP around the message.
    fn wrap(&mut self, start: &Start<'_>) -> bool {
        let version = match (self.wraps, start.local()) {
            (0, "Envelope") => [Version::V11, Version::V12]
                .into_iter()
                .find(|version| start.namespace == Some(version.namespace()))
                .or(Some(Version::V11)),
            (1, "Body") => self.message.soap,
            _ => None,
        };
        self.wraps += usize::from(version.is_some());
        self.message.soap = self.message.soap.or(version);
        version.is_some()
    }

    fn leave(&mut self) {
        if 0 < self.skipped {
            self.skipped -= 1;
            return;
        }
        let Some(local) = self.open.pop() else {
            self.wraps = self.wraps.saturating_sub(1);
            return;
        };
        let text = self.leaf.trimmed().unwrap_or_default().to_owned();
        self.leaf.clear();
        self.field(&local, &text);
    }

    /// Takes the text of an element that ended, by where it stands.
    fn field(&mut self, local: &str, text: &str) {
        let parent = self.open.last().cloned().unwrap_or_default();
        let is_of_fault = self.open.first().is_some_and(|root| root == "Fault");
        match (parent.as_str(), local) {
            _ if is_of_fault => self.fault_field(&parent, local, text),
            ("Header", _) => self.header_field(local, text),
            ("Reply", "Result") => {
                self.reply().result = match text {
                    "OK" => ReplyResult::Ok,
                    "PARTIAL" => ReplyResult::Partial,
                    _ => ReplyResult::Failed,
                };
            }
            ("Error", _) => self.error_field(local, text),
            ("Request", "StartTime") => self.start = text.parse().ok(),
            ("Request", "EndTime") => {
                let range = self.start.zip(text.parse().ok()).map(|(start, end)| TimeRange { start, end });
                self.message.request = range;
            }
            ("EndDevice" | "EndDevices" | "Names", "mRID" | "name")
                if (self.asks() || self.orders()) && self.message.devices.len() < DEVICES_MAX =>
            {
                self.message.devices.push(text.into());
            }
            _ => {}
        }
    }

    fn asks(&self) -> bool {
        self.open.iter().any(|open| open == "Request")
    }

    /// Whether it is within a control.
    fn orders(&self) -> bool {
        self.skipped == 0 && self.open.iter().any(|open| open == "EndDeviceControl")
    }

    fn header_field(&mut self, local: &str, text: &str) {
        let header = &mut self.message.header;
        match local {
            "Verb" => header.verb = text.to_lowercase().into(),
            "Noun" => header.noun = text.into(),
            "Source" => header.source = text.into(),
            "MessageID" => header.id = text.into(),
            "Timestamp" => header.timestamp = text.parse().ok(),
            "CorrelationID" => self.message.correlation = text.into(),
            _ => {}
        }
    }

    fn error_field(&mut self, local: &str, text: &str) {
        let errors = &mut self.reply().errors;
        // The first ones are kept, the last one is written over.
        errors.truncate(ERRORS_MAX);
        let Some(error) = errors.last_mut() else { return };
        match local {
            "code" => error.code = text.into(),
            "reason" => error.reason = text.into(),
            "details" if error.reason.is_empty() => error.reason = text.into(),
            "xpath" => error.path = text.into(),
            "ID" => error.id = text.into(),
            _ => {}
        }
    }

    fn fault_field(&mut self, parent: &str, local: &str, text: &str) {
        let fault = self.message.fault.get_or_insert_default();
        match (parent, local) {
            ("Fault", "faultcode") | ("Code", "Value") => {
                fault.code = text.rsplit(':').next().unwrap_or_default().into();
            }
            ("Fault", "faultstring") | ("Reason", "Text") => text.clone_into(&mut fault.reason),
            _ => {}
        }
    }

    fn reply(&mut self) -> &mut Reply {
        self.message.reply.get_or_insert(Reply { result: ReplyResult::Failed, errors: Vec::new() })
    }
}
