//! Writing segments: a sealed arena, several layers of a day as one, the days of a month as one.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use jiff::civil::Date;

use super::arena::Arena;
use super::block::{Block, Kind, checksum, finals, intervals, registers};
use super::day::DayNumber;
use super::dictionary::{DictionaryBuilder, DictionaryKey};
use super::error::Error;
use super::segment::{Checksums, OpenSegment, Segment, SegmentEntry, SegmentWriter, for_each_block};
use crate::disk::Disk;

/// Bytes read at once from each of the segments that are merged.
const PIECE_BYTES: usize = 256 << 10;

/// Where a segment goes.
#[derive(Clone, Copy)]
pub(super) struct Target<'a> {
    pub(super) disk: &'a dyn Disk,
    pub(super) dir: &'a Path,
    pub(super) id: u64,
}

/// Writes what an arena holds as a day segment.
pub(super) fn seal(target: Target<'_>, arena: &Arena) -> Result<SegmentEntry, Error> {
    let date = arena.day.date().unwrap_or(Date::MIN);
    let mut writer = SegmentWriter::create(target.disk, target.dir, target.id, date, date)?;
    let key = DictionaryKey { day: arena.day, id: target.id };
    let mut dictionary = DictionaryBuilder::new(key);
    for channel in arena.channels() {
        let mut bodies: Vec<(Kind, Vec<u8>)> = Vec::new();
        for day in arena.intervals(channel) {
            bodies.push((Kind::Intervals, intervals::encode(&day, &mut dictionary)));
        }
        if let Some(versions) = arena.registers(channel) {
            bodies.push((Kind::Registers, registers::encode(&versions, &mut dictionary)));
        }
        if let Some(versions) = arena.finals(channel) {
            bodies.push((Kind::Finals, finals::encode(versions, &mut dictionary)));
        }
        let blocks = bodies.iter().map(|(kind, body)| {
            let checksum = checksum(channel, *kind, key, body);
            Block { kind: *kind, dictionary: 0, checksum, body }
        });
        writer.push(channel, blocks)?;
    }
    writer.finish(std::iter::once(dictionary.encode().as_slice()))
}

/// Writes one segment with what `sources` tell of the days `[from, to]`; of each channel, day and kind the first
/// source that has it. Damage ends the merge: sources stay as they are, so that nothing stale comes to light.
pub(super) fn merge(target: Target<'_>, from: Date, to: Date, sources: &[Arc<Segment>]) -> Result<SegmentEntry, Error> {
    let opened = sources.iter().map(|source| source.open()).collect::<Result<Vec<_>, _>>()?;
    let (dictionaries, numbers) = united(&opened);
    let mut writer = SegmentWriter::create(target.disk, target.dir, target.id, from, to)?;
    let mut scanners: Vec<_> = opened.iter().map(|source| source.scanner(PIECE_BYTES)).collect();
    while let Some(channel) = scanners.iter().filter_map(|scanner| scanner.channel()).min() {
        let mut taken: Vec<(DayNumber, Kind, usize, usize, u32, Vec<u8>)> = Vec::new();
        for (at, scanner) in scanners.iter_mut().enumerate() {
            if scanner.channel() != Some(channel) {
                continue;
            }
            let source = &opened[at];
            let stored = (scanner.extent()?.0, Checksums::ToCheck);
            let whole = for_each_block(channel, stored, &source.dictionaries, |block| {
                let day = source.dictionaries[block.dictionary].key.day;
                let elsewhere = taken.iter().any(|other| (other.0, other.1) == (day, block.kind) && other.2 != at);
                if !elsewhere {
                    let number = numbers[at][block.dictionary];
                    taken.push((day, block.kind, at, number, block.checksum, block.body.into()));
                }
            });
            if !whole {
                let SegmentEntry { from, to, .. } = sources[at].entry;
                return Err(Error::Damaged(sources[at].channel_lost(channel, from, to)));
            }
            scanner.advance();
        }
        taken.sort_by_key(|block| (block.0, block.1));
        let blocks = taken.iter().map(|(_, kind, _, dictionary, checksum, body)| Block {
            kind: *kind,
            dictionary: *dictionary,
            checksum: *checksum,
            body,
        });
        writer.push(channel, blocks)?;
    }
    writer.finish(dictionaries.into_iter())
}

/// The dictionaries of all sources, each once, and the new number of each source's dictionaries.
fn united(sources: &[Arc<OpenSegment>]) -> (Vec<&[u8]>, Vec<Vec<usize>>) {
    let mut dictionaries = Vec::new();
    let mut known: HashMap<DictionaryKey, usize> = HashMap::new();
    let mut numbers = Vec::new();
    for source in sources {
        let of_source = source.dictionaries.iter().map(|dictionary| {
            *known.entry(dictionary.key).or_insert_with(|| {
                dictionaries.push(dictionary.bytes.as_slice());
                dictionaries.len() - 1
            })
        });
        numbers.push(of_source.collect());
    }
    (dictionaries, numbers)
}
