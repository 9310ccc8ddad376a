//! What is read from the events book.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use model::event::EndDeviceEventType;
use model::event::report::Subject;
use model::id::{MeterId, Name, UsagePointId};
use serde::Serialize;
use smol_str::SmolStr;

use crate::registry::RegistryError;
use crate::sql::{Row, text_enum};

text_enum! {
    /// Whether it is known whose event it is.
    pub enum EventState {
        /// Of a meter or usage point of the registry.
        Known = "known",
        /// Of a device that the registry does not know; looked for again when the registry changes.
        UnknownDevice = "unknown_device",
    }
}

/// Something that happened, once, however many told it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Its number in the order of arrival; the cursor of the feed.
    pub sequence: u64,
    /// What happened; `None` where the words of the source are not understood.
    pub event_type: Option<EndDeviceEventType>,
    /// The device, or else the usage point, in the words of who told it first.
    pub device: Option<Name>,
    /// The meter, where it is known.
    pub meter: Option<MeterId>,
    /// The usage point, where it is known.
    pub usage_point: Option<UsagePointId>,
    /// Whether it is known whose event it is.
    pub state: EventState,
    /// When, by the earliest report; `None` where nobody said.
    pub occurred_at: Option<Timestamp>,
    /// Its place among others: when it occurred, or was received where that time is doubted.
    pub ordered_at: Timestamp,
    /// When it was first received.
    pub received_at: Timestamp,
    /// Every report of it, by time.
    pub reports: Vec<EventReport>,
}

/// What one source told of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventReport {
    /// Who told it.
    pub source: SmolStr,
    /// The source's own identity of it; empty where it has none.
    pub source_id: SmolStr,
    /// Its type in the words of the source.
    pub told_type: SmolStr,
    /// Its time as the source told it.
    pub told_at: Option<Timestamp>,
    /// The same, corrected.
    pub occurred_at: Option<Timestamp>,
    /// When it was received.
    pub received_at: Timestamp,
    /// Whether its time is doubted.
    pub is_doubtful: bool,
    /// Where the bytes of its message are kept.
    pub raw: SmolStr,
    /// One-based line of the message.
    pub line: u64,
    /// Severity as the source told it.
    pub severity: SmolStr,
    /// Reason as the source told it.
    pub reason: SmolStr,
    /// Status as the source told it.
    pub status: SmolStr,
    /// Everything else the source said.
    pub details: Vec<(SmolStr, SmolStr)>,
}

/// Which events; an empty list leaves nothing out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Their types.
    pub types: Vec<EndDeviceEventType>,
    /// Told by one of these.
    pub sources: Vec<String>,
    /// Of one of these devices.
    pub devices: Vec<Subject>,
}

/// The place of an event in the order of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Its time.
    pub ordered_at: Timestamp,
    /// Its number.
    pub sequence: u64,
}

impl fmt::Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}-{}", self.ordered_at.as_microsecond(), self.sequence)
    }
}

/// The text is not the place of an event.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected the place of an event, found `{0}`")]
pub struct InvalidPlace(pub SmolStr);

impl FromStr for Place {
    type Err = InvalidPlace;

    fn from_str(text: &str) -> Result<Self, InvalidPlace> {
        let parsed = text.rsplit_once('-').and_then(|(at, sequence)| {
            let ordered_at = Timestamp::from_microsecond(at.parse().ok()?).ok()?;
            Some(Self { ordered_at, sequence: sequence.parse().ok()? })
        });
        parsed.ok_or_else(|| InvalidPlace(text.into()))
    }
}

impl Event {
    /// Its place in the order of time.
    pub const fn place(&self) -> Place {
        Place { ordered_at: self.ordered_at, sequence: self.sequence }
    }
}

/// How many events of a type an hour has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HourCount {
    /// The begin of the hour, UTC.
    pub hour: Timestamp,
    /// The type; `None` for words that are not understood.
    pub event_type: Option<EndDeviceEventType>,
    /// How many.
    pub count: u64,
}

/// Words of a source that are not understood.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Unmapped {
    /// The source.
    pub source: String,
    /// Its words.
    pub told_type: String,
    /// How many reports use them.
    pub count: u64,
    /// When they were first received.
    pub first: Timestamp,
    /// When they were last received.
    pub last: Timestamp,
}

pub(super) fn event(row: &Row) -> Result<Event, RegistryError> {
    let event_type: String = row.get("event_type")?;
    let name = Name {
        authority: text(row, "device_authority")?,
        kind: text(row, "device_kind")?,
        value: text(row, "device_name")?,
    };
    Ok(Event {
        sequence: row.number("sequence")?,
        event_type: if event_type.is_empty() { None } else { Some(row.parsed("event_type")?) },
        device: Some(name).filter(|name| !name.value.is_empty()),
        meter: row.parsed_or_null("meter")?,
        usage_point: row.parsed_or_null("usage_point")?,
        state: row.parsed("state")?,
        occurred_at: row.instant_or_null("occurred_at")?,
        ordered_at: row.instant("ordered_at")?,
        received_at: row.instant("received_at")?,
        reports: Vec::new(),
    })
}

pub(super) fn report(row: &Row) -> Result<EventReport, RegistryError> {
    let details: String = row.get("details")?;
    Ok(EventReport {
        source: text(row, "source")?,
        source_id: text(row, "source_id")?,
        told_type: text(row, "told_type")?,
        told_at: row.instant_or_null("told_at")?,
        occurred_at: row.instant_or_null("occurred_at")?,
        received_at: row.instant("received_at")?,
        is_doubtful: row.number::<u8>("is_doubtful")? != 0,
        raw: text(row, "raw")?,
        line: row.number("line")?,
        severity: text(row, "severity")?,
        reason: text(row, "reason")?,
        status: text(row, "status")?,
        details: if details.is_empty() {
            Vec::new()
        } else {
            serde_json::from_str(&details).map_err(|_| RegistryError::Damaged { column: "details", text: details })?
        },
    })
}

/// Whose an event is. `device` is its name with who gives it.
pub(super) fn subject(
    state: EventState,
    meter: Option<MeterId>,
    usage_point: Option<UsagePointId>,
    (authority, name): (SmolStr, SmolStr),
    source: &str,
) -> Subject {
    match (state, meter, usage_point) {
        (EventState::Known, Some(meter), _) => Subject::Meter(meter),
        (EventState::Known, None, Some(point)) => Subject::UsagePoint(point),
        _ => Subject::unknown(Some(&Name { authority, kind: SmolStr::default(), value: name }), source),
    }
}

pub(super) fn text(row: &Row, column: &'static str) -> Result<SmolStr, RegistryError> {
    Ok(row.get::<String>(column)?.into())
}
