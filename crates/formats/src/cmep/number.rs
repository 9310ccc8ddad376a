//! Numbers, date-times and interval lengths of CMEP 1.20.

use jiff::civil::DateTime;
use jiff::tz::Offset;
use jiff::{Span, Timestamp};
use model::quantity::{Decimal, DecimalError};
use model::time::parse_compact;

/// Reads a decimal integer, a hexadecimal one after `H`, or a floating point number with exponent
/// `E` or `D`.
///
/// # Errors
/// [`DecimalError`] for anything else, the empty text included.
pub fn number(text: &[u8]) -> Result<Decimal, DecimalError> {
    if let [b'H' | b'h', digits @ ..] = text {
        let digits = std::str::from_utf8(digits).map_err(|_| DecimalError::Syntax)?;
        let signed = digits.starts_with(['+', '-']);
        let value = i64::from_str_radix(digits, 16).ok().filter(|_| !signed);
        return value.map(|value| Decimal::new(value, 0)).ok_or(DecimalError::Syntax);
    }
    match text.iter().position(|byte| matches!(byte, b'D' | b'd')) {
        None => Decimal::parse(text),
        Some(at) => {
            let mut text = text.to_vec();
            text[at] = b'E';
            Decimal::parse(&text)
        }
    }
}

/// The exact product, without trailing zeros where it would have too many digits with them.
///
/// # Errors
/// [`DecimalError::TooLong`] when 18 digits do not hold it.
pub fn product(left: Decimal, right: Decimal) -> Result<Decimal, DecimalError> {
    let multiply = |left: Decimal, right: Decimal| {
        let digits = left.digits.checked_mul(right.digits)?;
        Some(Decimal::new(digits, left.exponent.checked_add(right.exponent)?))
    };
    multiply(left, right).or_else(|| multiply(left.normalized(), right.normalized())).ok_or(DecimalError::TooLong)
}

/// Reads `CCYYMMDDHHMM`, in UTC from 0000 to 2359.
pub fn date_time(text: &[u8]) -> Option<Timestamp> {
    (text.len() == 12).then(|| Offset::UTC.to_timestamp(parse_compact(text)?).ok()).flatten()
}

/// An interval length: months, or days, hours and minutes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Length {
    /// Less than a day: the values are intervals.
    Seconds(u32),
    /// A day or longer, in UTC: the values are amounts of a period.
    Calendar {
        /// Calendar months.
        months: i64,
        /// What comes on top of them.
        seconds: i64,
    },
}

impl Length {
    /// Reads `MMDDHHMM`; zero is no length.
    pub fn parse(text: &[u8]) -> Option<Self> {
        let text: &[u8; 8] = text.try_into().ok()?;
        if !text.iter().all(u8::is_ascii_digit) {
            return None;
        }
        let part = |at: usize| i64::from(text[at] - b'0') * 10 + i64::from(text[at + 1] - b'0');
        let seconds = ((part(2) * 24 + part(4)) * 60 + part(6)) * 60;
        match (part(0), u32::try_from(seconds).ok()?) {
            (0, 0) => None,
            (0, seconds) if seconds < 86_400 => Some(Self::Seconds(seconds)),
            (months, _) => Some(Self::Calendar { months, seconds }),
        }
    }

    /// The end of the interval after the one that ends at `end`.
    pub fn after(self, end: Timestamp) -> Option<Timestamp> {
        self.shifted(end, 1)
    }

    /// The start of the interval that ends at `end`.
    pub fn before(self, end: Timestamp) -> Option<Timestamp> {
        self.shifted(end, -1)
    }

    fn shifted(self, end: Timestamp, sign: i64) -> Option<Timestamp> {
        let (months, seconds) = match self {
            Self::Seconds(seconds) => (0, i64::from(seconds)),
            Self::Calendar { months, seconds } => (months, seconds),
        };
        let span = Span::new().try_months(sign * months).ok()?.try_seconds(sign * seconds).ok()?;
        let shifted: DateTime = Offset::UTC.to_datetime(end).checked_add(span).ok()?;
        Offset::UTC.to_timestamp(shifted).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // CMEP 1.20: integer decimal with sign, hexadecimal with a leading H, floating point with E or D.
    #[test]
    fn numbers_are_decimal_hexadecimal_or_floating() {
        for (text, expected) in [
            ("12", Some("12")),
            ("-0.125", Some("-0.125")),
            ("H1F", Some("31")),
            ("1.5E2", Some("15e1")),
            ("1.5D-3", Some("0.0015")),
            ("", None),
            ("H", None),
            ("H-1", None),
            ("1.5DD2", None),
            ("HFFFFFFFFFFFFFFFF", None),
        ] {
            let expected = expected.map(|text| text.parse::<Decimal>().expect("decimal"));
            assert_eq!(number(text.as_bytes()).ok(), expected, "{text}");
        }
    }

    #[test]
    fn products_are_exact_or_refused() {
        for (left, right, expected) in [
            ("0.125", "40", Some("5.000")),
            ("1000000000000.000000", "1000000.0", Some("1e18")),
            ("999999999999999999", "1.000001", None),
        ] {
            let [left, right] = [left, right].map(|text| text.parse::<Decimal>().expect("decimal"));
            let expected = expected.map(|text| text.parse::<Decimal>().expect("decimal"));
            let found = product(left, right).ok();
            assert_eq!(found.map(Decimal::normalized), expected.map(Decimal::normalized), "{left} * {right}");
        }
    }

    #[test]
    fn lengths_step_by_the_clock_or_the_calendar() {
        check("00000015", "202403110515", "202403110530");
        check("00000100", "202403102300", "202403110000");
        check("00010000", "202402280000", "202402290000");
        check("01000000", "202402010000", "202403010000");
        for wrong in ["", "00000000", "0000015", "0000001x"] {
            assert_eq!(Length::parse(wrong.as_bytes()), None, "{wrong}");
        }
    }

    #[track_caller]
    fn check(length: &str, end: &str, next: &str) {
        let parsed = Length::parse(length.as_bytes()).expect(length);
        let [end, next] = [end, next].map(|text| date_time(text.as_bytes()).expect(text));
        assert_eq!((parsed.after(end), parsed.before(next)), (Some(next), Some(end)), "{length}");
    }
}
