//! Time of use: each bucket is scaled by its own registers, within the intervals that begin in its hours (catalogue 3.4, IEE).

use jiff::Timestamp;
use model::time::TimeRange;

use crate::context::{Bucket, Total};

/// Buckets in the order they are met.
pub(crate) fn in_order<'b, 't>(buckets: &[(&'b Bucket<'b>, &'t [Total])]) -> Vec<(&'b Bucket<'b>, &'t [Total])> {
    let mut buckets = buckets.to_vec();
    buckets.sort_by_key(|(bucket, _)| bucket.name);
    buckets
}

/// Whether an instant lies in one of some ranges in order of time.
pub(crate) fn is_within(hours: &[TimeRange], at: Timestamp) -> bool {
    let after = hours.partition_point(|range| range.start <= at);
    after.checked_sub(1).is_some_and(|last| hours[last].contains(at))
}
