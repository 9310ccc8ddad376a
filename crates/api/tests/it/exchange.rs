//! A meter exchange as the views of devices tell it, and a book that can no longer be written.

use std::sync::Arc;

use model::id::{ChannelNumber, Name};
use model::quantity::Decimal;
use serde_json::{Value, json};
use store::disk::{Fault, SimulatedDisk};
use store::readings::{Batch, DayRun};
use store::registry::channel::ChannelEntry;
use store::registry::link::Relation;
use store::registry::master::Class;

use crate::fixture::{HOUR, Installation, LONG_DAY, micros};

fn entry(meter: &str, from: &str) -> ChannelEntry {
    ChannelEntry {
        usage_point: Name::new("UsagePoint", "UP-7"),
        meter: Some(Name::new("Meter", meter)),
        meter_from: Some(from.parse().expect("an instant")),
        suffix: "E1".into(),
        reading_type: "0.0.7.4.1.1.12.0.0.0.0.0.0.0.0.3.72.0".parse().expect("a reading type"),
        unit: "kWh".into(),
        quantum: -3,
        multiplier: Decimal::new(1, 0),
        dials: None,
        interval_seconds: Some(3600),
        zone: "America/Toronto".into(),
    }
}

async fn meter(amity: &Installation, name: &str) -> Value {
    let found = amity.get(&format!("/api/v1/meters?q={name}")).await.body;
    let id = found["items"][0]["id"].as_str().expect("an id").to_owned();
    amity.get(&format!("/api/v1/meters/{id}")).await.body
}

// covers: DVA-90
#[tokio::test]
async fn each_meter_shows_the_readings_of_its_own_time() {
    let amity = Installation::empty().await;
    // The first meter until 10:00Z of the second day, then the other.
    amity.registry.channels().register(&[entry("OLD-1", "2024-11-01T00:00:00Z")]).await.expect("registered");
    let old = amity.registry.master().find(Class::Meter, &Name::new("Meter", "OLD-1")).await.expect("asked");
    let removed = "2024-11-03T10:00:00Z".parse().expect("an instant");
    let closed =
        amity.registry.master().close_link(Relation::MeterAtUsagePoint, old.expect("registered"), removed).await;
    closed.expect("removed");
    amity.registry.channels().register(&[entry("NEW-2", "2024-11-03T10:00:00Z")]).await.expect("registered");
    let mut batch = Batch::new("HES-1", [1; 32], micros("2024-11-06T01:00:00Z"));
    for (day, day_start, slots) in [(2, LONG_DAY - 24 * HOUR, 24), (3, LONG_DAY, 25)] {
        let run = DayRun {
            channel: ChannelNumber(0),
            date: jiff::civil::date(2024, 11, day),
            day_start,
            slots,
            slot_seconds: 3600,
            first: 0,
            values: &vec![1_000; slots.into()],
            qualities: &[],
            revision: None,
        };
        batch.push_run(&run).expect("a run");
    }
    amity.book.append(batch).expect("stored");
    let old = meter(&amity, "OLD-1").await;
    let ends =
        |told: &Value| [told["channels"][0]["first_reading"].clone(), told["channels"][0]["last_reading"].clone()];
    assert_eq!(ends(&old), [json!("2024-11-02T04:00:00Z"), json!("2024-11-03T10:00:00Z")], "{old}");
    let new = meter(&amity, "NEW-2").await;
    assert_eq!(ends(&new), [json!("2024-11-03T10:00:00Z"), json!("2024-11-04T05:00:00Z")], "{new}");
}

#[tokio::test]
async fn a_book_that_cannot_be_written_is_not_ready() {
    let disk = SimulatedDisk::new();
    let amity = Installation::on(Arc::new(disk.clone())).await;
    assert_eq!(amity.get("/ready").await.status.as_u16(), 200);
    disk.fail(1, Fault::Broken, true);
    let refused = amity.book.append(Batch::new("HES-1", [1; 32], 0));
    assert!(refused.is_err() && amity.book.read_only().is_some(), "{refused:?}");
    let told = amity.get("/ready").await;
    assert_eq!(told.status.as_u16(), 503);
    assert!(told.text.contains("restart"), "{}", told.text);
}
