//! The meaning of a message: envelope, readings and events, told to a sink as they become whole.
//!
//! Meter, usage point and reading type come after the readings they belong to, so the readings of a
//! MeterReading wait until it ends; those whose type only the end of the payload defines wait until
//! then. Both waits have a limit.

use std::collections::HashMap;

use jiff::tz::TimeZone;
use model::event::EndDeviceEvent;
use model::finding::{Finding, Severity};
use model::id::Name;
use model::reading::{ChannelKey, ChannelReadings};
use model::reading_type::{ReadingType, unit_symbol};
use smol_str::{SmolStr, ToSmolStr};

use super::block::{Block, Kind, TypeRef};
use super::envelope::Envelope;
use super::owner::{Owner, Owners};
use super::profile;
use super::reading::{Entries, Entry, Part, shown};
use super::schema::{Field, Place, child};
use crate::xml::{Event, Leaf, Start};
use crate::{Refused, Sink};

/// Readings that may wait for the end of their MeterReading, or of the payload for their type.
pub const WAITING_READINGS_MAX: usize = 1 << 20;

/// Different namespaces that are told apart in findings.
const NAMESPACES_MAX: usize = 16;

/// A text kept until its reading ends.
#[derive(Debug)]
struct OwnedPart {
    field: Field,
    quality: usize,
    text: String,
    line: u64,
}

/// The reading that is being parsed by the pull parser.
#[derive(Debug, Default)]
struct Draft {
    line: u64,
    parts: Vec<OwnedPart>,
    qualities: usize,
    type_ref: TypeRef,
}

/// The reading type that is being parsed.
#[derive(Debug, Default)]
struct TypeDraft {
    line: u64,
    name: SmolStr,
    parts: Vec<(usize, SmolStr)>,
}

#[derive(Debug, Default)]
struct MeterReading {
    line: u64,
    owners: Owners,
    blocks: Vec<Block>,
    registers: Vec<Block>,
    events: Vec<EndDeviceEvent>,
}

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
    entries: Entries,
    meter_reading: MeterReading,
    block: Block,
    calculation_type: TypeRef,
    draft: Draft,
    type_draft: TypeDraft,
    last_type: (SmolStr, TypeRef),
    definitions: HashMap<SmolStr, ReadingType>,
    waiting: Vec<(Owners, Block)>,
    readings: usize,
    owner: Owner,
    name: Name,
    event: EndDeviceEvent,
    event_owners: Owners,
    detail: (SmolStr, SmolStr),
}

impl Document {
    pub(super) fn new(zone: Option<TimeZone>) -> Self {
        Self {
            entries: Entries::new(zone.clone()),
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
            meter_reading: MeterReading::default(),
            block: Block::default(),
            calculation_type: TypeRef::Missing,
            draft: Draft::default(),
            type_draft: TypeDraft::default(),
            last_type: (SmolStr::default(), TypeRef::Missing),
            definitions: HashMap::new(),
            waiting: Vec::new(),
            readings: 0,
            owner: Owner::default(),
            name: Name::new("", ""),
            event: EndDeviceEvent::default(),
            event_owners: Owners::default(),
            detail: Default::default(),
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
        let in_block = self.place() == Place::IntervalBlock;
        if !in_block {
            self.entries.series_begins();
        }
        let Some(entry) = self.entries.usual(line, parts) else { return Ok(false) };
        if in_block {
            self.block.series.push(entry);
        } else {
            let type_text = parts.iter().rev().find(|part| part.field == Field::TypeMrid).map(|part| part.text);
            let type_ref = type_text.map_or(TypeRef::Missing, |text| self.type_ref(&String::from_utf8_lossy(text)));
            self.push_register(line, entry, type_ref);
        }
        self.count_reading(line)?;
        Ok(true)
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
                self.meter_reading = MeterReading { line: start.line, ..MeterReading::default() };
                self.meter_reading_prefix = prefix_of(start);
            }
            Place::IntervalBlock => {
                self.block = Block { kind: Kind::Interval, line: start.line, ..Block::default() };
                self.entries.series_begins();
                self.block_prefix = prefix_of(start);
            }
            Place::IntervalReading | Place::Reading => {
                self.draft = Draft { line: start.line, ..Draft::default() };
            }
            Place::QualityType => {
                if let Some(code) = start.attribute("ref") {
                    self.part(Field::QualityRef, code.trim().to_owned(), start.line);
                }
            }
            Place::Calculation => {
                self.block.calculation = Some(Default::default());
                self.calculation_type = TypeRef::Missing;
            }
            Place::ReadingType => {
                let name = start.attribute("ref").map_or(SmolStr::default(), |name| name.trim().into());
                self.type_draft = TypeDraft { line: start.line, name, parts: Vec::new() };
            }
            Place::Meter | Place::UsagePoint => self.owner = Owner::default(),
            Place::OwnerName => self.name = Name::new("", ""),
            Place::EndDeviceEvent => self.event_begins(start.line),
            Place::EventDetail => self.detail = Default::default(),
            Place::EventType => {
                if let Some(code) = start.attribute("ref") {
                    self.event_type(code.trim(), start.line, sink);
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
            Place::ReadingQuality => self.draft.qualities += 1,
            Place::ReadingType => self.type_ends(sink),
            Place::Calculation => {
                let result = std::mem::take(&mut self.calculation_type);
                if let Some((_, calculation_type)) = &mut self.block.calculation {
                    *calculation_type = result;
                }
            }
            Place::IntervalReading => return self.interval_ends(sink),
            Place::Reading => return self.register_ends(sink),
            Place::IntervalBlock => self.meter_reading.blocks.push(std::mem::take(&mut self.block)),
            Place::OwnerName => {
                let name = std::mem::replace(&mut self.name, Name::new("", ""));
                self.owner.names.push(name);
            }
            Place::Meter | Place::UsagePoint => self.owner_ends(place),
            Place::MeterReading => self.meter_reading_ends(sink),
            Place::MeterReadings => self.meter_readings_end(sink),
            Place::EventDetail => self.event.details.push(std::mem::take(&mut self.detail)),
            Place::EndDeviceEvent => self.event_ends(sink),
            _ => {}
        }
        Ok(())
    }

    fn owner_ends(&mut self, place: Place) {
        let owner = std::mem::take(&mut self.owner);
        let owners = match self.place() {
            Place::EndDeviceEvent => &mut self.event_owners,
            _ => &mut self.meter_reading.owners,
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
            | Field::PeriodEnd => self.part(field, text.to_owned(), line),
            Field::MultiplyBeforeAdd
            | Field::Offset
            | Field::ScalarNumerator
            | Field::ScalarDenominator
            | Field::ScalarFloat => self.calculation_field(field, text, sink),
            Field::TypeMrid | Field::TypeName if self.type_draft.name.is_empty() => self.type_draft.name = text.into(),
            Field::TypeMrid | Field::TypeName => {}
            Field::TypePart(part) => self.type_draft.parts.push((part, text.into())),
            _ => self.event_field(field, text, sink),
        }
    }

    fn part(&mut self, field: Field, text: String, line: u64) {
        let quality = self.draft.qualities;
        self.draft.parts.push(OwnedPart { field, quality, text, line });
    }

    fn calculation_field(&mut self, field: Field, text: &str, sink: &mut dyn Sink) {
        let Some((calculation, _)) = &mut self.block.calculation else { return };
        if field == Field::MultiplyBeforeAdd {
            calculation.multiply_before_add = matches!(text, "true" | "1");
            return;
        }
        let number = match text.parse() {
            Ok(number) => number,
            Err(error) => {
                let message =
                    format!("found `{}`, {error}; values of the block are not accepted", shown(text.as_bytes()));
                sink.finding(Finding::new(self.leaf_line, field.name(), "cim.pending_calculation", message));
                // No value has a result with this divisor.
                calculation.denominator = model::quantity::Decimal::ZERO;
                return;
            }
        };
        match field {
            Field::Offset => calculation.offset = number,
            Field::ScalarDenominator => calculation.denominator = number,
            _ => calculation.numerator = number,
        }
    }

    fn type_ends(&mut self, sink: &mut dyn Sink) {
        let draft = std::mem::take(&mut self.type_draft);
        let by_name = self.type_ref(&draft.name);
        let type_ref = match by_name {
            TypeRef::Known(_) => by_name,
            other if draft.parts.is_empty() => other,
            _ => type_of_parts(&draft, sink),
        };
        match (self.place(), &type_ref) {
            (Place::MeterReadings, TypeRef::Known(reading_type)) if !draft.name.is_empty() => {
                self.definitions.insert(draft.name, *reading_type);
            }
            (Place::IntervalBlock, _) => self.block.type_ref = type_ref,
            (Place::Reading, _) => self.draft.type_ref = type_ref,
            (Place::Calculation, _) => self.calculation_type = type_ref,
            _ => {}
        }
    }

    fn type_ref(&mut self, text: &str) -> TypeRef {
        let text = text.trim();
        if text.is_empty() {
            return TypeRef::Missing;
        }
        if self.last_type.0 != text {
            let type_ref = text.parse().map_or_else(|_| TypeRef::Named(text.into()), TypeRef::Known);
            self.last_type = (text.into(), type_ref);
        }
        self.last_type.1.clone()
    }

    fn interval_ends(&mut self, sink: &mut dyn Sink) -> Result<(), Refused> {
        let draft = std::mem::take(&mut self.draft);
        if let Some(entry) = self.entries.entry(draft.line, &borrowed(&draft.parts), sink) {
            self.block.series.push(entry);
        }
        self.count_reading(draft.line)
    }

    fn register_ends(&mut self, sink: &mut dyn Sink) -> Result<(), Refused> {
        let draft = std::mem::take(&mut self.draft);
        self.entries.series_begins();
        if let Some(entry) = self.entries.entry(draft.line, &borrowed(&draft.parts), sink) {
            self.push_register(draft.line, entry, draft.type_ref);
        }
        self.count_reading(draft.line)
    }

    fn push_register(&mut self, line: u64, entry: Entry, type_ref: TypeRef) {
        let registers = &mut self.meter_reading.registers;
        let at = registers.iter().rposition(|block| block.type_ref == type_ref).unwrap_or_else(|| {
            registers.push(Block { kind: Kind::Register, type_ref, line, ..Block::default() });
            registers.len() - 1
        });
        registers[at].series.push(entry);
    }

    fn count_reading(&mut self, line: u64) -> Result<(), Refused> {
        self.readings += 1;
        if self.readings <= WAITING_READINGS_MAX {
            return Ok(());
        }
        let message = format!(
            "more than {WAITING_READINGS_MAX} readings wait for their meter or reading type; split the MeterReading"
        );
        let finding = Finding::new(line, "MeterReading", "cim.limit", message);
        Err(Refused(finding.with_severity(Severity::Refused)))
    }

    fn meter_reading_ends(&mut self, sink: &mut dyn Sink) {
        let MeterReading { line, owners, blocks, registers, events } = std::mem::take(&mut self.meter_reading);
        for mut event in events {
            event.device = event.device.or_else(|| owners.meter.name());
            event.usage_point = event.usage_point.or_else(|| owners.usage_point.name());
            sink.event(&event);
        }
        let waiting_before: usize = self.waiting.iter().map(|(_, block)| block.series.len()).sum();
        self.readings = waiting_before;
        let blocks: Vec<Block> = blocks.into_iter().chain(registers).filter(|block| block.series.len() != 0).collect();
        if !blocks.is_empty() && owners.is_empty() {
            let message = "neither Meter nor UsagePoint is named, expected one of them with an mRID or a Names; the \
                           readings were not accepted";
            sink.finding(Finding::new(line, "Meter", "1.7", message));
            return;
        }
        for block in blocks {
            match *block.result_type() {
                TypeRef::Known(reading_type) => self.tell(&owners, &block, reading_type, sink),
                _ => {
                    self.readings += block.series.len();
                    self.waiting.push((owners.clone(), block));
                }
            }
        }
    }

    fn meter_readings_end(&mut self, sink: &mut dyn Sink) {
        for (owners, block) in std::mem::take(&mut self.waiting) {
            let defined = match block.result_type() {
                TypeRef::Named(name) => self.definitions.get(name).copied().ok_or_else(|| name.clone()),
                _ => Err(SmolStr::default()),
            };
            match defined {
                Ok(reading_type) => self.tell(&owners, &block, reading_type, sink),
                Err(name) => {
                    let message = format!(
                        "the reading type `{name}` is neither 18 numbers nor defined in the payload; {} readings were not \
                         accepted",
                        block.series.len()
                    );
                    sink.finding(Finding::new(block.line, "ReadingType", "2.6", message));
                }
            }
        }
        self.readings = 0;
        self.definitions.clear();
    }

    fn tell(&self, owners: &Owners, block: &Block, reading_type: ReadingType, sink: &mut dyn Sink) {
        let pieces = block.pieces(reading_type, self.zone.as_ref(), &self.entries.qualities.qualities, sink);
        let channel = ChannelKey {
            usage_point: owners.usage_point.name(),
            meter: owners.meter.name(),
            suffix: owners.suffix(),
            reading_type,
        };
        let unit = owners.unit().unwrap_or_else(|| unit_symbol(reading_type.multiplier, reading_type.unit));
        for piece in pieces {
            sink.readings(&ChannelReadings {
                channel: channel.clone(),
                unit: unit.clone(),
                values: piece.values,
                revision: piece.revision,
                line: piece.line,
            });
        }
    }

    fn event_begins(&mut self, line: u64) {
        self.event = EndDeviceEvent { line, ..EndDeviceEvent::default() };
        self.event_owners = Owners::default();
    }

    fn event_type(&mut self, text: &str, line: u64, sink: &mut dyn Sink) {
        match text.parse() {
            Ok(event_type) => self.event.event_type = event_type,
            Err(error) => {
                self.event.details.push((SmolStr::new_static("EndDeviceEventType"), text.into()));
                let message = format!("{error}; the event is kept with the text among its details");
                let finding = Finding::new(line, "EndDeviceEventType", "cim.event_type", message);
                sink.finding(finding.with_severity(Severity::Warning));
            }
        }
    }

    fn event_field(&mut self, field: Field, text: &str, sink: &mut dyn Sink) {
        let event = &mut self.event;
        match field {
            Field::EventMrid => event.mrid = text.into(),
            Field::EventType => self.event_type(text, self.leaf_line, sink),
            Field::Created => {
                match super::stamp::moment(text.as_bytes(), self.zone.as_ref(), None) {
                    Ok(created) => event.created = jiff::Timestamp::from_second(created.second).ok(),
                    Err(error) => {
                        let message = format!("found `{}`, {error}", shown(text.as_bytes()));
                        sink.finding(Finding::new(self.leaf_line, field.name(), "cim.time", message));
                    }
                };
            }
            Field::Issuer => event.issuer = text.into(),
            Field::IssuerTracking => event.issuer_tracking = text.into(),
            Field::Reason => event.reason = text.into(),
            Field::Severity => event.severity = text.into(),
            Field::Status => event.status = text.into(),
            Field::DetailName => self.detail.0 = text.into(),
            Field::DetailValue => self.detail.1 = text.into(),
            _ => {}
        }
    }

    fn event_ends(&mut self, sink: &mut dyn Sink) {
        let mut event = std::mem::take(&mut self.event);
        let owners = std::mem::take(&mut self.event_owners);
        event.device = owners.meter.name();
        event.usage_point = owners.usage_point.name();
        if event.created.is_none() {
            let message = "the event has no createdDateTime that could be read, expected one";
            let finding = Finding::new(event.line, "createdDateTime", "1.7", message);
            sink.finding(finding.with_severity(Severity::Warning));
        }
        if self.place() == Place::MeterReading {
            self.meter_reading.events.push(event);
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

fn borrowed<'a>(parts: &'a [OwnedPart]) -> Vec<Part<'a>> {
    let part = |part: &'a OwnedPart| {
        let OwnedPart { field, quality, text, line } = part;
        Part { field: *field, quality: *quality, text: text.as_bytes(), line: *line }
    };
    parts.iter().map(part).collect()
}

fn type_of_parts(draft: &TypeDraft, sink: &mut dyn Sink) -> TypeRef {
    let mut numbers: [SmolStr; 18] = std::array::from_fn(|_| SmolStr::new_static("0"));
    for (part, text) in &draft.parts {
        if !text.is_empty() {
            numbers[*part] = text.clone();
        }
    }
    match numbers.join(".").parse() {
        Ok(reading_type) => TypeRef::Known(reading_type),
        Err(error) => {
            sink.finding(Finding::new(draft.line, "ReadingType", "cim.reading_type", error.to_smolstr()));
            TypeRef::Missing
        }
    }
}
