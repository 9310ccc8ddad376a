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
//! - [`ChannelHistory`], [`Day`], [`Version`], [`Summary`], [`Figures`]: what comes out.
//! - [`Change`], [`Cursor`]: the feed for those who want to know.
//! - [`Recovery`], [`Damage`]: what opening the book found.

mod answers;
mod arena;
mod batch;
mod block;
mod catalog;
mod codec;
mod commit;
mod day;
mod dictionary;
mod error;
mod feed;
mod feed_file;
mod final_day;
mod final_read;
mod group;
mod history;
mod layers;
mod log;
mod maintenance;
mod merge;
mod narrow;
mod open;
mod plane;
mod quality;
mod query;
mod record;
mod register_reads;
mod replay;
mod scan;
mod seal;
mod segment;
mod stamps;
mod state;
mod take_back;
mod verify;
mod version;
mod wire;

use std::any::Any;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError, RwLock};
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;
use model::quality::Quality;

use crate::disk::Disk;

pub use batch::{Batch, DayRun, NO_VALUE, RegisterEntry};
pub use commit::Pending;
pub use error::{Damage, Error, InvalidReading, Lost};
pub use feed::{Change, ChangeKind, Cursor, InvalidCursor, Subject};
pub use history::{AsOf, ChannelHistory, Day, Figures, RegisterRead, ScannedDay, Summary, Version};
pub use open::Recovery;
pub use quality::QualityId;
pub use state::Receipt;
pub use verify::{Statistics, Verified};

use answers::Answers;
use catalog::Catalog;
use commit::{Queue, lock};
use log::Log;
use quality::Qualities;
use segment::SegmentFolder;
use state::State;
use take_back::Ahead;

/// Limits of a book.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Memory for open days; beyond it the oldest are sealed, and beyond twice of it batches wait.
    pub arena_bytes: u64,
    /// Days before the newest one that stay open.
    pub open_days: u32,
    /// Size of a log file; a batch has at most half of it.
    pub log_file_bytes: u64,
    /// Log files in use; beyond it the days that need the oldest are sealed.
    pub log_bytes: u64,
    /// Unused log files that are kept: the next batches are sure of their space, and a full disk has a reserve.
    pub spare_log_files: usize,
    /// Bytes of batches written and synced together.
    pub group_bytes: usize,
    /// Bytes of batches that may wait for the log.
    pub queue_bytes: usize,
    /// Segments of a day, one over the other, before they are joined.
    pub layers: usize,
    /// Days after its end when a month is rolled into one segment.
    pub roll_after_days: u16,
    /// Days before the newest one whose day segments stay beside the month's.
    pub rolled_days: u16,
    /// The feed of changes in files; beyond it the oldest are given up.
    pub feed_bytes: u64,
    /// Whether a thread of the book seals what is due; else [`ReadingsBook::maintain`] does.
    pub background: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            arena_bytes: 384 << 20,
            open_days: 10,
            log_file_bytes: 64 << 20,
            log_bytes: 512 << 20,
            spare_log_files: 1,
            group_bytes: 1 << 20,
            queue_bytes: 64 << 20,
            layers: 4,
            roll_after_days: 3,
            rolled_days: 40,
            feed_bytes: 1 << 30,
            background: true,
        }
    }
}

/// The readings book. It is used by any number of threads.
pub struct ReadingsBook {
    shared: Arc<Shared>,
    threads: Vec<std::thread::JoinHandle<()>>,
    _lock: Box<dyn Any + Send + Sync>,
}

/// What the threads of a book share. Locks are taken in the order of the fields.
struct Shared {
    disk: Arc<dyn Disk>,
    dir: PathBuf,
    config: Config,
    segments: SegmentFolder,
    catalog: Mutex<Catalog>,
    log: Mutex<Log>,
    state: RwLock<State>,
    answers: Mutex<Answers>,
    qualities: RwLock<Qualities>,
    queue: Mutex<Queue>,
    queue_changed: Condvar,
    /// The last sequence that readers can see.
    visible: Mutex<u64>,
    visible_changed: Condvar,
    /// Bytes of open days.
    memory: AtomicU64,
    /// The last number of a run that was given out.
    last_run: AtomicU64,
    maintenance: Mutex<maintenance::Orders>,
    maintenance_wanted: Condvar,
}

impl ReadingsBook {
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

    /// When the batch with this key was received, epoch microseconds as the book counts them; `None` where no such batch is
    /// durable.
    pub fn received_at(&self, key: &[u8; 32]) -> Result<Option<i64>, Error> {
        Ok(lock(&self.shared.answers).get(key)?.map(|answered| answered.received_at))
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

    /// A number for a run of validation, above those of all runs before: the microsecond `now`, or the next free one where
    /// the clock went back. Whoever takes it before reading anything can store what follows in any order: of the final
    /// days of a date the one of the highest run counts.
    pub fn next_run(&self, now: Timestamp) -> u64 {
        let now = u64::try_from(now.as_microsecond()).unwrap_or_default();
        let after = |last: u64| now.max(last.saturating_add(1));
        let last = self.shared.last_run.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |last| Some(after(last)));
        after(last.unwrap_or_else(|last| last))
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

    /// Does what is due: seals days, joins segments, rolls months, lets the log go. Where
    /// [`Config::background`] is set a thread does the same by itself.
    pub fn maintain(&self) -> Result<(), Error> {
        self.shared.maintain()
    }

    /// Seals every open day before a date.
    pub fn seal(&self, before: Date) -> Result<(), Error> {
        self.shared.seal_before(before)
    }

    /// Why the book takes no batches any more; `None` while it does.
    pub fn read_only(&self) -> Option<Arc<str>> {
        lock(&self.shared.queue).read_only.clone()
    }

    /// Damage found and not settled.
    pub fn damage(&self) -> Vec<Damage> {
        self.shared.state.read().unwrap_or_else(PoisonError::into_inner).damage.open.clone()
    }

    /// Says that what a damage took was fetched again or given up: it is not told any more.
    pub fn settle(&self, damage: &Damage) -> Result<(), Error> {
        self.shared.state.write().unwrap_or_else(PoisonError::into_inner).damage.settle(damage);
        self.shared.save_catalog()
    }
}

impl Drop for ReadingsBook {
    fn drop(&mut self) {
        self.shared.close();
        self.shared.stop_maintaining();
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
        let places = self.state.read().unwrap_or_else(PoisonError::into_inner).sealed_places(&batch.places);
        let ahead = Ahead::read(places);
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        let receipt = state.apply(sequence, received_at, &batch.body, ahead)?;
        state.note_position(&batch.source, &batch.position);
        self.note_memory(&state);
        drop(state);
        *lock(&self.visible) = sequence;
        self.visible_changed.notify_all();
        Ok(receipt)
    }
}
