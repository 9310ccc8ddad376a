//! Another plan, or book of plans, beside the live one, over stored readings: what would change. Nothing is stored.
//!
//! Both plans run over the same received values, so that every difference is the plan's. With [`AsOf::At`] they run over
//! what had arrived by then, without what people decided since: a look back at what the plan would have said.

mod changes;

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::Date;
use model::master::Channel;
use store::readings::{AsOf, ReadingsBook};
use store::registry::directory::Directory;
use vee::Stamp;

use crate::plans::Plans;
use crate::review::Decisions;
use crate::validation::surroundings::{Depth, Stored};

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
    /// What people decided; nothing for a look back.
    pub decisions: &'a Decisions,
    /// Which state of knowledge.
    pub as_of: AsOf,
    /// Days that have not ended by now are passed over.
    pub now: Timestamp,
    /// As many examples are kept of each rule, and of values.
    pub examples_max: usize,
}

impl Shadow<'_> {
    /// Runs both plans over days of a channel and adds what differs. Days of which nothing had arrived are passed over.
    ///
    /// # Errors
    /// What the readings book says.
    pub fn run(
        &self,
        channel: &Channel,
        days: &BTreeSet<Date>,
        changes: &mut Changes,
    ) -> Result<(), store::readings::Error> {
        let (Some(first), Some(last)) = (days.first(), days.last()) else { return Ok(()) };
        let live = self.live.of_channel(self.directory, channel);
        let other = self.other.of_channel(self.directory, channel);
        let reach = live.outcome_days().max(other.outcome_days());
        let stored = Stored::of(self.book, self.directory, channel, (*first, *last), reach, self.as_of)?;
        let Some(stored) = stored else { return Ok(()) };
        let stamp = Stamp { run: 0, now: self.now };
        let live = stored.channel_days(self.book, self.live, self.decisions, Depth::Outcomes)?;
        let other = stored.channel_days(self.book, self.other, self.decisions, Depth::Outcomes)?;
        for date in days {
            let Some(day) = live.day(*date) else { continue };
            if self.now < day.as_day(*date).whole().end {
                changes.days_waiting += 1;
            } else if let (Some(live), Some(other)) = (live.outcome(*date, stamp), other.outcome(*date, stamp)) {
                changes.add(channel, day, &live, &other, self.examples_max);
            }
        }
        Ok(())
    }
}
