//! Device events: the 4-part type of IEC 61968-9 and one event as received.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use crate::id::Name;

/// `type.domain.subDomain.eventOrAction`, e.g. `3.26.0.85` (electric meter, power, failed).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct EndDeviceEventType {
    /// Device type: 3 electric meter, 4 gas meter, 24 water meter, 26 communication device.
    pub device: u16,
    /// Domain: 26 power, 12 security, 31 remote switch.
    pub domain: u16,
    /// Sub-domain, 0 where not applicable.
    pub sub_domain: u16,
    /// What happened: 85 failed, 216 restored.
    pub event_or_action: u16,
}

/// The text is not a 4-part event type.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a 4-part event type such as 3.26.0.85, found `{0}`")]
pub struct InvalidEventType(pub SmolStr);

impl FromStr for EndDeviceEventType {
    type Err = InvalidEventType;

    fn from_str(text: &str) -> Result<Self, InvalidEventType> {
        let mut parts = text.trim().split('.').map(str::parse::<u16>);
        match (parts.next(), parts.next(), parts.next(), parts.next(), parts.next()) {
            (Some(Ok(device)), Some(Ok(domain)), Some(Ok(sub_domain)), Some(Ok(event_or_action)), None) => {
                Ok(Self { device, domain, sub_domain, event_or_action })
            }
            _ => Err(InvalidEventType(text.into())),
        }
    }
}

impl fmt::Display for EndDeviceEventType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}.{}", self.device, self.domain, self.sub_domain, self.event_or_action)
    }
}

/// One event as a head-end told it (CIM EndDeviceEvent).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EndDeviceEvent {
    /// The sender's id of the event; `changed` messages repeat it.
    pub mrid: SmolStr,
    /// Occurrence by the device clock.
    pub created: Option<Timestamp>,
    /// What happened; unknown numbers are kept.
    pub event_type: EndDeviceEventType,
    /// The device, in the words of the source.
    pub device: Option<Name>,
    /// The usage point, in the words of the source.
    pub usage_point: Option<Name>,
    /// Issuing system and its tracking number.
    pub issuer: SmolStr,
    /// The issuer's tracking number.
    pub issuer_tracking: SmolStr,
    /// Free text reason.
    pub reason: SmolStr,
    /// Severity as written by the source.
    pub severity: SmolStr,
    /// Status value (`open`, `closed` ...).
    pub status: SmolStr,
    /// Name and value pairs.
    pub details: Vec<(SmolStr, SmolStr)>,
    /// One-based line of the input.
    pub line: u64,
}
