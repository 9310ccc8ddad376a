//! From entries to pieces of channels.

use jiff::Timestamp;
use model::finding::{Finding, Severity};
use model::id::Name;
use model::quantity::Decimal;
use model::reading::{ChannelKey, ChannelReadings};
use model::reading_type::{ReadingType, unit_symbol};
use smol_str::SmolStr;

use super::entries::{Entries, EspiReadingType, IntervalBlock, IntervalReading, Unread};
use super::links::{Links, labels};
use crate::Sink;
use crate::pieces::{Pieces, Placed, Qualities, Span};

/// Tells the readings of a whole feed, one meter reading after the other.
pub(super) fn tell(entries: &Entries, qualities: &Qualities, sink: &mut dyn Sink) {
    if entries.blocks.is_empty() {
        let message = "the feed holds no interval blocks, so there are no readings in it";
        sink.finding(Finding::new(1, "feed", "green_button.no_readings", message).with_severity(Severity::Note));
        return;
    }
    let links = Links::of(entries);
    let mut blocks_of: Vec<Vec<usize>> = vec![Vec::new(); entries.meter_readings.len()];
    for (number, block) in entries.blocks.iter().enumerate() {
        match links.meter_reading_of(number) {
            Some(meter_reading) => blocks_of[meter_reading].push(number),
            None => {
                tell_unread(block, sink);
                sink.finding(Finding::new(
                    block.line,
                    "IntervalBlock",
                    "green_button.link",
                    "no MeterReading of the feed links to this block, expected one whose related href is the block's up; \
                     its readings were not accepted",
                ));
            }
        }
    }
    let usage_points = labels(&hrefs(entries, &entries.usage_points));
    let meter_readings = labels(&hrefs(entries, &entries.meter_readings));
    for (number, blocks) in blocks_of.iter().enumerate().filter(|(_, blocks)| !blocks.is_empty()) {
        let line = entries.entries[entries.meter_readings[number]].line;
        let Some(usage_point) = links.usage_point_of(number) else {
            blocks.iter().for_each(|block| tell_unread(&entries.blocks[*block], sink));
            sink.finding(Finding::new(
                line,
                "MeterReading",
                "green_button.link",
                "no UsagePoint of the feed links to this MeterReading; its readings were not accepted",
            ));
            continue;
        };
        let espi_type = espi_type(entries, links.reading_type_of(number), line, sink);
        let channel = ChannelKey {
            usage_point: Some(Name::new("UsagePoint", usage_points[usage_point].clone())),
            meter: None,
            suffix: meter_readings[number].clone(),
            reading_type: with_measuring_period(&espi_type),
        };
        tell_channel(entries, blocks, &espi_type, channel, qualities, sink);
    }
}

fn hrefs<'a>(entries: &'a Entries, numbers: &[usize]) -> Vec<&'a str> {
    let href = |number: &usize| {
        let entry = &entries.entries[*number];
        if entry.itself.is_empty() { entry.id.as_str() } else { entry.itself.as_str() }
    };
    numbers.iter().map(href).collect()
}

fn espi_type(entries: &Entries, number: Option<usize>, line: u64, sink: &mut dyn Sink) -> EspiReadingType {
    if let Some(number) = number {
        return entries.reading_types[number].1.clone();
    }
    let message = "no ReadingType of the feed is linked to this MeterReading; unit and quantity are unknown";
    sink.finding(Finding::new(line, "MeterReading", "green_button.link", message).with_severity(Severity::Warning));
    EspiReadingType::default()
}

/// `intervalLength` says what `measuringPeriod` leaves open (ESPI has both).
fn with_measuring_period(espi_type: &EspiReadingType) -> ReadingType {
    let mut reading_type = espi_type.reading_type;
    if reading_type.measuring_period == 0 {
        reading_type.measuring_period = espi_type.interval_length.map_or(0, ReadingType::measuring_period_of);
    }
    reading_type
}

fn tell_channel(
    entries: &Entries,
    blocks: &[usize],
    espi_type: &EspiReadingType,
    channel: ChannelKey,
    qualities: &Qualities,
    sink: &mut dyn Sink,
) {
    let reading_type = espi_type.reading_type;
    let unit: SmolStr = unit_symbol(reading_type.multiplier, reading_type.unit);
    let mut pieces = Pieces::new(qualities);
    for block in blocks.iter().map(|number| &entries.blocks[*number]) {
        let revision = entries.entries[block.entry].updated;
        let mut next = block.start;
        let mut unread = block.unread.iter();
        for reading in &block.readings {
            if reading.is_unread() {
                let Some(Unread { finding, has_time }) = unread.next().cloned() else { continue };
                let span = has_time.then(|| span_of(*reading, espi_type, &mut next)).flatten();
                // Where its time is not known, neither is that of those that go by their place after it.
                next = next.filter(|_| has_time);
                sink.finding(match span {
                    Some(span) => finding.leaving_out(&channel, span.range()),
                    None => finding,
                });
                continue;
            }
            let Some(span) = span_of(*reading, espi_type, &mut next) else {
                sink.finding(unplaced(*reading));
                continue;
            };
            let quality = if reading.quality == Qualities::NONE { espi_type.default_quality } else { reading.quality };
            let value = reading.value().map(|digits| Decimal::new(digits, 0));
            let placed = Placed { span, value, quality, revision, line: reading.line() };
            if pieces.push(placed).is_err() {
                sink.finding(unplaced(*reading));
            }
        }
        if block.readings.iter().all(|reading| reading.is_unread()) {
            sink.finding(empty_block(block));
        }
    }
    for piece in pieces.finish() {
        let channel = channel.clone();
        sink.readings(&ChannelReadings {
            channel,
            unit: unit.clone(),
            values: piece.values,
            revision: piece.revision,
            line: piece.line,
        });
    }
}

/// The time of a reading: its own, or the one after the reading before it in the block.
fn span_of(reading: IntervalReading, espi_type: &EspiReadingType, next: &mut Option<i64>) -> Option<Span> {
    let start = reading.start().or(*next)?;
    let seconds = reading.duration().or(espi_type.interval_length)?;
    let end = start.checked_add(i64::from(seconds))?;
    *next = Some(end);
    if seconds == 0 {
        return Some(Span::Read { at: start, period_start: None });
    }
    Timestamp::from_second(end).ok().and_then(|_| Span::period(start, end))
}

fn unplaced(reading: IntervalReading) -> Finding {
    let message = "the reading has no usable time, expected a timePeriod with start and duration, or an interval of \
                   the block and an intervalLength of the reading type; it was not accepted";
    Finding::new(reading.line(), "timePeriod", "green_button.time", message)
}

/// What is wrong with readings of a block whose channel is not known.
fn tell_unread(block: &IntervalBlock, sink: &mut dyn Sink) {
    block.unread.iter().for_each(|unread| sink.finding(unread.finding.clone()));
}

fn empty_block(block: &IntervalBlock) -> Finding {
    let message = "the block holds no reading that could be accepted";
    Finding::new(block.line, "IntervalBlock", "green_button.empty_block", message).with_severity(Severity::Note)
}
