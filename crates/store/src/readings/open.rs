//! Opening a book: what the catalog names, then what the log tells beyond it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Condvar, Mutex, RwLock};

use super::answers::{Answered, Answers};
use super::catalog::{self, Catalog};
use super::commit;
use super::error::{Damage, Error, Lost};
use super::quality::Qualities;
use super::record::{Head, Header, RecordKind};
use super::replay::{Replayed, replay};
use super::segment::SegmentFolder;
use super::state::{DamageList, State};
use super::take_back::Ahead;
use super::{Config, ReadingsBook, Shared, maintenance};
use crate::disk::Disk;

/// What opening a book found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recovery {
    /// Records of the log that were placed again.
    pub records_replayed: u64,
    /// File and offset of a group that was never acknowledged and was cut off.
    pub torn_tail: Option<(PathBuf, u64)>,
    /// Stored bytes that are not what was written, found now or before and not settled. What is lost has to be
    /// fetched again.
    pub damaged: Vec<Damage>,
}

const FOLDERS: [&str; 4] = ["log", "segments", "answers", "feed"];

impl ReadingsBook {
    /// Opens a book, making the folder where there is none, and brings it to the last acknowledged batch.
    ///
    /// # Errors
    /// [`Error::InUse`] where another process has it open; [`Error::Damaged`] where no catalog is left to tell what
    /// the book consists of. Any other damage is reported, and the rest is served.
    pub fn open(disk: Arc<dyn Disk>, dir: &Path, config: Config) -> Result<(Self, Recovery), Error> {
        for folder in FOLDERS {
            let path = dir.join(folder);
            disk.create_dir(&path).map_err(Error::io("create", &path))?;
        }
        let guard = disk.lock(&dir.join("lock")).map_err(|error| match error.kind() {
            std::io::ErrorKind::WouldBlock => Error::InUse(dir.into()),
            _ => Error::io("lock", dir)(error),
        })?;
        let mut catalog = known_catalog(&*disk, dir)?;
        let mut rebuilt = Rebuilt::of(&disk, dir, &catalog.0);
        let log_dir = dir.join("log");
        let (log, replayed) =
            replay(&disk, &log_dir, config.log_file_bytes, catalog.0.log_start, |header, head, body| {
                rebuilt.take(header, head, body)
            })?;
        if catalog.0.generation < replayed.catalog {
            return Err(Error::Damaged(catalog::all_lost()));
        }
        remove_left_overs(&*disk, dir, &catalog.0)?;
        catalog.1.extend(replayed.damage.iter().cloned());
        for damage in catalog.1 {
            rebuilt.state.damage.note(damage);
        }
        let recovery = Recovery {
            records_replayed: replayed.records,
            torn_tail: replayed.torn.clone(),
            damaged: rebuilt.state.damage.open.clone(),
        };
        let mut catalog = catalog.0;
        catalog.epoch = catalog.epoch.max(replayed.epoch) + 1;
        let book = Self::start(disk, dir, config, (catalog, rebuilt, log, replayed), guard)?;
        Ok((book, recovery))
    }

    fn start(
        disk: Arc<dyn Disk>,
        dir: &Path,
        config: Config,
        (catalog, rebuilt, log, replayed): (Catalog, Rebuilt, super::log::Log, Replayed),
        guard: Box<dyn std::any::Any + Send + Sync>,
    ) -> Result<Self, Error> {
        let last_sequence = replayed.last_sequence.max(rebuilt.state.applied);
        let start = commit::Start {
            last_sequence,
            epoch: catalog.epoch,
            last_received_at: rebuilt.state.received_max,
            qualities: rebuilt.qualities.len(),
        };
        let memory = AtomicU64::new(rebuilt.state.bytes());
        let last_run = AtomicU64::new(u64::try_from(rebuilt.state.received_max).unwrap_or_default());
        let mut state = rebuilt.state;
        state.applied = last_sequence;
        let shared = Arc::new(Shared {
            disk,
            dir: dir.into(),
            config,
            segments: rebuilt.segments,
            catalog: Mutex::new(catalog),
            log: Mutex::new(log),
            state: RwLock::new(state),
            answers: Mutex::new(rebuilt.answers),
            qualities: RwLock::new(rebuilt.qualities),
            queue: Mutex::default(),
            queue_changed: Condvar::new(),
            visible: Mutex::new(last_sequence),
            visible_changed: Condvar::new(),
            memory,
            last_run,
            maintenance: Mutex::default(),
            maintenance_wanted: Condvar::new(),
        });
        // The new epoch has to be on disk before a record bears it; on a full disk the first batch waits for it.
        match shared.save_catalog() {
            Err(error) if error.is_temporary() => shared.owe_catalog(),
            saved => saved?,
        }
        let mut threads = commit::start(&shared, start)?;
        if shared.config.background {
            threads.push(maintenance::start(&shared)?);
        }
        Ok(Self { shared, threads, _lock: guard })
    }
}

/// The catalog and the damage of its copies. A folder with a log but without a catalog is no new book.
fn known_catalog(disk: &dyn Disk, dir: &Path) -> Result<(Catalog, Vec<Damage>), Error> {
    let (found, damage) = Catalog::read(disk, dir)?;
    if let Some(catalog) = found {
        return Ok((catalog, damage));
    }
    let log_dir = dir.join("log");
    let logs = disk.list(&log_dir).map_err(Error::io("list", &log_dir))?;
    if logs.iter().any(|name| name.ends_with(".log")) {
        return Err(Error::Damaged(catalog::all_lost()));
    }
    Ok((Catalog::empty(), damage))
}

/// Removes what no catalog names: files half done, or replaced while someone read them.
fn remove_left_overs(disk: &dyn Disk, dir: &Path, catalog: &Catalog) -> Result<(), Error> {
    let mut named: BTreeSet<PathBuf> = catalog.small_files();
    named.extend(catalog.segments().map(|entry| Path::new("segments").join(entry.name())));
    for folder in FOLDERS {
        let path = dir.join(folder);
        for name in disk.list(&path).map_err(Error::io("list", &path))? {
            let is_ours = match folder {
                "log" => !name.ends_with(".tmp"),
                _ => named.contains(&Path::new(folder).join(&name)),
            };
            if !is_ours {
                let gone = path.join(&name);
                disk.remove(&gone).map_err(Error::io("remove", &gone))?;
            }
        }
    }
    Ok(())
}

/// What is put together from catalog and log.
struct Rebuilt {
    state: State,
    segments: SegmentFolder,
    answers: Answers,
    qualities: Qualities,
    answered_through: u64,
}

impl Rebuilt {
    fn of(disk: &Arc<dyn Disk>, dir: &Path, catalog: &Catalog) -> Self {
        let mut state = State {
            received_max: catalog.received_max,
            positions: catalog.positions.clone(),
            damage: DamageList { open: catalog.damage.clone(), settled: catalog.settled_damage.clone() },
            applied: catalog.fed_through,
            ..State::default()
        };
        state.feed.filed(catalog.fed_through, &catalog.feed, catalog.feed_dropped_through);
        let segments = SegmentFolder::new(disk, &dir.join("segments"));
        state.set_segments(catalog, |entry| segments.segment(entry));
        Self {
            state,
            segments,
            answers: Answers::new(disk, &dir.join("answers"), &catalog.answers),
            qualities: Qualities::of(catalog.qualities.clone()),
            answered_through: catalog.answered_through,
        }
    }

    fn take(&mut self, header: &Header, head: &[u8], body: &[u8]) -> Result<(), Error> {
        // A record that passed its checksums and cannot be read was not written by this version.
        let unreadable = |_| {
            let lost = Lost::Batches { from: header.sequence, to: header.sequence, position: None };
            Error::Damaged(Damage { file: "log".into(), lost })
        };
        if header.kind == RecordKind::Qualities {
            return self.qualities.define(body).map_err(unreadable);
        }
        let head = Head::decode(head).map_err(unreadable)?;
        if self.answered_through < header.sequence {
            let answer = head.answer.into();
            let answered = Answered { sequence: header.sequence, received_at: header.received_at, answer };
            self.answers.insert(head.key, answered);
            self.state.note_position(head.source, head.position);
        }
        self.state.apply(header.sequence, header.received_at, body, Ahead::default()).map(drop)
    }
}
