//! Controls that Amity knows by name (EndDeviceControlType).
//!
//! The device type of a control should match the target, yet many head-ends send 0 or another one:
//! compare the last three parts.

use super::{EndDeviceEventType, NamedType, composed, seen};

/// The controls.
pub const CONTROLS: &[NamedType] = &[
    seen("Connect (close switch)", 3, 31, 0, 18),
    seen("Disconnect (open switch)", 3, 31, 0, 23),
    composed("Arm for closure", 3, 31, 0, 5),
    composed("Arm for opening", 3, 31, 0, 6),
    composed("Enable switch", 3, 31, 0, 26),
    composed("Disable switch", 3, 31, 0, 22),
    composed("Read switch status", 3, 31, 17, 46),
    composed("Set load limit", 3, 15, 139, 13),
    composed("Set emergency load limit", 3, 15, 138, 13),
    composed("Start load limiting", 3, 15, 139, 54),
    composed("Stop load limiting", 3, 15, 139, 55),
    composed("Start load control event", 16, 15, 0, 54),
    composed("Stop load control event", 16, 15, 0, 55),
    composed("Cancel one load control event", 16, 15, 43, 8),
    composed("Cancel all load control events", 16, 15, 148, 8),
    composed("Change thermostat set point", 19, 15, 101, 13),
    composed("Display text on IHD", 15, 13, 112, 77),
    composed("Cancel text on IHD", 15, 13, 112, 8),
    composed("Send price", 12, 20, 9, 13),
    composed("Send tariff", 3, 20, 140, 13),
    composed("Send TOU calendar", 3, 20, 121, 13),
    composed("Prepayment credit top-up", 3, 20, 81, 13),
    composed("Change prepayment rate", 3, 20, 86, 13),
    composed("Special-day calendar", 0, 20, 97, 13),
    composed("Open pairing window", 7, 10, 73, 54),
    composed("Register HAN device", 7, 23, 90, 54),
    composed("Remove HAN device", 7, 23, 90, 23),
    composed("Set clock", 3, 36, 114, 13),
    composed("Synchronise clock", 3, 36, 116, 30),
    composed("Demand reset", 3, 8, 0, 214),
    composed("Reset meter alarms", 3, 12, 285, 214),
    composed("Read now", 3, 21, 87, 46),
    composed("Ping (status)", 3, 1, 17, 46),
    composed("Download firmware", 3, 11, 109, 54),
    composed("Activate firmware", 3, 11, 283, 30),
    composed("Cancel firmware", 3, 11, 0, 8),
    composed("Change configuration", 3, 7, 83, 13),
    composed("Start power-quality recording", 3, 26, 80, 54),
    composed("Stop power-quality recording", 3, 26, 80, 55),
    composed("Key change", 3, 12, 32, 13),
    composed("Switch relay (capacitor bank)", 21, 39, 91, 18),
];

/// The row of a code, whatever its device type; an exact match goes first.
pub fn control(code: EndDeviceEventType) -> Option<&'static NamedType> {
    let same_action = |row: &&NamedType| EndDeviceEventType { device: code.device, ..row.code } == code;
    CONTROLS.iter().find(|row| row.code == code).or_else(|| CONTROLS.iter().find(same_action))
}
