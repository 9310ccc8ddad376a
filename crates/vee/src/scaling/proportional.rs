//! Proportional: `x_i = p_i * T / P` with `P` the sum of the seeds, or equal shares where `P` is zero (catalogue 3.4, Oracle).

use super::rounding::shared;
use super::{NegativeTotal, ScalingRefusal};

/// The seeds in proportion, adding up exactly to the total; one part for each seed, in order.
///
/// # Errors
/// The reason why the seeds must stay as they are.
pub fn scale(seeds: &[i64], total: i64, negative: NegativeTotal) -> Result<Vec<i64>, ScalingRefusal> {
    if seeds.is_empty() {
        return Err(ScalingRefusal::NoEstimates);
    }
    let sum: i128 = seeds.iter().copied().map(i128::from).sum();
    negative.check(sum, total)?;
    if sum == 0 { shared(&vec![1; seeds.len()], total) } else { shared(seeds, total) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::scaling::NegativeTotal::{Allow, Refuse};

    #[test]
    fn parts_are_in_proportion_and_meet_the_total() {
        check("same total", "1 2 3", 6, "1 2 3");
        check("doubled", "1 2 3", 12, "2 4 6");
        // 10/3 = 3 remainder 1, 20/3 = 6 remainder 2: the quantum that is left goes to the second.
        check("largest remainder", "1 2", 10, "3 7");
        // All remainders are equal: the earlier parts get the quanta that are left.
        check("equal remainders", "1 1 1", 5, "2 2 1");
        check("all seeds zero", "0 0 0 0", 10, "3 3 2 2");
        check("a zero seed stays zero", "0 1 3", 8, "0 2 6");
        check("nothing left", "5 5", 0, "0 0");
        check("a seed may be below zero", "-1 5", 8, "-2 10");
    }

    #[track_caller]
    fn check(case: &str, seeds: &str, total: i64, expected: &str) {
        let numbers = |text: &str| text.split(' ').map(|cell| cell.parse().expect("number")).collect::<Vec<i64>>();
        assert_eq!(scale(&numbers(seeds), total, Refuse), Ok(numbers(expected)), "{case}");
    }

    #[test]
    fn refusals_name_their_reason() {
        assert_eq!(scale(&[1, 2], -3, Refuse), Err(ScalingRefusal::NegativeTotal));
        assert_eq!(scale(&[-1, -2], 3, Refuse), Err(ScalingRefusal::SignsDiffer));
        assert_eq!(scale(&[], 3, Refuse), Err(ScalingRefusal::NoEstimates));
        assert_eq!(scale(&[i64::MAX, -i64::MAX, 1], i64::MAX, Refuse), Err(ScalingRefusal::TooLarge));
    }

    #[test]
    fn negative_totals_are_shared_where_they_may_be() {
        // p * T / P with T = -6 and P = 3: each of three equal seeds gets 1 * -6 / 3 = -2.
        assert_eq!(scale(&[1, 1, 1], -6, Allow), Ok(vec![-2, -2, -2]));
        assert_eq!(scale(&[1, 2], -3, Allow), Ok(vec![-1, -2]));
        // -4 / 3 = -2 remainder 2 and -8 / 3 = -3 remainder 1: the quantum that is left goes to the first.
        assert_eq!(scale(&[1, 2], -4, Allow), Ok(vec![-1, -3]));
        assert_eq!(scale(&[-1, -2], -6, Allow), Ok(vec![-2, -4]));
        assert_eq!(scale(&[-1, -2], 3, Allow), Ok(vec![1, 2]));
        assert_eq!(scale(&[0, 0], -3, Allow), Ok(vec![-1, -2]));
    }

    proptest! {
        // covers: AMT-FUP-03
        #[test]
        fn the_sum_is_exact(seeds in proptest::collection::vec(0..i64::MAX / 200, 1..120), total in 0..i64::MAX) {
            let parts = scale(&seeds, total, Refuse).expect("no reason to refuse");
            prop_assert_eq!(parts.iter().copied().map(i128::from).sum::<i128>(), i128::from(total));
            let sum: i128 = seeds.iter().copied().map(i128::from).sum();
            for (part, seed) in parts.iter().zip(&seeds).filter(|_| sum != 0) {
                let exact = i128::from(*seed) * i128::from(total);
                prop_assert!((i128::from(*part) * sum - exact).abs() < sum, "less than one quantum from exact");
            }
        }

        #[test]
        fn anything_is_scaled_exactly_or_refused(seeds in proptest::collection::vec(any::<i64>(), 0..40), total: i64) {
            if let Ok(parts) = scale(&seeds, total, Allow) {
                prop_assert_eq!(parts.iter().copied().map(i128::from).sum::<i128>(), i128::from(total));
            }
        }
    }
}
