//! The local days of a series, as an installation holds those that it received.

use std::ops::Range;

use jiff::Timestamp;
use jiff::civil::Date;
use model::finding::Finding;
use model::quality::Status;
use model::time::{LocalDay, TimeRange};

use super::{CHANNEL, Series, of_series};
use crate::channel::{Beside, BucketRegisters, ChannelDays, ReceivedDay};
use crate::context::{Activity, DaySummary, Total};
use crate::day::{ClockChange, Day, MISSING};
use crate::outcome::Outcome;
use crate::plan::CheckedPlan;
use crate::run::Stamp;

/// A local day of a series.
pub(super) struct Sheet {
    date: Date,
    /// The slots that are of the series; the others of the day have no value.
    own: Range<u16>,
    received: ReceivedDay,
}

/// The series cut at local midnights.
///
/// # Errors
/// Where the intervals do not fit the days of the zone.
pub(super) fn sheets(series: &Series) -> Result<Vec<Sheet>, Vec<Finding>> {
    let (mut sheets, mut at) = (Vec::new(), 0);
    while at < series.values.len() {
        let sheet = Sheet::of(series, at).ok_or_else(|| {
            let time = series.time(at).unwrap_or(series.start);
            let message = format!("intervals of {} s do not fit the local day of {time}", series.interval_seconds);
            vec![Finding::new(0, "time", "trial.day", message)]
        })?;
        at += sheet.own.len();
        sheets.push(sheet);
    }
    Ok(sheets)
}

/// The days of a series ready to run, held against `totals`. Of the channel nothing else is known; where a plan asks for
/// buckets, there is no calendar.
pub(super) fn channel_days<'a>(
    plan: &'a CheckedPlan,
    series: &'a Series,
    sheets: &[Sheet],
    totals: Vec<Total>,
) -> ChannelDays<'a> {
    let summaries = sheets.iter().map(|sheet| DaySummary::of(&sheet.day())).collect();
    let without_calendar = sheets.iter().map(|sheet| (sheet.date, Vec::new())).collect();
    let days = sheets.iter().map(|sheet| (sheet.date, sheet.received.clone()));
    ChannelDays::new(of_series(series), totals, plan, days)
        .with(Beside { summaries, ..Beside::default() })
        .with_buckets(BucketRegisters { without_calendar, ..BucketRegisters::default() })
}

impl Sheet {
    /// The local day of the interval at a place, from that on; `None` where the intervals do not fit it.
    fn of(series: &Series, at: usize) -> Option<Self> {
        let (time, slot_seconds) = (series.time(at)?, series.interval_seconds);
        let local = LocalDay::containing(time, &series.zone)?;
        let slots = local.slots(slot_seconds)?;
        let before = TimeRange { start: local.range.start, end: time }.seconds();
        let first = u16::try_from(before / i64::from(slot_seconds)).ok()?;
        if before % i64::from(slot_seconds) != 0 {
            return None;
        }
        let rest = u16::try_from(series.values.len() - at).unwrap_or(u16::MAX);
        let own = first..slots.min(first.saturating_add(rest));
        let (mut values, mut statuses) = (vec![MISSING; slots.into()], vec![Status::NONE; slots.into()]);
        let (places, given) = (usize::from(own.start)..usize::from(own.end), at..at + own.len());
        values[places.clone()].copy_from_slice(&series.values[given.clone()]);
        statuses[places].copy_from_slice(&series.statuses[given]);
        let received = ReceivedDay {
            start: local.range.start,
            slot_seconds,
            clock_change: ClockChange::of(local, &series.zone, slot_seconds),
            values,
            statuses,
            local_day: Some(local),
            activity: Activity::Active,
            decisions: Vec::new(),
            kept: Vec::new(),
        };
        Some(Self { date: local.date, own, received })
    }

    pub(super) fn date(&self) -> Date {
        self.date
    }

    pub(super) fn day(&self) -> Day<'_> {
        self.received.as_day(self.date)
    }

    /// The slots of the series.
    pub(super) fn slots(&self) -> Range<u16> {
        self.own.clone()
    }

    /// The instants of slots, as far as they are of the series.
    pub(super) fn range(&self, from: u16, to: u16) -> Option<TimeRange> {
        let (from, to) = (from.max(self.own.start), to.min(self.own.end));
        (from < to).then(|| self.day().range(from, to))
    }

    /// What an installation keeps of the day when nothing waits any more.
    pub(super) fn outcome(&self, days: &ChannelDays<'_>) -> Outcome {
        let stamp = Stamp { run: 1, now: Timestamp::MAX };
        let runs = days.says_something(self.date);
        let outcome = runs.then(|| days.outcome(self.date, stamp)).flatten();
        outcome.unwrap_or_else(|| Outcome::of_nothing(CHANNEL, &self.day(), stamp))
    }

    /// The day as it came out.
    pub(super) fn decided(&self, outcome: &Outcome) -> Self {
        let (mut received, final_day) = (self.received.clone(), &outcome.final_day);
        received.statuses.iter_mut().for_each(|status| *status |= final_day.status);
        for listed in &final_day.values {
            received.values[usize::from(listed.slot)] = listed.value.unwrap_or(MISSING);
            received.statuses[usize::from(listed.slot)] = listed.status;
        }
        Self { date: self.date, own: self.own.clone(), received }
    }
}
