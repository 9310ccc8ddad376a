//! The older part of the feed, in files: one for each sealing, of compressed frames.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::day::DayNumber;
use super::error::{Damage, Error, Lost};
use super::feed::{BatchChanges, Change, ChangeKind, Cursor, Span, Subject};
use super::wire::{Input, Malformed, Put};
use crate::disk::{self, Disk};

/// Spans of a frame, about.
const FRAME_SPANS: usize = 1 << 15;
/// The most bytes that a frame may have when it is unpacked; a frame of ours stays far below.
const FRAME_BYTES_MAX: usize = 64 << 20;
const COMPRESSION_LEVEL: i32 = 3;
/// Stands for subject and kind of [`Subject::Versions`]; others are two bits of subject below one of kind.
const VERSIONS: u8 = 1 << 3;

/// What the catalog knows of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FeedEntry {
    pub(super) id: u64,
    pub(super) bytes: u64,
    pub(super) frames: Vec<FrameEntry>,
}

/// A frame: its batches, where it lies, and the checksum of its bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FrameEntry {
    pub(super) first: u64,
    pub(super) last: u64,
    offset: u64,
    bytes: u32,
    checksum: u32,
}

impl FeedEntry {
    pub(super) fn path(&self, dir: &Path) -> PathBuf {
        dir.join(self.name())
    }

    pub(super) fn name(&self) -> String {
        format!("{:08}.feed", self.id)
    }

    /// The last sequence in it.
    pub(super) fn last(&self) -> u64 {
        self.frames.last().map_or(0, |frame| frame.last)
    }

    fn damage(&self, frame: &FrameEntry) -> Damage {
        let lost = Lost::Changes { from: frame.first, to: frame.last };
        Damage { file: Path::new("feed").join(self.name()), lost }
    }
}

/// Writes the changes of some batches; `None` where there are none.
pub(super) fn write(
    disk: &dyn Disk,
    dir: &Path,
    id: u64,
    batches: &[BatchChanges],
) -> Result<Option<FeedEntry>, Error> {
    let mut entry = FeedEntry { id, bytes: 0, frames: Vec::new() };
    let mut bytes = Vec::new();
    let mut rest = batches;
    while !rest.is_empty() {
        let mut spans = 0;
        let count = rest.iter().take_while(|batch| {
            let fits = spans < FRAME_SPANS;
            spans += batch.spans.len();
            fits
        });
        let (frame, behind) = rest.split_at(count.count());
        let packed = zstd::bulk::compress(&encode(frame), COMPRESSION_LEVEL).map_err(Error::io("pack", dir))?;
        entry.frames.push(FrameEntry {
            first: frame[0].sequence,
            last: frame[frame.len() - 1].sequence,
            offset: bytes.len() as u64,
            bytes: packed.len() as u32,
            checksum: crc32c::crc32c(&packed),
        });
        bytes.extend_from_slice(&packed);
        rest = behind;
    }
    if entry.frames.is_empty() {
        return Ok(None);
    }
    entry.bytes = bytes.len() as u64;
    let path = entry.path(dir);
    disk::replace(disk, &path, &bytes).map_err(Error::io("write", &path))?;
    Ok(Some(entry))
}

/// Adds the changes of a file after a cursor until `limit` is reached.
pub(super) fn after(
    disk: &dyn Disk,
    dir: &Path,
    entry: &FeedEntry,
    cursor: Cursor,
    limit: usize,
    out: &mut Vec<Change>,
) -> Result<(), Error> {
    let path = entry.path(dir);
    let file = disk.open(&path, disk::OpenMode::Read).map_err(Error::io("open", &path))?;
    for frame in entry.frames.iter().filter(|frame| cursor.sequence <= frame.last) {
        if limit <= out.len() {
            break;
        }
        let mut packed = vec![0; frame.bytes as usize];
        match disk::read_exact_at(&*file, &mut packed, frame.offset) {
            Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
                return Err(Error::Damaged(entry.damage(frame)));
            }
            read => read.map_err(Error::io("read", &path))?,
        }
        let batches = decode(frame, &packed).map_err(|Malformed| Error::Damaged(entry.damage(frame)))?;
        for batch in batches.iter().filter(|batch| cursor.sequence <= batch.sequence) {
            batch.after(cursor, limit, out);
        }
    }
    Ok(())
}

/// The frames of a file that do not hold.
pub(super) fn verify(disk: &dyn Disk, dir: &Path, entry: &FeedEntry) -> Result<Vec<Damage>, Error> {
    let path = entry.path(dir);
    let bytes = match disk::read_all(disk, &path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(Error::io("read", &path)(error)),
    };
    let broken = entry.frames.iter().filter(|frame| {
        let start = frame.offset as usize;
        let packed = bytes.get(start..start + frame.bytes as usize);
        packed.is_none_or(|packed| decode(frame, packed).is_err())
    });
    Ok(broken.map(|frame| entry.damage(frame)).collect())
}

fn encode(batches: &[BatchChanges]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut sequence = 0;
    for batch in batches {
        out.put_varint(batch.sequence - sequence);
        sequence = batch.sequence;
        out.put_varint(batch.spans.len() as u64);
        let mut channel = 0;
        for span in &batch.spans {
            out.push(match span.subject {
                Subject::Versions => VERSIONS,
                subject => subject as u8 | (span.kind as u8) << 2,
            });
            out.put_signed(i64::from(span.channel) - channel);
            channel = i64::from(span.channel);
            out.put_varint(u64::from(span.channels));
            out.put_signed(i64::from(span.day.0));
            out.put_varint(u64::from(span.first));
            out.put_varint(u64::from(span.end));
        }
    }
    out
}

fn decode(frame: &FrameEntry, packed: &[u8]) -> Result<Vec<BatchChanges>, Malformed> {
    if crc32c::crc32c(packed) != frame.checksum {
        return Err(Malformed);
    }
    let bytes = zstd::bulk::decompress(packed, FRAME_BYTES_MAX).map_err(|_| Malformed)?;
    let mut input = Input::new(&bytes);
    let mut batches = Vec::new();
    let mut sequence = 0_u64;
    while !input.is_empty() {
        sequence = sequence.checked_add(input.varint()?).ok_or(Malformed)?;
        let mut spans = Vec::new();
        let mut channel = 0_i64;
        for _ in 0..input.varint()? {
            let tag = input.byte()?;
            let subject = match tag & 3 {
                _ if tag == VERSIONS => Subject::Versions,
                0 => Subject::Intervals,
                1 => Subject::Registers,
                2 => Subject::Final,
                _ => Subject::FinalReads,
            };
            let kind = if tag >> 2 == 0 { ChangeKind::Created } else { ChangeKind::Changed };
            channel = channel.checked_add(input.signed()?).ok_or(Malformed)?;
            spans.push(Span {
                channel: u32::try_from(channel).map_err(|_| Malformed)?,
                channels: input.number()?,
                day: DayNumber(i32::try_from(input.signed()?).map_err(|_| Malformed)?),
                first: input.number()?,
                end: input.number()?,
                subject,
                kind,
            });
        }
        batches.push(BatchChanges { sequence, spans });
    }
    Ok(batches)
}
