//! The raw book: every message byte for byte as received, compressed, for audit and replay.
//!
//! Append-only files of records. A record is a header with lengths, content hash and checksum, then the zstd stream.
//! Messages of usual size share a file and are appended whole when they are finished; a long one gets a file of
//! its own, so that memory stays bounded. A start never appends behind an old tail, so a torn one does no harm.

mod record;

use std::fmt;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};

use crate::disk::{Disk, DiskFile, OpenMode, read_exact_at, write_all_at};
use record::{HEADER_BYTES, Header};

/// A shared file is closed when it is at least this long.
const FILE_BYTES: u64 = 256 << 20;
/// A message whose compressed bytes exceed this gets a file of its own.
const SPILL_BYTES: usize = 8 << 20;
const COMPRESSION_LEVEL: i32 = 1;

/// Where a message is kept: `<file>-<offset>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RawId {
    file: u32,
    offset: u64,
}

impl fmt::Display for RawId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.file, self.offset)
    }
}

impl FromStr for RawId {
    type Err = RawError;

    fn from_str(text: &str) -> Result<Self, RawError> {
        let parsed = text
            .split_once('-')
            .and_then(|(file, offset)| Some(Self { file: file.parse().ok()?, offset: offset.parse().ok()? }));
        parsed.ok_or_else(|| RawError::InvalidId(text.into()))
    }
}

/// Why raw bytes could not be kept or given back.
#[derive(Debug, thiserror::Error)]
pub enum RawError {
    /// The disk refused.
    #[error("could not {doing} `{}`", .path.display())]
    Io {
        /// What was tried.
        doing: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// Why it failed.
        #[source]
        source: io::Error,
    },
    /// The stored bytes are not what was written.
    #[error("the raw message {0} is damaged; ask its source for it again")]
    Damaged(RawId),
    /// The text is not the id of a raw message.
    #[error("expected the id of a raw message such as 3-4096, found `{0}`")]
    InvalidId(String),
}

impl RawError {
    fn io(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { doing, path: path.into(), source }
    }

    /// Whether the disk is full, so that the same call may work later.
    pub fn is_temporary(&self) -> bool {
        matches!(self, Self::Io { source, .. } if crate::disk::is_full(source))
    }
}

/// The raw messages of one installation. It is used by any number of threads.
pub struct RawBook {
    disk: Arc<dyn Disk>,
    dir: PathBuf,
    tail: Mutex<Tail>,
}

/// The file that messages are appended to.
struct Tail {
    next_file: u32,
    open: Option<OpenFile>,
}

struct OpenFile {
    number: u32,
    file: Box<dyn DiskFile>,
    len: u64,
}

impl RawBook {
    /// Opens the book in a folder, making it where there is none.
    ///
    /// # Errors
    /// [`RawError::Io`].
    pub fn open(disk: Arc<dyn Disk>, dir: &Path) -> Result<Self, RawError> {
        disk.create_dir(dir).map_err(RawError::io("create", dir))?;
        let names = disk.list(dir).map_err(RawError::io("list", dir))?;
        let numbers = names.iter().filter_map(|name| name.strip_suffix(".raw")?.parse::<u32>().ok());
        let next_file = numbers.max().map_or(1, |last| last.saturating_add(1));
        Ok(Self { disk, dir: dir.into(), tail: Mutex::new(Tail { next_file, open: None }) })
    }

    /// Begins to keep a message. Nothing of it is kept until [`RawWriter::finish`].
    ///
    /// # Errors
    /// [`RawError::Io`].
    pub fn begin(&self) -> Result<RawWriter<'_>, RawError> {
        let stream = zstd::Encoder::new(Vec::new(), COMPRESSION_LEVEL).map_err(RawError::io("write", &self.dir))?;
        Ok(RawWriter { book: self, stream, hasher: blake3::Hasher::new(), raw_len: 0, spilled: None })
    }

    /// Gives a message back as a stream that fails where the kept bytes are not what was written.
    ///
    /// # Errors
    /// [`RawError::Io`] or [`RawError::Damaged`].
    pub fn read(&self, id: RawId) -> Result<RawReader, RawError> {
        let path = self.path(id.file);
        let file = self.disk.open(&path, OpenMode::Read).map_err(RawError::io("open", &path))?;
        let mut bytes = [0; HEADER_BYTES];
        read_exact_at(&*file, &mut bytes, id.offset).map_err(|_| RawError::Damaged(id))?;
        let header = Header::decode(&bytes).ok_or(RawError::Damaged(id))?;
        let stored = Stored { file, at: id.offset + HEADER_BYTES as u64, left: header.stored_len };
        let stream = zstd::Decoder::new(stored).map_err(RawError::io("read", &path))?;
        Ok(RawReader { id, stream, hasher: blake3::Hasher::new(), left: header.raw_len, hash: header.hash })
    }

    fn path(&self, file: u32) -> PathBuf {
        self.dir.join(format!("{file:08}.raw"))
    }

    fn create(&self, tail: &mut Tail) -> Result<OpenFile, RawError> {
        let number = tail.next_file;
        let path = self.path(number);
        let file = self.disk.open(&path, OpenMode::Create).map_err(RawError::io("create", &path))?;
        self.disk.sync_dir(&self.dir).map_err(RawError::io("sync", &self.dir))?;
        tail.next_file += 1;
        Ok(OpenFile { number, file, len: 0 })
    }

    fn tail(&self) -> std::sync::MutexGuard<'_, Tail> {
        self.tail.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Appends a whole record and syncs it. After a failure the file is left alone and a new one is begun.
    fn append(&self, header: Header, stored: &[u8]) -> Result<RawId, RawError> {
        let mut tail = self.tail();
        let mut open = match tail.open.take() {
            Some(open) if open.len < FILE_BYTES => open,
            _ => self.create(&mut tail)?,
        };
        let id = RawId { file: open.number, offset: open.len };
        let written = write_all_at(&*open.file, &header.encode(), open.len)
            .and_then(|()| write_all_at(&*open.file, stored, open.len + HEADER_BYTES as u64))
            .and_then(|()| open.file.sync_data());
        written.map_err(RawError::io("write", &self.path(open.number)))?;
        open.len += HEADER_BYTES as u64 + stored.len() as u64;
        tail.open = Some(open);
        Ok(id)
    }
}

/// A message that is being kept.
pub struct RawWriter<'a> {
    book: &'a RawBook,
    stream: zstd::Encoder<'static, Vec<u8>>,
    hasher: blake3::Hasher,
    raw_len: u64,
    spilled: Option<OpenFile>,
}

impl RawWriter<'_> {
    /// Takes the next bytes of the message.
    ///
    /// # Errors
    /// [`RawError::Io`]; the message cannot be finished then.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), RawError> {
        self.stream.write_all(bytes).map_err(RawError::io("compress into", &self.book.dir))?;
        self.hasher.update(bytes);
        self.raw_len += bytes.len() as u64;
        if SPILL_BYTES < self.stream.get_ref().len() { self.spill() } else { Ok(()) }
    }

    /// Returns where the message is once every byte of it is durable.
    ///
    /// # Errors
    /// [`RawError::Io`]; the message is not kept then.
    pub fn finish(mut self) -> Result<RawId, RawError> {
        let finished = self.stream.do_finish();
        finished.map_err(RawError::io("compress into", &self.book.dir))?;
        let (hash, raw_len) = (*self.hasher.finalize().as_bytes(), self.raw_len);
        if self.spilled.is_some() {
            self.spill()?;
        }
        let Some(own) = &self.spilled else {
            let stored = self.stream.get_ref();
            return self.book.append(Header { raw_len, stored_len: stored.len() as u64, hash }, stored);
        };
        let header = Header { raw_len, stored_len: own.len - HEADER_BYTES as u64, hash };
        let written = write_all_at(&*own.file, &header.encode(), 0).and_then(|()| own.file.sync_data());
        written.map_err(RawError::io("write", &self.book.path(own.number)))?;
        Ok(RawId { file: own.number, offset: 0 })
    }

    /// Moves what is compressed so far to the message's own file, behind the place of its header.
    fn spill(&mut self) -> Result<(), RawError> {
        if self.spilled.is_none() {
            let mut own = self.book.create(&mut self.book.tail())?;
            own.len = HEADER_BYTES as u64;
            self.spilled = Some(own);
        }
        if let Some(own) = &mut self.spilled {
            let bytes = self.stream.get_mut();
            write_all_at(&*own.file, bytes, own.len).map_err(RawError::io("write", &self.book.path(own.number)))?;
            own.len += bytes.len() as u64;
            bytes.clear();
        }
        Ok(())
    }
}

/// A kept message as a stream.
pub struct RawReader {
    id: RawId,
    stream: zstd::Decoder<'static, io::BufReader<Stored>>,
    hasher: blake3::Hasher,
    left: u64,
    hash: [u8; 32],
}

impl Read for RawReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let damaged = || io::Error::new(io::ErrorKind::InvalidData, RawError::Damaged(self.id));
        let count = self.stream.read(buffer).map_err(|_| damaged())?;
        self.hasher.update(&buffer[..count]);
        self.left = self.left.checked_sub(count as u64).ok_or_else(damaged)?;
        let ended = count == 0 && !buffer.is_empty();
        if ended && (self.left != 0 || *self.hasher.finalize().as_bytes() != self.hash) {
            return Err(damaged());
        }
        Ok(count)
    }
}

/// The stored bytes of one record.
struct Stored {
    file: Box<dyn DiskFile>,
    at: u64,
    left: u64,
}

impl Read for Stored {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let wanted = buffer.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
        let count = self.file.read_at(&mut buffer[..wanted], self.at)?;
        self.at += count as u64;
        self.left -= count as u64;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::RealDisk;

    fn keep(book: &RawBook, pieces: &[&[u8]]) -> RawId {
        let mut writer = book.begin().expect("begin");
        pieces.iter().for_each(|piece| writer.write(piece).expect("write"));
        writer.finish().expect("finish")
    }

    fn give(book: &RawBook, id: RawId) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        book.read(id).map_err(io::Error::other)?.read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// Bytes that do not compress, so that the spill is reached.
    fn noise(len: usize) -> Vec<u8> {
        let mut state = 1_u64;
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 56) as u8
        };
        (0..len).map(|_| next()).collect()
    }

    #[test]
    fn messages_come_back_as_received_also_after_a_restart() {
        let folder = tempfile::tempdir().expect("folder");
        let long = noise(3 * SPILL_BYTES);
        let ids = {
            let book = RawBook::open(Arc::new(RealDisk), folder.path()).expect("open");
            let long = keep(&book, &[&long[..SPILL_BYTES], &long[SPILL_BYTES..]]);
            [keep(&book, &[b"100,NEM12\n", b"900\n"]), keep(&book, &[]), long, keep(&book, &[b"last"])]
        };
        let book = RawBook::open(Arc::new(RealDisk), folder.path()).expect("open again");
        let new = keep(&book, &[b"after the restart"]);
        let expected: [&[u8]; 5] = [b"100,NEM12\n900\n", b"", &long, b"last", b"after the restart"];
        for (id, expected) in ids.into_iter().chain([new]).zip(expected) {
            assert_eq!(id.to_string().parse::<RawId>().expect("id"), id);
            assert!(give(&book, id).expect("whole") == expected, "{id}");
        }
    }

    #[test]
    fn damage_is_told_and_never_given_back_as_data() {
        let folder = tempfile::tempdir().expect("folder");
        let book = RawBook::open(Arc::new(RealDisk), folder.path()).expect("open");
        let message = noise(5000);
        let id = keep(&book, &[&message]);
        let path = book.path(id.file);
        let whole = std::fs::read(&path).expect("file");
        for at in (0..whole.len()).step_by(37) {
            let mut damaged = whole.clone();
            damaged[at] ^= 0x10;
            std::fs::write(&path, &damaged).expect("write");
            let given = give(&book, id);
            assert!(given.is_err() || given.is_ok_and(|bytes| bytes == message), "byte {at}");
        }
        std::fs::write(&path, &whole[..whole.len() / 2]).expect("write");
        assert!(give(&book, id).is_err());
    }

    #[test]
    fn ids_are_checked() {
        for text in ["", "3", "a-1", "1-", "-1-2"] {
            assert!(matches!(text.parse::<RawId>(), Err(RawError::InvalidId(_))), "{text}");
        }
    }
}
