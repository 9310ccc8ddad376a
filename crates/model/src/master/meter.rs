//! Meters: the devices (CIM Meter, an EndDevice).

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use crate::id::{MeterId, Name};

/// A physical meter. Where it is, is a dated link ([`MeterInstallations`](super::MeterInstallations)).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Meter {
    /// Its identity.
    pub id: MeterId,
    /// What other systems call it.
    pub names: Vec<Name>,
    /// The maker's number on its plate.
    pub serial_number: SmolStr,
    /// Who made it; empty where unknown.
    pub manufacturer: SmolStr,
    /// The maker's model; empty where unknown.
    pub model: SmolStr,
    /// Firmware version as the head-end reports it; empty where unknown.
    pub firmware: SmolStr,
    /// The head-end that talks to it; empty where it is read by hand.
    pub head_end: SmolStr,
}
