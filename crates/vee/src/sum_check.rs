//! Do intervals add up to what a register or a statement says? Any span: hours, a day, a month.
//!
//! Catalogue V50: `|sum - M * dR| <= tolerance`, with `dR` what the register counted between two reads
//! ([`model::register::advance`]) and `M` the multiplier. All exact.

use model::register::{Advance, AdvanceError, advance, no_roll_over};

use crate::amount::Amount;
use crate::context::{Measured, RegisterPair};

/// How far a sum may be from the measured quantity.
#[derive(Clone, Copy, Debug)]
pub struct Tolerance {
    /// A quantity in the channel's unit.
    pub quantity: Amount,
    /// A share of the measured quantity, as a fraction of one.
    pub share: Amount,
    /// Whether quantity and share count together; else the larger of both.
    pub together: bool,
}

impl Tolerance {
    /// So many counts of the register's last digit, or a share, whichever is larger.
    pub fn of_register(pair: &RegisterPair, counts: u32, share: Amount) -> Self {
        let count = Amount::new(counts.into(), -i32::from(pair.decimals));
        let quantity = count.times(pair.multiplier.into()).map_or(Amount::ZERO, Amount::magnitude);
        Self { quantity, share, together: false }
    }

    fn of(self, measured: Amount) -> Option<Amount> {
        let share = self.share.times(measured.magnitude())?;
        if self.together { self.quantity.plus(share) } else { self.quantity.larger(share) }
    }
}

/// The comparison of a sum with a measured quantity, in the channel's unit.
#[derive(Clone, Copy, Debug)]
pub struct SumCheck {
    /// What the intervals add up to.
    pub sum: Amount,
    /// What was measured.
    pub expected: Amount,
    /// How far they are apart, not negative.
    pub apart: Amount,
    /// How far they may be apart.
    pub tolerance: Amount,
}

impl SumCheck {
    /// Whether the sum is within the tolerance; equal to it is within.
    pub fn meets(&self) -> bool {
        self.apart.compared(self.tolerance).is_some_and(|ordering| ordering.is_le())
    }
}

/// Why a sum cannot be compared.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SumCheckError {
    /// The register fell and was not near its end, so it did not start again.
    #[error("the register fell from {start} to {end}, {}", no_roll_over(*dials))]
    RegisterFell {
        /// The read at the start.
        start: String,
        /// The read at the end.
        end: String,
        /// Digits before the point.
        dials: u8,
    },
    /// More than 38 digits.
    #[error("the numbers are too large to compare exactly")]
    TooLarge,
}

/// Compares the sum of the intervals of a span with what was measured over it.
///
/// # Errors
/// Where a register fell without rolling over, or numbers are too large.
pub fn sum_check(sum: Amount, measured: &Measured, tolerance: Tolerance) -> Result<SumCheck, SumCheckError> {
    let expected = measured_quantity(measured)?;
    let apart = sum.minus(expected).ok_or(SumCheckError::TooLarge)?.magnitude();
    let tolerance = tolerance.of(expected).ok_or(SumCheckError::TooLarge)?;
    Ok(SumCheck { sum, expected, apart, tolerance })
}

/// The quantity of a span in the channel's unit: `M * dR`, or the stated amount.
///
/// # Errors
/// As [`sum_check`].
pub fn measured_quantity(measured: &Measured) -> Result<Amount, SumCheckError> {
    match measured {
        Measured::Amount(amount) => Ok((*amount).into()),
        Measured::Register(pair) => difference(pair)?.times(pair.multiplier.into()).ok_or(SumCheckError::TooLarge),
    }
}

fn difference(pair: &RegisterPair) -> Result<Amount, SumCheckError> {
    match advance(pair.start, pair.end, pair.dials) {
        Ok(Advance { digits, exponent }) => Ok(Amount::new(digits, exponent.into())),
        Err(AdvanceError::TooLarge) => Err(SumCheckError::TooLarge),
        Err(AdvanceError::Fell) => {
            let RegisterPair { start, end, dials, .. } = pair;
            Err(SumCheckError::RegisterFell { start: start.to_string(), end: end.to_string(), dials: *dials })
        }
    }
}
