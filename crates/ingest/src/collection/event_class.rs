//! What an event of a device says about collecting: the classes that the reports of Ontario 2.10.2 and 2.10.3 ask for.

use jiff::Timestamp;
use model::event::EndDeviceEventType;
use serde::Serialize;
use smol_str::SmolStr;

/// The device types that are told apart (IEC 61968-9, first part of an event type).
const COLLECTOR: u16 = 10;
const MODULE: u16 = 26;

/// An event of a device, as the reports look at it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Happened {
    /// The device as its head-end names it.
    pub component: SmolStr,
    /// The head-end that told.
    pub source: SmolStr,
    /// When it happened.
    pub at: Timestamp,
    /// When Amity was told.
    pub received_at: Timestamp,
    /// What happened.
    #[serde(serialize_with = "as_text")]
    pub event_type: EndDeviceEventType,
}

fn as_text<S: serde::Serializer>(event_type: &EndDeviceEventType, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(event_type)
}

/// What an event is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum About {
    /// The power of a device.
    Power,
    /// A clock that is in doubt.
    Clock,
    /// A clock that was set.
    ClockSet,
    /// Tampering, interference or theft.
    Tamper,
    /// The link of a meter or its module.
    Link,
    /// The network of many devices.
    Network,
    /// A communication module, or the memory of a meter that its reads are in.
    Module,
    /// A collector.
    Collector,
    /// The room that a device has for its reads.
    Storage,
    /// Anything else that a meter complains of.
    Fault,
}

/// Whether a condition begins or ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edge {
    /// It begins, or happens in an instant.
    Begins,
    /// It is over.
    Ends,
}

/// What an event is about, and whether that begins or ends with it; `None` for what is no matter of collecting.
pub fn class(event_type: EndDeviceEventType) -> Option<(About, Edge)> {
    let EndDeviceEventType { device, domain, sub_domain, event_or_action: action } = event_type;
    let edge = if is_end(action) { Edge::Ends } else { Edge::Begins };
    let about = match domain {
        26 => of_power(sub_domain, action)?,
        36 if action == 24 => About::ClockSet,
        36 => About::Clock,
        12 => About::Tamper,
        // Bypass suspected by usage, load-side voltage while disconnected.
        21 if (sub_domain, action) == (48, 159) => About::Tamper,
        31 if (sub_domain, action) == (1, 143) => About::Tamper,
        1 | 19 | 23 if device == COLLECTOR => About::Network,
        1 | 19 | 23 if is_failure(action) || is_end(action) || action == 68 => About::Link,
        16..=18 if matches!(action, 32 | 177 | 283 | 286) => About::Storage,
        _ if is_failure(action) && device == COLLECTOR => About::Collector,
        _ if is_failure(action) && (device == MODULE || domain == 18) => About::Module,
        0 | 2 | 18 | 21 | 35 | 37 | 41 if is_failure(action) || is_end(action) => About::Fault,
        _ => return None,
    };
    Some((about, edge))
}

/// Of power: what is lost and comes back is the supply; the rest is the quality of it.
fn of_power(sub_domain: u16, action: u16) -> Option<About> {
    match (sub_domain, action) {
        // Whole device, edition-1 numberings, last gasp and its counterpart.
        (0 | 9 | 17 | 136, 47 | 85 | 185 | 216) => Some(About::Power),
        (93, 219) => Some(About::Tamper),
        (136, _) => None,
        (_, action) if is_failure(action) || is_end(action) => Some(About::Fault),
        _ => None,
    }
}

/// Cleared, normal, re-established, replaced, restored and the like.
fn is_end(action: u16) -> bool {
    matches!(action, 16 | 28 | 37 | 42 | 49 | 50 | 52 | 70..=75 | 216 | 224 | 249 | 279 | 281 | 291..=293)
}

/// Failed, error, lost, out of range, corrupted, at a limit and the like.
fn is_failure(action: u16) -> bool {
    matches!(action, 40 | 43 | 45 | 47 | 69 | 73 | 79 | 85 | 93 | 98 | 100 | 139 | 150 | 177 | 219 | 223 | 248)
}

#[cfg(test)]
mod tests {
    use super::*;

    // covers: ONT-2.10.3
    #[test]
    fn events_that_are_known_by_name_have_the_class_that_their_name_says() {
        use About::{Clock, ClockSet, Collector, Fault, Link, Module, Network, Power, Storage, Tamper};
        let check = |code: &str, expected: Option<(About, Edge)>| {
            assert_eq!(class(code.parse().expect("a code")), expected, "{code}");
        };
        for code in ["3.26.0.85", "3.26.0.47", "3.26.17.185", "3.26.9.185", "3.26.136.47", "10.26.0.85"] {
            check(code, Some((Power, Edge::Begins)));
        }
        for code in ["3.26.0.216", "3.26.17.216", "3.26.136.216", "10.26.0.216"] {
            check(code, Some((Power, Edge::Ends)));
        }
        for code in ["3.12.0.257", "3.12.29.212", "3.12.93.219", "3.21.48.159", "3.31.1.143", "3.26.93.219"] {
            check(code, Some((Tamper, Edge::Begins)));
        }
        check("3.12.0.291", Some((Tamper, Edge::Ends)));
        check("3.36.114.24", Some((ClockSet, Edge::Begins)));
        check("3.36.0.79", Some((Clock, Edge::Begins)));
        check("3.36.0.279", Some((Clock, Edge::Ends)));
        check("3.1.0.85", Some((Link, Edge::Begins)));
        check("3.1.0.49", Some((Link, Edge::Ends)));
        check("3.23.0.68", Some((Link, Edge::Begins)));
        check("10.23.136.47", Some((Network, Edge::Begins)));
        check("10.0.100.79", Some((Collector, Edge::Begins)));
        check("26.0.0.85", Some((Module, Edge::Begins)));
        check("3.18.72.85", Some((Module, Edge::Begins)));
        check("3.16.0.177", Some((Storage, Edge::Begins)));
        check("10.18.85.283", Some((Storage, Edge::Begins)));
        check("3.2.22.150", Some((Fault, Edge::Begins)));
        check("3.26.38.93", Some((Fault, Edge::Begins)));
        for code in ["3.26.136.66", "3.31.0.68", "3.11.283.4", "15.13.112.17"] {
            check(code, None);
        }
    }
}
