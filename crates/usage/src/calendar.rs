//! Time-of-use calendars as data: seasons, kinds of day, bands of the local clock.
//!
//! [`Calendar::check`] answers every finding or a [`CheckedCalendar`], in which every minute of every day of the
//! year belongs to exactly one bucket. What that means for instants is [`crate::timeline`].

use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use model::finding::Finding;
use serde::{Deserialize, Serialize};
use smol_str::{SmolStr, format_smolstr};

/// A calendar as it is written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calendar {
    /// What people call it.
    pub name: SmolStr,
    /// Goes up with every change.
    pub version: u32,
    /// IANA name of the zone whose clock the bands follow.
    pub zone: SmolStr,
    /// Every bucket, also those that only events use (`critical-peak`).
    pub buckets: Vec<SmolStr>,
    /// Dates that follow the schedule `holiday`, whatever their weekday.
    #[serde(default)]
    pub holidays: Vec<Date>,
    /// Together they hold every date of a leap year exactly once.
    pub seasons: Vec<Season>,
}

/// A part of the year.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Season {
    /// What people call it.
    pub name: SmolStr,
    /// First date, `05-01`.
    pub first: SmolStr,
    /// Last date, `10-31`; before `first` where the season holds the turn of the year.
    pub last: SmolStr,
    /// Together they hold every kind of day exactly once.
    pub days: Vec<DaySchedule>,
}

/// The bands of some kinds of day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DaySchedule {
    /// Which days follow it.
    pub on: Vec<DayKind>,
    /// Together they hold every minute from 00:00 to 24:00 exactly once.
    pub bands: Vec<Band>,
}

/// A weekday, or a holiday on any weekday.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "weekdays")]
pub enum DayKind {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
    Holiday,
}

/// `[from, to)` of the local clock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Band {
    /// `07:00`.
    pub from: SmolStr,
    /// `11:00`; the end of the day is `24:00`.
    pub to: SmolStr,
    /// One of the calendar's buckets.
    pub bucket: SmolStr,
}

/// A calendar in which every minute has one bucket.
#[derive(Clone, Debug)]
pub struct CheckedCalendar {
    pub(crate) zone: TimeZone,
    pub(crate) buckets: Vec<SmolStr>,
    holidays: Vec<Date>,
    /// The season of each date of a leap year.
    season_of: Vec<usize>,
    /// Bands in order of the clock, by season and kind of day.
    bands: Vec<[Vec<ClockBand>; KINDS]>,
}

/// `[from, to)` in seconds since midnight on the clock.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ClockBand {
    pub from: i64,
    pub to: i64,
    pub bucket: usize,
}

const KINDS: usize = 8;
const KIND_NAMES: [&str; KINDS] =
    ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "holiday"];
const MINUTES: usize = 24 * 60;
/// A year in which every date exists.
const LEAP_YEAR: i16 = 2024;
const LEAP_DAYS: usize = 366;

impl CheckedCalendar {
    /// The bands that hold on a date; holidays come before weekdays.
    pub(crate) fn bands_on(&self, date: Date) -> &[ClockBand] {
        let season = self.season_of[day_of_leap_year(date)];
        let kind = match self.holidays.binary_search(&date) {
            Ok(_) => DayKind::Holiday as usize,
            Err(_) => weekday(date.weekday()),
        };
        &self.bands[season][kind]
    }
}

impl Calendar {
    /// The calendar, ready for use.
    ///
    /// # Errors
    /// Everything that is wrong with it: unknown zone or bucket, times and dates that are none, holes and overlaps.
    pub fn check(&self) -> Result<CheckedCalendar, Vec<Finding>> {
        let mut findings = Vec::new();
        let zone = TimeZone::get(&self.zone);
        if zone.is_err() {
            let message = format!("there is no zone `{}`; write an IANA name such as America/Toronto", self.zone);
            findings.push(Finding::new(0, "zone", "calendar.zone", message));
        }
        findings.extend(repeated("buckets", &self.buckets));
        findings.extend(repeated("holidays", &self.holidays));
        let season_of = self.season_of(&mut findings);
        let seasons = self.seasons.iter().enumerate();
        let bands = seasons.map(|(at, season)| self.bands(at, season, &mut findings)).collect();
        let mut holidays = self.holidays.clone();
        holidays.sort_unstable();
        match zone {
            Ok(zone) if findings.is_empty() => {
                Ok(CheckedCalendar { zone, buckets: self.buckets.clone(), holidays, season_of, bands })
            }
            _ => Err(findings),
        }
    }

    fn season_of(&self, findings: &mut Vec<Finding>) -> Vec<usize> {
        let mut painted = Painted::new(LEAP_DAYS);
        for (at, season) in self.seasons.iter().enumerate() {
            let (first, last) = (month_and_day(&season.first), month_and_day(&season.last));
            for (name, text, parsed) in [("first", &season.first, first), ("last", &season.last, last)] {
                if parsed.is_none() {
                    let message = format!("`{text}` is no date of a year; write month and day such as 05-01");
                    findings.push(Finding::new(0, format_smolstr!("seasons[{at}].{name}"), "calendar.date", message));
                }
            }
            match (first, last) {
                (Some(first), Some(last)) if first <= last => painted.paint(first..last + 1, at),
                (Some(first), Some(last)) => {
                    painted.paint(first..LEAP_DAYS, at);
                    painted.paint(0..last + 1, at);
                }
                _ => {}
            }
        }
        painted.finish("seasons", "the last date of one season and the first of the next", date_name, findings)
    }

    fn bands(&self, season_at: usize, season: &Season, findings: &mut Vec<Finding>) -> [Vec<ClockBand>; KINDS] {
        let mut kinds = Painted::new(KINDS);
        let mut schedules = Vec::with_capacity(season.days.len());
        for (at, schedule) in season.days.iter().enumerate() {
            schedule.on.iter().for_each(|kind| kinds.paint(*kind as usize..*kind as usize + 1, at));
            schedules.push(self.schedule(&format!("seasons[{season_at}].days[{at}].bands"), schedule, findings));
        }
        let place = format!("seasons[{season_at}].days");
        let of_kind = kinds.finish(&place, "the lists `on` of its schedules", |kind| KIND_NAMES[kind].into(), findings);
        std::array::from_fn(|kind| of_kind.get(kind).and_then(|at| schedules.get(*at)).cloned().unwrap_or_default())
    }

    fn schedule(&self, place: &str, schedule: &DaySchedule, findings: &mut Vec<Finding>) -> Vec<ClockBand> {
        let mut painted = Painted::new(MINUTES);
        let mut bands = Vec::with_capacity(schedule.bands.len());
        for (at, band) in schedule.bands.iter().enumerate() {
            let bucket = self.buckets.iter().position(|bucket| *bucket == band.bucket);
            if bucket.is_none() {
                let message = format!("`{}` is none of the calendar's buckets; add it there", band.bucket);
                findings.push(Finding::new(0, format_smolstr!("{place}[{at}].bucket"), "calendar.bucket", message));
            }
            match (clock_minute(&band.from), clock_minute(&band.to)) {
                (Some(from), Some(to)) if from < to => {
                    painted.paint(from..to, at);
                    let seconds = |minute: usize| i64::try_from(minute * 60).expect("a minute of a day");
                    let bucket = bucket.unwrap_or_default();
                    bands.push(ClockBand { from: seconds(from), to: seconds(to), bucket });
                }
                _ => {
                    let message = format!(
                        "`{}` to `{}` is no span of a day; write such as 07:00 to 11:00, midnight at the end as 24:00",
                        band.from, band.to
                    );
                    findings.push(Finding::new(0, format_smolstr!("{place}[{at}]"), "calendar.time", message));
                }
            }
        }
        painted.finish(place, "`to` of one band and `from` of the next", minute_name, findings);
        bands.sort_unstable_by_key(|band| band.from);
        bands
    }
}

/// Positions that must each be painted once.
struct Painted {
    by: Vec<Option<usize>>,
    twice: Option<usize>,
}

impl Painted {
    fn new(size: usize) -> Self {
        Self { by: vec![None; size], twice: None }
    }

    fn paint(&mut self, positions: std::ops::Range<usize>, by: usize) {
        for at in positions {
            if self.by[at].replace(by).is_some() {
                self.twice.get_or_insert(at);
            }
        }
    }

    /// Who painted each position; tells the first that nobody and the first that two painted.
    fn finish(
        self,
        place: &str,
        mend: &str,
        name: impl Fn(usize) -> String,
        findings: &mut Vec<Finding>,
    ) -> Vec<usize> {
        if let Some(at) = self.by.iter().position(Option::is_none) {
            let message = format!("nothing holds at {}, expected exactly one; correct {mend}", name(at));
            findings.push(Finding::new(0, place, "calendar.hole", message));
        }
        if let Some(at) = self.twice {
            let message = format!("two hold at {}, expected exactly one; correct {mend}", name(at));
            findings.push(Finding::new(0, place, "calendar.overlap", message));
        }
        self.by.into_iter().map(Option::unwrap_or_default).collect()
    }
}

fn repeated<T: PartialEq + std::fmt::Display>(field: &'static str, list: &[T]) -> Option<Finding> {
    let (_, twice) = list.iter().enumerate().find(|(at, item)| list[..*at].contains(item))?;
    Some(Finding::new(0, field, "calendar.repeated", format!("`{twice}` is listed twice; keep one")))
}

fn weekday(weekday: Weekday) -> usize {
    usize::from(weekday.to_monday_zero_offset().unsigned_abs())
}

fn leap_date(month: i8, day: i8) -> Option<Date> {
    Date::new(LEAP_YEAR, month, day).ok()
}

fn day_of_leap_year(date: Date) -> usize {
    leap_date(date.month(), date.day()).map_or(0, |date| usize::from(date.day_of_year().unsigned_abs()) - 1)
}

fn month_and_day(text: &str) -> Option<usize> {
    let (month, day) = text.split_once('-')?;
    leap_date(month.parse().ok()?, day.parse().ok()?).map(day_of_leap_year)
}

fn date_name(at: usize) -> String {
    let first = leap_date(1, 1).expect("the first of January");
    let date = first.saturating_add(jiff::Span::new().days(i64::try_from(at).expect("a day of a year")));
    date.strftime("%m-%d").to_string()
}

fn clock_minute(text: &str) -> Option<usize> {
    let (hour, minute) = text.split_once(':')?;
    let (hour, minute): (usize, usize) = (hour.parse().ok()?, minute.parse().ok()?);
    let at = hour.checked_mul(60)?.checked_add(minute)?;
    (minute < 60 && at <= MINUTES).then_some(at)
}

fn minute_name(at: usize) -> String {
    format!("{:02}:{:02}", at / 60, at % 60)
}
