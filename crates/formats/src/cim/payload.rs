//! MeterReadings: from elements to the pieces of channels.
//!
//! Meter, usage point and reading type come after the readings they belong to, so the readings of a
//! MeterReading wait until it ends; those whose type only the end of the payload defines wait until
//! then. Both waits have a limit.

use std::collections::HashMap;

use jiff::tz::TimeZone;
use model::event::EndDeviceEvent;
use model::finding::{Finding, Severity};
use model::quantity::Decimal;
use model::reading::{ChannelKey, ChannelReadings};
use model::reading_type::{ReadingType, unit_symbol};
use smol_str::SmolStr;

use super::block::{Block, Kind, TypeRef};
use super::draft::{Draft, TypeDraft};
use super::owner::Owners;
use super::reading::{Entries, Entry, Part, shown};
use super::schema::{Field, Place};
use crate::{Refused, Sink};

/// Readings that may wait for the end of their MeterReading, or of the payload for their type.
pub const WAITING_READINGS_MAX: usize = 1 << 20;

/// The MeterReadings element as far as it was read.
#[derive(Debug)]
pub(super) struct Payload {
    zone: Option<TimeZone>,
    entries: Entries,
    pub(super) meter_reading: MeterReading,
    pub(super) draft: Draft,
    pub(super) type_draft: TypeDraft,
    block: Block,
    calculation_type: TypeRef,
    last_type: (SmolStr, TypeRef),
    definitions: HashMap<SmolStr, ReadingType>,
    waiting: Vec<(Owners, Block)>,
    readings: usize,
}

/// The MeterReading that is being parsed.
#[derive(Debug, Default)]
pub(super) struct MeterReading {
    line: u64,
    pub(super) owners: Owners,
    pub(super) events: Vec<EndDeviceEvent>,
    blocks: Vec<Block>,
    registers: Vec<Block>,
}

impl Payload {
    pub(super) fn new(zone: Option<TimeZone>) -> Self {
        Self {
            entries: Entries::new(zone.clone()),
            zone,
            meter_reading: MeterReading::default(),
            draft: Draft::default(),
            type_draft: TypeDraft::default(),
            block: Block::default(),
            calculation_type: TypeRef::Missing,
            last_type: (SmolStr::default(), TypeRef::Missing),
            definitions: HashMap::new(),
            waiting: Vec::new(),
            readings: 0,
        }
    }

    /// Takes a reading that the scanner found; `false` leaves it to the pull parser.
    pub(super) fn scanned(&mut self, in_block: bool, line: u64, parts: &[Part<'_>]) -> Result<bool, Refused> {
        if !in_block {
            self.entries.series_begins();
        }
        let Some(entry) = self.entries.usual(line, parts) else { return Ok(false) };
        if in_block {
            self.block.series.push(entry, Kind::Interval);
        } else {
            let type_text = parts.iter().rev().find(|part| part.field == Field::TypeMrid).map(|part| part.text);
            let type_ref = type_text.map_or(TypeRef::Missing, |text| self.type_ref(&String::from_utf8_lossy(text)));
            self.push_register(line, entry, type_ref);
        }
        self.count_reading(line)?;
        Ok(true)
    }

    pub(super) fn meter_reading_begins(&mut self, line: u64) {
        self.meter_reading = MeterReading { line, ..MeterReading::default() };
    }

    pub(super) fn block_begins(&mut self, line: u64) {
        self.block = Block { kind: Kind::Interval, line, ..Block::default() };
        self.entries.series_begins();
    }

    pub(super) fn block_ends(&mut self) {
        self.meter_reading.blocks.push(std::mem::take(&mut self.block));
    }

    pub(super) fn calculation_begins(&mut self) {
        self.block.calculation = Some(Default::default());
        self.calculation_type = TypeRef::Missing;
    }

    pub(super) fn calculation_ends(&mut self) {
        let result = std::mem::take(&mut self.calculation_type);
        if let Some((_, calculation_type)) = &mut self.block.calculation {
            *calculation_type = result;
        }
    }

    /// A text of the pending calculation.
    pub(super) fn calculation_field(&mut self, field: Field, text: &str, line: u64, sink: &mut dyn Sink) {
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
                sink.finding(Finding::new(line, field.name(), "cim.pending_calculation", message));
                // No value has a result with this divisor.
                calculation.denominator = Decimal::ZERO;
                return;
            }
        };
        match field {
            Field::Offset => calculation.offset = number,
            Field::ScalarDenominator => calculation.denominator = number,
            _ => calculation.numerator = number,
        }
    }

    /// A ReadingType ends inside an element.
    pub(super) fn type_ends(&mut self, parent: Place, sink: &mut dyn Sink) {
        let name = std::mem::take(&mut self.type_draft.name);
        let type_ref = match self.type_ref(&name) {
            known @ TypeRef::Known(_) => known,
            other => self.type_draft.by_parts(sink).unwrap_or(other),
        };
        match (parent, &type_ref) {
            (Place::MeterReadings, TypeRef::Known(reading_type)) if !name.is_empty() => {
                self.definitions.insert(name, *reading_type);
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

    pub(super) fn interval_ends(&mut self, sink: &mut dyn Sink) -> Result<(), Refused> {
        let line = self.draft.line;
        if let Some(entry) = self.entries.entry(line, &self.draft.parts(), sink) {
            self.block.series.push(entry, Kind::Interval);
        } else if let Some(unread) = self.entries.unread.take() {
            self.block.leave_out(unread, sink);
        }
        self.count_reading(line)
    }

    pub(super) fn register_ends(&mut self, sink: &mut dyn Sink) -> Result<(), Refused> {
        let line = self.draft.line;
        self.entries.series_begins();
        if let Some(entry) = self.entries.entry(line, &self.draft.parts(), sink) {
            let type_ref = std::mem::take(&mut self.draft.type_ref);
            self.push_register(line, entry, type_ref);
        } else if let Some(unread) = self.entries.unread.take() {
            let type_ref = std::mem::take(&mut self.draft.type_ref);
            self.register_block(line, type_ref).leave_out(unread, sink);
        }
        self.count_reading(line)
    }

    fn push_register(&mut self, line: u64, entry: Entry, type_ref: TypeRef) {
        self.register_block(line, type_ref).series.push(entry, Kind::Register);
    }

    fn register_block(&mut self, line: u64, type_ref: TypeRef) -> &mut Block {
        let registers = &mut self.meter_reading.registers;
        let at = registers.iter().rposition(|block| block.type_ref == type_ref).unwrap_or_else(|| {
            registers.push(Block { kind: Kind::Register, type_ref, line, ..Block::default() });
            registers.len() - 1
        });
        &mut registers[at]
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

    pub(super) fn meter_reading_ends(&mut self, sink: &mut dyn Sink) {
        let MeterReading { line, owners, blocks, registers, events } = std::mem::take(&mut self.meter_reading);
        for mut event in events {
            event.device = event.device.or_else(|| owners.meter.name());
            event.usage_point = event.usage_point.or_else(|| owners.usage_point.name());
            sink.event(&event);
        }
        self.readings = self.waiting.iter().map(|(_, block)| block.series.len()).sum();
        let mut blocks = blocks.into_iter().chain(registers).filter(|block| !block.is_empty()).peekable();
        if blocks.peek().is_some() && owners.is_empty() {
            let message = "neither Meter nor UsagePoint is named, expected one of them with an mRID or a Names; the \
                           readings were not accepted";
            blocks.for_each(|block| block.tell_unread(None, sink));
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

    /// The payload ends: what waits for a definition is told or refused.
    pub(super) fn end(&mut self, sink: &mut dyn Sink) {
        for (owners, block) in std::mem::take(&mut self.waiting) {
            let name = match block.result_type() {
                TypeRef::Named(name) => name.clone(),
                _ => SmolStr::default(),
            };
            if let Some(reading_type) = self.definitions.get(&name).copied() {
                self.tell(&owners, &block, reading_type, sink);
                continue;
            }
            block.tell_unread(None, sink);
            if block.series.len() == 0 {
                continue;
            }
            let message = format!(
                "the reading type `{name}` is neither 18 numbers nor defined in the payload; {} readings were not accepted",
                block.series.len()
            );
            sink.finding(Finding::new(block.line, "ReadingType", "2.6", message));
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
        block.tell_unread(Some(&channel), sink);
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
}
