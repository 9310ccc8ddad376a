//! Digits of a source as integers of a channel: exact, or refused.

use model::master::Channel;
use model::quantity::{Decimal, DecimalError};
use model::reading::ChannelReadings;
use model::reading_type::parse_unit;

/// How digits of the source become integers of the channel's quantum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scale {
    quantum: i8,
    unit_shift: i8,
}

impl Scale {
    /// The scale between the unit of a message and its channel; `None` where the units do not match (V06).
    pub fn of(readings: &ChannelReadings, channel: &Channel) -> Option<Self> {
        Some(Self { quantum: channel.quantum, unit_shift: unit_shift(&readings.unit, &channel.unit)? })
    }

    /// The stored integer of `digits * 10^exponent` in the unit of the message, never rounded.
    ///
    /// # Errors
    /// [`DecimalError::Inexact`] when the quantum is too coarse or the value too large.
    pub fn stored(self, digits: i64, exponent: i8) -> Result<i64, DecimalError> {
        let exponent = exponent.checked_add(self.unit_shift).ok_or(DecimalError::Inexact(self.quantum))?;
        Decimal::new(digits, exponent).rescaled(self.quantum)
    }

    /// How many digits before the point an integer of a run has in the unit of the channel.
    pub fn integer_digits(self, digits: u64, exponent: i8) -> i32 {
        let digits = digits.checked_ilog10().map_or(1, |ilog| ilog.cast_signed() + 1);
        digits + i32::from(exponent) + i32::from(self.unit_shift)
    }

    /// The power of ten that every integer of a run is multiplied by, where that is whole and plain.
    pub fn factor(self, exponent: i8) -> Option<i64> {
        let shift = i32::from(exponent) + i32::from(self.unit_shift) - i32::from(self.quantum);
        10_i64.checked_pow(u32::try_from(shift).ok()?)
    }
}

/// The power of ten from one unit to another of the same quantity: kWh to Wh is 3; `None` for other quantities.
pub(super) fn unit_shift(from: &str, to: &str) -> Option<i8> {
    if from.eq_ignore_ascii_case(to) {
        return Some(0);
    }
    let ((from_power, from_unit), (to_power, to_unit)) = (parse_unit(from)?, parse_unit(to)?);
    (from_unit == to_unit).then(|| from_power.checked_sub(to_power)).flatten()
}
