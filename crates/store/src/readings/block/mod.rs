//! Blocks: everything known of one channel-day, as sealed.
//!
//! ```text
//! tag         byte     bits 0-1 kind, bit 2 a dictionary other than the first, bits 3-7 format version
//! dictionary  varint   only where bit 2 is set
//! length      varint   of the body
//! checksum    4 bytes  CRC-32C over channel, day, dictionary, kind and body
//! body
//! ```
//!
//! The checksum binds a block to its channel and day: a block that lies in the wrong place is damage too.
//! A written format is read for ever; `tests/it` keeps a file of each version.

pub(super) mod finals;
pub(super) mod intervals;
pub(super) mod registers;

use super::dictionary::{Dictionary, DictionaryKey};
use super::segment::Checksums;
use super::wire::{Input, Malformed, Put};

/// The format that is written.
const VERSION: u8 = 1;
const OTHER_DICTIONARY: u8 = 1 << 2;
const VERSION_SHIFT: u8 = 3;

/// What a block tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Kind {
    Intervals,
    Registers,
    Finals,
}

/// A block whose checksum held.
#[derive(Clone, Copy, Debug)]
pub(super) struct Block<'a> {
    pub(super) kind: Kind,
    /// Which dictionary of the segment it uses.
    pub(super) dictionary: usize,
    pub(super) checksum: u32,
    pub(super) body: &'a [u8],
}

/// Appends a block.
pub(super) fn put(out: &mut Vec<u8>, block: &Block<'_>) {
    let other = if block.dictionary == 0 { 0 } else { OTHER_DICTIONARY };
    out.push(block.kind as u8 | other | VERSION << VERSION_SHIFT);
    if block.dictionary != 0 {
        out.put_varint(block.dictionary as u64);
    }
    out.put_varint(block.body.len() as u64);
    out.extend_from_slice(&block.checksum.to_le_bytes());
    out.extend_from_slice(block.body);
}

/// The checksum of a block, which binds it to its place.
pub(super) fn checksum(channel: u32, kind: Kind, dictionary: DictionaryKey, body: &[u8]) -> u32 {
    let mut place = [0; 17];
    place[..4].copy_from_slice(&channel.to_le_bytes());
    place[4..8].copy_from_slice(&dictionary.day.0.to_le_bytes());
    place[8..16].copy_from_slice(&dictionary.id.to_le_bytes());
    place[16] = kind as u8;
    crc32c::crc32c_append(crc32c::crc32c(&place), body)
}

/// Reads the next block of a channel. [`Malformed`]: this one is broken, and what follows cannot be told apart.
/// `Ok(None)`: this one is broken, the next may not be.
pub(super) fn take<'a>(
    input: &mut Input<'a>,
    channel: u32,
    dictionaries: &[Dictionary],
    checksums: Checksums,
) -> Result<Option<Block<'a>>, Malformed> {
    let tag = input.byte()?;
    let kind = match tag & 3 {
        0 => Kind::Intervals,
        1 => Kind::Registers,
        2 => Kind::Finals,
        _ => return Err(Malformed),
    };
    if tag >> VERSION_SHIFT != VERSION {
        return Err(Malformed);
    }
    let number: usize = if tag & OTHER_DICTIONARY == 0 { 0 } else { input.number()? };
    let len = input.number()?;
    let stored = input.u32()?;
    let body = input.take(len)?;
    let holds = dictionaries.get(number).is_some_and(|dictionary| {
        checksums == Checksums::Hold || checksum(channel, kind, dictionary.key, body) == stored
    });
    Ok(holds.then_some(Block { kind, dictionary: number, checksum: stored, body }))
}
