//! Sums of parts that cover a span without a hole.

use jiff::Timestamp;
use model::time::TimeRange;

use super::surroundings::SpanSum;
use crate::amount::Amount;

/// What the parts of a span add up to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Coverage {
    pub sum: Amount,
    pub estimated: u32,
}

/// The sum over a span whose ends lie at most so many seconds from the edge of a part.
///
/// A stamp such as 00:05 counts as the edge next to it, so that two such reads have the same intervals
/// between them as two at the edges.
///
/// # Errors
/// One sentence, where a part or a value is missing.
pub(crate) fn covered(sums: &[SpanSum], span: TimeRange, off_edge_seconds: i64) -> Result<Coverage, String> {
    let to = nearest_edge(sums, span.end, off_edge_seconds).ok_or("no interval ends at the moment of the read")?;
    let mut at = nearest_edge(sums, span.start, off_edge_seconds).ok_or("no interval begins at the start")?;
    let mut coverage = Coverage { sum: Amount::ZERO, estimated: 0 };
    while at < to {
        let parts = sums.iter().filter(|part| part.range.start == at && at < part.range.end && part.range.end <= to);
        let part =
            parts.max_by_key(|part| part.range.end).ok_or_else(|| format!("intervals from {at} on are not known"))?;
        if 0 < part.missing {
            return Err(format!("{} intervals from {at} on have no value", part.missing));
        }
        coverage.sum = coverage.sum.plus(part.sum).ok_or("the sum is too large")?;
        coverage.estimated = coverage.estimated.saturating_add(part.estimated);
        at = part.range.end;
    }
    Ok(coverage)
}

/// The edge of a part that is nearest to an instant, the earlier of two.
fn nearest_edge(sums: &[SpanSum], at: Timestamp, off_edge_seconds: i64) -> Option<Timestamp> {
    let apart = |edge: &Timestamp| at.duration_since(*edge).unsigned_abs();
    let edges = sums.iter().flat_map(|part| [part.range.start, part.range.end]);
    let nearest = edges.min_by_key(|edge| (apart(edge), *edge))?;
    (apart(&nearest).as_secs() <= off_edge_seconds.unsigned_abs()).then_some(nearest)
}
