//! Reading.
//!
//! What is in the arenas is copied while the state is locked; segments are read after, from files that stay as long
//! as someone holds them.

use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::sync::{Arc, PoisonError};

use jiff::civil::Date;
use model::id::ChannelNumber;
use model::lineage::{FinalDay, FinalRead};

use super::block::{Kind, intervals};
use super::day::DayNumber;
use super::error::{Damage, Error};
use super::feed::{Change, Cursor};
use super::feed_file::FeedEntry;
use super::history::{AsOf, ChannelHistory, Day, Figures, RegisterRead, Summary, Version};
use super::layers::Lookup;
use super::record::Shape;
use super::segment::Segment;
use super::state::{DamageList, State};
use super::version::{FinalVersion, IntervalDay, RegisterVersion, Stamp, current_registers};
use super::{NO_VALUE, ReadingsBook, feed_file, final_day, final_read};

/// Local days begin at most this many days away from 00:00 UTC of their date.
const DAYS_AROUND: i32 = 2;

impl ReadingsBook {
    /// One channel over `[start, end)` in epoch seconds: every day that overlaps it, whole, and the register reads
    /// with their moment in it.
    pub fn read(&self, channel: ChannelNumber, start: i64, end: i64, as_of: AsOf) -> Result<ChannelHistory, Error> {
        let mut history = ChannelHistory::default();
        let (collected, known) = self.collect(channel, |state| state.days_between(start, end));
        let mut lookup = Lookup::new(channel.0);
        for day in collected {
            history.add(channel, &day, &mut lookup, as_of)?;
        }
        history.days.retain(|day| {
            let length = i64::from(day.slot_seconds) * day.values.len() as i64;
            day.slot_seconds == 0 || (day.day_start < end && start < day.day_start + length)
        });
        history.registers.retain(|read| start <= read.at && read.at < end);
        history.final_reads.retain(|read| start <= read.at.as_second() && read.at.as_second() < end);
        for damage in known.open {
            history.note(damage);
        }
        let (first, last) = (date_of(start, -DAYS_AROUND), date_of(end, DAYS_AROUND));
        let is_open = |damage: &Damage| !known.settled.contains(damage);
        history.damaged.retain(|damage| damage.lost.touches(channel, first, last) && is_open(damage));
        Ok(history)
    }

    /// Every version of every slot of a channel-day, by slot and arrival.
    pub fn versions(&self, channel: ChannelNumber, date: Date) -> Result<Vec<Version>, Error> {
        let intervals = self.collect_day(channel, date).intervals(&mut Lookup::new(channel.0))?;
        Ok(intervals.iter().flat_map(versions_of).collect())
    }

    /// The versions of the slots of a channel-day that were known at a moment, by slot and then by rank: the last one of a slot
    /// is the one that a read answers. A value that came again is there at its first and its last rank; where sources give
    /// revisions, at each of them, whatever order they arrived in.
    pub fn ranked_versions(&self, channel: ChannelNumber, date: Date, as_of: AsOf) -> Result<Vec<Version>, Error> {
        let intervals = self.collect_day(channel, date).intervals(&mut Lookup::new(channel.0))?;
        let known = |day: IntervalDay| match as_of {
            AsOf::Now => Some(day),
            AsOf::At(moment) => day.known_at(moment),
        };
        Ok(intervals.into_iter().filter_map(known).flat_map(|day| ranked(&day)).collect())
    }

    /// What validation had decided for a channel-day.
    pub fn final_day(&self, channel: ChannelNumber, date: Date, as_of: AsOf) -> Result<Option<FinalDay>, Error> {
        let finals = self.collect_day(channel, date).finals(&mut Lookup::new(channel.0))?;
        Ok(latest_final(channel, date, &finals, as_of))
    }

    /// What validation had decided for the register reads of a channel with their moment on a UTC date, in order.
    pub fn final_reads(&self, channel: ChannelNumber, date: Date, as_of: AsOf) -> Result<Vec<FinalRead>, Error> {
        let finals = self.collect_day(channel, date).finals(&mut Lookup::new(channel.0))?;
        Ok(latest_reads(channel, &finals, as_of))
    }

    /// Everything that validation ever decided for the register reads of a channel with their moment on a UTC date, the oldest
    /// first.
    pub fn final_reads_ever(&self, channel: ChannelNumber, date: Date) -> Result<Vec<FinalRead>, Error> {
        let finals = self.collect_day(channel, date).finals(&mut Lookup::new(channel.0))?;
        Ok(finals.iter().filter_map(|version| final_read::decode(channel, &version.bytes).ok()).flatten().collect())
    }

    /// Figures of a channel-day; `None` where there are no intervals. Where the interval length changed, those of
    /// the shortest.
    pub fn summary(&self, channel: ChannelNumber, date: Date) -> Result<Option<Summary>, Error> {
        let day = self.collect_day(channel, date);
        let mut lookup = Lookup::new(channel.0);
        let summaries = match day.intervals {
            Some(days) => days.iter().map(|day| Summary::of(day.shape, &day.values)).collect(),
            None => match lookup.find(&day.segments, day.day, Kind::Intervals)? {
                Some(found) => found.each(intervals::summary)?,
                None => Vec::new(),
            },
        };
        Ok(summaries.into_iter().min_by_key(|summary| summary.slot_seconds))
    }

    /// Figures of days of a channel by date, with the qualities of their slots; dates without intervals and damaged days
    /// are left out. Where the interval length changed, a date has one of each length.
    pub fn figures(
        &self,
        channel: ChannelNumber,
        dates: impl IntoIterator<Item = Date>,
        as_of: AsOf,
    ) -> Result<Vec<(Date, Figures)>, Error> {
        let (collected, _) = self.collect(channel, |_| dates.into_iter().map(DayNumber::of_date).collect());
        let mut lookup = Lookup::new(channel.0);
        let mut figures = Vec::new();
        for day in collected {
            let Some(date) = day.day.date() else { continue };
            match day.figures(&mut lookup, date, as_of) {
                Err(Error::Damaged(_)) => {}
                found => figures.extend(found?.into_iter().map(|figures| (date, figures))),
            }
        }
        Ok(figures)
    }

    /// The days of which something arrived, in order.
    pub fn days(&self) -> Vec<Date> {
        let state = self.shared.state.read().unwrap_or_else(PoisonError::into_inner);
        state.days.keys().filter_map(|day| day.date()).collect()
    }

    /// Changes after a cursor, oldest first, at most `limit`. Nothing is left out; an empty answer means that
    /// there is nothing new.
    ///
    /// # Errors
    /// [`Error::CursorTooOld`] where the feed no longer reaches back; [`Error::Damaged`] where a part of it is lost.
    pub fn changes(&self, after: Cursor, limit: usize) -> Result<Vec<Change>, Error> {
        let [_, _, dir] = self.shared.folders();
        let mut changes = Vec::new();
        let mut cursor = after;
        // One more round for each sealing that files changes while this reads.
        while changes.len() < limit {
            let file = {
                let state = self.shared.state.read().unwrap_or_else(PoisonError::into_inner);
                let dropped_through = state.feed.dropped_through;
                if 0 < dropped_through && cursor.sequence <= dropped_through {
                    return Err(Error::CursorTooOld { oldest: dropped_through + 1 });
                }
                let Some(file) = state.feed.file_after(cursor) else {
                    state.feed.after(cursor, limit, &mut changes);
                    return Ok(changes);
                };
                file
            };
            match feed_file::after(&*self.shared.disk, &dir, &file, cursor, limit, &mut changes) {
                // Given up in the meantime: the next round says so.
                Err(Error::Io { source, .. }) if source.kind() == ErrorKind::NotFound && !self.has_feed(&file) => {}
                read => {
                    read?;
                    cursor = Cursor { sequence: file.last() + 1, seen: 0 };
                }
            }
        }
        Ok(changes)
    }

    fn has_feed(&self, file: &FeedEntry) -> bool {
        let state = self.shared.state.read().unwrap_or_else(PoisonError::into_inner);
        state.feed.files.iter().any(|other| **other == *file)
    }

    /// How far a source was read when its last batch was stored.
    pub fn position(&self, source: &str) -> Option<String> {
        self.shared.state.read().unwrap_or_else(PoisonError::into_inner).positions.get(source).cloned()
    }

    fn collect(
        &self,
        channel: ChannelNumber,
        days: impl FnOnce(&State) -> BTreeSet<DayNumber>,
    ) -> (Vec<Collected>, DamageList) {
        let state = self.shared.state.read().unwrap_or_else(PoisonError::into_inner);
        let collected = days(&state).into_iter().map(|day| state.collect(channel.0, day)).collect();
        (collected, state.damage.clone())
    }

    fn collect_day(&self, channel: ChannelNumber, date: Date) -> Collected {
        let state = self.shared.state.read().unwrap_or_else(PoisonError::into_inner);
        state.collect(channel.0, DayNumber::of_date(date))
    }
}

fn date_of(second: i64, days: i32) -> Date {
    let number = i32::try_from(second.div_euclid(86_400)).ok().and_then(|number| number.checked_add(days));
    let outside = if second < 0 { Date::MIN } else { Date::MAX };
    number.and_then(|number| DayNumber(number).date()).unwrap_or(outside)
}

/// A channel-day: what the arenas have of it, and where the rest is.
struct Collected {
    day: DayNumber,
    intervals: Option<Vec<IntervalDay>>,
    registers: Option<Vec<RegisterVersion>>,
    finals: Option<Vec<FinalVersion>>,
    segments: Vec<Arc<Segment>>,
}

impl State {
    /// Days that can overlap `[start, end)`.
    fn days_between(&self, start: i64, end: i64) -> BTreeSet<DayNumber> {
        let first = DayNumber::of_date(date_of(start, -DAYS_AROUND));
        let last = DayNumber::of_date(date_of(end, DAYS_AROUND));
        if last < first {
            return BTreeSet::new();
        }
        self.days.range(first..=last).map(|(day, _)| *day).collect()
    }

    fn collect(&self, channel: u32, day: DayNumber) -> Collected {
        let arenas = || self.days.get(&day).into_iter().flat_map(|day| day.arenas());
        let first = |kind| arenas().find(|arena| arena.has(channel, kind));
        Collected {
            day,
            intervals: first(Kind::Intervals).map(|arena| arena.intervals(channel)),
            registers: first(Kind::Registers).and_then(|arena| arena.registers(channel)),
            finals: first(Kind::Finals).and_then(|arena| arena.finals(channel)).map(<[_]>::to_vec),
            segments: self.segments_of(day),
        }
    }
}

impl Collected {
    fn intervals(self, lookup: &mut Lookup) -> Result<Vec<IntervalDay>, Error> {
        match self.intervals {
            Some(intervals) => Ok(intervals),
            None => lookup.intervals(&self.segments, self.day),
        }
    }

    fn finals(&self, lookup: &mut Lookup) -> Result<Vec<FinalVersion>, Error> {
        match &self.finals {
            Some(finals) => Ok(finals.clone()),
            None => lookup.finals(&self.segments, self.day),
        }
    }

    fn registers(&self, lookup: &mut Lookup) -> Result<Vec<RegisterVersion>, Error> {
        match &self.registers {
            Some(registers) => Ok(registers.clone()),
            None => lookup.registers(&self.segments, self.day),
        }
    }

    /// The days as they were known. Only a question about the past needs to know when each value arrived.
    fn days(&self, lookup: &mut Lookup, date: Date, as_of: AsOf) -> Result<Vec<Day>, Error> {
        let known = |day: IntervalDay| match as_of {
            AsOf::Now => Some(day),
            AsOf::At(moment) => day.known_at(moment),
        };
        let whole = |day: IntervalDay| known(day).map(|day| day_of(date, day));
        if let Some(days) = &self.intervals {
            return Ok(days.iter().cloned().filter_map(whole).collect());
        }
        let Some(found) = lookup.find(&self.segments, self.day, Kind::Intervals)? else { return Ok(Vec::new()) };
        let days = found.each(|body, dictionary| match as_of.moment() {
            Some(moment) if moment < dictionary.received_max => Ok(whole(intervals::whole(body, dictionary)?)),
            _ => {
                let mut current = intervals::Current::default();
                let Shape { day_start, slot_seconds, .. } = intervals::current(body, dictionary, &mut current)?;
                let intervals::Current { values, qualities, superseded, .. } = current;
                Ok(Some(Day { date, day_start, slot_seconds, values, qualities, superseded, final_day: None }))
            }
        })?;
        Ok(days.into_iter().flatten().collect())
    }
}

impl Collected {
    fn figures(&self, lookup: &mut Lookup, date: Date, as_of: AsOf) -> Result<Vec<Figures>, Error> {
        if self.intervals.is_some() || as_of != AsOf::Now {
            return Ok(self.days(lookup, date, as_of)?.into_iter().map(figures_of).collect());
        }
        let found = lookup.find(&self.segments, self.day, Kind::Intervals)?;
        found.map_or_else(|| Ok(Vec::new()), |found| found.each(intervals::figures))
    }
}

fn figures_of(day: Day) -> Figures {
    let Day { day_start, slot_seconds, values, qualities, .. } = day;
    let shape = Shape { day_start, slots: values.len() as u16, slot_seconds };
    Figures { summary: Summary::of(shape, &values), qualities }
}

impl ChannelHistory {
    fn add(&mut self, channel: ChannelNumber, day: &Collected, lookup: &mut Lookup, as_of: AsOf) -> Result<(), Error> {
        let Some(date) = day.day.date() else { return Ok(()) };
        let mut days = self.unless_damaged(day.days(lookup, date, as_of))?;
        let finals = self.unless_damaged(day.finals(lookup))?;
        let registers = self.unless_damaged(day.registers(lookup))?;
        let final_day = latest_final(channel, date, &finals, as_of);
        if days.is_empty() && final_day.is_some() {
            let day_start = day.day.midnight_utc();
            let (values, qualities) = (Vec::new(), Vec::new());
            days.push(Day { date, day_start, slot_seconds: 0, values, qualities, superseded: 0, final_day: None });
        }
        for day in &mut days {
            day.final_day.clone_from(&final_day);
        }
        self.days.append(&mut days);
        self.registers.extend(current_registers(&registers, as_of.moment()).iter().map(register_read));
        self.final_reads.extend(latest_reads(channel, &finals, as_of));
        Ok(())
    }

    fn unless_damaged<T: Default>(&mut self, outcome: Result<T, Error>) -> Result<T, Error> {
        match outcome {
            Err(Error::Damaged(damage)) => {
                self.note(damage);
                Ok(T::default())
            }
            outcome => outcome,
        }
    }

    fn note(&mut self, damage: Damage) {
        if !self.damaged.contains(&damage) {
            self.damaged.push(damage);
        }
    }
}

fn day_of(date: Date, day: IntervalDay) -> Day {
    Day {
        date,
        day_start: day.shape.day_start,
        slot_seconds: day.shape.slot_seconds,
        qualities: day.qualities(),
        superseded: day.superseded.len() as u32,
        values: day.values,
        final_day: None,
    }
}

fn register_read(version: &RegisterVersion) -> RegisterRead {
    RegisterRead {
        at: version.at,
        period_start: version.period_start,
        value: version.value,
        quality: version.stamp.quality,
        revision: version.stamp.source_revision(),
        received_at: version.stamp.received_at,
        sequence: version.stamp.sequence,
    }
}

fn latest_final(channel: ChannelNumber, date: Date, versions: &[FinalVersion], as_of: AsOf) -> Option<FinalDay> {
    let decoded = known(versions, as_of).filter_map(|version| final_day::decode(channel, date, &version.bytes).ok());
    decoded.max_by_key(|final_day| final_day.run)
}

fn latest_reads(channel: ChannelNumber, versions: &[FinalVersion], as_of: AsOf) -> Vec<FinalRead> {
    let latest = known(versions, as_of).max_by_key(|version| final_read::run_of(&version.bytes));
    latest.and_then(|version| final_read::decode(channel, &version.bytes).ok()).unwrap_or_default()
}

fn known(versions: &[FinalVersion], as_of: AsOf) -> impl Iterator<Item = &FinalVersion> {
    versions.iter().filter(move |version| as_of.moment().is_none_or(|moment| version.received_at <= moment))
}

fn versions_of(day: &IntervalDay) -> Vec<Version> {
    let mut versions = stamped_versions(day);
    versions.sort_by_key(|(stamp, version)| (version.slot, stamp.sequence));
    versions.into_iter().map(|(_, version)| version).collect()
}

fn ranked(day: &IntervalDay) -> Vec<Version> {
    let ranks = |(stamp, version): (Stamp, Version)| {
        let (first, last) = (stamp.first_rank(), stamp.rank());
        std::iter::once((first, version)).chain((first != last).then_some((last, version)))
    };
    let mut versions: Vec<_> = stamped_versions(day).into_iter().flat_map(ranks).collect();
    versions.sort_by_key(|(rank, version)| (version.slot, *rank, version.is_current));
    versions.into_iter().map(|(_, version)| version).collect()
}

fn stamped_versions(day: &IntervalDay) -> Vec<(Stamp, Version)> {
    let value = |value| (value != NO_VALUE).then_some(value);
    let old = day.superseded.iter().map(|old| (old.slot, old.value, old.stamp, false));
    let current = (0..).zip(day.values.iter().zip(&day.stamps));
    let current = current.filter_map(|(slot, (&value, stamp))| stamp.map(|stamp| (slot, value, stamp, true)));
    let version = |(slot, raw, stamp, is_current): (u16, i64, Stamp, bool)| {
        let version = Version {
            slot,
            slot_seconds: day.shape.slot_seconds,
            value: value(raw),
            quality: stamp.quality,
            revision: stamp.source_revision(),
            received_at: stamp.received_at,
            sequence: stamp.sequence,
            is_current,
        };
        (stamp, version)
    };
    old.chain(current).map(version).collect()
}
