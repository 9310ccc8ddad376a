//! The header of a record, and finding records in a file.

use std::path::Path;

use super::Error;
use crate::disk::{Disk, OpenMode, read_exact_at};

pub(super) const HEADER_LEN: usize = 72;
const MAGIC: &[u8; 8] = b"AMITYRW1";

/// What lies before a compressed message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    /// Bytes of the message.
    pub(super) len: u64,
    /// Bytes of its compressed form.
    pub(super) packed_len: u64,
    /// BLAKE3 of the message.
    pub(super) hash: [u8; 32],
}

impl Header {
    pub(super) fn encode(&self) -> [u8; HEADER_LEN] {
        let mut bytes = [0; HEADER_LEN];
        bytes[..8].copy_from_slice(MAGIC);
        bytes[8..16].copy_from_slice(&self.len.to_le_bytes());
        bytes[16..24].copy_from_slice(&self.packed_len.to_le_bytes());
        bytes[24..56].copy_from_slice(&self.hash);
        let checksum = crc32c::crc32c(&bytes[..HEADER_LEN - 4]);
        bytes[HEADER_LEN - 4..].copy_from_slice(&checksum.to_le_bytes());
        bytes
    }

    pub(super) fn decode(bytes: &[u8; HEADER_LEN]) -> Option<Self> {
        let number = |at: usize| bytes.get(at..at + 8)?.first_chunk().map(|eight| u64::from_le_bytes(*eight));
        let hash = *bytes.get(24..56)?.first_chunk()?;
        let header = Self { len: number(8)?, packed_len: number(16)?, hash };
        (header.encode() == *bytes).then_some(header)
    }
}

/// Bytes looked through at once for the next header.
const WINDOW: usize = 1 << 20;

/// Where the records of a file begin. Behind a broken header the next whole one is looked for.
pub(super) fn offsets(disk: &dyn Disk, path: &Path) -> Result<Vec<u64>, Error> {
    let file = disk.open(path, OpenMode::Read).map_err(Error::io("open", path))?;
    let end = file.len().map_err(Error::io("read", path))?;
    let mut offsets = Vec::new();
    let mut offset = 0;
    let mut window = vec![0; WINDOW];
    while offset + HEADER_LEN as u64 <= end {
        let len = usize::try_from(end - offset).unwrap_or(WINDOW).min(WINDOW);
        read_exact_at(&*file, &mut window[..len], offset).map_err(Error::io("read", path))?;
        let Some(at) = window[..len].windows(MAGIC.len()).position(|bytes| bytes == MAGIC) else {
            // A magic may begin in the last bytes of the window.
            offset += (len - MAGIC.len() + 1) as u64;
            continue;
        };
        offset += at as u64;
        if end < offset + HEADER_LEN as u64 {
            break;
        }
        let mut bytes = [0; HEADER_LEN];
        read_exact_at(&*file, &mut bytes, offset).map_err(Error::io("read", path))?;
        let behind = Header::decode(&bytes).and_then(|header| {
            (offset + HEADER_LEN as u64).checked_add(header.packed_len).filter(|behind| *behind <= end)
        });
        match behind {
            Some(behind) => {
                offsets.push(offset);
                offset = behind;
            }
            None => offset += 1,
        }
    }
    Ok(offsets)
}
