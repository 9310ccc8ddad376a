//! What the registry tells of what came, and of where usage points are in the network, whatever engine keeps it.

use model::id::{Name, UsagePointId};
use store::registry::Registry;
use store::registry::arrival::{HourTotals, Sums};
use store::registry::batch::Batch;
use store::registry::link::{Link, Relation};
use store::registry::master::Class;
use store::registry::quarantine::{Closing, QuarantineEntry, QuarantineState};

use super::registry_contract::{at, contract};
use super::registry_quarantine::{batch, item};

contract! {
    what_came_is_summed_by_source_and_hour,
    open_items_of_a_source_are_counted_by_reason,
    feeders_are_reached_over_transformers,
}

async fn what_came_is_summed_by_source_and_hour(registry: Registry, _: Registry) {
    let came = |hash: &str, source: &str, stored: u64, received_at: &str| Batch {
        source: source.into(),
        received_at: at(received_at),
        ..batch(hash, stored)
    };
    let batches = registry.batches();
    assert_eq!(batches.by_source().await.expect("read"), []);
    for one in [
        came("a", "HES-1", 10, "2024-05-01T09:59:59.999999Z"),
        came("b", "HES-1", 20, "2024-05-01T10:00:00Z"),
        came("c", "HES-1", 30, "2024-05-01T10:59:59Z"),
        came("d", "HES-2", 40, "2024-05-01T10:30:00Z"),
    ] {
        batches.add(&one).await.expect("added");
    }
    let sources = batches.by_source().await.expect("read");
    let told: Vec<_> = sources.iter().map(|of| (&*of.source, of.sums.batches, of.sums.stored)).collect();
    assert_eq!(told, [("HES-1", 3, 60), ("HES-2", 1, 40)]);
    assert_eq!(sources[0].last_received_at, at("2024-05-01T10:59:59Z"));
    // Each of the batches has two duplicates and one item in quarantine.
    let hour = |hour: &str, batches: u64, stored: u64| HourTotals {
        hour: at(hour),
        sums: Sums { batches, stored, duplicates: 2 * batches, quarantined: batches },
    };
    let all = batches.by_hour("HES-1", at("2024-05-01T00:00Z")).await.expect("read");
    assert_eq!(all, [hour("2024-05-01T09:00:00Z", 1, 10), hour("2024-05-01T10:00:00Z", 2, 50)]);
    let late = batches.by_hour("HES-1", at("2024-05-01T10:00:00.000001Z")).await.expect("read");
    assert_eq!(late, [hour("2024-05-01T10:00:00Z", 1, 30)]);
    let sources = batches.sources_at(at("2024-05-01T10:30:00Z")).await.expect("read");
    assert_eq!(sources, ["HES-2"]);
    assert!(batches.sources_at(at("2024-05-01T10:30:01Z")).await.expect("read").is_empty());
}

async fn open_items_of_a_source_are_counted_by_reason(registry: Registry, _: Registry) {
    let of =
        |source: &str, number: u32, code: &str| QuarantineEntry { source: source.into(), ..item("b", number, code) };
    let entries = [of("HES-1", 0, "V01"), of("HES-1", 1, "V06"), of("HES-1", 2, "V06"), of("HES-2", 3, "V06")];
    let quarantine = registry.quarantine();
    quarantine.add(&entries, at("2024-05-01T10:00Z")).await.expect("added");
    let counts = async || {
        let counts = quarantine.open_of("HES-1").await.expect("read");
        counts.into_iter().map(|count| (count.code, count.items)).collect::<Vec<_>>()
    };
    assert_eq!(counts().await, [("V06".into(), 2), ("V01".into(), 1)]);
    let closing = Closing {
        at: at("2024-05-02T00:00Z"),
        by: None,
        reason: "came".into(),
        note: String::new(),
        replaced_by: None,
    };
    quarantine.close(&[2, 3], QuarantineState::Released, &closing).await.expect("closed");
    assert_eq!(counts().await, [("V01".into(), 1)]);
}

async fn feeders_are_reached_over_transformers(registry: Registry, _: Registry) {
    let object = async |class: Class, name: &str| {
        let registered = registry.master().register(class, &[Name::new("", name)], None).await.expect("registered");
        registered.id
    };
    let (point, other) = (object(Class::UsagePoint, "P").await, object(Class::UsagePoint, "Q").await);
    let (transformer, bare) = (object(Class::Transformer, "T").await, object(Class::Transformer, "T-bare").await);
    let (old, new) = (object(Class::Feeder, "F-1").await, object(Class::Feeder, "F-2").await);
    let link = async |relation: Relation, subject, target, from: &str, to: Option<&str>| {
        let link = Link { relation, subject, target, from: at(from), to: to.map(at) };
        registry.master().link(&link).await.expect("linked");
    };
    let (placed, fed) = (Relation::UsagePointOnTransformer, Relation::TransformerOnFeeder);
    link(placed, point, transformer, "2024-01-01T00:00Z", None).await;
    link(placed, other, bare, "2024-01-01T00:00Z", None).await;
    link(fed, transformer, old, "2024-01-01T00:00Z", Some("2024-07-01T00:00Z")).await;
    link(fed, transformer, new, "2024-07-01T00:00Z", None).await;
    let feeders = async |moment: &str| {
        let feeders = registry.feeders(at(moment)).await.expect("read");
        assert!(!feeders.contains_key(&UsagePointId(other)), "its transformer is on no feeder");
        feeders.get(&UsagePointId(point)).map(ToString::to_string)
    };
    assert_eq!(feeders("2023-12-31T00:00Z").await, None);
    assert_eq!(feeders("2024-06-30T23:59Z").await.as_deref(), Some("F-1"));
    assert_eq!(feeders("2024-07-01T00:00Z").await.as_deref(), Some("F-2"));
}
