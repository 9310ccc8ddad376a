//! Values as few bits: frame of reference or delta, in pieces of 16, with patched outliers.
//!
//! ```text
//! quantum   varint     every value is a multiple of it (only where it is not 1)
//! first     signed     the first value (delta only)
//! pieces    of 16 numbers each, the last one shorter:
//!   width   byte       bits of a number, 0 to 64; bit 7: there are outliers
//!   least   signed     what to add to every number of the piece, as a difference from the piece before
//!   bits    2 bytes for each bit of width, or as many as a shorter piece needs
//!   outliers           count, then position and the bits above the width of each
//! ```
//!
//! Arithmetic wraps in 64 bits on both sides, so that any values survive.

use super::narrow;
use super::wire::{Input, Malformed, Put};

/// Numbers of a piece; at this size its bits end at a byte.
pub(super) const PIECE: usize = 16;
const HAS_OUTLIERS: u8 = 0x80;

/// How the numbers relate to the values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Method {
    /// Numbers are differences from the value before.
    pub(super) delta: bool,
    /// A quantum is stated.
    pub(super) quantum: bool,
}

/// Appends the values in the shorter of the two forms.
pub(super) fn encode(values: &[i64], out: &mut Vec<u8>) -> Method {
    let quantum = common_quantum(values);
    let divided: Vec<i64>;
    let reduced = if quantum == 1 {
        values
    } else {
        out.put_signed(quantum);
        divided = values.iter().map(|value| value / quantum).collect();
        &divided
    };
    let start = out.len();
    put_pieces(reduced, out);
    let plain = out.len() - start;
    let mut method = Method { delta: false, quantum: quantum != 1 };
    if let [first, ..] = *reduced {
        let deltas: Vec<i64> = reduced.windows(2).map(|pair| pair[1].wrapping_sub(pair[0])).collect();
        let mut differences = Vec::with_capacity(plain);
        differences.put_signed(first);
        put_pieces(&deltas, &mut differences);
        if differences.len() < plain {
            out.truncate(start);
            out.extend_from_slice(&differences);
            method.delta = true;
        }
    }
    method
}

/// Fills `values` with as many values that [`encode`] wrote.
#[multiversion::multiversion(targets("x86_64+avx2+bmi1+bmi2"))]
pub(super) fn decode<'i>(input: &mut Input<'i>, method: Method, values: &mut [i64]) -> Result<(), Malformed> {
    let quantum = if method.quantum { input.signed()? } else { 1 };
    if !method.delta {
        return take_pieces::<false>(input, quantum, 0, values);
    }
    let (first, differences) = values.split_first_mut().ok_or(Malformed)?;
    *first = input.signed()?.wrapping_mul(quantum);
    take_pieces::<true>(input, quantum, *first, differences)
}

/// The largest number that divides every value; 1 for zeros only.
fn common_quantum(values: &[i64]) -> i64 {
    let mut common = 0_u64;
    for value in values {
        let mut other = value.unsigned_abs();
        while other != 0 {
            (common, other) = (other, common % other);
        }
        if common == 1 {
            return 1;
        }
    }
    i64::try_from(common).unwrap_or(1).max(1)
}

fn put_pieces(numbers: &[i64], out: &mut Vec<u8>) {
    let mut last_least = 0_i64;
    for piece in numbers.chunks(PIECE) {
        let least = piece.iter().copied().min().unwrap_or(0);
        let offsets: Vec<u64> = piece.iter().map(|number| number.wrapping_sub(least) as u64).collect();
        let width = best_width(&offsets);
        let fits = |offset: u64| width == 64 || offset >> width == 0;
        let outliers = offsets.iter().filter(|offset| !fits(**offset)).count();
        out.push(width | if outliers > 0 { HAS_OUTLIERS } else { 0 });
        out.put_signed(least.wrapping_sub(last_least));
        last_least = least;
        put_bits(&offsets, width, out);
        if outliers > 0 {
            out.put_varint(outliers as u64);
            for (at, offset) in offsets.iter().enumerate().filter(|(_, offset)| !fits(**offset)) {
                out.put_varint(at as u64);
                out.put_varint(offset >> width);
            }
        }
    }
}

/// The width with the fewest bytes, outliers included.
fn best_width(offsets: &[u64]) -> u8 {
    let mut of_width = [0_u32; 65];
    for offset in offsets {
        of_width[64 - offset.leading_zeros() as usize] += 1;
    }
    let widest = of_width.iter().rposition(|count| *count > 0).unwrap_or(0);
    let (mut best, mut best_bytes) = (widest, packed_len(offsets.len(), widest));
    for width in (0..widest).rev() {
        let above = (width + 1..=widest).map(|wider| (of_width[wider], (wider - width).div_ceil(7)));
        let outliers: usize = above.map(|(count, bytes)| count as usize * (1 + bytes)).sum();
        let bytes = packed_len(offsets.len(), width) + outliers + 1;
        if bytes < best_bytes {
            (best, best_bytes) = (width, bytes);
        }
    }
    best as u8
}

pub(super) fn packed_len(count: usize, width: usize) -> usize {
    (count * width).div_ceil(8)
}

fn put_bits(offsets: &[u64], width: u8, out: &mut Vec<u8>) {
    let mask = mask(width);
    let (mut waiting, mut bits) = (0_u128, 0_u32);
    for offset in offsets {
        waiting |= u128::from(offset & mask) << bits;
        bits += u32::from(width);
        while bits >= 8 {
            out.push(waiting as u8);
            waiting >>= 8;
            bits -= 8;
        }
    }
    if bits > 0 {
        out.push(waiting as u8);
    }
}

fn mask(width: u8) -> u64 {
    if width == 64 { u64::MAX } else { (1 << width) - 1 }
}

/// Fills `values` with the numbers of pieces, each times the quantum; where they are differences, with what they add
/// up to from `last` on.
#[inline(always)]
fn take_pieces<const DELTA: bool>(
    input: &mut Input<'_>,
    quantum: i64,
    mut last: i64,
    values: &mut [i64],
) -> Result<(), Malformed> {
    let mut least = 0;
    for strip in values.chunks_mut(narrow::STRIP) {
        let mut ahead = *input;
        if narrow::take_strip::<DELTA>(&mut ahead, quantum, &mut least, &mut last, strip)? {
            *input = ahead;
            continue;
        }
        for piece in strip.chunks_mut(PIECE) {
            take_piece(input, quantum, &mut least, piece)?;
            for number in piece.iter_mut().filter(|_| DELTA) {
                last = last.wrapping_add(*number);
                *number = last;
            }
        }
    }
    Ok(())
}

/// Unpacks a piece of any width.
#[inline(never)]
fn take_piece(input: &mut Input<'_>, quantum: i64, least: &mut i64, piece: &mut [i64]) -> Result<(), Malformed> {
    let head = input.byte()?;
    let width = head & !HAS_OUTLIERS;
    if width > 64 {
        return Err(Malformed);
    }
    *least = least.wrapping_add(input.signed()?);
    let bits = input.take(packed_len(piece.len(), usize::from(width)))?;
    let mut padded = [0; PIECE * 8 + 16];
    padded[..bits.len()].copy_from_slice(bits);
    let (mask, width) = (mask(width), usize::from(width));
    for (at, number) in piece.iter_mut().enumerate() {
        let (byte, bit) = (at * width / 8, at * width % 8);
        let word = padded[byte..].first_chunk().copied().map_or(0, u128::from_le_bytes);
        *number = ((word >> bit) as u64 & mask).cast_signed().wrapping_add(*least).wrapping_mul(quantum);
    }
    if head & HAS_OUTLIERS != 0 {
        take_outliers(input, width as u8, quantum, piece)?;
    }
    Ok(())
}

/// Adds the bits above the width to the numbers that have some.
fn take_outliers(input: &mut Input<'_>, width: u8, quantum: i64, piece: &mut [i64]) -> Result<(), Malformed> {
    for _ in 0..input.varint()? {
        let at: usize = input.number()?;
        let above = input.varint()?.checked_shl(u32::from(width)).ok_or(Malformed)?;
        let value = piece.get_mut(at).ok_or(Malformed)?;
        *value = value.wrapping_add((above as i64).wrapping_mul(quantum));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(values: &[i64], bytes_max: usize) {
        let mut bytes = Vec::new();
        let method = encode(values, &mut bytes);
        let mut input = Input::new(&bytes);
        let mut decoded = vec![77; values.len()];
        decode(&mut input, method, &mut decoded).unwrap();
        assert_eq!(decoded, values);
        assert!(input.is_empty());
        assert!(bytes.len() <= bytes_max, "{} bytes", bytes.len());
    }

    #[test]
    fn the_form_suits_the_values() {
        check(&[], 0);
        // All equal: two bytes for the quantum, then for each of 6 pieces one for the width and one for the difference.
        check(&[250; 96], 14);
        // 10 to 25: 4 bits each.
        check(&(0..96).map(|at| 10 + at % 16).collect::<Vec<_>>(), 6 * (2 + 8));
        // A counter in steps of 10 becomes a constant difference.
        check(&(0..96).map(|at| 123_456_780 + at * 10).collect::<Vec<_>>(), 20);
        // One spike does not widen its neighbours.
        let mut spike = vec![3; 96];
        spike[40] = 1_000_000;
        check(&spike, 6 * 2 + 6);
        check(&[i64::MAX, i64::MIN + 1, 0, -1], 48);
    }

    proptest! {
        #[test]
        fn any_values_survive(values in prop::collection::vec(any::<i64>(), 0..130), shift in 0_u32..64) {
            check(&values.iter().map(|value| value >> shift).collect::<Vec<_>>(), 4000);
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200), flags in 0_u8..4) {
            let method = Method { delta: flags & 1 != 0, quantum: flags & 2 != 0 };
            let _ = decode(&mut Input::new(&bytes), method, &mut [0; 96]);
        }
    }
}
