//! Rows of one channel that follow each other, until they are told as pieces.

use jiff::Timestamp;
use model::finding::{Finding, Severity};
use model::quality::{Quality, Status};
use model::quantity::Decimal;
use model::reading::{ChannelKey, ChannelReadings, Values};
use model::reading_type::ReadingType;
use model::time::IntervalNaming;
use smol_str::SmolStr;

use super::header::Column;
use super::quality::{self, Cells, Unread};
use super::record::Record;
use super::series::{DAY_SECONDS_MIN, Remark, Row, Series};
use crate::Sink;
use crate::pieces::{Pieces, Placed, Qualities, Span, VALUES_MAX};

/// Rows of one channel that follow each other.
#[derive(Debug)]
pub struct Group {
    /// The channel of every row.
    pub channel: ChannelKey,
    /// Its unit as written.
    pub unit: SmolStr,
    /// Version of the next values.
    pub version: Option<Timestamp>,
    /// Start and end of the row before.
    pub previous: [Option<Timestamp>; 2],
    /// Whether the reading type gets its period from the values, for the file does not state it.
    takes_type_from_length: bool,
    series: Series,
    qualities: Qualities,
    placed: Vec<Placed>,
}

impl Group {
    /// A group without rows, in the form that its first row has.
    pub fn new(row: &Record<'_>, channel: ChannelKey, unit: SmolStr, version: Option<Timestamp>) -> Self {
        let naming = match row.header.has(Column::Start) {
            true => IntervalNaming::Beginning,
            false => IntervalNaming::Ending,
        };
        Self {
            takes_type_from_length: row.get(Column::ReadingType).is_empty(),
            channel,
            unit,
            version,
            previous: [None; 2],
            series: Series::new(naming),
            qualities: Qualities::default(),
            placed: Vec::new(),
        }
    }

    /// The number of a quality, with what is wrong with its cells told.
    pub fn quality(&mut self, row: &Record<'_>, cells: Cells<'_>, value: Option<Decimal>, sink: &mut dyn Sink) -> u32 {
        let mut quality = quality::read(cells).unwrap_or_else(|wrong| {
            let message = format!("{wrong}; the value is kept as suspect");
            let finding = row.line.finding("quality", "csv.quality", message).with_severity(Severity::Warning);
            sink.finding(match &wrong {
                Unread::Flag(flag) => finding.of_unknown_flag(flag),
                Unread::Cell(_) => finding,
            });
            Quality { flag: cells.quality.into(), remark: cells.remark.into(), ..Quality::of(Status::SUSPECT) }
        });
        if value.is_none() {
            quality.status |= Status::MISSING;
        }
        if quality == Quality::default() { Qualities::NONE } else { self.qualities.number(quality) }
    }

    /// Adds a value that lies in `span`.
    pub fn place(&mut self, row: &Record<'_>, span: Span, reading: (Option<Decimal>, u32), sink: &mut dyn Sink) {
        let placed = self.placed(row, span, reading);
        self.placed.push(placed);
        self.flush_full(sink);
    }

    /// Adds a value by the stamps of its row, start and end.
    pub fn add(
        &mut self,
        row: &Record<'_>,
        stamps: [Option<Timestamp>; 2],
        reading: (Option<Decimal>, u32),
        sink: &mut dyn Sink,
    ) {
        let reading_type = self.channel.reading_type;
        let length = reading_type.interval_seconds().map(i64::from);
        let is_register = matches!(reading_type.accumulation, 1..=3 | 9);
        let [start, end] = stamps.map(|stamp| stamp.map(Timestamp::as_second));
        let span = match (start, end, length) {
            (None, None, _) => {
                sink.finding(row.line.finding("start", "csv.stamp", "the row has no stamp; it is not read"));
                return;
            }
            (start, end, _) if is_register => end.or(start).map(|at| Span::Read { at, period_start: None }),
            (Some(start), Some(end), _) => between(start, end),
            (Some(start), None, Some(length)) => between(start, start.saturating_add(length)),
            (None, Some(end), Some(length)) => between(end.saturating_sub(length), end),
            (_, _, None) => {
                let Some(at) = stamps[0].or(stamps[1]) else { return };
                let unplaced = Span::Read { at: at.as_second(), period_start: None };
                let mut remarks = Vec::new();
                let placed = self.placed(row, unplaced, reading);
                self.series.push(Row { at, placed }, &mut self.placed, &mut remarks);
                tell(remarks, sink);
                self.flush_full(sink);
                return;
            }
        };
        match span {
            Some(span) => self.place(row, span, reading, sink),
            None => {
                let message = "the end is not after the start; this row is not read";
                sink.finding(row.line.finding("end", "csv.order", message));
            }
        }
    }

    /// The finding of a row whose value cannot be read, with what it would have said; by stamps alone where rows do not follow
    /// evenly yet, that is not known.
    pub fn left_out(&self, finding: Finding, stamps: [Option<Timestamp>; 2]) -> Finding {
        let reading_type = self.channel.reading_type;
        let is_register = matches!(reading_type.accumulation, 1..=3 | 9);
        let length = reading_type.interval_seconds().or(self.series.interval_seconds()).map(i64::from);
        let span = match stamps.map(|stamp| stamp.map(Timestamp::as_second)) {
            [start, end] if is_register => end.or(start).map(|at| Span::Read { at, period_start: None }),
            [Some(start), Some(end)] => between(start, end),
            [Some(start), None] => length.and_then(|length| between(start, start.saturating_add(length))),
            [None, Some(end)] => length.and_then(|length| between(end.saturating_sub(length), end)),
            [None, None] => None,
        };
        match span {
            Some(span) => finding.leaving_out(&self.channel_of(span), span.range()),
            None => finding,
        }
    }

    /// The channel of values with this place in time.
    pub fn channel_of(&self, span: Span) -> ChannelKey {
        let mut channel = self.channel.clone();
        if self.takes_type_from_length {
            let (start, end) = span.range();
            channel.reading_type = match span {
                Span::Interval { seconds, .. } => of_intervals(channel.reading_type, seconds),
                Span::Read { period_start, .. } => of_period(channel.reading_type, period_start.map(|_| end - start)),
            };
        }
        channel
    }

    /// Tells everything that waits.
    pub fn finish(&mut self, sink: &mut dyn Sink) {
        let mut remarks = Vec::new();
        self.series.finish(&mut self.placed, &mut remarks);
        tell(remarks, sink);
        self.flush(sink);
    }

    fn placed(&self, row: &Record<'_>, span: Span, (value, quality): (Option<Decimal>, u32)) -> Placed {
        let revision = self.version.map(Timestamp::as_second);
        Placed { span, value, quality, revision, line: row.line.number }
    }

    fn flush_full(&mut self, sink: &mut dyn Sink) {
        if VALUES_MAX <= self.placed.len() {
            self.flush(sink);
        }
    }

    fn flush(&mut self, sink: &mut dyn Sink) {
        let mut pieces = Pieces::new(&self.qualities);
        for placed in self.placed.drain(..) {
            let line = placed.line;
            if pieces.push(placed).is_err() {
                let message = "the stamp is outside the years that can be stored; this row is not read";
                sink.finding(Finding::new(line, "start", "csv.stamp", message));
            }
        }
        for piece in pieces.finish() {
            let mut channel = self.channel.clone();
            if self.takes_type_from_length {
                channel.reading_type = with_period(channel.reading_type, &piece.values);
            }
            let (unit, revision, line) = (self.unit.clone(), piece.revision, piece.line);
            sink.readings(&ChannelReadings { channel, unit, values: piece.values, revision, line });
        }
        // Qualities are numbered anew, so that a long group with many remarks needs no more memory.
        let numbered = std::mem::take(&mut self.qualities);
        if let Some(waiting) = self.series.waiting()
            && waiting.quality != Qualities::NONE
        {
            waiting.quality = self.qualities.number(numbered.get(waiting.quality));
        }
    }
}

/// Whether the values of a period are intervals; from the shortest local day on it is a period.
fn between(start: i64, end: i64) -> Option<Span> {
    match end.checked_sub(start)? {
        seconds if seconds < DAY_SECONDS_MIN => Span::period(start, end),
        _ => Some(Span::Read { at: end, period_start: Some(start) }),
    }
}

/// The reading type with the length that the values have: an interval, a day, or a stated period.
fn with_period(reading_type: ReadingType, values: &Values) -> ReadingType {
    match values {
        Values::Intervals(run) => of_intervals(reading_type, run.length_seconds),
        Values::Registers(reads) => {
            let first = reads.iter().find_map(|read| Some(read.at.as_second() - read.period_start?.as_second()));
            of_period(reading_type, first)
        }
    }
}

fn of_intervals(reading_type: ReadingType, seconds: u32) -> ReadingType {
    ReadingType { measuring_period: ReadingType::measuring_period_of(seconds), ..reading_type }
}

fn of_period(reading_type: ReadingType, seconds: Option<i64>) -> ReadingType {
    const DAILY: u16 = 11;
    const SPECIFIED_PERIOD: u16 = 32;
    const DAY_SECONDS_MAX: i64 = 25 * 3600;
    let is_day = seconds.is_some_and(|seconds| seconds <= DAY_SECONDS_MAX);
    ReadingType { macro_period: if is_day { DAILY } else { SPECIFIED_PERIOD }, ..reading_type }
}

fn tell(remarks: Vec<Remark>, sink: &mut dyn Sink) {
    for remark in remarks {
        let finding = Finding::new(remark.line, "start", remark.code, remark.message);
        sink.finding(finding.with_severity(remark.severity));
    }
}
