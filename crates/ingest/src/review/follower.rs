//! The feed of final days becomes exceptions.
//!
//! How far the feed was read is kept in the commit of the exceptions themselves, so that a restart at any point neither
//! loses one nor makes one twice.

use std::collections::{BTreeSet, HashMap};
use std::sync::PoisonError;

use jiff::Timestamp;
use jiff::civil::Date;
use model::id::ChannelNumber;
use model::lineage::FinalDay;
use model::time::LocalDay;
use store::readings::{AsOf, Change, Cursor, Error, Subject};
use store::registry::directory::Directory;
use store::registry::review::{Exception, ExceptionFilter, ExceptionState, Found, Step};
use vee::CheckedPlan;

use super::exceptions::of_day;
use super::holding::{Held, holding, with_final_estimates};
use super::reads::as_day;
use super::{Review, ReviewError};
use crate::placement::zone_of;
use crate::validation::prolonged;
use crate::validation::registers::raw_places;

/// The name under which its position is kept.
const FOLLOWER: &str = "review";
/// Changes of one step.
const STEP_CHANGES: usize = 4096;
/// Exceptions of one question.
const PAGE: u32 = 1000;

type Days = BTreeSet<(ChannelNumber, Date)>;

impl Review {
    /// Turns everything that was decided since the last call into exceptions; answers how many days that were.
    ///
    /// # Errors
    /// What the books say; steps that were made before stay.
    pub fn follow(&self, now: Timestamp) -> Result<usize, ReviewError> {
        let _alone = self.following.lock().unwrap_or_else(PoisonError::into_inner);
        let mut days = 0;
        let mut began_anew = false;
        loop {
            let from = self.runtime.block_on(self.registry.review().position(FOLLOWER))?;
            let changes = match self.readings.changes(from.unwrap_or_default(), STEP_CHANGES) {
                Err(Error::CursorTooOld { .. }) if !began_anew => {
                    days += self.begin_anew(from, now)?;
                    began_anew = true;
                    continue;
                }
                changes => changes?,
            };
            let Some(last) = changes.last() else { return Ok(days) };
            let is_outcome = |change: &&Change| matches!(change.subject, Subject::Final | Subject::FinalReads);
            let decided = changes.iter().filter(is_outcome);
            let touched: BTreeSet<_> = decided.map(|change| (change.channel, change.date)).collect();
            self.step(from, last.cursor, &touched, now)?;
            days += touched.len();
        }
    }

    /// Looks at every final day, where the feed no longer reaches back to the position.
    fn begin_anew(&self, from: Option<Cursor>, now: Timestamp) -> Result<usize, ReviewError> {
        let reached = Cursor { sequence: self.readings.sequence(), seen: u32::MAX };
        let mut days = 0;
        let mut at = from;
        let directory = self.directory()?;
        for date in self.readings.days() {
            let mut channels: Vec<ChannelNumber> = directory.channels().map(|channel| channel.number).collect();
            channels.sort();
            for some in channels.chunks(STEP_CHANGES) {
                let touched: BTreeSet<_> = some.iter().map(|channel| (*channel, date)).collect();
                let stays = at.unwrap_or_default();
                self.step(at, stays, &touched, now)?;
                (at, days) = (Some(stays), days + touched.len());
            }
        }
        self.step(at, reached, &BTreeSet::new(), now)?;
        Ok(days)
    }

    fn step(
        &self,
        from: Option<Cursor>,
        to: Cursor,
        touched: &BTreeSet<(ChannelNumber, Date)>,
        now: Timestamp,
    ) -> Result<(), ReviewError> {
        let mut touched = touched.clone();
        touched.extend(self.prolonged_after(&touched)?);
        let found = self.exceptions_of(&touched)?;
        let step = Step { follower: FOLLOWER, from, to };
        Ok(self.runtime.block_on(self.registry.review().follow(step, &found, now))?)
    }

    fn exceptions_of(&self, touched: &BTreeSet<(ChannelNumber, Date)>) -> Result<Vec<Found>, ReviewError> {
        let days: Vec<_> = touched.iter().copied().collect();
        let mut kept: HashMap<_, Vec<Exception>> = HashMap::new();
        for exception in self.runtime.block_on(self.registry.review().of_days(&days))? {
            kept.entry((exception.found.channel, exception.found.date)).or_default().push(exception);
        }
        let (decisions, directory) = (self.decisions(touched)?, self.directory()?);
        let mut found = Vec::new();
        for (channel, date) in touched {
            let Some(final_day) = self.decided(*channel, *date)? else { continue };
            let kept = kept.get(&(*channel, *date)).map_or(&[][..], Vec::as_slice);
            if final_day.failures.is_empty() && kept.is_empty() {
                continue;
            }
            let held: Vec<Held> = match decisions.on(*channel, *date) {
                [] => Vec::new(),
                some => with_final_estimates(holding(some, &self.raw_values(*channel, *date)?), some, &final_day),
            };
            found.extend(of_day(&final_day, slots(&directory, *channel, *date), &held, kept));
        }
        Ok(found)
    }

    /// What was decided of a day of intervals, or of the reads of a UTC date as one.
    fn decided(&self, channel: ChannelNumber, date: Date) -> Result<Option<FinalDay>, ReviewError> {
        let Some(mut decided) = self.readings.final_day(channel, date, AsOf::Now)? else {
            return Ok(as_day(channel, date, &self.readings.final_reads(channel, date, AsOf::Now)?));
        };
        let (plans, directory) = (self.plans()?, self.directory()?);
        let Some(known) = directory.channel(channel).filter(|_| plans.have_processes()) else {
            return Ok(Some(decided));
        };
        let rules = plans.of_channel(&directory, known).on(date).ok().map(CheckedPlan::processes);
        if let Some(rule) = rules.and_then(|rules| rules.prolonged_estimation.as_ref()) {
            decided.failures.extend(prolonged::of_day(&self.readings, known, date, rule)?);
        }
        Ok(Some(decided))
    }

    /// The later days of touched channels that were estimated for too long, which a measured value may have ended.
    fn prolonged_after(&self, touched: &Days) -> Result<Days, ReviewError> {
        let mut days = Days::new();
        if !self.plans()?.have_processes() {
            return Ok(days);
        }
        let mut after = 0;
        loop {
            let (state, rule) = (Some(ExceptionState::Open), Some("V70".into()));
            let filter = ExceptionFilter { state, rule, after, limit: PAGE, ..ExceptionFilter::default() };
            let page = self.runtime.block_on(self.registry.review().exceptions(&filter))?;
            let Some(last) = page.last() else { return Ok(days) };
            after = last.id;
            let is_later = |found: &Found| {
                let first = touched.range((found.channel, Date::MIN)..).next();
                first.is_some_and(|(channel, date)| *channel == found.channel && *date < found.date)
            };
            let later = page.iter().map(|kept| &kept.found).filter(|found| is_later(found));
            days.extend(later.map(|found| (found.channel, found.date)));
        }
    }

    /// The values of a day as received, register reads at their places; of a day of intervals all missing where nothing arrived and validation decided on it; else none.
    pub(super) fn raw_values(&self, channel: ChannelNumber, date: Date) -> Result<Vec<i64>, ReviewError> {
        let directory = self.directory()?;
        let known = directory.channel(channel);
        if known.is_some_and(|channel| channel.interval_seconds.is_none()) {
            return Ok(raw_places(&self.readings, channel, date)?);
        }
        let shape = known.and_then(|channel| Some((zone_of(&channel.zone).ok()?, channel.interval_seconds?)));
        let Some((zone, length)) = shape else { return Ok(Vec::new()) };
        let midnight = date.to_zoned(jiff::tz::TimeZone::UTC).map_or(0, |zoned| zoned.timestamp().as_second());
        let window = (midnight - 86_400, midnight + 2 * 86_400);
        let mut history = self.readings.read(channel, window.0, window.1, AsOf::Now)?;
        history.shape_silent_days(&zone, length, window);
        let day = history.days.into_iter().find(|day| day.date == date && day.slot_seconds == length);
        Ok(day.map(|day| day.values).unwrap_or_default())
    }
}

/// The intervals of a day of a channel, 23, 24 or 25 hours of them; `None` for register reads, which do not last.
fn slots(directory: &Directory, channel: ChannelNumber, date: Date) -> Option<u16> {
    let known = directory.channel(channel)?;
    LocalDay::of(date, &zone_of(&known.zone).ok()?)?.slots(known.interval_seconds?)
}
