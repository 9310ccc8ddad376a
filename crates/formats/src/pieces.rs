//! From single values to the pieces of a channel: runs of intervals and groups of register reads.
//!
//! `cim` and `green_button` push values in the order of the input. A run ends where the next value
//! does not continue it (a gap, another length, another revision) and at [`VALUES_MAX`].

use std::collections::HashMap;

use jiff::Timestamp;
use model::quality::Quality;
use model::quantity::Decimal;
use model::reading::{IntervalRun, QualitySpan, RegisterRead, Values};

/// Values of one piece.
pub(crate) const VALUES_MAX: usize = 4096;

/// Periods from this length on are amounts of a stated period: a local day may have 23 or 25 hours.
pub(crate) const DAY_SECONDS: i64 = 86_400;

/// Whether a run may start at a second: its last value lies in years that can be stated too.
pub(crate) fn is_storable(start: i64) -> bool {
    let last_end = start.checked_add(DAY_SECONDS * VALUES_MAX as i64);
    Timestamp::from_second(start).is_ok() && last_end.is_some_and(|end| Timestamp::from_second(end).is_ok())
}

/// Which time a value is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Span {
    /// An interval shorter than a day.
    Interval { start: i64, seconds: u32 },
    /// A moment, with the start of the period the amount is of where there is one.
    Read { at: i64, period_start: Option<i64> },
}

impl Span {
    /// The half-open period `[start, end)`; `None` when it is empty or longer than a `u32` of seconds.
    pub(crate) fn period(start: i64, end: i64) -> Option<Self> {
        let seconds = u32::try_from(end.checked_sub(start)?).ok().filter(|seconds| 0 < *seconds)?;
        if i64::from(seconds) < DAY_SECONDS {
            return Some(Self::Interval { start, seconds });
        }
        Some(Self::Read { at: end, period_start: Some(start) })
    }

    /// First second and one past the last; a moment is its second.
    pub(crate) fn range(self) -> (i64, i64) {
        match self {
            Self::Interval { start, seconds } => (start, start.saturating_add(i64::from(seconds))),
            Self::Read { at, period_start: Some(start) } => (start, at),
            Self::Read { at, period_start: None } => (at, at.saturating_add(1)),
        }
    }
}

/// The different qualities of a message; values carry a number.
#[derive(Clone, Debug, Default)]
pub(crate) struct Qualities {
    list: Vec<Quality>,
    numbers: HashMap<Quality, u32>,
}

impl Qualities {
    /// The number of a value that carries no statement.
    pub(crate) const NONE: u32 = 0;

    /// The number of a quality.
    pub(crate) fn number(&mut self, quality: Quality) -> u32 {
        if let Some(number) = self.numbers.get(&quality) {
            return *number;
        }
        self.list.push(quality.clone());
        let number = u32::try_from(self.list.len()).unwrap_or(u32::MAX);
        self.numbers.insert(quality, number);
        number
    }

    /// The quality of a number; nothing said for [`Qualities::NONE`].
    pub(crate) fn get(&self, number: u32) -> Quality {
        let at = (number as usize).checked_sub(1);
        at.and_then(|at| self.list.get(at)).cloned().unwrap_or_default()
    }
}

/// One value, placed in time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Placed {
    pub(crate) span: Span,
    /// `None` where the source gives no value.
    pub(crate) value: Option<Decimal>,
    pub(crate) quality: u32,
    pub(crate) revision: Option<i64>,
    pub(crate) line: u64,
}

/// Values of one channel that go together.
#[derive(Clone, Debug)]
pub(crate) struct Piece {
    pub(crate) values: Values,
    pub(crate) revision: Option<Timestamp>,
    pub(crate) line: u64,
}

/// Builds pieces from values.
#[derive(Debug)]
pub(crate) struct Pieces<'a> {
    qualities: &'a Qualities,
    done: Vec<Piece>,
    open: Open,
    revision: Option<i64>,
    line: u64,
}

#[derive(Debug)]
enum Open {
    Nothing,
    Run { run: IntervalRun, next: i64, quality: u32 },
    Reads(Vec<RegisterRead>),
}

impl<'a> Pieces<'a> {
    pub(crate) fn new(qualities: &'a Qualities) -> Self {
        Self { qualities, done: Vec::new(), open: Open::Nothing, revision: None, line: 0 }
    }

    /// Adds a value; a moment outside the years that can be stored is handed back.
    pub(crate) fn push(&mut self, placed: Placed) -> Result<(), Placed> {
        if self.revision != placed.revision {
            self.close();
        }
        let taken = match placed.span {
            Span::Interval { start, seconds } => self.interval(start, seconds, placed),
            Span::Read { at, period_start } => self.read(at, period_start, placed),
        };
        taken.ok_or(placed)
    }

    /// Adds values of intervals that follow each other, the first of them placed.
    ///
    /// `digits` are at `exponent`; lines go up by `line_step`. A value that cannot be stated is handed
    /// back, and what comes after it is not taken.
    pub(crate) fn push_even(
        &mut self,
        first: Placed,
        digits: &[i64],
        exponent: i8,
        line_step: u64,
    ) -> Result<(), Placed> {
        let Span::Interval { mut start, seconds } = first.span else { return Err(first) };
        let mut line = first.line;
        let mut rest = digits;
        while let Some((next, after)) = rest.split_first() {
            let value = (*next != IntervalRun::MISSING).then_some(Decimal::new(*next, exponent));
            self.push(Placed { span: Span::Interval { start, seconds }, value, line, ..first })?;
            let taken = self.extend(after, exponent);
            let steps = 1 + taken as u64;
            start += i64::from(seconds) * i64::try_from(steps).unwrap_or(i64::MAX);
            line += line_step * steps;
            rest = &after[taken..];
        }
        Ok(())
    }

    /// Copies values into the open run as long as nothing but their digits matters.
    fn extend(&mut self, digits: &[i64], exponent: i8) -> usize {
        let Open::Run { run, next, quality } = &mut self.open else { return 0 };
        if run.exponent != exponent {
            return 0;
        }
        let taken = digits.len().min(VALUES_MAX - run.values.len());
        run.values.extend_from_slice(&digits[..taken]);
        *next += i64::from(run.length_seconds) * i64::try_from(taken).unwrap_or(0);
        if *quality != Qualities::NONE
            && let Some(span) = run.qualities.last_mut()
        {
            span.to += u32::try_from(taken).unwrap_or(0);
        }
        taken
    }

    /// Everything pushed, in order.
    pub(crate) fn finish(mut self) -> Vec<Piece> {
        self.close();
        self.done
    }

    fn interval(&mut self, start: i64, seconds: u32, placed: Placed) -> Option<()> {
        if let Open::Run { run, next, quality } = &mut self.open
            && *next == start
            && run.length_seconds == seconds
            && run.values.len() < VALUES_MAX
            && append(run, placed.value)
        {
            *next = start + i64::from(seconds);
            mark(run, quality, placed.quality, self.qualities);
            return Some(());
        }
        if !is_storable(start) {
            return None;
        }
        let start_at = Timestamp::from_second(start).ok()?;
        self.close();
        let exponent = placed.value.map_or(0, |value| value.exponent);
        let mut run = IntervalRun {
            start: start_at,
            length_seconds: seconds,
            values: Vec::new(),
            exponent,
            qualities: Vec::new(),
        };
        append(&mut run, placed.value);
        let mut quality = Qualities::NONE;
        mark(&mut run, &mut quality, placed.quality, self.qualities);
        self.open = Open::Run { run, next: start + i64::from(seconds), quality };
        self.began(placed);
        Some(())
    }

    fn read(&mut self, at: i64, period_start: Option<i64>, placed: Placed) -> Option<()> {
        let read = RegisterRead {
            at: Timestamp::from_second(at).ok()?,
            period_start: period_start.map(Timestamp::from_second).transpose().ok()?,
            value: placed.value,
            quality: self.qualities.get(placed.quality),
        };
        if let Open::Reads(reads) = &mut self.open
            && reads.len() < VALUES_MAX
        {
            reads.push(read);
            return Some(());
        }
        self.close();
        self.open = Open::Reads(vec![read]);
        self.began(placed);
        Some(())
    }

    fn began(&mut self, placed: Placed) {
        self.revision = placed.revision;
        self.line = placed.line;
    }

    fn close(&mut self) {
        let values = match std::mem::replace(&mut self.open, Open::Nothing) {
            Open::Nothing => return,
            Open::Run { run, .. } => Values::Intervals(run),
            Open::Reads(reads) => Values::Registers(reads),
        };
        let revision = self.revision.and_then(|second| Timestamp::from_second(second).ok());
        self.done.push(Piece { values, revision, line: self.line });
    }
}

/// Adds a value to a run, in the finest exponent of both; `false` when that would not fit.
fn append(run: &mut IntervalRun, value: Option<Decimal>) -> bool {
    let Some(value) = value else {
        run.values.push(IntervalRun::MISSING);
        return true;
    };
    if value.exponent < run.exponent && !refine(run, value.exponent) {
        return false;
    }
    match value.rescaled(run.exponent) {
        Ok(digits) if digits != IntervalRun::MISSING => {
            run.values.push(digits);
            true
        }
        _ => false,
    }
}

fn refine(run: &mut IntervalRun, exponent: i8) -> bool {
    let finer = |digits: &i64| match *digits {
        IntervalRun::MISSING => Some(IntervalRun::MISSING),
        digits => Decimal::new(digits, run.exponent).rescaled(exponent).ok().filter(|d| *d != IntervalRun::MISSING),
    };
    let Some(values) = run.values.iter().map(finer).collect::<Option<Vec<i64>>>() else {
        return false;
    };
    run.values = values;
    run.exponent = exponent;
    true
}

/// Says the quality of the last value of a run.
fn mark(run: &mut IntervalRun, last: &mut u32, quality: u32, qualities: &Qualities) {
    let to = u32::try_from(run.values.len()).unwrap_or(u32::MAX);
    let continued = *last == quality;
    *last = quality;
    if quality == Qualities::NONE {
        return;
    }
    match run.qualities.last_mut() {
        Some(span) if continued && span.to + 1 == to => span.to = to,
        _ => run.qualities.push(QualitySpan { from: to - 1, to, quality: qualities.get(quality) }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn interval(start: i64, seconds: u32, value: &str, quality: u32) -> Placed {
        let value = (value != "-").then(|| value.parse().expect("a decimal"));
        Placed { span: Span::Interval { start, seconds }, value, quality, revision: None, line: 1 }
    }

    #[test]
    fn runs_end_at_gaps_and_take_the_finest_exponent() {
        let mut qualities = Qualities::default();
        let good = qualities.number(Quality { flag: "A".into(), ..Quality::default() });
        let mut pieces = Pieces::new(&qualities);
        for placed in [
            interval(0, 900, "1.5", good),
            interval(900, 900, "-", Qualities::NONE),
            interval(1800, 900, "2.25", good),
            interval(2700, 900, "3", good),
            interval(4500, 900, "4", Qualities::NONE),
        ] {
            pieces.push(placed).expect("in range");
        }
        let pieces = pieces.finish();
        assert_eq!(pieces.len(), 2);
        let Values::Intervals(run) = &pieces[0].values else { panic!("a run") };
        assert_eq!(run.values, [150, IntervalRun::MISSING, 225, 300]);
        assert_eq!(run.exponent, -2);
        let spans: Vec<(u32, u32)> = run.qualities.iter().map(|span| (span.from, span.to)).collect();
        assert_eq!(spans, [(0, 1), (2, 4)]);
    }

    #[test]
    fn a_value_that_does_not_fit_the_exponent_starts_a_run() {
        let qualities = Qualities::default();
        let mut pieces = Pieces::new(&qualities);
        pieces.push(interval(0, 900, "900000000000000000", 0)).expect("in range");
        pieces.push(interval(900, 900, "0.001", 0)).expect("in range");
        assert_eq!(pieces.finish().len(), 2);
    }

    #[test]
    fn a_day_or_longer_is_an_amount_of_a_stated_period() {
        assert_eq!(Span::period(0, 3600), Some(Span::Interval { start: 0, seconds: 3600 }));
        assert_eq!(Span::period(0, 86_400), Some(Span::Read { at: 86_400, period_start: Some(0) }));
        assert_eq!(Span::period(10, 10), None);
        assert_eq!(Span::period(0, i64::MAX), None);
    }

    #[test]
    fn a_moment_that_cannot_be_stored_is_handed_back() {
        let qualities = Qualities::default();
        let mut pieces = Pieces::new(&qualities);
        assert!(pieces.push(interval(i64::MAX - 5, 900, "1", 0)).is_err());
        assert!(pieces.push(interval(i64::MIN, 900, "1", 0)).is_err());
    }
}
