//! Exact numbers of formulas: fractions of 128-bit integers.

use std::cmp::Ordering;
use std::fmt;

use model::quantity::Decimal;

use crate::amount::{Amount, rounded_quotient};

/// `top / bottom`, exact, the bottom above zero. Operations answer `None` where 38 digits are not enough.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Number {
    top: i128,
    bottom: i128,
}

impl Number {
    pub(crate) const ZERO: Self = Self::whole(0);

    pub(crate) const fn whole(number: i128) -> Self {
        Self { top: number, bottom: 1 }
    }

    /// `digits * 10^exponent`.
    pub(crate) fn decimal(digits: i128, exponent: i32) -> Option<Self> {
        let power = 10_i128.checked_pow(exponent.unsigned_abs())?;
        if exponent < 0 {
            return Some(Self { top: digits, bottom: power });
        }
        digits.checked_mul(power).map(Self::whole)
    }

    pub(crate) const fn truth(holds: bool) -> Self {
        Self::whole(holds as i128)
    }

    pub(crate) const fn is_zero(self) -> bool {
        self.top == 0
    }

    pub(crate) fn negated(self) -> Option<Self> {
        Some(Self { top: self.top.checked_neg()?, ..self })
    }

    pub(crate) fn magnitude(self) -> Option<Self> {
        Some(Self { top: self.top.checked_abs()?, ..self })
    }

    pub(crate) fn plus(self, other: Self) -> Option<Self> {
        let (left, right, bottom) = self.aligned(other)?;
        Some(Self { top: left.checked_add(right)?, bottom })
    }

    pub(crate) fn minus(self, other: Self) -> Option<Self> {
        self.plus(other.negated()?)
    }

    pub(crate) fn times(self, other: Self) -> Option<Self> {
        let product = |left: Self, right: Self| {
            Some(Self { top: left.top.checked_mul(right.top)?, bottom: left.bottom.checked_mul(right.bottom)? })
        };
        product(self, other).or_else(|| {
            let crossed = Self { top: self.top, bottom: other.bottom }.reduced();
            let other_crossed = Self { top: other.top, bottom: self.bottom }.reduced();
            product(crossed, other_crossed)
        })
    }

    /// The quotient; the divisor is not zero.
    pub(crate) fn over(self, other: Self) -> Option<Self> {
        let turned = Self { top: other.bottom.checked_mul(other.top.signum())?, bottom: other.top.checked_abs()? };
        if turned.bottom == 0 { None } else { self.times(turned) }
    }

    pub(crate) fn compared(self, other: Self) -> Option<Ordering> {
        let (left, right, _) = self.aligned(other)?;
        Some(left.cmp(&right))
    }

    /// The square root of a number that is not negative: exact where it is a fraction, else rounded
    /// down to a millionth of `1 / unit`.
    pub(crate) fn square_root(self, unit: i128) -> Option<Self> {
        let Self { top, bottom } = self.reduced();
        let (top_root, bottom_root) = (top.checked_isqrt()?, bottom.checked_isqrt()?);
        if top_root * top_root == top && bottom_root * bottom_root == bottom {
            return Some(Self { top: top_root, bottom: bottom_root });
        }
        let steps = unit.checked_mul(1_000_000)?;
        let scaled = Self { top, bottom }.times(Self::whole(steps.checked_mul(steps)?))?;
        Some(Self { top: (scaled.top / scaled.bottom).checked_isqrt()?, bottom: steps })
    }

    /// Both tops over one bottom.
    fn aligned(self, other: Self) -> Option<(i128, i128, i128)> {
        if self.bottom == other.bottom {
            return Some((self.top, other.top, self.bottom));
        }
        let (left, right) = (self.reduced(), other.reduced());
        let shared = common_divisor(left.bottom.unsigned_abs(), right.bottom.unsigned_abs());
        let (left_factor, right_factor) = (right.bottom / shared, left.bottom / shared);
        let bottom = left.bottom.checked_mul(left_factor)?;
        Some((left.top.checked_mul(left_factor)?, right.top.checked_mul(right_factor)?, bottom))
    }

    fn reduced(self) -> Self {
        let shared = common_divisor(self.top.unsigned_abs(), self.bottom.unsigned_abs());
        if shared <= 1 { self } else { Self { top: self.top / shared, bottom: self.bottom / shared } }
    }
}

/// The greatest common divisor, at most the second number, which is above zero and fits the sign.
fn common_divisor(mut left: u128, mut right: u128) -> i128 {
    while left != 0 {
        (left, right) = (right % left, left);
    }
    i128::try_from(right).unwrap_or(1)
}

impl TryFrom<Decimal> for Number {
    type Error = ();

    fn try_from(decimal: Decimal) -> Result<Self, ()> {
        Self::decimal(decimal.digits.into(), decimal.exponent.into()).ok_or(())
    }
}

impl fmt::Display for Number {
    /// Exact where six decimals or the powers of ten of the bottom are enough, else `about 0.333333`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { top, bottom } = self.reduced();
        let places = (0..=18_u32).find(|places| 10_i128.pow(*places) % bottom == 0);
        if let Some(places) = places
            && let Some(digits) = top.checked_mul(10_i128.pow(places) / bottom)
        {
            return write!(f, "{}", Amount::new(digits, -places.cast_signed()));
        }
        match top.checked_mul(1_000_000) {
            Some(digits) => write!(f, "about {}", Amount::new(rounded_quotient(digits, bottom), -6)),
            None => write!(f, "about {}", top / bottom),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn number(text: &str) -> Number {
        text.parse::<Decimal>().expect("decimal").try_into().expect("small")
    }

    #[test]
    fn fractions_stay_exact() {
        let third = number("1").over(number("3")).expect("fits");
        assert_eq!(third.to_string(), "about 0.333333");
        assert_eq!(third.times(number("3")).expect("fits").to_string(), "1");
        assert_eq!(number("1.5").plus(number("0.25")).expect("fits").to_string(), "1.75");
        assert_eq!(number("1.5").compared(number("1.50")), Some(Ordering::Equal));
        assert_eq!(number("-3").over(number("-4")).expect("fits").to_string(), "0.75");
        assert!(number("1").over(Number::ZERO).is_none());
    }

    #[test]
    fn roots_are_exact_or_rounded_down_to_a_millionth_of_the_unit() {
        let root = |text: &str, unit| number(text).square_root(unit).expect("fits").to_string();
        assert_eq!(root("2.25", 1), "1.5");
        assert_eq!(root("0", 1), "0");
        assert_eq!(root("2", 1), "1.414213");
        assert_eq!(root("2", 1000), "1.414213562");
        assert!(number("-1").square_root(1).is_none());
    }

    proptest! {
        #[test]
        fn nothing_panics(a: i128, b in 1_i128.., c: i128, d in 1_i128.., unit in 1_i128..1_000_000) {
            let (left, right) = (Number { top: a, bottom: b }, Number { top: c, bottom: d });
            let _ = (left.plus(right), left.minus(right), left.times(right), left.over(right));
            let _ = (left.compared(right), left.square_root(unit), left.to_string(), left.magnitude());
        }
    }
}
