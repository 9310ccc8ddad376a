//! What an account hands in: final values and register reads of its channels; and how they are laid over a period.
//!
//! Values are integers of the channel's quantum. Runs may differ in interval length; what no run covers is missing,
//! never skipped.

use std::borrow::Cow;

use jiff::Timestamp;
use model::finding::Finding;
use model::quality::Status;
use model::quality::assumed_time::AssumedTime;
use model::quantity::Decimal;
use model::reading::IntervalRun;
use serde::{Deserialize, Serialize};

use crate::quality::Flags;
use crate::register::Register;

/// An interval without a value.
pub const MISSING: i64 = IntervalRun::MISSING;

/// Everything that is known of one account over a period.
#[derive(Clone, Copy, Debug, Default)]
pub struct Account<'a> {
    /// Its channels by the names that definitions use.
    pub channels: &'a [Channel<'a>],
    /// What was used before, for V74.
    pub references: &'a [Reference<'a>],
}

/// Final values of one channel.
#[derive(Clone, Copy, Debug)]
pub struct Channel<'a> {
    /// What definitions call it (`delivered`).
    pub name: &'a str,
    /// Unit of its values (`kWh`).
    pub unit: &'a str,
    /// Power of ten of interval values.
    pub exponent: i8,
    /// Intervals in order of time; they may not overlap.
    pub runs: &'a [Run<'a>],
    /// Registers in order of time: one for each meter and multiplier.
    pub registers: &'a [Register<'a>],
}

/// Consecutive intervals of one length.
#[derive(Clone, Copy, Debug)]
pub struct Run<'a> {
    /// Start of the first interval.
    pub start: Timestamp,
    /// Length of each.
    pub length_seconds: u32,
    /// Values, [`MISSING`] where there is none.
    pub values: &'a [i64],
    /// Status of every interval that no exception names.
    pub status: Status,
    /// Other statuses, in order, not overlapping.
    pub exceptions: &'a [StatusSpan],
}

/// The status of the intervals `[from, to)` of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StatusSpan {
    /// First interval.
    pub from: usize,
    /// One past the last.
    pub to: usize,
    /// Its status.
    pub status: Status,
}

/// An earlier quantity of a determinant.
#[derive(Clone, Copy, Debug)]
pub struct Reference<'a> {
    /// Id of the determinant.
    pub determinant: &'a str,
    /// Which earlier period it is.
    pub of: Earlier,
    /// What it was, in the unit of the determinant.
    pub quantity: Decimal,
    /// Length of its period in seconds.
    pub seconds: i64,
}

/// Which earlier period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Earlier {
    /// The same period a year ago.
    LastYear,
    /// The period before.
    Previous,
}

/// Intervals of one length without a hole, each with its flags.
#[derive(Clone, Debug)]
pub(crate) struct Piece<'a> {
    pub start: i64,
    pub length: i64,
    pub values: Cow<'a, [i64]>,
    /// Flags of `[.., to)` from where the mark before ends; the last ends with the values.
    pub marks: Vec<Mark>,
    /// Whether no run covers it, so that its interval length is only borrowed.
    pub is_gap: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Mark {
    pub to: usize,
    pub flags: Flags,
}

impl Piece<'_> {
    pub(crate) fn end(&self) -> i64 {
        self.start + self.length * self.values.len() as i64
    }
}

/// The runs of a channel over `[start, end)` in order of time, holes filled with missing intervals.
pub(crate) fn laid<'a>(
    channel: &Channel<'a>,
    (start, end): (i64, i64),
    assumed_time: AssumedTime,
) -> Result<Vec<Piece<'a>>, Finding> {
    let fault = |code: &'static str, message: String| Finding::new(0, channel.name, code, message);
    let mut pieces: Vec<Piece<'a>> = Vec::with_capacity(1);
    let mut at = start;
    for run in channel.runs {
        let Some(piece) = clipped(run, (start, end)).map_err(|message| fault("usage.interval_edge", message))? else {
            continue;
        };
        if piece.start < at {
            let message = format!("two runs hold values at {}; keep the final one", run.start);
            return Err(fault("usage.overlap", message));
        }
        if at < piece.start {
            pieces.push(gap(at, piece.start, piece.length).map_err(|message| fault("usage.interval_edge", message))?);
        }
        let piece = treated(piece, run, start, assumed_time).map_err(|message| fault("usage.assumed_time", message))?;
        at = piece.end();
        match pieces.last_mut() {
            Some(last) if last.length == piece.length && !last.is_gap => append(last, &piece),
            _ => pieces.push(piece),
        }
    }
    let Some(last) = pieces.last() else {
        let message =
            format!("no interval of `{}` lies in the period; deliver readings or check the channel", channel.name);
        return Err(fault("usage.no_intervals", message));
    };
    if at < end {
        let missing = gap(at, end, last.length).map_err(|message| fault("usage.interval_edge", message))?;
        pieces.push(missing);
    }
    Ok(pieces)
}

/// The part of a run inside the period; `None` where it lies outside or is empty.
fn clipped<'a>(run: &Run<'a>, (start, end): (i64, i64)) -> Result<Option<Piece<'a>>, String> {
    let (first, length) = (run.start.as_second(), i64::from(run.length_seconds));
    let count = i64::try_from(run.values.len()).unwrap_or(i64::MAX);
    if length == 0 || run.start.subsec_nanosecond() != 0 {
        return Err(format!(
            "a run from {} by {length} s; expected whole seconds and a length of more than 0",
            run.start
        ));
    }
    let last = first.saturating_add(length.saturating_mul(count));
    if count == 0 || last <= start || end <= first {
        return Ok(None);
    }
    let (from, to) = (start.max(first) - first, end.min(last) - first);
    if from % length != 0 || to % length != 0 {
        return Err(format!(
            "an interval of {length} s in the run from {} lies across the beginning or end of the period; \
             move the period to an interval's edge",
            run.start
        ));
    }
    let position = |seconds: i64| usize::try_from(seconds / length).unwrap_or_default();
    let values = &run.values[position(from)..position(to)];
    Ok(Some(Piece { start: first + from, length, values: values.into(), marks: Vec::new(), is_gap: false }))
}

fn gap<'a>(start: i64, end: i64, length: i64) -> Result<Piece<'a>, String> {
    let seconds = end - start;
    if seconds % length != 0 {
        return Err(format!("a hole of {seconds} s is no whole number of intervals of {length} s; check the clock"));
    }
    let count = usize::try_from(seconds / length).unwrap_or_default();
    let marks = vec![Mark { to: count, flags: Flags::default() }];
    Ok(Piece { start, length, values: vec![MISSING; count].into(), marks, is_gap: true })
}

/// The piece with its flags, and without the values that its statuses take away.
fn treated<'a>(
    mut piece: Piece<'a>,
    run: &Run<'a>,
    period_start: i64,
    assumed_time: AssumedTime,
) -> Result<Piece<'a>, String> {
    let skipped = usize::try_from((period_start - run.start.as_second()).max(0) / piece.length).unwrap_or_default();
    let count = piece.values.len();
    let usual = StatusSpan { from: 0, to: usize::MAX, status: run.status };
    let mut at = 0;
    for span in run.exceptions {
        let (from, to) = (span.from.saturating_sub(skipped).min(count), span.to.saturating_sub(skipped).min(count));
        if from < at && from < to {
            return Err(format!("statuses of the run from {} overlap or are out of order", run.start));
        }
        mark(&mut piece, (at, from), usual.status, assumed_time)?;
        mark(&mut piece, (from.max(at), to), span.status, assumed_time)?;
        at = at.max(to);
    }
    mark(&mut piece, (at, count), usual.status, assumed_time)?;
    Ok(piece)
}

/// Why an interval of assumed meter time may be billed.
const SETTLED: Status = Status::ESTIMATED.with(Status::EDITED).with(Status::ACCEPTED);

fn mark(piece: &mut Piece<'_>, (from, to): (usize, usize), status: Status, assumed: AssumedTime) -> Result<(), String> {
    if to <= from {
        return Ok(());
    }
    let is_assumed = status.contains(Status::ASSUMED_TIME);
    if is_assumed && assumed == AssumedTime::Estimate && !status.intersects(SETTLED) {
        return Err(format!(
            "{} intervals of assumed meter time are neither estimated, edited nor accepted; estimate them first \
             (AMT-FUP-04)",
            to - from
        ));
    }
    let is_excluded = is_assumed && assumed == AssumedTime::Exclude;
    if is_excluded || status.intersects(Status::MISSING | Status::ESTIMATE_NEEDED) {
        piece.values.to_mut()[from..to].fill(MISSING);
    }
    // What is left out is missing to this use, whatever was made of it.
    let flags = if is_excluded { Flags::default() } else { Flags::of(status) };
    push_mark(&mut piece.marks, Mark { to, flags });
    Ok(())
}

fn append(last: &mut Piece<'_>, next: &Piece<'_>) {
    let count = last.values.len();
    last.values.to_mut().extend_from_slice(&next.values);
    for mark in &next.marks {
        push_mark(&mut last.marks, Mark { to: mark.to + count, ..*mark });
    }
}

/// Adds a mark at the end, joined to one of equal flags: equal intervals have equal marks, however they came.
pub(crate) fn push_mark(marks: &mut Vec<Mark>, mark: Mark) {
    match marks.last_mut() {
        Some(last) if last.flags == mark.flags => last.to = mark.to,
        _ => marks.push(mark),
    }
}
