//! Validation follows what arrives: everything that was acknowledged is validated once its day has ended, whatever
//! happens in between.
//!
//! How far the feed was followed, and which days were swept, are positions in the readings book itself: they lie beside
//! the outcome, and a copy of the book stays whole. A step that was cut off is done again, which changes nothing.
//!
//! - What arrived for days that have ended is validated when it arrives ([`Review::validate_received`]).
//! - What arrived before its day ended is validated when it has ([`Review::validate_ended`]).
//! - So is a day of which nothing arrived, as long as something is expected of it.
//! - What a plan left unscaled to wait for late values is validated once more when the wait is over.

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;
use std::sync::PoisonError;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use model::id::ChannelNumber;
use model::time::LocalDay;
use smol_str::{SmolStr, format_smolstr};
use store::readings::{AsOf, Batch, Cursor, Error};
use store::registry::directory::Directory;
use store::registry::interval_wait::ChangedWait;
use vee::plan::needs::Outlook;

use super::Report;
use super::expected::{SILENT_AFTER, last_ended};
use super::registers::{self, Ground};
use super::touched::Touched;
use crate::placement::zone_of;
use crate::review::{Review, ReviewError};

/// The name under which the place in the feed is kept.
const RECEIVED: &str = "validation";
/// Channels of one run of a sweep.
const SWEEP_CHANNELS: usize = 1 << 16;

type Days = BTreeSet<(ChannelNumber, Date)>;

/// A pass over the days that have ended.
struct Sweep {
    /// The name under which its position is kept, with that of the zone.
    name: SmolStr,
    /// How long after the end of a day.
    waited: SignedDuration,
    /// Which channels it is about.
    of: Swept,
}

/// The channels of a sweep.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Swept {
    /// Those that began to arrive and were not validated since the day ended.
    Received,
    /// Those of which nothing arrived.
    Silent,
    /// Those whose plan lets registers wait so many days, and that were not validated since the wait was over.
    Waited(u16),
}

/// The sweeps of these plans.
fn sweeps(outlook: &Outlook) -> Vec<Sweep> {
    let waits = outlook.scaling_waits.iter().map(|days| Sweep {
        name: format_smolstr!("scaling after {days} days"),
        waited: SignedDuration::from_hours(24 * i64::from(*days)),
        of: Swept::Waited(*days),
    });
    let ended = Sweep { name: "validation of ended days".into(), waited: SignedDuration::ZERO, of: Swept::Received };
    let silent = Sweep { name: "validation of silent days".into(), waited: SILENT_AFTER, of: Swept::Silent };
    [ended, silent].into_iter().chain(waits).collect()
}

impl Review {
    /// Validates what arrived since the last call, where its day has ended; `clock` is asked after the feed was read, so
    /// that a later run never stands on earlier readings.
    ///
    /// # Errors
    /// What the books say; steps that were made before stay.
    pub fn validate_received(
        &self,
        clock: &dyn Fn() -> Timestamp,
        progress: &mut dyn FnMut(u64),
    ) -> Result<Report, ReviewError> {
        let mut seen = self.validated_to.lock().unwrap_or_else(PoisonError::into_inner);
        let mut report = self.validate_waits(clock, progress)?;
        loop {
            let kept: Cursor = self.position(RECEIVED, "a cursor of the feed")?.unwrap_or_default();
            let directory = self.directory()?;
            let plans = self.plans()?;
            let touched = match Touched::after(&self.readings, &directory, plans.outlook(), kept.max(*seen)) {
                Err(Error::CursorTooOld { .. }) => {
                    report += self.validate_everything(&directory, clock, progress)?;
                    continue;
                }
                touched => touched?,
            };
            if touched.days.is_empty() && touched.decided.is_empty() {
                *seen = touched.to;
                return Ok(report);
            }
            report += self.make_reads_again(&touched.decided, clock())?;
            report += self.validate_days(touched.days, clock(), progress)?;
            self.keep_position(RECEIVED, touched.to.to_string(), clock())?;
        }
    }

    /// Validates the days for which values of another interval length began to wait, or wait no longer.
    fn validate_waits(
        &self,
        clock: &dyn Fn() -> Timestamp,
        progress: &mut dyn FnMut(u64),
    ) -> Result<Report, ReviewError> {
        let mut report = Report::default();
        loop {
            let changed = self.changed_waits()?;
            if changed.is_empty() {
                return Ok(report);
            }
            let directory = self.directory()?;
            let mut days = Days::new();
            for ChangedWait { wait, .. } in &changed {
                let Some(channel) = directory.channel(wait.channel) else { continue };
                let Ok(zone) = zone_of(&channel.zone) else { continue };
                let mut at = wait.range.start;
                while let Some(day) = LocalDay::containing(at, &zone).filter(|day| day.range.start < wait.range.end) {
                    days.insert((channel.number, day.date));
                    at = day.range.end;
                }
            }
            report += self.validate_days(days, clock(), progress)?;
            self.looked_at_waits(&changed)?;
        }
    }

    /// Validates days that ended since the last call: those that had begun to arrive, and later those of which nothing
    /// arrived. Each day is passed once.
    ///
    /// # Errors
    /// What the books say; days that were passed before stay.
    pub fn validate_ended(
        &self,
        clock: &dyn Fn() -> Timestamp,
        progress: &mut dyn FnMut(u64),
    ) -> Result<Report, ReviewError> {
        let alone = self.validated_to.lock().unwrap_or_else(PoisonError::into_inner);
        let directory = self.directory()?;
        let sweeps = sweeps(self.plans()?.outlook());
        let mut report = Report::default();
        for (name, channels) in by_zone(&directory) {
            let Ok(zone) = zone_of(&name) else { continue };
            for sweep in &sweeps {
                let position = format!("{}, {name}", sweep.name);
                let Some(last) = last_ended(&zone, clock(), sweep.waited) else { continue };
                for date in self.dates_after(&position, last)? {
                    let days = self.days_to_sweep(sweep, &zone, &channels, date)?;
                    for some in days.chunks(SWEEP_CHANNELS) {
                        report += self.validate_days(some.iter().copied().collect(), clock(), progress)?;
                    }
                    self.keep_position(&position, date.to_string(), clock())?;
                }
            }
        }
        drop(alone);
        if 0 < report.days {
            // What was decided here may change reads that were made of it.
            report += self.validate_received(clock, progress)?;
        }
        Ok(report)
    }

    /// The dates that a sweep has not passed; the first time only the last one, for what was received looks at the others.
    fn dates_after(&self, position: &str, last: Date) -> Result<impl Iterator<Item = Date> + use<>, ReviewError> {
        let passed: Option<Date> = self.position(position, "a date")?;
        let first = passed.map_or(Some(last), |passed| passed.tomorrow().ok());
        Ok(std::iter::successors(first, |date| date.tomorrow().ok()).take_while(move |date| *date <= last))
    }

    /// The channels that a sweep has to run for a date, where they were not validated since it ended or its wait was over.
    fn days_to_sweep(
        &self,
        sweep: &Sweep,
        zone: &TimeZone,
        channels: &BTreeSet<ChannelNumber>,
        date: Date,
    ) -> Result<Vec<(ChannelNumber, Date)>, ReviewError> {
        let mut received = BTreeSet::new();
        // What is damaged is told by the book and read again when someone asks for it.
        let _ = self.readings.scan_day(date, |day| {
            received.insert(day.channel);
        })?;
        let (directory, plans) = (self.directory()?, self.plans()?);
        let waits = |channel: &ChannelNumber, days: u16| {
            let channel = directory.channel(*channel);
            channel.is_some_and(|channel| {
                plans.of_channel(&directory, channel).on(date).is_ok_and(|plan| plan.scaling_limits().wait_days == days)
            })
        };
        let is_swept = |channel: &&ChannelNumber| match sweep.of {
            Swept::Received => received.contains(*channel),
            Swept::Silent => !received.contains(*channel),
            Swept::Waited(days) => waits(channel, days),
        };
        let end = LocalDay::of(date, zone).map_or(Timestamp::MAX, |day| day.range.end);
        let due = match sweep.of {
            Swept::Received | Swept::Silent => end,
            Swept::Waited(_) => end.saturating_add(sweep.waited).unwrap_or(Timestamp::MAX),
        };
        let mut days = Vec::new();
        for channel in channels.iter().filter(is_swept) {
            let decided = self.readings.final_day(*channel, date, AsOf::Now)?;
            if decided.is_none_or(|decided| decided.decided_at < due) {
                days.push((*channel, date));
            }
        }
        Ok(days)
    }

    /// Validates every stored day, where the feed no longer reaches back to the position.
    fn validate_everything(
        &self,
        directory: &Directory,
        clock: &dyn Fn() -> Timestamp,
        progress: &mut dyn FnMut(u64),
    ) -> Result<Report, ReviewError> {
        let reached = Cursor { sequence: self.readings.sequence(), seen: u32::MAX };
        let dates = self.readings.days();
        // Registers first: intervals are held against the reads that count.
        let registers = directory.channels().filter(|channel| channel.interval_seconds.is_none());
        let registers = registers.map(|channel| channel.number);
        let channels: Vec<ChannelNumber> = registers.chain(by_zone(directory).into_values().flatten()).collect();
        let mut report = Report::default();
        for some in channels.chunks(SWEEP_CHANNELS / dates.len().clamp(1, SWEEP_CHANNELS)) {
            let days = some.iter().flat_map(|channel| dates.iter().map(|date| (*channel, *date)));
            report += self.validate_days(days.collect(), clock(), progress)?;
        }
        self.keep_position(RECEIVED, reached.to_string(), clock())?;
        Ok(report)
    }

    /// Makes reads again that methods made of days that were decided anew.
    fn make_reads_again(&self, decided: &Days, now: Timestamp) -> Result<Report, ReviewError> {
        let mut report = Report::default();
        if !decided.is_empty() {
            let stamp = super::stamp(&self.readings, now);
            let (directory, plans) = (self.directory()?, self.plans()?);
            let decisions = self.decisions(decided)?;
            let (book, as_of) = (&*self.readings, AsOf::Now);
            let ground = Ground { book, directory: &directory, plans: &plans, decisions: &decisions, as_of };
            registers::make_again(ground, decided, stamp, &mut report)?;
        }
        Ok(report)
    }

    /// Validates days with the decisions of people that count on them.
    pub(crate) fn validate_days(
        &self,
        mut days: Days,
        now: Timestamp,
        progress: &mut dyn FnMut(u64),
    ) -> Result<Report, ReviewError> {
        let stamp = super::stamp(&self.readings, now);
        let (directory, plans) = (self.directory()?, self.plans()?);
        let decisions = self.decisions(&days)?;
        Ok(super::run(&self.readings, &directory, &plans, &decisions, &mut days, stamp, progress)?)
    }

    /// A position that was kept; `None` where none was yet.
    fn position<P: FromStr>(&self, name: &str, expected: &'static str) -> Result<Option<P>, ReviewError> {
        let Some(text) = self.readings.position(name) else { return Ok(None) };
        let unreadable = |_| ReviewError::Position { name: name.to_owned(), text: text.to_string(), expected };
        text.parse().map(Some).map_err(unreadable)
    }

    fn keep_position(&self, name: &str, position: String, now: Timestamp) -> Result<(), ReviewError> {
        let mut batch = Batch::new(name, [0; 32], now.as_microsecond());
        batch.position = position;
        self.readings.append(batch.keyed_by_content())?;
        Ok(())
    }
}

/// The channels with intervals by the zone of their days.
fn by_zone(directory: &Directory) -> BTreeMap<SmolStr, BTreeSet<ChannelNumber>> {
    let mut zones: BTreeMap<SmolStr, BTreeSet<ChannelNumber>> = BTreeMap::new();
    for channel in directory.channels().filter(|channel| channel.interval_seconds.is_some()) {
        zones.entry(channel.zone.clone()).or_default().insert(channel.number);
    }
    zones
}
