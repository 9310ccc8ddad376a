//! V01 point exists: the registry has the channel that a message names, and only one of that name.
//!
//! Source: DH3 E10.

use model::finding::Finding;
use model::reading::ChannelReadings;
use store::registry::directory::Unresolved;

/// The code of a name that several usage points or meters bear.
pub const AMBIGUOUS_NAME: &str = "registry.ambiguous";
/// The code of a channel that cannot be registered as a message describes it.
pub const REGISTRY_CONFLICT: &str = "registry.conflict";

/// V01: nothing in the registry has this name, or several things; `reason` says which.
pub fn unknown_point(readings: &ChannelReadings, reason: &Unresolved) -> Finding {
    if let Unresolved::AmbiguousName { .. } = reason {
        let message = format!("{reason}; let the source say it");
        return Finding::new(readings.line, "channel", AMBIGUOUS_NAME, message);
    }
    let message = format!(
        "{reason}; register the channel (`amity registry add`), or let the message say what it is \
         (`amity quarantine replay --register`)"
    );
    Finding::new(readings.line, "channel", "V01", message)
}

/// The channel that a message describes could not be registered; `reason` says what contradicts it.
pub fn not_registered(readings: &ChannelReadings, reason: &str) -> Finding {
    let message = format!("could not be registered as the message describes it: {reason}");
    Finding::new(readings.line, "channel", REGISTRY_CONFLICT, message)
}
