//! When a schedule is due. Pure: instants follow from its settings alone, so that nothing is lost or done twice over restarts.
//!
//! | settings | due |
//! |---|---|
//! | `at` | at these local times of every day |
//! | `at` and `days_of_month` | at these local times of these days; 29 to 31 mean the last day of a shorter month |
//! | `every_minutes` | at its multiples since 1970-01-01T00:00Z, whatever local clocks do |
//!
//! A local time that a day has twice is due when it comes first; one that it has not is due as much later as clocks were moved.

use std::collections::BTreeSet;

use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use model::time::zone::zone_of;
use serde::{Deserialize, Serialize};

/// What a schedule reads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reads {
    /// What registers show when it is due.
    #[default]
    Registers,
    /// The intervals since it was due last.
    Intervals,
}

/// A schedule by which meters are read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct ReadSchedule {
    /// What it is called; its orders are asked for by this name.
    pub name: String,
    /// What it reads.
    pub read: Reads,
    /// The head-ends whose meters are read; all where there is none.
    pub head_ends: Vec<String>,
    /// Only meters of usage points in one of these programmes; all where there is none.
    pub programmes: Vec<String>,
    /// The zone of local times; that of the installation where there is none.
    pub zone: Option<String>,
    /// Local times.
    pub at: Vec<Time>,
    /// Days of the month; every day where there is none.
    pub days_of_month: Vec<i8>,
    /// Minutes from one cycle to the next, instead of local times.
    pub every_minutes: u32,
    /// Hours after a cycle within which an answer counts; 0 leaves it to `orders.schedule`.
    pub answer_hours: u32,
}

/// When a schedule is due.
#[derive(Clone, Debug)]
pub enum Rhythm {
    /// At local times.
    Local {
        /// Their zone.
        zone: TimeZone,
        /// The times.
        at: BTreeSet<Time>,
        /// Days of the month; every day where there is none.
        days_of_month: BTreeSet<i8>,
    },
    /// Every so many seconds.
    Every(i64),
}

impl ReadSchedule {
    /// When it is due; `zone` is that of the installation.
    ///
    /// # Errors
    /// The name of the setting, what it is and what was expected.
    pub fn rhythm(&self, zone: &TimeZone) -> Result<Rhythm, String> {
        let wrong = |problem: String| Err(format!("`{}`: {problem}", self.name));
        if self.name.trim().is_empty() || 100 < self.name.len() {
            return Err(format!("name: `{}`, expected what it is called, 1 to 100 bytes", self.name));
        }
        if let Some(day) = self.days_of_month.iter().find(|day| !(1..=31).contains(*day)) {
            return wrong(format!("days_of_month: {day}, expected 1 to 31"));
        }
        match (self.at.is_empty(), self.every_minutes) {
            (true, 0) => wrong("expected local times as `at`, or `every_minutes`".into()),
            (false, 1..) => wrong("expected one of `at` and `every_minutes`, found both".into()),
            (true, _) if !self.days_of_month.is_empty() => {
                wrong("days_of_month: expected with local times as `at`".into())
            }
            (true, minutes) => Ok(Rhythm::Every(i64::from(minutes) * 60)),
            (false, 0) => {
                let named = self.zone.as_deref().map(zone_of).transpose();
                let named = named.map_err(|error| format!("`{}`: zone: {error}", self.name))?;
                let (at, days_of_month) = (self.at.iter().copied(), self.days_of_month.iter().copied());
                let zone = named.unwrap_or_else(|| zone.clone());
                Ok(Rhythm::Local { zone, at: at.collect(), days_of_month: days_of_month.collect() })
            }
        }
    }
}

impl Rhythm {
    /// The cycles after an instant, without end but that of the calendar.
    pub fn after(&self, after: Timestamp) -> Box<dyn Iterator<Item = Timestamp> + '_> {
        match self {
            Self::Every(seconds) => {
                let first = after.as_second().div_euclid(*seconds) + 1;
                Box::new((first..).map_while(move |cycle| Timestamp::from_second(cycle.checked_mul(*seconds)?).ok()))
            }
            Self::Local { zone, at, days_of_month } => {
                // Clocks are moved by less than a day, so that the day before has the first cycle at the earliest.
                let first = after.to_zoned(zone.clone()).date().yesterday().unwrap_or(Date::MIN);
                let dates = std::iter::successors(Some(first), |date| date.checked_add(1.day()).ok());
                let is_due = move |date: &Date| {
                    let last = date.days_in_month();
                    days_of_month.is_empty() || days_of_month.iter().any(|day| (*day).min(last) == date.day())
                };
                let of_day = move |date: Date| {
                    let due = at
                        .iter()
                        .filter_map(move |time| Some(zone.to_zoned(date.to_datetime(*time)).ok()?.timestamp()));
                    // Two local times may be one instant, where clocks go forward.
                    due.collect::<BTreeSet<_>>()
                };
                let mut last = after;
                let rises = move |due: &Timestamp| {
                    let is_later = last < *due;
                    last = last.max(*due);
                    is_later
                };
                Box::new(dates.filter(is_due).flat_map(of_day).filter(rises))
            }
        }
    }
}

/// The intervals of a length that lie wholly in a span; `None` where none does. `offset` is that of local time, for intervals
/// are counted from local midnight.
pub(crate) fn whole_intervals(
    range: model::time::TimeRange,
    seconds: u32,
    offset: SignedDuration,
) -> Option<(model::time::TimeRange, u64)> {
    let (length, offset) = (i64::from(seconds.max(1)), offset.as_secs());
    let first = (range.start.as_second() + offset + length - 1).div_euclid(length);
    let end = (range.end.as_second() + offset).div_euclid(length);
    let at = |interval: i64| Timestamp::from_second(interval * length - offset).ok();
    let count = u64::try_from(end - first).ok().filter(|count| 0 < *count)?;
    Some((model::time::TimeRange { start: at(first)?, end: at(end)? }, count))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn toronto(settings: &str) -> Rhythm {
        let schedule: ReadSchedule = serde_json::from_str(settings).expect("settings");
        schedule.rhythm(&zone_of("America/Toronto").expect("a zone")).expect("a rhythm")
    }

    /// The cycles after an instant, by hand: Toronto is 5 hours behind UTC in winter and 4 in summer.
    #[track_caller]
    fn check(case: &str, settings: &str, after: &str, expected: &[&str]) {
        let after = after.parse().expect("an instant");
        let told: Vec<_> = toronto(settings).after(after).take(expected.len()).map(|due| due.to_string()).collect();
        assert_eq!(told, expected, "{case}");
    }

    #[test]
    fn local_times_hold_on_days_of_23_and_25_hours() {
        let night = r#"{"name": "n", "at": ["00:30", "02:30"]}"#;
        // On 2026-03-08 clocks go from 02:00 EST to 03:00 EDT: half past two is half past three.
        let expected = [
            "2026-03-07T05:30:00Z",
            "2026-03-07T07:30:00Z",
            "2026-03-08T05:30:00Z",
            "2026-03-08T07:30:00Z",
            "2026-03-09T04:30:00Z",
            "2026-03-09T06:30:00Z",
        ];
        check("forward", night, "2026-03-07T05:00:00Z", &expected);
        // On 2026-11-01 clocks go from 02:00 EDT back to 01:00 EST: half past one is there twice, and due once.
        let twice = r#"{"name": "n", "at": ["01:30"]}"#;
        let expected = ["2026-10-31T05:30:00Z", "2026-11-01T05:30:00Z", "2026-11-02T06:30:00Z"];
        check("back", twice, "2026-10-30T12:00:00Z", &expected);
        check("after the first of both", twice, "2026-11-01T05:30:00Z", &["2026-11-02T06:30:00Z"]);
        let one = r#"{"name": "n", "at": ["02:30", "03:30"]}"#;
        check(
            "two times of one instant",
            one,
            "2026-03-08T05:00:00Z",
            &["2026-03-08T07:30:00Z", "2026-03-09T06:30:00Z"],
        );
    }

    #[test]
    fn minutes_go_on_whatever_local_clocks_do() {
        let hourly = r#"{"name": "n", "every_minutes": 60}"#;
        let expected = ["2026-11-01T05:00:00Z", "2026-11-01T06:00:00Z", "2026-11-01T07:00:00Z"];
        check("each of 25 hours", hourly, "2026-11-01T04:00:00Z", &expected);
        let odd = r#"{"name": "n", "every_minutes": 7}"#;
        check("since 1970", odd, "1970-01-01T00:13:59Z", &["1970-01-01T00:14:00Z", "1970-01-01T00:21:00Z"]);
    }

    #[test]
    fn a_month_that_is_shorter_is_read_on_its_last_day() {
        let monthly = r#"{"name": "n", "at": ["08:00"], "days_of_month": [31]}"#;
        let expected = ["2026-01-31T13:00:00Z", "2026-02-28T13:00:00Z", "2026-03-31T12:00:00Z", "2026-04-30T12:00:00Z"];
        check("the last", monthly, "2026-01-01T00:00:00Z", &expected);
        let both = r#"{"name": "n", "at": ["08:00"], "days_of_month": [30, 31]}"#;
        check("once", both, "2028-02-01T00:00:00Z", &["2028-02-29T13:00:00Z", "2028-03-30T12:00:00Z"]);
    }

    #[test]
    fn intervals_are_counted_from_local_midnight() {
        let check = |range: [&str; 2], seconds, offset: i64, expected: Option<([&str; 2], u64)>| {
            let [start, end] = range.map(|text| text.parse().expect("an instant"));
            let told =
                whole_intervals(model::time::TimeRange { start, end }, seconds, SignedDuration::from_mins(offset));
            let told = told.map(|(range, count)| ([range.start.to_string(), range.end.to_string()], count));
            assert_eq!(told, expected.map(|(range, count)| (range.map(str::to_owned), count)));
        };
        let day = ["2026-02-03T05:20:00Z", "2026-02-03T17:20:00Z"];
        check(day, 900, -300, Some((["2026-02-03T05:30:00Z", "2026-02-03T17:15:00Z"], 47)));
        check(day, 3600, 330, Some((["2026-02-03T05:30:00Z", "2026-02-03T16:30:00Z"], 11)));
        check(["2026-02-03T05:20:00Z", "2026-02-03T05:40:00Z"], 3600, 0, None);
        let whole = ["2026-02-03T05:00:00Z", "2026-02-03T07:00:00Z"];
        check(whole, 3600, 0, Some((whole, 2)));
    }

    #[test]
    fn settings_that_cannot_be_are_named() {
        let check = |settings: &str, expected: &str| {
            let schedule: ReadSchedule = serde_json::from_str(settings).expect("settings");
            let problem = schedule.rhythm(&TimeZone::UTC).expect_err("refused");
            assert!(problem.contains(expected), "{problem}");
        };
        check(r#"{"at": ["08:00"]}"#, "name: ``, expected what it is called");
        check(r#"{"name": "n"}"#, "`n`: expected local times as `at`, or `every_minutes`");
        check(r#"{"name": "n", "at": ["08:00"], "every_minutes": 5}"#, "found both");
        check(r#"{"name": "n", "every_minutes": 5, "days_of_month": [1]}"#, "days_of_month: expected with local times");
        check(r#"{"name": "n", "at": ["08:00"], "days_of_month": [0]}"#, "days_of_month: 0, expected 1 to 31");
        check(r#"{"name": "n", "at": ["08:00"], "zone": "Mars"}"#, "zone: `Mars` is not a time zone");
    }
}
