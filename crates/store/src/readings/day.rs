//! Dates as numbers.

use jiff::SignedDuration;
use jiff::civil::{Date, date};

/// Days since 1970-01-01.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct DayNumber(pub(super) i32);

impl DayNumber {
    /// The number of a civil date.
    pub(super) fn of_date(day: Date) -> Self {
        let hours = day.duration_since(date(1970, 1, 1)).as_hours();
        Self(i32::try_from(hours / 24).expect("jiff's years are within +-9999"))
    }

    /// The UTC day that contains an instant (epoch seconds); `None` outside the years jiff can represent.
    pub(super) fn of_instant(second: i64) -> Option<Self> {
        let number = Self(i32::try_from(second.div_euclid(86_400)).ok()?);
        number.date().map(|_| number)
    }

    /// The civil date; `None` outside the years jiff can represent.
    pub(super) fn date(self) -> Option<Date> {
        date(1970, 1, 1).checked_add(SignedDuration::from_hours(i64::from(self.0) * 24)).ok()
    }

    /// Epoch second of 00:00 UTC.
    pub(super) fn midnight_utc(self) -> i64 {
        i64::from(self.0) * 86_400
    }

    /// The first day of the month, as year * 12 + month - 1; `None` outside the years jiff can represent.
    pub(super) fn month(self) -> Option<i32> {
        self.date().map(|date| i32::from(date.year()) * 12 + i32::from(date.month()) - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_counted_from_1970() {
        for (day, number) in [
            (date(1970, 1, 1), 0),
            (date(1969, 12, 31), -1),
            (date(2000, 3, 1), 11_017),
            (date(2024, 2, 29), 19_782),
            (Date::MAX, 2_932_896),
        ] {
            assert_eq!(DayNumber::of_date(day), DayNumber(number));
            assert_eq!(DayNumber(number).date(), Some(day));
        }
        assert_eq!(DayNumber::of_instant(-1), Some(DayNumber(-1)));
        assert_eq!(DayNumber::of_instant(i64::MAX), None);
        assert_eq!(DayNumber(i32::MAX).date(), None);
    }
}
