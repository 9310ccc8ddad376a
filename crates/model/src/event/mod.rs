//! Device events: the 4-part type of IEC 61968-9 and one event as received.
//!
//! - [`device`], [`sub_domain`], [`action`]: names of the four parts; unknown numbers are kept.
//! - [`canonical`], [`control`]: whole codes with the names people use.
//! - [`report`]: what one source told of one event, as others' reports of it are found by.

pub mod action;
pub mod canonical;
pub mod control;
pub mod device;
pub mod report;
pub mod sub_domain;

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use crate::code::{Code, Evidence, find};
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

/// A whole code with the name people use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct NamedType {
    /// What people call it.
    pub name: &'static str,
    /// The code.
    pub code: EndDeviceEventType,
    /// Confirmed where this very code was observed in use.
    pub evidence: Evidence,
}

const fn named(name: &'static str, code: [u16; 4], evidence: Evidence) -> NamedType {
    let [device, domain, sub_domain, event_or_action] = code;
    NamedType { name, code: EndDeviceEventType { device, domain, sub_domain, event_or_action }, evidence }
}

const fn seen(name: &'static str, device: u16, domain: u16, sub_domain: u16, action: u16) -> NamedType {
    named(name, [device, domain, sub_domain, action], Evidence::Confirmed)
}

const fn composed(name: &'static str, device: u16, domain: u16, sub_domain: u16, action: u16) -> NamedType {
    named(name, [device, domain, sub_domain, action], Evidence::Unverified)
}

impl EndDeviceEventType {
    /// The name of the event, else its parts: `Power restored`, `GasMeter.Battery.Replaced`.
    pub fn describe(self) -> String {
        match canonical::event(self) {
            Some(event) => event.name.into(),
            None => self.parts(),
        }
    }

    /// The names of the parts joined by dots, with the number where there is none; zeros left out.
    pub fn parts(self) -> String {
        let parts = [
            (device::DEVICES, self.device),
            (device::DOMAINS, self.domain),
            (sub_domain::SUB_DOMAINS, self.sub_domain),
            (action::ACTIONS, self.event_or_action),
        ];
        let words: Vec<String> =
            parts.iter().filter(|(_, number)| *number != 0).map(|(table, number)| part(table, *number)).collect();
        words.join(".")
    }

    /// Whether the last part is an order to the device, not something that happened.
    pub fn is_command(self) -> bool {
        action::COMMANDS.contains(&self.event_or_action)
    }
}

fn part(table: &'static [Code], number: u16) -> String {
    find(table, number).map_or_else(|| number.to_string(), |code| code.name.into())
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

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    fn code(text: &str) -> EndDeviceEventType {
        text.parse().expect(text)
    }

    #[test]
    fn events_have_names() {
        assert_eq!(code("3.26.0.216").describe(), "Power restored");
        assert_eq!(code("3.26.0.216").parts(), "ElectricMeter.Power.Restored");
        assert_eq!(code("4.2.0.52").describe(), "GasMeter.Battery.Replaced");
        assert_eq!(code("3.26.9.185").parts(), "ElectricMeter.Power.Pricing.185");
        assert_eq!(code("0.0.0.0").describe(), "");
        assert_eq!(canonical::event(code("3.26.0.216")).map(|row| row.evidence), Some(Evidence::Confirmed));
        assert_eq!(canonical::event(code("3.26.0.85")).map(|row| row.evidence), Some(Evidence::Unverified));
    }

    #[test]
    fn controls_are_found_whatever_the_device_type() {
        let name = |text: &str| control::control(code(text)).map(|row| row.name);
        assert_eq!(name("3.31.0.23"), Some("Disconnect (open switch)"));
        assert_eq!(name("0.31.0.23"), Some("Disconnect (open switch)"));
        assert_eq!(name("3.31.0.68"), None);
        assert!(code("3.31.0.23").is_command() && !code("3.31.0.68").is_command());
    }

    #[test]
    fn every_named_code_is_made_of_known_parts() {
        // Sent by edition-1 systems with action numbers that no open table has.
        let legacy = ["3.26.17.185", "3.26.9.185", "3.31.1.143"].map(code);
        for row in canonical::EVENTS.iter().chain(control::CONTROLS) {
            let known = find(device::DEVICES, row.code.device).is_some()
                && find(device::DOMAINS, row.code.domain).is_some()
                && find(sub_domain::SUB_DOMAINS, row.code.sub_domain).is_some()
                && find(action::ACTIONS, row.code.event_or_action).is_some();
            assert!(known || legacy.contains(&row.code), "{}", row.name);
        }
        let codes: HashSet<_> = canonical::EVENTS.iter().map(|row| row.code).collect();
        assert_eq!(codes.len(), canonical::EVENTS.len(), "a code has one name");
    }

    #[test]
    fn tables_ascend_so_that_a_search_finds_every_row() {
        for table in [device::DEVICES, device::DOMAINS, sub_domain::SUB_DOMAINS, action::ACTIONS] {
            assert!(table.is_sorted_by(|left, right| left.number < right.number), "{:?}", table.first());
        }
    }

    #[test]
    fn other_text_is_refused() {
        for text in ["", "3.26.0", "3.26.0.85.1", "3.26.x.85", "3.26.0.-1", "3.26.0.70000"] {
            assert_eq!(text.parse::<EndDeviceEventType>(), Err(InvalidEventType(text.into())));
        }
    }

    proptest! {
        #[test]
        fn print_then_parse_is_the_same(device: u16, domain: u16, sub_domain: u16, event_or_action: u16) {
            let code = EndDeviceEventType { device, domain, sub_domain, event_or_action };
            prop_assert_eq!(code.to_string().parse(), Ok(code));
            let _ = code.describe();
        }
    }
}
