//! Time zones by the name that settings, channels and messages give them.

use jiff::tz::{Offset, TimeZone};
use smol_str::SmolStr;

/// The zone name is not in the time zone database.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a time zone of the IANA database, such as America/Toronto")]
pub struct UnknownZone(pub SmolStr);

/// The zone of an IANA name or a fixed offset such as `+10:00`.
///
/// # Errors
/// [`UnknownZone`].
pub fn zone_of(name: &str) -> Result<TimeZone, UnknownZone> {
    if name.starts_with(['+', '-']) {
        return fixed_offset(name).ok_or_else(|| UnknownZone(name.into()));
    }
    TimeZone::get(name).map_err(|_| UnknownZone(name.into()))
}

fn fixed_offset(name: &str) -> Option<TimeZone> {
    let sign = if name.starts_with('-') { -1 } else { 1 };
    let (hours, minutes) = name[1..].split_once(':')?;
    let (hours, minutes) = (hours.parse::<i32>().ok()?, minutes.parse::<i32>().ok()?);
    let within = hours <= 23 && (0..60).contains(&minutes) && 0 <= hours;
    let offset = Offset::from_seconds(sign * (hours * 3600 + minutes * 60)).ok()?;
    within.then(|| TimeZone::fixed(offset))
}
