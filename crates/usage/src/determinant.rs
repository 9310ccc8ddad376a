//! A billing determinant: one quantity that a bill rests on, with everything needed to trust or repeat it.

use model::quantity::{Decimal, rounded_quotient};
use model::time::TimeRange;
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use crate::quality::{Counts, Exception};

/// One value of a determinant (SRS: BillingDeterminant).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Determinant {
    /// Id of its definition.
    pub id: SmolStr,
    /// Unit of the quantity.
    pub unit: SmolStr,
    /// How much.
    pub quantity: Decimal,
    /// The period, or the part of it between two changes of rate.
    pub period: TimeRange,
    /// The bucket; `None` for the whole period.
    pub bucket: Option<SmolStr>,
    /// The window of a demand.
    pub peak: Option<TimeRange>,
    /// The channels whose readings it rests on.
    pub channels: Vec<SmolStr>,
    /// How good those readings are.
    pub counts: Counts,
    /// Why someone should look at it before it is billed.
    pub exceptions: Vec<Exception>,
    /// What is worth knowing: checks that could not be made, quantities that had nothing to rest on.
    pub notes: Vec<String>,
    /// Hash of the values it rests on, in order of time, each with its quality.
    pub inputs_hash: u64,
    /// Name of the set that defines it.
    pub set: SmolStr,
    /// Version of that set.
    pub version: u32,
}

impl Determinant {
    /// Whether another of the same id tells the same: numbers, quality and definition, whatever inputs led to them.
    pub fn tells_the_same(&self, other: &Self) -> bool {
        Self { inputs_hash: other.inputs_hash, ..self.clone() } == *other
    }
}

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
