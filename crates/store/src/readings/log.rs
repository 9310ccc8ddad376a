//! The log: pre-allocated files, written in groups, synced once a group, recycled when everything in them is
//! sealed.
//!
//! A file has no header of its own: each record says its sequence and epoch, so that the stale bytes behind the
//! last record of a recycled file are never taken for records. Beside the files lies the *mark*, two small slots
//! that say which sequence was synced. It is written without a sync: where it survives it proves that missing
//! records were acknowledged ones; where it does not, the records prove it of each other.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::error::Error;
use super::record::ALIGNMENT;
use crate::disk::{Disk, DiskFile, OpenMode, is_full, read_exact_at, write_all_at};

/// The log as the committing thread sees it.
pub(super) struct Log {
    disk: Arc<dyn Disk>,
    dir: PathBuf,
    file_bytes: u64,
    files: Vec<LogFile>,
    current: Option<usize>,
    offset: u64,
    mark: MarkFile,
}

/// One pre-allocated file.
pub(super) struct LogFile {
    pub(super) number: u32,
    pub(super) path: PathBuf,
    pub(super) file: Box<dyn DiskFile>,
    pub(super) len: u64,
    /// Sequences of the records in it; `None` where nothing in it is needed.
    pub(super) sequences: Option<(u64, u64)>,
}

/// Where the last record ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tail {
    pub(super) file: usize,
    pub(super) offset: u64,
}

impl Log {
    /// A log whose files were looked through by `replay`.
    pub(super) fn new(
        disk: Arc<dyn Disk>,
        dir: &Path,
        file_bytes: u64,
        files: Vec<LogFile>,
        tail: Option<Tail>,
        mark: MarkFile,
    ) -> Self {
        let (current, offset) = tail.map_or((None, 0), |tail| (Some(tail.file), tail.offset));
        Self { disk, dir: dir.into(), file_bytes, files, current, offset, mark }
    }

    /// How many more bytes go into the current file.
    pub(super) fn room(&self) -> u64 {
        self.current.map_or(0, |current| self.files[current].len.saturating_sub(self.offset))
    }

    /// Bytes of all files, of those in use, and how many files there are.
    pub(super) fn size(&self) -> (u64, u64) {
        let used = self.files.iter().filter(|file| file.sequences.is_some());
        (self.files.iter().map(|file| file.len).sum(), used.map(|file| file.len).sum())
    }

    /// Goes on in an unused file, a new one where there is none. A full disk is noticed here, before anything of
    /// a group is written.
    pub(super) fn rotate(&mut self) -> Result<(), Error> {
        let unused = |(at, file): (usize, &LogFile)| {
            (file.sequences.is_none() && file.len >= self.file_bytes && Some(at) != self.current).then_some(at)
        };
        let next = match self.files.iter().enumerate().find_map(unused) {
            Some(next) => next,
            None => self.create()?,
        };
        self.current = Some(next);
        self.offset = 0;
        Ok(())
    }

    fn create(&mut self) -> Result<usize, Error> {
        let number = self.files.iter().map(|file| file.number + 1).max().unwrap_or(0);
        let path = self.dir.join(format!("{number:06}.log"));
        let half_done = path.with_extension("tmp");
        let created = || {
            let file = self.disk.open(&half_done, OpenMode::Create)?;
            file.preallocate(self.file_bytes)?;
            file.sync_data()?;
            self.disk.rename(&half_done, &path)?;
            self.disk.sync_dir(&self.dir)?;
            Ok(file)
        };
        let file = created().map_err(|error| {
            // What was reserved goes back; a failing removal adds nothing to the first error.
            let _ = self.disk.remove(&half_done);
            Error::io("reserve space for the log in", &path)(error)
        })?;
        self.files.push(LogFile { number, path, file, len: self.file_bytes, sequences: None });
        Ok(self.files.len() - 1)
    }

    /// Writes and syncs records that fit the current file. After an error other than a full disk nothing is known
    /// of the file.
    pub(super) fn append(&mut self, records: &[u8], first: u64, last: u64) -> Result<(), Error> {
        debug_assert!(records.len().is_multiple_of(ALIGNMENT) && records.len() as u64 <= self.room());
        let current = self.current.expect("the caller made room, which takes a file");
        let file = &mut self.files[current];
        write_all_at(&*file.file, records, self.offset).map_err(|error| {
            if is_full(&error) {
                return Error::OutOfSpace(Arc::new(error));
            }
            Error::Io { doing: "write", path: file.path.clone(), source: Arc::new(error) }
        })?;
        file.file.sync_data().map_err(|error| Error::Io {
            doing: "sync",
            path: file.path.clone(),
            source: Arc::new(error),
        })?;
        file.sequences = Some((file.sequences.map_or(first, |(first, _)| first), last));
        self.offset += records.len() as u64;
        self.mark.set(last)
    }

    /// Gives up every record before a sequence: files with no others can be used again.
    pub(super) fn release(&mut self, before: u64) {
        for (at, file) in self.files.iter_mut().enumerate() {
            let done = file.sequences.is_some_and(|(_, last)| last < before);
            if done && Some(at) != self.current {
                file.sequences = None;
            }
        }
    }

    /// Removes unused files down to a number of them, to give a full disk its space back.
    pub(super) fn shrink(&mut self, unused_max: usize) -> Result<(), Error> {
        let mut unused = 0;
        let current = self.current.map(|current| self.files[current].number);
        let mut kept = Vec::new();
        for file in std::mem::take(&mut self.files) {
            let in_use = file.sequences.is_some() || Some(file.number) == current;
            unused += usize::from(!in_use);
            if in_use || unused <= unused_max || self.disk.remove(&file.path).is_err() {
                kept.push(file);
            }
        }
        self.current = current.and_then(|number| kept.iter().position(|file| file.number == number));
        self.files = kept;
        self.disk.sync_dir(&self.dir).map_err(Error::io("sync", &self.dir))
    }

    /// Notes in the mark which catalog holds.
    pub(super) fn note_catalog(&mut self, generation: u64) -> Result<(), Error> {
        self.mark.state.catalog = generation;
        self.mark.set(self.mark.state.durable)
    }

    /// Makes the mark durable; after this, damage of the last record is told from a torn one.
    pub(super) fn close(&mut self) -> Result<(), Error> {
        self.mark.file.sync_data().map_err(Error::io("sync", &self.mark.path))
    }

    /// Files and the sequences in them, for checks.
    pub(super) fn files(&self) -> &[LogFile] {
        &self.files
    }
}

/// What the mark says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Mark {
    /// Counts up; the slot with the higher number holds.
    count: u64,
    /// The last synced sequence.
    pub(super) durable: u64,
    /// The catalog's generation.
    pub(super) catalog: u64,
}

/// The two slots of the mark.
pub(super) struct MarkFile {
    path: PathBuf,
    file: Box<dyn DiskFile>,
    pub(super) state: Mark,
}

/// Slots lie in different sectors, so that one write never tears both.
const MARK_SLOTS: [u64; 2] = [0, 4096];
const MARK_LEN: usize = 32;

impl MarkFile {
    /// Opens the mark, a new one where there is none, and tells whether a slot is unreadable.
    pub(super) fn open(disk: &dyn Disk, dir: &Path) -> Result<(Self, bool), Error> {
        let path = dir.join("mark");
        if !disk.list(dir).map_err(Error::io("list", dir))?.iter().any(|name| name == "mark") {
            let slot = Mark::default().encode();
            let slots = [slot.as_slice(), &[0; 4096 - MARK_LEN], &slot].concat();
            crate::disk::replace(disk, &path, &slots).map_err(Error::io("create", &path))?;
        }
        let file = disk.open(&path, OpenMode::Write).map_err(Error::io("open", &path))?;
        let mut slots = [None; 2];
        for (slot, offset) in slots.iter_mut().zip(MARK_SLOTS) {
            let mut bytes = [0; MARK_LEN];
            match read_exact_at(&*file, &mut bytes, offset) {
                Ok(()) => *slot = Mark::decode(&bytes),
                Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {}
                Err(error) => return Err(Error::io("read", &path)(error)),
            }
        }
        let state = slots.iter().flatten().max_by_key(|mark| mark.count).copied().unwrap_or_default();
        Ok((Self { path, file, state }, slots.contains(&None)))
    }

    fn set(&mut self, durable: u64) -> Result<(), Error> {
        self.state.durable = durable;
        self.state.count += 1;
        let slot = MARK_SLOTS[(self.state.count % 2) as usize];
        write_all_at(&*self.file, &self.state.encode(), slot).map_err(|error| Error::Io {
            doing: "write",
            path: self.path.clone(),
            source: Arc::new(error),
        })
    }
}

impl Mark {
    fn encode(self) -> [u8; MARK_LEN] {
        let mut bytes = [0; MARK_LEN];
        bytes[..8].copy_from_slice(&self.count.to_le_bytes());
        bytes[8..16].copy_from_slice(&self.durable.to_le_bytes());
        bytes[16..24].copy_from_slice(&self.catalog.to_le_bytes());
        let checksum = crc32c::crc32c(&bytes[..MARK_LEN - 4]);
        bytes[MARK_LEN - 4..].copy_from_slice(&checksum.to_le_bytes());
        bytes
    }

    fn decode(bytes: &[u8; MARK_LEN]) -> Option<Self> {
        let mut input = super::wire::Input::new(bytes);
        let mark = Self { count: input.u64().ok()?, durable: input.u64().ok()?, catalog: input.u64().ok()? };
        (mark.encode() == *bytes).then_some(mark)
    }
}
