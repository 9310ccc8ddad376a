//! Stamps: with an offset as they are, without one by the declared zone and the order of the rows.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use model::time::{LocalStamp, LocalStampError, Occurrence, Stamp};

/// Why a stamp is not an instant.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StampError {
    /// Not a date and time.
    #[error("expected a date and time such as 2024-03-10T01:00:00-05:00")]
    Syntax,
    /// Neither the stamp nor the caller says the zone.
    #[error("it has no offset and no zone is declared; declare the zone of the source, such as America/Toronto")]
    NoZone,
    /// Not one instant of the zone.
    #[error(transparent)]
    Local(#[from] LocalStampError),
}

/// Reads RFC 3339, also with a blank for the `T`, without offset, or the date alone for its first
/// instant.
///
/// An hour that the clock showed twice is its first showing, unless `previous`, the stamp of the
/// row before, is not before that: ordered rows tell the two apart.
///
/// # Errors
/// [`StampError`].
pub fn instant(text: &str, zone: Option<&TimeZone>, previous: Option<Timestamp>) -> Result<Timestamp, StampError> {
    if let Ok(date) = text.parse::<Date>()
        && text.len() == 10
    {
        let zone = zone.ok_or(StampError::NoZone)?;
        let day = model::time::LocalDay::of(date, zone).ok_or(StampError::Syntax)?;
        return Ok(day.range.start);
    }
    match text.parse::<Stamp>().map_err(|_| StampError::Syntax)? {
        Stamp::Instant(instant) => Ok(instant),
        Stamp::Local(local) => Ok(ordered(local, zone.ok_or(StampError::NoZone)?, previous)?),
    }
}

fn ordered(local: LocalStamp, zone: &TimeZone, previous: Option<Timestamp>) -> Result<Timestamp, LocalStampError> {
    let first = local.resolve(zone, Occurrence::First)?;
    if previous.is_none_or(|previous| previous < first) {
        return Ok(first);
    }
    // Shown once: the rows are out of order, which the reader tells.
    Ok(local.resolve(zone, Occurrence::Second).unwrap_or(first))
}

#[cfg(test)]
mod tests {
    use super::*;

    // The autumn night of America/Toronto 2024-11-03: 01:00 is shown at 05:00Z and at 06:00Z.
    #[test]
    fn order_tells_the_two_hours_of_the_same_name_apart() {
        let zone = TimeZone::get("America/Toronto").expect("in the bundled database");
        let mut previous = None;
        for (text, expected) in [
            ("2024-11-03 00:30", "2024-11-03T04:30:00Z"),
            ("2024-11-03 01:00", "2024-11-03T05:00:00Z"),
            ("2024-11-03 01:30", "2024-11-03T05:30:00Z"),
            ("2024-11-03 01:00", "2024-11-03T06:00:00Z"),
            ("2024-11-03 01:30", "2024-11-03T06:30:00Z"),
            ("2024-11-03 02:00", "2024-11-03T07:00:00Z"),
        ] {
            let found = instant(text, Some(&zone), previous).expect(text);
            assert_eq!(found.to_string(), expected, "{text}");
            previous = Some(found);
        }
    }

    #[test]
    fn nothing_is_guessed() {
        let zone = TimeZone::get("America/Toronto").expect("in the bundled database");
        assert!(matches!(instant("2024-03-10 02:30", Some(&zone), None), Err(StampError::Local(_))));
        assert_eq!(instant("2024-03-10 01:30", None, None), Err(StampError::NoZone));
        assert_eq!(instant("10/03/2024", Some(&zone), None), Err(StampError::Syntax));
        assert_eq!(instant("2024-03-10T25:00:00Z", Some(&zone), None), Err(StampError::Syntax));
        let midnight = instant("2024-03-10", Some(&zone), None).map(|at| at.to_string());
        assert_eq!(midnight.as_deref(), Ok("2024-03-10T05:00:00Z"));
    }
}
