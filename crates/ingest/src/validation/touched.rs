//! Which channel-days arrivals touch, as the feed of the readings book tells.

use std::collections::BTreeSet;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use model::id::ChannelNumber;
use model::lineage::FinalRead;
use model::master::Channel;
use store::readings::{Change, Cursor, Error, ReadingsBook, Subject};
use store::registry::directory::Directory;
use vee::plan::needs::Outlook;

use super::registers;
use super::totals::{counts_a_bucket_of, measures_the_same};
use crate::placement::Calendar;

/// Changes taken from the feed at a time.
const CHANGES: usize = 1 << 16;
/// Channel-days of one step; the changes of many files for the same days make one.
const DAYS_MAX: usize = 1 << 20;
/// Seconds of a UTC date.
const DAY_SECONDS: i64 = 86_400;

/// What was touched on a stretch of the feed.
#[derive(Debug, Default)]
pub struct Touched {
    /// Channels with intervals and their local days, registers and the UTC dates of their reads.
    pub days: BTreeSet<(ChannelNumber, Date)>,
    /// Days of intervals that were decided anew, where a register counts the same.
    pub decided: BTreeSet<(ChannelNumber, Date)>,
    /// The end of the stretch.
    pub to: Cursor,
    /// Whether registers of time-of-use buckets scale what is beside them.
    buckets: bool,
    /// Whether versions count that are not current.
    versions: bool,
}

impl Touched {
    /// What arrived and was decided after a place in the feed, where plans look as far as `outlook` says; a long stretch
    /// is cut, so that nothing more comes only after an empty one.
    ///
    /// # Errors
    /// As [`ReadingsBook::changes`].
    pub fn after(book: &ReadingsBook, directory: &Directory, outlook: &Outlook, from: Cursor) -> Result<Self, Error> {
        let mut calendar = Calendar::default();
        let mut touched = Self { to: from, buckets: outlook.buckets, versions: outlook.versions, ..Self::default() };
        while touched.days.len() + touched.decided.len() < DAYS_MAX {
            let changes = book.changes(touched.to, CHANGES)?;
            let Some(last) = changes.last() else { break };
            touched.to = last.cursor;
            for change in changes {
                match change.subject {
                    Subject::Intervals => {
                        touched.days.insert((change.channel, change.date));
                    }
                    Subject::Registers => {
                        touched.days.insert((change.channel, change.date));
                        touched.add_beside(directory, (change.channel, change.date), &mut calendar);
                    }
                    Subject::Final => touched.add_counted(directory, &change),
                    Subject::FinalReads if is_doubted(book, &change)? => {
                        touched.add_beside(directory, (change.channel, change.date), &mut calendar);
                    }
                    Subject::Versions if touched.versions => {
                        touched.days.insert((change.channel, change.date));
                    }
                    Subject::FinalReads | Subject::Versions => {}
                }
            }
        }
        Ok(touched)
    }

    /// Days, and where they are of registers those of intervals that are held against them.
    pub(crate) fn with_beside(
        directory: &Directory,
        outlook: &Outlook,
        days: BTreeSet<(ChannelNumber, Date)>,
    ) -> BTreeSet<(ChannelNumber, Date)> {
        let mut calendar = Calendar::default();
        let mut touched = Self { days: days.clone(), buckets: outlook.buckets, ..Self::default() };
        let is_register = |number| directory.channel(number).is_some_and(|channel| channel.interval_seconds.is_none());
        for day in days.into_iter().filter(|day| is_register(day.0)) {
            touched.add_beside(directory, day, &mut calendar);
        }
        touched.days
    }

    /// What was decided of intervals may change reads that were made of them.
    fn add_counted(&mut self, directory: &Directory, change: &Change) {
        let Some(intervals) = directory.channel(change.channel) else { return };
        let is_counted = registers::of_intervals(directory, intervals).next().is_some();
        self.decided.extend(is_counted.then_some((change.channel, change.date)));
    }

    /// A register read says anew what the intervals before and after it must add up to. The feed tells its UTC date.
    fn add_beside(&mut self, directory: &Directory, (channel, date): (ChannelNumber, Date), calendar: &mut Calendar) {
        let Some(register) = directory.channel(channel) else { return };
        let midnight = date.to_zoned(TimeZone::UTC).map_or(0, |zoned| zoned.timestamp().as_second());
        let counts =
            |other: &Channel| measures_the_same(register, other) || self.buckets && counts_a_bucket_of(register, other);
        let beside = directory.of_usage_point(register.usage_point).filter(|other| other.interval_seconds.is_some());
        let beside: Vec<&Channel> = beside.filter(|other| counts(other)).collect();
        for intervals in beside {
            let Ok(zone) = calendar.zone(&intervals.zone) else { continue };
            // The intervals before the first instant end with it.
            let mut at = midnight - 1;
            while at < midnight + DAY_SECONDS {
                let Some(day) = zone.day_containing(at) else { break };
                self.days.insert((intervals.number, day.date));
                at = day.end;
            }
        }
    }
}

/// Whether a received read of a date was ever taken for one that does not count, or that fell: what was decided of it now may
/// change what intervals must add up to. The first word on a good read does not.
fn is_doubted(book: &ReadingsBook, change: &Change) -> Result<bool, Error> {
    let ever = book.final_reads_ever(change.channel, change.date)?;
    let is_doubted = |read: &FinalRead| !read.counts_as_received() || read.failed("V55");
    Ok(ever.iter().any(|read| read.raw.is_some() && is_doubted(read)))
}
