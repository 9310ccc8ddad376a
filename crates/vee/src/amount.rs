//! Exact amounts with room to multiply: sums, register differences, tolerances.

use std::cmp::Ordering;
use std::fmt;

use model::quantity::Decimal;
pub(crate) use model::quantity::rounded_quotient;

/// `digits * 10^exponent`, exact. Every operation answers `None` where 38 digits are not enough.
#[derive(Clone, Copy, Debug)]
pub struct Amount {
    digits: i128,
    exponent: i32,
}

impl Amount {
    /// Nothing.
    pub const ZERO: Self = Self::new(0, 0);

    /// An amount from its parts.
    pub const fn new(digits: i128, exponent: i32) -> Self {
        Self { digits, exponent }
    }

    /// The sum.
    #[must_use]
    pub fn plus(self, other: Self) -> Option<Self> {
        let (left, right, exponent) = self.aligned(other)?;
        Some(Self::new(left.checked_add(right)?, exponent))
    }

    /// The difference.
    #[must_use]
    pub fn minus(self, other: Self) -> Option<Self> {
        self.plus(Self::new(other.digits.checked_neg()?, other.exponent))
    }

    /// The product.
    #[must_use]
    pub fn times(self, other: Self) -> Option<Self> {
        Some(Self::new(self.digits.checked_mul(other.digits)?, self.exponent.checked_add(other.exponent)?))
    }

    /// The amount moved by a power of ten: `shifted(-2)` is a hundredth.
    #[must_use]
    pub const fn shifted(self, power: i32) -> Self {
        Self::new(self.digits, self.exponent.saturating_add(power))
    }

    /// The distance from zero.
    #[must_use]
    pub const fn magnitude(self) -> Self {
        Self::new(self.digits.saturating_abs(), self.exponent)
    }

    /// Whether it is below zero.
    pub const fn is_negative(self) -> bool {
        self.digits < 0
    }

    /// Whether it is zero, of any exponent.
    pub const fn is_zero(self) -> bool {
        self.digits == 0
    }

    /// Which of two is larger.
    pub fn compared(self, other: Self) -> Option<Ordering> {
        let (left, right, _) = self.aligned(other)?;
        Some(left.cmp(&right))
    }

    /// The larger of two.
    #[must_use]
    pub fn larger(self, other: Self) -> Option<Self> {
        Some(if self.compared(other)? == Ordering::Less { other } else { self })
    }

    /// The nearest whole number of `10^exponent`, ties to even (ISO 80000-1 B.3 rule A).
    pub fn rounded(self, exponent: i32) -> Option<i128> {
        let shift = self.exponent.checked_sub(exponent)?;
        if 0 <= shift || self.digits == 0 {
            return lifted(self.digits, shift);
        }
        match 10_i128.checked_pow(shift.unsigned_abs()) {
            Some(divisor) => Some(rounded_quotient(self.digits, divisor)),
            None => Some(0),
        }
    }

    /// How many whole `10^exponent` one share holds where the amount is divided into `divisor` shares,
    /// rounded down; `None` for a divisor of zero or less.
    pub fn quotient_down(self, divisor: Self, exponent: i32) -> Option<i128> {
        if divisor.digits <= 0 {
            return None;
        }
        let shift = self.exponent.checked_sub(divisor.exponent)?.checked_sub(exponent)?;
        if 0 <= shift || self.digits == 0 {
            return Some(lifted(self.digits, shift)?.div_euclid(divisor.digits));
        }
        let divisor = 10_i128.checked_pow(shift.unsigned_abs()).and_then(|power| power.checked_mul(divisor.digits));
        Some(divisor.map_or(-i128::from(self.is_negative()), |divisor| self.digits.div_euclid(divisor)))
    }

    fn aligned(self, other: Self) -> Option<(i128, i128, i32)> {
        let lowest = self.exponent.min(other.exponent);
        let left = lifted(self.digits, self.exponent.checked_sub(lowest)?)?;
        let right = lifted(other.digits, other.exponent.checked_sub(lowest)?)?;
        Some((left, right, lowest))
    }
}

/// `digits * 10^power` for a power of zero or more.
fn lifted(digits: i128, power: i32) -> Option<i128> {
    if digits == 0 {
        return Some(0);
    }
    10_i128.checked_pow(u32::try_from(power).ok()?)?.checked_mul(digits)
}

impl From<Decimal> for Amount {
    fn from(decimal: Decimal) -> Self {
        Self::new(i128::from(decimal.digits), i32::from(decimal.exponent))
    }
}

impl fmt::Display for Amount {
    /// Prints without trailing zeros after the point: `18.4`, `-0.05`, `1200`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { mut digits, mut exponent } = *self;
        while digits != 0 && digits % 10 == 0 && exponent < 0 {
            digits /= 10;
            exponent += 1;
        }
        if digits == 0 {
            return f.write_str("0");
        }
        let sign = if digits < 0 { "-" } else { "" };
        let magnitude = digits.unsigned_abs().to_string();
        let size = usize::try_from(exponent.unsigned_abs()).unwrap_or(usize::MAX);
        if 100 < size {
            return write!(f, "{sign}{magnitude}e{exponent}");
        }
        if 0 <= exponent {
            return write!(f, "{sign}{magnitude}{:0<size$}", "");
        }
        let padded = format!("{magnitude:0>width$}", width = size + 1);
        let (whole, fraction) = padded.split_at(padded.len() - size);
        write!(f, "{sign}{whole}.{fraction}")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn amount(text: &str) -> Amount {
        text.parse::<Decimal>().expect("decimal").into()
    }

    #[test]
    fn arithmetic_mixes_exponents() {
        assert_eq!(amount("1.5").plus(amount("0.25")).expect("fits").to_string(), "1.75");
        assert_eq!(amount("1.5").minus(amount("2")).expect("fits").to_string(), "-0.5");
        assert_eq!(amount("0.1").times(amount("12.5")).expect("fits").to_string(), "1.25");
        assert_eq!(amount("1.50").compared(amount("1.5")), Some(Ordering::Equal));
        assert_eq!(amount("12").shifted(-2).to_string(), "0.12");
        assert_eq!(amount("1e3").to_string(), "1000");
        assert_eq!(amount("0.00").to_string(), "0");
    }

    #[test]
    fn quotients_are_rounded_down() {
        for (left, right, exponent, expected) in [
            ("25.83", "1", 0, Some(25)),
            ("1033.23", "40", -1, Some(258)),
            ("-0.1", "3", 0, Some(-1)),
            ("1e3", "0.25", 0, Some(4000)),
            ("7", "2", 1, Some(0)),
            ("1e-90", "1", 0, Some(0)),
            ("7", "0", 0, None),
            ("7", "-1", 0, None),
        ] {
            assert_eq!(amount(left).quotient_down(amount(right), exponent), expected, "{left} / {right}");
        }
    }

    #[test]
    fn rounding_goes_to_the_nearest_and_ties_to_even() {
        check("2.4", 2);
        check("2.5", 2);
        check("3.5", 4);
        check("2.51", 3);
        check("-2.5", -2);
        check("-3.5", -4);
        check("-2.6", -3);
        check("1e2", 100);
    }

    #[track_caller]
    fn check(text: &str, expected: i128) {
        assert_eq!(amount(text).rounded(0), Some(expected), "{text}");
    }

    proptest! {
        #[test]
        fn nothing_panics(a in any::<i128>(), b in any::<i128>(), x in any::<i32>(), y in any::<i32>()) {
            let (left, right) = (Amount::new(a, x), Amount::new(b, y));
            let _ = (left.plus(right), left.minus(right), left.times(right), left.compared(right), left.rounded(y));
            let _ = left.quotient_down(right, y);
            let _ = (left.magnitude(), left.shifted(y), left.to_string());
        }
    }
}
