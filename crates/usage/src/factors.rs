//! Determinants that are computed of others: power factor, reactive energy beyond the free share, load factor.

use model::quantity::rounded_quotient;

/// `active / sqrt(active^2 + reactive^2)` in units of `10^-decimals`, to the nearest, ties up.
///
/// Exact: `n` is the answer where `(2n - 1)^2 * s <= 4 * 10^(2 * decimals) * active^2 < (2n + 1)^2 * s`, with `s` the
/// sum of squares. `None` where nothing was used, active energy is negative, or more than 38 digits are needed.
pub(crate) fn power_factor(active: i128, reactive: i128, decimals: u32) -> Option<i128> {
    let squared = |value: i128| value.unsigned_abs().checked_pow(2);
    let apparent = squared(active)?.checked_add(squared(reactive)?)?;
    if active < 0 || apparent == 0 {
        return None;
    }
    let scaled = 10_u128.checked_pow(decimals.checked_mul(2)?)?.checked_mul(squared(active)?)?;
    let floor = (scaled / apparent).isqrt();
    let middle = (2 * floor + 1).checked_pow(2)?.checked_mul(apparent)?;
    let nearest = if middle <= scaled.checked_mul(4)? { floor + 1 } else { floor };
    i128::try_from(nearest).ok()
}

/// Energy over the energy that the peak would have used in the whole period, in units of `10^-decimals`, ties to even.
///
/// Both in quanta of the same exponent: energy in unit-hours, peak in units. `None` for a peak of zero or less.
pub(crate) fn load_factor(energy: i128, peak: i128, seconds: i64, decimals: u32) -> Option<i128> {
    let possible = peak.checked_mul(seconds.into()).filter(|possible| 0 < *possible)?;
    let used = energy.checked_mul(3600)?.checked_mul(10_i128.checked_pow(decimals)?)?;
    Some(rounded_quotient(used, possible))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn power_factors_by_hand() {
        // 3-4-5 and 5-12-13 triangles; 1 and 1: 1 / sqrt 2 = 0.70711.
        assert_eq!(power_factor(300, 400, 4), Some(6000));
        assert_eq!(power_factor(12, 5, 4), Some(9231));
        assert_eq!(power_factor(1, 1, 4), Some(7071));
        assert_eq!(power_factor(1, -1, 5), Some(70_711));
        assert_eq!(power_factor(5, 0, 2), Some(100));
        assert_eq!(power_factor(0, 5, 2), Some(0));
        assert_eq!(power_factor(0, 0, 2), None);
        assert_eq!(power_factor(-1, 0, 2), None);
        assert_eq!(power_factor(i128::MAX, 1, 2), None);
    }

    #[test]
    fn load_factors_by_hand() {
        // 360 kWh in 30 days of 24 h with a peak of 2 kW: 360 / 1440 = 0.25.
        assert_eq!(load_factor(360, 2, 30 * 86_400, 4), Some(2500));
        assert_eq!(load_factor(360, 0, 86_400, 4), None);
        assert_eq!(load_factor(i128::MAX, 1, 86_400, 4), None);
    }

    proptest! {
        #[test]
        fn a_power_factor_is_between_zero_and_one(active in 0..1_000_000_000_i128, reactive in -1_000_000_000..1_000_000_000_i128) {
            if let Some(factor) = power_factor(active, reactive, 4) {
                prop_assert!((0..=10_000).contains(&factor));
            }
        }
    }
}
