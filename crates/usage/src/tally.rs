//! Sums, counts and hashes of the intervals of each cell of a grid.

use jiff::Timestamp;
use model::finding::Finding;
use serde::{Deserialize, Serialize};

use crate::grid::{Grid, Span};
use crate::inputs_hash::InputsHash;
use crate::prorate::share;
use crate::quality::Counts;
use crate::series::{MISSING, Piece};

/// What happens to an interval that lies across the edge of a bucket or of a part of the period.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AcrossEdge {
    /// There is no determinant; the finding names the interval.
    #[default]
    Refuse,
    /// Its energy is shared by seconds, as if used evenly; it is counted where it begins.
    Split,
}

/// What lies in one cell.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cell {
    pub sum: i128,
    pub counts: Counts,
    pub inputs_hash: u64,
}

/// The cells of a grid.
pub(crate) fn tally(pieces: &[Piece<'_>], grid: &Grid, across_edge: AcrossEdge) -> Result<Vec<Cell>, Finding> {
    let mut cells = vec![Cell::default(); grid.cells()];
    let mut hashes = room(pieces, grid);
    let mut first = 0;
    for piece in pieces {
        while grid.spans.get(first).is_some_and(|span| span.end <= piece.start) {
            first += 1;
        }
        for span in grid.spans[first..].iter().take_while(|span| span.start < piece.end()) {
            add(piece, span, across_edge, &mut cells[span.cell], &mut hashes[span.cell])?;
        }
    }
    for (cell, hash) in cells.iter_mut().zip(&hashes) {
        cell.inputs_hash = hash.finish();
    }
    Ok(cells)
}

/// A hash for each cell, with room for its values and what is told of each stretch beside them.
fn room(pieces: &[Piece<'_>], grid: &Grid) -> Vec<InputsHash> {
    const BESIDE: i64 = 5;
    let length = pieces.first().map_or(i64::MAX, |piece| piece.length);
    let mut numbers = vec![0; grid.cells()];
    for span in &grid.spans {
        numbers[span.cell] += (span.end - span.start) / length + BESIDE;
    }
    numbers.into_iter().map(|numbers| InputsHash::with_room(usize::try_from(numbers).unwrap_or_default())).collect()
}

/// Adds the part of a piece that lies in a span.
fn add(
    piece: &Piece<'_>,
    span: &Span,
    across_edge: AcrossEdge,
    cell: &mut Cell,
    hash: &mut InputsHash,
) -> Result<(), Finding> {
    let (from, to) = (span.start.max(piece.start) - piece.start, span.end.min(piece.end()) - piece.start);
    let length = piece.length;
    for number in [piece.start + from, piece.start + to, length] {
        hash.number(number);
    }
    let (head, tail) = (from % length, to % length);
    if (head != 0 || tail != 0) && across_edge == AcrossEdge::Refuse {
        return Err(across(piece, if head != 0 { from } else { to }));
    }
    let whole = (index(from + length - 1, length), index(to, length));
    if head != 0 {
        let end = (to - from + head).min(length);
        add_share(piece, index(from, length), (head, end), cell, hash)?;
    }
    add_whole(piece, whole, cell, hash);
    if tail != 0 && whole.0 <= whole.1 {
        add_share(piece, whole.1, (0, tail), cell, hash)?;
    }
    Ok(())
}

fn index(seconds: i64, length: i64) -> usize {
    usize::try_from(seconds / length).unwrap_or_default()
}

/// Adds whole intervals, a stretch of equal flags at a time.
fn add_whole(piece: &Piece<'_>, (from, to): (usize, usize), cell: &mut Cell, hash: &mut InputsHash) {
    if to <= from {
        return;
    }
    hash.numbers(&piece.values[from..to]);
    let first = piece.marks.partition_point(|mark| mark.to <= from);
    let mut at = from;
    for mark in &piece.marks[first..] {
        let end = mark.to.min(to);
        let (sum, missing) = sum_and_missing(&piece.values[at..end]);
        cell.sum += sum;
        mark.flags.count(&mut cell.counts, end - at, missing);
        hash.numbers(&[(end - at) as i64, mark.flags.number()]);
        at = end;
        if at == to {
            break;
        }
    }
}

/// The exact sum of the values and how many are missing.
///
/// High and low halves are added apart: neither can overflow in a slice of fewer than 2^31 values.
pub(crate) fn sum_and_missing(values: &[i64]) -> (i128, usize) {
    let (mut high, mut low, mut missing) = (0_i64, 0_i64, 0_i64);
    for value in values {
        let is_missing = *value == MISSING;
        let present = if is_missing { 0 } else { *value };
        high += present >> 32;
        low += present & 0xffff_ffff;
        missing += i64::from(is_missing);
    }
    ((i128::from(high) << 32) + i128::from(low), usize::try_from(missing).unwrap_or_default())
}

/// Adds the share `[from, to)` in seconds of one interval; it is counted where it begins.
fn add_share(
    piece: &Piece<'_>,
    at: usize,
    (from, to): (i64, i64),
    cell: &mut Cell,
    hash: &mut InputsHash,
) -> Result<(), Finding> {
    let value = piece.values[at];
    let is_missing = value == MISSING;
    if !is_missing {
        let share = share(value.into(), piece.length, from, to);
        cell.sum += share.ok_or_else(|| across(piece, piece.length * at as i64))?;
    }
    let flags = piece.marks[piece.marks.partition_point(|mark| mark.to <= at)].flags;
    if from == 0 {
        flags.count(&mut cell.counts, 1, is_missing.into());
    }
    hash.numbers(&[value, flags.number()]);
    Ok(())
}

fn across(piece: &Piece<'_>, seconds: i64) -> Finding {
    let edge = piece.start + seconds;
    let start = edge - seconds % piece.length;
    let instant = |second| Timestamp::from_second(second).map_or_else(|_| second.to_string(), |at| at.to_string());
    let message = format!(
        "the interval {} to {} lies across an edge at {}; deliver shorter intervals, move the edge, or set \
         across_edge to `split`",
        instant(start),
        instant(start + piece.length),
        instant(edge)
    );
    Finding::new(0, "across_edge", "usage.across_edge", message)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn halves_make_the_exact_sum(values in proptest::collection::vec(prop_oneof![any::<i64>(), Just(MISSING), Just(i64::MAX), Just(-1)], 0..300)) {
            let present = values.iter().filter(|value| **value != MISSING);
            let expected: i128 = present.clone().map(|value| i128::from(*value)).sum();
            prop_assert_eq!(sum_and_missing(&values), (expected, values.len() - present.count()));
        }
    }
}
