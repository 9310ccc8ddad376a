//! Shares of a quantity by time; the shares of neighbouring spans add up exactly.

use model::quantity::rounded_quotient;

/// The share of `[from, to)` in a quantity that was used evenly over `[0, length)`; all in seconds.
///
/// What was used up to an instant is rounded to the quantum, ties to even; a share is the difference of two such
/// amounts. So shares of spans that touch add up to the share of both together, and all to the quantity.
/// `None` where the product has more than 38 digits or the length is not more than zero.
pub(crate) fn share(quantity: i128, length: i64, from: i64, to: i64) -> Option<i128> {
    let until = |second: i64| {
        let product = quantity.checked_mul(second.into()).filter(|_| 0 < length)?;
        Some(rounded_quotient(product, length.into()))
    };
    until(to)?.checked_sub(until(from)?)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_amount_is_shared_by_seconds() {
        // 100 over 3 hours: until 1 h 33.3 -> 33, until 2 h 66.7 -> 67, so 33 + 34 + 33.
        assert_eq!(share(100, 10_800, 0, 3600), Some(33));
        assert_eq!(share(100, 10_800, 3600, 7200), Some(34));
        assert_eq!(share(100, 10_800, 7200, 10_800), Some(33));
        assert_eq!(share(100, 0, 0, 0), None);
        assert_eq!(share(i128::MAX, 2, 0, 2), None);
    }

    proptest! {
        #[test]
        fn prorated_parts_add_up(quantity in any::<i64>(), length in 1..5_000_000_i64, cuts in proptest::collection::vec(0..5_000_000_i64, 0..6)) {
            let mut edges: Vec<i64> = cuts.iter().map(|cut| cut % length).chain([0, length]).collect();
            edges.sort_unstable();
            let parts = edges.windows(2).map(|pair| share(quantity.into(), length, pair[0], pair[1]).expect("fits"));
            prop_assert_eq!(parts.sum::<i128>(), i128::from(quantity));
        }
    }
}
