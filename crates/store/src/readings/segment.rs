//! Segments: immutable files of blocks.
//!
//! ```text
//! magic     8 bytes
//! extents   the blocks of one channel each, by channel
//! footer    dictionaries; channels and the lengths of their extents; groups of extents
//! trailer   32 bytes: where the footer lies, its checksum, magic
//! ```
//!
//! A day segment holds one day of many channels, a month segment a month of them, channel by channel. The layout is
//! the same; blocks are copied from one to the other as they are.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, Weak};

use jiff::civil::Date;
use model::id::ChannelNumber;
use serde::{Deserialize, Serialize};

use super::block::{self, Block, Kind};
use super::commit::lock;
use super::dictionary::Dictionary;
use super::error::{Damage, Error, Lost};
use super::group::{self, Group, GroupWriter};
use super::wire::{Input, Malformed, Put};
use crate::disk::{Disk, DiskFile, OpenMode, read_exact_at, write_all_at};

const MAGIC: &[u8; 8] = b"AMITYSG1";
const TRAILER_LEN: usize = 32;
/// Written and scanned in pieces of about this size.
const PIECE_BYTES: usize = 1 << 20;

/// What the catalog knows of a segment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SegmentEntry {
    /// Unique in the book, never used again.
    pub(super) id: u64,
    /// First and last day.
    pub(super) from: Date,
    pub(super) to: Date,
    /// Length of the file.
    pub(super) bytes: u64,
    /// Checksum of the footer; tells the file from an older one under its name.
    pub(super) checksum: u32,
}

impl SegmentEntry {
    /// The name of the file in the folder of segments.
    pub(super) fn name(&self) -> String {
        segment_name(self.from, self.to, self.id)
    }
}

fn segment_name(from: Date, to: Date, id: u64) -> String {
    if from == to { format!("{from}.{id:08}.day") } else { format!("{}.{id:08}.month", from.strftime("%Y-%m")) }
}

/// Writes a segment, channel by channel in rising order.
pub(super) struct SegmentWriter<'a> {
    disk: &'a dyn Disk,
    path: PathBuf,
    file: Box<dyn DiskFile>,
    waiting: Vec<u8>,
    written: u64,
    channels: Vec<(u32, u64)>,
    groups: GroupWriter,
    entry: SegmentEntry,
}

impl<'a> SegmentWriter<'a> {
    /// Begins a file under a name that is not yet the segment's.
    pub(super) fn create(disk: &'a dyn Disk, dir: &Path, id: u64, from: Date, to: Date) -> Result<Self, Error> {
        let path = dir.join(segment_name(from, to, id));
        let half_done = half_done(&path);
        let file = disk.open(&half_done, OpenMode::Create).map_err(Error::io("create", &half_done))?;
        let entry = SegmentEntry { id, from, to, bytes: 0, checksum: 0 };
        let (waiting, channels, groups) = (MAGIC.to_vec(), Vec::new(), GroupWriter::default());
        Ok(Self { disk, path, file, waiting, written: 0, channels, groups, entry })
    }

    /// Adds the blocks of a channel.
    pub(super) fn push<'b>(&mut self, channel: u32, blocks: impl IntoIterator<Item = Block<'b>>) -> Result<(), Error> {
        let before = self.waiting.len();
        for block in blocks {
            block::put(&mut self.waiting, &block);
        }
        self.channels.push((channel, (self.waiting.len() - before) as u64));
        self.groups.push(&self.waiting[before..]);
        if PIECE_BYTES <= self.waiting.len() { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<(), Error> {
        write_all_at(&*self.file, &self.waiting, self.written).map_err(Error::io("write", &self.path))?;
        self.written += self.waiting.len() as u64;
        self.waiting.clear();
        Ok(())
    }

    /// Ends the file, makes it durable and gives it its name. The folder is not synced yet.
    pub(super) fn finish<'b>(
        mut self,
        dictionaries: impl ExactSizeIterator<Item = &'b [u8]>,
    ) -> Result<SegmentEntry, Error> {
        let mut footer = Vec::new();
        footer.put_varint(dictionaries.len() as u64);
        for dictionary in dictionaries {
            footer.put_bytes(dictionary);
        }
        footer.put_varint(self.channels.len() as u64);
        let mut last = 0;
        for &(channel, len) in &self.channels {
            footer.put_varint(u64::from(channel - last));
            footer.put_varint(len);
            last = channel;
        }
        std::mem::take(&mut self.groups).finish(&mut footer);
        let footer_at = self.written + self.waiting.len() as u64;
        self.entry.checksum = crc32c::crc32c(&footer);
        self.waiting.extend_from_slice(&footer);
        let mut trailer = footer_at.to_le_bytes().to_vec();
        trailer.extend_from_slice(&(footer.len() as u64).to_le_bytes());
        trailer.extend_from_slice(&self.entry.checksum.to_le_bytes());
        trailer.extend_from_slice(&crc32c::crc32c(&trailer).to_le_bytes());
        trailer.extend_from_slice(MAGIC);
        self.waiting.extend_from_slice(&trailer);
        self.flush()?;
        self.entry.bytes = self.written;
        self.file.sync_data().map_err(Error::io("sync", &self.path))?;
        self.disk.rename(&half_done(&self.path), &self.path).map_err(Error::io("rename", &self.path))?;
        Ok(self.entry)
    }
}

fn half_done(path: &Path) -> PathBuf {
    path.with_extension("tmp")
}

/// The folder of segments. Of the opened ones the oldest are closed when there are too many: each takes a file handle
/// and 12 bytes of memory a channel.
pub(super) struct SegmentFolder {
    disk: Arc<dyn Disk>,
    dir: PathBuf,
    opened: Arc<Mutex<VecDeque<Weak<Slot>>>>,
}

/// Where an opened segment is kept until it is closed.
type Slot = Mutex<Option<Arc<OpenSegment>>>;

/// Segments that are open at a time.
const OPENED_MAX: usize = 256;

impl SegmentFolder {
    pub(super) fn new(disk: &Arc<dyn Disk>, dir: &Path) -> Self {
        Self { disk: Arc::clone(disk), dir: dir.into(), opened: Arc::default() }
    }

    /// A segment of the catalog. It is opened when it is first read.
    pub(super) fn segment(&self, entry: &SegmentEntry) -> Arc<Segment> {
        Arc::new(Segment {
            path: self.dir.join(entry.name()),
            entry: entry.clone(),
            disk: Arc::clone(&self.disk),
            slot: Arc::default(),
            opened: Arc::clone(&self.opened),
            retired: AtomicBool::new(false),
        })
    }
}

/// A segment of the catalog.
pub(super) struct Segment {
    pub(super) entry: SegmentEntry,
    disk: Arc<dyn Disk>,
    path: PathBuf,
    slot: Arc<Slot>,
    opened: Arc<Mutex<VecDeque<Weak<Slot>>>>,
    retired: AtomicBool,
}

impl Segment {
    /// The opened file. [`Error::Damaged`] where it is not the one that was written.
    pub(super) fn open(&self) -> Result<Arc<OpenSegment>, Error> {
        let segment = {
            let mut slot = lock(&self.slot);
            if let Some(segment) = &*slot {
                return Ok(Arc::clone(segment));
            }
            let segment = Arc::new(OpenSegment::open(&*self.disk, &self.path, &self.entry)?);
            *slot = Some(Arc::clone(&segment));
            segment
        };
        let mut opened = lock(&self.opened);
        opened.push_back(Arc::downgrade(&self.slot));
        let oldest = if OPENED_MAX < opened.len() { opened.pop_front() } else { None };
        drop(opened);
        if let Some(oldest) = oldest.and_then(|slot| slot.upgrade()) {
            *lock(&oldest) = None;
        }
        Ok(segment)
    }

    /// Forgets the opened file and its index until it is read again.
    pub(super) fn close(&self) {
        *lock(&self.slot) = None;
    }

    /// Removes the file when the last reader is done: no catalog names it any more.
    pub(super) fn retire(&self) {
        self.retired.store(true, Ordering::Release);
    }

    /// Whether a damage is one of this file.
    pub(super) fn is_named_by(&self, damage: &Damage) -> bool {
        damage.file.ends_with(self.entry.name())
    }

    /// Whether a day may be in it.
    pub(super) fn covers(&self, day: Date) -> bool {
        self.entry.from <= day && day <= self.entry.to
    }

    fn damage(&self, lost: Lost) -> Damage {
        Damage { file: Path::new("segments").join(self.entry.name()), lost }
    }

    /// One channel of it is lost.
    pub(super) fn channel_lost(&self, channel: u32, from: Date, to: Date) -> Damage {
        self.damage(Lost::Channel { channel: ChannelNumber(channel), from, to })
    }
}

impl Drop for Segment {
    fn drop(&mut self) {
        if *self.retired.get_mut() {
            // A file that stays is removed when the book is opened next.
            let _ = self.disk.remove(&self.path);
        }
    }
}

/// A segment whose footer was read and holds.
pub(super) struct OpenSegment {
    path: PathBuf,
    file: Box<dyn DiskFile>,
    pub(super) dictionaries: Vec<Dictionary>,
    pub(super) channels: Vec<u32>,
    /// Where each channel's extent begins, and where the last one ends.
    offsets: Vec<u64>,
    groups: Vec<Group>,
}

impl OpenSegment {
    fn open(disk: &dyn Disk, path: &Path, entry: &SegmentEntry) -> Result<Self, Error> {
        let damaged = || {
            let file = Path::new("segments").join(entry.name());
            Error::Damaged(Damage { file, lost: Lost::Days { from: entry.from, to: entry.to } })
        };
        let file = match disk.open(path, OpenMode::Read) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Err(damaged()),
            Err(error) => return Err(Error::io("open", path)(error)),
        };
        if file.len().map_err(Error::io("read", path))? != entry.bytes || entry.bytes < TRAILER_LEN as u64 {
            return Err(damaged());
        }
        let mut trailer = [0; TRAILER_LEN];
        let trailer_at = entry.bytes - TRAILER_LEN as u64;
        read_exact_at(&*file, &mut trailer, trailer_at).map_err(Error::io("read", path))?;
        let (footer_at, footer_len) = footer_place(&trailer, trailer_at, entry).ok_or_else(damaged)?;
        let mut footer = vec![0; footer_len];
        read_exact_at(&*file, &mut footer, footer_at).map_err(Error::io("read", path))?;
        if crc32c::crc32c(&footer) != entry.checksum {
            return Err(damaged());
        }
        let (dictionaries, channels, offsets, groups) =
            parse_footer(&footer, footer_at).map_err(|Malformed| damaged())?;
        Ok(Self { path: path.into(), file, dictionaries, channels, offsets, groups })
    }

    /// The blocks of a channel; `None` where it has none.
    pub(super) fn extent(&self, channel: u32) -> Result<Option<Extent>, Error> {
        let Ok(at) = self.channels.binary_search(&channel) else { return Ok(None) };
        let (start, end) = (self.offsets[at], self.offsets[at + 1]);
        let mut bytes = vec![0; (end - start) as usize];
        read_exact_at(&*self.file, &mut bytes, start).map_err(Error::io("read", &self.path))?;
        Ok(Some(Extent::parse(channel, &bytes, &self.dictionaries)))
    }

    /// Hands every extent to `visit`, in the order of channels, reading the file once from front to end.
    pub(super) fn scan(&self, mut visit: impl FnMut(u32, &[u8]) -> Result<(), Error>) -> Result<(), Error> {
        let mut scan = self.scanner(PIECE_BYTES);
        while let Some(channel) = scan.channel() {
            visit(channel, scan.extent()?.0)?;
            scan.advance();
        }
        Ok(())
    }

    /// Reads extents one after the other, `piece` bytes at a time.
    pub(super) fn scanner(&self, piece: usize) -> Scanner<'_> {
        Scanner { segment: self, at: 0, piece, buffer: Vec::new(), buffer_at: 0, checksums: Checksums::ToCheck }
    }
}

fn footer_place(trailer: &[u8; TRAILER_LEN], trailer_at: u64, entry: &SegmentEntry) -> Option<(u64, usize)> {
    let mut input = Input::new(trailer);
    let footer_at = input.u64().ok()?;
    let footer_len = input.u64().ok()?;
    let holds = input.u32() == Ok(entry.checksum)
        && input.u32() == Ok(crc32c::crc32c(&trailer[..20]))
        && input.rest() == MAGIC
        && footer_at.checked_add(footer_len) == Some(trailer_at);
    holds.then_some((footer_at, usize::try_from(footer_len).ok()?))
}

type Footer = (Vec<Dictionary>, Vec<u32>, Vec<u64>, Vec<Group>);

fn parse_footer(footer: &[u8], footer_at: u64) -> Result<Footer, Malformed> {
    let mut input = Input::new(footer);
    let mut dictionaries = Vec::new();
    for _ in 0..input.varint()? {
        dictionaries.push(Dictionary::decode(input.bytes()?)?);
    }
    let (mut channels, mut offsets) = (Vec::new(), vec![MAGIC.len() as u64]);
    let (mut channel, mut offset) = (0_u32, MAGIC.len() as u64);
    for _ in 0..input.varint()? {
        channel = channel.checked_add(input.number()?).ok_or(Malformed)?;
        offset = offset.checked_add(input.varint()?).ok_or(Malformed)?;
        channels.push(channel);
        offsets.push(offset);
    }
    let groups = group::take(&mut input, channels.len())?;
    if offset == footer_at { Ok((dictionaries, channels, offsets, groups)) } else { Err(Malformed) }
}

/// Reads a segment from front to end.
pub(super) struct Scanner<'a> {
    segment: &'a OpenSegment,
    at: usize,
    piece: usize,
    buffer: Vec<u8>,
    buffer_at: u64,
    checksums: Checksums,
}

/// What is known of bytes that were read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Checksums {
    /// The checksum of each block has to be held against it.
    ToCheck,
    /// That of the whole group held.
    Hold,
}

impl Scanner<'_> {
    /// The channel whose extent is next; `None` at the end.
    pub(super) fn channel(&self) -> Option<u32> {
        self.segment.channels.get(self.at).copied()
    }

    /// The extent of that channel.
    pub(super) fn extent(&mut self) -> Result<(&[u8], Checksums), Error> {
        let (start, end) = (self.segment.offsets[self.at], self.segment.offsets[self.at + 1]);
        if start < self.buffer_at || self.buffer_at + (self.buffer.len() as u64) < end {
            self.fill()?;
        }
        let bytes = &self.buffer[(start - self.buffer_at) as usize..(end - self.buffer_at) as usize];
        Ok((bytes, self.checksums))
    }

    /// Reads the next piece: whole groups, or at least one extent where there are none.
    fn fill(&mut self) -> Result<(), Error> {
        let OpenSegment { path, file, offsets, groups, .. } = self.segment;
        let groups = &groups[groups.partition_point(|group| group.end <= self.at)..];
        let start = groups.first().map_or(offsets[self.at], |group| offsets[group.first]);
        let piece_end = start + self.piece as u64;
        let count = groups.iter().take_while(|group| offsets[group.end] <= piece_end).count().max(1);
        let groups = &groups[..count.min(groups.len())];
        let last = offsets[offsets.len() - 1];
        let stop = groups.last().map_or(last.min(piece_end.max(offsets[self.at + 1])), |group| offsets[group.end]);
        self.buffer.resize((stop - start) as usize, 0);
        self.buffer_at = start;
        read_exact_at(&**file, &mut self.buffer, start).map_err(Error::io("read", path))?;
        let place = |extent: usize| (offsets[extent] - start) as usize;
        let holds =
            |group: &Group| crc32c::crc32c(&self.buffer[place(group.first)..place(group.end)]) == group.checksum;
        let hold = !groups.is_empty() && groups.iter().all(holds);
        self.checksums = if hold { Checksums::Hold } else { Checksums::ToCheck };
        Ok(())
    }

    /// Goes on to the next extent.
    pub(super) fn advance(&mut self) {
        self.at += 1;
    }
}

/// The blocks of one channel, checked.
#[derive(Debug, Default)]
pub(super) struct Extent {
    blocks: Vec<(Kind, usize, u32, Vec<u8>)>,
    /// Something in it does not hold: what is not found may have been there.
    pub(super) is_broken: bool,
}

impl Extent {
    fn parse(channel: u32, bytes: &[u8], dictionaries: &[Dictionary]) -> Self {
        let mut extent = Self::default();
        extent.is_broken = !for_each_block(channel, (bytes, Checksums::ToCheck), dictionaries, |block| {
            extent.blocks.push((block.kind, block.dictionary, block.checksum, block.body.into()));
        });
        extent
    }

    pub(super) fn blocks(&self) -> impl Iterator<Item = Block<'_>> {
        self.blocks.iter().map(|(kind, dictionary, checksum, body)| Block {
            kind: *kind,
            dictionary: *dictionary,
            checksum: *checksum,
            body,
        })
    }
}

/// Hands every whole block of an extent to `visit`; `false` where something in it does not hold.
pub(super) fn for_each_block<'a>(
    channel: u32,
    (bytes, checksums): (&'a [u8], Checksums),
    dictionaries: &[Dictionary],
    mut visit: impl FnMut(Block<'a>),
) -> bool {
    let mut input = Input::new(bytes);
    let mut whole = true;
    while !input.is_empty() {
        match block::take(&mut input, channel, dictionaries, checksums) {
            Ok(Some(block)) => visit(block),
            Ok(None) => whole = false,
            Err(Malformed) => return false,
        }
    }
    whole
}
