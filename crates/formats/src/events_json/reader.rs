//! The document: an object whose member `events` is a list. Each event is read as soon as it has ended.

use jiff::tz::TimeZone;
use model::finding::{Finding, Severity};
use model::reading::MessageHeader;
use serde_json::Value;
use smol_str::SmolStr;

use super::event;
use crate::{Options, Reader, Refused, Sink};

/// Bytes of one event or of one other member; no head-end has more to say of an event.
const VALUE_BYTES_MAX: usize = 256 << 10;
/// Bytes of the name of a member.
const NAME_BYTES_MAX: usize = 1 << 10;
/// Levels of lists and objects in one event.
const DEPTH_MAX: u32 = 64;

/// Reads events in JSON.
pub struct EventsJsonReader {
    zone: Option<TimeZone>,
    place: Place,
    line: u64,
    offset: u64,
    name: Vec<u8>,
    value: PartOfValue,
    head_end: SmolStr,
    has_events: bool,
}

/// Where in the document the next byte is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Start,
    Members,
    Name,
    Colon,
    ValueBegins,
    Member,
    Events,
    Event,
    End,
}

/// A value whose end has not come yet.
#[derive(Debug, Default)]
struct PartOfValue {
    bytes: Vec<u8>,
    line: u64,
    depth: u32,
    in_text: bool,
    is_escaped: bool,
    is_too_long: bool,
}

/// What a byte is to a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Inside,
    Last,
    After,
}

impl PartOfValue {
    fn begin(&mut self, line: u64) {
        self.bytes.clear();
        (self.line, self.depth, self.in_text, self.is_escaped, self.is_too_long) = (line, 0, false, false, false);
    }

    fn take(&mut self, byte: u8) -> Step {
        let step = self.step(byte);
        if step != Step::After {
            if self.bytes.len() < VALUE_BYTES_MAX { self.bytes.push(byte) } else { self.is_too_long = true }
        }
        step
    }

    fn step(&mut self, byte: u8) -> Step {
        if self.in_text {
            let is_escaped = std::mem::take(&mut self.is_escaped);
            self.is_escaped = !is_escaped && byte == b'\\';
            self.in_text = is_escaped || byte != b'"';
            return if self.in_text || 0 < self.depth { Step::Inside } else { Step::Last };
        }
        match byte {
            b'"' => self.in_text = true,
            b'{' | b'[' => self.depth += 1,
            b'}' | b']' if self.depth == 0 => return Step::After,
            b'}' | b']' => {
                self.depth -= 1;
                return if self.depth == 0 { Step::Last } else { Step::Inside };
            }
            b',' if self.depth == 0 => return Step::After,
            _ => {}
        }
        Step::Inside
    }
}

impl EventsJsonReader {
    /// A reader; stamps without an offset are in the zone of the options.
    pub fn new(options: &Options) -> Self {
        Self {
            zone: options.zone.clone(),
            place: Place::Start,
            line: 1,
            offset: 0,
            name: Vec::new(),
            value: PartOfValue::default(),
            head_end: SmolStr::default(),
            has_events: false,
        }
    }

    fn byte(&mut self, byte: u8, sink: &mut dyn Sink) -> Result<(), Refused> {
        match self.place {
            Place::Member | Place::Event => return self.value_byte(byte, sink),
            Place::Name => return self.name_byte(byte),
            _ if byte.is_ascii_whitespace() => return Ok(()),
            _ => {}
        }
        self.place = match (self.place, byte) {
            // A byte order mark.
            (Place::Start, 0xEF | 0xBB | 0xBF) if self.offset < 3 => Place::Start,
            (Place::Start, b'{') => Place::Members,
            (Place::Members, b'}') => Place::End,
            (Place::Members, b',') => Place::Members,
            (Place::Members, b'"') => {
                self.name.clear();
                Place::Name
            }
            (Place::Colon, b':') => Place::ValueBegins,
            (Place::ValueBegins, b'[') if self.name == b"events" => {
                self.has_events = true;
                self.tell_header(sink);
                Place::Events
            }
            (Place::ValueBegins, _) => return self.begin_value(Place::Member, byte, sink),
            (Place::Events, b']') => Place::Members,
            (Place::Events, b',') => Place::Events,
            // No value begins with the end of an object.
            (Place::Events, _) if byte != b'}' => return self.begin_value(Place::Event, byte, sink),
            (place, _) => {
                return Err(self.refused(&format!("expected {}, found `{}`", place.wanted(), char::from(byte))));
            }
        };
        Ok(())
    }

    fn begin_value(&mut self, place: Place, byte: u8, sink: &mut dyn Sink) -> Result<(), Refused> {
        self.place = place;
        self.value.begin(self.line);
        self.value_byte(byte, sink)
    }

    fn name_byte(&mut self, byte: u8) -> Result<(), Refused> {
        let is_escaped = self.name.iter().rev().take_while(|byte| **byte == b'\\').count() % 2 == 1;
        if byte == b'"' && !is_escaped {
            self.place = Place::Colon;
        } else if self.name.len() < NAME_BYTES_MAX {
            self.name.push(byte);
        } else {
            return Err(self.refused(&format!("the name of a member is longer than {NAME_BYTES_MAX} bytes")));
        }
        Ok(())
    }

    fn value_byte(&mut self, byte: u8, sink: &mut dyn Sink) -> Result<(), Refused> {
        let step = self.value.take(byte);
        if DEPTH_MAX < self.value.depth {
            return Err(self.refused(&format!("an event has more than {DEPTH_MAX} levels")));
        }
        if step == Step::Inside {
            return Ok(());
        }
        self.place = match self.place {
            Place::Event => {
                self.event(sink);
                Place::Events
            }
            _ => {
                self.member();
                Place::Members
            }
        };
        if step == Step::After { self.byte(byte, sink) } else { Ok(()) }
    }

    fn event(&mut self, sink: &mut dyn Sink) {
        let line = self.value.line;
        if self.value.is_too_long {
            let message = format!("the event is longer than {VALUE_BYTES_MAX} bytes and is left out");
            return sink.finding(Finding::new(line, "events", "events_json.too_long", message));
        }
        match serde_json::from_slice(&self.value.bytes) {
            Ok(Value::Object(members)) => event::read(members, line, self.zone.as_ref(), &self.head_end, sink),
            Ok(_) => {
                let message = "expected an object for each event, found another value; it is left out";
                sink.finding(Finding::new(line, "events", "events_json.event", message));
            }
            Err(error) => {
                let message = format!("the event is left out, it is no JSON: {error}");
                sink.finding(Finding::new(line, "events", "events_json.event", message));
            }
        }
    }

    /// What stands beside the events; only the head-end is looked at.
    fn member(&mut self) {
        if self.name == b"headEnd"
            && let Ok(Value::String(name)) = serde_json::from_slice(&self.value.bytes)
        {
            self.head_end = name.into();
        }
    }

    fn tell_header(&self, sink: &mut dyn Sink) {
        sink.message(&MessageHeader {
            noun: SmolStr::new_static("EndDeviceEvents"),
            source: self.head_end.clone(),
            ..MessageHeader::default()
        });
    }

    fn refused(&self, message: &str) -> Refused {
        let message = format!("{message}; send the document `{{\"headEnd\": .., \"events\": [..]}}`");
        let mut finding = Finding::new(self.line, "document", "events_json.document", message);
        finding.offset = self.offset;
        Refused(finding.with_severity(Severity::Refused))
    }
}

impl Place {
    const fn wanted(self) -> &'static str {
        match self {
            Self::Start => "`{`",
            Self::Members => "a member or `}`",
            Self::Name | Self::Colon => "`:`",
            Self::ValueBegins | Self::Member => "a value",
            Self::Events | Self::Event => "an event or `]`",
            Self::End => "nothing more",
        }
    }
}

impl Reader for EventsJsonReader {
    fn push(&mut self, bytes: &[u8], sink: &mut dyn Sink) -> Result<(), Refused> {
        for byte in bytes {
            self.byte(*byte, sink)?;
            self.offset += 1;
            self.line += u64::from(*byte == b'\n');
        }
        Ok(())
    }

    fn finish(&mut self, _sink: &mut dyn Sink) -> Result<(), Refused> {
        match self.place {
            Place::End if self.has_events => Ok(()),
            Place::End => Err(self.refused("the document has no list `events`")),
            place => Err(self.refused(&format!("the document ends where {} was expected", place.wanted()))),
        }
    }
}
