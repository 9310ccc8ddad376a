//! The driver of the way up: keeps the raw bytes, admits, commits, answers.
//!
//! The order is what makes an acknowledgement true: raw bytes are synced, then quarantine, then readings with dedup
//! key, position and answer in one commit; events go to their own book before the readings; only then does
//! [`Intake::take`] return. A crash before that leaves nothing acknowledged, and taking the same bytes again is harmless at
//! every point.

mod agreement;
mod events;
mod keys;
mod message;
mod outcome;
mod past;
mod spool;

use std::io::{self, Read};
use std::sync::Arc;

use formats::{Format, Sink};
use headend::clock::Stamped;
use jiff::Timestamp;
use model::event::EndDeviceEvent;
use model::finding::{Finding, Severity};
use model::reading::{ChannelReadings, MessageHeader};
use model::review::Refusal;
use smol_str::SmolStr;
use store::raw::{Error as RawError, InvalidRawId, RawBook, RawId};
use store::readings::{Batch, ReadingsBook, Receipt as Commit};
use store::registry::batch::Batch as BatchNote;
use store::registry::directory::Directory;
use store::registry::quarantine::{QuarantineItem, QuarantineState};
use store::registry::{Registry, RegistryError};
use tokio::runtime::Handle;

use crate::admission::{Brought, Lacking, Limits};
use crate::admitter::Admitter;
use crate::events::{EventsFailure, EventsLane};
use crate::feeds::Feeds;
use crate::flags::FlagMaps;
use crate::inventory::ReadError;
use crate::quarantine::{self, Settlement};
use crate::registration::{self, UnknownChannels, Unregistered};
use crate::schema::Watch;
use keys::{NO_KEY, attempt_key, older_key, part_key};
use outcome::{Counts, Outcome};
use spool::Spooled;

pub use message::{Asked, Message, OTHER_OPTIONS, Receipt, ToldFinding, Unknown};

/// Readings that are committed together at the most; longer messages take several commits.
const COMMIT_READINGS: u64 = 1 << 20;
/// Findings that the answer to a sender repeats.
const ANSWER_FINDINGS_MAX: usize = 100;

/// The books that intake writes to.
#[derive(Clone)]
pub struct Books {
    /// Readings.
    pub readings: Arc<ReadingsBook>,
    /// Bytes as received.
    pub raw: Arc<RawBook>,
    /// Master data, quarantine, history.
    pub registry: Registry,
}

/// Why a message could not be taken; nothing of it is acknowledged.
#[derive(Debug, thiserror::Error)]
pub enum IntakeError {
    /// The bytes could not be read from where they come.
    #[error("could not read the message")]
    Read(#[source] io::Error),
    /// The raw bytes could not be kept.
    #[error("could not keep the raw bytes")]
    Raw(#[source] RawError),
    /// A quarantined item does not say where its raw bytes are.
    #[error("the quarantined item does not say where its raw bytes are")]
    RawId(#[source] InvalidRawId),
    /// The readings could not be stored.
    #[error("could not store the readings")]
    Readings(#[source] store::readings::Error),
    /// Items that should wait in quarantine are not there: others have their places.
    #[error("{0} items of the message could not be put into quarantine, for their places are taken; take it again")]
    NotPutAway(u64),
    /// What was asked cannot be done; the caller has to change something.
    #[error(transparent)]
    Asked(#[from] Refusal),
    /// The registry could not answer or change.
    #[error("could not use the registry")]
    Registry(#[from] RegistryError),
    /// The events could not be stored.
    #[error("could not store the events")]
    Events(#[from] EventsFailure),
}

/// Takes messages in, one after the other.
pub struct Intake {
    books: Books,
    limits: Limits,
    flags: FlagMaps,
    zone: SmolStr,
    runtime: Handle,
    directory: Arc<Directory>,
    agreed: Watch,
    events: Option<EventsLane>,
}

impl Intake {
    /// An intake over open books; `zone` is the zone of channels registered without one.
    ///
    /// # Errors
    /// [`IntakeError::Registry`].
    pub fn new(books: Books, limits: Limits, zone: SmolStr, runtime: Handle) -> Result<Self, IntakeError> {
        let directory = runtime.block_on(books.registry.directory())?;
        let (flags, agreed) = (FlagMaps::default(), Watch::default());
        Ok(Self { books, limits, flags, zone, runtime, directory, agreed, events: None })
    }

    /// The same, with the maps that say what flags of sources mean.
    #[must_use]
    pub fn with_flags(self, flags: FlagMaps) -> Self {
        Self { flags, ..self }
    }

    /// The same, with where events go; without, they stay in the raw message only.
    #[must_use]
    pub fn with_events(self, events: EventsLane) -> Self {
        Self { events: Some(events), ..self }
    }

    /// Takes a message in; when this returns, everything the receipt says is durable.
    ///
    /// # Errors
    /// [`IntakeError`]: nothing is acknowledged, and the same message can be taken again.
    pub fn take(&mut self, message: &Message, bytes: &mut dyn Read, now: Timestamp) -> Result<Receipt, IntakeError> {
        let arrived = spool::read(&self.books.raw, message, bytes)?;
        if let Some(receipt) = self.first_answer(message, &arrived.hash)? {
            arrived.forget()?;
            self.go_on(message, now)?;
            return Ok(receipt);
        }
        let spooled = arrived.keep()?;
        Ok(self.admit(message, &spooled, now)?.receipt)
    }

    /// Takes kept bytes in again, whether or not they were answered before, and says what became of what waited.
    ///
    /// Readings without a revision of their source rank by the first arrival of the bytes, so that nothing that came since is
    /// undone.
    ///
    /// # Errors
    /// As [`Intake::take`].
    pub fn take_again(
        &mut self,
        message: &Message,
        raw: RawId,
        now: Timestamp,
    ) -> Result<(Receipt, Settlement), IntakeError> {
        let spooled = spool::kept(&self.books.raw, message, raw)?;
        let outcome = self.admit(message, &spooled, now)?;
        Ok((outcome.receipt, outcome.settlement))
    }

    /// Notes that items were tried again in vain, for the reason that they have.
    pub(crate) fn refuse_again(&self, items: &[&QuarantineItem]) -> Result<(), IntakeError> {
        let quarantine = self.books.registry.quarantine();
        Ok(self.runtime.block_on(async {
            for item in items {
                quarantine.refused_again(item.id, &item.entry).await?;
            }
            Ok::<_, RegistryError>(())
        })?)
    }

    /// What is known of the clocks of those who send.
    pub(crate) fn feeds(&self) -> Feeds {
        self.events.as_ref().map(|lane| lane.feeds().clone()).unwrap_or_default()
    }

    /// Waits for work of the registry.
    pub(crate) fn wait_for<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }

    /// The books.
    pub fn books(&self) -> &Books {
        &self.books
    }

    /// Keeps the position of a message of which nothing needs to be stored.
    fn go_on(&self, message: &Message, now: Timestamp) -> Result<(), IntakeError> {
        let readings = &self.books.readings;
        if message.position.is_empty() || readings.position(&message.source).as_deref() == Some(&message.position) {
            return Ok(());
        }
        let once = format!("{} at {now} after sequence {}", message.source, readings.sequence());
        let mut batch = Batch::new(&message.source, *blake3::hash(once.as_bytes()).as_bytes(), now.as_microsecond());
        batch.position.clone_from(&message.position);
        readings.append(batch).map(drop).map_err(IntakeError::Readings)
    }

    fn admit(&mut self, message: &Message, spooled: &Spooled, now: Timestamp) -> Result<Outcome, IntakeError> {
        self.directory = self.runtime.block_on(self.books.registry.directory())?;
        let mut outcome = Outcome::new(message, spooled, self.earlier(message, spooled)?);
        match &spooled.survey {
            Err(ReadError { format, finding }) => {
                outcome.receipt.format = format.map(|format| format.name().into());
                outcome.refuse(message, finding);
            }
            Ok(format) => {
                outcome.receipt.format = Some(format.name().into());
                let mut unregistered = Unregistered::default();
                if message.unknown == Unknown::Register {
                    let told;
                    (outcome.receipt.registered, unregistered, told) =
                        self.register_unknown(message, spooled, *format)?;
                    outcome.receipt.findings_count += told.len() as u64;
                    outcome.findings.extend(told);
                }
                // Before the readings, whose commit answers the message: a crash between repeats them harmlessly.
                if let Some(lane) = self.events.as_ref().filter(|_| spooled.has_events) {
                    self.take_events(lane, message, spooled, *format, now, &mut outcome)?;
                }
                self.admit_pieces(message, spooled, *format, unregistered, now, &mut outcome)?;
            }
        }
        self.quarantine(message, spooled, &mut outcome, now)?;
        self.commit_last(message, spooled, now, &mut outcome)?;
        self.runtime.block_on(async {
            let released = &outcome.settlement.released;
            let closing = quarantine::admitted(now);
            self.books.registry.quarantine().close(released, QuarantineState::Released, &closing).await?;
            self.books.registry.batches().add(&note(message, spooled, &outcome, now)).await
        })?;
        self.hold_against_agreed(message, spooled, now)?;
        Ok(outcome)
    }

    fn admit_pieces(
        &mut self,
        message: &Message,
        spooled: &Spooled,
        format: Format,
        unregistered: Unregistered,
        now: Timestamp,
        outcome: &mut Outcome,
    ) -> Result<(), IntakeError> {
        let book = &self.books.readings;
        let mut lacking = Lacking::default();
        if self.limits.refuse_missing_channels {
            let mut brought = Brought::new(&self.directory);
            // The survey has read these bytes to the end, so their content is not refused now.
            let _ = spooled.read(&self.books.raw, message, format, &mut brought)?;
            lacking = brought.lacking();
        }
        let admitter = Admitter::new(&self.directory, book, &self.limits, &message.source, now)
            .with_flags(self.flags.of_source(&message.source))
            .with_unregistered(unregistered)
            .with_lacking(lacking)
            .first_received_at(outcome.earlier.first_received_at);
        let events_are_kept = self.events.is_some();
        let committed = Counts::default();
        let mut sink = Committing {
            admitter,
            book,
            message,
            spooled,
            now,
            events_are_kept,
            committed,
            written: None,
            failure: None,
        };
        let read = spooled.read(&self.books.raw, message, format, &mut sink)?;
        // With events their way tells it.
        if !spooled.again && !spooled.has_events {
            self.feeds().came(&message.source, now, Stamped::of(now, sink.written, &[]));
        }
        if let Some(error) = sink.failure {
            return Err(IntakeError::Readings(error));
        }
        let mut admitter = sink.admitter;
        admitter.note_whole_message();
        outcome.counts = sink.committed;
        outcome.receipt.findings_count += admitter.findings_count;
        outcome.findings.extend(admitter.findings);
        outcome.rejected.extend(admitter.rejected.into_values());
        outcome.malformed.extend(admitter.malformed.into_values());
        outcome.batch = admitter.batch;
        if let Err(ReadError { finding, .. }) = read {
            outcome.refuse(message, &finding);
        }
        Ok(())
    }

    /// Registers the channels of a message that the registry does not know; answers how many, why not the others, and which of
    /// them measure what another one does.
    fn register_unknown(
        &mut self,
        message: &Message,
        spooled: &Spooled,
        format: Format,
    ) -> Result<(u64, Unregistered, Vec<Finding>), IntakeError> {
        let zone = match (format, &message.zone) {
            // NEM12 knows one time, UTC+10 without daylight saving, in which its days begin.
            (Format::Nem12 | Format::Nem13, _) => SmolStr::new_static("+10:00"),
            (_, Some(zone)) => zone.clone(),
            _ => self.zone.clone(),
        };
        let mut unknown = UnknownChannels::new(&self.directory, zone);
        // The survey has read these bytes to the end, so their content is not refused now.
        let _ = spooled.read(&self.books.raw, message, format, &mut unknown)?;
        let entries = unknown.into_entries();
        let told = entries.iter().filter_map(|entry| registration::second_length(&self.directory, entry)).collect();
        let mut unregistered = Unregistered::default();
        let registered = registration::register(&self.books.registry, &self.runtime, &entries, &mut unregistered)?;
        if 0 < registered {
            self.directory = self.runtime.block_on(self.books.registry.directory())?;
        }
        Ok((registered, unregistered, told))
    }

    fn quarantine(
        &self,
        message: &Message,
        spooled: &Spooled,
        outcome: &mut Outcome,
        now: Timestamp,
    ) -> Result<(), IntakeError> {
        outcome.rejected.sort_by_key(|rejected| rejected.item);
        outcome.malformed.sort_by_key(|malformed| malformed.item);
        let hash = spooled.hash_text();
        let rejected = outcome.rejected.iter().map(|rejected| quarantine::entry(message, spooled.raw, &hash, rejected));
        let malformed = outcome.malformed.iter();
        let malformed = malformed.map(|malformed| quarantine::malformed(message, spooled.raw, &hash, malformed));
        let entries = rejected.chain(malformed).collect();
        let waits = outcome.rejected.iter().filter_map(|rejected| quarantine::interval_wait(&hash, rejected));
        let waits: Vec<_> = waits.collect();
        outcome.settlement = Settlement::of(&outcome.earlier.items, entries, outcome.receipt.accepted);
        self.runtime.block_on(async {
            if !waits.is_empty() {
                self.books.registry.interval_waits().add(&waits).await?;
            }
            let quarantine = self.books.registry.quarantine();
            let new = &outcome.settlement.new;
            if !new.is_empty() {
                let added = quarantine.add(new, now).await?;
                let left = (new.len() as u64).saturating_sub(added);
                if 0 < left {
                    return Err(IntakeError::NotPutAway(left));
                }
            }
            for (id, entry) in &outcome.settlement.refused_again {
                quarantine.refused_again(*id, entry).await?;
            }
            Ok(())
        })
    }

    fn commit_last(
        &self,
        message: &Message,
        spooled: &Spooled,
        now: Timestamp,
        outcome: &mut Outcome,
    ) -> Result<(), IntakeError> {
        outcome.tell_findings();
        let mut batch = std::mem::take(&mut outcome.batch);
        let admitted = outcome.counts.all() + batch.versions();
        if 0 < admitted || outcome.has_nothing_waiting() {
            batch.key = if outcome.earlier.is_stored { NO_KEY } else { spooled.hash };
        } else if !spooled.again {
            batch.key = attempt_key(message, &spooled.hash);
        }
        // What was there before is known after the commit and noted then: the kept answer says how many there are in all.
        let kept = Receipt { replaced: admitted, ..outcome.receipt.clone() };
        batch.answer = serde_json::to_vec(&kept).expect("a receipt has only texts and numbers");
        batch.position.clone_from(&message.position);
        let committed = commit(&self.books.readings, message, spooled, now, batch).map_err(IntakeError::Readings)?;
        outcome.counts.add(&committed);
        outcome.receipt.stored = outcome.counts.stored;
        outcome.receipt.duplicates = outcome.counts.duplicates;
        outcome.receipt.replaced = outcome.counts.replaced;
        outcome.receipt.older = outcome.counts.older;
        if 0 < outcome.counts.older && !outcome.earlier.is_stored {
            let answer = serde_json::to_vec(&outcome.counts.older).expect("a number");
            let mut note = Batch::new("", older_key(&spooled.hash), 0);
            note.answer = answer;
            commit(&self.books.readings, message, spooled, now, note).map_err(IntakeError::Readings)?;
        }
        Ok(())
    }
}

/// Commits what the admitter has whenever it is enough.
struct Committing<'a> {
    admitter: Admitter<'a>,
    book: &'a ReadingsBook,
    message: &'a Message,
    spooled: &'a Spooled,
    now: Timestamp,
    events_are_kept: bool,
    committed: Counts,
    /// When the message was written, by its source.
    written: Option<Timestamp>,
    failure: Option<store::readings::Error>,
}

impl Sink for Committing<'_> {
    fn message(&mut self, header: &MessageHeader) {
        self.written = self.written.max(header.timestamp);
    }

    fn readings(&mut self, readings: &ChannelReadings) {
        if self.failure.is_some() {
            return;
        }
        self.admitter.admit(readings);
        if COMMIT_READINGS <= self.admitter.batch.readings() {
            let batch = self.admitter.take_batch();
            match commit(self.book, self.message, self.spooled, self.now, batch) {
                Ok(receipt) => self.committed.add(&receipt),
                Err(error) => self.failure = Some(error),
            }
        }
    }

    fn event(&mut self, event: &EndDeviceEvent) {
        if self.events_are_kept {
            return;
        }
        let message =
            format!("event {} is kept with the raw message; this intake has no book for it", event.event_type);
        let finding = Finding::new(event.line, "EndDeviceEvent", "event.kept", message);
        self.admitter.note(finding.with_severity(Severity::Note));
    }

    fn finding(&mut self, finding: Finding) {
        self.admitter.note_read(finding);
    }
}

/// Commits a part of a message; only the last one carries the key of the message (V18).
fn commit(
    book: &ReadingsBook,
    message: &Message,
    spooled: &Spooled,
    now: Timestamp,
    mut batch: Batch,
) -> Result<Commit, store::readings::Error> {
    batch.source.clone_from(&message.source);
    batch.received_at = now.as_microsecond();
    if batch.key == NO_KEY {
        batch.key = part_key(&spooled.hash_text(), now, book.sequence());
    }
    book.append(batch)
}

fn note(message: &Message, spooled: &Spooled, outcome: &Outcome, now: Timestamp) -> BatchNote {
    let receipt = &outcome.receipt;
    // A replay is an event of its own in the history, unless it is the first that stores anything.
    let hash =
        if outcome.earlier.is_stored { format!("{} again at {now}", receipt.hash) } else { receipt.hash.clone() };
    BatchNote {
        hash,
        source: message.source.clone(),
        path: message.name.clone(),
        format: receipt.format.clone(),
        raw: spooled.raw.to_string(),
        bytes: spooled.length,
        stored: receipt.stored,
        duplicates: receipt.duplicates,
        quarantined: receipt.quarantined,
        findings: receipt.findings_count,
        received_at: now,
    }
}
