//! Reading.

use std::collections::BTreeSet;
use std::sync::PoisonError;

use jiff::civil::Date;
use model::id::ChannelNumber;
use model::lineage::FinalDay;

use super::day::DayNumber;
use super::error::Error;
use super::feed::{Change, Cursor};
use super::history::{AsOf, ChannelHistory, Day, RegisterRead, ScannedDay, Summary, Version};
use super::state::State;
use super::version::{FinalVersion, IntervalDay, RegisterVersion, current_registers};
use super::{NO_VALUE, ReadingsBook, final_day};

/// Local days begin at most this many days away from 00:00 UTC of their date.
const DAYS_AROUND: i32 = 2;

impl ReadingsBook {
    /// One channel over `[start, end)` in epoch seconds: every day that overlaps it, whole, and the register reads
    /// with their moment in it.
    pub fn read(&self, channel: ChannelNumber, start: i64, end: i64, as_of: AsOf) -> Result<ChannelHistory, Error> {
        let mut history = ChannelHistory::default();
        let state = self.shared.state.read().unwrap_or_else(PoisonError::into_inner);
        for day in state.days_between(start, end) {
            let found = state.channel_day(channel.0, day);
            history.add(channel, day, found, as_of);
        }
        history.days.retain(|day| {
            let length = i64::from(day.slot_seconds) * day.values.len() as i64;
            day.slot_seconds == 0 || (day.day_start < end && start < day.day_start + length)
        });
        history.registers.retain(|read| start <= read.at && read.at < end);
        Ok(history)
    }

    /// Every version of every slot of a channel-day, by slot and arrival.
    pub fn versions(&self, channel: ChannelNumber, date: Date) -> Result<Vec<Version>, Error> {
        let state = self.shared.state.read().unwrap_or_else(PoisonError::into_inner);
        let found = state.channel_day(channel.0, DayNumber::of_date(date));
        Ok(found.intervals.iter().flat_map(versions_of).collect())
    }

    /// What validation had decided for a channel-day.
    pub fn final_day(&self, channel: ChannelNumber, date: Date, as_of: AsOf) -> Result<Option<FinalDay>, Error> {
        let day = DayNumber::of_date(date);
        let state = self.shared.state.read().unwrap_or_else(PoisonError::into_inner);
        Ok(latest_final(channel, day, &state.channel_day(channel.0, day).finals, as_of))
    }

    /// Figures of a channel-day; `None` where there are no intervals. Where the interval length changed, those of
    /// the shortest.
    pub fn summary(&self, channel: ChannelNumber, date: Date) -> Result<Option<Summary>, Error> {
        let state = self.shared.state.read().unwrap_or_else(PoisonError::into_inner);
        let found = state.channel_day(channel.0, DayNumber::of_date(date));
        let finest = found.intervals.iter().min_by_key(|day| day.shape.slot_seconds);
        Ok(finest.map(|day| Summary::of(day.shape, &day.values)))
    }

    /// The days of which something arrived, in order.
    pub fn days(&self) -> Vec<Date> {
        let state = self.shared.state.read().unwrap_or_else(PoisonError::into_inner);
        state.days.keys().filter_map(|day| day.date()).collect()
    }

    /// Shows every channel of a day, in order.
    pub fn scan_day(&self, date: Date, mut visit: impl FnMut(ScannedDay<'_>)) -> Result<(), Error> {
        let state = self.shared.state.read().unwrap_or_else(PoisonError::into_inner);
        let Some(arena) = state.days.get(&DayNumber::of_date(date)).and_then(|day| day.live.as_ref()) else {
            return Ok(());
        };
        let mut buffer = Default::default();
        for channel in arena.channels() {
            arena.visit_current(channel, &mut buffer, |shape, values, qualities| {
                visit(ScannedDay {
                    channel: ChannelNumber(channel),
                    day_start: shape.day_start,
                    slot_seconds: shape.slot_seconds,
                    values,
                    qualities,
                });
            });
        }
        Ok(())
    }

    /// Changes after a cursor, oldest first, at most `limit`.
    pub fn changes(&self, after: Cursor, limit: usize) -> Result<Vec<Change>, Error> {
        let mut changes = Vec::new();
        let state = self.shared.state.read().unwrap_or_else(PoisonError::into_inner);
        state.feed.after(after, limit, &mut changes);
        Ok(changes)
    }

    /// How far a source was read when its last batch was stored.
    pub fn position(&self, source: &str) -> Option<String> {
        self.shared.state.read().unwrap_or_else(PoisonError::into_inner).positions.get(source).cloned()
    }
}

/// Everything known of a channel-day.
#[derive(Clone, Debug, Default)]
pub(super) struct Found {
    pub(super) intervals: Vec<IntervalDay>,
    pub(super) registers: Vec<RegisterVersion>,
    pub(super) finals: Vec<FinalVersion>,
}

impl State {
    pub(super) fn note_position(&mut self, source: &str, position: &str) {
        if !position.is_empty() {
            self.positions.insert(source.into(), position.into());
        }
    }

    /// Days that can overlap `[start, end)`.
    fn days_between(&self, start: i64, end: i64) -> BTreeSet<DayNumber> {
        let number = |second: i64| {
            i32::try_from(second.div_euclid(86_400)).unwrap_or(if second < 0 { i32::MIN } else { i32::MAX })
        };
        let first = DayNumber(number(start).saturating_sub(DAYS_AROUND));
        let last = DayNumber(number(end).saturating_add(DAYS_AROUND));
        if last < first {
            return BTreeSet::new();
        }
        self.days.range(first..=last).map(|(day, _)| *day).collect()
    }

    fn channel_day(&self, channel: u32, day: DayNumber) -> Found {
        let Some(arena) = self.days.get(&day).and_then(|day| day.live.as_ref()) else {
            return Found::default();
        };
        Found {
            intervals: arena.intervals(channel),
            registers: arena.registers(channel).unwrap_or_default().to_vec(),
            finals: arena.finals(channel).unwrap_or_default().to_vec(),
        }
    }
}

impl ChannelHistory {
    fn add(&mut self, channel: ChannelNumber, day: DayNumber, found: Found, as_of: AsOf) {
        let Some(date) = day.date() else { return };
        let final_day = latest_final(channel, day, &found.finals, as_of);
        let intervals = found.intervals.into_iter().filter_map(|day| match as_of {
            AsOf::Now => Some(day),
            AsOf::At(moment) => day.as_of(moment),
        });
        let before = self.days.len();
        for day in intervals {
            self.days.push(Day {
                date,
                day_start: day.shape.day_start,
                slot_seconds: day.shape.slot_seconds,
                qualities: day.qualities(),
                superseded: day.superseded.len() as u32,
                values: day.values,
                final_day: final_day.clone(),
            });
        }
        if self.days.len() == before
            && let Some(final_day) = final_day
        {
            self.days.push(Day {
                date,
                day_start: day.midnight_utc(),
                slot_seconds: 0,
                values: Vec::new(),
                qualities: Vec::new(),
                superseded: 0,
                final_day: Some(final_day),
            });
        }
        self.registers.extend(current_registers(&found.registers, as_of.moment()).iter().map(register_read));
    }
}

fn register_read(version: &RegisterVersion) -> RegisterRead {
    RegisterRead {
        at: version.at,
        period_start: version.period_start,
        value: version.value,
        quality: version.stamp.quality,
        revision: version.stamp.revision,
        received_at: version.stamp.received_at,
        sequence: version.stamp.sequence,
    }
}

fn latest_final(channel: ChannelNumber, day: DayNumber, versions: &[FinalVersion], as_of: AsOf) -> Option<FinalDay> {
    let date = day.date()?;
    let known = versions.iter().filter(|version| as_of.moment().is_none_or(|moment| version.received_at <= moment));
    let decoded = known.filter_map(|version| final_day::decode(channel, date, &version.bytes).ok());
    decoded.max_by_key(|final_day| final_day.run)
}

fn versions_of(day: &IntervalDay) -> Vec<Version> {
    let value = |value| (value != NO_VALUE).then_some(value);
    let old = day.superseded.iter().map(|old| (old.slot, old.value, old.stamp, false));
    let current = (0..).zip(day.values.iter().zip(&day.stamps));
    let current = current.filter_map(|(slot, (&value, stamp))| stamp.map(|stamp| (slot, value, stamp, true)));
    let mut versions: Vec<Version> = old
        .chain(current)
        .map(|(slot, raw, stamp, is_current)| Version {
            slot,
            slot_seconds: day.shape.slot_seconds,
            value: value(raw),
            quality: stamp.quality,
            revision: stamp.revision,
            received_at: stamp.received_at,
            sequence: stamp.sequence,
            is_current,
        })
        .collect();
    versions.sort_by_key(|version| (version.slot, version.sequence));
    versions
}
