//! Time stamps of IEC messages: `xs:dateTime`, whole seconds, with an offset.
//!
//! A stamp without an offset is read in the zone of the options and said to be inferred; without a
//! zone it is wrong. The repeated hour goes by order: the later of two equal labels is standard time.

use jiff::tz::TimeZone;
use model::time::{LocalStampError, Occurrence, Stamp, parse_rfc3339_seconds};

/// Why a text is not a moment.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum StampError {
    #[error("expected a time such as 2026-03-01T06:00:00Z")]
    Syntax,
    #[error("expected whole seconds")]
    Fraction,
    #[error("expected `Z` or an offset; name the zone of the sender to read it")]
    NoOffset,
    #[error("{0}")]
    Local(LocalStampError),
}

/// A moment in seconds of the epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Moment {
    pub(super) second: i64,
    /// Whether the offset came from the zone of the options.
    pub(super) inferred: bool,
}

/// Reads a stamp; `previous` is the one before it in an ordered series.
pub(super) fn moment(text: &[u8], zone: Option<&TimeZone>, previous: Option<i64>) -> Result<Moment, StampError> {
    if let Some(second) = parse_rfc3339_seconds(text) {
        return Ok(Moment { second, inferred: false });
    }
    let text = std::str::from_utf8(text).map_err(|_| StampError::Syntax)?;
    let (instant, inferred) = match text.parse().map_err(|_| StampError::Syntax)? {
        Stamp::Instant(instant) => (instant, false),
        Stamp::Local(local) => {
            let zone = zone.ok_or(StampError::NoOffset)?;
            let first = local.resolve(zone, Occurrence::First).map_err(StampError::Local)?;
            let later = previous.is_some_and(|previous| first.as_second() <= previous);
            let second = if later { local.resolve(zone, Occurrence::Second).ok() } else { None };
            (second.unwrap_or(first), true)
        }
    };
    if instant.subsec_nanosecond() != 0 {
        return Err(StampError::Fraction);
    }
    Ok(Moment { second: instant.as_second(), inferred })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stamps_are_moments() {
        // The autumn night of Toronto in time.md: 06:00Z is 1730613600.
        check("2024-11-03T06:00:00Z", Ok(1_730_613_600));
        check("2024-11-03T01:00:00-05:00", Ok(1_730_613_600));
        check("2024-11-03T02:00:00-04:00", Ok(1_730_613_600));
        check("2024-11-03T06:00:00.000Z", Ok(1_730_613_600));
        check("2024-11-02T24:00:00Z", Ok(1_730_592_000));
        check("2024-11-03T06:00:00.5Z", Err(StampError::Fraction));
        check("2024-11-03T06:00:00", Err(StampError::NoOffset));
        for wrong in ["", "2024-11-03", "2024-11-03T25:00:00Z", "2024-11-03T06:00:00X", "1730613600"] {
            check(wrong, Err(StampError::Syntax));
        }
    }

    #[track_caller]
    fn check(text: &str, expected: Result<i64, StampError>) {
        assert_eq!(moment(text.as_bytes(), None, None).map(|moment| moment.second), expected, "{text}");
    }

    #[test]
    fn the_zone_and_the_order_decide_where_there_is_no_offset() {
        let zone = TimeZone::get("America/Toronto").expect("a known zone");
        let second = |text: &str, previous| {
            moment(text.as_bytes(), Some(&zone), previous).map(|moment| (moment.second, moment.inferred))
        };
        assert_eq!(second("2024-11-03T01:00:00", Some(1_730_606_400)), Ok((1_730_610_000, true)));
        assert_eq!(second("2024-11-03T01:00:00", Some(1_730_610_000)), Ok((1_730_613_600, true)));
        assert_eq!(second("2024-07-01T00:00:00", Some(i64::MAX)), Ok((1_719_806_400, true)));
        assert!(matches!(second("2024-03-10T02:30:00", None), Err(StampError::Local(LocalStampError::Skipped(_)))));
    }
}
