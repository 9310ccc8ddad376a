//! What was used between two reads, and what a register shows after some use.

use jiff::Timestamp;
use model::quantity::Decimal;

use super::surroundings::{Change, Setup};
use crate::amount::Amount;
use crate::context::{Measured, RegisterPair};
use crate::register::words::{TOO_LARGE, standing};
use crate::sum_check::measured_quantity;

/// An amount in the channel's unit as an exact fraction, so that rounding happens once.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Usage {
    /// The amount, times the divisor.
    pub numerator: Amount,
    /// More than zero.
    pub divisor: Amount,
}

impl Usage {
    /// A whole amount.
    pub(crate) fn of(amount: Amount) -> Self {
        Self { numerator: amount, divisor: Amount::new(1, 0) }
    }

    /// `amount * part / whole`; nothing or all of it without a division.
    pub(crate) fn share(amount: Amount, part: i64, whole: i64) -> Option<Self> {
        match part {
            0 => Some(Self::of(Amount::ZERO)),
            _ if part == whole => Some(Self::of(amount)),
            _ if whole <= 0 => None,
            _ => {
                let numerator = amount.times(Amount::new(part.into(), 0))?;
                Some(Self { numerator, divisor: Amount::new(whole.into(), 0) })
            }
        }
    }

    /// The sum, over the product of the divisors.
    pub(crate) fn plus(self, other: Self) -> Option<Self> {
        let numerator = self.numerator.times(other.divisor)?.plus(other.numerator.times(self.divisor)?)?;
        Some(Self { numerator, divisor: self.divisor.times(other.divisor)? })
    }

    /// The amount rounded down to the last digit.
    pub(crate) fn rounded_down(self, decimals: u8) -> Option<Decimal> {
        let digits = self.numerator.quotient_down(self.divisor, -i32::from(decimals))?;
        Some(Decimal::new(i64::try_from(digits).ok()?, -i8::try_from(decimals).ok()?))
    }
}

/// What the register shows after some use, rounded down to its last digit, beginning again at
/// `10^dials`.
pub(crate) fn advanced(start: Decimal, usage: Usage, setup: &Setup) -> Result<Decimal, String> {
    if usage.numerator.is_negative() {
        return Err("the use would be below zero".into());
    }
    let multiplier = Amount::from(setup.multiplier);
    if multiplier.is_zero() || multiplier.is_negative() {
        return Err(format!("the multiplier is {multiplier}"));
    }
    after(start.into(), usage, setup).ok_or_else(|| TOO_LARGE.into())
}

fn after(start: Amount, usage: Usage, setup: &Setup) -> Option<Decimal> {
    let worth = usage.divisor.times(setup.multiplier.into())?;
    let total = start.times(worth)?.plus(usage.numerator)?;
    let counts = total.quotient_down(worth, -i32::from(setup.decimals))?;
    let capacity = 10_i128.checked_pow(u32::from(setup.dials) + u32::from(setup.decimals))?;
    let shown = i64::try_from(counts.rem_euclid(capacity)).ok()?;
    Some(Decimal::new(shown, -i8::try_from(setup.decimals).ok()?))
}

/// Two standings of one setup.
pub(crate) fn pair(start: Decimal, end: Decimal, setup: &Setup) -> RegisterPair {
    let Setup { multiplier, dials, decimals, .. } = *setup;
    RegisterPair { start, end, multiplier, dials, decimals }
}

/// A standing at an instant.
pub(crate) type Standing = (Timestamp, Decimal);

/// What was used from one standing to a later one: the sum over every setup in between, each with its
/// own multiplier and roll-over.
///
/// `setups` are in order. A change between the two needs what the register showed right before and
/// right after it.
///
/// # Errors
/// One sentence: a fall that is no roll-over, or a change without the reads to bridge it.
pub(crate) fn used(setups: &[Setup], earlier: Standing, later: Standing) -> Result<Amount, String> {
    let mut setup = setups.iter().rev().find(|setup| setup.from <= earlier.0).ok_or("the register has no setup")?;
    let (mut start, mut sum) = (earlier.1, Amount::ZERO);
    for next in setups.iter().filter(|next| earlier.0 < next.from && next.from <= later.0) {
        if !continues(setup, next) {
            let (closing, opening) = bridge(setup, next)?;
            sum = sum.plus(piece(start, closing, setup)?).ok_or(TOO_LARGE)?;
            start = opening;
        }
        setup = next;
    }
    sum.plus(piece(start, later.1, setup)?).ok_or_else(|| TOO_LARGE.into())
}

/// Why nothing can be told of a span over which the same register was multiplied by something else: the first change of
/// the span at which it was not read.
pub(crate) fn unread_change(setups: &[Setup], earlier: Timestamp, later: Timestamp) -> Option<(Timestamp, String)> {
    let mut setup = setups.iter().rev().find(|setup| setup.from <= earlier)?;
    for next in setups.iter().filter(|next| earlier < next.from && next.from <= later) {
        let is_unread = next.change == Change::Minor && !continues(setup, next);
        if let Some(why) = is_unread.then(|| bridge(setup, next).err()).flatten() {
            return Some((next.from, why));
        }
        setup = next;
    }
    None
}

fn piece(start: Decimal, end: Decimal, setup: &Setup) -> Result<Amount, String> {
    measured_quantity(&Measured::Register(pair(start, end, setup))).map_err(|error| error.to_string())
}

/// Whether the register counts on across the change as if nothing had happened.
pub(crate) fn continues(setup: &Setup, next: &Setup) -> bool {
    let counting = |setup: &Setup| (setup.multiplier, setup.dials, setup.decimals);
    next.change == Change::Minor
        && next.closing.is_none()
        && next.opening.is_none()
        && counting(setup) == counting(next)
}

fn bridge(setup: &Setup, next: &Setup) -> Result<(Decimal, Decimal), String> {
    let (closing, opening) = match next.change {
        Change::Critical => (next.closing, next.opening),
        Change::Minor => (next.closing.or(next.opening), next.opening.or(next.closing)),
    };
    if let (Some(closing), Some(opening)) = (closing, opening) {
        return Ok((closing, opening));
    }
    Err(match next.change {
        Change::Critical => {
            "the register was replaced between the reads and its last or first read is not known".into()
        }
        Change::Minor => format!(
            "the multiplier changed from {} to {} between the reads and no read was taken at the change",
            standing(setup.multiplier),
            standing(next.multiplier),
        ),
    })
}
