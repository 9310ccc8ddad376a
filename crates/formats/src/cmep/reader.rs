//! Records MEPMD01 and MEPMD02.

use jiff::Timestamp;
use model::finding::{Finding, Severity};
use model::id::Name;
use model::quality::{self, Quality, Status};
use model::quantity::Decimal;
use model::reading::{ChannelKey, ChannelReadings, MessageHeader};
use model::reading_type::ReadingType;
use smol_str::{SmolStr, format_smolstr};

use super::number::{Length, date_time, number, product};
use super::unit::{self, Unit, Values, commodity};
use crate::pieces::{Pieces, Placed, Qualities, Span};
use crate::text::lines::is_blank;
use crate::text::{Fields, Line, Lines, text};
use crate::{Options, Reader, Refused, Sink};

/// The longest line the format has (CMEP 1.20); longer ones of dialects are read with a finding.
const LINE_BYTES_STANDARD: usize = 2048;
const LINE_BYTES_MAX: usize = 64 * 1024;
/// Triplets of a MEPMD01 record.
const TRIPLETS_STANDARD: usize = 48;
/// Records that carry no readings.
const OTHER_RECORDS: [&str; 8] =
    ["MEPAD01", "MEPAD02", "MEPBD01", "MEPBD02", "MEPBD03", "MEPLF01", "MEPEC01", "MEPRR01"];

/// Reads CMEP: every line is a record of its own, every stamp UTC and the end of its interval.
///
/// The channel is the meter of the record with its unit word as suffix; MEPMD02 adds the
/// time-of-use label and the season. Values come multiplied by the calculation constant, reactive
/// ones with the sign of a forward quantity.
pub struct CmepReader {
    lines: Lines,
    records: Records,
}

impl CmepReader {
    /// A reader at the start of a file.
    pub fn new(_options: &Options) -> Self {
        Self { lines: Lines::new("cmep", LINE_BYTES_MAX), records: Records::default() }
    }
}

impl Reader for CmepReader {
    fn push(&mut self, bytes: &[u8], sink: &mut dyn Sink) -> Result<(), Refused> {
        let Self { lines, records } = self;
        lines.push(bytes, |line| records.read(&line, sink))
    }

    fn finish(&mut self, sink: &mut dyn Sink) -> Result<(), Refused> {
        let Self { lines, records } = self;
        lines.finish(|line| records.read(&line, sink))?;
        if records.any {
            return Ok(());
        }
        let finding = Finding::new(lines.number(), "record type", "cmep.empty", "the file has no record");
        Err(Refused(finding.with_severity(Severity::Refused)))
    }
}

#[derive(Debug, Default)]
struct Records {
    any: bool,
    header: MessageHeader,
    /// Records without readings whose type was told of.
    told: Vec<SmolStr>,
}

impl Records {
    fn read(&mut self, line: &Line<'_>, sink: &mut dyn Sink) -> Result<(), Refused> {
        if is_blank(line.bytes) {
            return Ok(());
        }
        let mut fields = Fields::new(line.bytes);
        let kind = text(&fields.next_or_empty());
        let is_first = !std::mem::replace(&mut self.any, true);
        if is_first && !kind.starts_with("MEP") {
            return Err(Refused(unknown_record(line, &kind).with_severity(Severity::Refused)));
        }
        if LINE_BYTES_STANDARD < line.bytes.len() {
            let message =
                format!("the line has {} bytes, the format allows {LINE_BYTES_STANDARD}; it is read", line.bytes.len());
            sink.finding(line.finding("line", "cmep.line_length", message).with_severity(Severity::Warning));
        }
        match kind.as_str() {
            "MEPMD01" | "MEPMD02" => self.metering_data(line, kind, &mut fields, sink),
            other if OTHER_RECORDS.contains(&other) => {
                if !self.told.contains(&kind) {
                    let message = format!("records {kind} carry no readings; they are not read");
                    sink.finding(
                        line.finding("record type", "cmep.other_record", message).with_severity(Severity::Note),
                    );
                    self.told.push(kind);
                }
            }
            _ => sink.finding(unknown_record(line, &kind)),
        }
        Ok(())
    }

    fn metering_data(&mut self, line: &Line<'_>, kind: SmolStr, fields: &mut Fields<'_>, sink: &mut dyn Sink) {
        let [_version, sender, customer, _receiver, _receiver_customer, created, meter, purpose, commodity, unit_word] =
            std::array::from_fn(|_| text(&fields.next_or_empty()));
        let created_at = date_time(created.as_bytes());
        if created_at.is_none() {
            let message = format!("`{created}` is not CCYYMMDDHHMM; the record has no version time");
            sink.finding(line.finding("time stamp", "cmep.date_time", message).with_severity(Severity::Warning));
        }
        let header = MessageHeader {
            verb: purpose.clone(),
            noun: kind.clone(),
            id: SmolStr::default(),
            source: sender,
            timestamp: created_at,
        };
        if header != self.header {
            sink.message(&header);
            self.header = header;
        }
        if matches!(purpose.as_str(), "TEMPLATE" | "REJECT") {
            let message = format!("the purpose is {purpose}: not data to keep; the record is not read");
            sink.finding(line.finding("purpose", "cmep.purpose", message).with_severity(Severity::Warning));
            return;
        }
        let Some(channel) = channel(line, [meter, customer, commodity, unit_word.clone()], sink) else { return };
        let record = Record { line, unit: unit::find(&unit_word), unit_word, channel, revision: created_at };
        if kind == "MEPMD01" {
            record.intervals_or_registers(fields, sink);
        } else {
            record.time_of_use_totals(fields, sink);
        }
    }
}

/// What a record says before its data.
struct Record<'a> {
    line: &'a Line<'a>,
    unit: Option<&'static Unit>,
    unit_word: SmolStr,
    channel: ChannelKey,
    revision: Option<Timestamp>,
}

impl Record<'_> {
    /// MEPMD01: constant, interval, count, then triplets of date-time, flag and value.
    fn intervals_or_registers(mut self, fields: &mut Fields<'_>, sink: &mut dyn Sink) {
        let [constant, interval, count] = std::array::from_fn(|_| fields.next_or_empty());
        let Some(constant) = self.constant(&constant, sink) else { return };
        let length = Length::parse(&interval);
        let is_register = self.unit.is_some_and(|unit| unit.values == Values::Register);
        if length.is_none() && (!interval.is_empty() || !is_register) {
            let message = format!("`{}` is not a length MMDDHHMM; the record is not read", text(&interval));
            sink.finding(self.line.finding("interval", "cmep.interval", message));
            return;
        }
        if let (Some(Length::Seconds(seconds)), false) = (length, is_register) {
            self.channel.reading_type.measuring_period = ReadingType::measuring_period_of(seconds);
        }
        let mut qualities = Qualities::default();
        let mut placed = Vec::new();
        let mut previous = None;
        let triplets = self.triplets(&count, fields, sink);
        for (position, [stamp, flag, value]) in triplets.present.iter().enumerate() {
            let field = format_smolstr!("date-time {}", position + 1);
            let end = if stamp.is_empty() {
                previous.zip(length).and_then(|(previous, length)| length.after(previous))
            } else {
                date_time(stamp.as_bytes())
            };
            let Some(end) = end else {
                let message = format!(
                    "`{stamp}` gives no end of the interval; this value and the rest of the record are not read"
                );
                sink.finding(self.line.finding(field, "cmep.date_time", message));
                break;
            };
            previous = Some(end);
            let span = match length.filter(|_| !is_register) {
                None => Some(Span::Read { at: end.as_second(), period_start: None }),
                Some(length) => length.before(end).map(|start| span(length, start, end)),
            };
            let left_out = |finding: Finding| match span {
                Some(span) => finding.leaving_out(&self.channel, span.range()),
                None => finding,
            };
            let Some((value, quality)) = self.value(position, [flag, value], constant, sink, left_out) else {
                continue;
            };
            let Some(span) = span else { continue };
            placed.push(Placed {
                span,
                value,
                quality: qualities.number(quality),
                revision: self.revision.map(Timestamp::as_second),
                line: self.line.number,
            });
        }
        if let Some(finding) = triplets.ends_early(self.line) {
            let missing = i64::try_from(triplets.announced - triplets.present.len()).unwrap_or(i64::MAX);
            let rest = previous.zip(length).and_then(|(end, length)| {
                let seconds = length.after(end)?.as_second().checked_sub(end.as_second())?.checked_mul(missing)?;
                Some((end.as_second(), end.as_second().checked_add(seconds)?))
            });
            sink.finding(match rest {
                Some(rest) => finding.leaving_out(&self.channel, rest),
                None => finding,
            });
        }
        self.tell(&self.channel, &qualities, placed, sink);
    }

    /// MEPMD02: season, constant, start, end, count, then triplets of label, flag and value.
    fn time_of_use_totals(self, fields: &mut Fields<'_>, sink: &mut dyn Sink) {
        let [season, constant, start, end, count] = std::array::from_fn(|_| fields.next_or_empty());
        let Some(constant) = self.constant(&constant, sink) else { return };
        let [start, end] = [start, end].map(|stamp| date_time(&stamp));
        let is_register = self.unit.is_some_and(|unit| unit.values == Values::Register);
        let period = start.zip(end).filter(|(start, end)| start < end);
        let (Some(end), true) = (end, is_register || period.is_some()) else {
            let message = "data start and data end are not a period CCYYMMDDHHMM; the record is not read";
            sink.finding(self.line.finding("data end", "cmep.date_time", message));
            return;
        };
        let period_start = if is_register { None } else { start.map(Timestamp::as_second) };
        let span = Span::Read { at: end.as_second(), period_start };
        let triplets = self.triplets(&count, fields, sink);
        triplets.ends_early(self.line).into_iter().for_each(|finding| sink.finding(finding));
        for (position, [label, flag, value]) in triplets.present.iter().enumerate() {
            let value = self.value(position, [flag, value], constant, sink, |finding| finding);
            let Some((value, quality)) = value else { continue };
            let mut channel = self.channel.clone();
            channel.reading_type.tou = self.time_of_use(position, label, sink);
            channel.suffix = format_smolstr!("{}-{label}", channel.suffix);
            if !season.is_empty() {
                channel.suffix = format_smolstr!("{}-{}", channel.suffix, text(&season));
            }
            let mut qualities = Qualities::default();
            let quality = qualities.number(quality);
            let revision = self.revision.map(Timestamp::as_second);
            self.tell(
                &channel,
                &qualities,
                vec![Placed { span, value, quality, revision, line: self.line.number }],
                sink,
            );
        }
    }

    /// Time-of-use bucket of a label: its place in the list of the standard, `TOTAL` being all.
    fn time_of_use(&self, position: usize, label: &SmolStr, sink: &mut dyn Sink) -> u16 {
        const LABELS: [&str; 7] = ["TOTAL", "ON-PEAK", "OFF-PEAK", "PART-PEAK", "PEAK-2", "PEAK-3", "PEAK-4"];
        let bucket = LABELS.iter().position(|known| known == label).and_then(|at| u16::try_from(at).ok());
        bucket.unwrap_or_else(|| {
            let message = format!("`{label}` is not a time-of-use label of the format; it is kept in the channel name");
            let field = format_smolstr!("label {}", position + 1);
            sink.finding(self.line.finding(field, "cmep.label", message).with_severity(Severity::Warning));
            0
        })
    }

    fn constant(&self, written: &[u8], sink: &mut dyn Sink) -> Option<Decimal> {
        // An empty number reads as zero in CMEP, which as a factor nobody means.
        if written.is_empty() {
            return Some(Decimal::new(1, 0));
        }
        let constant = number(written).ok().filter(|constant| constant.digits != 0);
        if constant.is_none() {
            let message = format!("`{}` is not a factor other than zero; the record is not read", text(written));
            sink.finding(self.line.finding("calculation constant", "cmep.constant", message));
        }
        constant
    }

    /// The data that the count announces, as far as they are there.
    fn triplets(&self, count: &[u8], fields: &mut Fields<'_>, sink: &mut dyn Sink) -> Triplets {
        let mut rest: Vec<SmolStr> = fields.map(|field| text(&field)).collect();
        let Some(announced) = std::str::from_utf8(count).ok().and_then(|count| count.parse::<usize>().ok()) else {
            let message = format!("`{}` is not a count; the record is not read", text(count));
            sink.finding(self.line.finding("count", "cmep.count", message));
            return Triplets::default();
        };
        if TRIPLETS_STANDARD < announced {
            let message = format!("{announced} values, the format allows {TRIPLETS_STANDARD}; they are read");
            sink.finding(self.line.finding("count", "cmep.count_max", message).with_severity(Severity::Warning));
        }
        // A line may stop before empty fields at its end, but not before the last triplet began.
        let present = rest.len().div_ceil(3).min(announced);
        // One more field may be the CRC.
        if announced.saturating_mul(3).saturating_add(1) < rest.len() {
            let message = format!(
                "{} fields follow the {announced} values of the count; they are not read",
                rest.len() - announced * 3
            );
            sink.finding(self.line.finding("count", "cmep.extra_fields", message).with_severity(Severity::Warning));
        }
        rest.resize(present * 3, SmolStr::default());
        let (triplets, _) = rest.as_chunks::<3>();
        Triplets { announced, present: triplets.to_vec() }
    }

    /// A value times the constant, with its quality; `None` where it cannot be read, told as `left_out` says.
    fn value(
        &self,
        position: usize,
        [flag, value]: [&SmolStr; 2],
        constant: Decimal,
        sink: &mut dyn Sink,
        left_out: impl FnOnce(Finding) -> Finding,
    ) -> Option<(Option<Decimal>, Quality)> {
        let field = |name: &str| format_smolstr!("{name} {}", position + 1);
        let quality = quality::cmep::quality(flag).unwrap_or_else(|invalid| {
            let message = format!("{invalid}; the value is kept as suspect");
            sink.finding(self.line.finding(field("flag"), "cmep.flag", message).with_severity(Severity::Warning));
            Quality { flag: flag.clone(), ..Quality::of(Status::SUSPECT) }
        });
        if value.is_empty() {
            if !quality.status.contains(Status::MISSING) {
                let message = "the value is empty without the flag N; it is kept as missing, not as zero";
                sink.finding(
                    self.line.finding(field("value"), "cmep.value_empty", message).with_severity(Severity::Warning),
                );
            }
            return Some((None, quality));
        }
        let amount = number(value.as_bytes()).and_then(|value| product(value, constant));
        match amount {
            Ok(amount) => {
                let turns = self.unit.is_some_and(|unit| unit.turns_sign);
                let digits = if turns { -amount.digits } else { amount.digits };
                Some((Some(Decimal { digits, ..amount }), quality))
            }
            Err(error) => {
                let message = format!("`{value}`: {error}; this value is not read");
                sink.finding(left_out(self.line.finding(field("value"), "cmep.value", message)));
                None
            }
        }
    }

    fn tell(&self, channel: &ChannelKey, qualities: &Qualities, placed: Vec<Placed>, sink: &mut dyn Sink) {
        let mut pieces = Pieces::new(qualities);
        for value in placed {
            if pieces.push(value).is_err() {
                let message = "a date is outside the years that can be stored; this value is not read";
                sink.finding(self.line.finding("date-time", "cmep.date_time", message));
            }
        }
        for piece in pieces.finish() {
            sink.readings(&ChannelReadings {
                channel: channel.clone(),
                unit: self.unit.map_or_else(|| self.unit_word.clone(), Unit::text),
                values: piece.values,
                revision: piece.revision,
                line: piece.line,
            });
        }
    }
}

/// The data of a record.
#[derive(Default)]
struct Triplets {
    /// How many the count says.
    announced: usize,
    /// Those that are there, at most as many.
    present: Vec<[SmolStr; 3]>,
}

impl Triplets {
    /// What is wrong where the line ends before the count is reached.
    fn ends_early(&self, line: &Line<'_>) -> Option<Finding> {
        let (announced, present) = (self.announced, self.present.len());
        let message = format!("the count is {announced} but the line ends after {present} values; those are read");
        (present < announced).then(|| line.finding("count", "cmep.count", message))
    }
}

fn span(length: Length, start: Timestamp, end: Timestamp) -> Span {
    match length {
        Length::Seconds(seconds) => Span::Interval { start: start.as_second(), seconds },
        Length::Calendar { .. } => Span::Read { at: end.as_second(), period_start: Some(start.as_second()) },
    }
}

/// The channel of a record; meter, sender customer, commodity and unit in this order.
fn channel(line: &Line<'_>, words: [SmolStr; 4], sink: &mut dyn Sink) -> Option<ChannelKey> {
    let [meter, customer, commodity_word, unit_word] = words;
    if meter.is_empty() && customer.is_empty() {
        let message = "neither meter nor customer is named; the record is not read";
        sink.finding(line.finding("meter id", "cmep.no_meter", message));
        return None;
    }
    let mut reading_type = unit::find(&unit_word).map(Unit::reading_type).unwrap_or_else(|| {
        let message = format!("`{unit_word}` is not a unit of the format; values are kept under it");
        sink.finding(line.finding("units", "cmep.unit", message).with_severity(Severity::Warning));
        ReadingType::default()
    });
    reading_type.commodity = commodity(&commodity_word).unwrap_or_else(|| {
        let message = format!("`{commodity_word}` is not E, G, W or S; the commodity is left open");
        sink.finding(line.finding("commodity", "cmep.commodity", message).with_severity(Severity::Warning));
        0
    });
    // The customer may be an account, so it names a usage point only where no meter is named.
    let usage_point = meter.is_empty().then(|| Name::new("CustomerId", customer));
    let meter = (!meter.is_empty()).then(|| Name::new("MeterNumber", meter));
    Some(ChannelKey { usage_point, meter, suffix: unit_word, reading_type })
}

fn unknown_record(line: &Line<'_>, kind: &SmolStr) -> Finding {
    let shown: String = kind.chars().take(20).collect();
    line.finding("record type", "cmep.record", format!("`{shown}` is no CMEP record; the line is not read"))
}
