//! The seam between the books and the disk.
//!
//! Everything a book does to files goes through [`Disk`], so that a test can put a disk there that
//! loses unsynced writes, fills up or fails the Nth call. What the books rely on is what POSIX gives:
//! written bytes are safe after [`DiskFile::sync_data`], names after [`Disk::sync_dir`].
//!
//! - [`RealDisk`]: the file system.
//! - [`SimulatedDisk`]: a disk in memory for fault tests.

mod real;
mod simulated;

use std::any::Any;
use std::io;
use std::path::Path;

pub use real::RealDisk;
pub use simulated::{Fault, SimulatedDisk};

/// How [`Disk::open`] opens a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpenMode {
    /// An existing file, for reading.
    Read,
    /// An existing file, for reading and writing.
    Write,
    /// A new, empty file; what had the name before is gone.
    Create,
}

/// A file system, or what a test puts in its place. Paths are complete.
pub trait Disk: Send + Sync {
    /// Makes a folder and its parents; an existing one is no error.
    fn create_dir(&self, path: &Path) -> io::Result<()>;

    /// Opens a file. The name of a created file is durable after [`Disk::sync_dir`] only.
    fn open(&self, path: &Path, mode: OpenMode) -> io::Result<Box<dyn DiskFile>>;

    /// Gives a file another name, replacing what had it.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Removes a file; open handles go on reading.
    fn remove(&self, path: &Path) -> io::Result<()>;

    /// The names of the files in a folder, sorted.
    fn list(&self, dir: &Path) -> io::Result<Vec<String>>;

    /// Makes created, renamed and removed names of a folder durable.
    fn sync_dir(&self, dir: &Path) -> io::Result<()>;

    /// Keeps every other process out until the guard is dropped; `WouldBlock` where one is in.
    fn lock(&self, path: &Path) -> io::Result<Box<dyn Any + Send + Sync>>;
}

/// An open file. Reading and writing at a position may be short, as in POSIX.
pub trait DiskFile: Send + Sync {
    /// Reads at a position; `0` at the end of the file.
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize>;

    /// Writes at a position, enlarging the file where needed.
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<usize>;

    /// Makes the file `len` bytes long with space on the disk for all of them.
    fn preallocate(&self, len: u64) -> io::Result<()>;

    /// Returns when every written byte is durable. After an error nothing is known of them.
    fn sync_data(&self) -> io::Result<()>;

    /// Length in bytes.
    fn len(&self) -> io::Result<u64>;

    /// Whether the file has no bytes.
    fn is_empty(&self) -> io::Result<bool> {
        Ok(self.len()? == 0)
    }
}

/// Fills the buffer from a position; `UnexpectedEof` where the file ends before.
pub fn read_exact_at(file: &dyn DiskFile, mut buffer: &mut [u8], mut offset: u64) -> io::Result<()> {
    while !buffer.is_empty() {
        match file.read_at(buffer, offset) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(read) => {
                buffer = &mut buffer[read..];
                offset += read as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Writes every byte at a position.
pub fn write_all_at(file: &dyn DiskFile, mut bytes: &[u8], mut offset: u64) -> io::Result<()> {
    while !bytes.is_empty() {
        match file.write_at(bytes, offset) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => {
                bytes = &bytes[written..];
                offset += written as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// The whole content of a file.
pub fn read_all(disk: &dyn Disk, path: &Path) -> io::Result<Vec<u8>> {
    let file = disk.open(path, OpenMode::Read)?;
    let len = usize::try_from(file.len()?).map_err(|_| io::Error::from(io::ErrorKind::FileTooLarge))?;
    let mut bytes = vec![0; len];
    read_exact_at(&*file, &mut bytes, 0)?;
    Ok(bytes)
}

/// Puts a complete, durable file under a name, in place of what was there: readers see the old
/// content or the new one, after a power cut too. An error that says that the disk is full leaves the old content.
pub fn replace(disk: &dyn Disk, path: &Path, bytes: &[u8]) -> io::Result<()> {
    let half_done = path.with_extension("tmp");
    let written = || {
        let file = disk.open(&half_done, OpenMode::Create)?;
        write_all_at(&*file, bytes, 0)?;
        file.sync_data()?;
        disk.rename(&half_done, path)
    };
    if let Err(error) = written() {
        // The space of a half-written file is what a full disk needs most; a failing removal adds nothing.
        let _ = disk.remove(&half_done);
        return Err(error);
    }
    match path.parent() {
        Some(folder) => disk.sync_dir(folder).map_err(io::Error::other),
        None => Ok(()),
    }
}

/// Whether an error says that the disk or the quota is full, so that the same call may work later.
pub fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}
