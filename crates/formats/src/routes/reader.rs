//! From bytes to readings.

use model::finding::{Finding, Severity};
use model::id::Name;
use model::quality::Quality;
use model::quantity::Decimal;
use model::reading::{ChannelKey, ChannelReadings, MessageHeader, RegisterRead, Values};
use model::reading_type::ReadingType;
use smol_str::{SmolStr, format_smolstr};

use super::header::{Column, Header};
use super::visit::{Kind, NoMoment, Visited, visited};
use crate::text::lines::is_blank;
use crate::text::{Fields, Line, Lines, measure, text};
use crate::{Options, Reader, Refused, Sink};

const LINE_BYTES_MAX: usize = 64 * 1024;
/// The unit of dials where no column says it.
const UNIT: &str = "kWh";
/// `macroPeriod` of IEC 61968-9: read once a month.
const MONTHLY: u16 = 13;
/// Columns that are told of; a file has no more that mean nothing.
const UNKNOWN_COLUMNS_MAX: usize = 20;

/// Reads route files.
pub struct RoutesReader {
    lines: Lines,
    rows: Rows,
}

struct Rows {
    options: Options,
    header: Option<Header>,
}

impl RoutesReader {
    /// A reader at the start of a file.
    pub fn new(options: &Options) -> Self {
        Self { lines: Lines::new("routes", LINE_BYTES_MAX), rows: Rows { options: options.clone(), header: None } }
    }
}

impl Reader for RoutesReader {
    fn push(&mut self, bytes: &[u8], sink: &mut dyn Sink) -> Result<(), Refused> {
        let Self { lines, rows } = self;
        lines.push(bytes, |line| rows.read(&line, sink))
    }

    fn finish(&mut self, sink: &mut dyn Sink) -> Result<(), Refused> {
        let Self { lines, rows } = self;
        lines.finish(|line| rows.read(&line, sink))?;
        if rows.header.is_some() {
            return Ok(());
        }
        let finding = Finding::new(lines.number(), "header", "routes.empty", "the file is empty, expected a header");
        Err(Refused(finding.with_severity(Severity::Refused)))
    }
}

impl Rows {
    fn read(&mut self, line: &Line<'_>, sink: &mut dyn Sink) -> Result<(), Refused> {
        if is_blank(line.bytes) {
            return Ok(());
        }
        let cells: Vec<SmolStr> = Fields::new(line.bytes).map(|field| text(&field)).collect();
        let Some(header) = &self.header else {
            self.header = Some(header(line, &cells, sink)?);
            return Ok(());
        };
        if header.columns < cells.len() {
            let message =
                format!("{} cells where the header has {}; this row is not read", cells.len(), header.columns);
            sink.finding(line.finding("row", "routes.cells", message));
            return Ok(());
        }
        let row = Row { line, header, cells: &cells };
        row.read(&self.options, sink)
    }
}

fn header(line: &Line<'_>, cells: &[SmolStr], sink: &mut dyn Sink) -> Result<Header, Refused> {
    let names: Vec<String> = cells.iter().map(|name| name.to_ascii_lowercase()).collect();
    let refused = |message| Refused(line.finding("header", "routes.header", message).with_severity(Severity::Refused));
    let header = Header::parse(&names).map_err(refused)?;
    for name in header.unknown.iter().take(UNKNOWN_COLUMNS_MAX) {
        let message = format!("the column `{name}` means nothing here; it is not read");
        sink.finding(line.finding("header", "routes.unknown_column", message).with_severity(Severity::Note));
    }
    sink.message(&MessageHeader { noun: "routes".into(), ..MessageHeader::default() });
    Ok(header)
}

/// A row, its cells called by their columns.
struct Row<'r> {
    line: &'r Line<'r>,
    header: &'r Header,
    cells: &'r [SmolStr],
}

impl Row<'_> {
    fn cell(&self, column: Column) -> &str {
        self.header.cell(self.cells, column)
    }

    fn read(&self, options: &Options, sink: &mut dyn Sink) -> Result<(), Refused> {
        let meter = self.cell(Column::Meter);
        if meter.is_empty() {
            let message = "no meter is named; this row is not read";
            sink.finding(self.line.finding("meter", "routes.meter", message));
            return Ok(());
        }
        let channel = self.channel(sink);
        let stamp = self.cell(Column::ReadAt);
        let visited = match visited(stamp, options.zone.as_ref()) {
            Ok(visited) => visited,
            Err(NoMoment::NoZone) => {
                let message =
                    format!("`{stamp}` has no offset and no zone is declared; declare the zone of the routes");
                let finding = self.line.finding("read_at", "routes.zone", message);
                return Err(Refused(finding.with_severity(Severity::Refused)));
            }
            Err(no_moment) => {
                sink.finding(self.line.finding("read_at", "routes.read_at", no_stamp(stamp, no_moment)));
                return Ok(());
            }
        };
        let Some((value, quality)) = self.value(&channel, visited, sink) else { return Ok(()) };
        let read = RegisterRead { at: visited.at, period_start: None, value, quality };
        let unit = self.unit().into();
        let values = Values::Registers(vec![read]);
        sink.readings(&ChannelReadings { channel, unit, values, revision: None, line: self.line.number });
        Ok(())
    }

    fn unit(&self) -> &str {
        let unit = self.cell(Column::Unit);
        if unit.is_empty() { UNIT } else { unit }
    }

    fn channel(&self, sink: &mut dyn Sink) -> ChannelKey {
        let unit = self.unit();
        let measured = measure::of_unit(unit).unwrap_or_else(|| {
            let message = format!("`{unit}` is not a known unit; reads are kept under it");
            sink.finding(self.line.finding("unit", "routes.unit", message).with_severity(Severity::Warning));
            ReadingType::default()
        });
        // Volumes may be gas or water; everything else here is electricity.
        let is_electricity = measured.unit != 0 && measured.measurement_kind != 58;
        let reading_type = ReadingType {
            macro_period: MONTHLY,
            flow_direction: measure::FORWARD,
            commodity: if is_electricity { measure::ELECTRICITY } else { 0 },
            ..measure::register_of(measured)
        };
        ChannelKey {
            usage_point: None,
            meter: Some(Name::new("MeterBadge", self.cell(Column::Meter))),
            suffix: self.cell(Column::Register).into(),
            reading_type,
        }
    }

    /// What the dials showed, and what is said of it; `None` for a row that is not read.
    fn value(&self, channel: &ChannelKey, visited: Visited, sink: &mut dyn Sink) -> Option<(Option<Decimal>, Quality)> {
        let (written, word) = (self.cell(Column::Read), self.cell(Column::Kind));
        let (code, reader) = (self.cell(Column::Code), self.cell(Column::Reader));
        let second = visited.at.as_second();
        let left_out = |finding: Finding| finding.leaving_out(channel, (second, second + 1));
        let Some(kind) = Kind::of(word) else {
            let message = format!("`{word}` is none of {}; this row is not read", Kind::words());
            sink.finding(left_out(self.line.finding("type", "routes.type", message)));
            return None;
        };
        let quality = Quality { remark: self.remark(reader), ..kind.quality(code, reader, visited.is_date_only) };
        if kind == Kind::NoRead {
            let meter = self.cell(Column::Meter);
            let why = if code.is_empty() { "no code says why".into() } else { format!("code `{code}`") };
            let message = format!("meter `{meter}` was visited and not read, {why}; no value is kept for it");
            sink.finding(self.line.finding("code", "routes.no_read", message).with_severity(Severity::Warning));
            return Some((None, quality));
        }
        match written.parse::<Decimal>() {
            Ok(read) if 0 <= read.digits => Some((Some(read), quality)),
            _ => {
                let message =
                    format!("`{written}` is not what dials show: expected a number from 0; this row is not read");
                sink.finding(left_out(self.line.finding("read", "routes.read", message)));
                None
            }
        }
    }

    /// Where it was read and by whom, and what was remarked.
    fn remark(&self, reader: &str) -> SmolStr {
        let said = [("route", self.cell(Column::Route)), ("cycle", self.cell(Column::Cycle)), ("reader", reader)];
        let said: Vec<String> =
            said.iter().filter(|(_, said)| !said.is_empty()).map(|(name, said)| format!("{name} {said}")).collect();
        let (said, remark) = (said.join(", "), self.cell(Column::Remark));
        if remark.is_empty() { said.into() } else { format_smolstr!("{said}: {remark}") }
    }
}

fn no_stamp(stamp: &str, no_moment: NoMoment) -> String {
    let why = match no_moment {
        NoMoment::NotOne => "the clock showed that not at all or twice; give it an offset",
        _ => "expected a date such as 2026-02-03, or a date and time such as 2026-02-03T10:15:00-05:00",
    };
    format!("`{stamp}`: {why}; this row is not read")
}
