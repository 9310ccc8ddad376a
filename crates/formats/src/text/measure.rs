//! What a unit word measures: the part of a reading type that the unit decides alone.

use model::reading_type::{ReadingType, parse_unit};

/// Electricity, secondary metered (IEC 61968-9 commodity 1).
pub const ELECTRICITY: u16 = 1;
/// Accumulation of a register that counts up (bulkQuantity).
pub const BULK_QUANTITY: u16 = 1;
/// Accumulation of an amount per interval (deltaData).
pub const DELTA: u16 = 4;
/// Flow delivered to the customer (forward).
pub const FORWARD: u16 = 1;
/// Flow received from the customer (reverse).
pub const REVERSE: u16 = 19;

/// Aggregate of an average over the interval.
pub const AVERAGE: u16 = 2;

/// Accumulation of what is read like a needle.
pub const INDICATING: u16 = 6;

/// The reading type of interval values in a unit, without direction, length and commodity;
/// `None` where the unit is not known.
pub fn of_unit(unit: &str) -> Option<ReadingType> {
    parse_unit(unit).map(|(multiplier, unit)| of_code(multiplier, unit))
}

/// The same from a power of ten and a unit code.
///
/// Energy and volume are deltas, power is the average of its interval, the rest is read like a needle.
pub fn of_code(multiplier: i8, unit: u16) -> ReadingType {
    // Codes of IEC 61968-9 measurementKind: 12 energy, 37 power, 54 voltage, 4 current,
    // 38 power factor, 58 volume.
    let (measurement_kind, accumulation, aggregate) = match unit {
        71..=73 | 132 | 169 => (12, DELTA, 0),
        38 | 61 | 63 => (37, 0, AVERAGE),
        29 => (54, INDICATING, 0),
        5 => (4, INDICATING, 0),
        65 => (38, INDICATING, 0),
        42 | 119 | 128 | 134 => (58, DELTA, 0),
        _ => (0, 0, 0),
    };
    ReadingType { accumulation, aggregate, measurement_kind, multiplier, unit, ..ReadingType::default() }
}

/// The register whose differences are the values of an interval reading type.
pub fn register_of(interval: ReadingType) -> ReadingType {
    ReadingType { macro_period: 0, measuring_period: 0, aggregate: 0, accumulation: BULK_QUANTITY, ..interval }
}
