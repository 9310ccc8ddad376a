//! What a scaling mode chooses from: the registers of the days that are scaled together, as spans of the values they counted.

use std::ops::Range;

use jiff::Timestamp;

use crate::context::{Bucket, Total, overlap};
use crate::day::Day;

/// The registers of some days, the values of which stand one after the other.
pub(crate) struct Registers<'a> {
    /// The days in order of time, each with the place of its first value.
    pub days: Vec<(Day<'a>, usize)>,
    /// The places of the day itself.
    pub own: Range<usize>,
    /// The differences of registers that count all day.
    pub totals: Vec<&'a Total>,
    /// The time-of-use buckets with their differences.
    pub buckets: Vec<(&'a Bucket<'a>, &'a [Total])>,
}

/// A register difference and the values that it counted.
pub(crate) struct Span<'a> {
    /// The time-of-use bucket; empty for a register that counts all day.
    pub bucket: &'a str,
    pub total: &'a Total,
    /// Places in order of time, not empty.
    pub slots: Vec<usize>,
    /// Whether all of it lies in the days; else only the places of the day itself are named.
    pub is_whole: bool,
}

impl<'a> Registers<'a> {
    /// The spans of differences in this order, each over the values that begin when it `counts`.
    pub fn spans(
        &self,
        bucket: &'a str,
        totals: impl IntoIterator<Item = &'a Total>,
        counts: impl Fn(Timestamp) -> bool,
    ) -> Vec<Span<'a>> {
        totals.into_iter().filter_map(|total| self.span(bucket, total, &counts)).collect()
    }

    fn span(&self, bucket: &'a str, total: &'a Total, counts: impl Fn(Timestamp) -> bool) -> Option<Span<'a>> {
        let mut span = Span { bucket, total, slots: Vec::new(), is_whole: true };
        let mut seconds = 0;
        for (day, first) in &self.days {
            let Some((from, to)) = day.slots_of(total.range) else { continue };
            seconds += overlap(day.whole(), total.range).map_or(0, |range| range.seconds());
            let slots = (from..to).filter(|slot| counts(day.range(*slot, slot + 1).start));
            span.slots.extend(slots.map(|slot| first + usize::from(slot)));
        }
        if seconds < total.range.seconds() {
            span.is_whole = false;
            span.slots.retain(|at| self.own.contains(at));
        }
        (!span.slots.is_empty()).then_some(span)
    }
}
