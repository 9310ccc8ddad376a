//! Time of use: each bucket is scaled by its own registers, within the intervals that begin in its hours (catalogue 3.4, IEE).

use jiff::Timestamp;
use model::time::TimeRange;

use super::partial;
use super::registers::{Registers, Span};
use crate::context::{Bucket, Total};

/// The spans of the buckets, which are met by name; within one, every register read there is counts.
pub(crate) fn spans<'a>(registers: &Registers<'a>) -> Vec<Span<'a>> {
    let mut buckets = registers.buckets.clone();
    buckets.sort_by_key(|(bucket, _)| bucket.name);
    let of_bucket = |(bucket, totals): (&'a Bucket<'a>, &'a [Total])| {
        registers.spans(bucket.name, partial::in_order(totals), |begins| is_within(bucket.hours, begins))
    };
    buckets.into_iter().flat_map(of_bucket).collect()
}

/// Whether an instant lies in one of some ranges in order of time.
pub(crate) fn is_within(hours: &[TimeRange], at: Timestamp) -> bool {
    let after = hours.partition_point(|range| range.start <= at);
    after.checked_sub(1).is_some_and(|last| hours[last].contains(at))
}
