//! From when to when values are expected of a channel.
//!
//! Master data says when a meter was at the usage point. Where it does not say since when, nothing is known of the meter but
//! what it sent: values are expected from the first one to the last one that was received, and nothing before or after
//! is missing.
//!
//! Silence is looked at for [`SILENT_DAYS`] and no longer, so that a meter that went without a word is not waited for
//! for ever, and so that no day depends on others that are farther away than a driver loads.

use jiff::Timestamp;
use jiff::civil::Date;
use model::time::TimeRange;

use crate::context::overlap;
use crate::day::Day;

/// Days without any value that are run beside one with values. A channel of which it is not known since when it has a
/// meter ends and begins anew when it was silent for longer.
pub const SILENT_DAYS: u16 = 35;

/// When a meter was at the usage point of a channel and could measure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MeterTimes {
    /// Spans whose beginning is known.
    pub dated: Vec<TimeRange>,
    /// Spans that began at some time not known.
    pub undated: Vec<TimeRange>,
}

impl Default for MeterTimes {
    /// Nothing is known: a meter is there from the first value to the last one that was received.
    fn default() -> Self {
        Self { dated: Vec::new(), undated: vec![TimeRange { start: Timestamp::MIN, end: Timestamp::MAX }] }
    }
}

impl MeterTimes {
    /// The same without the time in which nothing can be measured.
    pub fn without(self, dark: TimeRange) -> Self {
        let cut = |spans: Vec<TimeRange>| -> Vec<TimeRange> {
            let parts = spans.into_iter().flat_map(|span| {
                let before = TimeRange { start: span.start, end: span.end.min(dark.start) };
                let after = TimeRange { start: span.start.max(dark.end), end: span.end };
                if overlap(span, dark).is_some() { [before, after].to_vec() } else { vec![span] }
            });
            parts.filter(|span| span.start < span.end).collect()
        };
        Self { dated: cut(self.dated), undated: cut(self.undated) }
    }

    /// The spans of some days of a channel in which values are expected; the days are in order.
    pub(crate) fn expected<'d>(&self, days: impl Iterator<Item = Day<'d>>) -> Vec<TimeRange> {
        let mut spans = self.dated.clone();
        let mut before: Option<(Date, TimeRange)> = None;
        for (day, received) in days.filter_map(|day| Some((day, received(&day)?))) {
            let goes_on = before.filter(|(date, _)| days_between(*date, day.date) <= i32::from(SILENT_DAYS));
            let start = goes_on.map_or(received.start, |(_, before)| before.end);
            let sent = TimeRange { start, end: received.end };
            spans.extend(self.undated.iter().filter_map(|span| overlap(*span, sent)));
            before = Some((day.date, received));
        }
        joined(spans)
    }

    /// Whether a meter came within [`SILENT_DAYS`] before the end of a day.
    pub(crate) fn began_before(&self, day: TimeRange) -> bool {
        let days = jiff::SignedDuration::from_hours(24 * i64::from(SILENT_DAYS));
        let from = day.start.checked_sub(days).unwrap_or(Timestamp::MIN);
        self.dated.iter().any(|span| from <= span.start && span.start < day.end)
    }
}

/// From the first value of a day to the last one.
fn received(day: &Day<'_>) -> Option<TimeRange> {
    let last = (0..day.slots()).rev().find(|slot| day.value(*slot).is_some())?;
    Some(day.range(first_value(day)?, last + 1))
}

/// The first slot with a value.
pub(crate) fn first_value(day: &Day<'_>) -> Option<u16> {
    (0..day.slots()).find(|slot| day.value(*slot).is_some())
}

fn days_between(earlier: Date, later: Date) -> i32 {
    later.since(earlier).map_or(i32::MAX, |span| span.get_days())
}

/// The same instants in spans that do not touch each other, in order.
fn joined(mut spans: Vec<TimeRange>) -> Vec<TimeRange> {
    spans.sort_by_key(|span| span.start);
    let mut joined: Vec<TimeRange> = Vec::with_capacity(1);
    for span in spans {
        match joined.last_mut() {
            Some(last) if span.start <= last.end => last.end = last.end.max(span.end),
            _ => joined.push(span),
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::day::MISSING;

    /// Days of four slots of six hours in January 2026: `5:__11` is the fifth with two values at its end.
    #[track_caller]
    fn check(case: &str, times: &MeterTimes, days: &str, expected: &str) {
        let days: Vec<(i8, Vec<i64>)> = days.split_whitespace().map(day).collect();
        let days = days.iter().map(|(number, values)| Day {
            date: date(2026, 1, 1).saturating_add(jiff::Span::new().days(*number - 1)),
            start: at(*number, 0),
            slot_seconds: 21_600,
            clock_change: None,
            values,
            statuses: &[],
        });
        let shown = |span: &TimeRange| {
            let hours = |at: Timestamp| (at.as_second() - self::at(1, 0).as_second()) / 3600 + 24;
            format!(
                "{}/{}..{}/{}",
                hours(span.start) / 24,
                hours(span.start) % 24,
                hours(span.end) / 24,
                hours(span.end) % 24
            )
        };
        let spans: Vec<String> = times.expected(days).iter().map(shown).collect();
        assert_eq!(spans.join(" "), expected, "{case}");
    }

    fn day(text: &str) -> (i8, Vec<i64>) {
        let (number, values) = text.split_once(':').expect("a number and values");
        (number.parse().expect("a number"), values.chars().map(|cell| if cell == '_' { MISSING } else { 1 }).collect())
    }

    fn at(day: i8, hour: i64) -> Timestamp {
        let first: Timestamp = "2026-01-01T00:00:00Z".parse().expect("an instant");
        first + jiff::SignedDuration::from_hours(24 * (i64::from(day) - 1) + hour)
    }

    #[test]
    fn values_are_expected_from_the_first_one_to_the_last() {
        let unknown = MeterTimes::default();
        check("nothing came", &unknown, "1:____ 2:____", "");
        check("it begins at noon", &unknown, "1:____ 2:__11 3:____ 4:111_ 5:____", "2/12..4/18");
        check("a value of the past", &unknown, "1:___1 2:_1__", "1/18..2/12");
        check("35 days of silence", &unknown, "1:111_ 36:__11", "1/0..37/0");
        check("longer silence is a new beginning", &unknown, "1:111_ 37:__11", "1/0..1/18 37/12..38/0");
    }

    #[test]
    fn values_are_expected_while_master_data_knows_a_meter() {
        let span = |from: (i8, i64), to: (i8, i64)| TimeRange { start: at(from.0, from.1), end: at(to.0, to.1) };
        let dated = MeterTimes { dated: vec![span((2, 6), (4, 12))], undated: Vec::new() };
        check("also before the first value", &dated, "1:____ 2:____ 3:__11 4:____ 5:____", "2/6..4/12");
        check("not where it was cut off", &dated.clone().without(span((3, 0), (4, 0))), "3:1111", "2/6..3/0 4/0..4/12");
        let undated = MeterTimes { dated: Vec::new(), undated: vec![span((1, 0), (4, 12))] };
        check("it went", &undated, "2:_111 3:____ 4:1111 5:____", "2/6..4/12");
        check("nothing is cut", &undated.clone().without(span((9, 0), (9, 6))), "2:_111", "2/6..3/0");
        assert!(dated.began_before(span((36, 0), (37, 0))) && !dated.began_before(span((38, 0), (39, 0))));
        assert!(!dated.began_before(span((1, 0), (2, 0))));
    }
}
