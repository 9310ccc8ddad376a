//! The meaning of a message, element by element: what begins where, and whose text it is.

use jiff::tz::TimeZone;
use model::finding::{Finding, Severity};
use model::id::Name;
use smol_str::SmolStr;

use super::envelope::Envelope;
use super::events::Events;
use super::owner::Owner;
use super::payload::Payload;
use super::profile;
use super::reading::Part;
use super::schema::{Field, Place, child};
use crate::xml::{Event, Leaf, Start};
use crate::{Refused, Sink};

/// Different namespaces that are told apart in findings.
const NAMESPACES_MAX: usize = 16;

/// The message as far as it was read.
#[derive(Debug)]
pub(super) struct Document {
    zone: Option<TimeZone>,
    places: Vec<Place>,
    leaf: Leaf,
    leaf_line: u64,
    root: Option<(SmolStr, u64)>,
    understood: bool,
    envelope: Envelope,
    payload_namespace: Option<SmolStr>,
    namespaces: Vec<SmolStr>,
    foreign_told: bool,
    meter_reading_prefix: SmolStr,
    block_prefix: SmolStr,
    payload: Payload,
    events: Events,
    owner: Owner,
    name: Name,
}

impl Document {
    pub(super) fn new(zone: Option<TimeZone>) -> Self {
        Self {
            payload: Payload::new(zone.clone()),
            events: Events::default(),
            zone,
            places: Vec::new(),
            leaf: Leaf::default(),
            leaf_line: 0,
            root: None,
            understood: false,
            envelope: Envelope::default(),
            payload_namespace: None,
            namespaces: Vec::new(),
            foreign_told: false,
            meter_reading_prefix: SmolStr::default(),
            block_prefix: SmolStr::default(),
            owner: Owner::default(),
            name: Name::new("", ""),
        }
    }

    /// Where the parser is.
    pub(super) fn place(&self) -> Place {
        self.places.last().copied().unwrap_or(Place::Document)
    }

    /// The prefix with `:` of the open MeterReading or IntervalBlocks.
    pub(super) fn prefix(&self) -> &str {
        if self.place() == Place::IntervalBlock { &self.block_prefix } else { &self.meter_reading_prefix }
    }

    /// Takes the next event of the document.
    pub(super) fn event(&mut self, event: &Event<'_>, sink: &mut dyn Sink) -> Result<(), Refused> {
        match event {
            Event::Start(start) => {
                self.enter(start, sink);
                Ok(())
            }
            Event::Text(text) => {
                if let Place::Leaf(_) = self.place() {
                    self.leaf.push(text);
                }
                Ok(())
            }
            Event::End => self.leave(sink),
        }
    }

    /// Takes a reading that the scanner found; `false` leaves it to the pull parser.
    pub(super) fn scanned(&mut self, line: u64, parts: &[Part<'_>]) -> Result<bool, Refused> {
        self.payload.scanned(self.place() == Place::IntervalBlock, line, parts)
    }

    /// Says that the document has ended.
    pub(super) fn finish(&mut self) -> Result<(), Refused> {
        match &self.root {
            Some((root, line)) if !self.understood => {
                let message = format!(
                    "found the root element `{root}`, expected MeterReadings, EndDeviceEvents or a message of IEC 61968-100"
                );
                let finding = Finding::new(*line, root.clone(), "cim.root", message);
                Err(Refused(finding.with_severity(Severity::Refused)))
            }
            _ => Ok(()),
        }
    }

    fn enter(&mut self, start: &Start<'_>, sink: &mut dyn Sink) {
        let parent = self.place();
        let mut place = child(parent, start.local());
        if parent == Place::Document {
            self.root = Some((start.local().into(), start.line));
        }
        if place != Place::Skipped && !self.namespace_fits(parent, place, start, sink) {
            place = Place::Skipped;
        }
        self.places.push(place);
        match place {
            Place::Skipped => self.envelope.skipped(parent, start, sink),
            Place::Header | Place::Reply => {
                self.understood = true;
                self.envelope.begins(place, start.line);
            }
            Place::ReplyError => self.envelope.begins(place, start.line),
            Place::MeterReadings | Place::EndDeviceEvents => {
                self.understood = true;
                let in_message = self.places.contains(&Place::Message);
                self.envelope.payload(start, in_message, sink);
            }
            Place::MeterReading => {
                self.payload.meter_reading_begins(start.line);
                self.meter_reading_prefix = prefix_of(start);
            }
            Place::IntervalBlock => {
                self.payload.block_begins(start.line);
                self.block_prefix = prefix_of(start);
            }
            Place::IntervalReading | Place::Reading => self.payload.draft.begin(start.line),
            Place::QualityType => {
                if let Some(code) = start.attribute("ref") {
                    self.payload.draft.add(Field::QualityRef, code.trim(), start.line);
                }
            }
            Place::Calculation => self.payload.calculation_begins(),
            Place::ReadingType => {
                let name = start.attribute("ref").map_or(SmolStr::default(), |name| name.trim().into());
                self.payload.type_draft.begin(name, start.line);
            }
            Place::Meter | Place::UsagePoint => self.owner = Owner::default(),
            Place::OwnerName => self.name = Name::new("", ""),
            Place::EndDeviceEvent => self.events.begin(start.line),
            Place::EventType => {
                if let Some(code) = start.attribute("ref") {
                    self.events.event_type(code.trim(), start.line, sink);
                }
            }
            Place::Leaf(_) => {
                self.leaf.clear();
                self.leaf_line = start.line;
            }
            _ => {}
        }
    }

    /// Whether an element belongs to the message; elements of others inside the payload do not.
    fn namespace_fits(&mut self, parent: Place, place: Place, start: &Start<'_>, sink: &mut dyn Sink) -> bool {
        let namespace = start.namespace.unwrap_or_default();
        if matches!(place, Place::MeterReadings | Place::EndDeviceEvents) {
            self.payload_namespace = Some(namespace.into());
        }
        if in_payload(parent) {
            let own = self.payload_namespace.as_deref() == Some(namespace) || profile::is_known(namespace);
            if !own && !self.foreign_told {
                self.foreign_told = true;
                let message = format!("elements of the namespace `{namespace}` are not read");
                sink.finding(
                    Finding::new(start.line, start.local(), "cim.foreign", message).with_severity(Severity::Note),
                );
            }
            return own;
        }
        let told = profile::is_known(namespace) || self.namespaces.iter().any(|told| told == namespace);
        if !told && self.namespaces.len() < NAMESPACES_MAX {
            self.namespaces.push(namespace.into());
            let message = format!(
                "found the namespace `{namespace}`, expected one of iec.ch/TC57; read as the current edition by element names"
            );
            let finding = Finding::new(start.line, start.local(), "cim.namespace", message);
            sink.finding(finding.with_severity(Severity::Note));
        }
        true
    }

    fn leave(&mut self, sink: &mut dyn Sink) -> Result<(), Refused> {
        let Some(place) = self.places.pop() else { return Ok(()) };
        match place {
            Place::Leaf(field) => self.leaf_ends(field, sink),
            Place::Header | Place::ReplyError => self.envelope.ends(place, sink),
            Place::ReadingQuality => self.payload.draft.quality_ends(),
            Place::ReadingType => self.payload.type_ends(self.place(), sink),
            Place::Calculation => self.payload.calculation_ends(),
            Place::IntervalReading => return self.payload.interval_ends(sink),
            Place::Reading => return self.payload.register_ends(sink),
            Place::IntervalBlock => self.payload.block_ends(),
            Place::OwnerName => {
                let name = std::mem::replace(&mut self.name, Name::new("", ""));
                self.owner.names.push(name);
            }
            Place::Meter | Place::UsagePoint => self.owner_ends(place),
            Place::MeterReading => self.payload.meter_reading_ends(sink),
            Place::MeterReadings => self.payload.end(sink),
            Place::EventDetail => self.events.detail_ends(),
            Place::EndDeviceEvent => self.event_ends(sink),
            _ => {}
        }
        Ok(())
    }

    fn owner_ends(&mut self, place: Place) {
        let owner = std::mem::take(&mut self.owner);
        let owners = match self.place() {
            Place::EndDeviceEvent => &mut self.events.owners,
            _ => &mut self.payload.meter_reading.owners,
        };
        match place {
            Place::Meter => owners.meter = owner,
            _ => owners.usage_point = owner,
        }
    }

    fn leaf_ends(&mut self, field: Field, sink: &mut dyn Sink) {
        let leaf = std::mem::take(&mut self.leaf);
        let text = if field == Field::QualityComment { leaf.whole() } else { leaf.trimmed() };
        match text {
            Some(text) => self.field(field, text, sink),
            None => {
                let message = format!("found a text of more than {} bytes, expected a short one", Leaf::BYTES_MAX);
                sink.finding(Finding::new(self.leaf_line, field.name(), "cim.text", message));
            }
        }
        self.leaf = leaf;
    }

    fn field(&mut self, field: Field, text: &str, sink: &mut dyn Sink) {
        let line = self.leaf_line;
        match field {
            Field::Verb | Field::Noun | Field::Timestamp | Field::Source | Field::MessageId => {
                self.envelope.header_field(field, text, line, self.zone.as_ref(), sink);
            }
            Field::ErrorCode | Field::ErrorReason | Field::ErrorId => self.envelope.error_field(field, text),
            Field::Mrid => self.owner.mrid = text.into(),
            Field::Name => self.name.value = text.into(),
            Field::NameKind => self.name.kind = text.into(),
            Field::NameAuthority => self.name.authority = text.into(),
            Field::Stamp
            | Field::Value
            | Field::Reported
            | Field::QualityRef
            | Field::QualityComment
            | Field::QualitySource
            | Field::PeriodStart
            | Field::PeriodEnd => self.payload.draft.add(field, text, line),
            Field::MultiplyBeforeAdd
            | Field::Offset
            | Field::ScalarNumerator
            | Field::ScalarDenominator
            | Field::ScalarFloat => self.payload.calculation_field(field, text, line, sink),
            Field::TypeMrid | Field::TypeName | Field::TypePart(_) => self.payload.type_draft.add(field, text),
            _ => self.events.field(field, text, line, self.zone.as_ref(), sink),
        }
    }

    fn event_ends(&mut self, sink: &mut dyn Sink) {
        let Some(event) = self.events.end(sink) else { return };
        if self.place() == Place::MeterReading {
            self.payload.meter_reading.events.push(event);
        } else {
            sink.event(&event);
        }
    }
}

/// The prefix with `:`.
fn prefix_of(start: &Start<'_>) -> SmolStr {
    let (name, local) = (start.name(), start.local());
    name[..name.len() - local.len()].into()
}

fn in_payload(parent: Place) -> bool {
    !matches!(
        parent,
        Place::Document
            | Place::Soap
            | Place::Message
            | Place::Header
            | Place::Reply
            | Place::ReplyError
            | Place::Payload
            | Place::Compressed
    )
}
