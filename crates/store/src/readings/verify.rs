//! Checks and figures for those who look after a book.

use std::path::Path;
use std::sync::{Arc, PoisonError};

use super::ReadingsBook;
use super::answers;
use super::block::{Block, Kind, finals, intervals, registers};
use super::commit::lock;
use super::dictionary::Dictionary;
use super::error::{Damage, Error, Lost};
use super::feed_file;
use super::record::{HEADER_LEN, Header};
use super::segment::{Checksums, Segment, for_each_block};
use super::wire::Malformed;
use crate::disk::read_exact_at;

/// What a check of every stored byte found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verified {
    /// Segments read.
    pub segments: u64,
    /// Blocks (channel-days of one kind) read and decoded.
    pub blocks: u64,
    /// Records of the log read.
    pub records: u64,
    /// What does not hold, with what was known before.
    pub damaged: Vec<Damage>,
}

/// How large a book is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    /// The last batch.
    pub sequence: u64,
    /// Days with anything in them.
    pub days: u64,
    /// Days with an open arena.
    pub open_days: u64,
    /// Bytes of memory of the open days and the newest changes.
    pub memory_bytes: u64,
    /// Bytes of log files, unused ones too.
    pub log_bytes: u64,
    /// Bytes of log files in use.
    pub log_used_bytes: u64,
    /// Bytes of day segments.
    pub day_segment_bytes: u64,
    /// Bytes of day segments that a month segment has too.
    pub rolled_day_bytes: u64,
    /// Bytes of month segments.
    pub month_segment_bytes: u64,
    /// Bytes of answers to sources.
    pub answer_bytes: u64,
    /// Bytes of the feed of changes.
    pub feed_bytes: u64,
    /// Distinct qualities.
    pub qualities: u64,
}

impl ReadingsBook {
    /// Reads and checks every stored byte. What is found is remembered as damage.
    pub fn verify(&self) -> Result<Verified, Error> {
        let mut verified = Verified::default();
        for segment in self.all_segments() {
            self.verify_segment(&segment, &mut verified)?;
        }
        let [_, answer_dir, feed_dir] = self.shared.folders();
        {
            // Files of a named catalog stay while it is held.
            let catalog = lock(&self.shared.catalog);
            for entry in &catalog.answers {
                answers::read(&*self.shared.disk, &answer_dir, entry)
                    .map(drop)
                    .or_else(|error| verified.note(error))?;
            }
            for entry in &catalog.feed {
                for damage in feed_file::verify(&*self.shared.disk, &feed_dir, entry)? {
                    verified.note(Error::Damaged(damage))?;
                }
            }
        }
        self.verify_log(&mut verified)?;
        let mut state = self.shared.state.write().unwrap_or_else(PoisonError::into_inner);
        for damage in std::mem::take(&mut verified.damaged) {
            state.damage.note(damage);
        }
        verified.damaged.clone_from(&state.damage.open);
        Ok(verified)
    }

    /// How large the book is.
    pub fn statistics(&self) -> Statistics {
        let mut statistics = Statistics::default();
        (statistics.log_bytes, statistics.log_used_bytes) = lock(&self.shared.log).size();
        statistics.answer_bytes = lock(&self.shared.answers).file_bytes();
        let state = self.shared.state.read().unwrap_or_else(PoisonError::into_inner);
        let days = || state.days.values();
        let bytes = |segment: &Arc<Segment>| segment.entry.bytes;
        statistics.day_segment_bytes = days().flat_map(|day| &day.segments).map(bytes).sum();
        statistics.rolled_day_bytes = days().filter_map(|day| day.rolled.as_ref()).map(bytes).sum();
        statistics.month_segment_bytes = state.months.values().map(bytes).sum();
        statistics.feed_bytes = state.feed.files.iter().map(|file| file.bytes).sum();
        statistics.sequence = state.applied;
        statistics.days = state.days.len() as u64;
        statistics.open_days = days().filter(|day| day.arenas().next().is_some()).count() as u64;
        statistics.memory_bytes = state.bytes();
        drop(state);
        let qualities = self.shared.qualities.read().unwrap_or_else(PoisonError::into_inner);
        statistics.qualities = u64::from(qualities.len());
        statistics
    }

    fn all_segments(&self) -> Vec<Arc<Segment>> {
        let state = self.shared.state.read().unwrap_or_else(PoisonError::into_inner);
        let of_days = state.days.values().flat_map(|day| day.segments.iter().chain(&day.rolled));
        of_days.chain(state.months.values()).cloned().collect()
    }

    fn verify_segment(&self, segment: &Segment, verified: &mut Verified) -> Result<(), Error> {
        // What was read before may lie in memory; the file is what counts.
        segment.close();
        let opened = match segment.open() {
            Ok(opened) => opened,
            Err(error) => return verified.note(error),
        };
        verified.segments += 1;
        opened.scan(|channel, extent| {
            let mut lost = Vec::new();
            let whole = for_each_block(channel, (extent, Checksums::ToCheck), &opened.dictionaries, |block| {
                verified.blocks += 1;
                let dictionary = &opened.dictionaries[block.dictionary];
                if decodes(&block, dictionary).is_err() {
                    let date = dictionary.key.day.date().unwrap_or_default();
                    lost.push(segment.channel_lost(channel, date, date));
                }
            });
            if !whole {
                lost.push(segment.channel_lost(channel, segment.entry.from, segment.entry.to));
            }
            lost.into_iter().try_for_each(|damage| verified.note(Error::Damaged(damage)))
        })
    }

    /// Checks the records that lie in files in use.
    fn verify_log(&self, verified: &mut Verified) -> Result<(), Error> {
        let log = lock(&self.shared.log);
        for file in log.files() {
            let Some((first, last)) = file.sequences else { continue };
            let mut bytes = vec![0; usize::try_from(file.len).unwrap_or(usize::MAX)];
            let damage = |from| {
                let lost = Lost::Batches { from, to: last, position: None };
                let name = file.path.file_name().unwrap_or_default();
                Error::Damaged(Damage { file: Path::new("log").join(name), lost })
            };
            match read_exact_at(&*file.file, &mut bytes, 0) {
                Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
                    verified.note(damage(first))?;
                    continue;
                }
                read => read.map_err(Error::io("read", &file.path))?,
            }
            // Records that are sealed already may lie before the first that is needed.
            let mut expected = Header::decode(&bytes).map_or(first, |header| header.sequence.min(first));
            let mut offset = 0;
            while expected <= last {
                let Some(len) = whole_record(bytes.get(offset..).unwrap_or_default(), expected) else {
                    verified.note(damage(expected.max(first)))?;
                    break;
                };
                verified.records += 1;
                expected += 1;
                offset += len;
            }
        }
        Ok(())
    }
}

/// The length of the record at the front, if it is the expected one and its checksums hold.
fn whole_record(bytes: &[u8], sequence: u64) -> Option<usize> {
    let header = Header::decode(bytes).filter(|header| header.sequence == sequence)?;
    let (head, body) = bytes.get(HEADER_LEN..)?.split_at_checked(header.head_len as usize)?;
    let body = body.get(..header.body_len as usize)?;
    let holds = crc32c::crc32c(head) == header.head_checksum && crc32c::crc32c(body) == header.body_checksum;
    holds.then_some(usize::try_from(header.record_len()).ok()?)
}

fn decodes(block: &Block<'_>, dictionary: &Dictionary) -> Result<(), Malformed> {
    match block.kind {
        Kind::Intervals => intervals::whole(block.body, dictionary).map(drop),
        Kind::Registers => registers::decode(block.body, dictionary).map(drop),
        Kind::Finals => finals::decode(block.body, dictionary).map(drop),
    }
}

impl Verified {
    /// Takes a damage down; passes any other error on.
    fn note(&mut self, error: Error) -> Result<(), Error> {
        match error {
            Error::Damaged(damage) => {
                self.damaged.extend((!self.damaged.contains(&damage)).then_some(damage));
                Ok(())
            }
            error => Err(error),
        }
    }
}
