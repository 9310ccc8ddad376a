//! Events of a message that may hold readings as well: they go to their own book, long messages in parts.

use formats::{Format, Sink};
use jiff::Timestamp;
use model::event::EndDeviceEvent;
use model::finding::Finding;
use model::reading::{ChannelReadings, MessageHeader};
use store::events::{Answer, Counts, Told};

use super::message::Message;
use super::outcome::Outcome;
use super::spool::Spooled;
use super::{Intake, IntakeError};
use crate::events::reading::EventReader;
use crate::events::{EventsFailure, EventsLane, EventsReceipt};

/// Events that are committed together at the most.
const PART_EVENTS: usize = 5_000;

impl Intake {
    /// Stores the events of a message. The same ones again change nothing.
    pub(super) fn take_events(
        &self,
        lane: &EventsLane,
        message: &Message,
        spooled: &Spooled,
        format: Format,
        now: Timestamp,
        outcome: &mut Outcome,
    ) -> Result<(), IntakeError> {
        let corrections = lane.feeds().corrections(&message.source);
        let mut reader =
            EventReader::new(lane.rules(), &self.directory, &message.source, now).with_corrections(corrections);
        // The pass over the readings tells what the reader of the format finds.
        reader.keeps_findings = false;
        let mut parts = Parts { reader, lane, message, spooled, now, earlier: Counts::default(), failure: None };
        // The survey has read these bytes to the end, so their content is not refused now.
        let _ = spooled.read(&self.books.raw, message, format, &mut parts)?;
        if let Some(failure) = parts.failure.take() {
            return Err(failure.into());
        }
        let kept = EventsReceipt {
            hash: spooled.hash_text(),
            format: Some(format.name().into()),
            accepted: true,
            events: parts.reader.counts,
            ..EventsReceipt::default()
        };
        let answer = parts.append(Some(serde_json::to_string(&kept).expect("only texts and numbers")))?;
        let reader = parts.reader;
        if !spooled.again {
            lane.feeds().came(&message.source, now, reader.stamped());
        }
        outcome.receipt.events = reader.counts.with(&answer.counts);
        outcome.receipt.findings_count += reader.findings_count;
        outcome.findings.extend(reader.findings);
        outcome.malformed.extend(reader.malformed.into_values());
        Ok(())
    }
}

/// Gives events to their book whenever there are enough.
struct Parts<'a> {
    reader: EventReader<'a>,
    lane: &'a EventsLane,
    message: &'a Message,
    spooled: &'a Spooled,
    now: Timestamp,
    earlier: Counts,
    failure: Option<EventsFailure>,
}

impl Parts<'_> {
    fn append(&mut self, note: Option<String>) -> Result<Answer, EventsFailure> {
        let told = Told {
            hash: self.spooled.hash_text(),
            source: self.message.source.clone(),
            name: self.message.name.clone(),
            raw: self.spooled.raw.to_string(),
            received_at: self.now,
            events: std::mem::take(&mut self.reader.events),
            // The position is kept with the readings.
            position: String::new(),
            note,
            earlier: self.earlier,
        };
        self.lane.runtime().block_on(self.lane.append(told))
    }
}

impl Sink for Parts<'_> {
    fn message(&mut self, header: &MessageHeader) {
        self.reader.message(header);
    }

    fn readings(&mut self, _readings: &ChannelReadings) {}

    fn event(&mut self, event: &EndDeviceEvent) {
        if self.failure.is_some() {
            return;
        }
        self.reader.event(event);
        if PART_EVENTS <= self.reader.events.len() {
            match self.append(None) {
                Ok(answer) => self.earlier = answer.counts,
                Err(failure) => self.failure = Some(failure),
            }
        }
    }

    fn finding(&mut self, _finding: Finding) {}
}
