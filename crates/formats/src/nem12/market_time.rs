//! Market time: UTC+10 without daylight saving, in every region of that market.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::Offset;
use model::time::parse_compact;

/// Offset of every stamp in NEM12 and NEM13.
pub const OFFSET: Offset = Offset::constant(10);

/// Reads `CCYYMMDD`.
pub fn date(text: &[u8]) -> Option<Date> {
    (text.len() == 8).then(|| parse_compact(text).map(DateTime::date)).flatten()
}

/// The first instant of a date.
pub fn midnight(date: Date) -> Option<Timestamp> {
    OFFSET.to_timestamp(date.at(0, 0, 0, 0)).ok()
}

/// Reads `CCYYMMDDhhmmss`, or `CCYYMMDDhhmm` as in the 100 record.
pub fn instant(text: &[u8]) -> Option<Timestamp> {
    (8 < text.len()).then(|| OFFSET.to_timestamp(parse_compact(text)?).ok()).flatten()
}

/// Writes `CCYYMMDDhhmmss`.
pub fn stamp(instant: Timestamp) -> String {
    OFFSET.to_datetime(instant).strftime("%Y%m%d%H%M%S").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stamps_are_ten_hours_ahead_of_utc() {
        check("20240310000000", Some("2024-03-09T14:00:00Z"));
        check("202403101530", Some("2024-03-10T05:30:00Z"));
        for wrong in ["", "20240310", "20240230000000", "20240310240000", "20240310006000", "2024031000000x"] {
            check(wrong, None);
        }
    }

    #[track_caller]
    fn check(text: &str, expected: Option<&str>) {
        let expected = expected.map(|text| text.parse::<Timestamp>().expect("RFC 3339"));
        assert_eq!(instant(text.as_bytes()), expected, "{text}");
    }

    #[test]
    fn a_written_stamp_reads_back() {
        let instant_utc: Timestamp = "2024-10-05T16:00:01Z".parse().expect("RFC 3339");
        assert_eq!(stamp(instant_utc), "20241006020001");
        assert_eq!(instant(stamp(instant_utc).as_bytes()), Some(instant_utc));
    }
}
