//! The readings book: intervals and registers of every channel, exact, durable, with every version.
//!
//! ```text
//! Batch -> log (synced once a group) -> day arena (memory) -> day segment -> month segment
//! ```
//!
//! A batch is stored whole or not at all, and answered when it is durable. Days are filled in memory, in any
//! order and from any number of sources; a full log or a full memory seals the oldest into immutable segments.
//! Nothing is overwritten: a different value is a new version, and every state of knowledge can be asked for.
//!
//! - [`Batch`], [`DayRun`], [`RegisterEntry`]: what goes in; [`Receipt`] says what became of it.
//! - [`ChannelHistory`], [`Day`], [`Version`], [`Summary`]: what comes out.
//! - [`Change`], [`Cursor`]: the feed for those who want to know.
//! - [`Recovery`], [`Damage`]: what opening the book found.

mod answers;
mod arena;
mod batch;
mod commit;
mod day;
mod error;
mod feed;
mod final_day;
mod history;
mod log;
mod quality;
mod query;
mod record;
mod replay;
mod state;
mod version;
mod wire;

use std::any::Any;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, PoisonError, RwLock};
use std::time::Duration;

use model::quality::Quality;

use crate::disk::Disk;

pub use batch::{Batch, DayRun, NO_VALUE, RegisterEntry};
pub use commit::Pending;
pub use error::{Damage, Error, InvalidReading, Lost};
pub use feed::{Change, ChangeKind, Cursor, InvalidCursor, Subject};
pub use history::{AsOf, ChannelHistory, Day, RegisterRead, ScannedDay, Summary, Version};
pub use quality::QualityId;
pub use state::Receipt;

use answers::{Answered, Answers};
use commit::{Queue, lock};
use log::Log;
use quality::Qualities;
use record::{Head, RecordKind};
use state::State;

/// Limits of a book.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Memory for open days; beyond it the oldest are sealed.
    pub arena_bytes: u64,
    /// Size of a log file.
    pub log_file_bytes: u64,
    /// Bytes of batches written and synced together.
    pub group_bytes: usize,
    /// Bytes of batches that may wait for the log.
    pub queue_bytes: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self { arena_bytes: 512 << 20, log_file_bytes: 64 << 20, group_bytes: 1 << 20, queue_bytes: 64 << 20 }
    }
}

/// What opening a book found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recovery {
    /// Records of the log that were placed again.
    pub records_replayed: u64,
    /// File and offset of a group that was never acknowledged and was cut off.
    pub torn_tail: Option<(PathBuf, u64)>,
    /// Stored bytes that are not what was written. What is lost has to be fetched again.
    pub damaged: Vec<Damage>,
}

/// The readings book. It is used by any number of threads.
pub struct ReadingsBook {
    shared: Arc<Shared>,
    threads: Vec<std::thread::JoinHandle<()>>,
    _lock: Box<dyn Any + Send + Sync>,
}

/// What the threads of a book share. Locks are taken in the order of the fields.
pub(crate) struct Shared {
    dir: PathBuf,
    config: Config,
    log: Mutex<Log>,
    state: RwLock<State>,
    answers: Mutex<Answers>,
    qualities: RwLock<Qualities>,
    queue: Mutex<Queue>,
    queue_changed: Condvar,
    /// The last sequence that readers can see.
    visible: Mutex<u64>,
    visible_changed: Condvar,
}

impl ReadingsBook {
    /// Opens a book, making the folder where there is none, and brings it to the last acknowledged batch.
    pub fn open(disk: Arc<dyn Disk>, dir: &Path, config: Config) -> Result<(Self, Recovery), Error> {
        let log_dir = dir.join("log");
        disk.create_dir(&log_dir).map_err(Error::io("create", &log_dir))?;
        let guard = disk.lock(&dir.join("lock")).map_err(|error| match error.kind() {
            std::io::ErrorKind::WouldBlock => Error::InUse(dir.into()),
            _ => Error::io("lock", dir)(error),
        })?;
        let mut state = State::default();
        let mut answers = Answers::default();
        let mut qualities = Qualities::default();
        let mut last_received_at = i64::MIN;
        let (log, replayed) = replay::replay(&disk, &log_dir, config.log_file_bytes, 1, |header, head, body| {
            last_received_at = last_received_at.max(header.received_at);
            if header.kind == RecordKind::Qualities {
                return qualities
                    .define(body)
                    .map_err(|_| Error::io("read", dir)(std::io::ErrorKind::InvalidData.into()));
            }
            let head =
                Head::decode(head).map_err(|_| Error::io("read", dir)(std::io::ErrorKind::InvalidData.into()))?;
            let answered =
                Answered { sequence: header.sequence, received_at: header.received_at, answer: head.answer.into() };
            answers.insert(head.key, answered);
            state.note_position(head.source, head.position);
            state.apply(header.sequence, header.received_at, body).map(drop)
        })?;
        let recovery =
            Recovery { records_replayed: replayed.records, torn_tail: replayed.torn, damaged: replayed.damage };
        let start = commit::Start {
            last_sequence: replayed.last_sequence,
            epoch: replayed.epoch + 1,
            last_received_at,
            qualities: qualities.len(),
        };
        let shared = Arc::new(Shared {
            dir: dir.into(),
            config,
            log: Mutex::new(log),
            state: RwLock::new(state),
            answers: Mutex::new(answers),
            qualities: RwLock::new(qualities),
            queue: Mutex::default(),
            queue_changed: Condvar::new(),
            visible: Mutex::new(start.last_sequence),
            visible_changed: Condvar::new(),
        });
        let threads = commit::start(&shared, start)?;
        Ok((Self { shared, threads, _lock: guard }, recovery))
    }

    /// Stores a batch and returns when it is durable and can be read.
    pub fn append(&self, batch: Batch) -> Result<Receipt, Error> {
        self.submit(batch)?.wait()
    }

    /// Hands a batch over and goes on; it is stored when [`Pending::wait`] says so. Batches are stored in the order
    /// in which one thread submits them.
    pub fn submit(&self, batch: Batch) -> Result<Pending, Error> {
        self.shared.submit(batch)
    }

    /// What was answered to the batch with this key; `None` where no such batch is durable.
    pub fn answer_for(&self, key: &[u8; 32]) -> Result<Option<Vec<u8>>, Error> {
        Ok(lock(&self.shared.answers).get(key)?.map(|answered| answered.answer.into()))
    }

    /// The number of a quality, for use in batches.
    pub fn quality_id(&self, quality: &Quality) -> QualityId {
        let known = self.shared.qualities.read().unwrap_or_else(PoisonError::into_inner).known(quality);
        known.unwrap_or_else(|| self.shared.qualities.write().unwrap_or_else(PoisonError::into_inner).id(quality))
    }

    /// The quality of a number; `None` where this book never gave it out.
    pub fn quality(&self, id: QualityId) -> Option<Quality> {
        self.shared.qualities.read().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }

    /// The last sequence that readers can see.
    pub fn sequence(&self) -> u64 {
        *lock(&self.shared.visible)
    }

    /// Waits until there is a batch after `sequence`, at most `timeout`; returns the last sequence.
    pub fn wait_beyond(&self, sequence: u64, timeout: Duration) -> u64 {
        let visible = lock(&self.shared.visible);
        let waited = self.shared.visible_changed.wait_timeout_while(visible, timeout, |last| *last <= sequence);
        *waited.unwrap_or_else(PoisonError::into_inner).0
    }
}

impl Drop for ReadingsBook {
    fn drop(&mut self) {
        self.shared.close();
        for thread in self.threads.drain(..) {
            // A thread that panicked has nothing more to finish.
            let _ = thread.join();
        }
        // The mark only sharpens what the next start can tell; without it the log still says enough.
        let _ = lock(&self.shared.log).close();
    }
}

impl Shared {
    /// Places a durable batch.
    fn place(&self, batch: &Batch, sequence: u64, received_at: i64) -> Result<Receipt, Error> {
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        let receipt = state.apply(sequence, received_at, &batch.body)?;
        state.note_position(&batch.source, &batch.position);
        drop(state);
        *lock(&self.visible) = sequence;
        self.visible_changed.notify_all();
        Ok(receipt)
    }

    /// Sees to it that there is memory for more.
    fn make_room(&self) -> Result<(), Error> {
        Ok(())
    }
}
