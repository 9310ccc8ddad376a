//! The feed of final days becomes exceptions.
//!
//! How far the feed was read is kept in the commit of the exceptions themselves, so that a restart at any point neither
//! loses one nor makes one twice.

use std::collections::{BTreeSet, HashMap};
use std::sync::PoisonError;

use jiff::Timestamp;
use jiff::civil::Date;
use model::id::ChannelNumber;
use store::readings::{AsOf, Cursor, Error, Subject};
use store::registry::review::{Exception, Found, Step};

use super::exceptions::of_day;
use super::holding::{Held, holding};
use super::{Review, ReviewError};
use crate::placement::zone_of;

/// The name under which its position is kept.
const FOLLOWER: &str = "review";
/// Changes of one step.
const STEP_CHANGES: usize = 4096;

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
            let decided = changes.iter().filter(|change| change.subject == Subject::Final);
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
        let found = self.exceptions_of(touched)?;
        let step = Step { follower: FOLLOWER, from, to };
        Ok(self.runtime.block_on(self.registry.review().follow(step, &found, now))?)
    }

    fn exceptions_of(&self, touched: &BTreeSet<(ChannelNumber, Date)>) -> Result<Vec<Found>, ReviewError> {
        let days: Vec<_> = touched.iter().copied().collect();
        let mut kept: HashMap<_, Vec<Exception>> = HashMap::new();
        for exception in self.runtime.block_on(self.registry.review().of_days(&days))? {
            kept.entry((exception.found.channel, exception.found.date)).or_default().push(exception);
        }
        let decisions = self.decisions(touched)?;
        let mut found = Vec::new();
        for (channel, date) in touched {
            let Some(final_day) = self.readings.final_day(*channel, *date, AsOf::Now)? else { continue };
            let kept = kept.get(&(*channel, *date)).map_or(&[][..], Vec::as_slice);
            if final_day.failures.is_empty() && kept.is_empty() {
                continue;
            }
            let held: Vec<Held> = match decisions.on(*channel, *date) {
                [] => Vec::new(),
                some => holding(some, &self.raw_values(*channel, *date)?),
            };
            found.extend(of_day(&final_day, &held, kept));
        }
        Ok(found)
    }

    /// The values of a day as received, all missing where nothing arrived and validation decided on it; else none.
    pub(super) fn raw_values(&self, channel: ChannelNumber, date: Date) -> Result<Vec<i64>, ReviewError> {
        let directory = self.directory()?;
        let known = directory.channel(channel);
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
