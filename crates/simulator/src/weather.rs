//! The weather over the utility: temperature and clouds, in whole numbers.

use jiff::civil::Date;

use crate::chance::{Purpose, between};

/// Mean of each month in tenths of a degree Celsius: cold winters, warm summers.
const MONTH_MEANS: [i64; 12] = [-40, -30, 10, 70, 135, 190, 220, 210, 170, 105, 45, -10];
/// What each hour adds to the mean of its day, in tenths of a degree.
const HOURS: [i64; 24] =
    [-30, -35, -40, -45, -48, -50, -45, -35, -20, -5, 10, 25, 35, 42, 48, 50, 46, 38, 25, 12, 0, -10, -18, -25];

/// The weather of an hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sky {
    /// In tenths of a degree Celsius.
    pub temperature: i64,
    /// How much of the sun comes through, in per cent.
    pub sunshine: i64,
}

impl Sky {
    /// The weather of an hour.
    pub fn over(seed: u64, date: Date, hour: i8) -> Self {
        Self { temperature: temperature(seed, date, hour), sunshine: sunshine(seed, date) }
    }
}

/// The temperature of an hour in tenths of a degree Celsius.
pub fn temperature(seed: u64, date: Date, hour: i8) -> i64 {
    let of_hour = usize::try_from(hour).ok().and_then(|hour| HOURS.get(hour)).copied().unwrap_or(0);
    season(date) + spell(seed, date) + of_hour
}

/// How much of the sun comes through on a day, in per cent.
pub fn sunshine(seed: u64, date: Date) -> i64 {
    between(seed, 0, day_number(date), Purpose::Cloud, (15, 101))
}

/// The mean of the time of year, on a straight line from the middle of one month to that of the next.
fn season(date: Date) -> i64 {
    let month = usize::try_from(date.month() - 1).unwrap_or(0);
    let (length, day) = (i64::from(date.days_in_month()), i64::from(date.day()));
    let (from, to, done) = if 2 * day < length {
        ((month + 11) % 12, month, day + length / 2)
    } else {
        (month, (month + 1) % 12, day - length / 2)
    };
    MONTH_MEANS[from] + (MONTH_MEANS[to] - MONTH_MEANS[from]) * done / length
}

/// Warm and cold days follow each other softly: the mean of three days' luck.
fn spell(seed: u64, date: Date) -> i64 {
    let luck = |day: i64| between(seed, 0, day, Purpose::Warmth, (-80, 81));
    let day = day_number(date);
    (day - 1..=day + 1).map(luck).sum::<i64>() / 3
}

/// Days since 1970-01-01.
pub(crate) fn day_number(date: Date) -> i64 {
    date.since(Date::constant(1970, 1, 1)).map_or(0, |span| i64::from(span.get_days()))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn seasons_meet_the_monthly_means_in_the_middle_of_the_month() {
        // June has 30 days: from the 15th on the line goes to July.
        assert_eq!(season(date(2026, 6, 15)), 190);
        assert_eq!(season(date(2026, 6, 30)), 190 + 30 * 15 / 30);
        assert_eq!(season(date(2026, 1, 15)), -10 - 30 * 30 / 31, "a day before the middle of a month of 31");
        assert!((0..24).all(|hour| temperature(7, date(2026, 1, 15), hour) < temperature(7, date(2026, 7, 15), hour)));
    }

    #[test]
    fn the_weather_of_a_day_can_be_asked_again_and_depends_on_the_seed() {
        let days = || (0..60).map(|day| date(2026, 3, 1).saturating_add(jiff::Span::new().days(day)));
        let of = |seed| days().map(|day| (temperature(seed, day, 12), sunshine(seed, day))).collect::<Vec<_>>();
        assert_eq!(of(7), of(7));
        assert_ne!(of(7), of(8));
        assert!(of(7).iter().all(|(_, sun)| (15..=100).contains(sun)));
    }
}
