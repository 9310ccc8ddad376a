//! The road of a batch: queue, log, arenas.
//!
//! Two threads: one takes what waits in the queue, writes it to the log in groups and syncs each once; the other
//! places durable batches into the arenas, in order, while the next group is written. A batch is answered when
//! it is durable and placed.

use std::collections::{HashMap, VecDeque};
use std::sync::mpsc::{Receiver, SyncSender};
use std::sync::{Arc, Condvar, Mutex};

use super::Shared;
use super::answers::Answered;
use super::batch::Batch;
use super::error::Error;
use super::log::Log;
use super::record::{ALIGNMENT, Head, Header, RecordKind, record_len};
use super::state::Receipt;

/// Batches that wait for the log.
#[derive(Default)]
pub(super) struct Queue {
    entries: VecDeque<Entry>,
    bytes: usize,
    closing: bool,
    /// Why nothing is written any more.
    pub(super) read_only: Option<Arc<str>>,
}

/// A batch on its way.
pub(super) struct Entry {
    batch: Batch,
    head: Vec<u8>,
    head_checksum: u32,
    body_checksum: u32,
    ticket: Arc<Ticket>,
}

impl Entry {
    /// Bytes in the log, with the definitions that come before.
    fn record_len(&self, definitions: Option<&(Vec<u8>, u32)>) -> u64 {
        record_len(self.head.len(), self.batch.body.len())
            + definitions.map_or(0, |(bytes, _)| record_len(0, bytes.len()))
    }
}

/// Where the outcome of a batch appears.
#[derive(Default)]
pub(super) struct Ticket {
    outcome: Mutex<Option<Result<Receipt, Error>>>,
    arrived: Condvar,
}

impl Ticket {
    fn settle(&self, outcome: Result<Receipt, Error>) {
        *lock(&self.outcome) = Some(outcome);
        self.arrived.notify_all();
    }

    /// Waits for the outcome.
    pub(super) fn wait(&self) -> Result<Receipt, Error> {
        let mut outcome = lock(&self.outcome);
        loop {
            if let Some(outcome) = &*outcome {
                return outcome.clone();
            }
            outcome = self.arrived.wait(outcome).unwrap_or_else(std::sync::PoisonError::into_inner);
        }
    }
}

/// The outcome of a submitted batch.
#[must_use = "a batch is stored only when `wait` says so"]
pub struct Pending(pub(super) Arc<Ticket>);

impl Pending {
    /// Waits until the batch is durable and can be read.
    pub fn wait(self) -> Result<Receipt, Error> {
        self.0.wait()
    }
}

/// A poisoned lock means that a thread panicked in the middle of a change; what it protects is whole at every
/// point where our threads can panic, so that the others may go on.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

impl Shared {
    /// Puts a batch into the queue, waiting while that is full.
    pub(super) fn submit(&self, batch: Batch) -> Result<Pending, Error> {
        if self.qualities.read().unwrap_or_else(std::sync::PoisonError::into_inner).len() <= batch.quality_max.0 {
            return Err(Error::UnknownQuality(batch.quality_max.0));
        }
        let head = Head::encode(&batch);
        let max = usize::try_from(self.config.log_file_bytes / 2).unwrap_or(usize::MAX);
        let bytes = head.len() + batch.body.len();
        if max < bytes {
            return Err(Error::BatchTooLarge { bytes, max });
        }
        let entry = Entry {
            head_checksum: crc32c::crc32c(&head),
            body_checksum: crc32c::crc32c(&batch.body),
            head,
            batch,
            ticket: Arc::default(),
        };
        let ticket = Arc::clone(&entry.ticket);
        let mut queue = lock(&self.queue);
        while queue.read_only.is_none() && 0 < queue.bytes && self.config.queue_bytes < queue.bytes + bytes {
            queue = self.queue_changed.wait(queue).unwrap_or_else(std::sync::PoisonError::into_inner);
        }
        if let Some(reason) = &queue.read_only {
            return Err(Error::ReadOnly(Arc::clone(reason)));
        }
        queue.bytes += bytes;
        queue.entries.push_back(entry);
        self.queue_changed.notify_all();
        Ok(Pending(ticket))
    }

    /// Ends the committing threads when the queue is empty.
    pub(super) fn close(&self) {
        lock(&self.queue).closing = true;
        self.queue_changed.notify_all();
    }

    /// Stops writing for good: the disk did something after which nothing is known of it.
    pub(super) fn stop_writing(&self, error: &Error) {
        let mut queue = lock(&self.queue);
        let reason = queue.read_only.get_or_insert_with(|| {
            let cause = std::error::Error::source(error).map(|cause| format!(": {cause}")).unwrap_or_default();
            format!("{error}{cause}").into()
        });
        let reason = Arc::clone(reason);
        for entry in queue.entries.drain(..) {
            entry.ticket.settle(Err(Error::ReadOnly(Arc::clone(&reason))));
        }
        queue.bytes = 0;
        self.queue_changed.notify_all();
    }

    fn next_group(&self) -> Option<Vec<Entry>> {
        let mut queue = lock(&self.queue);
        while queue.entries.is_empty() {
            if queue.closing {
                return None;
            }
            queue = self.queue_changed.wait(queue).unwrap_or_else(std::sync::PoisonError::into_inner);
        }
        let (mut group, mut bytes) = (Vec::new(), 0);
        while let Some(entry) = queue.entries.front() {
            let len = entry.head.len() + entry.batch.body.len();
            if !group.is_empty() && self.config.group_bytes < bytes + len {
                break;
            }
            bytes += len;
            group.extend(queue.entries.pop_front());
        }
        queue.bytes -= bytes;
        self.queue_changed.notify_all();
        Some(group)
    }
}

/// A batch whose record is durable, or that came again.
#[expect(clippy::large_enum_variant, reason = "nearly every one is stored; a box each would cost more than the space")]
enum Durable {
    Stored { entry: Entry, sequence: u64, received_at: i64 },
    Repeated { ticket: Arc<Ticket>, sequence: u64, received_at: i64 },
}

/// What the writing thread knows of the log's end.
pub(super) struct Writer {
    pub(super) shared: Arc<Shared>,
    pub(super) last_sequence: u64,
    pub(super) epoch: u64,
    pub(super) last_received_at: i64,
    /// Qualities up to this number are in the log or the catalog.
    pub(super) qualities: u32,
    to_arenas: SyncSender<Vec<Durable>>,
}

/// Placed groups may lag this many behind the log.
const GROUPS_AHEAD: usize = 2;

/// Where the log ends when the book is opened.
#[derive(Clone, Copy, Debug)]
pub(super) struct Start {
    pub(super) last_sequence: u64,
    pub(super) epoch: u64,
    pub(super) last_received_at: i64,
    pub(super) qualities: u32,
}

/// Starts the two threads; they end after [`Shared::close`].
pub(super) fn start(shared: &Arc<Shared>, start: Start) -> Result<Vec<std::thread::JoinHandle<()>>, Error> {
    let (to_arenas, from_log) = std::sync::mpsc::sync_channel(GROUPS_AHEAD);
    let mut writer = Writer {
        shared: Arc::clone(shared),
        last_sequence: start.last_sequence,
        epoch: start.epoch,
        last_received_at: start.last_received_at,
        qualities: start.qualities,
        to_arenas,
    };
    let placing = Arc::clone(shared);
    let threads =
        [spawn("readings-log", move || writer.run()), spawn("readings-arena", move || place(&placing, &from_log))];
    threads.into_iter().collect::<Result<_, _>>().map_err(Error::io("start a thread for", &shared.dir))
}

pub(super) fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> std::io::Result<std::thread::JoinHandle<()>> {
    std::thread::Builder::new().name(name.into()).spawn(work)
}

impl Writer {
    fn run(&mut self) {
        let shared = Arc::clone(&self.shared);
        while let Some(group) = shared.next_group() {
            if let Err(error) = shared.make_room() {
                for entry in group {
                    entry.ticket.settle(Err(error.clone()));
                }
                continue;
            }
            self.commit(group);
        }
    }

    /// Writes a group, in as many pieces as files and sizes ask for.
    fn commit(&mut self, group: Vec<Entry>) {
        let shared = Arc::clone(&self.shared);
        let mut log = lock(&shared.log);
        let mut piece = Piece::default();
        for entry in group {
            if let Some(reason) = lock(&shared.queue).read_only.clone() {
                entry.ticket.settle(Err(Error::ReadOnly(reason)));
                continue;
            }
            let first = match piece.keys.get(&entry.batch.key) {
                Some(&(sequence, received_at)) => Some((sequence, received_at)),
                None => match lock(&shared.answers).get(&entry.batch.key) {
                    Ok(answered) => answered.map(|answered| (answered.sequence, answered.received_at)),
                    Err(error) => {
                        entry.ticket.settle(Err(error));
                        continue;
                    }
                },
            };
            if let Some((sequence, received_at)) = first {
                piece.durable.push(Durable::Repeated { ticket: entry.ticket, sequence, received_at });
                continue;
            }
            let mut definitions = self.definitions(&entry.batch);
            let mut needed = entry.record_len(definitions.as_ref());
            if log.room() < piece.records.len() as u64 + needed {
                self.write(&mut log, std::mem::take(&mut piece));
                // Where that failed, what it defined has to be defined again.
                definitions = self.definitions(&entry.batch);
                needed = entry.record_len(definitions.as_ref());
                if log.room() < needed
                    && let Err(error) = log.rotate()
                {
                    if !error.is_temporary() {
                        shared.stop_writing(&error);
                    }
                    shared.ask_for_maintenance();
                    entry.ticket.settle(Err(error));
                    continue;
                }
            }
            self.encode(&mut piece, entry, definitions);
        }
        self.write(&mut log, piece);
    }

    /// Qualities that the log has to define before the batch can be read back, and up to which number.
    fn definitions(&self, batch: &Batch) -> Option<(Vec<u8>, u32)> {
        if batch.quality_max.0 < self.qualities {
            return None;
        }
        let qualities = self.shared.qualities.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        Some((qualities.definitions(self.qualities), qualities.len()))
    }

    fn encode(&mut self, piece: &mut Piece, entry: Entry, definitions: Option<(Vec<u8>, u32)>) {
        self.last_received_at = self.last_received_at.max(entry.batch.received_at);
        let mut sequence = self.last_sequence + piece.sequences;
        let header = |kind, sequence, head: &[u8], body: &[u8], checksums: (u32, u32)| Header {
            kind,
            epoch: self.epoch,
            sequence,
            durable_through: self.last_sequence,
            received_at: self.last_received_at,
            head_len: head.len() as u32,
            body_len: body.len() as u32,
            head_checksum: checksums.0,
            body_checksum: checksums.1,
        };
        if let Some((definitions, qualities)) = definitions {
            sequence += 1;
            let checksums = (crc32c::crc32c(&[]), crc32c::crc32c(&definitions));
            let header = header(RecordKind::Qualities, sequence, &[], &definitions, checksums);
            piece.put(&header, &[], &definitions);
            piece.qualities_before.get_or_insert(self.qualities);
            self.qualities = qualities;
        }
        sequence += 1;
        let checksums = (entry.head_checksum, entry.body_checksum);
        let header = header(RecordKind::Batch, sequence, &entry.head, &entry.batch.body, checksums);
        piece.put(&header, &entry.head, &entry.batch.body);
        piece.keys.insert(entry.batch.key, (sequence, self.last_received_at));
        piece.durable.push(Durable::Stored { entry, sequence, received_at: self.last_received_at });
    }

    /// Makes a piece durable and hands it to the arenas.
    fn write(&mut self, log: &mut Log, piece: Piece) {
        if piece.durable.is_empty() {
            return;
        }
        let last = self.last_sequence + piece.sequences;
        if piece.sequences > 0 {
            if let Err(error) = log.append(&piece.records, self.last_sequence + 1, last) {
                self.fail(&error, piece);
                return;
            }
            self.last_sequence = last;
        }
        let mut answers = lock(&self.shared.answers);
        for durable in &piece.durable {
            if let Durable::Stored { entry, sequence, received_at } = durable {
                let answer = entry.batch.answer.as_slice().into();
                let answered = Answered { sequence: *sequence, received_at: *received_at, answer };
                answers.insert(entry.batch.key, answered);
            }
        }
        drop(answers);
        // The other thread lives until this sender is dropped.
        let _ = self.to_arenas.send(piece.durable);
    }

    fn fail(&mut self, error: &Error, piece: Piece) {
        // Sequences and place in the file will be used again; a new epoch tells those records from these.
        self.epoch += 1;
        self.qualities = piece.qualities_before.unwrap_or(self.qualities);
        if !error.is_temporary() {
            self.shared.stop_writing(error);
        }
        for durable in piece.durable {
            let (Durable::Stored { entry: Entry { ticket, .. }, .. } | Durable::Repeated { ticket, .. }) = durable;
            ticket.settle(Err(error.clone()));
        }
    }
}

/// Records that become durable with one sync.
#[derive(Default)]
struct Piece {
    records: Vec<u8>,
    sequences: u64,
    keys: HashMap<[u8; 32], (u64, i64)>,
    durable: Vec<Durable>,
    /// Where the dictionary ended before the records defined more.
    qualities_before: Option<u32>,
}

impl Piece {
    fn put(&mut self, header: &Header, head: &[u8], body: &[u8]) {
        self.records.extend_from_slice(&header.encode());
        self.records.extend_from_slice(head);
        self.records.extend_from_slice(body);
        self.records.resize(self.records.len().next_multiple_of(ALIGNMENT), 0);
        self.sequences += 1;
    }
}

/// Places durable batches until the log's thread ends.
fn place(shared: &Shared, from_log: &Receiver<Vec<Durable>>) {
    for group in from_log {
        for durable in group {
            match durable {
                Durable::Repeated { ticket, sequence, received_at } => {
                    ticket.settle(Ok(Receipt { sequence, received_at, repeated: true, ..Receipt::default() }));
                }
                Durable::Stored { entry, sequence, received_at } => {
                    let outcome = shared.place(&entry.batch, sequence, received_at);
                    if let Err(error) = &outcome {
                        shared.stop_writing(error);
                    }
                    entry.ticket.settle(outcome);
                }
            }
        }
    }
}
