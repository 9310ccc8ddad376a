//! From XML events to the entries of a feed.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use model::finding::{Finding, Severity};
use model::quality::espi;
use model::reading::MessageHeader;
use smol_str::SmolStr;

use super::entries::{Entries, Entry, EspiReadingType, IntervalBlock, IntervalReading, Unread, normalized_href};
use super::{BUFFERED_BYTES_MAX, channels};
use crate::pieces::Qualities;
use crate::xml::{Event, Leaf, Start};
use crate::{Refused, Sink};

const ESPI: &str = "http://naesb.org/espi";
const ATOM: &str = "http://www.w3.org/2005/Atom";

/// Where in the feed the parser is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Document,
    Feed,
    Entry,
    Content,
    ReadingType,
    Rational(&'static str),
    IntervalBlock,
    BlockInterval,
    IntervalReading,
    ReadingQuality,
    TimePeriod,
    Leaf(Field),
    /// Not read, with everything inside.
    Skipped,
}

/// What the text of an element is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    FeedId,
    FeedTitle,
    FeedUpdated,
    EntryId,
    EntryUpdated,
    /// A field of the reading type, by its name.
    Type(&'static str),
    BlockStart,
    Start,
    Duration,
    Value,
    Quality,
}

const TYPE_FIELDS: [&str; 16] = [
    "accumulationBehaviour",
    "commodity",
    "consumptionTier",
    "currency",
    "dataQualifier",
    "defaultQuality",
    "flowDirection",
    "intervalLength",
    "kind",
    "phase",
    "powerOfTenMultiplier",
    "timeAttribute",
    "tou",
    "uom",
    "cpp",
    "measuringPeriod",
];

fn child(place: Place, local: &str) -> Place {
    match (place, local) {
        (Place::Document, "feed") => Place::Feed,
        (Place::Document | Place::Feed, "entry") => Place::Entry,
        (Place::Feed, "id") => Place::Leaf(Field::FeedId),
        (Place::Feed, "title") => Place::Leaf(Field::FeedTitle),
        (Place::Feed, "updated") => Place::Leaf(Field::FeedUpdated),
        (Place::Entry, "content") => Place::Content,
        (Place::Entry, "id") => Place::Leaf(Field::EntryId),
        (Place::Entry, "updated") => Place::Leaf(Field::EntryUpdated),
        (Place::Content, "ReadingType") => Place::ReadingType,
        (Place::Content, "IntervalBlock") => Place::IntervalBlock,
        (Place::ReadingType, "interharmonic") => Place::Rational("interharmonic"),
        (Place::ReadingType, "argument") => Place::Rational("argument"),
        (Place::ReadingType, _) => {
            let field = TYPE_FIELDS.iter().find(|field| **field == local);
            field.map_or(Place::Skipped, |field| Place::Leaf(Field::Type(field)))
        }
        (Place::Rational("interharmonic"), "numerator") => Place::Leaf(Field::Type("interharmonic numerator")),
        (Place::Rational("interharmonic"), "denominator") => Place::Leaf(Field::Type("interharmonic denominator")),
        (Place::Rational("argument"), "numerator") => Place::Leaf(Field::Type("argument numerator")),
        (Place::Rational("argument"), "denominator") => Place::Leaf(Field::Type("argument denominator")),
        (Place::IntervalBlock, "interval") => Place::BlockInterval,
        (Place::IntervalBlock, "IntervalReading") => Place::IntervalReading,
        (Place::BlockInterval, "start") => Place::Leaf(Field::BlockStart),
        (Place::IntervalReading, "timePeriod") => Place::TimePeriod,
        (Place::IntervalReading, "value") => Place::Leaf(Field::Value),
        (Place::IntervalReading, "ReadingQuality") => Place::ReadingQuality,
        (Place::ReadingQuality, "quality") => Place::Leaf(Field::Quality),
        (Place::TimePeriod, "start") => Place::Leaf(Field::Start),
        (Place::TimePeriod, "duration") => Place::Leaf(Field::Duration),
        _ => Place::Skipped,
    }
}

/// The reading that is being parsed.
#[derive(Debug, Default)]
struct Pending {
    start: Option<i64>,
    duration: Option<u32>,
    value: Option<i64>,
    qualities: Vec<u16>,
    line: u64,
    refused: Option<Unread>,
}

/// The feed as far as it was read.
#[derive(Debug)]
pub(super) struct Feed {
    zone: Option<TimeZone>,
    header: MessageHeader,
    entries: Entries,
    qualities: Qualities,
    places: Vec<Place>,
    leaf: Leaf,
    leaf_line: u64,
    entry: Entry,
    reading_type: EspiReadingType,
    block: IntervalBlock,
    pending: Pending,
    root: Option<(SmolStr, u64)>,
    unknown_namespace: bool,
    zoneless_updated: bool,
    buffered: usize,
}

impl Feed {
    pub(super) fn new(zone: Option<TimeZone>) -> Self {
        Self {
            zone,
            header: MessageHeader { noun: SmolStr::new_static("GreenButton"), ..MessageHeader::default() },
            entries: Entries::default(),
            qualities: Qualities::default(),
            places: Vec::new(),
            leaf: Leaf::default(),
            leaf_line: 0,
            entry: Entry::default(),
            reading_type: EspiReadingType::default(),
            block: IntervalBlock::default(),
            pending: Pending::default(),
            root: None,
            unknown_namespace: false,
            zoneless_updated: false,
            buffered: 0,
        }
    }

    /// Takes the next event of the document.
    pub(super) fn event(&mut self, event: &Event<'_>, sink: &mut dyn Sink) -> Result<(), Refused> {
        match event {
            Event::Start(start) => self.enter(start, sink),
            Event::Text(text) => {
                if let Some(Place::Leaf(_)) = self.places.last() {
                    self.leaf.push(text);
                }
                Ok(())
            }
            Event::End => self.leave(sink),
        }
    }

    /// Tells everything to the sink; the document was whole.
    pub(super) fn finish(&mut self, sink: &mut dyn Sink) -> Result<(), Refused> {
        if let Some((root, line)) = &self.root {
            let message =
                format!("found the root element `{root}`, expected an Atom `feed`; this is not a Green Button file");
            let finding = Finding::new(*line, root.clone(), "green_button.root", message);
            return Err(Refused(finding.with_severity(Severity::Refused)));
        }
        sink.message(&self.header);
        channels::tell(&self.entries, &self.qualities, sink);
        Ok(())
    }

    fn enter(&mut self, start: &Start<'_>, sink: &mut dyn Sink) -> Result<(), Refused> {
        let parent = self.places.last().copied().unwrap_or(Place::Document);
        let place = child(parent, start.local());
        self.places.push(place);
        match place {
            Place::Skipped if parent == Place::Document => self.root = Some((start.local().into(), start.line)),
            Place::Skipped if parent == Place::Entry && start.local() == "link" => self.link(start)?,
            Place::Skipped if parent == Place::Content => self.hub(start),
            Place::Feed => self.expect_namespace(start, ATOM, sink),
            Place::Entry => self.entry = Entry { line: start.line, ..Entry::default() },
            Place::ReadingType => {
                self.expect_namespace(start, ESPI, sink);
                self.reading_type = EspiReadingType::default();
            }
            Place::IntervalBlock => {
                self.expect_namespace(start, ESPI, sink);
                self.block = IntervalBlock { line: start.line, ..IntervalBlock::default() };
            }
            Place::IntervalReading => self.pending = Pending { line: start.line, ..Pending::default() },
            Place::Leaf(_) => {
                self.leaf.clear();
                self.leaf_line = start.line;
            }
            _ => {}
        }
        Ok(())
    }

    /// A resource that is known by its links alone.
    fn hub(&mut self, start: &Start<'_>) {
        let number = self.entries.entries.len();
        match start.local() {
            "UsagePoint" => self.entries.usage_points.push(number),
            "MeterReading" => self.entries.meter_readings.push(number),
            _ => {}
        }
    }

    fn link(&mut self, start: &Start<'_>) -> Result<(), Refused> {
        let href = normalized_href(&start.attribute("href").unwrap_or_default());
        self.buffer(size_of::<SmolStr>() + href.len(), start.line)?;
        match start.attribute("rel").as_deref().map(str::trim) {
            Some("self") => self.entry.itself = href,
            Some("up") => self.entry.up = href,
            Some("related") => self.entry.related.push(href),
            _ => {}
        }
        Ok(())
    }

    fn leave(&mut self, sink: &mut dyn Sink) -> Result<(), Refused> {
        match self.places.pop() {
            Some(Place::Leaf(field)) => self.leaf(field, sink),
            Some(Place::IntervalReading) => return self.reading_ends(),
            Some(Place::IntervalBlock) => {
                self.block.entry = self.entries.entries.len();
                self.entries.blocks.push(std::mem::take(&mut self.block));
            }
            Some(Place::ReadingType) => {
                let number = self.entries.entries.len();
                self.entries.reading_types.push((number, std::mem::take(&mut self.reading_type)));
            }
            Some(Place::Entry) => {
                self.buffer(size_of::<Entry>(), self.entry.line)?;
                self.entries.entries.push(std::mem::take(&mut self.entry));
            }
            _ => {}
        }
        Ok(())
    }

    fn reading_ends(&mut self) -> Result<(), Refused> {
        let pending = std::mem::take(&mut self.pending);
        if let Some(unread) = pending.refused {
            self.buffer(size_of::<(IntervalReading, Unread)>() + unread.finding.message.len(), pending.line)?;
            self.block.readings.push(IntervalReading::unread(pending.start, pending.duration, pending.line));
            self.block.unread.push(unread);
            return Ok(());
        }
        self.buffer(size_of::<IntervalReading>(), pending.line)?;
        let quality = match pending.qualities.as_slice() {
            [] => Qualities::NONE,
            codes => self.qualities.number(espi::quality(codes)),
        };
        let Pending { start, duration, value, line, .. } = pending;
        self.block.readings.push(IntervalReading::new(start, duration, value, quality, line));
        Ok(())
    }

    fn leaf(&mut self, field: Field, sink: &mut dyn Sink) {
        let leaf = std::mem::take(&mut self.leaf);
        match leaf.trimmed() {
            Some(text) => self.field(field, text, sink),
            None => self.wrong(field, "a text of more than 65536 bytes", "a short one", Severity::Error, sink),
        }
        self.leaf = leaf;
    }

    fn field(&mut self, field: Field, text: &str, sink: &mut dyn Sink) {
        match field {
            Field::FeedId => self.header.id = text.into(),
            Field::FeedTitle => self.header.source = text.into(),
            Field::FeedUpdated => self.header.timestamp = text.parse::<Timestamp>().ok(),
            Field::EntryId => self.entry.id = text.into(),
            Field::EntryUpdated => self.entry.updated = self.updated(text, sink),
            Field::Type(name) => self.type_field(name, text, sink),
            Field::BlockStart => {
                self.block.start = text.parse().ok();
                if self.block.start.is_none() && !text.is_empty() {
                    self.wrong(field, text, "whole seconds of the epoch", Severity::Warning, sink);
                }
            }
            Field::Start => {
                self.pending.start = text.parse().ok();
                if self.pending.start.is_none() {
                    self.refuse_reading(field, text, "whole seconds since 1970-01-01T00:00:00Z", sink);
                }
            }
            Field::Duration => {
                self.pending.duration = text.parse().ok().filter(|seconds| *seconds < u32::MAX);
                if self.pending.duration.is_none() {
                    self.refuse_reading(field, text, "whole seconds", sink);
                }
            }
            Field::Value if text.is_empty() => {}
            Field::Value => {
                self.pending.value = text.parse().ok().filter(|value| *value != i64::MIN);
                if self.pending.value.is_none() {
                    self.refuse_reading(field, text, "a whole number", sink);
                }
            }
            Field::Quality => match text.parse() {
                Ok(code) => self.pending.qualities.push(code),
                Err(_) => self.wrong(field, text, "a quality code such as 17", Severity::Warning, sink),
            },
        }
    }

    fn type_field(&mut self, name: &'static str, text: &str, sink: &mut dyn Sink) {
        if text.is_empty() {
            return;
        }
        let of = &mut self.reading_type.reading_type;
        let number = match name {
            "accumulationBehaviour" => &mut of.accumulation,
            "commodity" => &mut of.commodity,
            "consumptionTier" => &mut of.consumption_tier,
            "currency" => &mut of.currency,
            "dataQualifier" => &mut of.aggregate,
            "flowDirection" => &mut of.flow_direction,
            "kind" => &mut of.measurement_kind,
            "phase" => &mut of.phases,
            "timeAttribute" => &mut of.macro_period,
            "tou" => &mut of.tou,
            "uom" => &mut of.unit,
            "cpp" => &mut of.cpp,
            "measuringPeriod" => &mut of.measuring_period,
            "interharmonic numerator" => &mut of.interharmonic_numerator,
            "interharmonic denominator" => &mut of.interharmonic_denominator,
            "argument numerator" => &mut of.argument_numerator,
            "argument denominator" => &mut of.argument_denominator,
            _ => return self.special_type_field(name, text, sink),
        };
        match text.parse() {
            Ok(parsed) => *number = parsed,
            Err(_) => self.wrong(Field::Type(name), text, "a code number", Severity::Error, sink),
        }
    }

    fn special_type_field(&mut self, name: &'static str, text: &str, sink: &mut dyn Sink) {
        let right = match name {
            "powerOfTenMultiplier" => {
                text.parse().map(|power| self.reading_type.reading_type.multiplier = power).is_ok()
            }
            "intervalLength" => text.parse().map(|length| self.reading_type.interval_length = Some(length)).is_ok(),
            _ => text
                .parse()
                .map(|code| self.reading_type.default_quality = self.qualities.number(espi::quality(&[code])))
                .is_ok(),
        };
        if !right {
            self.wrong(Field::Type(name), text, "a whole number", Severity::Error, sink);
        }
    }

    /// Atom `updated`; without an offset it is read in the zone of the options, or not at all.
    fn updated(&mut self, text: &str, sink: &mut dyn Sink) -> Option<i64> {
        if let Ok(stamp) = text.parse::<Timestamp>() {
            return Some(stamp.as_second());
        }
        let civil = text.parse::<jiff::civil::DateTime>().ok();
        if let (Some(civil), Some(zone)) = (civil, &self.zone) {
            return civil.to_zoned(zone.clone()).ok().map(|zoned| zoned.timestamp().as_second());
        }
        if !self.zoneless_updated && !text.is_empty() {
            self.zoneless_updated = true;
            let expected = "an RFC 3339 time with `Z` or an offset; versions of this feed cannot be told apart";
            self.wrong(Field::EntryUpdated, text, expected, Severity::Note, sink);
        }
        None
    }

    fn refuse_reading(&mut self, field: Field, text: &str, expected: &str, sink: &mut dyn Sink) {
        let expected = format!("{expected}; the reading was not accepted");
        let finding = self.fault(field, text, &expected);
        let has_time = matches!(field, Field::Value);
        match &mut self.pending.refused {
            None => self.pending.refused = Some(Unread { finding, has_time }),
            Some(earlier) => {
                earlier.has_time &= has_time;
                sink.finding(finding);
            }
        }
    }

    fn wrong(&self, field: Field, found: &str, expected: &str, severity: Severity, sink: &mut dyn Sink) {
        sink.finding(self.fault(field, found, expected).with_severity(severity));
    }

    fn fault(&self, field: Field, found: &str, expected: &str) -> Finding {
        let (name, code) = match field {
            Field::FeedId | Field::EntryId => ("id", "green_button.text"),
            Field::FeedTitle => ("title", "green_button.text"),
            Field::FeedUpdated | Field::EntryUpdated => ("updated", "green_button.updated"),
            Field::Type(name) => (name, "green_button.reading_type"),
            Field::BlockStart | Field::Start => ("start", "green_button.epoch"),
            Field::Duration => ("duration", "green_button.duration"),
            Field::Value => ("value", "green_button.value"),
            Field::Quality => ("quality", "green_button.quality"),
        };
        let found: String = found.chars().take(64).collect();
        let message = format!("found `{found}`, expected {expected}");
        Finding::new(self.leaf_line, name, code, message)
    }

    fn expect_namespace(&mut self, start: &Start<'_>, expected: &str, sink: &mut dyn Sink) {
        if start.namespace == Some(expected) || self.unknown_namespace {
            return;
        }
        self.unknown_namespace = true;
        let found = start.namespace.unwrap_or_default();
        let message = format!("found the namespace `{found}`, expected `{expected}`; read by element names alone");
        sink.finding(
            Finding::new(start.line, start.local(), "green_button.namespace", message).with_severity(Severity::Note),
        );
    }

    fn buffer(&mut self, bytes: usize, line: u64) -> Result<(), Refused> {
        self.buffered += bytes;
        if self.buffered <= BUFFERED_BYTES_MAX {
            return Ok(());
        }
        let message =
            format!("the feed needs more than {BUFFERED_BYTES_MAX} bytes until its end; split it by usage point");
        let finding = Finding::new(line, "feed", "green_button.limit", message);
        Err(Refused(finding.with_severity(Severity::Refused)))
    }
}
