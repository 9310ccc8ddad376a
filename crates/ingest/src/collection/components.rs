//! Who misses readings again and again: "missing reads must not come from the same component during any three consecutive
//! months" (Ontario 2.3.1), in both readings of decision O-02.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Span;
use jiff::civil::Date;
use serde::Serialize;
use smol_str::SmolStr;

/// A component that missed readings in one of the ways that are asked about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Repeated {
    /// The component.
    pub component: SmolStr,
    /// The days on which it missed readings.
    pub days: Vec<Date>,
    /// The first month of three in a row with a miss each; the rule as it is applied unless the stricter one is asked for.
    pub three_months_from: Option<Date>,
    /// The first two days of which the second is less than three months after the first: the stricter reading.
    pub twice: Option<[Date; 2]>,
}

/// Components that missed readings in three consecutive months, or twice within three, from the days on which each did.
pub fn repeated(misses: impl IntoIterator<Item = (SmolStr, Date)>) -> Vec<Repeated> {
    let mut days: BTreeMap<SmolStr, BTreeSet<Date>> = BTreeMap::new();
    for (component, date) in misses {
        days.entry(component).or_default().insert(date);
    }
    let told = |(component, days): (SmolStr, BTreeSet<Date>)| {
        let (three_months_from, twice) = (three_months(&days), twice(&days));
        let days = days.into_iter().collect();
        let told = three_months_from.is_some() || twice.is_some();
        told.then_some(Repeated { component, days, three_months_from, twice })
    };
    days.into_iter().filter_map(told).collect()
}

fn three_months(days: &BTreeSet<Date>) -> Option<Date> {
    let months: BTreeSet<Date> = days.iter().map(|day| day.first_of_month()).collect();
    let has = |month: Date, later: i64| {
        month.checked_add(Span::new().months(later)).is_ok_and(|later| months.contains(&later))
    };
    months.iter().copied().find(|month| has(*month, 1) && has(*month, 2))
}

fn twice(days: &BTreeSet<Date>) -> Option<[Date; 2]> {
    let within =
        |(first, second): &(&Date, &Date)| first.checked_add(Span::new().months(3)).is_ok_and(|end| **second < end);
    days.iter().zip(days.iter().skip(1)).find(within).map(|(first, second)| [*first, *second])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(case: &str, days: &str, expected: (Option<&str>, Option<&str>)) {
        let date = |text: &str| text.parse::<Date>().expect("a date");
        let told = repeated(days.split_whitespace().map(|day| (SmolStr::new_static("M-1"), date(day))));
        let found = told.first();
        let months = found.and_then(|told| told.three_months_from).map(|month| month.to_string());
        let twice = found.and_then(|told| told.twice).map(|[first, second]| format!("{first} {second}"));
        assert_eq!((months.as_deref(), twice.as_deref()), expected, "{case}");
    }

    // covers: ONT-2.3.1b
    #[test]
    fn a_component_repeats_in_both_readings_of_the_rule() {
        check("once", "2026-01-31", (None, None));
        check("twice in three months", "2026-01-31 2026-04-29", (None, Some("2026-01-31 2026-04-29")));
        check("three months apart", "2026-01-31 2026-04-30", (None, None));
        let each = (Some("2026-01-01"), Some("2026-01-05 2026-02-28"));
        check("in each of three months", "2026-01-05 2026-02-28 2026-03-01", each);
        let over_new_year = (Some("2025-11-01"), Some("2025-11-30 2025-12-01"));
        check("over the new year", "2025-11-30 2025-12-01 2026-01-31", over_new_year);
        let gap = (None, Some("2026-01-05 2026-02-28"));
        check("with a month between", "2026-01-05 2026-02-28 2026-04-01", gap);
    }
}
