//! The 300 record with the 400 records that follow it.

use jiff::Timestamp;
use model::finding::Severity;
use model::quality::{Quality, Status, nem12};
use model::reading::{IntervalRun, QualitySpan, Values};
use smol_str::SmolStr;

use super::row::{self, Fault};
use super::stream::Stream;
use super::{market_time, reader};
use crate::Sink;
use crate::pieces::DAY_SECONDS;
use crate::text::{Fields, Line, text};

/// The last 300 record of a stream, waiting for its 400 records.
#[derive(Debug, Default)]
pub struct Day {
    state: State,
    /// The quality of the day before, which most days share.
    last: Quality,
    /// Whether the spans of the piece are the one of `last`, so that they need not be made again.
    spans_are_last: bool,
    line: u64,
    offset: u64,
    /// Intervals that 400 records cover so far.
    covered: u32,
    /// Qualities of the 400 records.
    overlays: Vec<QualitySpan>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    /// No 300 record waits.
    #[default]
    None,
    /// One quality for the day.
    Uniform,
    /// Quality method V: the 400 records say which.
    Variable,
    /// The 300 record could not be read; its 400 records fall with it.
    Refused,
}

impl Day {
    /// Reads a 300 record into the piece of the stream.
    pub fn read(&mut self, line: &Line<'_>, stream: &mut Stream, sink: &mut dyn Sink) {
        self.state = State::Refused;
        self.line = line.number;
        self.offset = line.offset;
        let Values::Intervals(run) = &mut stream.readings.values else { return };
        let Some((start, first_value)) = start_of_day(line) else {
            let message = "the date is not CCYYMMDD; this day is not read";
            sink.finding(line.finding("IntervalDate", "nem12.date", message));
            return;
        };
        let row = match row::parse(line.bytes, first_value, &mut run.values) {
            Ok(row) => row,
            Err((position, fault)) => {
                let finding = refusal(line, first_value, position, fault, stream.count);
                sink.finding(finding.leaving_out(&stream.readings.channel, day_from(start)));
                return;
            }
        };
        let mut fields = Fields::from(line.bytes, row.end);
        let [flag, reason, remark, updated] = std::array::from_fn(|_| fields.next_or_empty());
        if flag.first().is_some_and(u8::is_ascii_digit) {
            let finding = wrong_count(line, first_value, stream.count);
            sink.finding(finding.leaving_out(&stream.readings.channel, day_from(start)));
            return;
        }
        run.start = start;
        run.exponent = row.exponent;
        self.state = if *flag == *b"V" { State::Variable } else { State::Uniform };
        self.covered = 0;
        self.overlays.clear();
        let same = *flag == *self.last.flag.as_bytes() && *remark == *self.last.remark.as_bytes();
        if !same || flag.is_empty() || !reason.is_empty() || self.last.reason.is_some() {
            self.last = quality(line, [&text(&flag), &text(&reason), &text(&remark)], sink);
            self.spans_are_last = false;
        }
        check_values(line, &row, &run.values, matches!(&*flag, b"N" | b"V"), sink);
        stream.readings.revision = reader::stamp(line, "UpdateDateTime", &updated, sink);
        stream.readings.line = line.number;
    }

    /// Reads a 400 record: the quality of a part of the day.
    pub fn overlay(&mut self, line: &Line<'_>, fields: &mut Fields<'_>, stream: &Stream, sink: &mut dyn Sink) {
        match self.state {
            State::Refused => return,
            State::Variable => {}
            State::Uniform if !self.overlays.is_empty() => {}
            State::Uniform => {
                let message = "the day's quality method is not V, so it should have no 400 records; they are applied";
                let finding = line.finding("QualityMethod", "nem12.overlay_without_v", message);
                sink.finding(finding.with_severity(Severity::Warning));
            }
            State::None => {
                let message = "no interval data record 300 comes before this record; it is not read";
                sink.finding(line.finding("RecordIndicator", "nem12.no_day", message));
                return;
            }
        }
        let [first, last, flag, reason, remark] = std::array::from_fn(|_| text(&fields.next_or_empty()));
        let range = first.parse::<u32>().ok().zip(last.parse::<u32>().ok());
        let fits = range.filter(|(first, last)| self.covered < *first && first <= last && *last <= stream.count);
        let Some((first, last)) = fits else {
            let message = format!(
                "`{first}` to `{last}` is not a part of the {} intervals after interval {}; it is not applied",
                stream.count, self.covered
            );
            sink.finding(line.finding("StartInterval", "nem12.overlay_range", message));
            return;
        };
        if first != self.covered + 1 && self.state == State::Variable {
            sink.finding(uncovered(line, self.covered + 1, first - 1));
        }
        self.covered = last;
        let quality = quality(line, [&flag, &reason, &remark], sink);
        self.overlays.push(QualitySpan { from: first - 1, to: last, quality });
    }

    /// Tells the sink of the waiting day, if there is one.
    pub fn complete(&mut self, stream: &mut Stream, sink: &mut dyn Sink) {
        let state = std::mem::take(&mut self.state);
        if matches!(state, State::None | State::Refused) {
            return;
        }
        if state == State::Variable && self.covered < stream.count {
            let line = Line { number: self.line, offset: self.offset, bytes: &[] };
            sink.finding(uncovered(&line, self.covered + 1, stream.count));
        }
        let Values::Intervals(run) = &mut stream.readings.values else { return };
        let is_uniform = state == State::Uniform && self.overlays.is_empty();
        if !is_uniform || !self.spans_are_last {
            let doubt = if state == State::Variable { Status::SUSPECT } else { Status::NONE };
            let rest = Quality { status: self.last.status | doubt, ..self.last.clone() };
            fill(&mut run.qualities, &mut self.overlays, rest, stream.count);
            self.spans_are_last = is_uniform;
        }
        sink.readings(&stream.readings);
    }
}

/// The whole day in spans: those of the 400 records, and `rest` between them.
fn fill(spans: &mut Vec<QualitySpan>, overlays: &mut Vec<QualitySpan>, rest: Quality, count: u32) {
    spans.clear();
    let mut from = 0;
    for overlay in overlays.drain(..) {
        if from < overlay.from {
            spans.push(QualitySpan { from, to: overlay.from, quality: rest.clone() });
        }
        from = overlay.to;
        spans.push(overlay);
    }
    if from < count {
        spans.push(QualitySpan { from, to: count, quality: rest });
    }
}

/// The first instant of the day and where its first value begins.
fn start_of_day(line: &Line<'_>) -> Option<(Timestamp, usize)> {
    let mut fields = Fields::new(line.bytes);
    fields.next();
    let date = market_time::date(&fields.next_or_empty())?;
    Some((market_time::midnight(date)?, fields.position()))
}

/// The day of market time, which knows no daylight saving.
fn day_from(start: Timestamp) -> (i64, i64) {
    (start.as_second(), start.as_second() + DAY_SECONDS)
}

/// QualityMethod, ReasonCode and ReasonDescription. What is not in the code lists is kept as
/// written, as a doubt.
pub fn quality(line: &Line<'_>, words: [&SmolStr; 3], sink: &mut dyn Sink) -> Quality {
    let [flag, reason, remark] = words;
    let reason_code = reason.parse().ok();
    if !reason.is_empty() && reason_code.is_none() {
        let message = format!("`{reason}` is not a reason code of up to three digits; it is left out");
        sink.finding(line.finding("ReasonCode", "nem12.reason", message).with_severity(Severity::Warning));
    }
    if reason_code == Some(0) && remark.is_empty() {
        let message = "reason code 0 needs a description";
        sink.finding(line.finding("ReasonDescription", "nem12.reason_text", message).with_severity(Severity::Warning));
    }
    nem12::quality(flag, reason_code, remark).unwrap_or_else(|invalid| {
        let message = format!("{invalid}; the values are kept as suspect");
        sink.finding(line.finding("QualityMethod", "nem12.quality", message).with_severity(Severity::Warning));
        let [flag, remark] = [flag.clone(), remark.clone()];
        Quality { flag, remark, reason: reason_code, ..Quality::of(Status::SUSPECT) }
    })
}

fn check_values(line: &Line<'_>, row: &row::Row, values: &[i64], empty_is_normal: bool, sink: &mut dyn Sink) {
    if let Some(position) = row.irregular {
        let message = "the format has no sign and no exponent in a value; it is read as written";
        let field = format!("IntervalValue{}", position + 1);
        sink.finding(line.finding(field, "nem12.value_form", message).with_severity(Severity::Warning));
    }
    if 0 < row.empty && !empty_is_normal {
        let first = values.iter().position(|value| *value == IntervalRun::MISSING).unwrap_or_default();
        let message =
            format!("{} of {} values are empty without the flag N; they are kept as missing", row.empty, values.len());
        let field = format!("IntervalValue{}", first + 1);
        sink.finding(line.finding(field, "nem12.value_empty", message).with_severity(Severity::Warning));
    }
}

fn refusal(line: &Line<'_>, first_value: usize, position: usize, fault: Fault, count: u32) -> model::finding::Finding {
    let value = Fields::from(line.bytes, first_value).nth(position).unwrap_or_default();
    let shown = text(&value[..value.len().min(40)]);
    // A flag among the values says that the values ended early.
    let ended = fault == Fault::Ended || shown.starts_with(['A', 'E', 'F', 'N', 'S', 'V']);
    if ended {
        return wrong_count(line, first_value, count);
    }
    let wrong = match fault {
        Fault::TooLong => "has more digits than can be kept exactly",
        Fault::NotANumber | Fault::Ended => "is not a decimal number",
    };
    let message = format!("`{shown}` {wrong}; this day is not read");
    line.finding(format!("IntervalValue{}", position + 1), "nem12.value", message)
}

fn wrong_count(line: &Line<'_>, first_value: usize, count: u32) -> model::finding::Finding {
    let values = Fields::from(line.bytes, first_value)
        .take_while(|field| field.first().is_none_or(|first| !first.is_ascii_alphabetic()))
        .count();
    let message = format!("{values} values come before the quality method, expected {count}; this day is not read");
    line.finding("IntervalValue", "nem12.value_count", message)
}

fn uncovered(line: &Line<'_>, first: u32, last: u32) -> model::finding::Finding {
    let message = format!("no 400 record tells the quality of intervals {first} to {last}; they are kept as suspect");
    line.finding("StartInterval", "nem12.overlay_gap", message).with_severity(Severity::Warning)
}
