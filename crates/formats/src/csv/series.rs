//! Where values lie in time when every row carries one stamp: the step between rows is the interval.
//!
//! The first step decides. Below 23 hours it is the interval length, and a longer step later is a
//! gap; from 23 hours on the rows are days or billing periods, each reaching to the next row.

use jiff::Timestamp;
use model::finding::Severity;
use model::time::IntervalNaming;

use crate::pieces::{Placed, Span};

/// The shortest local day.
pub const DAY_SECONDS_MIN: i64 = 23 * 3600;

/// A row that waits for its neighbour; its `span` is set when the step is known.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// The stamp.
    pub at: Timestamp,
    /// Everything but the place in time.
    pub placed: Placed,
}

/// Something to tell about a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// Line of the row.
    pub line: u64,
    /// What it costs.
    pub severity: Severity,
    /// Code of the finding.
    pub code: &'static str,
    /// The sentence.
    pub message: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Interval(u32),
    Period,
}

/// The rows of one channel, in order.
#[derive(Debug)]
pub struct Series {
    naming: IntervalNaming,
    step: Option<Step>,
    previous: Option<Row>,
    /// Whether `previous`, the first row named by its end, still waits for the length.
    first_waits: bool,
}

impl Series {
    /// An empty series whose stamps are starts or ends.
    pub fn new(naming: IntervalNaming) -> Self {
        Self { naming, step: None, previous: None, first_waits: false }
    }

    /// The length of its intervals, once two rows say it.
    pub fn interval_seconds(&self) -> Option<u32> {
        match self.step? {
            Step::Interval(seconds) => Some(seconds),
            Step::Period => None,
        }
    }

    /// The row that waits for its neighbour.
    pub fn waiting(&mut self) -> Option<&mut Placed> {
        self.previous.as_mut().map(|row| &mut row.placed)
    }

    /// Adds a row; `placed` and `remarks` get what it decides. A row that is not after the one before
    /// it is told and not taken.
    pub fn push(&mut self, row: Row, placed: &mut Vec<Placed>, remarks: &mut Vec<Remark>) {
        let Some(previous) = self.previous else {
            self.previous = Some(row);
            self.first_waits = self.naming == IntervalNaming::Ending;
            return;
        };
        let seconds = row.at.as_second() - previous.at.as_second();
        if seconds <= 0 {
            remarks.push(Remark {
                line: row.placed.line,
                severity: Severity::Error,
                code: "csv.order",
                message: format!("the stamp is not after {}, the one before it; this row is not read", previous.at),
            });
            return;
        }
        let step = *self.step.get_or_insert_with(|| match u32::try_from(seconds) {
            Ok(length) if seconds < DAY_SECONDS_MIN => Step::Interval(length),
            _ => Step::Period,
        });
        if self.first_waits {
            self.place_first(step, previous, placed, remarks);
        }
        let named = match self.naming {
            IntervalNaming::Beginning => previous,
            IntervalNaming::Ending => row,
        };
        let span = match step {
            Step::Interval(length) if seconds == i64::from(length) => interval(self.naming, named.at, length),
            Step::Interval(length) if seconds % i64::from(length) == 0 => {
                let missing = seconds / i64::from(length) - 1;
                remarks.push(Remark {
                    line: row.placed.line,
                    severity: Severity::Note,
                    code: "csv.gap",
                    message: format!("{missing} intervals of {length} s have no row before this one"),
                });
                interval(self.naming, named.at, length)
            }
            Step::Interval(length) => {
                remarks.push(Remark {
                    line: row.placed.line,
                    severity: Severity::Warning,
                    code: "csv.step",
                    message: format!("the step is {seconds} s where {length} s was the rule; the value is kept as the amount of that period"),
                });
                period(previous.at, row.at)
            }
            Step::Period => period(previous.at, row.at),
        };
        placed.push(Placed { span, ..named.placed });
        self.previous = Some(row);
    }

    /// Ends the series: places the last row where its length is known.
    pub fn finish(&mut self, placed: &mut Vec<Placed>, remarks: &mut Vec<Remark>) {
        let Some(last) = self.previous.take() else { return };
        let waits = self.naming == IntervalNaming::Beginning || self.first_waits;
        // A last row without a value only says where the one before it ends.
        if !waits || last.placed.value.is_none() {
            return;
        }
        match self.step {
            Some(Step::Interval(length)) => {
                placed.push(Placed { span: interval(self.naming, last.at, length), ..last.placed });
            }
            _ => remarks.push(unbounded(&last)),
        }
    }

    fn place_first(&mut self, step: Step, first: Row, placed: &mut Vec<Placed>, remarks: &mut Vec<Remark>) {
        self.first_waits = false;
        match step {
            Step::Interval(length) => {
                placed.push(Placed { span: interval(self.naming, first.at, length), ..first.placed });
            }
            Step::Period if first.placed.value.is_some() => remarks.push(unbounded(&first)),
            Step::Period => {}
        }
    }
}

fn unbounded(row: &Row) -> Remark {
    Remark {
        line: row.placed.line,
        severity: Severity::Error,
        code: "csv.period",
        message:
            "no neighbouring row says how long this value's period is; add a row with an empty value, or start and end"
                .into(),
    }
}

fn interval(naming: IntervalNaming, at: Timestamp, length: u32) -> Span {
    let start = match naming {
        IntervalNaming::Beginning => at.as_second(),
        IntervalNaming::Ending => at.as_second() - i64::from(length),
    };
    Span::Interval { start, seconds: length }
}

fn period(start: Timestamp, end: Timestamp) -> Span {
    Span::Read { at: end.as_second(), period_start: Some(start.as_second()) }
}
