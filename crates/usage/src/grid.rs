//! The places where energy is added up: one cell for each part of the period and each bucket.
//!
//! Computed once for a billing cycle; accounts only walk along it.

use jiff::Timestamp;
use model::finding::Finding;
use model::time::TimeRange;

use crate::timeline::Timeline;

/// A period with the places of its energy.
#[derive(Clone, Debug)]
pub(crate) struct Grid {
    pub range: (i64, i64),
    /// The parts between changes of rate, in order.
    pub parts: Vec<TimeRange>,
    pub buckets: usize,
    /// Every instant once, in order of time.
    pub spans: Vec<Span>,
    /// The spans cut at local midnights, for windows that begin there.
    pub day_spans: Vec<Span>,
    /// The parts, whole and cut at midnights; their cell is the number of the part.
    pub part_spans: Vec<Span>,
    pub part_day_spans: Vec<Span>,
}

/// `[start, end)` in seconds, the cell it belongs to, and the instant from which windows are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub start: i64,
    pub end: i64,
    pub cell: usize,
    pub anchor: i64,
}

impl Grid {
    /// The grid of a timeline whose period changes its rate at `cuts`.
    pub(crate) fn of(timeline: &Timeline, cuts: &[Timestamp]) -> Result<Self, Finding> {
        let parts = parts(timeline.range, cuts)?;
        let seconds = |range: TimeRange| (range.start.as_second(), range.end.as_second());
        let buckets = timeline.buckets.len();
        let mut spans = Vec::new();
        let mut part_spans = Vec::new();
        for (part, (from, to)) in parts.iter().copied().map(seconds).enumerate() {
            part_spans.push(Span { start: from, end: to, cell: part, anchor: from });
            let inside = timeline.stretches.iter().filter(|stretch| stretch.start < to && from < stretch.end);
            spans.extend(inside.map(|stretch| {
                let start = stretch.start.max(from);
                Span { start, end: stretch.end.min(to), cell: part * buckets + stretch.bucket, anchor: start }
            }));
        }
        let day_spans = at_midnights(&spans, &timeline.midnights);
        let part_day_spans = at_midnights(&part_spans, &timeline.midnights);
        Ok(Self { range: seconds(timeline.range), parts, buckets, spans, day_spans, part_spans, part_day_spans })
    }

    pub(crate) fn cells(&self) -> usize {
        self.parts.len() * self.buckets
    }
}

fn parts(range: TimeRange, cuts: &[Timestamp]) -> Result<Vec<TimeRange>, Finding> {
    let mut parts = Vec::with_capacity(cuts.len() + 1);
    let mut start = range.start;
    for cut in cuts {
        if *cut <= start || range.end <= *cut || cut.subsec_nanosecond() != 0 {
            let message = format!("a change at {cut} is not inside the period after the change before it");
            return Err(Finding::new(0, "cuts", "usage.period", message));
        }
        parts.push(TimeRange { start, end: *cut });
        start = *cut;
    }
    parts.push(TimeRange { start, end: range.end });
    Ok(parts)
}

fn at_midnights(spans: &[Span], midnights: &[i64]) -> Vec<Span> {
    let mut cut = Vec::with_capacity(spans.len() + midnights.len());
    for span in spans {
        let first = midnights.partition_point(|midnight| *midnight <= span.start);
        let mut anchor = midnights[..first].last().copied().unwrap_or(span.start);
        let mut start = span.start;
        for midnight in midnights[first..].iter().take_while(|midnight| **midnight < span.end) {
            cut.push(Span { start, end: *midnight, anchor, ..*span });
            (start, anchor) = (*midnight, *midnight);
        }
        cut.push(Span { start, anchor, ..*span });
    }
    cut
}
