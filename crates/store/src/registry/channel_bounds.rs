//! What a channel can be, whoever describes it: a person, an import, a file or a message.

use std::fmt::Display;

use model::reading_type::{parse_unit, unit_symbol};

use super::RegistryError;
use super::channel::ChannelEntry;

const DAY_SECONDS: u32 = 86_400;

/// Whether a channel can be as an entry describes it.
///
/// # Errors
/// [`RegistryError::Invalid`] with the first field that cannot be so, what it may be and what to do.
pub(super) fn check(entry: &ChannelEntry) -> Result<(), RegistryError> {
    let is_blank = |text: &str| text.trim().is_empty();
    let wrong = |field, expected, found: &dyn Display| {
        Err(RegistryError::Invalid { channel: entry.label(), field, expected, found: found.to_string() })
    };
    if is_blank(&entry.usage_point.value) {
        return wrong("usage point", "its name", &entry.usage_point.value);
    }
    if let Some(meter) = &entry.meter
        && is_blank(&meter.value)
    {
        return wrong("meter", "its serial number or name, or no meter at all", &meter.value);
    }
    if !is_known_unit(entry) {
        return wrong("unit", "one such as kWh, kvarh, kW, V or m3, or none for a plain number", &entry.unit);
    }
    // Beyond these a whole number of 64 bits holds no useful amount of any unit.
    if !(-18..=9).contains(&entry.quantum) {
        return wrong("quantum", "a power of ten from -18 to 9; -6 keeps millionths of the unit", &entry.quantum);
    }
    if entry.multiplier.digits <= 0 {
        return wrong("multiplier", "more than 0; 1 where the source has multiplied already", &entry.multiplier);
    }
    if let Some(dials) = entry.dials
        && !(1..=18).contains(&dials)
    {
        return wrong("dials", "1 to 18 digits before the point; leave it out where there is no register", &dials);
    }
    match entry.interval_seconds {
        Some(seconds) if seconds == 0 || !DAY_SECONDS.is_multiple_of(seconds) => wrong(
            "interval seconds",
            "a whole part of a day, such as 900 or 3600; leave it out for register reads",
            &seconds,
        ),
        _ => Ok(()),
    }
}

/// Units that people write, and what stands for the unit of the reading type.
fn is_known_unit(entry: &ChannelEntry) -> bool {
    let symbol = || unit_symbol(entry.reading_type.multiplier, entry.reading_type.unit);
    entry.unit.is_empty() || parse_unit(&entry.unit).is_some() || entry.unit == symbol()
}
