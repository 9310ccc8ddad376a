//! The order of the records, and what each says.

use jiff::Timestamp;
use model::finding::{Finding, Severity};
use model::reading::{MessageHeader, Values};

use super::day::Day;
use super::stream::Stream;
use super::{accumulated, market_time};
use crate::text::lines::is_blank;
use crate::text::{Fields, Line, Lines, text};
use crate::{Options, Reader, Refused, Sink};

/// A day of one-minute values with all its fields is about 20 kB.
const LINE_BYTES_MAX: usize = 64 * 1024;

/// Reads NEM12 and NEM13.
///
/// One piece per 300 record, once its 400 records are complete, with `revision` from its
/// UpdateDateTime. A value under flag `N` is delivered as written, with the status missing. An
/// IndexRead of a 500 record is a register read of the channel `<suffix>-register`; the other
/// fields of 500 and 550 records describe field work, not readings, and are left to the raw file.
/// A 250 record gives its quantity as the amount of its period, and both reads as register reads of
/// `<suffix>-register`.
pub struct NemReader {
    lines: Lines,
    records: Records,
}

impl NemReader {
    /// A reader at the start of a file.
    pub fn new(_options: &Options) -> Self {
        Self { lines: Lines::new("nem12", LINE_BYTES_MAX), records: Records::default() }
    }
}

impl Reader for NemReader {
    fn push(&mut self, bytes: &[u8], sink: &mut dyn Sink) -> Result<(), Refused> {
        let Self { lines, records } = self;
        lines.push(bytes, |line| records.read(&line, sink))
    }

    fn finish(&mut self, sink: &mut dyn Sink) -> Result<(), Refused> {
        let Self { lines, records } = self;
        lines.finish(|line| records.read(&line, sink))?;
        records.end(lines.number(), sink)
    }
}

/// Where in a 100-900 block the reader is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Block {
    /// Nothing was read yet.
    #[default]
    Before,
    /// After a header, or after the finding that there is none.
    Open,
    /// After an end record.
    Ended,
    /// After an end record, in records that no header began.
    Ignored,
}

/// The data stream that 300 and 500 records belong to.
#[derive(Debug, Default)]
enum Current {
    /// None was named since the block began.
    #[default]
    None,
    /// The last one could not be read; its records fall with it.
    Refused,
    /// The last 200 record, and the last 300 record waiting for its 400 records.
    Stream(Box<(Stream, Day)>),
}

#[derive(Debug, Default)]
struct Records {
    block: Block,
    current: Current,
}

impl Records {
    fn read(&mut self, line: &Line<'_>, sink: &mut dyn Sink) -> Result<(), Refused> {
        if line.bytes.starts_with(b"300,") && self.block == Block::Open {
            self.interval_data(line, sink);
            return Ok(());
        }
        if is_blank(line.bytes) {
            return Ok(());
        }
        let mut fields = Fields::new(line.bytes);
        let indicator = fields.next_or_empty();
        if !self.admits(line, &indicator, sink)? {
            return Ok(());
        }
        match &*indicator {
            b"100" => self.header(line, &mut fields, sink),
            b"200" => {
                self.complete_day(sink);
                self.current = match Stream::read(line, &mut fields, sink) {
                    Some(stream) => Current::Stream(Box::new((stream, Day::default()))),
                    None => Current::Refused,
                };
            }
            b"300" => self.interval_data(line, sink),
            b"400" => self.interval_event(line, &mut fields, sink),
            b"500" => self.b2b_details(line, &mut fields, sink),
            b"250" => {
                self.complete_day(sink);
                self.current = Current::None;
                accumulated::read(line, &mut fields, sink);
            }
            b"550" => {}
            b"900" => {
                self.complete_day(sink);
                self.current = Current::None;
                self.block = Block::Ended;
            }
            _ => sink.finding(unknown_record(line, &indicator)),
        }
        Ok(())
    }

    /// Whether the record may come here; tells what is wrong with its place.
    fn admits(&mut self, line: &Line<'_>, indicator: &[u8], sink: &mut dyn Sink) -> Result<bool, Refused> {
        const RECORDS: [&[u8]; 8] = [b"100", b"200", b"250", b"300", b"400", b"500", b"550", b"900"];
        let is_header = indicator == b"100";
        match self.block {
            Block::Before if !RECORDS.contains(&indicator) => {
                Err(Refused(unknown_record(line, indicator).with_severity(Severity::Refused)))
            }
            Block::Before if !is_header => {
                let message = "the file begins without a header record 100; sender and version are not known";
                let finding = line.finding("RecordIndicator", "nem12.no_header", message);
                sink.finding(finding.with_severity(Severity::Warning));
                self.block = Block::Open;
                Ok(true)
            }
            Block::Ended if !is_header => {
                let message = "records after the end record 900 need a new header record 100; they are not read";
                sink.finding(line.finding("RecordIndicator", "nem12.after_end", message));
                self.block = Block::Ignored;
                Ok(false)
            }
            Block::Ignored => Ok(is_header),
            Block::Before | Block::Open | Block::Ended => Ok(true),
        }
    }

    fn header(&mut self, line: &Line<'_>, fields: &mut Fields<'_>, sink: &mut dyn Sink) {
        self.complete_day(sink);
        if self.block == Block::Open {
            sink.finding(no_trailer(line.number));
        }
        self.block = Block::Open;
        self.current = Current::None;
        let [version, created, from, _to] = std::array::from_fn(|_| text(&fields.next_or_empty()));
        if !matches!(version.as_str(), "NEM12" | "NEM13") {
            let message = format!("the version is `{version}`, expected NEM12 or NEM13; it is read as one of them");
            let finding = line.finding("VersionHeader", "nem12.version", message);
            sink.finding(finding.with_severity(Severity::Warning));
        }
        let timestamp = stamp(line, "DateTime", created.as_bytes(), sink);
        sink.message(&MessageHeader { noun: version, source: from, timestamp, ..MessageHeader::default() });
    }

    fn interval_data(&mut self, line: &Line<'_>, sink: &mut dyn Sink) {
        self.complete_day(sink);
        match &mut self.current {
            Current::Stream(current) => {
                let (stream, day) = &mut **current;
                day.read(line, stream, sink);
            }
            Current::Refused => {}
            Current::None => {
                let message = "no data stream record 200 comes before this day; it is not read";
                sink.finding(line.finding("RecordIndicator", "nem12.no_stream", message));
            }
        }
    }

    fn interval_event(&mut self, line: &Line<'_>, fields: &mut Fields<'_>, sink: &mut dyn Sink) {
        match &mut self.current {
            Current::Stream(current) => {
                let (stream, day) = &mut **current;
                day.overlay(line, fields, stream, sink);
            }
            Current::Refused => {}
            Current::None => {
                let message = "no interval data record 300 comes before this record; it is not read";
                sink.finding(line.finding("RecordIndicator", "nem12.no_day", message));
            }
        }
    }

    fn b2b_details(&mut self, line: &Line<'_>, fields: &mut Fields<'_>, sink: &mut dyn Sink) {
        self.complete_day(sink);
        let stream = match &self.current {
            Current::Stream(current) => &current.0,
            Current::Refused => return,
            Current::None => {
                let message = "no data stream record 200 comes before this record; it is not read";
                sink.finding(line.finding("RecordIndicator", "nem12.no_stream", message));
                return;
            }
        };
        let [_code, _order, read_at, index] = std::array::from_fn(|_| text(&fields.next_or_empty()));
        if index.is_empty() {
            return;
        }
        let read = accumulated::Read { value: &index, at: &read_at, quality: model::quality::Quality::default() };
        let Some(read) = accumulated::register_read(line, ["IndexRead", "ReadDateTime"], read, sink) else { return };
        let mut readings = stream.readings.clone();
        readings.channel = accumulated::register_channel(&readings.channel);
        readings.values = Values::Registers(vec![read]);
        readings.revision = None;
        readings.line = line.number;
        sink.readings(&readings);
    }

    fn complete_day(&mut self, sink: &mut dyn Sink) {
        if let Current::Stream(current) = &mut self.current {
            let (stream, day) = &mut **current;
            day.complete(stream, sink);
        }
    }

    fn end(&mut self, line: u64, sink: &mut dyn Sink) -> Result<(), Refused> {
        self.complete_day(sink);
        match self.block {
            Block::Before => {
                let finding = Finding::new(line, "RecordIndicator", "nem12.empty", "the file has no record");
                return Err(Refused(finding.with_severity(Severity::Refused)));
            }
            Block::Open => sink.finding(no_trailer(line)),
            Block::Ended | Block::Ignored => {}
        }
        Ok(())
    }
}

/// Reads a stamp of market time; an empty one is `None`, a wrong one a finding and `None`.
pub(super) fn stamp(line: &Line<'_>, field: &'static str, found: &[u8], sink: &mut dyn Sink) -> Option<Timestamp> {
    if found.is_empty() {
        return None;
    }
    let instant = market_time::instant(found);
    if instant.is_none() {
        let message = format!("`{}` is not CCYYMMDDhhmmss; it is taken as not given", text(found));
        sink.finding(line.finding(field, "nem12.date_time", message).with_severity(Severity::Warning));
    }
    instant
}

fn unknown_record(line: &Line<'_>, indicator: &[u8]) -> Finding {
    let shown = text(&indicator[..indicator.len().min(20)]);
    let message = format!("`{shown}` begins no NEM12 or NEM13 record; the line is not read");
    line.finding("RecordIndicator", "nem12.record", message)
}

fn no_trailer(line: u64) -> Finding {
    let message = "the block has no end record 900; the file may have been cut off, compare it with the sender's";
    Finding::new(line, "RecordIndicator", "nem12.no_trailer", message).with_severity(Severity::Warning)
}
