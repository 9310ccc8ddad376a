//! Up to when the intervals of a head-end have come, over the channels that are expected of it. Pure.
//!
//! One meter that is silent must not hold up everyone who waits for a feeder or a zone, and nobody may believe that all is
//! there. So the time is told up to which a share of the channels is without a gap, and with it how many are not.

use jiff::Timestamp;
use serde::Serialize;

/// Up to when intervals have come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Complete {
    /// The end of the last interval up to which enough channels are without a gap; `None` where too many never sent any, or
    /// none is expected.
    pub until: Option<Timestamp>,
    /// Channels of which intervals are expected.
    pub expected: usize,
    /// Of these, those that have not come as far.
    pub missing: usize,
    /// Their share in hundredths of a per cent, rounded up.
    pub missing_per_10000: usize,
}

/// Up to when `per_cent` of channels have come, at least; of each the end of what it sent without a gap, `None` where it
/// sent nothing.
pub fn complete(mut reached: Vec<Option<Timestamp>>, per_cent: u8) -> Complete {
    reached.sort_unstable();
    let expected = reached.len();
    let may_miss = expected * usize::from(100_u8.saturating_sub(per_cent)) / 100;
    let until = reached.get(may_miss).copied().flatten();
    let missing = match until {
        Some(_) => reached.partition_point(|end| *end < until),
        None => reached.partition_point(Option::is_none),
    };
    Complete { until, expected, missing, missing_per_10000: (missing * 10_000).div_ceil(expected.max(1)) }
}
