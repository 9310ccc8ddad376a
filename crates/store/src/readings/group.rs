//! Groups of extents under one checksum each, so that a scan checks hundreds of blocks at once.
//!
//! In the footer, behind the channels: the number of groups; of each, how many extents it has (varint) and the CRC-32C
//! over them (4 bytes). A segment that was written without them has none, and its blocks are checked one by one.

use super::wire::{Input, Malformed, Put};

/// A group is closed once it has so many bytes.
const GROUP_BYTES: usize = 32 << 10;

/// Extents `[first, end)` of a segment under one checksum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Group {
    pub(super) first: usize,
    pub(super) end: usize,
    pub(super) checksum: u32,
}

/// Makes groups while extents are written.
#[derive(Debug, Default)]
pub(super) struct GroupWriter {
    closed: Vec<(u64, u32)>,
    extents: u64,
    bytes: usize,
    checksum: u32,
}

impl GroupWriter {
    /// Adds the next extent.
    pub(super) fn push(&mut self, extent: &[u8]) {
        self.extents += 1;
        self.bytes += extent.len();
        self.checksum = crc32c::crc32c_append(self.checksum, extent);
        if GROUP_BYTES <= self.bytes {
            self.close();
        }
    }

    fn close(&mut self) {
        self.closed.push((self.extents, self.checksum));
        (self.extents, self.bytes, self.checksum) = (0, 0, 0);
    }

    /// Ends the last group and writes all.
    pub(super) fn finish(mut self, footer: &mut Vec<u8>) {
        if 0 < self.extents {
            self.close();
        }
        footer.put_varint(self.closed.len() as u64);
        for (extents, checksum) in self.closed {
            footer.put_varint(extents);
            footer.extend_from_slice(&checksum.to_le_bytes());
        }
    }
}

/// The groups of a footer over `extents` extents.
pub(super) fn take(input: &mut Input<'_>, extents: usize) -> Result<Vec<Group>, Malformed> {
    let mut groups = Vec::new();
    if input.is_empty() {
        return Ok(groups);
    }
    let mut first = 0_usize;
    for _ in 0..input.varint()? {
        let end = first.checked_add(input.number()?).filter(|end| first < *end && *end <= extents).ok_or(Malformed)?;
        groups.push(Group { first, end, checksum: input.u32()? });
        first = end;
    }
    if first == extents && input.is_empty() { Ok(groups) } else { Err(Malformed) }
}
