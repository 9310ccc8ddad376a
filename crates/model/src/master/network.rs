//! Usage points and the network that feeds them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use crate::id::{FeederId, Name, ServiceLocationId, TransformerId, UsagePointId};
use crate::quantity::Decimal;

/// Whether a usage point has a meter of its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UsagePointKind {
    /// Measured by meters.
    #[default]
    Metered,
    /// Estimated from an inventory (street lights).
    Unmetered,
    /// Computed from other usage points.
    Virtual,
}

/// A logical point of delivery (CIM UsagePoint). It never moves; meters, customers and feeders do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsagePoint {
    /// Its identity.
    pub id: UsagePointId,
    /// What other systems call it (NMI, service delivery point id).
    pub names: Vec<Name>,
    /// Whether it has a meter of its own.
    pub kind: UsagePointKind,
    /// Commodity number of the reading types: 1 electricity, 7 natural gas, 9 water.
    pub commodity: u16,
    /// Time zone (IANA name) that decides its days.
    pub zone: SmolStr,
}

/// Whether energy can flow at a usage point (CIM UsagePointConnectedKind, and what lies before and after its life).
/// Since when, is a dated value ([`ConnectionStates`](super::ConnectionStates)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ConnectionState {
    /// Energy can flow.
    Connected,
    /// Cut off upstream of the meter.
    PhysicallyDisconnected,
    /// Switched off by the meter.
    LogicallyDisconnected,
    /// Not installed yet, or closed down: there is nothing to read.
    Closed,
}

/// A text is none of the connection states.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected `connected`, `disconnected` (physically), `physically-disconnected`, `logically-disconnected` or \
     `closed`, found `{0}`"
)]
pub struct UnknownConnectionState(pub String);

impl ConnectionState {
    /// Its name, as people type it and as it is stored.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Connected => "connected",
            Self::PhysicallyDisconnected => "physically-disconnected",
            Self::LogicallyDisconnected => "logically-disconnected",
            Self::Closed => "closed",
        }
    }
}

impl fmt::Display for ConnectionState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl FromStr for ConnectionState {
    type Err = UnknownConnectionState;

    /// Takes the names, and `disconnected` for the physical one.
    fn from_str(text: &str) -> Result<Self, UnknownConnectionState> {
        Ok(match text {
            "connected" => Self::Connected,
            "disconnected" | "physically-disconnected" => Self::PhysicallyDisconnected,
            "logically-disconnected" => Self::LogicallyDisconnected,
            "closed" => Self::Closed,
            _ => return Err(UnknownConnectionState(text.to_owned())),
        })
    }
}

/// A place of service (CIM ServiceLocation).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceLocation {
    /// Its identity.
    pub id: ServiceLocationId,
    /// What other systems call it.
    pub names: Vec<Name>,
    /// The address as one line.
    pub address: SmolStr,
    /// Degrees north and east (WGS 84), where known.
    pub position: Option<(Decimal, Decimal)>,
}

/// A service transformer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transformer {
    /// Its identity.
    pub id: TransformerId,
    /// What other systems call it.
    pub names: Vec<Name>,
    /// Rated apparent power in kVA, where known.
    pub rated_kva: Option<Decimal>,
}

/// A distribution feeder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Feeder {
    /// Its identity.
    pub id: FeederId,
    /// What other systems call it.
    pub names: Vec<Name>,
    /// The substation that feeds it; empty where unknown.
    pub substation: SmolStr,
}
