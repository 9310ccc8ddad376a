//! Sealing: arenas become day segments, days become months, the log is let go.
//!
//! Everything that the log tells up to a sequence is put into files (segments, answers, feed), the files are synced,
//! and one new catalog names them all: before it, the old files and the log hold; after it, the new ones. A power cut
//! in between leaves files that no catalog names. Only then are log files used again.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Arc, PoisonError};

use jiff::civil::Date;

use super::Shared;
use super::answers::{self, Answered, AnswersEntry};
use super::arena::Arena;
use super::catalog::{Catalog, DayEntry};
use super::commit::lock;
use super::day::DayNumber;
use super::error::{Damage, Error};
use super::feed::BatchChanges;
use super::feed_file;
use super::merge::{self, Target};
use super::segment::{Segment, SegmentEntry};
use super::state::State;

/// Answers are kept in at most this many files.
const ANSWER_FILES_MAX: usize = 16;

/// What was taken out of memory to be sealed.
struct Harvest {
    through: u64,
    log_start: u64,
    arenas: Vec<(Arc<Arena>, u64)>,
    changes: Vec<BatchChanges>,
    answers: BTreeMap<[u8; 32], Answered>,
    positions: BTreeMap<String, String>,
}

impl Shared {
    /// Does what is due: seals days, joins layers, rolls months, lets the log go.
    pub(super) fn maintain(&self) -> Result<(), Error> {
        self.with_catalog(|catalog| {
            let due = self.days_due();
            if !due.is_empty() {
                self.seal(catalog, &due)?;
            }
            self.join_layers(catalog, self.config.layers)?;
            self.roll_months(catalog)
        })
    }

    /// Seals every day before a date.
    pub(super) fn seal_before(&self, date: Date) -> Result<(), Error> {
        self.with_catalog(|catalog| {
            let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
            let before = state.days.range(..DayNumber::of_date(date));
            let due: Vec<_> = before.filter(|(_, day)| day.arenas().next().is_some()).map(|(day, _)| *day).collect();
            drop(state);
            self.seal(catalog, &due)
        })
    }

    /// Writes the catalog with what changed in memory.
    pub(super) fn save_catalog(&self) -> Result<(), Error> {
        self.with_catalog(|catalog| {
            let next = catalog.clone();
            self.replace_catalog(catalog, next, &mut Vec::new())
        })
    }

    /// Runs one change of the files at a time. After an error other than a full disk nothing is written any more.
    fn with_catalog(&self, change: impl FnOnce(&mut Catalog) -> Result<(), Error>) -> Result<(), Error> {
        let mut catalog = lock(&self.catalog);
        if let Some(reason) = lock(&self.queue).read_only.clone() {
            return Err(Error::ReadOnly(reason));
        }
        let outcome = change(&mut catalog);
        if let Err(error) = &outcome
            && !error.is_temporary()
        {
            self.stop_writing(error);
        }
        outcome
    }

    /// The days to seal: those behind the open window, and the oldest while memory or log are beyond their limits.
    fn days_due(&self) -> Vec<DayNumber> {
        let pinning = {
            let log = lock(&self.log);
            let over = self.config.log_bytes < log.size().1;
            let oldest = log.files().iter().filter_map(|file| file.sequences).map(|(_, last)| last).min();
            oldest.filter(|_| over)
        };
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        let newest = state.days.iter().rev().find(|(_, day)| day.live.is_some()).map_or(0, |(day, _)| day.0);
        let open_from = newest.saturating_sub(i32::try_from(self.config.open_days).unwrap_or(i32::MAX));
        let mut bytes = state.bytes();
        let mut due = Vec::new();
        for (day, content) in &state.days {
            let Some(oldest) = content.arenas().map(|arena| arena.first_sequence).min() else { continue };
            // Down to three quarters, so that the next batch does not begin it all anew.
            let too_much = self.config.arena_bytes / 4 * 3 < bytes && self.config.arena_bytes < state.bytes();
            if day.0 <= open_from || too_much || pinning.is_some_and(|last| oldest <= last) || content.frozen.is_some()
            {
                due.push(*day);
                bytes = bytes.saturating_sub(content.bytes());
            }
        }
        due
    }

    /// Seals days, and with them everything else that only the log tells.
    fn seal(&self, catalog: &mut Catalog, days: &[DayNumber]) -> Result<(), Error> {
        let harvest = self.harvest(days);
        let mut next = catalog.clone();
        let mut written = Vec::new();
        let outcome = self.write_harvest(&harvest, &mut next, &mut written).or_else(|error| {
            if !error.is_temporary() {
                return Err(error);
            }
            // Unused log files are the reserve of a full disk.
            self.remove(&mut written);
            lock(&self.log).shrink(0)?;
            next = catalog.clone();
            self.write_harvest(&harvest, &mut next, &mut written)
        });
        self.undone(outcome, &mut written)?;
        self.replace_catalog(catalog, next, &mut written)?;
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        for (arena, through) in &harvest.arenas {
            let Some(day) = state.days.get_mut(&arena.day) else { continue };
            let Some(date) = arena.day.date() else { continue };
            let entry = catalog.days.iter().find(|entry| entry.date == date).and_then(|entry| entry.segments.first());
            day.segments.splice(0..0, entry.map(|entry| self.segments.segment(entry)));
            day.sealed_through = *through;
            day.frozen = None;
            state.recount(arena.day);
        }
        state.feed.filed(harvest.through, &catalog.feed, catalog.feed_dropped_through);
        self.note_memory(&state);
        drop(state);
        lock(&self.answers).filed(harvest.through, &catalog.answers);
        let mut log = lock(&self.log);
        log.release(catalog.log_start);
        log.shrink(self.config.spare_log_files)
    }

    /// Freezes the days and copies what else goes to files. What arrives from now on is in new arenas.
    fn harvest(&self, days: &[DayNumber]) -> Harvest {
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        let through = state.applied;
        let mut arenas = Vec::new();
        for day in days {
            let Some(day) = state.days.get_mut(day) else { continue };
            if day.frozen.is_none() {
                day.frozen = day.live.take().map(|arena| (Arc::new(arena), through));
            }
            arenas.extend(day.frozen.clone());
        }
        Harvest {
            through,
            log_start: state.first_unsealed(days).min(through + 1),
            arenas,
            changes: state.feed.through(through),
            answers: lock(&self.answers).through(through),
            positions: state.positions.clone(),
        }
    }

    fn write_harvest(&self, harvest: &Harvest, next: &mut Catalog, written: &mut Vec<PathBuf>) -> Result<(), Error> {
        let [segments, answer_dir, feed_dir] = self.folders();
        for (arena, through) in &harvest.arenas {
            let Some(date) = arena.day.date() else { continue };
            let id = next.new_id();
            let entry = self.written(written, |target| merge::seal(target, arena), id, date, date)?;
            next.day(date).segments.insert(0, entry);
            next.day(date).sealed_through = *through;
        }
        let id = next.new_id();
        if let Some(entry) = answers::write(&*self.disk, &answer_dir, id, &harvest.answers)? {
            written.push(answer_dir.join(entry.name()));
            next.answers.push(entry);
        }
        self.join_answers(next, written)?;
        let id = next.new_id();
        if let Some(entry) = feed_file::write(&*self.disk, &feed_dir, id, &harvest.changes)? {
            written.push(entry.path(&feed_dir));
            next.feed.push(entry);
        }
        next.drop_old_feed(self.config.feed_bytes);
        next.answered_through = harvest.through;
        next.fed_through = harvest.through;
        next.log_start = harvest.log_start;
        next.positions.clone_from(&harvest.positions);
        self.disk.sync_dir(&segments).map_err(Error::io("sync", &segments))
    }

    /// Makes one file of all when there are too many.
    fn join_answers(&self, next: &mut Catalog, written: &mut Vec<PathBuf>) -> Result<(), Error> {
        if next.answers.len() <= ANSWER_FILES_MAX {
            return Ok(());
        }
        let [_, dir, _] = self.folders();
        // The smaller half: large files are copied seldom.
        let mut by_size = next.answers.clone();
        by_size.sort_by_key(|entry| entry.keys);
        by_size.truncate(ANSWER_FILES_MAX / 2);
        let mut joined = BTreeMap::new();
        let mut whole: Vec<AnswersEntry> = Vec::new();
        for entry in by_size {
            match answers::read(&*self.disk, &dir, &entry) {
                // A damaged file stays where it is: what still holds in it is still found.
                Err(Error::Damaged(_)) => {}
                read => {
                    joined.extend(read?);
                    whole.push(entry);
                }
            }
        }
        let id = next.new_id();
        let entry = answers::write(&*self.disk, &dir, id, &joined)?;
        written.extend(entry.iter().map(|entry| dir.join(entry.name())));
        next.answers.retain(|entry| !whole.contains(entry));
        next.answers.extend(entry);
        Ok(())
    }

    /// Joins the layers of days that have many.
    fn join_layers(&self, catalog: &mut Catalog, layers_max: usize) -> Result<(), Error> {
        let many: Vec<(DayNumber, Vec<Arc<Segment>>)> = {
            let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
            let many = state.days.iter().filter(|(_, day)| layers_max < day.segments.len());
            many.map(|(number, day)| (*number, day.segments.clone())).collect()
        };
        for (day, layers) in many {
            let Some(date) = day.date() else { continue };
            self.replace_segments(catalog, date, date, &layers, |next, entry| next.day(date).segments = vec![entry])?;
        }
        Ok(())
    }

    /// Rolls complete months, and rolls those again that have much that is newer.
    fn roll_months(&self, catalog: &mut Catalog) -> Result<(), Error> {
        for month in self.months_due() {
            let Some((from, to)) = month_range(month) else { continue };
            self.roll(catalog, month, from, to)?;
        }
        self.drop_rolled_days(catalog)
    }

    fn months_due(&self) -> Vec<i32> {
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        let newest = state.days.keys().next_back().map_or(0, |day| day.0);
        let mut newer: BTreeMap<i32, u64> = BTreeMap::new();
        for (day, content) in &state.days {
            let bytes: u64 = content.segments.iter().map(|segment| segment.entry.bytes).sum();
            if let Some(month) = day.month().filter(|_| bytes > 0) {
                *newer.entry(month).or_default() += bytes;
            }
        }
        newer.retain(|month, bytes| {
            let Some((from, to)) = month_range(*month) else { return false };
            let to = DayNumber::of_date(to);
            match state.months.get(month) {
                Some(old) => old.entry.bytes < *bytes * 4,
                None => {
                    let is_over = to.0.saturating_add(i32::from(self.config.roll_after_days)) <= newest;
                    let days = state.days.range(DayNumber::of_date(from)..=to);
                    is_over && days.into_iter().all(|(_, day)| day.arenas().next().is_none())
                }
            }
        });
        newer.into_keys().collect()
    }

    fn roll(&self, catalog: &mut Catalog, month: i32, from: Date, to: Date) -> Result<(), Error> {
        let (layers, old) = {
            let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
            let days = state.days.range(DayNumber::of_date(from)..=DayNumber::of_date(to));
            let layers: Vec<_> = days.flat_map(|(_, day)| &day.segments).cloned().collect();
            (layers, state.months.get(&month).cloned())
        };
        let is_first = old.is_none();
        let sources: Vec<_> = layers.into_iter().chain(old).collect();
        self.replace_segments(catalog, from, to, &sources, |next, entry| {
            next.months.retain(|month| month.from != from);
            next.months.push(entry);
            let days = next.days.iter_mut().filter(|day| from <= day.date && day.date <= to);
            for day in days.filter(|day| !day.segments.is_empty()) {
                let mut segments = std::mem::take(&mut day.segments);
                // Of several layers, or of one over an older month, only the month has the whole.
                day.rolled = if is_first && segments.len() == 1 { segments.pop() } else { None };
            }
        })
    }

    /// Lets day segments go that the month segment has, when they are old.
    fn drop_rolled_days(&self, catalog: &mut Catalog) -> Result<(), Error> {
        let Some(newest) = catalog.days.last().map(|entry| DayNumber::of_date(entry.date).0) else { return Ok(()) };
        let old_before = newest.saturating_sub(i32::from(self.config.rolled_days));
        let mut next = catalog.clone();
        for day in next.days.iter_mut().filter(|day| DayNumber::of_date(day.date).0 < old_before) {
            day.rolled = None;
        }
        if next == *catalog {
            return Ok(());
        }
        self.replace_catalog(catalog, next, &mut Vec::new())?;
        self.install(catalog);
        Ok(())
    }

    /// Merges segments into one and puts it in their place.
    fn replace_segments(
        &self,
        catalog: &mut Catalog,
        from: Date,
        to: Date,
        sources: &[Arc<Segment>],
        change: impl FnOnce(&mut Catalog, SegmentEntry),
    ) -> Result<(), Error> {
        let is_damaged = |damage: &Damage| sources.iter().any(|source| source.is_named_by(damage));
        if self.state.read().unwrap_or_else(PoisonError::into_inner).damage.open.iter().any(is_damaged) {
            return Ok(());
        }
        let mut next = catalog.clone();
        let mut written = Vec::new();
        let id = next.new_id();
        let merged = self.written(&mut written, |target| merge::merge(target, from, to, sources), id, from, to);
        let synced = merged.and_then(|entry| {
            let [segments, ..] = self.folders();
            self.disk.sync_dir(&segments).map_err(Error::io("sync", &segments)).map(|()| entry)
        });
        if let Err(Error::Damaged(damage)) = synced {
            self.remove(&mut written);
            self.state.write().unwrap_or_else(PoisonError::into_inner).damage.note(damage);
            return Ok(());
        }
        let entry = self.undone(synced, &mut written)?;
        change(&mut next, entry);
        self.replace_catalog(catalog, next, &mut written)?;
        self.install(catalog);
        Ok(())
    }

    /// Runs the writing of a segment, noting the names it may leave.
    fn written(
        &self,
        written: &mut Vec<PathBuf>,
        write: impl FnOnce(Target<'_>) -> Result<SegmentEntry, Error>,
        id: u64,
        from: Date,
        to: Date,
    ) -> Result<SegmentEntry, Error> {
        let [dir, ..] = self.folders();
        let path = dir.join(SegmentEntry { id, from, to, bytes: 0, checksum: 0 }.name());
        written.extend([path.with_extension("tmp"), path]);
        write(Target { disk: &*self.disk, dir: &dir, id })
    }

    /// Puts a catalog into force.
    fn replace_catalog(
        &self,
        catalog: &mut Catalog,
        mut next: Catalog,
        written: &mut Vec<PathBuf>,
    ) -> Result<(), Error> {
        next.generation += 1;
        next.qualities = self.qualities.read().unwrap_or_else(PoisonError::into_inner).all().to_vec();
        {
            let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
            next.damage.clone_from(&state.damage.open);
            next.settled_damage.clone_from(&state.damage.settled);
            next.received_max = state.received_max;
        }
        self.undone(next.write(&*self.disk, &self.dir), written)?;
        let old_files = catalog.small_files();
        *catalog = next;
        if let Err(error) = lock(&self.log).note_catalog(catalog.generation) {
            self.stop_writing(&error);
        }
        for gone in old_files.difference(&catalog.small_files()) {
            // A file that stays is removed when the book is opened next.
            let _ = self.disk.remove(&self.dir.join(gone));
        }
        Ok(())
    }

    /// Brings the segments in memory in line with the catalog; those it no longer names go with their last reader.
    fn install(&self, catalog: &Catalog) {
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        let known = state.take_segments();
        state.set_segments(catalog, |entry| {
            known.get(&entry.id).cloned().unwrap_or_else(|| self.segments.segment(entry))
        });
        let named: BTreeSet<u64> = catalog.segments().map(|entry| entry.id).collect();
        known.values().filter(|segment| !named.contains(&segment.entry.id)).for_each(|segment| segment.retire());
    }

    /// Passes an outcome on; where the disk was full, it gets the space of what was written back. After any other
    /// error nothing is touched.
    fn undone<T>(&self, outcome: Result<T, Error>, written: &mut Vec<PathBuf>) -> Result<T, Error> {
        if outcome.as_ref().is_err_and(Error::is_temporary) {
            self.remove(written);
        }
        outcome
    }

    fn remove(&self, written: &mut Vec<PathBuf>) {
        for path in written.drain(..) {
            // Most of these names were never given to a file; one that stays is removed at the next opening.
            let _ = self.disk.remove(&path);
        }
    }

    /// Where segments, answers and the feed lie.
    pub(super) fn folders(&self) -> [PathBuf; 3] {
        ["segments", "answers", "feed"].map(|name| self.dir.join(name))
    }
}

/// First and last day of a month numbered as in [`DayNumber::month`].
fn month_range(month: i32) -> Option<(Date, Date)> {
    let year = i16::try_from(month.div_euclid(12)).ok()?;
    let first = Date::new(year, (month.rem_euclid(12) + 1) as i8, 1).ok()?;
    Some((first, first.last_of_month()))
}

impl State {
    /// Every segment, by number, out of the state.
    fn take_segments(&mut self) -> BTreeMap<u64, Arc<Segment>> {
        let months = std::mem::take(&mut self.months).into_values();
        let of_days = self.days.values_mut().flat_map(|day| day.segments.drain(..).chain(day.rolled.take()));
        let all: Vec<_> = months.chain(of_days).collect();
        all.into_iter().map(|segment| (segment.entry.id, segment)).collect()
    }

    /// Puts the segments of a catalog in.
    pub(super) fn set_segments(&mut self, catalog: &Catalog, segment: impl Fn(&SegmentEntry) -> Arc<Segment>) {
        for DayEntry { date, sealed_through, segments, rolled } in &catalog.days {
            let day = self.days.entry(DayNumber::of_date(*date)).or_default();
            day.sealed_through = *sealed_through;
            day.segments = segments.iter().map(&segment).collect();
            day.rolled = rolled.as_ref().map(&segment);
        }
        for month in &catalog.months {
            if let Some(number) = DayNumber::of_date(month.from).month() {
                self.months.insert(number, segment(month));
            }
        }
    }
}
