//! EndDeviceEvent elements.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use model::event::EndDeviceEvent;
use model::finding::{Finding, Severity};
use smol_str::SmolStr;

use super::owner::Owners;
use super::reading::shown;
use super::schema::Field;
use super::stamp::{StampError, moment};
use crate::Sink;

/// The event that is being parsed.
#[derive(Debug, Default)]
pub(super) struct Events {
    event: EndDeviceEvent,
    pub(super) owners: Owners,
    detail: (SmolStr, SmolStr),
    is_left_out: bool,
}

impl Events {
    pub(super) fn begin(&mut self, line: u64) {
        self.event = EndDeviceEvent { line, ..EndDeviceEvent::default() };
        self.owners = Owners::default();
        self.is_left_out = false;
    }

    pub(super) fn detail_ends(&mut self) {
        self.event.details.push(std::mem::take(&mut self.detail));
    }

    /// The type by its `ref` or mRID; other text is kept among the details.
    pub(super) fn event_type(&mut self, text: &str, line: u64, sink: &mut dyn Sink) {
        match text.parse() {
            Ok(event_type) => self.event.event_type = event_type,
            Err(error) => {
                self.event.details.push((SmolStr::new_static("EndDeviceEventType"), text.into()));
                let message = format!("{error}; the event is kept with the text among its details");
                let finding = Finding::new(line, "EndDeviceEventType", "cim.event_type", message);
                sink.finding(finding.with_severity(Severity::Warning));
            }
        }
    }

    /// A text of the event.
    pub(super) fn field(&mut self, field: Field, text: &str, line: u64, zone: Option<&TimeZone>, sink: &mut dyn Sink) {
        let event = &mut self.event;
        match field {
            Field::EventMrid => event.mrid = text.into(),
            Field::EventType => self.event_type(text, line, sink),
            // Fractions of a second tell events apart.
            Field::Created => match text.parse().or_else(|_| seconds(text, zone)) {
                Ok(created) => event.created = Some(created),
                Err(error) => {
                    self.is_left_out = true;
                    let message = format!("found `{}`, {error}; the event is left out", shown(text.as_bytes()));
                    sink.finding(Finding::new(line, field.name(), "cim.time", message));
                }
            },
            Field::Issuer => event.issuer = text.into(),
            Field::IssuerTracking => event.issuer_tracking = text.into(),
            Field::Reason => event.reason = text.into(),
            Field::Severity => event.severity = text.into(),
            Field::Status => event.status = text.into(),
            Field::DetailName => self.detail.0 = text.into(),
            Field::DetailValue => self.detail.1 = text.into(),
            _ => {}
        }
    }

    /// The event, whole; `None` where its time cannot be read, which was told.
    pub(super) fn end(&mut self, sink: &mut dyn Sink) -> Option<EndDeviceEvent> {
        let mut event = std::mem::take(&mut self.event);
        let owners = std::mem::take(&mut self.owners);
        event.device = owners.meter.name();
        event.usage_point = owners.usage_point.name();
        if self.is_left_out {
            return None;
        }
        if event.created.is_none() {
            let message = "the event has no createdDateTime that could be read, expected one";
            let finding = Finding::new(event.line, "createdDateTime", "1.7", message);
            sink.finding(finding.with_severity(Severity::Warning));
        }
        Some(event)
    }
}

fn seconds(text: &str, zone: Option<&TimeZone>) -> Result<Timestamp, StampError> {
    let moment = moment(text.as_bytes(), zone, None)?;
    Timestamp::from_second(moment.second).map_err(|_| StampError::Syntax)
}
