//! Reading a message back.

use std::io::{self, BufReader, Read};
use std::path::Path;

use super::record::{HEADER_LEN, Header};
use super::{Error, RawId};
use crate::disk::{Disk, DiskFile, OpenMode, read_exact_at};

/// A message as a stream. At its end an error of kind `InvalidData` says that it is not what was received.
pub struct RawReader {
    unpacked: zstd::Decoder<'static, BufReader<Packed>>,
    header: Header,
    hasher: blake3::Hasher,
    left: u64,
}

/// The compressed bytes of one record.
struct Packed {
    file: Box<dyn DiskFile>,
    offset: u64,
    end: u64,
}

impl RawReader {
    pub(super) fn open(disk: &dyn Disk, path: &Path, id: RawId) -> Result<Self, Error> {
        let file = match disk.open(path, OpenMode::Read) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(Error::Unknown(id)),
            file => file.map_err(Error::io("open", path))?,
        };
        let mut bytes = [0; HEADER_LEN];
        match read_exact_at(&*file, &mut bytes, id.offset) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Err(Error::Unknown(id)),
            read => read.map_err(Error::io("read", path))?,
        }
        let header = Header::decode(&bytes).ok_or(Error::Damaged(id))?;
        let offset = id.offset + HEADER_LEN as u64;
        let end = offset.checked_add(header.packed_len).ok_or(Error::Damaged(id))?;
        let unpacked = zstd::Decoder::new(Packed { file, offset, end }).map_err(Error::io("unpack", path))?;
        Ok(Self { unpacked, header, hasher: blake3::Hasher::new(), left: header.len })
    }

    /// Bytes of the message.
    pub fn len(&self) -> u64 {
        self.header.len
    }

    /// Whether the message has no bytes.
    pub fn is_empty(&self) -> bool {
        self.header.len == 0
    }

    /// BLAKE3 of the message.
    pub fn hash(&self) -> [u8; 32] {
        self.header.hash
    }
}

impl Read for RawReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        let read = self.unpacked.read(buffer)?;
        let damaged = || io::Error::new(io::ErrorKind::InvalidData, "the raw message is damaged");
        self.left = self.left.checked_sub(read as u64).ok_or_else(damaged)?;
        self.hasher.update(&buffer[..read]);
        if read == 0 && (self.left != 0 || *self.hasher.finalize().as_bytes() != self.header.hash) {
            return Err(damaged());
        }
        Ok(read)
    }
}

impl Read for Packed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let len = usize::try_from(self.end - self.offset).unwrap_or(usize::MAX).min(buffer.len());
        let read = self.file.read_at(&mut buffer[..len], self.offset)?;
        self.offset += read as u64;
        Ok(read)
    }
}
