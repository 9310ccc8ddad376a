//! Another plan, or book of plans, beside the live one, over stored readings: what would change. Nothing is stored.
//!
//! Both plans run over the same received values, so that every difference is the plan's; register reads are judged by
//! each, and intervals held against those that count by it. With [`AsOf::At`] they run over what had arrived and been
//! decided by then: a look back at what the plan would have said.

mod changes;
mod reads;

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::Date;
use model::master::Channel;
use store::readings::{AsOf, ReadingsBook};
use store::registry::directory::Directory;

use crate::plans::Plans;
use crate::review::Decisions;
use crate::validation::surroundings::{Depth, Stored};

pub use reads::ReadChange;

pub use changes::{Changes, ExceptionChange, ExceptionExample, RuleChange, ValueChange, ValueExample};

/// The two plans and what they run over.
pub struct Shadow<'a> {
    /// The readings.
    pub book: &'a ReadingsBook,
    /// The channels.
    pub directory: &'a Directory,
    /// The plans that hold.
    pub live: &'a Plans,
    /// The plans beside them.
    pub other: &'a Plans,
    /// What people decided; for a look back, what counted then.
    pub decisions: &'a Decisions,
    /// Which state of knowledge.
    pub as_of: AsOf,
    /// Days that have not ended by now are passed over.
    pub now: Timestamp,
    /// As many examples are kept of each rule, and of values.
    pub examples_max: usize,
}

impl Shadow<'_> {
    /// Runs both plans over days of a channel and adds what differs; days of a register are the UTC dates of its reads. A day
    /// of which nothing had arrived is run where live validation would run it: something was expected of it, and it ended
    /// long enough ago.
    ///
    /// # Errors
    /// What the readings book says.
    pub fn run(
        &self,
        channel: &Channel,
        days: &BTreeSet<Date>,
        changes: &mut Changes,
    ) -> Result<(), store::readings::Error> {
        if channel.interval_seconds.is_none() {
            return self.run_reads(channel, days, changes);
        }
        let (Some(first), Some(last)) = (days.first(), days.last()) else { return Ok(()) };
        let live = self.live.of_channel(self.directory, channel);
        let other = self.other.of_channel(self.directory, channel);
        let reach = live.outcome_days().max(other.outcome_days());
        let stored = Stored::of(self.book, self.directory, channel, (*first, *last), reach, self.as_of)?;
        let Some(stored) = stored.map(|stored| stored.with_silent_days(self.now)) else { return Ok(()) };
        let stamp = self.stamp();
        let by = |plans| -> Result<_, store::readings::Error> {
            let stored = stored.clone().with_reads_by(self.ground(plans), stamp)?;
            stored.channel_days(self.book, plans, self.decisions, Depth::Outcomes)
        };
        let (live, other) = (by(self.live)?, by(self.other)?);
        for date in days {
            let Some(day) = live.day(*date).filter(|_| live.says_something(*date)) else { continue };
            if self.now < day.as_day(*date).whole().end {
                changes.days_waiting += 1;
            } else if let (Some(live), Some(other)) = (live.outcome(*date, stamp), other.outcome(*date, stamp)) {
                changes.add(channel, day, &live, &other, self.examples_max);
            }
        }
        Ok(())
    }
}
