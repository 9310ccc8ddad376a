//! A registry with a few meters at some head-ends.

use jiff::Timestamp;
use model::id::Name;
use model::quantity::Decimal;
use store::registry::Registry;
use store::registry::channel::ChannelEntry;

pub fn at(text: &str) -> Timestamp {
    text.parse().expect("an instant")
}

/// Hourly meters `M-1`, `M-2`, .. of these head-ends; one without a head-end is owned by nobody.
pub async fn registry(folder: &tempfile::TempDir, head_ends: &[&str]) -> Registry {
    let address = format!("sqlite:{}", folder.path().join("registry.sqlite").display());
    let registry = Registry::open(&address).await.expect("a registry");
    for (number, head_end) in (1..).zip(head_ends) {
        let entry = ChannelEntry {
            usage_point: Name::new("UsagePoint", format!("UP-{number}")),
            meter: Some(Name::new("Meter", format!("M-{number}"))),
            meter_from: None,
            suffix: "E1".into(),
            reading_type: "0.0.7.4.1.1.12.0.0.0.0.0.0.0.0.3.72.0".parse().expect("a reading type"),
            unit: "kWh".into(),
            quantum: -3,
            multiplier: Decimal::new(1, 0),
            dials: None,
            interval_seconds: Some(3600),
            zone: "America/Toronto".into(),
        };
        let channels = registry.channels().register(&[entry]).await.expect("registered");
        let owner = (!head_end.is_empty()).then(|| (*head_end).into());
        registry.usage_points().set_owners(&[(channels[0].usage_point, owner)]).await.expect("owned");
    }
    registry
}
