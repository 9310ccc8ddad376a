//! The values of one 300 record: the hot path of the reader.
//!
//! Fields of up to seven characters are found and converted inside one 64-bit word (SWAR); anything
//! else, such as a sign, an exponent, quotes or more digits, goes through [`Decimal::parse`].

use model::quantity::Decimal;
use model::reading::IntervalRun;

use crate::text::Fields;

/// What was wrong with a field of the row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The line ended before this value.
    Ended,
    /// Not a decimal number.
    NotANumber,
    /// The row cannot be written in one power of ten with 18 digits.
    TooLong,
}

/// What a row of values turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// Where the next field begins, one past the end of the line where none follows.
    pub end: usize,
    /// Power of ten of every value, 0 or less.
    pub exponent: i8,
    /// How many fields were empty.
    pub empty: usize,
    /// Position of the first value with a sign or an exponent, which the format does not allow.
    pub irregular: Option<usize>,
}

/// Reads one value for every place of `values` from the fields that begin at `start`.
///
/// All values come in the power of ten of the finest one; an empty field is
/// [`IntervalRun::MISSING`].
///
/// # Errors
/// The position of the first field that is not a value, and what is wrong with it.
pub fn parse(line: &[u8], start: usize, values: &mut [i64]) -> Result<Row, (usize, Fault)> {
    let mut row = Row { end: start, exponent: 0, empty: 0, irregular: None };
    let mut decimals = 0;
    for position in 0..values.len() {
        let (digits, value_decimals, end) = match line.get(row.end..).and_then(<[u8]>::first_chunk).and_then(short) {
            Some(short) => (short.digits, short.decimals, row.end + short.length + 1),
            None => long(line, position, &mut row).map_err(|fault| (position, fault))?,
        };
        row.end = end;
        values[position] = if value_decimals == decimals || digits == IntervalRun::MISSING {
            digits
        } else if value_decimals < decimals {
            scaled(digits, decimals - value_decimals).ok_or((position, Fault::TooLong))?
        } else {
            for earlier in &mut values[..position] {
                *earlier = scaled(*earlier, value_decimals - decimals).ok_or((position, Fault::TooLong))?;
            }
            decimals = value_decimals;
            digits
        };
    }
    row.exponent = i8::try_from(decimals).map(|decimals| -decimals).map_err(|_| (0, Fault::TooLong))?;
    Ok(row)
}

fn scaled(digits: i64, places: u32) -> Option<i64> {
    if digits == 0 || digits == IntervalRun::MISSING {
        return Some(digits);
    }
    10_i64.checked_pow(places)?.checked_mul(digits)
}

struct Short {
    digits: i64,
    decimals: u32,
    length: usize,
}

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGHS: u64 = 0x8080_8080_8080_8080;

/// Offset in bits of the lowest byte of `word` that equals `byte`; 64 where none does.
fn find(word: u64, byte: u8) -> u32 {
    let same = word ^ (ONES * u64::from(byte));
    (same.wrapping_sub(ONES) & !same & HIGHS).trailing_zeros() & !7
}

/// A field of one to seven characters `d+` or `d+.d+` (either side of the point may be empty, not
/// both) and its comma in eight bytes; `None` where that is not what the bytes are.
#[inline]
fn short(bytes: &[u8; 8]) -> Option<Short> {
    let word = u64::from_le_bytes(*bytes);
    let comma = find(word, b',');
    if comma == 0 || comma == 64 {
        return None;
    }
    let field = word & ((1 << comma) - 1);
    let point = find(field, b'.');
    let (text, bits, decimals) = if point == 64 {
        (field, comma, 0)
    } else {
        let whole = field & ((1 << point) - 1);
        (whole | (field >> 8 >> point) << point, comma - 8, (comma - 8 - point) / 8)
    };
    if bits == 0 {
        return None;
    }
    // The last digit goes to the highest byte, and zeros fill up below the first digit.
    let aligned = text << (64 - bits) | (ONES * u64::from(b'0')) >> bits;
    let digits = aligned ^ (ONES * u64::from(b'0'));
    let other = (digits.wrapping_add(ONES * 0x76) | digits) & HIGHS;
    if other != 0 {
        return None;
    }
    Some(Short { digits: joined(digits), decimals, length: comma as usize / 8 })
}

/// The number of eight decimal digits, the first in the lowest byte.
fn joined(digits: u64) -> i64 {
    const LANES: u64 = 0x0000_00FF_0000_00FF;
    let pairs = digits.wrapping_mul(10).wrapping_add(digits >> 8);
    let high = (pairs & LANES).wrapping_mul(100 + (1_000_000 << 32));
    let low = (pairs >> 16 & LANES).wrapping_mul(1 + (10_000 << 32));
    i64::from((high.wrapping_add(low) >> 32) as u32)
}

/// Any field: digits, decimals and where the next field begins.
fn long(line: &[u8], position: usize, row: &mut Row) -> Result<(i64, u32, usize), Fault> {
    if line.len() < row.end {
        return Err(Fault::Ended);
    }
    let mut fields = Fields::from(line, row.end);
    let field = fields.next_or_empty();
    let end = fields.position();
    if field.is_empty() {
        // A comma too many at the end of a short row is no value; an empty field between commas is.
        if line.len() < end {
            return Err(Fault::Ended);
        }
        row.empty += 1;
        return Ok((IntervalRun::MISSING, 0, end));
    }
    let value = Decimal::parse(&field).map_err(|error| match error {
        model::quantity::DecimalError::Syntax => Fault::NotANumber,
        _ => Fault::TooLong,
    })?;
    let plain = field.iter().all(|byte| byte.is_ascii_digit() || *byte == b'.');
    if !plain && row.irregular.is_none() {
        row.irregular = Some(position);
    }
    let exponent = value.exponent.min(0);
    let digits = value.rescaled(exponent).map_err(|_| Fault::TooLong)?;
    Ok((digits, u32::from(exponent.unsigned_abs()), end))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MISSING: i64 = IntervalRun::MISSING;

    #[test]
    fn values_take_the_power_of_ten_of_the_finest() {
        check("0,0,0.0,0.735,1.5,A,", &[0, 0, 0, 735, 1500], -3);
        check("300.000,1445.64,1433,A", &[300_000, 1_445_640, 1_433_000], -3);
        check("8,1,4,A", &[8, 1, 4], 0);
        check(".5,5.,0.25,A", &[50, 500, 25], -2);
        check("1234567,12345678,123456789.5,A", &[12_345_670, 123_456_780, 1_234_567_895], -1);
        check("-1.5,+2,1e2,A", &[-15, 20, 1000], -1);
        check("1,,2.5,A", &[10, MISSING, 25], -1);
        check(" 1 ,\"2\",3,A", &[1, 2, 3], 0);
        check("1.00,2.00,3.000000001,A", &[1_000_000_000, 2_000_000_000, 3_000_000_001], -9);
        check("0.001,1", &[1, 1000], -3);
    }

    #[track_caller]
    fn check(line: &str, expected: &[i64], exponent: i8) {
        let mut values = vec![0; expected.len()];
        let row = parse(line.as_bytes(), 0, &mut values).expect(line);
        assert_eq!((values.as_slice(), row.exponent), (expected, exponent), "{line}");
    }

    #[test]
    fn faults_name_the_position() {
        check_fault("1,2,A,,", 2, Fault::NotANumber);
        check_fault("1,2", 2, Fault::Ended);
        check_fault("1,2,", 2, Fault::Ended);
        check_fault("1,0x2,3,", 1, Fault::NotANumber);
        check_fault("1,.,3,", 1, Fault::NotANumber);
        check_fault("1,1.2.3,3,", 1, Fault::NotANumber);
        check_fault("123456789012345678901,1,1", 0, Fault::TooLong);
        check_fault("1000000000000000000,0.001,1,", 1, Fault::TooLong);
        check_fault("1,2e-200,1,", 1, Fault::NotANumber);
    }

    #[track_caller]
    fn check_fault(line: &str, position: usize, fault: Fault) {
        assert_eq!(parse(line.as_bytes(), 0, &mut [0; 3]).expect_err(line), (position, fault), "{line}");
    }

    proptest! {
        #[test]
        fn the_word_and_the_digit_by_digit_way_agree(field in "[0-9.]{1,7}", after in "[0-9A,.]{7}") {
            let line = format!("{field},{after}");
            let chunk = line.as_bytes().first_chunk().expect("more than eight bytes");
            let read = short(chunk).map(|short| (short.digits, short.decimals));
            let expected = Decimal::parse(field.as_bytes()).ok();
            prop_assert_eq!(read, expected.map(|value| (value.digits, u32::from(value.exponent.unsigned_abs()))));
        }

        #[test]
        fn any_eight_bytes_are_a_value_or_left_to_the_other_way(bytes: [u8; 8]) {
            if let Some(found) = short(&bytes) {
                let field = &bytes[..found.length];
                let expected = Decimal::parse(field).expect("what the word way takes is a decimal");
                prop_assert_eq!((found.digits, found.decimals), (expected.digits, u32::from(expected.exponent.unsigned_abs())));
            }
        }
    }
}
