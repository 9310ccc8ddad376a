//! Which bucket holds when: a calendar laid over instants, once for all accounts of a zone.
//!
//! An instant belongs to the band that holds its local clock time. So on the day when the clock is put back both
//! repeated hours belong to the bands of that hour, and on the day when it is put forward the skipped hour is in none;
//! every instant has exactly one bucket on days of 23, 24 and 25 hours.

use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};
use model::finding::Finding;
use model::time::{LocalDay, TimeRange};
use smol_str::SmolStr;

use crate::calendar::CheckedCalendar;

/// Buckets over a range of instants without hole or overlap.
#[derive(Clone, Debug)]
pub struct Timeline {
    pub(crate) range: TimeRange,
    pub(crate) buckets: Vec<SmolStr>,
    pub(crate) stretches: Vec<Stretch>,
    /// The first instants of the local days, the first of them not after the range begins.
    pub(crate) midnights: Vec<i64>,
}

/// `[start, end)` in seconds since 1970 with one bucket; neighbours differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stretch {
    pub start: i64,
    pub end: i64,
    pub bucket: usize,
}

/// Longer ranges are refused, so that no request fills the memory.
const DAYS_MAX: usize = 1100;

impl Timeline {
    /// The calendar over a range.
    ///
    /// # Errors
    /// A finding where the range is empty, longer than three years, or not of whole seconds.
    pub fn of(calendar: &CheckedCalendar, range: TimeRange) -> Result<Self, Finding> {
        let whole = |instant: Timestamp| instant.subsec_nanosecond() == 0;
        if range.end <= range.start || !whole(range.start) || !whole(range.end) {
            let message = format!(
                "{} to {} is no period; expected whole seconds and an end after the start",
                range.start, range.end
            );
            return Err(Finding::new(0, "period", "usage.period", message));
        }
        let mut timeline =
            Self { range, buckets: calendar.buckets.clone(), stretches: Vec::new(), midnights: Vec::new() };
        let mut day = LocalDay::containing(range.start, &calendar.zone);
        while let Some(today) = day.filter(|today| today.range.start < range.end) {
            if timeline.midnights.len() == DAYS_MAX {
                let message = format!("{} to {} is longer than {DAYS_MAX} days; ask for less", range.start, range.end);
                return Err(Finding::new(0, "period", "usage.period", message));
            }
            timeline.midnights.push(today.range.start.as_second());
            timeline.append_day(calendar, today);
            day = today.date.tomorrow().ok().and_then(|date| LocalDay::of(date, &calendar.zone));
        }
        Ok(timeline)
    }

    /// This timeline and another that begins where it ends: another calendar from that instant on.
    ///
    /// # Errors
    /// A finding where the other begins earlier or later.
    pub fn then(mut self, next: &Self) -> Result<Self, Finding> {
        if self.range.end != next.range.start {
            let message = format!(
                "the next calendar holds from {}, expected from {} where the one before it ends",
                next.range.start, self.range.end
            );
            return Err(Finding::new(0, "calendars", "usage.calendar_change", message));
        }
        for stretch in &next.stretches {
            let bucket = self.bucket_or_new(&next.buckets[stretch.bucket]);
            self.append(Stretch { bucket, ..*stretch });
        }
        let last = self.midnights.last().copied();
        self.midnights.extend(next.midnights.iter().filter(|midnight| last.is_none_or(|last| last < **midnight)));
        self.range.end = next.range.end;
        Ok(self)
    }

    /// The timeline with called events (critical peak) laid over the calendar; events may overlap.
    ///
    /// # Errors
    /// A finding where the bucket is none of the calendar's.
    pub fn with_events(mut self, bucket: &str, events: &[TimeRange]) -> Result<Self, Finding> {
        let Some(bucket) = self.buckets.iter().position(|known| known == bucket) else {
            let message =
                format!("`{bucket}` is none of {}; add it to the calendar's buckets", self.buckets.join(", "));
            return Err(Finding::new(0, "events", "usage.bucket", message));
        };
        for event in events {
            let (start, end) = (event.start.as_second(), event.end.as_second());
            let calendar = std::mem::take(&mut self.stretches);
            for stretch in calendar {
                self.append(Stretch { end: stretch.end.min(start), ..stretch });
                self.append(Stretch { start: stretch.start.max(start), end: stretch.end.min(end), bucket });
                self.append(Stretch { start: stretch.start.max(end), ..stretch });
            }
        }
        Ok(self)
    }

    /// How many seconds of the range each bucket holds, in the order of the calendar's buckets.
    pub fn seconds(&self) -> impl Iterator<Item = (&str, i64)> {
        self.buckets.iter().enumerate().map(|(at, name)| {
            let held = self.stretches.iter().filter(|stretch| stretch.bucket == at);
            (name.as_str(), held.map(|stretch| stretch.end - stretch.start).sum())
        })
    }

    /// When each bucket holds, in order of time.
    pub fn hours(&self) -> impl Iterator<Item = (&SmolStr, TimeRange)> {
        let instant = |second: i64| Timestamp::from_second(second).unwrap_or(self.range.end);
        self.stretches.iter().map(move |stretch| {
            let range = TimeRange { start: instant(stretch.start), end: instant(stretch.end) };
            (&self.buckets[stretch.bucket], range)
        })
    }

    fn bucket_or_new(&mut self, name: &SmolStr) -> usize {
        self.buckets.iter().position(|known| known == name).unwrap_or_else(|| {
            self.buckets.push(name.clone());
            self.buckets.len() - 1
        })
    }

    /// The bands of a day, for each part of it in which the clock runs evenly.
    fn append_day(&mut self, calendar: &CheckedCalendar, day: LocalDay) {
        let midnight = Offset::UTC.to_timestamp(day.date.at(0, 0, 0, 0)).map_or(0, Timestamp::as_second);
        let mut at = day.range.start;
        while at < day.range.end {
            let next = next_change(&calendar.zone, at).map_or(day.range.end, |next| next.min(day.range.end));
            let ahead = i64::from(calendar.zone.to_offset(at).seconds()) - midnight;
            for band in calendar.bands_on(day.date) {
                let start = (band.from - ahead).max(at.as_second()).max(self.range.start.as_second());
                let end = (band.to - ahead).min(next.as_second()).min(self.range.end.as_second());
                self.append(Stretch { start, end, bucket: band.bucket });
            }
            at = next;
        }
    }

    /// Adds a stretch at the end, joined to one of the same bucket; an empty one is dropped.
    fn append(&mut self, stretch: Stretch) {
        if stretch.end <= stretch.start {
            return;
        }
        match self.stretches.last_mut() {
            Some(last) if last.bucket == stretch.bucket && last.end == stretch.start => last.end = stretch.end,
            _ => self.stretches.push(stretch),
        }
    }
}

fn next_change(zone: &TimeZone, after: Timestamp) -> Option<Timestamp> {
    zone.following(after).next().map(|change| change.timestamp())
}
