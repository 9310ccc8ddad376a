//! The register reads of an open day, in 24 bytes each.

use std::collections::{BTreeMap, HashMap};

use super::stamps::Stamps;
use super::version::{Effect, Placed, RegisterVersion};

/// A channel's reads are given room for this many more: a day of hourly reads fills it three times.
const READS_MORE: usize = 8;
/// Memory of a channel beside its reads, nearly.
const CHANNEL_BYTES: usize = 48;

/// Every version of every read, by channel, in the order of arrival.
#[derive(Debug, Default)]
pub(super) struct RegisterReads {
    channels: BTreeMap<u32, Vec<Read>>,
    /// Beginnings of stated periods, epoch seconds; the place of each is its number less one.
    periods: Vec<i64>,
    period_numbers: HashMap<i64, u32>,
    room: usize,
}

/// A version of a read.
#[derive(Clone, Copy, Debug)]
struct Read {
    at: i64,
    /// Anything where the source reports a missing read.
    value: i64,
    stamp: u32,
    /// Whether there is a value, and the number of the period from 1, or 0, in the bits above.
    rest: u32,
}

impl RegisterReads {
    /// Places a version among those of its read.
    pub(super) fn place(
        &mut self,
        channel: u32,
        version: &RegisterVersion,
        stamps: &mut Stamps,
        placed: &mut Placed,
    ) -> Effect {
        let read = self.narrowed(version, stamps);
        let reads = self.channels.entry(channel).or_default();
        let same_read = reads.iter_mut().filter(|other| other.is_of(&read));
        let Some(current) = same_read.max_by_key(|other| stamps.of(other.stamp).rank()) else {
            self.room += pushed(reads, read);
            placed.created += 1;
            return Effect::Created;
        };
        let stamp = stamps.of(current.stamp);
        if current.says_the_same(&read, stamps) {
            if stamp.rank().0 < version.stamp.rank().0 {
                current.stamp = stamps.number(stamp.confirmed_by(&version.stamp));
            }
            placed.duplicates += 1;
            return Effect::None;
        }
        let wins = stamp.rank() <= version.stamp.rank();
        if !wins && reads.iter().any(|other| other.is_of(&read) && other.says_the_same(&read, stamps)) {
            placed.duplicates += 1;
            return Effect::None;
        }
        self.room += pushed(reads, read);
        if wins {
            placed.changed += 1;
            Effect::Changed
        } else {
            placed.superseded += 1;
            Effect::None
        }
    }

    /// Takes back the versions of a channel, in the order of arrival.
    pub(super) fn restore(&mut self, channel: u32, versions: &[RegisterVersion], stamps: &mut Stamps) {
        let reads: Vec<Read> = versions.iter().map(|version| self.narrowed(version, stamps)).collect();
        self.room += reads.capacity();
        let before = self.channels.insert(channel, reads);
        self.room -= before.map_or(0, |before| before.capacity());
    }

    /// Whether anything is here of a channel.
    pub(super) fn has(&self, channel: u32) -> bool {
        self.channels.contains_key(&channel)
    }

    /// The channels, in order.
    pub(super) fn channels(&self) -> impl Iterator<Item = u32> {
        self.channels.keys().copied()
    }

    /// The versions of a channel in the order of arrival; `None` where there are none.
    pub(super) fn of(&self, channel: u32, stamps: &Stamps) -> Option<Vec<RegisterVersion>> {
        Some(self.channels.get(&channel)?.iter().map(|read| self.widened(read, stamps)).collect())
    }

    /// Memory in use, nearly.
    pub(super) fn bytes(&self) -> u64 {
        let periods = self.periods.capacity() * 3 * size_of::<i64>();
        (self.room * size_of::<Read>() + self.channels.len() * CHANNEL_BYTES + periods) as u64
    }

    fn narrowed(&mut self, version: &RegisterVersion, stamps: &mut Stamps) -> Read {
        let period = version.period_start.map_or(0, |start| self.period(start));
        Read {
            at: version.at,
            value: version.value.unwrap_or_default(),
            stamp: stamps.number(version.stamp),
            rest: period << 1 | u32::from(version.value.is_some()),
        }
    }

    fn widened(&self, read: &Read, stamps: &Stamps) -> RegisterVersion {
        let period = (read.rest >> 1).checked_sub(1);
        RegisterVersion {
            at: read.at,
            period_start: period.map(|period| self.periods[period as usize]),
            value: read.value(),
            stamp: stamps.of(read.stamp),
        }
    }

    /// The number of a period, from 1.
    fn period(&mut self, start: i64) -> u32 {
        *self.period_numbers.entry(start).or_insert_with(|| {
            self.periods.push(start);
            self.periods.len() as u32
        })
    }
}

impl Read {
    fn value(&self) -> Option<i64> {
        (self.rest & 1 == 1).then_some(self.value)
    }

    /// Whether both speak of the same read.
    fn is_of(&self, other: &Self) -> bool {
        (self.at, self.rest >> 1) == (other.at, other.rest >> 1)
    }

    fn says_the_same(&self, other: &Self, stamps: &Stamps) -> bool {
        let quality = |read: &Self| stamps.of(read.stamp).quality;
        (self.value(), quality(self)) == (other.value(), quality(other))
    }
}

/// Adds a read; answers for how many there is room now that there was none for.
fn pushed(reads: &mut Vec<Read>, read: Read) -> usize {
    let room = reads.capacity();
    if reads.len() == room {
        reads.reserve_exact(READS_MORE.max(room / 2));
    }
    reads.push(read);
    reads.capacity() - room
}
