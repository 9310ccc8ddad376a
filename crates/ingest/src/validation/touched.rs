//! Which channel-days arrivals touch, as the feed of the readings book tells.

use std::collections::BTreeSet;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use model::id::ChannelNumber;
use model::master::Channel;
use store::readings::{Change, Cursor, Error, ReadingsBook, Subject};
use store::registry::directory::Directory;

use super::totals::measures_the_same;
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
    /// Channels with intervals, and their local days.
    pub days: BTreeSet<(ChannelNumber, Date)>,
    /// The end of the stretch.
    pub to: Cursor,
}

impl Touched {
    /// What arrived after a place in the feed; a long stretch is cut, so that nothing more comes only after an empty one.
    ///
    /// # Errors
    /// As [`ReadingsBook::changes`].
    pub fn after(book: &ReadingsBook, directory: &Directory, from: Cursor) -> Result<Self, Error> {
        let mut calendar = Calendar::default();
        let mut touched = Self { to: from, ..Self::default() };
        while touched.days.len() < DAYS_MAX {
            let changes = book.changes(touched.to, CHANGES)?;
            let Some(last) = changes.last() else { break };
            touched.to = last.cursor;
            for change in changes {
                match change.subject {
                    Subject::Intervals => {
                        touched.days.insert((change.channel, change.date));
                    }
                    Subject::Registers => touched.add_beside(directory, &change, &mut calendar),
                    Subject::Final => {}
                }
            }
        }
        Ok(touched)
    }

    /// A register read says anew what the intervals before and after it must add up to. The feed tells its UTC date.
    fn add_beside(&mut self, directory: &Directory, change: &Change, calendar: &mut Calendar) {
        let Some(register) = directory.channel(change.channel) else { return };
        let midnight = change.date.to_zoned(TimeZone::UTC).map_or(0, |zoned| zoned.timestamp().as_second());
        let adds_up = |other: &&Channel| other.interval_seconds.is_some() && measures_the_same(register, other);
        for intervals in directory.of_usage_point(register.usage_point).filter(adds_up) {
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
