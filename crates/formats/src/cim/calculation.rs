//! PendingCalculation: values that the sender left unscaled (IEC 61968-9 MeterReadings).
//!
//! `v*k + offset` with `multiplyBeforeAdd`, else `(v + offset)*k`, where `k` is `scalarFloat` or the
//! quotient of `scalarNumerator` and `scalarDenominator`. In fractions of integers: a result is the
//! exact decimal or nothing.

use model::quantity::Decimal;

/// How pending values are scaled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Calculation {
    pub(super) multiply_before_add: bool,
    pub(super) offset: Decimal,
    pub(super) numerator: Decimal,
    pub(super) denominator: Decimal,
}

impl Default for Calculation {
    fn default() -> Self {
        let one = Decimal::new(1, 0);
        Self { multiply_before_add: false, offset: Decimal::ZERO, numerator: one, denominator: one }
    }
}

impl Calculation {
    /// The scaled value; `None` where it is no decimal of 18 digits.
    pub(super) fn apply(&self, value: Decimal) -> Option<Decimal> {
        let scalar = Fraction::of(self.numerator).quotient(Fraction::of(self.denominator))?;
        let (value, offset) = (Fraction::of(value), Fraction::of(self.offset));
        let result = if self.multiply_before_add {
            value.product(scalar)?.sum(offset)?
        } else {
            value.sum(offset)?.product(scalar)?
        };
        result.decimal()
    }
}

/// `digits / divisor * 10^exponent` with a divisor above zero.
#[derive(Clone, Copy)]
struct Fraction {
    digits: i128,
    divisor: i128,
    exponent: i32,
}

impl Fraction {
    fn of(decimal: Decimal) -> Self {
        let normal = decimal.normalized();
        Self { digits: i128::from(normal.digits), divisor: 1, exponent: i32::from(normal.exponent) }
    }

    fn reduced(self) -> Self {
        let divisor = greatest_common_divisor(self.digits.unsigned_abs(), self.divisor.unsigned_abs());
        match i128::try_from(divisor) {
            Ok(divisor) if 1 < divisor => {
                Self { digits: self.digits / divisor, divisor: self.divisor / divisor, ..self }
            }
            _ => self,
        }
    }

    fn product(self, other: Self) -> Option<Self> {
        let product = Self {
            digits: self.digits.checked_mul(other.digits)?,
            divisor: self.divisor.checked_mul(other.divisor)?,
            exponent: self.exponent + other.exponent,
        };
        Some(product.reduced())
    }

    fn quotient(self, other: Self) -> Option<Self> {
        if other.digits == 0 {
            return None;
        }
        let sign = other.digits.signum();
        let turned =
            Self { digits: sign * other.divisor, divisor: other.digits.checked_mul(sign)?, exponent: -other.exponent };
        self.product(turned)
    }

    fn sum(self, other: Self) -> Option<Self> {
        let exponent = self.exponent.min(other.exponent);
        let left = self.digits.checked_mul(power_of_ten(self.exponent - exponent)?)?.checked_mul(other.divisor)?;
        let right = other.digits.checked_mul(power_of_ten(other.exponent - exponent)?)?.checked_mul(self.divisor)?;
        let divisor = self.divisor.checked_mul(other.divisor)?;
        Some(Self { digits: left.checked_add(right)?, divisor, exponent }.reduced())
    }

    fn decimal(self) -> Option<Decimal> {
        let mut fraction = self.reduced();
        while fraction.divisor != 1 {
            fraction.digits = fraction.digits.checked_mul(10)?;
            fraction.exponent -= 1;
            let before = fraction.divisor;
            fraction = fraction.reduced();
            // A factor other than 2 and 5 never goes away.
            if fraction.divisor == before {
                return None;
            }
        }
        // Zeros at the end of the digits are of the scale; they move to the exponent when it is above zero.
        while 0 < fraction.exponent {
            fraction.digits = fraction.digits.checked_mul(10)?;
            fraction.exponent -= 1;
        }
        let digits = i64::try_from(fraction.digits).ok().filter(|digits| *digits != i64::MIN)?;
        Some(Decimal::new(digits, i8::try_from(fraction.exponent).ok()?))
    }
}

fn power_of_ten(exponent: i32) -> Option<i128> {
    10_i128.checked_pow(u32::try_from(exponent).ok()?)
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
    fn results_are_exact_or_nothing() {
        // multiplyBeforeAdd: 100 * 1/8 + 0.5 = 13; else (100 + 0.5) * 1/8 = 12.5625.
        check(true, "0.5", "1", "8", "100", Some("13.0"));
        check(false, "0.5", "1", "8", "100", Some("12.5625"));
        check(false, "0", "1", "3", "9", Some("3"));
        check(false, "0", "1", "3", "10", None);
        check(false, "0", "0.025", "1", "12345", Some("308.625"));
        check(true, "-1", "-2", "-4", "3", Some("0.5"));
        check(false, "0", "1", "0", "1", None);
        check(false, "0", "1000000", "1", "1.5", Some("1500000"));
        check(true, "1e100", "1", "1", "1e-20", None);
    }

    #[track_caller]
    fn check(before: bool, offset: &str, numerator: &str, denominator: &str, value: &str, expected: Option<&str>) {
        let decimal = |text: &str| text.parse::<Decimal>().expect("a decimal");
        let calculation = Calculation {
            multiply_before_add: before,
            offset: decimal(offset),
            numerator: decimal(numerator),
            denominator: decimal(denominator),
        };
        let result = calculation.apply(decimal(value)).map(|result| result.normalized().to_string());
        let expected = expected.map(|expected| decimal(expected).normalized().to_string());
        assert_eq!(result, expected, "{value}");
    }
}
