//! Channels that go on as another one from an instant on, since the length of their intervals changed.
//!
//! What is stored of a channel has one length for ever. So a new channel of the same usage point goes on where the old one
//! ends, and what a message says of either means the one that holds at its time.

use jiff::Timestamp;
use model::master::Channel;
use model::time::TimeRange;

use super::directory::Directory;
use super::fact::FactKind;

/// Lengths that a channel may have had one after the other; more are a mistake that goes round in a circle.
const LENGTHS_MAX: usize = 16;

impl Directory {
    /// The channel that goes on as this one, and from when.
    pub fn continued_by(&self, channel: &Channel) -> Option<(Timestamp, &Channel)> {
        let entered = self.facts.history(FactKind::ContinuedBy, channel.id.0).last()?;
        let number = self.facts.channels_at(FactKind::ContinuedBy, channel.id.0, entered.from)?.first().copied()?;
        Some((entered.from, self.channel(number)?))
    }

    /// The channel that this one goes on from, and since when.
    pub fn continues(&self, channel: &Channel) -> Option<(Timestamp, &Channel)> {
        self.naming(channel.number).find_map(|before| {
            let (from, next) = self.continued_by(before)?;
            (next.number == channel.number).then_some((from, before))
        })
    }

    /// The time in which readings are those of a channel, and not of the one before or after it.
    pub fn own_time(&self, channel: &Channel) -> TimeRange {
        let start = self.continues(channel).map_or(Timestamp::MIN, |(from, _)| from);
        let end = self.continued_by(channel).map_or(Timestamp::MAX, |(from, _)| from);
        TimeRange { start, end }
    }

    /// The channel that holds at an instant, of those that go on from each other.
    pub fn holding_at<'d>(&'d self, channel: &'d Channel, at: Timestamp) -> &'d Channel {
        let mut held = channel;
        for _ in 0..LENGTHS_MAX {
            let before = self.continues(held).filter(|(from, _)| at < *from);
            let after = self.continued_by(held).filter(|(from, _)| *from <= at);
            let Some((_, other)) = before.or(after) else { break };
            held = other;
        }
        held
    }

    /// A channel with those that go on from each other, the first one first.
    pub fn line<'d>(&'d self, channel: &'d Channel) -> Vec<&'d Channel> {
        let mut line = vec![self.holding_at(channel, Timestamp::MIN)];
        while let Some((_, next)) = self.continued_by(line[line.len() - 1]).filter(|_| line.len() < LENGTHS_MAX) {
            line.push(next);
        }
        line
    }
}
