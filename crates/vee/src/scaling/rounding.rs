//! Rounding by largest remainders (Hamilton), so that the parts meet the total to the last quantum.
//!
//! Every part is rounded down, and the quanta that are left go one each to the parts with the largest remainders, the earlier part
//! first among equals.

use super::ScalingRefusal;

/// Largest-remainder shares of a total by weights whose sum is not zero.
pub(super) fn shared(weights: &[i64], total: i64) -> Result<Vec<i64>, ScalingRefusal> {
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
