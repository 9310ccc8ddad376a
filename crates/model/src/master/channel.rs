//! A channel: one measured quantity of a usage point, and how its stored numbers are to be read.

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use crate::id::{ChannelId, ChannelNumber, UsagePointId};
use crate::quantity::Decimal;
use crate::reading_type::ReadingType;

/// One measured quantity.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Channel {
    /// Its index in the readings book.
    pub number: ChannelNumber,
    /// Its identity.
    pub id: ChannelId,
    /// What people call it: `<usage point>/<suffix>`.
    pub label: SmolStr,
    /// Where the quantity is measured.
    pub usage_point: UsagePointId,
    /// Tells channels of one reading type apart (NEM12 NMISuffix); empty where the type is enough.
    pub suffix: SmolStr,
    /// What is measured.
    pub reading_type: ReadingType,
    /// The unit as people write it (`kWh`).
    pub unit: SmolStr,
    /// Power of ten of the stored integers: value = stored * 10^quantum in `unit`.
    pub quantum: i8,
    /// Current times voltage transformer ratio, applied to differences of a register; 1 where the
    /// source has multiplied already.
    pub multiplier: Decimal,
    /// Digits of the register before the point; `None` for a channel that has no register.
    pub dials: Option<u8>,
    /// Length of its intervals; `None` for register and period reads.
    pub interval_seconds: Option<u32>,
    /// Time zone of the usage point (IANA name); it decides where local days begin.
    pub zone: SmolStr,
}

impl Channel {
    /// Where the register rolls over to zero, in `unit` before the multiplier: 10^dials.
    ///
    /// `None` without a register, and for more dials than an exact number can hold (18).
    pub fn register_capacity(&self) -> Option<Decimal> {
        let dials = self.dials.and_then(|dials| i8::try_from(dials).ok()).filter(|dials| *dials <= 18)?;
        Some(Decimal::new(1, dials))
    }

    /// Digits of the register after the point, those of its quantum; `None` where nobody said how the register is set up, for
    /// then the quantum is that of messages, which may be finer.
    pub fn register_decimals(&self) -> Option<u8> {
        self.dials.map(|_| self.quantum.min(0).unsigned_abs())
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::id::Mrid;

    #[test]
    fn capacity_is_a_power_of_ten() {
        let mut channel = Channel {
            number: ChannelNumber(0),
            id: ChannelId(Mrid(Uuid::from_u128(1))),
            label: "M1/B1".into(),
            usage_point: UsagePointId(Mrid(Uuid::from_u128(2))),
            suffix: "B1".into(),
            reading_type: ReadingType::default(),
            unit: "kWh".into(),
            quantum: -3,
            multiplier: Decimal::new(1, 0),
            dials: Some(5),
            interval_seconds: None,
            zone: "America/Toronto".into(),
        };
        let digits = |channel: &Channel| channel.register_capacity().and_then(|amount| amount.rescaled(0).ok());
        assert_eq!(digits(&channel), Some(100_000));
        for (dials, expected) in [(None, None), (Some(0), Some(1)), (Some(18), Some(10_i64.pow(18))), (Some(19), None)]
        {
            channel.dials = dials;
            assert_eq!(digits(&channel), expected, "{dials:?}");
            assert_eq!(channel.register_decimals(), dials.map(|_| 3), "{dials:?}");
        }
        channel.quantum = 1;
        assert_eq!(channel.register_decimals(), Some(0));
    }
}
