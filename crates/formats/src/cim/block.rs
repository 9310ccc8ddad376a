//! Readings of one reading type: where each one lies in time, once the type is known.
//!
//! `timeStamp` is the end of the interval and `timePeriod` overrides it. The length is that of
//! `timePeriod`, of the reading type, or the smallest step of the block, in this order.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use model::finding::Finding;
use model::quantity::Decimal;
use model::reading::ChannelKey;
use model::reading_type::ReadingType;
use model::time::LocalDay;
use smol_str::SmolStr;

use super::calculation::Calculation;
use super::reading::{Entry, Unread};
use super::series::{Series, Stretch};
use crate::Sink;
use crate::pieces::{DAY_SECONDS, Piece, Pieces, Placed, Qualities, Span, is_storable};

/// Readings of a block that wait for their channel only to say what they would have told.
const UNREAD_MAX: usize = 1000;

/// What a message calls a reading type.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum TypeRef {
    /// Nothing.
    #[default]
    Missing,
    /// The 18 parts.
    Known(ReadingType),
    /// A name that a ReadingType at the end of the payload may define.
    Named(SmolStr),
}

/// Which element the readings came in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Kind {
    /// IntervalReadings.
    #[default]
    Interval,
    /// Readings.
    Register,
}

/// Readings of one reading type.
#[derive(Clone, Debug, Default)]
pub(super) struct Block {
    pub(super) kind: Kind,
    pub(super) type_ref: TypeRef,
    /// How values are to be scaled, and the type of the result.
    pub(super) calculation: Option<(Calculation, TypeRef)>,
    pub(super) series: Series,
    /// Readings whose value could not be read.
    pub(super) unread: Vec<Unread>,
    /// One-based line.
    pub(super) line: u64,
}

impl Block {
    /// The type that the values have in the end.
    pub(super) fn result_type(&self) -> &TypeRef {
        match &self.calculation {
            Some((_, result)) if *result != TypeRef::Missing => result,
            _ => &self.type_ref,
        }
    }

    /// Whether nothing came in it.
    pub(super) fn is_empty(&self) -> bool {
        self.series.len() == 0 && self.unread.is_empty()
    }

    /// Keeps a reading whose value could not be read until its channel is known; of many only the first ones wait for that.
    pub(super) fn leave_out(&mut self, unread: Unread, sink: &mut dyn Sink) {
        if self.unread.len() < UNREAD_MAX {
            self.unread.push(unread);
        } else {
            sink.finding(unread.finding);
        }
    }

    /// Tells the readings whose value could not be read; of a known channel with what they would have said.
    pub(super) fn tell_unread(&self, channel: Option<&ChannelKey>, sink: &mut dyn Sink) {
        let length = channel.and_then(|channel| self.length(channel.reading_type));
        for Unread { finding, end, start } in self.unread.iter().cloned() {
            let start = start.or_else(|| end.checked_sub(length?));
            let span = start.map_or((end, end.saturating_add(1)), |start| (start, end));
            sink.finding(match channel {
                Some(channel) => finding.leaving_out(channel, span),
                None => finding,
            });
        }
    }

    /// The pieces of the block; readings that cannot be placed or scaled are findings.
    pub(super) fn pieces(
        &self,
        reading_type: ReadingType,
        zone: Option<&TimeZone>,
        qualities: &Qualities,
        sink: &mut dyn Sink,
    ) -> Vec<Piece> {
        let mut pieces = Pieces::new(qualities);
        let layout = Layout { kind: self.kind, reading_type, length: self.length(reading_type), zone };
        let mut previous = None;
        for stretch in self.series.stretches() {
            if self.calculation.is_none() && layout.is_run(stretch) && push_run(stretch, &mut pieces) {
                previous = Some(stretch.last_end());
                continue;
            }
            for entry in stretch.entries() {
                let Some(value) = self.scaled(&entry, sink) else { continue };
                let placed = layout.span(&entry, previous).map(|span| placed(&entry, span, value));
                previous = Some(entry.end);
                if placed.is_none_or(|placed| pieces.push(placed).is_err()) {
                    sink.finding(unplaced(&entry));
                }
            }
        }
        pieces.finish()
    }

    /// The value after the pending calculation; `None` where it is not exact.
    #[expect(clippy::option_option, reason = "no value is a value of its own: a missing reading")]
    fn scaled(&self, entry: &Entry, sink: &mut dyn Sink) -> Option<Option<Decimal>> {
        let (Some((calculation, _)), Some(value)) = (&self.calculation, entry.value()) else {
            return Some(entry.value());
        };
        let scaled = calculation.apply(value);
        if scaled.is_none() {
            let message = format!(
                "the PendingCalculation of {value} has no exact decimal result of 18 digits; the reading was not accepted"
            );
            sink.finding(Finding::new(entry.line(), "PendingCalculation", "cim.pending_calculation", message));
        }
        scaled.map(Some)
    }

    fn length(&self, reading_type: ReadingType) -> Option<i64> {
        if let Some(seconds) = reading_type.interval_seconds() {
            return Some(i64::from(seconds));
        }
        // A register without a measuring period is read at moments, however even they are.
        if !is_amount(reading_type) {
            return None;
        }
        self.series.smallest_step()
    }
}

fn placed(entry: &Entry, span: Span, value: Option<Decimal>) -> Placed {
    Placed { span, value, quality: entry.quality, revision: entry.revision(), line: entry.line() }
}

/// Pushes a stretch whose steps are its intervals; `false` when its times cannot be stated.
fn push_run(stretch: &Stretch, pieces: &mut Pieces<'_>) -> bool {
    let first = &stretch.first;
    let storable = is_storable(stretch.last_end());
    let start = first.end.checked_sub(stretch.step).filter(|start| storable && is_storable(*start));
    let span = start.and_then(|start| Span::period(start, first.end));
    let Some(span @ Span::Interval { .. }) = span else { return false };
    pieces.push_even(placed(first, span, first.value()), &stretch.digits, first.exponent, stretch.line_step).is_ok()
}

/// Whether a value is an amount of its interval and not the state of a register.
fn is_amount(reading_type: ReadingType) -> bool {
    matches!(reading_type.accumulation, 0 | 4)
}

struct Layout<'a> {
    kind: Kind,
    reading_type: ReadingType,
    length: Option<i64>,
    zone: Option<&'a TimeZone>,
}

impl Layout<'_> {
    /// Whether the readings are intervals that follow each other without a gap.
    fn is_run(&self, stretch: &Stretch) -> bool {
        let length = self.length.filter(|length| *length < DAY_SECONDS);
        self.kind == Kind::Interval && stretch.first.start().is_none() && length == Some(stretch.step)
    }

    fn span(&self, entry: &Entry, previous: Option<i64>) -> Option<Span> {
        let end = entry.end;
        match (self.kind, entry.start(), self.length) {
            (Kind::Interval, Some(start), _) => Span::period(start, end),
            (Kind::Register, Some(start), _) => {
                (start <= end).then_some(Span::Read { at: end, period_start: Some(start).filter(|start| *start < end) })
            }
            (Kind::Interval, None, Some(length)) if DAY_SECONDS <= length => {
                Some(Span::Read { at: end, period_start: Some(self.day_start(end, length, previous)?) })
            }
            (Kind::Interval, None, Some(length)) => Span::period(end.checked_sub(length)?, end),
            (Kind::Register, None, Some(length)) if self.reading_type.accumulation == 4 => {
                Some(Span::Read { at: end, period_start: Some(end.checked_sub(length)?) })
            }
            (Kind::Interval, None, None) if self.reading_type.accumulation == 4 => None,
            _ => Some(Span::Read { at: end, period_start: None }),
        }
    }

    /// The start of a day that has 23, 24 or 25 hours: the stamp before it, the zone, or 24 hours.
    fn day_start(&self, end: i64, length: i64, previous: Option<i64>) -> Option<i64> {
        const HOUR: i64 = 3600;
        let nominal = end.checked_sub(length)?;
        if let Some(previous) = previous.filter(|previous| previous.abs_diff(nominal) <= HOUR.unsigned_abs()) {
            return Some(previous);
        }
        let last_second = Timestamp::from_second(end.checked_sub(1)?).ok()?;
        let day = self.zone.and_then(|zone| LocalDay::containing(last_second, zone));
        let start = day.filter(|day| length == DAY_SECONDS && day.range.end.as_second() == end);
        Some(start.map_or(nominal, |day| day.range.start.as_second()))
    }
}

fn unplaced(entry: &Entry) -> Finding {
    let message = "the reading has no interval that could be known, expected a measuringPeriod in its reading type or a \
                   timePeriod with start before end; it was not accepted";
    Finding::new(entry.line(), "timeStamp", "cim.interval_length", message)
}
