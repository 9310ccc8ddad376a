//! Messages out: IEC 61968-9 edition 2 in the envelope of IEC 61968-100, elements in their order.
//!
//! Streaming: everything is appended to the buffer of the caller, who may take it away between calls.
//! Pieces of one channel that follow each other share a MeterReading. What CIM has no element for
//! rides along as `docs/formats/cim.md` says, so that Amity reads back what it wrote.

use jiff::Timestamp;
use model::event::EndDeviceEvent;
use model::id::Name;
use model::quantity::Decimal;
use model::reading::{ChannelKey, ChannelReadings, IntervalRun, MessageHeader, QualitySpan, RegisterRead, Values};
use model::reading_type::unit_symbol;
use smol_str::SmolStr;

use super::owner::{AMITY, CHANNEL_SUFFIX, MRID, UNIT_TEXT};
use super::profile::{END_DEVICE_EVENTS, MESSAGE, METER_READINGS};
use super::quality::{Written, written};
use crate::xml::write::{close_tag, display, element, open_tag, optional, push, text_element};

/// Writes a whole MeterReadings message.
pub fn write_meter_readings<'a>(
    header: &MessageHeader,
    readings: impl IntoIterator<Item = &'a ChannelReadings>,
    out: &mut Vec<u8>,
) {
    let mut writer = MeterReadingsWriter::new(header, out);
    for piece in readings {
        writer.write(piece, out);
    }
    writer.finish(out);
}

/// Writes a whole EndDeviceEvents message.
pub fn write_end_device_events<'a>(
    header: &MessageHeader,
    events: impl IntoIterator<Item = &'a EndDeviceEvent>,
    out: &mut Vec<u8>,
) {
    let root = begin_message(header, "EndDeviceEvents", END_DEVICE_EVENTS, out);
    for event in events {
        write_event(event, out);
    }
    end_message(root, "EndDeviceEvents", out);
}

/// Writes a MeterReadings message piece by piece.
#[derive(Debug)]
pub struct MeterReadingsWriter {
    root: &'static str,
    open: Option<Open>,
}

/// A MeterReading that may go on.
#[derive(Debug)]
struct Open {
    channel: ChannelKey,
    unit: SmolStr,
    part: Part,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    IntervalBlocks,
    Readings,
}

impl MeterReadingsWriter {
    /// Begins a message: `created` and the like make an EventMessage, `reply` a ResponseMessage, any
    /// other verb a RequestMessage.
    pub fn new(header: &MessageHeader, out: &mut Vec<u8>) -> Self {
        Self { root: begin_message(header, "MeterReadings", METER_READINGS, out), open: None }
    }

    /// Adds a piece. Pieces of one channel are best written together, intervals before register reads.
    pub fn write(&mut self, piece: &ChannelReadings, out: &mut Vec<u8>) {
        let part = match piece.values {
            Values::Intervals(_) => Part::IntervalBlocks,
            Values::Registers(_) => Part::Readings,
        };
        self.go_to(piece, part, out);
        match &piece.values {
            Values::Intervals(run) => write_run(run, piece, out),
            Values::Registers(reads) => {
                for read in reads {
                    write_register(read, piece, out);
                }
            }
        }
    }

    /// Ends the message.
    pub fn finish(mut self, out: &mut Vec<u8>) {
        self.close(out);
        end_message(self.root, "MeterReadings", out);
    }

    fn go_to(&mut self, piece: &ChannelReadings, part: Part, out: &mut Vec<u8>) {
        if let Some(open) = &mut self.open {
            let same = open.channel == piece.channel && open.unit == piece.unit;
            match (same, open.part, part) {
                (true, Part::IntervalBlocks, Part::Readings) => {
                    end_blocks(open, out);
                    open.part = Part::Readings;
                    return;
                }
                (true, before, now) if before == now => return,
                _ => self.close(out),
            }
        }
        push(out, "<MeterReading>");
        let open = Open { channel: piece.channel.clone(), unit: piece.unit.clone(), part };
        match part {
            Part::IntervalBlocks => push(out, "<IntervalBlocks>"),
            Part::Readings => write_meter(&open, out),
        }
        self.open = Some(open);
    }

    fn close(&mut self, out: &mut Vec<u8>) {
        let Some(open) = self.open.take() else { return };
        if open.part == Part::IntervalBlocks {
            end_blocks(&open, out);
        }
        if let Some(usage_point) = &open.channel.usage_point {
            push(out, "<UsagePoint>");
            write_name(usage_point, out);
            write_carried(&open, out);
            push(out, "</UsagePoint>");
        }
        push(out, "</MeterReading>");
    }
}

fn end_blocks(open: &Open, out: &mut Vec<u8>) {
    write_reading_type(&open.channel, out);
    push(out, "</IntervalBlocks>");
    write_meter(open, out);
}

fn write_meter(open: &Open, out: &mut Vec<u8>) {
    let Some(meter) = &open.channel.meter else { return };
    push(out, "<Meter>");
    write_name(meter, out);
    if open.channel.usage_point.is_none() {
        write_carried(open, out);
    }
    push(out, "</Meter>");
}

/// What the channel key and the unit hold beyond names and reading type.
fn write_carried(open: &Open, out: &mut Vec<u8>) {
    let carried =
        |kind, value: &SmolStr| Name { authority: AMITY.into(), kind: SmolStr::new_static(kind), value: value.clone() };
    let reading_type = open.channel.reading_type;
    if !open.channel.suffix.is_empty() {
        write_name(&carried(CHANNEL_SUFFIX, &open.channel.suffix), out);
    }
    if open.unit != unit_symbol(reading_type.multiplier, reading_type.unit) {
        write_name(&carried(UNIT_TEXT, &open.unit), out);
    }
}

fn write_run(run: &IntervalRun, piece: &ChannelReadings, out: &mut Vec<u8>) {
    let stated = piece.channel.reading_type.interval_seconds() == Some(run.length_seconds);
    let mut spans = run.qualities.iter().peekable();
    let mut quality: Option<(&QualitySpan, Option<Written>)> = None;
    let mut start = run.start.as_second();
    for (at, digits) in run.values.iter().enumerate() {
        let end = start + i64::from(run.length_seconds);
        let at = u32::try_from(at).unwrap_or(u32::MAX);
        if let Some(span) = spans.next_if(|span| span.from <= at) {
            quality = Some((span, written(&span.quality)));
        }
        push(out, "<IntervalReadings>");
        write_stamps(piece.revision, end, out);
        if *digits != IntervalRun::MISSING {
            element("value", Decimal::new(*digits, run.exponent), out);
        }
        match &quality {
            Some((span, Some(written))) if at < span.to => write_quality(written, out),
            _ => {}
        }
        if !stated {
            write_period(start, end, out);
        }
        push(out, "</IntervalReadings>");
        start = end;
    }
}

fn write_register(read: &RegisterRead, piece: &ChannelReadings, out: &mut Vec<u8>) {
    push(out, "<Readings>");
    write_stamps(piece.revision, read.at.as_second(), out);
    if let Some(value) = read.value {
        element("value", value, out);
    }
    if let Some(written) = written(&read.quality) {
        write_quality(&written, out);
    }
    write_reading_type(&piece.channel, out);
    if let Some(start) = read.period_start {
        write_period(start.as_second(), read.at.as_second(), out);
    }
    push(out, "</Readings>");
}

fn write_stamps(revision: Option<Timestamp>, stamp: i64, out: &mut Vec<u8>) {
    if let Some(revision) = revision {
        element("reportedDateTime", revision, out);
    }
    write_second("timeStamp", stamp, out);
}

fn write_period(start: i64, end: i64, out: &mut Vec<u8>) {
    push(out, "<timePeriod>");
    write_second("end", end, out);
    write_second("start", start, out);
    push(out, "</timePeriod>");
}

fn write_second(name: &str, second: i64, out: &mut Vec<u8>) {
    if let Ok(stamp) = Timestamp::from_second(second) {
        element(name, stamp, out);
    }
}

fn write_quality(written: &Written, out: &mut Vec<u8>) {
    for (at, code) in written.codes.iter().enumerate() {
        push(out, "<ReadingQualities>");
        if at == 0 && !written.comment.is_empty() {
            text_element("comment", &written.comment, out);
        }
        if at == 0 && !written.source.is_empty() {
            text_element("source", written.source, out);
        }
        push(out, "<ReadingQualityType ref=\"");
        display(code, out);
        push(out, "\"/></ReadingQualities>");
    }
}

fn write_reading_type(channel: &ChannelKey, out: &mut Vec<u8>) {
    push(out, "<ReadingType ref=\"");
    display(channel.reading_type, out);
    push(out, "\"/>");
}

fn write_name(name: &Name, out: &mut Vec<u8>) {
    if name.kind == MRID && name.authority.is_empty() {
        text_element("mRID", &name.value, out);
        return;
    }
    push(out, "<Names>");
    text_element("name", &name.value, out);
    if !name.kind.is_empty() || !name.authority.is_empty() {
        push(out, "<NameType>");
        text_element("name", &name.kind, out);
        if !name.authority.is_empty() {
            push(out, "<NameTypeAuthority>");
            text_element("name", &name.authority, out);
            push(out, "</NameTypeAuthority>");
        }
        push(out, "</NameType>");
    }
    push(out, "</Names>");
}

fn write_event(event: &EndDeviceEvent, out: &mut Vec<u8>) {
    push(out, "<EndDeviceEvent>");
    optional("mRID", &event.mrid, out);
    if let Some(created) = event.created {
        element("createdDateTime", created, out);
    }
    optional("issuerID", &event.issuer, out);
    optional("issuerTrackingID", &event.issuer_tracking, out);
    optional("reason", &event.reason, out);
    optional("severity", &event.severity, out);
    owner("Assets", event.device.as_ref(), out);
    for (name, value) in &event.details {
        push(out, "<EndDeviceEventDetails>");
        text_element("name", name, out);
        text_element("value", value, out);
        push(out, "</EndDeviceEventDetails>");
    }
    push(out, "<EndDeviceEventType ref=\"");
    display(event.event_type, out);
    push(out, "\"/>");
    if !event.status.is_empty() {
        push(out, "<status>");
        text_element("value", &event.status, out);
        push(out, "</status>");
    }
    owner("UsagePoint", event.usage_point.as_ref(), out);
    push(out, "</EndDeviceEvent>");
}

fn owner(element_name: &str, name: Option<&Name>, out: &mut Vec<u8>) {
    let Some(name) = name else { return };
    open_tag(element_name, out);
    write_name(name, out);
    close_tag(element_name, out);
}

fn begin_message(header: &MessageHeader, noun: &str, namespace: &str, out: &mut Vec<u8>) -> &'static str {
    let root = begin_envelope(header, noun, &header.id, out);
    if root == RESPONSE {
        push(out, "<Reply><Result>OK</Result><Error><code>0.0</code></Error></Reply>");
    }
    push(out, "<Payload><");
    push(out, noun);
    push(out, " xmlns=\"");
    push(out, namespace);
    push(out, "\">");
    root
}

/// The root of a message that answers.
pub(crate) const RESPONSE: &str = "ResponseMessage";

/// Begins a message with its header; answers the name of the element to close.
pub(crate) fn begin_envelope(header: &MessageHeader, noun: &str, correlation: &str, out: &mut Vec<u8>) -> &'static str {
    push(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    begin_root(header, noun, correlation, out)
}

/// The same inside a document that has begun.
pub(crate) fn begin_root(header: &MessageHeader, noun: &str, correlation: &str, out: &mut Vec<u8>) -> &'static str {
    let root = match header.verb.as_str() {
        "created" | "changed" | "canceled" | "closed" | "deleted" | "executed" => "EventMessage",
        "reply" => RESPONSE,
        _ => "RequestMessage",
    };
    push(out, "<");
    push(out, root);
    push(out, " xmlns=\"");
    push(out, MESSAGE);
    push(out, "\"><Header>");
    text_element("Verb", &header.verb, out);
    text_element("Noun", noun, out);
    text_element("Revision", "2.0", out);
    if let Some(timestamp) = header.timestamp {
        element("Timestamp", timestamp, out);
    }
    optional("Source", &header.source, out);
    text_element("MessageID", &header.id, out);
    text_element("CorrelationID", correlation, out);
    push(out, "</Header>");
    root
}

fn end_message(root: &str, noun: &str, out: &mut Vec<u8>) {
    close_tag(noun, out);
    push(out, "</Payload>");
    close_tag(root, out);
    push(out, "\n");
}
