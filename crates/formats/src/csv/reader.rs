//! Rows of the long and the wide form.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use model::finding::{Finding, Severity};
use model::id::Name;
use model::reading::ChannelKey;
use model::reading_type::ReadingType;
use model::time::LocalDay;
use smol_str::SmolStr;

use super::group::Group;
use super::header::{Column, Header};
use super::quality::Cells;
use super::record::Record;
use super::stamp::{self, StampError};
use crate::pieces::Span;
use crate::text::lines::{is_blank, leaves_quote_open};
use crate::text::{Fields, Line, Lines, text};
use crate::{Options, Reader, Refused, Sink};

const LINE_BYTES_MAX: usize = 64 * 1024;

/// Reads Amity's CSV (`docs/formats/csv.md`), and the plain `start,value` of one channel.
///
/// Rows of one channel that follow each other become runs of intervals, or amounts of periods where
/// they last a day or longer; register reads where the reading type is a register.
pub struct CsvReader {
    lines: Lines,
    rows: Rows,
}

impl CsvReader {
    /// A reader at the start of a file.
    pub fn new(options: &Options) -> Self {
        Self { lines: Lines::new("csv", LINE_BYTES_MAX), rows: Rows::new(options.clone()) }
    }
}

impl Reader for CsvReader {
    fn push(&mut self, bytes: &[u8], sink: &mut dyn Sink) -> Result<(), Refused> {
        let Self { lines, rows } = self;
        lines.push(bytes, |line| rows.line(&line, sink))
    }

    fn finish(&mut self, sink: &mut dyn Sink) -> Result<(), Refused> {
        let Self { lines, rows } = self;
        lines.finish(|line| rows.line(&line, sink))?;
        rows.finish(lines.number(), sink)
    }
}

/// A row that a quoted line end goes through: where it began, and its bytes so far.
#[derive(Debug)]
struct OpenRow {
    number: u64,
    offset: u64,
    bytes: Vec<u8>,
}

#[derive(Debug)]
struct Rows {
    options: Options,
    header: Option<Header>,
    open: Option<OpenRow>,
    group: Option<Group>,
    /// Whether any stamp was understood; the first without a zone refuses the file.
    any_stamp: bool,
}

impl Rows {
    fn new(options: Options) -> Self {
        Self { options, header: None, open: None, group: None, any_stamp: false }
    }

    /// Joins the lines of a row with a quoted line end.
    fn line(&mut self, line: &Line<'_>, sink: &mut dyn Sink) -> Result<(), Refused> {
        let Some(mut open) = self.open.take() else {
            if leaves_quote_open(line.bytes) {
                self.open = Some(OpenRow { number: line.number, offset: line.offset, bytes: line.bytes.to_vec() });
                return Ok(());
            }
            return self.row(line, sink);
        };
        open.bytes.push(b'\n');
        open.bytes.extend_from_slice(line.bytes);
        if LINE_BYTES_MAX < open.bytes.len() {
            return Err(Refused(unclosed(&open)));
        }
        if leaves_quote_open(&open.bytes) {
            self.open = Some(open);
            return Ok(());
        }
        self.row(&Line { number: open.number, offset: open.offset, bytes: &open.bytes }, sink)
    }

    fn row(&mut self, line: &Line<'_>, sink: &mut dyn Sink) -> Result<(), Refused> {
        if is_blank(line.bytes) {
            return Ok(());
        }
        let Some(header) = self.header.take() else {
            self.header = Some(self.read_header(line, sink)?);
            return Ok(());
        };
        let cells: Vec<SmolStr> = Fields::new(line.bytes).map(|field| text(&field)).collect();
        // What stands behind the last column may belong to any of them: a decimal comma parts a value.
        if cells.iter().skip(header.columns).any(|cell| !cell.trim().is_empty()) {
            let message = format!(
                "the row has {} cells, the header {}; a cell that holds a comma stands in quotes",
                cells.len(),
                header.columns
            );
            sink.finding(line.finding("row", "csv.cells", message));
            self.header = Some(header);
            return Ok(());
        }
        if cells.len() != header.columns {
            let message = format!(
                "the row has {} cells, the header {}; it is read as far as it goes",
                cells.len(),
                header.columns
            );
            sink.finding(line.finding("row", "csv.cells", message).with_severity(Severity::Warning));
        }
        let row = Record { line, header: &header, cells: &cells };
        let read = self.channel(&row, sink).map(|(channel, unit)| {
            self.open_group(&row, channel, unit, sink);
            if header.is_wide() { self.wide(&row, sink) } else { self.long(&row, sink) }
        });
        self.header = Some(header);
        read.unwrap_or(Ok(()))
    }

    fn read_header(&self, line: &Line<'_>, sink: &mut dyn Sink) -> Result<Header, Refused> {
        let names: Vec<String> = Fields::new(line.bytes).map(|name| text(&name).to_ascii_lowercase()).collect();
        let header = Header::parse(&names)
            .map_err(|wrong| Refused(line.finding("header", "csv.header", wrong).with_severity(Severity::Refused)))?;
        let mut note = |field: &'static str, code, message: String| {
            sink.finding(line.finding(field, code, message).with_severity(Severity::Note));
        };
        if !header.unknown.is_empty() {
            note("header", "csv.unknown_column", format!("columns {} are not read", header.unknown.join(", ")));
        }
        if let Some(name) = &header.unsaid_naming {
            note("header", "csv.naming", format!("`{name}` says neither start nor end; it is read as the start"));
        }
        if !header.has(Column::UsagePoint) && !header.has(Column::Meter) && self.options.usage_point.is_none() {
            note(
                "header",
                "csv.no_usage_point",
                "the file names no usage point and no meter; name one to store it".into(),
            );
        }
        if !header.has(Column::Unit) && !header.has(Column::ReadingType) && self.options.unit.is_none() {
            note("header", "csv.unit", "the file names no unit; values are taken for kWh".into());
        }
        Ok(header)
    }

    /// The channel of a row, and its unit as written.
    fn channel(&self, row: &Record<'_>, sink: &mut dyn Sink) -> Option<(ChannelKey, SmolStr)> {
        let name = |column, kind: &str| {
            let value = row.get(column);
            (!value.is_empty()).then(|| Name::new(kind, value))
        };
        let usage_point = name(Column::UsagePoint, "UsagePoint")
            .or_else(|| self.options.usage_point.as_ref().map(|value| Name::new("UsagePoint", value.clone())));
        let declared = row.get(Column::ReadingType);
        let mut unit = SmolStr::from(row.get(Column::Unit));
        let reading_type = if declared.is_empty() {
            if unit.is_empty() {
                unit = self.options.unit.clone().unwrap_or_else(|| "kWh".into());
            }
            row.reading_type(&unit, sink)
        } else {
            match declared.parse::<ReadingType>() {
                Ok(reading_type) => {
                    if unit.is_empty() {
                        unit = model::reading_type::unit_symbol(reading_type.multiplier, reading_type.unit);
                    }
                    reading_type
                }
                Err(error) => {
                    sink.finding(row.line.finding(
                        "reading_type",
                        "csv.reading_type",
                        format!("{error}; this row is not read"),
                    ));
                    return None;
                }
            }
        };
        let suffix = row.get(Column::Channel).into();
        Some((ChannelKey { usage_point, meter: name(Column::Meter, "Meter"), suffix, reading_type }, unit))
    }

    fn open_group(&mut self, row: &Record<'_>, channel: ChannelKey, unit: SmolStr, sink: &mut dyn Sink) {
        let version = row.revision(sink);
        if let Some(group) = &mut self.group {
            if group.channel == channel && group.unit == unit {
                group.version = version;
                return;
            }
            group.finish(sink);
        }
        self.group = Some(Group::new(row, channel, unit, version));
    }

    fn long(&mut self, row: &Record<'_>, sink: &mut dyn Sink) -> Result<(), Refused> {
        let Some(group) = &mut self.group else { return Ok(()) };
        let mut stamps = [None; 2];
        for (at, (column, name)) in [(Column::Start, "start"), (Column::End, "end")].into_iter().enumerate() {
            let written = row.get(column);
            if written.is_empty() {
                continue;
            }
            match stamp::instant(written, self.options.zone.as_ref(), group.previous[at]) {
                Ok(instant) => stamps[at] = Some(instant),
                Err(StampError::NoZone) if !self.any_stamp => return Err(Refused(no_zone(row.line, name, written))),
                Err(error) => {
                    let message = format!("`{written}`: {error}; this row is not read");
                    sink.finding(row.line.finding(name, "csv.stamp", message));
                    return Ok(());
                }
            }
        }
        self.any_stamp = true;
        group.previous = stamps;
        let value = match row.value(row.get(Column::Value), "value") {
            Ok(value) => value,
            Err(finding) => {
                sink.finding(group.left_out(finding, stamps));
                return Ok(());
            }
        };
        let cells = Cells {
            quality: row.get(Column::Quality),
            status: row.get(Column::Status),
            reason: row.get(Column::Reason),
            remark: row.get(Column::Remark),
        };
        let quality = group.quality(row, cells, value, sink);
        group.add(row, stamps, (value, quality), sink);
        Ok(())
    }

    fn wide(&mut self, row: &Record<'_>, sink: &mut dyn Sink) -> Result<(), Refused> {
        let Some(group) = &mut self.group else { return Ok(()) };
        let [date, minutes] = [Column::Date, Column::Minutes].map(|column| row.get(column));
        let Some(zone) = &self.options.zone else {
            return Err(Refused(no_zone(row.line, "date", date)));
        };
        let Some((day, seconds, count)) = day(date, minutes, zone) else {
            let message = format!("`{date}` with intervals of `{minutes}` minutes is not a day; this row is not read");
            sink.finding(row.line.finding("date", "csv.day", message));
            return Ok(());
        };
        let cell = |places: &[usize], at: usize| {
            places.get(at).and_then(|place| row.cells.get(*place)).map_or("", |cell| cell.as_str())
        };
        let beyond = (count..row.header.values.len()).any(|at| !cell(&row.header.values, at).is_empty());
        if row.header.values.len() < count || beyond {
            let message =
                format!("the day has {count} intervals, the row has another number of values; this row is not read");
            let span = Span::Interval { start: day.range.start.as_second(), seconds };
            let (start, end) = (day.range.start.as_second(), day.range.end.as_second());
            let finding = row.line.finding("v1", "csv.value_count", message);
            sink.finding(finding.leaving_out(&group.channel_of(span), (start, end)));
            return Ok(());
        }
        for at in 0..count {
            let name = format!("v{}", at + 1);
            let start = day.range.start.as_second() + i64::from(seconds) * i64::try_from(at).unwrap_or_default();
            let span = Span::Interval { start, seconds };
            let value = match row.value(cell(&row.header.values, at), &name) {
                Ok(value) => value,
                Err(finding) => {
                    sink.finding(finding.leaving_out(&group.channel_of(span), span.range()));
                    continue;
                }
            };
            let cells = Cells { quality: cell(&row.header.qualities, at), ..Cells::default() };
            let quality = group.quality(row, cells, value, sink);
            group.place(row, span, (value, quality), sink);
        }
        Ok(())
    }

    fn finish(&mut self, line: u64, sink: &mut dyn Sink) -> Result<(), Refused> {
        if let Some(open) = &self.open {
            return Err(Refused(unclosed(open)));
        }
        if let Some(group) = &mut self.group {
            group.finish(sink);
        }
        if self.header.is_some() {
            return Ok(());
        }
        let finding = Finding::new(line, "header", "csv.empty", "the file is empty, expected a header");
        Err(Refused(finding.with_severity(Severity::Refused)))
    }
}

/// A local day, the length of its intervals in seconds and their number.
fn day(date: &str, minutes: &str, zone: &TimeZone) -> Option<(LocalDay, u32, usize)> {
    let day = LocalDay::of(date.parse::<Date>().ok()?, zone)?;
    let seconds = minutes.parse::<u32>().ok()?.checked_mul(60)?;
    Some((day, seconds, usize::from(day.slots(seconds)?)))
}

fn no_zone(line: &Line<'_>, field: &'static str, written: &str) -> Finding {
    let message = format!("`{written}`: {}", StampError::NoZone);
    line.finding(field, "csv.zone", message).with_severity(Severity::Refused)
}

fn unclosed(open: &OpenRow) -> Finding {
    let message = "a quotation mark is opened here and never closed; the rest of the file cannot be told apart";
    Finding::new(open.number, "row", "csv.quote", message).at_offset(open.offset).with_severity(Severity::Refused)
}
