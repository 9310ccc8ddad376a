//! The raw book: every message byte for byte as received, compressed.
//!
//! Files are only appended to, and each opening of the book begins a new one, so that nothing that was ever
//! acknowledged is written over. A message that stays small lies with others in a file; a large one gets a file of
//! its own while it streams in.
//!
//! ```text
//! record   header 72 bytes: magic, flags, lengths, BLAKE3 of the message, CRC-32C of the header
//!          the message, one zstd frame
//! ```

mod reader;
mod record;

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use smol_str::SmolStr;

use crate::disk::{Disk, DiskFile, OpenMode, is_full, write_all_at};

pub use reader::RawReader;
use record::{HEADER_LEN, Header};

const COMPRESSION_LEVEL: i32 = 3;
/// A message whose compressed form grows beyond this gets a file of its own.
const SMALL_BYTES: usize = 4 << 20;
/// A shared file that is this large gets no more messages.
const FILE_BYTES: u64 = 256 << 20;

/// Where a message lies. It never changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RawId {
    file: u32,
    offset: u64,
}

impl std::fmt::Display for RawId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{}", self.file, self.offset)
    }
}

/// The text is not the id of a raw message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected the id of a raw message such as 12-4096, found `{0}`")]
pub struct InvalidRawId(pub SmolStr);

impl FromStr for RawId {
    type Err = InvalidRawId;

    fn from_str(text: &str) -> Result<Self, InvalidRawId> {
        let parsed = text.split_once('-').and_then(|(file, offset)| Some((file.parse().ok()?, offset.parse().ok()?)));
        parsed.map(|(file, offset)| Self { file, offset }).ok_or_else(|| InvalidRawId(text.into()))
    }
}

/// Why a message could not be kept or read.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// The disk is full: the message was not kept. It can be sent again when there is space.
    #[error("the disk is full, the message was not kept")]
    OutOfSpace(#[source] Arc<io::Error>),
    /// A write or sync failed before; messages can still be read.
    #[error("raw messages are only read since {0}; check the disk and restart")]
    ReadOnly(Arc<str>),
    /// There is no message with this id.
    #[error("there is no raw message {0}")]
    Unknown(RawId),
    /// The stored bytes are not those of the message.
    #[error("raw message {0} is damaged; fetch it from its source again")]
    Damaged(RawId),
    /// A file could not be read, written or named.
    #[error("could not {doing} `{}`", .path.display())]
    Io {
        /// What was tried.
        doing: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// Why it failed.
        #[source]
        source: Arc<io::Error>,
    },
}

impl Error {
    fn io(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |error| {
            if is_full(&error) {
                return Self::OutOfSpace(Arc::new(error));
            }
            Self::Io { doing, path: path.into(), source: Arc::new(error) }
        }
    }
}

/// The raw book. It is used by any number of threads.
pub struct RawBook {
    disk: Arc<dyn Disk>,
    dir: PathBuf,
    end: Mutex<End>,
    /// Held by the one who syncs; with the file and offset that are synced.
    synced: Mutex<(u32, u64)>,
}

/// Where the next message goes.
struct End {
    /// The number of the next new file.
    next_file: u32,
    /// The shared file and its length.
    shared: Option<(u32, Arc<dyn DiskFile>, u64)>,
    read_only: Option<Arc<str>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What our locks protect is whole at every point where a thread can panic.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl RawBook {
    /// Opens a book, making the folder where there is none. A message that was not acknowledged is not there.
    pub fn open(disk: Arc<dyn Disk>, dir: &Path) -> Result<Self, Error> {
        disk.create_dir(dir).map_err(Error::io("create", dir))?;
        let names = disk.list(dir).map_err(Error::io("list", dir))?;
        let numbers = names.iter().filter_map(|name| name.strip_suffix(".raw")?.parse::<u32>().ok());
        let next_file = numbers.max().map_or(1, |last| last + 1);
        let end = Mutex::new(End { next_file, shared: None, read_only: None });
        Ok(Self { disk, dir: dir.into(), end, synced: Mutex::new((0, 0)) })
    }

    /// Begins a message.
    pub fn begin(&self) -> Result<RawWriter<'_>, Error> {
        let compressor = zstd::Encoder::new(Vec::new(), COMPRESSION_LEVEL)
            .map_err(Error::io("compress a message for", &self.dir))?;
        Ok(RawWriter { book: self, compressor, hasher: blake3::Hasher::new(), len: 0, own_file: None })
    }

    /// Keeps a message that is all there.
    pub fn keep(&self, message: &[u8]) -> Result<RawId, Error> {
        let mut writer = self.begin()?;
        writer.write(message)?;
        writer.finish()
    }

    /// Reads a message. Its bytes are checked against its hash when the end is reached.
    pub fn read(&self, id: RawId) -> Result<RawReader, Error> {
        RawReader::open(&*self.disk, &self.path(id.file), id)
    }

    /// A message that fits memory, checked.
    pub fn read_all(&self, id: RawId) -> Result<Vec<u8>, Error> {
        let mut message = Vec::new();
        let read = io::Read::read_to_end(&mut self.read(id)?, &mut message);
        // The decompressor and the hash have the same thing to say.
        read.map_err(|_| Error::Damaged(id))?;
        Ok(message)
    }

    /// Every message that can be found, by file and place.
    pub fn ids(&self) -> Result<Vec<RawId>, Error> {
        let mut ids = Vec::new();
        for name in self.disk.list(&self.dir).map_err(Error::io("list", &self.dir))? {
            if let Some(file) = name.strip_suffix(".raw").and_then(|number| number.parse().ok()) {
                let offsets = record::offsets(&*self.disk, &self.path(file))?;
                ids.extend(offsets.into_iter().map(|offset| RawId { file, offset }));
            }
        }
        Ok(ids)
    }

    /// Bytes on the disk.
    pub fn bytes(&self) -> Result<u64, Error> {
        let mut bytes = 0;
        for name in self.disk.list(&self.dir).map_err(Error::io("list", &self.dir))? {
            let path = self.dir.join(name);
            let file = self.disk.open(&path, OpenMode::Read).map_err(Error::io("open", &path))?;
            bytes += file.len().map_err(Error::io("read", &path))?;
        }
        Ok(bytes)
    }

    fn path(&self, file: u32) -> PathBuf {
        self.dir.join(format!("{file:08}.raw"))
    }

    /// A new file whose name is durable.
    fn new_file(&self, end: &mut End) -> Result<(u32, Arc<dyn DiskFile>), Error> {
        let number = end.next_file;
        let path = self.path(number);
        let file = self.disk.open(&path, OpenMode::Create).map_err(Error::io("create", &path))?;
        end.next_file += 1;
        self.disk.sync_dir(&self.dir).map_err(Error::io("sync", &self.dir))?;
        Ok((number, file.into()))
    }

    /// Writes a small message behind the others, without syncing it. Tells file, place and end.
    fn append(&self, record: &[u8]) -> Result<(RawId, Arc<dyn DiskFile>, u64), Error> {
        let mut end = lock(&self.end);
        if let Some(reason) = &end.read_only {
            return Err(Error::ReadOnly(Arc::clone(reason)));
        }
        if end.shared.as_ref().is_none_or(|(.., len)| FILE_BYTES <= *len) {
            let (number, file) = self.new_file(&mut end)?;
            end.shared = Some((number, file, 0));
        }
        let (number, file, len) = end.shared.as_mut().expect("a file was made above");
        let id = RawId { file: *number, offset: *len };
        // What a failed write left is written over by the next message, or is no record.
        write_all_at(&**file, record, *len).map_err(Error::io("write", &self.path(id.file)))?;
        *len += record.len() as u64;
        Ok((id, Arc::clone(file), *len))
    }

    /// Makes everything before `len` in a file durable; one sync serves all who wait.
    fn sync(&self, id: RawId, file: &dyn DiskFile, len: u64) -> Result<(), Error> {
        let mut synced = lock(&self.synced);
        if (id.file, len) <= *synced {
            return Ok(());
        }
        let through = {
            let end = lock(&self.end);
            if let Some(reason) = &end.read_only {
                return Err(Error::ReadOnly(Arc::clone(reason)));
            }
            end.shared.as_ref().filter(|(number, ..)| *number == id.file).map_or(len, |(.., len)| *len)
        };
        if let Err(error) = file.sync_data() {
            // After a failed sync nothing is known of the file; it is never tried again.
            let reason: Arc<str> = format!("syncing `{}` failed: {error}", self.path(id.file).display()).into();
            lock(&self.end).read_only = Some(Arc::clone(&reason));
            return Err(Error::ReadOnly(reason));
        }
        *synced = (id.file, through).max(*synced);
        Ok(())
    }
}

/// A message on its way in. Dropped before [`RawWriter::finish`], it was never there; after [`RawWriter::discard`] it takes
/// no space either.
pub struct RawWriter<'a> {
    book: &'a RawBook,
    compressor: zstd::Encoder<'static, Vec<u8>>,
    hasher: blake3::Hasher,
    len: u64,
    /// The file of a large message, and how long its compressed form is so far.
    own_file: Option<(u32, Arc<dyn DiskFile>, u64)>,
}

impl RawWriter<'_> {
    /// Adds bytes.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.hasher.update(bytes);
        self.len += bytes.len() as u64;
        self.compressor.write_all(bytes).map_err(Error::io("compress a message for", &self.book.dir))?;
        if SMALL_BYTES < self.compressor.get_ref().len() { self.spill() } else { Ok(()) }
    }

    /// Ends the message; when this returns it is durable.
    pub fn finish(mut self) -> Result<RawId, Error> {
        let spills = self.own_file.is_some();
        let Self { book, hasher, len, .. } = &self;
        let (book, len, hash) = (*book, *len, *hasher.finalize().as_bytes());
        self.compressor.do_finish().map_err(Error::io("compress a message for", &book.dir))?;
        if spills {
            self.spill()?;
        }
        let packed = std::mem::take(self.compressor.get_mut());
        if let Some((number, file, packed_len)) = self.own_file {
            let id = RawId { file: number, offset: 0 };
            let header = Header { len, packed_len, hash }.encode();
            write_all_at(&*file, &header, 0).map_err(Error::io("write", &book.path(number)))?;
            book.sync(id, &*file, HEADER_LEN as u64 + packed_len)?;
            return Ok(id);
        }
        let mut record = Header { len, packed_len: packed.len() as u64, hash }.encode().to_vec();
        record.extend_from_slice(&packed);
        let (id, file, end) = book.append(&record)?;
        book.sync(id, &*file, end)?;
        Ok(id)
    }

    /// Gives the message up.
    pub fn discard(self) -> Result<(), Error> {
        let Some((number, ..)) = self.own_file else { return Ok(()) };
        let path = self.book.path(number);
        self.book.disk.remove(&path).map_err(Error::io("remove", &path))
    }

    /// Moves what is compressed into the message's own file.
    fn spill(&mut self) -> Result<(), Error> {
        let book = self.book;
        if self.own_file.is_none() {
            let (number, file) = book.new_file(&mut lock(&book.end))?;
            self.own_file = Some((number, file, 0));
        }
        let (number, file, written) = self.own_file.as_mut().expect("a file was made above");
        let packed = self.compressor.get_mut();
        write_all_at(&**file, packed, HEADER_LEN as u64 + *written).map_err(Error::io("write", &book.path(*number)))?;
        *written += packed.len() as u64;
        packed.clear();
        Ok(())
    }
}
