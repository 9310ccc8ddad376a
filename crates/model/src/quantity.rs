//! Exact decimals: an integer and a power of ten. Energy and money are never floats.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// `digits * 10^exponent`, exact. 1.250 is `digits: 1250, exponent: -3`.
///
/// Two decimals are equal when they are written alike (1.5 and 1.50 differ); compare amounts
/// with [`Decimal::rescaled`] or [`Sum`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Decimal {
    /// The significant digits with their sign.
    pub digits: i64,
    /// The power of ten that the digits are multiplied by.
    pub exponent: i8,
}

/// Why a text is not a decimal number Amity can hold exactly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecimalError {
    /// Not `[+-]digits[.digits][e[+-]digits]`.
    #[error("expected a decimal number such as 12.345")]
    Syntax,
    /// More than 18 significant digits.
    #[error("expected at most 18 significant digits")]
    TooLong,
    /// The amount cannot be written in the asked power of ten without rounding or overflow.
    #[error("the value is finer or larger than 10^{0} units can hold exactly")]
    Inexact(i8),
}

impl Decimal {
    /// Zero with no decimals.
    pub const ZERO: Self = Self { digits: 0, exponent: 0 };

    /// A decimal from its parts.
    pub const fn new(digits: i64, exponent: i8) -> Self {
        Self { digits, exponent }
    }

    /// The digits of the same amount at another exponent.
    ///
    /// # Errors
    /// [`DecimalError::Inexact`] when that would round or overflow.
    pub fn rescaled(self, exponent: i8) -> Result<i64, DecimalError> {
        let shift = i32::from(self.exponent) - i32::from(exponent);
        if self.digits == 0 || shift == 0 {
            return Ok(self.digits);
        }
        let inexact = DecimalError::Inexact(exponent);
        let factor = 10_i64.checked_pow(shift.unsigned_abs());
        if 0 < shift {
            return factor.and_then(|factor| self.digits.checked_mul(factor)).ok_or(inexact);
        }
        match factor {
            Some(factor) if self.digits % factor == 0 => Ok(self.digits / factor),
            _ => Err(inexact),
        }
    }

    /// The same amount without trailing zeros; zero has exponent 0.
    #[must_use]
    pub fn normalized(self) -> Self {
        let mut normal = self;
        if normal.digits == 0 {
            return Self::ZERO;
        }
        while normal.digits % 10 == 0 && normal.exponent < i8::MAX {
            normal.digits /= 10;
            normal.exponent += 1;
        }
        normal
    }

    /// Parses ASCII such as `12`, `-0.5`, `+1.25`, `.5`, `1e3`; the exponent keeps written zeros.
    ///
    /// # Errors
    /// [`DecimalError::Syntax`] or [`DecimalError::TooLong`].
    pub fn parse(text: &[u8]) -> Result<Self, DecimalError> {
        let (negative, unsigned) = match text {
            [b'-', rest @ ..] => (true, rest),
            [b'+', rest @ ..] => (false, rest),
            rest => (false, rest),
        };
        let mut digits: i64 = 0;
        let mut exponent: i32 = 0;
        let mut seen_digit = false;
        let mut seen_point = false;
        let mut is_full = false;
        let mut at = 0;
        while let Some(&byte) = unsigned.get(at) {
            match byte {
                b'0'..=b'9' => {
                    let longer = digits.checked_mul(10).and_then(|longer| longer.checked_add(i64::from(byte - b'0')));
                    match longer.filter(|_| !is_full) {
                        Some(longer) => {
                            digits = longer;
                            exponent -= i32::from(seen_point);
                        }
                        // Zeros at the end are a power of ten, as `1e30` is written out.
                        None if byte == b'0' => {
                            is_full = true;
                            exponent += i32::from(!seen_point);
                        }
                        None => return Err(DecimalError::TooLong),
                    }
                    seen_digit = true;
                }
                b'.' if !seen_point => seen_point = true,
                b'e' | b'E' if seen_digit => {
                    exponent += parse_exponent(&unsigned[at + 1..])?;
                    break;
                }
                _ => return Err(DecimalError::Syntax),
            }
            at += 1;
        }
        if !seen_digit {
            return Err(DecimalError::Syntax);
        }
        let exponent = i8::try_from(exponent).map_err(|_| DecimalError::TooLong)?;
        Ok(Self { digits: if negative { -digits } else { digits }, exponent })
    }
}

fn parse_exponent(text: &[u8]) -> Result<i32, DecimalError> {
    std::str::from_utf8(text).ok().and_then(|text| text.parse::<i8>().ok()).map(i32::from).ok_or(DecimalError::Syntax)
}

impl FromStr for Decimal {
    type Err = DecimalError;

    fn from_str(text: &str) -> Result<Self, DecimalError> {
        Self::parse(text.as_bytes())
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_scaled(f, i128::from(self.digits), self.exponent)
    }
}

/// An exact running total of decimals of any exponent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sum {
    digits: i128,
    exponent: i8,
}

impl Sum {
    /// Adds `digits * 10^exponent`.
    ///
    /// # Errors
    /// [`DecimalError::TooLong`] when the total would need more than 38 digits.
    pub fn add(&mut self, digits: i128, exponent: i8) -> Result<(), DecimalError> {
        let lowest = if self.digits == 0 { exponent } else { self.exponent.min(exponent) };
        let lift = |digits: i128, from: i8| -> Option<i128> {
            if digits == 0 {
                return Some(0);
            }
            let power = u32::try_from(i32::from(from) - i32::from(lowest)).ok()?;
            10_i128.checked_pow(power)?.checked_mul(digits)
        };
        let total = match (lift(self.digits, self.exponent), lift(digits, exponent)) {
            (Some(left), Some(right)) => left.checked_add(right),
            _ => None,
        };
        *self = Self { digits: total.ok_or(DecimalError::TooLong)?, exponent: lowest };
        Ok(())
    }

    /// The total in units of `10^exponent`, when that is exact.
    pub fn in_units(self, exponent: i8) -> Option<i128> {
        let shift = i32::from(self.exponent) - i32::from(exponent);
        let factor = 10_i128.checked_pow(shift.unsigned_abs())?;
        if 0 <= shift {
            return self.digits.checked_mul(factor);
        }
        (self.digits % factor == 0).then(|| self.digits / factor)
    }
}

impl fmt::Display for Sum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut normal = *self;
        while normal.digits != 0 && normal.digits % 10 == 0 && normal.exponent < 0 {
            normal.digits /= 10;
            normal.exponent += 1;
        }
        if normal.digits == 0 {
            return f.write_str("0");
        }
        write_scaled(f, normal.digits, normal.exponent)
    }
}

/// `dividend / divisor` to the nearest integer, ties to even (ISO 80000-1 B.3 rule A); the divisor is more than zero.
pub fn rounded_quotient(dividend: i128, divisor: i128) -> i128 {
    let floor = dividend.div_euclid(divisor);
    let rest = dividend.rem_euclid(divisor);
    match rest.cmp(&(divisor - rest)) {
        Ordering::Less => floor,
        Ordering::Greater => floor + 1,
        Ordering::Equal => floor + (floor & 1),
    }
}

fn write_scaled(f: &mut fmt::Formatter<'_>, digits: i128, exponent: i8) -> fmt::Result {
    let sign = if digits < 0 { "-" } else { "" };
    let magnitude = digits.unsigned_abs();
    if 0 <= exponent {
        let zeros = if magnitude == 0 { 0 } else { usize::from(exponent.unsigned_abs()) };
        return write!(f, "{sign}{magnitude}{:0<zeros$}", "");
    }
    let decimals = usize::from(exponent.unsigned_abs());
    let text = format!("{magnitude:0>width$}", width = decimals + 1);
    let (whole, fraction) = text.split_at(text.len() - decimals);
    write!(f, "{sign}{whole}.{fraction}")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn parses_and_prints_what_was_written() {
        for text in ["0", "0.0", "12", "-0.5", "1.250", "123456789012345678"] {
            assert_eq!(text.parse::<Decimal>().map(|decimal| decimal.to_string()), Ok(text.into()));
        }
        check("+1.25", Ok(Decimal::new(125, -2)));
        check(".5", Ok(Decimal::new(5, -1)));
        check("1e3", Ok(Decimal::new(1, 3)));
        check("1.5E-2", Ok(Decimal::new(15, -3)));
        for text in ["", "-", ".", "1.2.3", "abc", "1,5", "1e", "e5", "0x1", "NaN", " 1"] {
            check(text, Err(DecimalError::Syntax));
        }
        check("12345678901234567890123", Err(DecimalError::TooLong));
        // What is written out in full is read again, however many zeros are at its end.
        check("1000000000000000000000000000000", Ok(Decimal::new(1_000_000_000_000_000_000, 12)));
        check("100000000000000000000.00", Ok(Decimal::new(1_000_000_000_000_000_000, 2)));
        check("1000000000000000000000000000001", Err(DecimalError::TooLong));
        for text in ["1e30", "-25e100", "1e127"] {
            let written = text.parse::<Decimal>().expect("a decimal").to_string();
            assert_eq!(written.parse::<Decimal>().map(|again| again.to_string()), Ok(written), "{text}");
        }
    }

    #[track_caller]
    fn check(text: &str, expected: Result<Decimal, DecimalError>) {
        assert_eq!(text.parse::<Decimal>(), expected, "{text}");
    }

    #[test]
    fn rescaling_never_rounds() {
        assert_eq!(Decimal::new(1250, -3).rescaled(-2), Ok(125));
        assert_eq!(Decimal::new(1251, -3).rescaled(-2), Err(DecimalError::Inexact(-2)));
        assert_eq!(Decimal::new(5, 0).rescaled(-3), Ok(5000));
        assert_eq!(Decimal::new(i64::MAX, 0).rescaled(-1), Err(DecimalError::Inexact(-1)));
        assert_eq!(Decimal::new(0, -9).rescaled(5), Ok(0));
    }

    #[test]
    fn sums_mix_exponents() {
        let mut sum = Sum::default();
        for text in ["0.1", "0.22", "3", "-0.002"] {
            let decimal: Decimal = text.parse().expect("decimal");
            sum.add(i128::from(decimal.digits), decimal.exponent).expect("fits");
        }
        assert_eq!(sum.to_string(), "3.318");
        assert_eq!(sum.in_units(-3), Some(3318));
        assert_eq!(sum.in_units(-2), None);
        assert_eq!(Sum::default().to_string(), "0");
    }

    proptest! {
        #[test]
        fn print_then_parse_is_the_same(digits in -10_i64.pow(17)..10_i64.pow(17), exponent in -12_i8..=0) {
            let decimal = Decimal::new(digits, exponent);
            prop_assert_eq!(decimal.to_string().parse::<Decimal>(), Ok(decimal));
        }

        #[test]
        fn any_bytes_parse_or_fail_calmly(text in proptest::collection::vec(any::<u8>(), 0..40)) {
            let _ = Decimal::parse(&text);
        }
    }
}
