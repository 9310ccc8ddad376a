//! What one source told of one event: what is looked at to know whether two reports mean the same.

use std::fmt;

use jiff::Timestamp;
use smol_str::SmolStr;

use super::EndDeviceEventType;
use crate::id::{MeterId, Name, UsagePointId};

/// Who an event is of, as sure as it is known.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Subject {
    /// A meter of the registry, whatever the source calls it.
    Meter(MeterId),
    /// A usage point of the registry; the source named no meter, and none or several were there.
    UsagePoint(UsagePointId),
    /// A device that the registry does not know. A name without an authority is one of its source only.
    Unknown {
        /// Who gives the name; the source where it does not say.
        authority: SmolStr,
        /// The name.
        name: SmolStr,
    },
}

impl Subject {
    /// A device that the registry does not know, as a source names it.
    pub fn unknown(name: Option<&Name>, source: &str) -> Self {
        let authority = name.map(|name| name.authority.clone()).filter(|authority| !authority.is_empty());
        let value = name.map(|name| name.value.clone()).unwrap_or_default();
        Self::Unknown { authority: authority.unwrap_or_else(|| source.into()), name: value }
    }

    /// Whether the registry knows it.
    pub const fn is_known(&self) -> bool {
        !matches!(self, Self::Unknown { .. })
    }
}

/// What happened, where the words of the source are understood.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Meaning {
    /// An event type.
    Known(EndDeviceEventType),
    /// Words that no dialect explains, with the source that uses them.
    Unmapped {
        /// The source.
        source: SmolStr,
        /// Its code or name of the event.
        told: SmolStr,
    },
}

impl Meaning {
    /// The event type, where it is known.
    pub const fn event_type(&self) -> Option<EndDeviceEventType> {
        match self {
            Self::Known(event_type) => Some(*event_type),
            Self::Unmapped { .. } => None,
        }
    }
}

impl fmt::Display for Meaning {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Known(event_type) => event_type.fmt(out),
            Self::Unmapped { told, .. } => write!(out, "unmapped ({told})"),
        }
    }
}

/// What one source told of one event.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Report {
    /// Who it is of.
    pub subject: Subject,
    /// What happened.
    pub meaning: Meaning,
    /// When, by the clock of the device and corrected where its error is known; `None` where it was not said.
    pub occurred_at: Option<Timestamp>,
    /// Who told it.
    pub source: SmolStr,
    /// The source's own identity of it, an mRID or sequence number, another one for each event of a device; empty where it has none.
    pub source_id: SmolStr,
}

impl Report {
    /// Whether an event has the time and words of this report and not of another one of it: the earlier decides, one without a
    /// time comes last; then source and identity, so that one always does.
    pub fn leads(&self, other: &Self) -> bool {
        (self.occurred_at.is_none(), self.occurred_at, self) < (other.occurred_at.is_none(), other.occurred_at, other)
    }
}
