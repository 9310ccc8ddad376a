//! V15 channel count: a message about a usage point brings all its channels.
//!
//! Source: IESO, which fails it. Told where the settings ask; or refused, which is decided before any of the message is
//! admitted ([`Lacking`]).

use std::collections::HashMap;

use model::event::EndDeviceEvent;
use model::finding::{Finding, Severity};
use model::id::UsagePointId;
use model::reading::{ChannelReadings, MessageHeader};
use smol_str::SmolStr;
use store::registry::directory::Directory;

use super::arrivals::{self, Arrival, Arrivals};
use super::span;

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

/// Usage points of which a message leaves out a channel, each with what is told of its other channels.
#[derive(Debug, Default)]
pub struct Lacking(HashMap<UsagePointId, Finding>);

impl Lacking {
    /// Why what a message brings of a usage point is refused.
    pub(crate) fn of(&self, usage_point: UsagePointId) -> Option<&Finding> {
        self.0.get(&usage_point)
    }
}

/// Takes every piece of a message and keeps which channels it brings.
pub struct Brought<'d> {
    directory: &'d Directory,
    by_usage_point: HashMap<UsagePointId, Arrivals>,
}

impl<'d> Brought<'d> {
    /// Channels are looked up in a directory; what it does not know is of no usage point.
    pub fn new(directory: &'d Directory) -> Self {
        Self { directory, by_usage_point: HashMap::new() }
    }

    /// The usage points that lack a channel.
    pub fn lacking(self) -> Lacking {
        let lacking = |(usage_point, arrivals): (UsagePointId, Arrivals)| {
            let name = self.directory.usage_point_names(usage_point).first().map_or("?", |name| name.value.as_str());
            let channels = self.directory.of_usage_point(usage_point);
            let registered: Vec<_> = channels.map(|channel| channel.label.clone()).collect();
            let finding = missing_channels(name, &arrivals, &registered)?;
            Some((usage_point, finding.with_severity(Severity::Error)))
        };
        Lacking(self.by_usage_point.into_iter().filter_map(lacking).collect())
    }
}

impl formats::Sink for Brought<'_> {
    fn message(&mut self, _header: &MessageHeader) {}

    fn readings(&mut self, readings: &ChannelReadings) {
        let Some((start, end)) = span(readings) else { return };
        let Ok(channel) = self.directory.resolve(&readings.channel, start) else { return };
        let arrival = Arrival { interval_seconds: channel.interval_seconds, start, end };
        arrivals::add(self.by_usage_point.entry(channel.usage_point).or_default(), &channel.label, arrival);
    }

    fn event(&mut self, _event: &EndDeviceEvent) {}

    fn finding(&mut self, _finding: Finding) {}
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

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
