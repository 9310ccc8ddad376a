//! Unpacking many numbers of few bits at once: the days of most meters.
//!
//! Reads what [`super::codec`] writes; a strip with a wide piece or an outlier is left to it. Widths change from piece to piece and no processor can guess them, so there is no branch on them: a quarter of a
//! piece, 4 numbers, begins at a byte or in the middle of one and fits 64 bits with that; all quarters of a strip of
//! pieces are spread to 16 bits a number by the same shifts, side by side. Plain loops over arrays; the compiler makes
//! vectors of them.

use super::codec::{PIECE, packed_len};
use super::wire::{Input, Malformed, unzigzag};

/// Numbers that are unpacked at once.
pub(super) const STRIP: usize = PIECES * PIECE;
const PIECES: usize = 6;
const QUARTER: usize = 4;
const QUARTERS: usize = STRIP / QUARTER;
/// At this width 4 numbers and half a byte fit 64 bits; outliers, marked above, are beyond it too.
const WIDTH_MAX: u8 = 16;
/// At this width the sum of 4 differences fits 16 bits.
const WIDTH_MAX_DELTA: u8 = 14;
/// So that sums of 4 numbers with theirs stay within 32 bits.
const LEAST_MAX: u64 = 1 << 28;

/// Fills `values`, at most a strip, if all its pieces are narrow. Otherwise `false`: only `input` was moved.
#[inline(always)]
pub(super) fn take_strip<const DELTA: bool>(
    input: &mut Input<'_>,
    quantum: i64,
    least: &mut i64,
    last: &mut i64,
    values: &mut [i64],
) -> Result<bool, Malformed> {
    let Ok(quantum) = i32::try_from(quantum) else { return Ok(false) };
    let mut words = [[0; 8]; QUARTERS];
    let mut widths = [0_u64; QUARTERS];
    let mut leasts = [0_i32; PIECES];
    let width_max = if DELTA { WIDTH_MAX_DELTA } else { WIDTH_MAX };
    if LEAST_MAX < least.unsigned_abs() {
        return Ok(false);
    }
    let mut least_ahead = *least;
    let mut pieces = 0;
    let places = words.as_chunks_mut::<4>().0.iter_mut().zip(widths.as_chunks_mut::<4>().0).zip(&mut leasts);
    let mut left = values.len();
    for ((words, widths), least) in places {
        if left == 0 {
            break;
        }
        let count = left.min(PIECE);
        left -= count;
        let Some(&[width, low, high]) = input.rest().first_chunk() else { return Ok(false) };
        let is_long = low >> 7;
        least_ahead += unzigzag(u64::from(low & 0x7f) | u64::from(high * is_long) << 7);
        if width_max < width || 0x80 <= high * is_long || LEAST_MAX < least_ahead.unsigned_abs() {
            return Ok(false);
        }
        input.take(2 + usize::from(is_long))?;
        let behind = input.rest();
        input.take(packed_len(count, usize::from(width)))?;
        let mut padded = [0; 32];
        let window = match behind.first_chunk::<32>() {
            Some(window) => window,
            None => {
                padded[..behind.len()].copy_from_slice(behind);
                &padded
            }
        };
        *words = quarter_words(window, width);
        *widths = [u64::from(width); 4];
        *least = least_ahead as i32;
        pieces += 1;
    }
    *least = least_ahead;
    spread::<DELTA>(&mut words[..pieces * 4], &widths[..pieces * 4]);
    let (whole, rest) = values.as_chunks_mut::<PIECE>();
    let places = words.as_chunks::<4>().0;
    for ((words, least), values) in places.iter().zip(&leasts).zip(whole.iter_mut()) {
        put::<DELTA>(words, *least, quantum, last, values);
    }
    if !rest.is_empty()
        && let Some((words, least)) = places.iter().zip(&leasts).nth(whole.len())
    {
        let mut scratch = [0; PIECE];
        put::<DELTA>(words, *least, quantum, last, &mut scratch);
        rest.copy_from_slice(&scratch[..rest.len()]);
    }
    Ok(true)
}

/// The bits of each quarter of a piece, from bit 0 on; more bits above them.
#[inline(always)]
fn quarter_words(window: &[u8; 32], width: u8) -> [[u8; 8]; 4] {
    let mut words = [[0; 8]; 4];
    for (quarter, word) in words.iter_mut().enumerate() {
        let half_bytes = quarter * usize::from(width);
        let bytes = window[half_bytes / 2..].first_chunk().copied().unwrap_or_default();
        *word = (u64::from_le_bytes(bytes) >> (half_bytes % 2 * 4)).to_le_bytes();
    }
    words
}

/// Spreads 4 numbers of some width to 16 bits each; differences are summed up within their quarter.
#[inline(always)]
fn spread<const DELTA: bool>(words: &mut [[u8; 8]], widths: &[u64]) {
    for (word, width) in words.iter_mut().zip(widths) {
        let mask = (1_u64 << (width & 31)) - 1;
        let packed = u64::from_le_bytes(*word);
        let mut numbers = packed & mask;
        numbers |= (packed >> (width & 63) & mask) << 16;
        numbers |= (packed >> ((2 * width) & 63) & mask) << 32;
        numbers |= (packed >> ((3 * width) & 63) & mask) << 48;
        if DELTA {
            numbers += numbers << 16;
            numbers += numbers << 32;
        }
        *word = numbers.to_le_bytes();
    }
}

/// Values from the numbers of a piece.
#[inline(always)]
fn put<const DELTA: bool>(words: &[[u8; 8]; 4], least: i32, quantum: i32, last: &mut i64, values: &mut [i64; PIECE]) {
    for (word, values) in words.iter().zip(values.as_chunks_mut::<QUARTER>().0) {
        for at in 0..QUARTER {
            let number = i32::from(u16::from_le_bytes([word[2 * at], word[2 * at + 1]]));
            let number = number + if DELTA { (at as i32 + 1) * least } else { least };
            values[at] = (i64::from(number) * i64::from(quantum)).wrapping_add(*last);
        }
        if DELTA {
            let sum = i32::from(u16::from_le_bytes([word[6], word[7]])) + 4 * least;
            *last = last.wrapping_add(i64::from(sum) * i64::from(quantum));
        }
    }
}
