//! Between which reads a register counted what intervals must add up to.
//!
//! Each read that counts ends a span that begins with the one before it. Where a register started anew, nothing is known of
//! the time over the fall: V55 tells of it once, no span goes over it, and the span after it begins at the new level, with the
//! read that fell, although that one does not count.

use std::cmp::Ordering;

use model::quantity::Decimal;
use model::register::{AdvanceError, advance};

use crate::amount::Amount;

/// A read of a counter, as far as spans hang on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpanRead {
    /// What the register showed.
    pub value: Decimal,
    /// Whether intervals are held against it.
    pub counts: bool,
    /// Whether V55 told people of it, whatever became of the value.
    pub is_told: bool,
}

/// The places of the first and the last read of each span, of reads of one register in order of time.
pub fn spans(reads: &[SpanRead], dials: u8) -> Vec<(usize, usize)> {
    // What V55 told of is no roll-over, wherever the register stood.
    let is_told = |from: usize, to: usize| {
        let told = |read: &SpanRead| read.is_told && is_less(read, &reads[from]);
        is_less(&reads[to], &reads[from]) && reads[from + 1..=to].iter().any(told)
    };
    let fell = |from: usize, to: usize| {
        is_told(from, to) || advance(reads[from].value, reads[to].value, dials) == Err(AdvanceError::Fell)
    };
    let begin = |before: usize, at: usize| {
        if !fell(before, at) {
            return Some(before);
        }
        let is_level = |between: &usize| reads[*between].is_told && fell(before, *between) && !fell(*between, at);
        let level = (before + 1..at).rev().find(is_level);
        level.or((!reads[at].is_told).then_some(before))
    };
    let counting: Vec<usize> = (0..reads.len()).filter(|at| reads[*at].counts).collect();
    counting.windows(2).filter_map(|pair| Some((begin(pair[0], pair[1])?, pair[1]))).collect()
}

fn is_less(left: &SpanRead, right: &SpanRead) -> bool {
    Amount::from(left.value).compared(right.value.into()).is_some_and(Ordering::is_lt)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_span_goes_over_a_fall() {
        check("counts on", "500 524 530", "500-524 524-530");
        check("rolls over", "99990 15 30", "99990-15 15-30");
        check("a roll-over that V55 does not take for one", "99990 15! 30", "15-30");
        check("a read that is far too high", "100 9999! 110", "100-110");
        check("a read that fell alone", "500 510! 505", "500-505");
        check("a read that fell and nobody goes on from", "500 524 3! 530", "500-524 524-530");
        check("starts anew", "500 524 3! 27 51", "500-524 3-27 27-51");
        check("starts anew after a misread", "500 524 9! 3! 27", "500-524 3-27");
        check("starts anew, accepted or only warned of", "500 524 3? 27", "500-524 3-27");
        check("a fall that nobody told of", "500 524 3 27", "500-524 524-3 3-27");
        check("a failed read that V55 has no part in", "500 524 3x 27", "500-524 524-27");
    }

    /// Reads of a register of five dials: `!` failed V55, `?` failed it and counts, `x` failed another rule.
    #[track_caller]
    fn check(case: &str, reads: &str, expected: &str) {
        let cells: Vec<&str> = reads.split(' ').map(|cell| cell.trim_end_matches(['!', '?', 'x'])).collect();
        let read = |cell: &str| SpanRead {
            value: cell.trim_end_matches(['!', '?', 'x']).parse().expect("a number"),
            counts: !cell.ends_with(['!', 'x']),
            is_told: cell.ends_with(['!', '?']),
        };
        let reads: Vec<SpanRead> = reads.split(' ').map(read).collect();
        let found = spans(&reads, 5).into_iter().map(|(from, to)| format!("{}-{}", cells[from], cells[to]));
        assert_eq!(found.collect::<Vec<_>>().join(" "), expected, "{case}");
    }
}
