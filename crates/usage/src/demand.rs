//! Demand: the largest energy of a window, as the power that would use it evenly.
//!
//! - Block windows follow each other from local midnight; sliding windows begin at every interval.
//! - A window counts for a bucket when it lies wholly inside one stretch of it, so a window across an edge counts only
//!   for the period as a whole.
//! - A window with a missing interval is no demand, and neither is one across a change of the interval length.
//! - The earliest of equal peaks is told.

use model::finding::Finding;
use serde::{Deserialize, Serialize};

use crate::grid::{Grid, Span};
use crate::series::{MISSING, Piece};

/// How windows follow each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Windows {
    /// One after the other, from local midnight.
    Block,
    /// One at every interval.
    Sliding,
}

/// The window of a demand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DemandWindow {
    /// Its length: 5, 10, 15, 20, 30 or 60.
    pub minutes: u8,
    /// How windows follow each other.
    pub windows: Windows,
}

/// What demands are of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// Of buckets in the parts of a period.
    Buckets,
    /// Of the parts of a period as a whole.
    Parts,
}

/// The window with the most energy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Peak {
    /// Energy in quanta.
    pub energy: i128,
    /// When the window begins, in seconds.
    pub start: i64,
}

impl DemandWindow {
    /// Whether the length divides an hour, so that power is an exact multiple of energy.
    pub(crate) fn is_known(self) -> bool {
        [5, 10, 15, 20, 30, 60].contains(&self.minutes)
    }

    pub(crate) fn seconds(self) -> i64 {
        i64::from(self.minutes) * 60
    }

    /// Power in quanta: the energy of a window times the windows of an hour.
    pub(crate) fn power(self, energy: i128) -> Option<i128> {
        energy.checked_mul(i128::from(3600 / self.seconds().max(1)))
    }

    /// The peak of every bucket, by cell of the grid, or of every part of the period.
    pub(crate) fn peaks(self, pieces: &[Piece<'_>], grid: &Grid, place: Place) -> Result<Vec<Option<Peak>>, Finding> {
        let spans = self.spans(grid, place);
        let mut peaks = match place {
            Place::Buckets => vec![None; grid.cells()],
            Place::Parts => vec![None; grid.parts.len()],
        };
        let mut first = 0;
        for piece in pieces.iter().filter(|piece| !piece.is_gap) {
            self.check(piece)?;
            while spans.get(first).is_some_and(|span| span.end <= piece.start) {
                first += 1;
            }
            for span in spans[first..].iter().take_while(|span| span.start < piece.end()) {
                self.raise(&mut peaks[span.cell], piece, span)?;
            }
        }
        Ok(peaks)
    }

    /// Whether a window lies wholly inside any stretch of a cell, or of a part of the period, whatever is measured there.
    pub(crate) fn fits_into(self, grid: &Grid, (place, cell): (Place, usize)) -> bool {
        let fits = |span: &Span| {
            let wait = match self.windows {
                Windows::Block => (span.anchor - span.start).rem_euclid(self.seconds()),
                Windows::Sliding => 0,
            };
            span.start + wait + self.seconds() <= span.end
        };
        self.spans(grid, place).iter().any(|span| span.cell == cell && fits(span))
    }

    /// The stretches that windows lie in.
    fn spans(self, grid: &Grid, place: Place) -> &[Span] {
        match (self.windows, place) {
            (Windows::Block, Place::Buckets) => &grid.day_spans,
            (Windows::Sliding, Place::Buckets) => &grid.spans,
            (Windows::Block, Place::Parts) => &grid.part_day_spans,
            (Windows::Sliding, Place::Parts) => &grid.part_spans,
        }
    }

    fn check(self, piece: &Piece<'_>) -> Result<(), Finding> {
        if self.seconds() % piece.length == 0 {
            return Ok(());
        }
        let message = format!(
            "a window of {} min is no whole number of intervals of {} s; use a longer window or shorter intervals",
            self.minutes, piece.length
        );
        Err(Finding::new(0, "minutes", "usage.window", message))
    }

    /// Raises a peak to the largest window of a piece that lies inside a span.
    fn raise(self, peak: &mut Option<Peak>, piece: &Piece<'_>, span: &Span) -> Result<(), Finding> {
        let (from, to) = (span.start.max(piece.start), span.end.min(piece.end()));
        let step = match self.windows {
            Windows::Block => self.seconds(),
            Windows::Sliding => piece.length,
        };
        let anchor = match self.windows {
            Windows::Block => span.anchor,
            Windows::Sliding => piece.start,
        };
        let start = from + (anchor - from).rem_euclid(step);
        if (start - piece.start) % piece.length != 0 {
            let message = format!(
                "intervals of {} s do not begin where windows of {} min begin; check the clock of the readings",
                piece.length, self.minutes
            );
            return Err(Finding::new(0, "minutes", "usage.window", message));
        }
        let position = |second: i64| usize::try_from((second - piece.start) / piece.length).unwrap_or_default();
        let (first, last) = (position(start), position(to));
        if first < last {
            let size = position(piece.start + self.seconds());
            let found = largest(&piece.values[first..last], size, self.windows, peak.map(|peak| peak.energy));
            *peak = found.map(|(energy, at)| Peak { energy, start: start + piece.length * at as i64 }).or(*peak);
        }
        Ok(())
    }
}

/// The largest sum of a window of `size` values without a missing one, and where it begins; the first among equals. `None`
/// where none is above what was found before.
fn largest(values: &[i64], size: usize, windows: Windows, before: Option<i128>) -> Option<(i128, usize)> {
    if values.len() < size {
        return None;
    }
    if are_small(values) {
        // What is above every sum of 64 bits is above these.
        let before = before.map(|before| i64::try_from(before).unwrap_or(if before < 0 { i64::MIN } else { i64::MAX }));
        let (energy, at) = match windows {
            Windows::Sliding => Some(largest_sliding(values, size)).filter(|(energy, _)| before < Some(*energy)),
            // The windows of intervals of 15, 10, 5 and 30 minutes: what is known beforehand adds several times faster.
            Windows::Block => match size {
                1 => largest_block::<1>(values, before),
                2 => largest_block::<2>(values, before),
                3 => largest_block::<3>(values, before),
                4 => largest_block::<4>(values, before),
                6 => largest_block::<6>(values, before),
                12 => largest_block::<12>(values, before),
                _ => first_largest(values.chunks_exact(size).map(|window| window.iter().sum()), before),
            },
        }?;
        return Some((energy.into(), if windows == Windows::Block { at * size } else { at }));
    }
    let step = if windows == Windows::Block { size } else { 1 };
    let complete = values.windows(size).enumerate().step_by(step).filter(|(_, window)| !window.contains(&MISSING));
    let sums = complete.map(|(at, window)| (window.iter().copied().map(i128::from).sum::<i128>(), at));
    let most = sums.reduce(|most, next| if most.0 < next.0 { next } else { most });
    most.filter(|(energy, _)| before < Some(*energy))
}

/// Values of which an hour of seconds adds up without overflow lie from `-SMALL` to below `SMALL`; [`MISSING`] does not.
const SMALL: i64 = 1 << 50;

fn are_small(values: &[i64]) -> bool {
    // A bit above those of the range shows in the bits of all together.
    let bits = values.iter().fold(0, |bits, value| bits | value.wrapping_add(SMALL).cast_unsigned());
    bits < 2 * SMALL.cast_unsigned()
}

fn largest_block<const SIZE: usize>(values: &[i64], before: Option<i64>) -> Option<(i64, usize)> {
    let (windows, _) = values.as_chunks::<SIZE>();
    first_largest(windows.iter().map(|window| window.iter().sum()), before)
}

/// It is looked for its place only where it is above what was found before, which most stretches are not.
fn first_largest(mut sums: impl Iterator<Item = i64> + Clone, before: Option<i64>) -> Option<(i64, usize)> {
    let most = sums.clone().max().filter(|most| before < Some(*most))?;
    Some((most, sums.position(|sum| sum == most)?))
}

/// Of values that are at least one window.
fn largest_sliding(values: &[i64], size: usize) -> (i64, usize) {
    let mut sum: i64 = values[..size].iter().sum();
    let mut largest = (sum, 0);
    for (at, (enters, leaves)) in values[size..].iter().zip(values).enumerate() {
        sum += enters - leaves;
        if largest.0 < sum {
            largest = (sum, at + 1);
        }
    }
    largest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_window_is_found_with_its_place() {
        check("1 2 3 4", 1, "4@3", "4@3");
        check("4 1 4", 1, "4@0", "4@0");
        check("1 5 5 1", 2, "6@0", "10@1");
        check("1 5 _ 9 9 1", 2, "10@4", "18@3");
        check("_ _", 1, "none", "none");
        check("1 2 3", 4, "none", "none");
        check("-3 -1", 1, "-1@1", "-1@1");
        check("1 1 9 9 2 2 9 9 3", 2, "18@2", "18@2");
        check("1 2 3 4 9 9 9 9 9 9 9", 4, "36@4", "36@4");
        check("1 2 3 4 5 6 7 8 9 10 11", 5, "40@5", "45@6");
        check("-5 -4 -3 -2", 3, "-12@0", "-9@1");
        // Too large for sums of 64 bits.
        check("9223372036854775807 9223372036854775807 1 1", 2, "18446744073709551614@0", "18446744073709551614@0");
        check("1125899906842623 1125899906842623 1125899906842624 1", 2, "2251799813685246@0", "2251799813685247@1");
    }

    #[track_caller]
    fn check(series: &str, size: usize, block: &str, sliding: &str) {
        let values: Vec<i64> = series.split_whitespace().map(|cell| cell.parse().unwrap_or(MISSING)).collect();
        let told = |windows| {
            let found = largest(&values, size, windows, None);
            let above = |before| largest(&values, size, windows, Some(before));
            if let Some((energy, _)) = found {
                assert_eq!((above(energy), above(energy - 1)), (None, found), "only what is above counts");
            }
            found.map_or("none".into(), |(energy, at)| format!("{energy}@{at}"))
        };
        assert_eq!((told(Windows::Block).as_str(), told(Windows::Sliding).as_str()), (block, sliding), "{series}");
    }
}
