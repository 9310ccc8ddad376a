//! A message that holds only events: what becomes of it.

use std::sync::Arc;

use formats::Format;
use jiff::Timestamp;
use model::finding::Finding;
use serde::{Deserialize, Serialize};
use store::events::{Answer, Counts, Told};
use store::raw::RawBook;
use store::registry::directory::Directory;
use store::registry::quarantine::QuarantineEntry;
use store::registry::schema::Found;

use super::lane::EventsFailure;
use super::reading::EventReader;
use super::settings::Rules;
use crate::admitter::Rejected;
use crate::feeds::Feeds;
use crate::intake::{Message, ToldFinding};
use crate::inventory::{self, ReadError};
use crate::malformed::Malformed;
use crate::quarantine;
use crate::schema::Agreed;

/// Findings that the answer to a sender repeats.
const ANSWER_FINDINGS_MAX: usize = 100;

/// What became of the events of a message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventCounts {
    /// How many it told.
    pub told: u64,
    /// Those that nobody had told before.
    pub fresh: u64,
    /// Those that were known from another report.
    pub joined: u64,
    /// Those that the same source had told in the same words.
    pub repeated: u64,
    /// Those whose type is not understood; they are kept.
    pub unmapped: u64,
    /// Those of devices that the registry does not know; they are kept.
    pub unknown_device: u64,
    /// Those whose time is doubted; they are kept.
    pub doubtful: u64,
}

impl EventCounts {
    /// With what the book counted.
    pub(crate) fn with(self, counts: &Counts) -> Self {
        let Counts { told, fresh, joined, repeated } = *counts;
        Self { told, fresh, joined, repeated, ..self }
    }

    /// Whether there was no event.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// The answer to the sender of a message of events.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventsReceipt {
    /// Content hash, hexadecimal; the identity of the message.
    pub hash: String,
    /// The format that was recognised.
    pub format: Option<String>,
    /// Whether any of it could be used.
    pub accepted: bool,
    /// Whether the same bytes were taken before and this is the first answer again.
    pub repeated: bool,
    /// What became of the events.
    pub events: EventCounts,
    /// Events that could not be read and wait in quarantine.
    pub malformed: u64,
    /// How many findings there are.
    pub findings_count: u64,
    /// The first findings.
    pub findings: Vec<ToldFinding>,
}

impl EventsReceipt {
    /// The answer that was kept, with what the book counted.
    pub(crate) fn of(answer: &Answer) -> Option<Self> {
        let kept: Self = serde_json::from_str(&answer.note).ok()?;
        Some(Self { events: kept.events.with(&answer.counts), repeated: answer.is_repeated, ..kept })
    }

    fn as_note(&self) -> String {
        serde_json::to_string(self).expect("a receipt has only texts and numbers")
    }
}

/// A message that was read and whose bytes are kept: what is put away and what is told of it.
pub(crate) struct Prepared {
    pub(crate) quarantine: Vec<QuarantineEntry>,
    /// What is not as was agreed with the source.
    pub(crate) differences: Vec<Found>,
    pub(crate) outcome: Outcome,
}

/// What comes of a message.
pub(crate) enum Outcome {
    /// Events to append.
    Told(Box<Told>),
    /// Nothing of it can be used.
    Refused(EventsReceipt),
}

/// What a message is read with.
pub(crate) struct Desk {
    pub(crate) raw: Arc<RawBook>,
    pub(crate) rules: Arc<Rules>,
    pub(crate) directory: Arc<Directory>,
    pub(crate) feeds: Feeds,
    pub(crate) agreed: Option<Agreed>,
}

impl Desk {
    /// Keeps the bytes of a message and reads it.
    pub(crate) fn prepare(
        &self,
        message: &Message,
        bytes: &[u8],
        hash: &str,
        now: Timestamp,
    ) -> Result<Prepared, EventsFailure> {
        let raw = self.raw.keep(bytes)?;
        let corrections = self.feeds.corrections(&message.source);
        let mut reader =
            EventReader::new(&self.rules, &self.directory, &message.source, now).with_corrections(corrections);
        let read = inventory::read(&mut &bytes[..], message.format, &message.options, &mut reader);
        let read = read.and_then(|format| only_events(format, &reader).map_or(Ok(format), Err));
        let mut receipt = EventsReceipt { hash: hash.to_owned(), accepted: true, ..EventsReceipt::default() };
        let (format, refused) = match read {
            Ok(format) => (Some(format), None),
            Err(ReadError { format, finding }) => (format, Some(finding)),
        };
        receipt.format = format.map(|format| format.name().into());
        let differences = self.agreed.as_ref().zip(format).map(|(agreed, format)| agreed.differences(format, bytes));
        let differences = differences.unwrap_or_default();
        if let Some(finding) = refused {
            let rejected =
                Rejected { item: 0, channel: message.name.clone(), finding, readings: 0, other_length: None };
            let quarantine = vec![quarantine::entry(message, raw, hash, &rejected)];
            let findings = vec![ToldFinding::from(&rejected.finding)];
            let receipt = EventsReceipt { accepted: false, findings_count: 1, findings, ..receipt };
            return Ok(Prepared { quarantine, differences, outcome: Outcome::Refused(receipt) });
        }
        self.feeds.came(&message.source, now, reader.stamped());
        let malformed: Vec<Malformed> = reader.malformed.into_values().collect();
        let quarantine =
            malformed.iter().map(|malformed| quarantine::malformed(message, raw, hash, malformed)).collect();
        receipt.malformed = malformed.iter().map(|malformed| malformed.count).sum();
        receipt.findings_count = reader.findings_count;
        let places = malformed.iter().flat_map(|malformed| &malformed.places);
        receipt.findings = places.chain(&reader.findings).take(ANSWER_FINDINGS_MAX).map(ToldFinding::from).collect();
        receipt.events = reader.counts;
        let told = Told {
            hash: hash.to_owned(),
            source: message.source.clone(),
            name: message.name.clone(),
            raw: raw.to_string(),
            received_at: now,
            events: reader.events,
            position: message.position.clone(),
            note: Some(receipt.as_note()),
            earlier: Counts::default(),
        };
        Ok(Prepared { quarantine, differences, outcome: Outcome::Told(Box::new(told)) })
    }
}

/// Why a message with readings is refused: here they would be lost.
fn only_events(format: Format, reader: &EventReader<'_>) -> Option<ReadError> {
    let message = "the message holds readings; send it to /api/v1/readings, which takes both";
    let finding = || Finding::new(1, "MeterReading", "event.readings", message);
    (0 < reader.readings).then(|| ReadError { format: Some(format), finding: finding() })
}
