//! The quantity of a billing determinant.

pub use model::determinant::Determinant;
use model::quantity::{Decimal, rounded_quotient};

/// `digits * 10^exponent`, rounded once to so many decimals, ties to even; exact where no decimals are given.
pub(crate) fn quantity(digits: i128, exponent: i8, decimals: Option<u8>) -> Option<Decimal> {
    let wanted = match decimals {
        Some(decimals) => -i8::try_from(decimals).ok()?,
        None => exponent,
    };
    let power = i16::from(exponent) - i16::from(wanted);
    let factor = 10_i128.checked_pow(u32::from(power.unsigned_abs()))?;
    let digits = if power < 0 { rounded_quotient(digits, factor) } else { digits.checked_mul(factor)? };
    Some(Decimal::new(i64::try_from(digits).ok()?, wanted))
}

/// The quantity without the zeros that are finer than a quantum.
pub(crate) fn without_zeros(mut quantity: Decimal, quantum: i8) -> Decimal {
    while quantity.exponent < quantum && quantity.digits % 10 == 0 {
        quantity = Decimal::new(quantity.digits / 10, quantity.exponent + 1);
    }
    quantity
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_rounded_once() {
        check(12_345, -3, None, "12.345");
        check(12_345, -3, Some(2), "12.34");
        check(12_355, -3, Some(2), "12.36");
        check(12, 0, Some(2), "12.00");
        check(-15, -1, Some(0), "-2");
        assert_eq!(quantity(i128::MAX, 0, None), None);
        assert_eq!(quantity(1, 0, Some(99)), None);
    }

    #[track_caller]
    fn check(digits: i128, exponent: i8, decimals: Option<u8>, expected: &str) {
        let found = quantity(digits, exponent, decimals).map(|quantity| quantity.to_string());
        assert_eq!(found.as_deref(), Some(expected));
    }
}
