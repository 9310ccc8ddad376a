//! A disk in memory that forgets what was not synced and fails when told to.
//!
//! Every written byte is known twice: as the running system sees it, and as it is on the platter. A power cut
//! ([`SimulatedDisk::power_cut`]) keeps the platter and of the rest whatever a seed decides: each unsynced write wholly, in
//! part (sector by sector, in any order) or not at all; of the unsynced changes of names in a folder the first few.

use std::any::Any;
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Disk, DiskFile, OpenMode};

/// What can be torn: a write of several sectors may reach the platter in part.
const SECTOR: usize = 512;

/// What the disk does when its time has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The call fails with an input/output error.
    Broken,
    /// The call fails because the disk is full.
    Full,
    /// A write or read does half of what was asked; other calls work.
    Short,
}

/// When a fault happens: the call with this number (from 1), and with `for_ever` every call after it.
#[derive(Clone, Copy, Debug)]
struct Plan {
    call: u64,
    fault: Fault,
    for_ever: bool,
}

/// A disk in memory. Clones are the same disk.
#[derive(Clone, Default)]
pub struct SimulatedDisk {
    inner: Arc<Mutex<Inner>>,
}

#[derive(Default)]
struct Inner {
    /// Names as the running system sees them.
    names: BTreeMap<PathBuf, Arc<Mutex<Content>>>,
    /// Names on the platter.
    durable_names: BTreeMap<PathBuf, Arc<Mutex<Content>>>,
    /// Changes of names since the folder was synced.
    renames: Vec<NameChange>,
    locks: BTreeMap<PathBuf, Arc<AtomicBool>>,
    calls: u64,
    plan: Option<Plan>,
    /// Bytes that all files may have together.
    capacity: Option<u64>,
}

#[derive(Clone)]
struct NameChange {
    folder: PathBuf,
    changes: Vec<(PathBuf, Option<Arc<Mutex<Content>>>)>,
}

#[derive(Clone, Default)]
struct Content {
    now: Vec<u8>,
    durable: Vec<u8>,
    unsynced: Vec<(usize, Vec<u8>)>,
}

impl SimulatedDisk {
    /// An empty disk.
    pub fn new() -> Self {
        Self::default()
    }

    /// Plans a fault for the `call`th call from now on (counted from 1).
    pub fn fail(&self, call: u64, fault: Fault, for_ever: bool) {
        let mut inner = self.locked();
        inner.calls = 0;
        inner.plan = Some(Plan { call, fault, for_ever });
    }

    /// Forgets the planned fault and returns how many calls there were since it was planned.
    pub fn heal(&self) -> u64 {
        let mut inner = self.locked();
        inner.plan = None;
        inner.calls
    }

    /// Limits the bytes of all files together; `None` lifts the limit.
    pub fn limit(&self, bytes: Option<u64>) {
        self.locked().capacity = bytes;
    }

    /// Bytes of all files.
    pub fn used(&self) -> u64 {
        self.locked().used()
    }

    /// Cuts the power: a new disk with what survived. What has the old one open goes on with the old one, in vain.
    #[must_use]
    pub fn power_cut(&self, seed: u64) -> Self {
        let mut random = Random(seed);
        let inner = self.locked();
        let mut names = inner.durable_names.clone();
        let mut stopped: Vec<&Path> = Vec::new();
        for change in &inner.renames {
            // Names of one folder reach the platter in order, those of different folders in any.
            if stopped.contains(&change.folder.as_path()) || random.below(2) == 0 {
                stopped.push(&change.folder);
                continue;
            }
            for (path, content) in &change.changes {
                match content {
                    Some(content) => names.insert(path.clone(), Arc::clone(content)),
                    None => names.remove(path),
                };
            }
        }
        let survived = |content: &Arc<Mutex<Content>>, random: &mut Random| {
            let content = content.lock().unwrap_or_else(PoisonError::into_inner);
            let bytes = content.after_power_cut(random);
            Arc::new(Mutex::new(Content { now: bytes.clone(), durable: bytes, unsynced: Vec::new() }))
        };
        let names: BTreeMap<_, _> =
            names.iter().map(|(path, content)| (path.clone(), survived(content, &mut random))).collect();
        let inner = Inner { durable_names: names.clone(), names, capacity: inner.capacity, ..Inner::default() };
        Self { inner: Arc::new(Mutex::new(inner)) }
    }

    /// The files and their content, for tests that damage them.
    pub fn files(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let inner = self.locked();
        let content =
            |content: &Arc<Mutex<Content>>| content.lock().unwrap_or_else(PoisonError::into_inner).now.clone();
        inner.names.iter().map(|(path, file)| (path.clone(), content(file))).collect()
    }

    /// A disk that holds these files, all synced.
    pub fn of(files: Vec<(PathBuf, Vec<u8>)>) -> Self {
        let content = |bytes: Vec<u8>| Content { now: bytes.clone(), durable: bytes, unsynced: Vec::new() };
        let names: BTreeMap<_, _> =
            files.into_iter().map(|(path, bytes)| (path, Arc::new(Mutex::new(content(bytes))))).collect();
        let inner = Inner { durable_names: names.clone(), names, ..Inner::default() };
        Self { inner: Arc::new(Mutex::new(inner)) }
    }

    fn locked(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a call; answers how much of `asked` bytes it may do.
    fn call(&self, asked: usize) -> io::Result<usize> {
        let mut inner = self.locked();
        inner.calls += 1;
        let calls = inner.calls;
        match inner.plan {
            Some(plan) if calls == plan.call || (plan.for_ever && plan.call < calls) => match plan.fault {
                Fault::Broken => Err(io::Error::other("simulated input/output error")),
                Fault::Full => Err(io::ErrorKind::StorageFull.into()),
                Fault::Short => Ok(asked.div_ceil(2)),
            },
            _ => Ok(asked),
        }
    }
}

impl Inner {
    fn used(&self) -> u64 {
        let len =
            |content: &Arc<Mutex<Content>>| content.lock().unwrap_or_else(PoisonError::into_inner).now.len() as u64;
        self.names.values().map(len).sum()
    }

    fn rename(&mut self, changes: Vec<(PathBuf, Option<Arc<Mutex<Content>>>)>) {
        for (path, content) in &changes {
            match content {
                Some(content) => self.names.insert(path.clone(), Arc::clone(content)),
                None => self.names.remove(path),
            };
        }
        let folder = changes.first().and_then(|(path, _)| path.parent()).unwrap_or(Path::new("")).into();
        self.renames.push(NameChange { folder, changes });
    }
}

impl Content {
    fn after_power_cut(&self, random: &mut Random) -> Vec<u8> {
        let mut bytes = self.durable.clone();
        for (offset, written) in &self.unsynced {
            let fate = random.below(3);
            if fate == 0 {
                continue;
            }
            for (at, sector) in written.chunks(SECTOR).enumerate() {
                if fate == 1 && random.below(2) == 0 {
                    continue;
                }
                let start = offset + at * SECTOR;
                if bytes.len() < start + sector.len() {
                    bytes.resize(start + sector.len(), 0);
                }
                bytes[start..start + sector.len()].copy_from_slice(sector);
            }
        }
        bytes
    }
}

impl Disk for SimulatedDisk {
    fn create_dir(&self, _path: &Path) -> io::Result<()> {
        self.call(0).map(drop)
    }

    fn open(&self, path: &Path, mode: OpenMode) -> io::Result<Box<dyn DiskFile>> {
        self.call(0)?;
        let mut inner = self.locked();
        if mode == OpenMode::Create {
            inner.rename(vec![(path.into(), Some(Arc::default()))]);
        }
        let content = inner.names.get(path).cloned().ok_or(io::ErrorKind::NotFound)?;
        Ok(Box::new(SimulatedFile { disk: self.clone(), content }))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.call(0)?;
        let mut inner = self.locked();
        let content = inner.names.get(from).cloned().ok_or(io::ErrorKind::NotFound)?;
        inner.rename(vec![(to.into(), Some(content)), (from.into(), None)]);
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.call(0)?;
        let mut inner = self.locked();
        if !inner.names.contains_key(path) {
            return Err(io::ErrorKind::NotFound.into());
        }
        inner.rename(vec![(path.into(), None)]);
        Ok(())
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<String>> {
        self.call(0)?;
        let inner = self.locked();
        let inside = inner.names.keys().filter(|path| path.parent() == Some(dir));
        Ok(inside.filter_map(|path| Some(path.file_name()?.to_string_lossy().into_owned())).collect())
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        self.call(0)?;
        let mut inner = self.locked();
        let (synced, rest): (Vec<_>, Vec<_>) =
            std::mem::take(&mut inner.renames).into_iter().partition(|change| change.folder == dir);
        inner.renames = rest;
        for (path, content) in synced.into_iter().flat_map(|change| change.changes) {
            match content {
                Some(content) => inner.durable_names.insert(path, content),
                None => inner.durable_names.remove(&path),
            };
        }
        Ok(())
    }

    fn lock(&self, path: &Path) -> io::Result<Box<dyn Any + Send + Sync>> {
        self.call(0)?;
        let flag = Arc::clone(self.locked().locks.entry(path.into()).or_default());
        if flag.swap(true, Ordering::AcqRel) {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        Ok(Box::new(Guard(flag)))
    }
}

struct Guard(Arc<AtomicBool>);

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}

struct SimulatedFile {
    disk: SimulatedDisk,
    content: Arc<Mutex<Content>>,
}

impl SimulatedFile {
    fn content(&self) -> MutexGuard<'_, Content> {
        self.content.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Room on the disk for a file of this length.
    fn has_room(&self, len: usize) -> bool {
        let now = self.content().now.len();
        let inner = self.disk.locked();
        inner.capacity.is_none_or(|capacity| inner.used() + len.saturating_sub(now) as u64 <= capacity)
    }
}

impl DiskFile for SimulatedFile {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let asked = self.disk.call(buffer.len())?;
        let content = self.content();
        let rest = usize::try_from(offset).ok().and_then(|offset| content.now.get(offset..)).unwrap_or_default();
        let len = rest.len().min(asked);
        buffer[..len].copy_from_slice(&rest[..len]);
        Ok(len)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<usize> {
        let asked = self.disk.call(bytes.len())?;
        let bytes = &bytes[..asked];
        let offset = usize::try_from(offset).map_err(|_| io::ErrorKind::FileTooLarge)?;
        let end = offset + bytes.len();
        if !self.has_room(end) {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let mut content = self.content();
        if content.now.len() < end {
            content.now.resize(end, 0);
        }
        content.now[offset..end].copy_from_slice(bytes);
        content.unsynced.push((offset, bytes.into()));
        Ok(bytes.len())
    }

    fn preallocate(&self, len: u64) -> io::Result<()> {
        self.disk.call(0)?;
        let len = usize::try_from(len).map_err(|_| io::ErrorKind::FileTooLarge)?;
        if !self.has_room(len) {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let mut content = self.content();
        if content.now.len() < len {
            content.now.resize(len, 0);
        }
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        self.disk.call(0)?;
        let mut content = self.content();
        content.durable = content.now.clone();
        content.unsynced.clear();
        Ok(())
    }

    fn len(&self) -> io::Result<u64> {
        self.disk.call(0)?;
        Ok(self.content().now.len() as u64)
    }
}

/// SplitMix64: the same seed, the same power cut.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % limit
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(disk: &SimulatedDisk, path: &str, bytes: &[u8]) -> Box<dyn DiskFile> {
        let file = disk.open(Path::new(path), OpenMode::Create).unwrap();
        file.write_at(bytes, 0).unwrap();
        file
    }

    fn names(disk: &SimulatedDisk) -> usize {
        disk.files().len()
    }

    #[test]
    fn a_power_cut_keeps_what_was_synced() {
        let disk = SimulatedDisk::new();
        let file = written(&disk, "d/a", &[1; 2000]);
        file.sync_data().unwrap();
        disk.sync_dir(Path::new("d")).unwrap();
        file.write_at(&[2; 2000], 1000).unwrap();
        let (mut old, mut torn, mut new) = (0, 0, 0);
        for seed in 0..100 {
            let files = disk.power_cut(seed).files();
            let [(_, bytes)] = &files[..] else { panic!("one file") };
            assert_eq!(bytes[..1000], [1; 1000]);
            let twos = bytes.iter().filter(|byte| **byte == 2).count();
            match twos {
                0 => old += 1,
                2000 => new += 1,
                _ => torn += 1,
            }
        }
        assert!(old > 10 && torn > 10 && new > 10);
    }

    #[test]
    fn a_name_is_durable_when_its_folder_is_synced() {
        let disk = SimulatedDisk::new();
        written(&disk, "d/a", b"a").sync_data().unwrap();
        let kept = (0..100).filter(|seed| names(&disk.power_cut(*seed)) == 1).count();
        assert!((20..80).contains(&kept));
        disk.sync_dir(Path::new("d")).unwrap();
        assert!((0..100).all(|seed| names(&disk.power_cut(seed)) == 1));
    }

    #[test]
    fn faults_come_when_planned() {
        let disk = SimulatedDisk::new();
        let file = written(&disk, "a", b"abcd");
        disk.fail(2, Fault::Broken, false);
        assert!(file.sync_data().is_ok() && file.sync_data().is_err() && file.sync_data().is_ok());
        disk.fail(1, Fault::Full, true);
        assert!(file.sync_data().is_err() && file.write_at(b"x", 0).is_err());
        disk.fail(1, Fault::Short, false);
        assert_eq!(file.write_at(b"wxyz", 0).unwrap(), 2);
        assert_eq!(disk.heal(), 1);
        disk.limit(Some(6));
        assert!(file.write_at(b"1234", 2).is_ok() && file.write_at(b"1", 6).is_err());
    }

    #[test]
    fn a_folder_is_locked_once() {
        let disk = SimulatedDisk::new();
        let guard = disk.lock(Path::new("lock")).unwrap();
        assert!(disk.lock(Path::new("lock")).is_err());
        drop(guard);
        assert!(disk.lock(Path::new("lock")).is_ok());
    }
}
