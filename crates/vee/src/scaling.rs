//! Scaling: make the estimates of a span add up to what the register says.
//!
//! Proportional mode of catalogue 3.4: `x_i = p_i * T / P` with `P` the sum of the seeds, or equal
//! shares where `P` is zero. Where negative totals are shared, the sign of the seeds says nothing of the sign of the total: a
//! net channel that exported through a gap has positive seeds and a negative total, and the parts turn around.
//!
//! Rounded by largest remainders (Hamilton), so that the parts meet the total to the last quantum: every part is rounded down,
//! and the quanta that are left go one each to the parts with the largest remainders, the earlier part first among equals.

/// Why estimates were left unscaled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScalingRefusal {
    /// More was measured in the good intervals than the register counted.
    #[error("the total left for the estimates is negative")]
    NegativeTotal,
    /// The estimates are below zero and the total is not, so a factor would turn them around; nobody said that they may.
    #[error("the estimates and their total have different signs")]
    SignsDiffer,
    /// A part does not fit.
    #[error("the numbers are too large to scale exactly")]
    TooLarge,
    /// There is nothing to share among.
    #[error("there are no estimates to scale")]
    NoEstimates,
}

/// Whether a negative total may be shared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NegativeTotal {
    /// Refuse it, as most rule books do.
    Refuse,
    /// Share it: for net channels.
    Allow,
}

/// The seeds in proportion, adding up exactly to the total; one part for each seed, in order.
///
/// # Errors
/// The reason why the seeds must stay as they are.
pub fn scale(seeds: &[i64], total: i64, negative: NegativeTotal) -> Result<Vec<i64>, ScalingRefusal> {
    if seeds.is_empty() {
        return Err(ScalingRefusal::NoEstimates);
    }
    if total < 0 && negative == NegativeTotal::Refuse {
        return Err(ScalingRefusal::NegativeTotal);
    }
    let sum: i128 = seeds.iter().copied().map(i128::from).sum();
    if sum == 0 {
        return shared(&vec![1; seeds.len()], total);
    }
    if negative == NegativeTotal::Refuse && total != 0 && sum < 0 {
        return Err(ScalingRefusal::SignsDiffer);
    }
    shared(seeds, total)
}

/// Largest-remainder shares of a total by weights whose sum is not zero.
fn shared(weights: &[i64], total: i64) -> Result<Vec<i64>, ScalingRefusal> {
    let sum: i128 = weights.iter().copied().map(i128::from).sum();
    let sign = sum.signum();
    let (divisor, total) = (sum.abs(), i128::from(total));
    let mut parts = Vec::with_capacity(weights.len());
    let mut remainders = Vec::with_capacity(weights.len());
    for (at, weight) in weights.iter().enumerate() {
        let product = sign * i128::from(*weight) * total;
        parts.push(product.div_euclid(divisor));
        remainders.push((product.rem_euclid(divisor), at));
    }
    let left = usize::try_from(total - parts.iter().sum::<i128>()).map_err(|_| ScalingRefusal::TooLarge)?;
    remainders.sort_by(|(rest, at), (other_rest, other_at)| other_rest.cmp(rest).then(at.cmp(other_at)));
    for (_, at) in remainders.iter().take(left) {
        parts[*at] += 1;
    }
    parts.into_iter().map(|part| i64::try_from(part).map_err(|_| ScalingRefusal::TooLarge)).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::NegativeTotal::{Allow, Refuse};
    use super::*;

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
