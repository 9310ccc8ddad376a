//! Stamps as text: RFC 3339 and its usual deviations, and the compact digits of NEM12 and CMEP.

use std::str::FromStr;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::{Offset, TimeZone};
use smol_str::SmolStr;

use super::{LocalStamp, LocalStampError, Occurrence};

/// A stamp as written: an instant where the source gave an offset, else a local reading of a clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stamp {
    /// With `Z` or an offset.
    Instant(Timestamp),
    /// Without one; the zone of the source decides.
    Local(LocalStamp),
}

/// The text is not a date and time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a date and time such as 2024-03-10T01:00:00-05:00, found `{text}`")]
pub struct InvalidStamp {
    /// The text.
    pub text: SmolStr,
}

impl Stamp {
    /// The instant, with the zone and the occurrence of the source for a stamp without offset.
    ///
    /// # Errors
    /// [`LocalStampError`] where the local clock never showed that time, or showed it twice.
    pub fn resolve(self, zone: &TimeZone, occurrence: Occurrence) -> Result<Timestamp, LocalStampError> {
        match self {
            Self::Instant(instant) => Ok(instant),
            Self::Local(local) => local.resolve(zone, occurrence),
        }
    }
}

impl FromStr for Stamp {
    type Err = InvalidStamp;

    /// Reads `YYYY-MM-DDThh:mm[:ss[.fraction]][Z|+hh:mm|+hhmm]`, also with a blank or `t` between date
    /// and time and with `z`.
    ///
    /// `24:00:00` is midnight of the next date; a leap second `:60` is the second after it; digits
    /// beyond nanoseconds are cut. Hour 24 with minutes, and hour 25, are refused.
    fn from_str(text: &str) -> Result<Self, InvalidStamp> {
        parse(text.as_bytes()).ok_or_else(|| InvalidStamp { text: text.into() })
    }
}

fn parse(text: &[u8]) -> Option<Stamp> {
    let (head, rest) = text.split_first_chunk::<16>()?;
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2, b'T' | b't' | b' ', h1, h2, b':', n1, n2] = *head else {
        return None;
    };
    let year = number(&[y1, y2, y3, y4])?;
    let date = Date::new(i16::try_from(year).ok()?, digits(m1, m2)?, digits(d1, d2)?).ok()?;
    let (second, rest) = match rest {
        [b':', s1, s2, rest @ ..] => (digits(*s1, *s2)?, rest),
        rest => (0, rest),
    };
    let (nanosecond, rest) = fraction(rest)?;
    let clock = civil(date, digits(h1, h2)?, digits(n1, n2)?, second, nanosecond)?;
    match rest {
        [] => Some(Stamp::Local(LocalStamp(clock))),
        [b'Z' | b'z'] => Some(Stamp::Instant(Offset::UTC.to_timestamp(clock).ok()?)),
        rest => Some(Stamp::Instant(offset(rest)?.to_timestamp(clock).ok()?)),
    }
}

/// Adds the time of day to a date, with hour 24 and second 60 carried into what follows them.
fn civil(date: Date, hour: i8, minute: i8, second: i8, nanosecond: i32) -> Option<DateTime> {
    if hour == 24 {
        let midnight = (minute, second, nanosecond) == (0, 0, 0);
        return midnight.then(|| date.tomorrow().ok()).flatten().map(|next| next.at(0, 0, 0, 0));
    }
    let leap = second == 60;
    if !(0..24).contains(&hour) || !(0..60).contains(&minute) || 60 < second {
        return None;
    }
    if leap {
        return date.at(hour, minute, 59, 0).checked_add(jiff::SignedDuration::from_secs(1)).ok();
    }
    Some(date.at(hour, minute, second, nanosecond))
}

fn fraction(text: &[u8]) -> Option<(i32, &[u8])> {
    let [b'.' | b',', rest @ ..] = text else {
        return Some((0, text));
    };
    let length = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if length == 0 {
        return None;
    }
    let (written, rest) = rest.split_at(length);
    let mut nanoseconds = 0_i32;
    for at in 0..9 {
        let digit = written.get(at).map_or(0, |byte| i32::from(byte - b'0'));
        nanoseconds = nanoseconds * 10 + digit;
    }
    Some((nanoseconds, rest))
}

fn offset(text: &[u8]) -> Option<Offset> {
    let (sign, hours, minutes) = match *text {
        [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] | [sign @ (b'+' | b'-'), h1, h2, m1, m2] => {
            (sign, digits(h1, h2)?, digits(m1, m2)?)
        }
        _ => return None,
    };
    if 23 < hours || 59 < minutes {
        return None;
    }
    let seconds = i32::from(hours) * 3600 + i32::from(minutes) * 60;
    Offset::from_seconds(if sign == b'-' { -seconds } else { seconds }).ok()
}

fn digits(tens: u8, ones: u8) -> Option<i8> {
    number(&[tens, ones]).and_then(|number| i8::try_from(number).ok())
}

fn number(text: &[u8]) -> Option<u32> {
    let mut number = 0_u32;
    for byte in text {
        let digit = char::from(*byte).to_digit(10)?;
        number = number.checked_mul(10)?.checked_add(digit)?;
    }
    Some(number)
}

/// The date and time of `YYYYMMDD`, `YYYYMMDDhhmm` or `YYYYMMDDhhmmss`, hours 00 to 23.
///
/// The zone is the format's: UTC in CMEP, UTC+10 in NEM12.
pub fn parse_compact(text: &[u8]) -> Option<DateTime> {
    if !matches!(text.len(), 8 | 12 | 14) || !text.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let part = |at: usize| match text.get(at..at + 2) {
        Some(&[tens, ones]) => digits(tens, ones),
        _ => Some(0),
    };
    let year = i16::try_from(number(&text[..4])?).ok()?;
    DateTime::new(year, part(4)?, part(6)?, part(8)?, part(10)?, part(12)?, 0).ok()
}

/// Seconds since 1970 of exactly `YYYY-MM-DDThh:mm:ssZ` or `YYYY-MM-DDThh:mm:ss+hh:mm`.
///
/// The fast path of scanners: no allocation, no table. `None` for everything else, also for what
/// [`Stamp`] can read (fractions, `24:00:00`, `:60`, lower case) and for years outside 1970 to 2199.
pub fn parse_rfc3339_seconds(text: &[u8]) -> Option<i64> {
    let (date, rest) = text.split_first_chunk::<8>()?;
    let (clock, rest) = rest.split_first_chunk::<8>()?;
    let [b':', s1, s2, zone @ ..] = rest else {
        return None;
    };
    let [high, _, low, _, _, month, ..] = pairs(*date, *b"0000-00-")?;
    let [day, _, _, hour, _, _, minute, _] = pairs(*clock, *b"00T00:00")?;
    let [year, month, day] = [high * 100 + low, month, day];
    let second = two(*s1, *s2)?;
    if 23 < hour || 59 < minute || 59 < second {
        return None;
    }
    let local = days_since_epoch(year, month, day)? * 86_400 + hour * 3600 + minute * 60 + second;
    let ahead = match *zone {
        [b'Z'] => 0,
        [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] => {
            let (hours, minutes) = (two(h1, h2)?, two(m1, m2)?);
            if 23 < hours || 59 < minutes {
                return None;
            }
            let seconds = hours * 3600 + minutes * 60;
            if sign == b'-' { -seconds } else { seconds }
        }
        _ => return None,
    };
    Some(local - ahead)
}

/// The two-digit number that begins at each place of eight bytes, all places at once; `None` unless the
/// text has digits where the form has `0` and the form's own bytes elsewhere.
fn pairs(text: [u8; 8], form: [u8; 8]) -> Option<[i64; 8]> {
    // A digit is 0 to 9 after the difference, a separator 0; adding the rest to 0x7f lets anything
    // larger reach the top bit of its byte.
    let room = u64::from_le_bytes(form.map(|byte| if byte == b'0' { 0x7f - 9 } else { 0x7f }));
    let digits = u64::from_le_bytes(text) ^ u64::from_le_bytes(form);
    let top_bits = 0x8080_8080_8080_8080;
    if (digits | digits.wrapping_add(room)) & top_bits != 0 {
        return None;
    }
    Some((digits * 10 + (digits >> 8)).to_le_bytes().map(i64::from))
}

fn two(tens: u8, ones: u8) -> Option<i64> {
    let (tens, ones) = (tens.wrapping_sub(b'0'), ones.wrapping_sub(b'0'));
    (tens < 10 && ones < 10).then(|| i64::from(tens) * 10 + i64::from(ones))
}

/// Days of a common year before each month, and of the whole year.
const DAYS_BEFORE: [i64; 13] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365];

fn days_since_epoch(year: i64, month: i64, day: i64) -> Option<i64> {
    if !(1970..2200).contains(&year) {
        return None;
    }
    // Of these years every fourth is a leap year but 2100.
    let leap = year % 4 == 0 && year != 2100;
    let leap_days_before = (year - 1969) / 4 - i64::from(2100 < year);
    let at = usize::try_from(month).ok()?;
    let (before, end) = (DAYS_BEFORE.get(at.checked_sub(1)?)?, DAYS_BEFORE.get(at)?);
    let length = end - before + i64::from(leap && month == 2);
    if day < 1 || length < day {
        return None;
    }
    Some((year - 1970) * 365 + leap_days_before + before + i64::from(leap && 2 < month) + day - 1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn stamps_with_an_offset_are_instants() {
        check("2024-03-10T05:00:00Z", "2024-03-10T05:00:00Z");
        check("2024-03-10t05:00:00z", "2024-03-10T05:00:00Z");
        check("2024-03-10 00:00:00-05:00", "2024-03-10T05:00:00Z");
        check("2024-03-10T00:00-0500", "2024-03-10T05:00:00Z");
        check("2024-03-10T05:00:00.250Z", "2024-03-10T05:00:00.25Z");
        check("2024-03-10T05:00:00.1234567891Z", "2024-03-10T05:00:00.123456789Z");
        check("2024-11-03T01:00:00-05:00", "2024-11-03T06:00:00Z");
        check("2016-12-31T23:59:60Z", "2017-01-01T00:00:00Z");
        check("2024-07-01T05:45:00+05:45", "2024-07-01T00:00:00Z");
    }

    #[test]
    fn hour_24_is_midnight_of_the_next_date() {
        // covers: ONT-2.2.1b
        check("2024-03-09T24:00:00-05:00", "2024-03-10T05:00:00Z");
        check("2024-12-31T24:00:00Z", "2025-01-01T00:00:00Z");
        check("2024-02-29T24:00Z", "2024-03-01T00:00:00Z");
    }

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let expected: Timestamp = expected.parse().expect("expected instant");
        assert_eq!(text.parse(), Ok(Stamp::Instant(expected)), "{text}");
    }

    #[test]
    fn what_no_clock_shows_is_refused() {
        let wrong = [
            "",
            "2024-03-10",
            "2024-03-10T25:00:00Z",
            "2024-03-10T24:00:01Z",
            "2024-03-10T24:30:00Z",
            "2024-03-10T24:00:00.5Z",
            "2024-02-30T00:00:00Z",
            "2023-02-29T00:00:00Z",
            "2024-13-01T00:00:00Z",
            "2024-00-01T00:00:00Z",
            "2024-03-10T05:60:00Z",
            "2024-03-10T05:00:61Z",
            "2024-03-10T05:00:00.Z",
            "2024-03-10T05:00:00+24:00",
            "2024-03-10T05:00:00+5",
            "2024-03-10T05:00:00 Z",
            "2024-3-10T05:00:00Z",
            "20240310T050000Z",
            "+024-03-10T05:00:00Z",
            "2024-03-10T05:00:0\u{e9}",
            "1710046800",
        ];
        for text in wrong {
            assert_eq!(text.parse::<Stamp>(), Err(InvalidStamp { text: text.into() }), "{text}");
        }
    }

    #[test]
    fn compact_stamps_have_a_date_and_maybe_a_time() {
        check_compact("20240310", Some("2024-03-10T00:00:00"));
        check_compact("202403100515", Some("2024-03-10T05:15:00"));
        check_compact("20240310051530", Some("2024-03-10T05:15:30"));
        for text in ["", "2024031", "2024031005", "20240230", "202403102400", "202403100560", "2024031005153x"] {
            check_compact(text, None);
        }
    }

    #[track_caller]
    fn check_compact(text: &str, expected: Option<&str>) {
        let found = parse_compact(text.as_bytes());
        assert_eq!(found.map(|clock| clock.to_string()), expected.map(String::from), "{text}");
    }

    #[test]
    fn the_fast_path_knows_every_day_of_its_years() {
        let mut date = Date::constant(1970, 1, 1);
        for day in 0.. {
            let text = format!("{date}T00:00:00Z");
            let expected = (date.year() < 2200).then_some(day * 86_400);
            assert_eq!(parse_rfc3339_seconds(text.as_bytes()), expected, "{text}");
            if expected.is_none() {
                break;
            }
            date = date.tomorrow().expect("before the last year");
        }
    }

    #[test]
    fn the_fast_path_leaves_the_unusual_to_the_full_parser() {
        assert_eq!(parse_rfc3339_seconds(b"2024-03-10T00:00:00-05:00"), Some(1_710_046_800));
        assert_eq!(parse_rfc3339_seconds(b"2024-11-04T05:00:00Z"), Some(1_730_696_400));
        let unusual = [
            "2024-03-10T05:00:00",
            "2024-03-10t05:00:00Z",
            "2024-03-10T05:00:00z",
            "2024-03-10 05:00:00Z",
            "2024-03-10T24:00:00Z",
            "2016-12-31T23:59:60Z",
            "2024-03-10T05:00:00.0Z",
            "2024-03-10T05:00:00+0500",
            "2024-02-30T05:00:00Z",
            "2100-02-29T05:00:00Z",
            "1969-12-31T23:59:59Z",
            "2200-01-01T00:00:00Z",
            "2024-03-10T05:00:00+24:00",
            "2024-03-10T05:0/:00Z",
        ];
        for text in unusual {
            assert_eq!(parse_rfc3339_seconds(text.as_bytes()), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn the_fast_path_agrees_with_jiff(
            second in 0_i64..7_258_118_400, // 1970 to 2199
            minutes in -1439_i32..=1439,
        ) {
            let instant = Timestamp::from_second(second).expect("in range");
            let utc = instant.to_string();
            prop_assert_eq!(parse_rfc3339_seconds(utc.as_bytes()), Some(second));
            prop_assert_eq!(utc.parse(), Ok(Stamp::Instant(instant)));
            let offset = Offset::from_seconds(minutes * 60).expect("in range");
            let local = format!("{}", instant.display_with_offset(offset));
            // The local year can be one that the fast path leaves to the full parser.
            let expected = (!local.starts_with("1969") && !local.starts_with("2200")).then_some(second);
            prop_assert_eq!(parse_rfc3339_seconds(local.as_bytes()), expected, "{}", local);
            prop_assert_eq!(local.parse(), Ok(Stamp::Instant(instant)));
        }

        #[test]
        fn damaged_stamps_are_read_alike_or_refused(at in 0_usize..25, byte in any::<u8>()) {
            let mut text = *b"2024-02-29T23:59:59-05:30";
            text[at] = byte;
            let fast = parse_rfc3339_seconds(&text);
            let full = std::str::from_utf8(&text).ok().and_then(|text| text.parse::<Stamp>().ok());
            if let Some(fast) = fast {
                let jiff: Timestamp = std::str::from_utf8(&text).expect("ASCII").parse().expect("jiff reads it too");
                prop_assert_eq!(fast, jiff.as_second());
                prop_assert_eq!(full, Some(Stamp::Instant(jiff)));
            }
        }

        #[test]
        fn any_text_is_read_or_refused(text in ".{0,40}") {
            let _ = text.parse::<Stamp>();
            let _ = parse_compact(text.as_bytes());
            let _ = parse_rfc3339_seconds(text.as_bytes());
        }
    }
}
