//! Which time a head-end is asked for next: one span after the other, each noun by itself. Pure.
//!
//! A span is asked for once it has ended and was left alone for a while, and is never longer than the head-end can bear.
//! What came to the head-end late lies in time that was asked for already; each question therefore goes back some way, and
//! what comes twice is kept once.

use std::fmt::{self, Display};

use jiff::{SignedDuration, Timestamp};
use model::time::TimeRange;
use serde::{Deserialize, Serialize};

use crate::Trouble;

/// How time is cut into questions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Windows {
    /// Minutes that must have passed since the last question: the shortest span.
    pub minutes: u32,
    /// The longest span of one question, in minutes, for catching up.
    pub minutes_max: u32,
    /// Minutes before each span that are asked for once more, for what came late.
    pub overlap_minutes: u32,
    /// Seconds after its end until a span is asked for.
    pub settled_seconds: u32,
    /// Hours before now in which the first question begins.
    pub history_hours: u32,
}

impl Default for Windows {
    fn default() -> Self {
        Self { minutes: 15, minutes_max: 1440, overlap_minutes: 60, settled_seconds: 60, history_hours: 24 }
    }
}

impl Windows {
    /// What cannot be, in words that name the setting.
    ///
    /// # Errors
    /// The name of the setting, what it is and what was expected.
    pub fn check(&self) -> Result<(), String> {
        if self.minutes == 0 {
            return Err("windows.minutes is 0: expected at least 1".into());
        }
        if self.minutes_max < self.minutes {
            return Err(format!(
                "windows.minutes_max is {}: expected at least the {} of windows.minutes",
                self.minutes_max, self.minutes
            ));
        }
        Ok(())
    }

    /// Where the first question begins, on a whole minute.
    pub fn first(&self, now: Timestamp) -> Timestamp {
        whole_minute(minus(now, SignedDuration::from_hours(self.history_hours.into())))
    }
}

/// How far each noun was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursors(Vec<(&'static str, Timestamp)>);

/// What is asked next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asking<'c> {
    /// Of what.
    pub noun: &'c str,
    /// From when to when, with what is asked for once more.
    pub asked: TimeRange,
    /// Until when everything was asked for afterwards.
    until: Timestamp,
}

impl Asking<'_> {
    /// The id of the question, another one every time.
    pub fn id(&self, now: Timestamp) -> String {
        format!("amity.{}.{}/{}@{now}", self.noun, self.asked.start, self.asked.end)
    }
}

impl Cursors {
    /// Where a position says that each noun was asked for until; one it does not tell of begins at `first`.
    ///
    /// # Errors
    /// [`Trouble::Refused`] for a position that no head-end of this kind ever had.
    pub fn parse(position: Option<&str>, nouns: &[&'static str], first: Timestamp) -> Result<Self, Trouble> {
        let mut cursors: Vec<_> = nouns.iter().map(|noun| (*noun, first)).collect();
        for part in position.unwrap_or_default().split_whitespace() {
            let told = part.split_once('=').and_then(|(noun, at)| Some((noun, at.parse().ok()?)));
            let Some((noun, at)) = told else {
                let why = format!("`{part}` is no position of this kind of head-end: give it a name of its own");
                return Err(Trouble::Refused(why));
            };
            if let Some(cursor) = cursors.iter_mut().find(|(known, _)| *known == noun) {
                cursor.1 = at;
            }
        }
        Ok(Self(cursors))
    }

    /// Until when everything was asked for of every noun.
    pub fn until(&self) -> Option<Timestamp> {
        self.0.iter().map(|(_, until)| *until).min()
    }

    /// What is asked next: of the noun that is furthest behind, in a span of at most `minutes`; `None` while none has ended.
    pub fn next(&self, windows: &Windows, minutes: u32, now: Timestamp) -> Option<Asking<'_>> {
        let settled = whole_minute(minus(now, SignedDuration::from_secs(windows.settled_seconds.into())));
        let (noun, since) = self.0.iter().min_by_key(|(_, since)| *since)?;
        let longest = SignedDuration::from_mins(minutes.into());
        let until = since.checked_add(longest).unwrap_or(settled).min(settled);
        let shortest = SignedDuration::from_mins(windows.minutes.min(minutes).into());
        let has_ended = shortest <= since.duration_until(until);
        // What is asked for once more must not be what makes the answer too long.
        let overlap = SignedDuration::from_mins(windows.overlap_minutes.into());
        let overlap = if minutes < windows.minutes { overlap.min(longest) } else { overlap };
        let asked = TimeRange { start: minus(*since, overlap), end: until };
        has_ended.then_some(Asking { noun, asked, until })
    }

    /// The cursors after an answer.
    #[must_use]
    pub fn after(&self, asking: &Asking<'_>) -> Self {
        let until =
            |(noun, at): &(&'static str, Timestamp)| (*noun, if *noun == asking.noun { asking.until } else { *at });
        Self(self.0.iter().map(until).collect())
    }
}

impl Display for Cursors {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, (noun, at)) in self.0.iter().enumerate() {
            write!(out, "{}{noun}={at}", if place == 0 { "" } else { " " })?;
        }
        Ok(())
    }
}

/// The beginning of the minute of an instant: head-ends differ in what they make of fractions.
fn whole_minute(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second().div_euclid(60) * 60).unwrap_or(at)
}

fn minus(at: Timestamp, duration: SignedDuration) -> Timestamp {
    at.checked_sub(duration).unwrap_or(Timestamp::MIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOUNS: [&str; 2] = ["MeterReadings", "EndDeviceEvents"];

    fn at(text: &str) -> Timestamp {
        format!("2026-02-03T{text}{}Z", if text.len() == 5 { ":00" } else { "" }).parse().expect("an instant")
    }

    /// What is asked at a time of the day, as `noun from-to`, with the position that follows.
    #[track_caller]
    fn check(case: &str, position: &str, (minutes, now): (u32, &str), expected: Option<(&str, &str)>) {
        let windows = Windows { overlap_minutes: 30, settled_seconds: 120, ..Windows::default() };
        let cursors = Cursors::parse(Some(position), &NOUNS, at("00:00")).expect("a position");
        let time = |at: Timestamp| at.strftime("%H:%M").to_string();
        let asking = cursors.next(&windows, minutes, at(now));
        let asked = asking.as_ref().map(|asking| {
            let told = format!("{} {}-{}", asking.noun, time(asking.asked.start), time(asking.asked.end));
            (told, cursors.after(asking).to_string())
        });
        let found = asked.as_ref().map(|(asked, after)| (asked.as_str(), after.as_str()));
        assert_eq!(found, expected, "{case}");
    }

    #[test]
    fn time_is_asked_for_in_spans_that_have_ended() {
        let both = "MeterReadings=2026-02-03T06:00:00Z EndDeviceEvents=2026-02-03T06:00:00Z";
        let readings = "MeterReadings=2026-02-03T06:15:00Z EndDeviceEvents=2026-02-03T06:00:00Z";
        check("not yet", both, (1440, "06:16"), None);
        check("just ended", both, (1440, "06:17"), Some(("MeterReadings 05:30-06:15", readings)));
        let later = "MeterReadings=2026-02-03T06:15:00Z EndDeviceEvents=2026-02-03T06:20:00Z";
        check("the one behind", readings, (1440, "06:22"), Some(("EndDeviceEvents 05:30-06:20", later)));
        let long = "MeterReadings=2026-02-03T08:00:00Z EndDeviceEvents=2026-02-03T06:00:00Z";
        check("no longer than it bears", both, (120, "20:00"), Some(("MeterReadings 05:30-08:00", long)));
        let short = "MeterReadings=2026-02-03T06:04:00Z EndDeviceEvents=2026-02-03T06:00:00Z";
        check("whole minutes", both, (1440, "06:17:59"), Some(("MeterReadings 05:30-06:15", readings)));
        check("less than usual", both, (4, "20:00"), Some(("MeterReadings 05:56-06:04", short)));
        let new = "MeterReadings=2026-02-03T06:00:00Z EndDeviceEvents=2026-02-03T02:00:00Z";
        let known = "MeterReadings=2026-02-03T06:00:00Z";
        check("a noun that is new", known, (120, "06:05"), Some(("EndDeviceEvents 23:30-02:00", new)));
    }

    #[test]
    fn a_position_of_another_kind_is_refused() {
        let trouble = Cursors::parse(Some("17"), &NOUNS, at("00:00")).expect_err("no position");
        assert!(matches!(&trouble, Trouble::Refused(why) if why.starts_with("`17` is no position")), "{trouble}");
    }
}
