//! Market time: UTC+10 without daylight saving, in every region of that market.

use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::Offset;

/// Offset of every stamp in NEM12 and NEM13.
pub const OFFSET: Offset = Offset::constant(10);

/// Reads `CCYYMMDD`.
pub fn date(text: &[u8]) -> Option<Date> {
    let [year, month, day] = [number(text.get(..4)?)?, number(text.get(4..6)?)?, number(text.get(6..)?)?];
    if text.len() != 8 {
        return None;
    }
    Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

/// The first instant of a date.
pub fn midnight(date: Date) -> Option<Timestamp> {
    OFFSET.to_timestamp(date.to_datetime(Time::midnight())).ok()
}

/// Reads `CCYYMMDDhhmmss` or `CCYYMMDDhhmm`. `24:00:00` is midnight of the next day; a 60th second
/// (a leap second) is the second after it.
pub fn instant(text: &[u8]) -> Option<Timestamp> {
    let seconds_text = match text.len() {
        14 => text.get(12..)?,
        12 => b"00",
        _ => return None,
    };
    let day = midnight(date(text.get(..8)?)?)?;
    let [hour, minute, second] = [number(text.get(8..10)?)?, number(text.get(10..12)?)?, number(seconds_text)?];
    let in_day = hour < 24 && minute < 60 && second <= 60;
    let day_end = (hour, minute, second) == (24, 0, 0);
    if !in_day && !day_end {
        return None;
    }
    let seconds = i64::from(hour) * 3600 + i64::from(minute) * 60 + i64::from(second);
    Timestamp::from_second(day.as_second() + seconds).ok()
}

/// Writes `CCYYMMDDhhmmss`.
pub fn stamp(instant: Timestamp) -> String {
    OFFSET.to_datetime(instant).strftime("%Y%m%d%H%M%S").to_string()
}

fn number(digits: &[u8]) -> Option<i16> {
    digits.iter().try_fold(0_i16, |number, digit| {
        digit.is_ascii_digit().then(|| number.checked_mul(10)?.checked_add(i16::from(digit - b'0')))?
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stamps_are_ten_hours_ahead_of_utc() {
        check("20240310000000", Some("2024-03-09T14:00:00Z"));
        check("202403101530", Some("2024-03-10T05:30:00Z"));
        check("20240310240000", Some("2024-03-10T14:00:00Z"));
        check("20161231235960", Some("2016-12-31T14:00:00Z"));
        for wrong in
            ["", "20240310", "20240230000000", "20240310240001", "20240310006000", "2024031000000x", "+0240310000000"]
        {
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
