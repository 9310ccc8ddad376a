//! Exact factors: losses and shares, as a fraction of whole numbers.

use std::str::FromStr;

use model::quantity::{Decimal, rounded_quotient};

/// `numerator / denominator` in lowest terms; the denominator is more than zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ratio {
    numerator: i64,
    denominator: i64,
}

impl Ratio {
    pub(crate) const ONE: Self = Self { numerator: 1, denominator: 1 };

    /// `None` for a denominator of zero or terms of more than 18 digits.
    pub(crate) fn new(numerator: i128, denominator: i128) -> Option<Self> {
        let divisor = greatest_common_divisor(numerator.unsigned_abs(), denominator.unsigned_abs());
        let divisor = i128::try_from(divisor).ok().filter(|_| denominator != 0)? * denominator.signum();
        Some(Self {
            numerator: i64::try_from(numerator / divisor).ok()?,
            denominator: i64::try_from(denominator / divisor).ok()?,
        })
    }

    pub(crate) fn is_positive(self) -> bool {
        0 < self.numerator
    }

    pub(crate) fn times(self, other: Self) -> Option<Self> {
        Self::new(
            i128::from(self.numerator) * i128::from(other.numerator),
            i128::from(self.denominator) * i128::from(other.denominator),
        )
    }

    /// How many decimals write the ratio exactly; `None` where no number of them does, as for `1/3`.
    pub(crate) fn decimals(self) -> Option<i8> {
        let mut rest = self.denominator;
        let mut times = |factor| {
            let mut times = 0;
            while rest % factor == 0 {
                rest /= factor;
                times += 1;
            }
            times
        };
        let decimals = times(2).max(times(5));
        (rest == 1).then_some(decimals)
    }

    /// The ratio times a power of ten.
    pub(crate) fn shifted(self, power: i16) -> Option<Self> {
        let factor = 10_i128.checked_pow(u32::from(power.unsigned_abs()))?;
        let (numerator, denominator) = (i128::from(self.numerator), i128::from(self.denominator));
        if power < 0 {
            return Self::new(numerator, denominator.checked_mul(factor)?);
        }
        Self::new(numerator.checked_mul(factor)?, denominator)
    }

    /// The value times the ratio, rounded to a whole number, ties to even.
    pub(crate) fn of(self, value: i128) -> Option<i128> {
        Some(rounded_quotient(value.checked_mul(self.numerator.into())?, self.denominator.into()))
    }
}

impl FromStr for Ratio {
    type Err = ();

    /// Reads `1.015` or `203/200`.
    fn from_str(text: &str) -> Result<Self, ()> {
        let (numerator, denominator) = text.split_once('/').unwrap_or((text, "1"));
        let part = |text: &str| text.trim().parse::<Decimal>().map_err(|_| ());
        let (numerator, denominator) = (part(numerator)?, part(denominator)?);
        let ratio = Self::new(numerator.digits.into(), denominator.digits.into()).ok_or(())?;
        ratio.shifted(i16::from(numerator.exponent) - i16::from(denominator.exponent)).ok_or(())
    }
}

fn greatest_common_divisor(mut left: u128, mut right: u128) -> u128 {
    while right != 0 {
        (left, right) = (right, left % right);
    }
    left
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn factors_are_read_exactly() {
        check("1.015", 203, 200);
        check("203/200", 203, 200);
        check("1", 1, 1);
        check("2/4", 1, 2);
        check("0.5/0.25", 2, 1);
        check("-0.1", -1, 10);
        for text in ["", "1/0", "one", "1/2/3", "1e99"] {
            assert_eq!(text.parse::<Ratio>(), Err(()), "{text}");
        }
    }

    #[track_caller]
    fn check(text: &str, numerator: i64, denominator: i64) {
        assert_eq!(text.parse(), Ok(Ratio { numerator, denominator }), "{text}");
    }

    #[test]
    fn decimals_write_a_factor_exactly() {
        let expected =
            [("2", Some(0)), ("1.02", Some(2)), ("203/200", Some(3)), ("1/8", Some(3)), ("1/3", None), ("5/6", None)];
        for (text, decimals) in expected {
            assert_eq!(text.parse().map(Ratio::decimals), Ok(decimals), "{text}");
        }
    }

    #[test]
    fn ties_go_to_even() {
        // 1.015 of 100 is 101.5, of 300 is 304.5, of 200 exactly 203.
        let loss: Ratio = "1.015".parse().expect("a ratio");
        let expected = [(100, 102), (300, 304), (200, 203), (-100, -102), (0, 0)];
        for (value, expected) in expected {
            assert_eq!(loss.of(value), Some(expected), "{value}");
        }
        assert_eq!(loss.of(i128::MAX), None);
    }
}
