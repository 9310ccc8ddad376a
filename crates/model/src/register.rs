//! What a cumulative register counted between two reads.

use crate::quantity::Decimal;

/// A count, exact: `digits * 10^exponent` in the register's own unit, before any multiplier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Advance {
    /// The digits.
    pub digits: i128,
    /// The power of ten.
    pub exponent: i8,
}

/// More dials than any register has, for one of which they are not known: a fall is then never taken for a roll-over.
pub const UNKNOWN_DIALS: u8 = 18;

/// Why a fall is no roll-over of a register with so many dials, as the end of a sentence.
pub fn no_roll_over(dials: u8) -> String {
    if dials == UNKNOWN_DIALS {
        return "and whether that is a roll-over cannot be told, for its dials are not known".into();
    }
    format!("which is no roll-over of {dials} dials")
}

/// Why two reads do not say what was counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AdvanceError {
    /// The register fell and was not near its end, so it did not start again.
    #[error("the register fell, which is no roll-over")]
    Fell,
    /// More than 38 digits.
    #[error("the numbers are too large to subtract exactly")]
    TooLarge,
}

/// What a register of so many dials counted from one read to a later one.
///
/// A fall is a roll-over, and `10^dials` is added, where the register was in its last tenth before and is in its first
/// tenth after (catalogue V55).
///
/// # Errors
/// Where it fell otherwise, or the numbers are too large.
pub fn advance(start: Decimal, end: Decimal, dials: u8) -> Result<Advance, AdvanceError> {
    let exponent = start.exponent.min(end.exponent).min(0);
    let lifted = |digits: i64, from: i8| {
        let factor = 10_i128.checked_pow((i32::from(from) - i32::from(exponent)).unsigned_abs());
        factor.and_then(|factor| factor.checked_mul(digits.into())).ok_or(AdvanceError::TooLarge)
    };
    let (start, end) = (lifted(start.digits, start.exponent)?, lifted(end.digits, end.exponent)?);
    let digits = end.checked_sub(start).ok_or(AdvanceError::TooLarge)?;
    if 0 <= digits {
        return Ok(Advance { digits, exponent });
    }
    let places = u32::from(dials) + u32::from(exponent.unsigned_abs());
    let capacity = 10_i128.checked_pow(places).ok_or(AdvanceError::TooLarge)?;
    let tenth = capacity / 10;
    let rolled_over = capacity - tenth < start && start < capacity && 0 <= end && end < tenth;
    if rolled_over { Ok(Advance { digits: digits + capacity, exponent }) } else { Err(AdvanceError::Fell) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dials_that_are_not_known_are_not_told_as_a_number() {
        assert_eq!(no_roll_over(5), "which is no roll-over of 5 dials");
        assert!(no_roll_over(UNKNOWN_DIALS).ends_with("its dials are not known"));
    }

    #[test]
    fn a_fall_is_a_roll_over_from_the_last_tenth_into_the_first() {
        check("counts on", "12345", "12400", 5, Some("55"));
        check("stands still", "12345", "12345", 5, Some("0"));
        check("rolls over", "99990", "15", 5, Some("25"));
        check("with decimals", "99999.8", "0.3", 5, Some("0.5"));
        check("decimals on one side", "99999", "0.25", 5, Some("1.25"));
        check("not yet in the last tenth", "90000", "15", 5, None);
        check("just in the last tenth", "90000.1", "15", 5, Some("10014.9"));
        check("no longer in the first tenth", "99990", "10000", 5, None);
        check("more than the dials show", "199990", "15", 5, None);
        check("below zero", "99990", "-1", 5, None);
        check("fewer dials", "990", "5", 3, Some("15"));
        check("more dials", "990", "5", 4, None);
    }

    #[track_caller]
    fn check(case: &str, start: &str, end: &str, dials: u8, expected: Option<&str>) {
        let decimal = |text: &str| text.parse::<Decimal>().expect("a number");
        let found = advance(decimal(start), decimal(end), dials);
        let expected = expected.map(|text| decimal(text).normalized());
        let shown =
            |found: Advance| Decimal::new(i64::try_from(found.digits).expect("small"), found.exponent).normalized();
        assert_eq!(found.ok().map(shown), expected, "{case}");
    }

    #[test]
    fn numbers_of_any_size_are_answered() {
        let far = Decimal::new(i64::MAX, 100);
        assert_eq!(advance(Decimal::new(1, -100), far, 5), Err(AdvanceError::TooLarge));
        assert_eq!(advance(Decimal::new(5, 0), Decimal::new(1, 0), u8::MAX), Err(AdvanceError::TooLarge));
    }
}
