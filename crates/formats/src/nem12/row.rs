//! The values of one 300 record: the hot path of the reader.
//!
//! Three ways, each falling back to the next: a field of the same [`Shape`] as the one before it
//! (the same length, its point at the same place) is checked and converted inside one 64-bit word;
//! plain digits go one by one; anything else, such as a sign, an exponent or quotes, goes through
//! [`Decimal::parse`].

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
    let mut shape = Shape::new(5, Some(1));
    let mut decimals = 0_u32;
    for position in 0..values.len() {
        let rest = line.get(row.end..).unwrap_or_default();
        let (digits, value_decimals) = if let Some(digits) = rest.first_chunk().and_then(|word| shape.digits(word)) {
            row.end += shape.bytes;
            (digits, shape.decimals)
        } else if let Some(plain) = plain(rest) {
            row.end += plain.length + 1;
            shape = Shape::new(plain.length, plain.point);
            (plain.digits, plain.decimals)
        } else {
            let (digits, value_decimals, end) = long(line, position, &mut row).map_err(|fault| (position, fault))?;
            row.end = end;
            (digits, value_decimals)
        };
        values[position] = match decimals.checked_sub(value_decimals) {
            Some(0) => digits,
            Some(places) => scaled(digits, places).ok_or((position, Fault::TooLong))?,
            None => {
                for earlier in &mut values[..position] {
                    *earlier = scaled(*earlier, value_decimals - decimals).ok_or((position, Fault::TooLong))?;
                }
                decimals = value_decimals;
                digits
            }
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

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGHS: u64 = 0x8080_8080_8080_8080;
const ZEROS: u64 = ONES * b'0' as u64;

/// Where comma and point stand in the eight bytes that begin with a field.
#[derive(Clone, Copy, Debug)]
struct Shape {
    /// The bytes of comma and point, and what they have to be.
    marks_mask: u64,
    marks: u64,
    /// The bytes of the digits before the point, and of those after it once they moved up to it.
    whole: u64,
    part: u64,
    /// Bits that bring the last digit to the highest byte, and zeros for the bytes below the first.
    shift: u32,
    zeros: u64,
    decimals: u32,
    /// Bytes of the field and its comma.
    bytes: usize,
}

impl Shape {
    /// The shape of a field of `length` characters with a point at `point`; one that no bytes have
    /// where field and comma do not fit in eight bytes.
    fn new(length: usize, point: Option<usize>) -> Self {
        let digits = length.saturating_sub(usize::from(point.is_some()));
        let before = point.unwrap_or(length);
        if 7 < length || digits == 0 {
            let none = Self::new(1, None);
            return Self { marks_mask: 0, marks: 1, ..none };
        }
        let low_bytes = |count: usize| if count == 8 { u64::MAX } else { (1 << (8 * count)) - 1 };
        let at = |byte: u8, place: usize| u64::from(byte) << (8 * place);
        let point_mask = |byte: u8| point.map_or(0, |place| at(byte, place));
        Self {
            marks_mask: at(0xFF, length) | point_mask(0xFF),
            marks: at(b',', length) | point_mask(b'.'),
            whole: low_bytes(before),
            part: low_bytes(digits) & !low_bytes(before),
            shift: 64 - 8 * digits as u32,
            zeros: ZEROS & low_bytes(8 - digits),
            decimals: (digits - before) as u32,
            bytes: length + 1,
        }
    }

    /// The digits of a field of this shape; `None` where the bytes have another.
    #[inline]
    fn digits(&self, bytes: &[u8; 8]) -> Option<i64> {
        let word = u64::from_le_bytes(*bytes);
        let text = word & self.whole | word >> 8 & self.part;
        let digits = (text << self.shift | self.zeros) ^ ZEROS;
        let others = (digits.wrapping_add(ONES * 0x76) | digits) & HIGHS;
        (word & self.marks_mask == self.marks && others == 0).then(|| joined(digits))
    }
}

/// A field of digits with at most one point, as [`Decimal::parse`] would read it.
struct Plain {
    digits: i64,
    decimals: u32,
    point: Option<usize>,
    length: usize,
}

/// The digits before the next comma; `None` where another character, the end or too many come first.
fn plain(rest: &[u8]) -> Option<Plain> {
    let mut digits = 0_i64;
    let mut point = None;
    for (at, byte) in rest.iter().take(20).enumerate() {
        match byte {
            b'0'..=b'9' if at < 18 => digits = digits * 10 + i64::from(byte - b'0'),
            b'.' if point.is_none() => point = Some(at),
            b',' if at != usize::from(point.is_some()) => {
                let decimals = point.map_or(0, |point| at as u32 - point as u32 - 1);
                return Some(Plain { digits, decimals, point, length: at });
            }
            _ => return None,
        }
    }
    None
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
        fn the_word_and_the_digit_by_digit_way_agree(field in "[0-9.]{1,9}", after in "[0-9A,.]{9}") {
            let line = format!("{field},{after}");
            let expected = Decimal::parse(field.as_bytes()).ok().map(|value| (value.digits, -i32::from(value.exponent)));
            let found = plain(line.as_bytes()).map(|plain| (plain.digits, plain.decimals as i32));
            prop_assert_eq!(found, expected);
            let shape = Shape::new(field.len(), field.find('.'));
            let by_word = line.as_bytes().first_chunk().and_then(|word| shape.digits(word));
            let fits = expected.filter(|_| field.len() < 8).map(|(digits, _)| digits);
            prop_assert_eq!(by_word, fits);
        }

        #[test]
        fn any_row_reads_as_its_fields_do(fields in proptest::collection::vec("-?[0-9]{0,4}\\.?[0-9]{0,6}", 12)) {
            let line = format!("{},A", fields.join(","));
            let mut values = [0; 12];
            let parsed = parse(line.as_bytes(), 0, &mut values);
            let expected: Result<Vec<_>, usize> = fields.iter().enumerate().map(|(at, field)| {
                if field.is_empty() { return Ok(None); }
                Decimal::parse(field.as_bytes()).map(Some).map_err(|_| at)
            }).collect();
            prop_assert_eq!(parsed.map_err(|(at, _)| at).map(drop), expected.clone().map(drop));
            let (Ok(row), Ok(expected)) = (parsed, expected) else { return Ok(()) };
            for (value, expected) in values.iter().zip(expected) {
                let digits = expected.map_or(MISSING, |expected| expected.rescaled(row.exponent).expect("the finest"));
                prop_assert_eq!(*value, digits);
            }
        }
    }
}
