//! V15 channel count: a message about a usage point brings all its channels.
//!
//! Source: IESO.

use model::finding::{Finding, Severity};
use smol_str::SmolStr;

use super::arrivals::Arrivals;

/// The channels registered at a usage point, given by their labels, that a message about it did not bring.
pub fn missing_channels(usage_point: &str, received: &Arrivals, registered: &[SmolStr]) -> Option<Finding> {
    let missing: Vec<_> =
        registered.iter().filter(|label| !received.contains_key(*label)).map(SmolStr::as_str).collect();
    let message = format!(
        "usage point `{usage_point}` has {} channels, {} arrived; without {}",
        registered.len(),
        received.len(),
        missing.join(", ")
    );
    (!missing.is_empty()).then(|| Finding::new(0, "channels", "V15", message).with_severity(Severity::Note))
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::admission::arrivals::Arrival;

    #[test]
    fn channels_that_did_not_arrive_are_named() {
        let now = Timestamp::UNIX_EPOCH;
        let arrival = Arrival { interval_seconds: Some(900), start: now, end: now };
        let received =
            |labels: &[&str]| labels.iter().map(|label| (SmolStr::new(label), arrival)).collect::<Arrivals>();
        let registered = ["N1/E1".into(), "N1/B1".into()];
        assert_eq!(missing_channels("N1", &received(&["N1/E1", "N1/B1"]), &registered), None);
        let finding = missing_channels("N1", &received(&["N1/E1"]), &registered).expect("one is missing");
        assert_eq!((finding.code.as_str(), finding.severity), ("V15", Severity::Note));
        assert!(finding.message.contains("N1/B1"));
    }
}
