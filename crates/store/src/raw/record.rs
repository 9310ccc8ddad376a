//! The header of a raw record, 60 bytes, little endian.
//!
//! ```text
//! 0  magic "AMRW"    4  version u32    8  raw length u64    16 stored length u64
//! 24 blake3 of the raw bytes, 32 bytes                 56 crc32c of bytes 0..56
//! ```

/// Length of a header.
pub(super) const HEADER_BYTES: usize = 60;
const MAGIC: [u8; 4] = *b"AMRW";
const VERSION: u32 = 1;

/// What is said of a record before its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    /// Length of the message.
    pub(super) raw_len: u64,
    /// Length of the compressed stream.
    pub(super) stored_len: u64,
    /// blake3 of the message.
    pub(super) hash: [u8; 32],
}

impl Header {
    pub(super) fn encode(&self) -> [u8; HEADER_BYTES] {
        let mut bytes = [0; HEADER_BYTES];
        bytes[..4].copy_from_slice(&MAGIC);
        bytes[4..8].copy_from_slice(&VERSION.to_le_bytes());
        bytes[8..16].copy_from_slice(&self.raw_len.to_le_bytes());
        bytes[16..24].copy_from_slice(&self.stored_len.to_le_bytes());
        bytes[24..56].copy_from_slice(&self.hash);
        let checksum = crc32c::crc32c(&bytes[..56]);
        bytes[56..].copy_from_slice(&checksum.to_le_bytes());
        bytes
    }

    /// `None` where the bytes are not a header of this version.
    pub(super) fn decode(bytes: &[u8; HEADER_BYTES]) -> Option<Self> {
        let u32_at = |at: usize| bytes.get(at..at + 4).and_then(|part| part.try_into().ok()).map(u32::from_le_bytes);
        let u64_at = |at: usize| bytes.get(at..at + 8).and_then(|part| part.try_into().ok()).map(u64::from_le_bytes);
        let whole =
            bytes[..4] == MAGIC && u32_at(4) == Some(VERSION) && u32_at(56) == Some(crc32c::crc32c(&bytes[..56]));
        let header = Self { raw_len: u64_at(8)?, stored_len: u64_at(16)?, hash: bytes.get(24..56)?.try_into().ok()? };
        whole.then_some(header)
    }
}
