//! Bytes as received: kept in the raw book and read once, so that it is known whether they can be trusted.

use std::io::{self, Read};

use formats::{Format, Sink};
use model::event::EndDeviceEvent;
use model::finding::Finding;
use model::reading::{ChannelReadings, MessageHeader};
use store::raw::{Error as RawError, RawBook, RawId, RawWriter};

use super::{IntakeError, Message};
use crate::files;
use crate::inventory::{self, ReadError};

/// Messages up to this size are read from memory the second time, longer ones from the raw book.
const MEMORY_BYTES_MAX: usize = 32 << 20;
/// Sets bytes that could not be read to their end apart from a whole message that has no others.
const CUT_OFF: &[u8] = b"\0cut off";

/// A message whose bytes are kept.
pub(super) struct Spooled {
    /// Content hash; the identity of the message. Bytes that could not be read to their end have one of their own.
    pub(super) hash: [u8; 32],
    /// Where the bytes are.
    pub(super) raw: RawId,
    /// How many there are.
    pub(super) length: u64,
    /// The format, or why the bytes cannot be used.
    pub(super) survey: Result<Format, ReadError>,
    /// Whether it tells of events.
    pub(super) has_events: bool,
    /// Whether the bytes were kept before and are taken in again for replay.
    pub(super) again: bool,
    in_memory: Option<Vec<u8>>,
}

impl Spooled {
    /// The hash in hexadecimal.
    pub(super) fn hash_text(&self) -> String {
        blake3::Hash::from_bytes(self.hash).to_hex().to_string()
    }

    /// The first so many bytes.
    pub(super) fn beginning(&self, raw: &RawBook, count: usize) -> Result<Vec<u8>, IntakeError> {
        if let Some(bytes) = &self.in_memory {
            return Ok(bytes[..count.min(bytes.len())].to_vec());
        }
        let mut beginning = Vec::new();
        let bytes = raw.read(self.raw).map_err(IntakeError::Raw)?;
        bytes.take(count as u64).read_to_end(&mut beginning).map_err(IntakeError::Read)?;
        Ok(beginning)
    }

    /// Reads the bytes once more, into a sink.
    pub(super) fn read(
        &self,
        raw: &RawBook,
        message: &Message,
        format: Format,
        sink: &mut dyn Sink,
    ) -> Result<Result<Format, ReadError>, IntakeError> {
        if let Some(bytes) = &self.in_memory {
            return Ok(inventory::read(&mut bytes.as_slice(), Some(format), &message.options, sink));
        }
        let mut bytes = raw.read(self.raw).map_err(IntakeError::Raw)?;
        Ok(inventory::read(&mut bytes, Some(format), &message.options, sink))
    }
}

/// A message that was read and is not kept yet.
pub(super) struct Arrived<'a> {
    /// Content hash.
    pub(super) hash: [u8; 32],
    raw: RawWriter<'a>,
    length: u64,
    survey: Result<Format, ReadError>,
    has_events: bool,
    in_memory: Option<Vec<u8>>,
}

impl Arrived<'_> {
    /// Keeps the bytes; when this returns they are durable.
    pub(super) fn keep(self) -> Result<Spooled, IntakeError> {
        let Self { hash, raw, length, survey, has_events, in_memory } = self;
        let raw = raw.finish().map_err(IntakeError::Raw)?;
        Ok(Spooled { hash, raw, length, survey, has_events, again: false, in_memory })
    }

    /// Forgets the bytes, which are kept already.
    pub(super) fn forget(self) -> Result<(), IntakeError> {
        self.raw.discard().map_err(IntakeError::Raw)
    }
}

/// Reads a message to its end, on the way into the raw book.
pub(super) fn read<'a>(raw: &'a RawBook, message: &Message, bytes: &mut dyn Read) -> Result<Arrived<'a>, IntakeError> {
    let mut tee = Tee {
        inner: bytes,
        raw: raw.begin().map_err(IntakeError::Raw)?,
        hasher: blake3::Hasher::new(),
        length: 0,
        in_memory: Some(Vec::new()),
        failure: None,
    };
    let (survey, has_events) = survey(message, &mut tee);
    // A refused message is kept whole all the same; a source that cannot be read further is kept as far as it goes.
    let drained = io::copy(&mut tee, &mut io::sink());
    if let Some(failure) = tee.failure {
        return Err(IntakeError::Raw(failure));
    }
    let survey = match (survey, drained) {
        (survey, Ok(_)) => survey,
        (Ok(_), Err(error)) => return Err(IntakeError::Read(error)),
        (Err(ReadError { format, .. }), Err(error)) => Err(ReadError { format, finding: files::unreadable(&error) }),
    };
    if survey.as_ref().is_err_and(|error| error.finding.code == files::UNREADABLE) {
        tee.hasher.update(CUT_OFF);
    }
    let hash = *tee.hasher.finalize().as_bytes();
    Ok(Arrived { hash, raw: tee.raw, length: tee.length, survey, has_events, in_memory: tee.in_memory })
}

/// A message whose bytes were kept before.
pub(super) fn kept(raw: &RawBook, message: &Message, id: RawId) -> Result<Spooled, IntakeError> {
    let mut hasher = blake3::Hasher::new();
    let mut bytes = raw.read(id).map_err(IntakeError::Raw)?;
    let length = io::copy(&mut bytes, &mut hasher).map_err(IntakeError::Read)?;
    let mut bytes = raw.read(id).map_err(IntakeError::Raw)?;
    let (survey, has_events) = survey(message, &mut bytes);
    let hash = *hasher.finalize().as_bytes();
    Ok(Spooled { hash, raw: id, length, survey, has_events, again: true, in_memory: None })
}

/// Reads the bytes to their end; tells their format and whether there are events in them.
fn survey(message: &Message, bytes: &mut dyn Read) -> (Result<Format, ReadError>, bool) {
    let mut survey = Survey { has_events: false };
    let read = inventory::read(bytes, message.format, &message.options, &mut survey);
    (read, survey.has_events)
}

/// Takes everything and keeps nothing.
struct Survey {
    has_events: bool,
}

impl Sink for Survey {
    fn message(&mut self, _header: &MessageHeader) {}
    fn readings(&mut self, _readings: &ChannelReadings) {}
    fn event(&mut self, _event: &EndDeviceEvent) {
        self.has_events = true;
    }
    fn finding(&mut self, _finding: Finding) {}
}

/// Gives bytes on and keeps them on the way.
struct Tee<'r, 'b> {
    inner: &'b mut dyn Read,
    raw: RawWriter<'r>,
    hasher: blake3::Hasher,
    length: u64,
    in_memory: Option<Vec<u8>>,
    failure: Option<RawError>,
}

impl Read for Tee<'_, '_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        let bytes = &buffer[..count];
        if let Err(failure) = self.raw.write(bytes) {
            self.failure = Some(failure);
            return Err(io::Error::other("the raw bytes could not be kept"));
        }
        self.hasher.update(bytes);
        self.length += count as u64;
        if let Some(kept) = &mut self.in_memory {
            if kept.len() + count <= MEMORY_BYTES_MAX {
                kept.extend_from_slice(bytes);
            } else {
                self.in_memory = None;
            }
        }
        Ok(count)
    }
}
