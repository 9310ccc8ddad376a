//! What quarantine, batches and sources promise, whatever engine keeps them.

use jiff::Timestamp;
use serde_json::json;
use store::registry::batch::Batch;
use store::registry::quarantine::{Closing, QuarantineEntry, QuarantineFilter, QuarantineState};
use store::registry::source::Source;
use store::registry::{Registry, RegistryError};

use super::registry_contract::{at, contract};

contract! {
    quarantine_keeps_an_item_once,
    quarantine_is_listed_in_pages,
    quarantine_tells_causes_apart,
    quarantine_tells_of_how_many_channels_something_waits,
    quarantined_items_are_released_once,
    the_first_note_of_a_batch_stands,
    batches_are_totalled,
    sources_are_put_and_read,
}

fn closing(reason: &str) -> Closing {
    Closing {
        at: at("2024-05-03T00:00Z"),
        by: Some("anna".into()),
        reason: reason.into(),
        note: "the meter is not ours".into(),
        replaced_by: None,
    }
}

async fn quarantine_tells_causes_apart(registry: Registry, _: Registry) {
    let malformed = |at: u32, cause: &str| QuarantineEntry { cause: cause.into(), ..item("b1", at, "malformed") };
    let quarantine = registry.quarantine();
    let entries = [malformed(1, "csv.value"), malformed(2, "csv.stamp")];
    quarantine.add(&entries, Timestamp::UNIX_EPOCH).await.expect("added");
    let listed = quarantine.list(&QuarantineFilter::default()).await.expect("listed");
    assert_eq!(listed.iter().map(|item| &item.entry).collect::<Vec<_>>(), entries.iter().collect::<Vec<_>>());
    assert_eq!((&listed[0].closing, listed[0].state), (&None, QuarantineState::Open));
    quarantine.refused_again(listed[0].id, &malformed(1, "csv.order")).await.expect("noted");
    assert_eq!(quarantine.get(listed[0].id).await.expect("got").entry.cause, "csv.order");
}

async fn quarantine_tells_of_how_many_channels_something_waits(registry: Registry, _: Registry) {
    let of = |at: u32, code: &str, channel: &str| QuarantineEntry { channel: channel.into(), ..item("b1", at, code) };
    let quarantine = registry.quarantine();
    let entries = [of(1, "V06", "P1/E1"), of(2, "V06", "P1/E1"), of(3, "V06", "P2/E1"), of(4, "V01", "P3/E1")];
    quarantine.add(&entries, at("2024-05-02T00:00Z")).await.expect("added");
    quarantine.add(&[item("b2", 1, "V07")], at("2024-05-01T00:00Z")).await.expect("added");
    let told = quarantine.mismatched(&["V05", "V06", "V07"], at("2024-05-02T00:00Z")).await.expect("read");
    let told: Vec<_> = told.iter().map(|one| (&*one.source, &*one.code, one.channels, &*one.message)).collect();
    assert_eq!(told, [("HES-1", "V06", 2, "no such usage point")]);
}

pub fn item(batch: &str, item: u32, code: &str) -> QuarantineEntry {
    QuarantineEntry {
        batch: batch.into(),
        item,
        source: "HES-1".into(),
        raw: "raw-1".into(),
        line: 7,
        channel: format!("P{item}/E1"),
        code: code.into(),
        cause: String::new(),
        message: "no such usage point".into(),
        advice: "register it".into(),
        finding: "{}".into(),
    }
}

async fn quarantine_keeps_an_item_once(registry: Registry, again: Registry) {
    let seen = at("2024-05-01T10:00:00.123456Z");
    let quarantine = registry.quarantine();
    assert_eq!(quarantine.add(&[item("b1", 0, "V01"), item("b1", 1, "V06")], seen).await.expect("added"), 2);
    let overlapping = [item("b1", 1, "V99"), item("b2", 1, "V06")];
    assert_eq!(again.quarantine().add(&overlapping, at("2024-05-02T00:00Z")).await.expect("added"), 1);
    assert_eq!(quarantine.add(&[], seen).await.expect("added"), 0);
    let all = quarantine.list(&QuarantineFilter::default()).await.expect("listed");
    let what: Vec<_> = all.iter().map(|item| (&*item.entry.batch, item.entry.item, &*item.entry.code)).collect();
    assert_eq!(what, [("b1", 0, "V01"), ("b1", 1, "V06"), ("b2", 1, "V06")]);
    assert_eq!((all[0].first_seen, all[0].tries, all[0].state), (seen, 1, QuarantineState::Open));
    assert_eq!(all[0].entry, item("b1", 0, "V01"));
    assert_eq!(quarantine.get(all[2].id).await.expect("got"), all[2]);
    assert!(matches!(quarantine.get(999).await, Err(RegistryError::NotFound { .. })));
}

async fn quarantine_is_listed_in_pages(registry: Registry, _: Registry) {
    let items: Vec<_> = (0..25).map(|at| item("b1", at, if at % 5 == 0 { "V06" } else { "V01" })).collect();
    registry.quarantine().add(&items, Timestamp::UNIX_EPOCH).await.expect("added");
    let mut filter = QuarantineFilter { code: Some("V01".into()), limit: 8, ..QuarantineFilter::default() };
    let mut pages = Vec::new();
    loop {
        let page = registry.quarantine().list(&filter).await.expect("listed");
        let Some(last) = page.last() else { break };
        filter.after = last.id;
        pages.push(page.len());
    }
    assert_eq!(pages, [8, 8, 4]);
    let of_channel = QuarantineFilter { channel: Some("P5/E1".into()), ..QuarantineFilter::default() };
    assert_eq!(registry.quarantine().list(&of_channel).await.expect("listed").len(), 1);
    let other = QuarantineFilter { source: Some("HES-2".into()), ..QuarantineFilter::default() };
    assert_eq!(registry.quarantine().list(&other).await.expect("listed"), []);
    let counts = registry.quarantine().counts().await.expect("counted");
    let counts: Vec<_> = counts.iter().map(|count| (&*count.code, count.state, count.items)).collect();
    assert_eq!(counts, [("V01", QuarantineState::Open, 20), ("V06", QuarantineState::Open, 5)]);
}

async fn quarantined_items_are_released_once(registry: Registry, _: Registry) {
    let quarantine = registry.quarantine();
    quarantine.add(&[item("b1", 0, "V01"), item("b1", 1, "V01")], Timestamp::UNIX_EPOCH).await.expect("added");
    let ids: Vec<u64> =
        quarantine.list(&QuarantineFilter::default()).await.expect("listed").iter().map(|item| item.id).collect();
    quarantine.refused_again(ids[0], &item("b1", 0, "V06")).await.expect("noted");
    let tried = quarantine.get(ids[0]).await.expect("got");
    assert_eq!((tried.tries, &*tried.entry.code), (2, "V06"));
    assert_eq!(quarantine.close(&ids, QuarantineState::Released, &closing("admitted")).await.expect("closed"), 2);
    assert_eq!(quarantine.close(&ids, QuarantineState::Dropped, &closing("other")).await.expect("closed"), 0);
    assert!(matches!(quarantine.refused_again(ids[0], &tried.entry).await, Err(RegistryError::NotFound { .. })));
    // What ended the wait stays, and nothing that comes later takes its place.
    assert_eq!(quarantine.get(ids[0]).await.expect("got").closing, Some(closing("admitted")));
    let open = QuarantineFilter { state: Some(QuarantineState::Open), ..QuarantineFilter::default() };
    assert_eq!(quarantine.list(&open).await.expect("listed"), []);
    // The batch that comes again does not open them again.
    assert_eq!(quarantine.add(&[item("b1", 0, "V01")], Timestamp::UNIX_EPOCH).await.expect("added"), 0);
}

pub fn batch(hash: &str, stored: u64) -> Batch {
    Batch {
        hash: hash.into(),
        source: "HES-1".into(),
        path: format!("{hash}.csv"),
        format: None,
        raw: "raw-1".into(),
        bytes: 1000,
        stored,
        duplicates: 2,
        quarantined: 1,
        findings: 3,
        received_at: at("2024-05-01T10:00:00.5Z"),
    }
}

async fn the_first_note_of_a_batch_stands(registry: Registry, again: Registry) {
    let first = registry.batches().add(&batch("b1", 10)).await.expect("added");
    assert_eq!(first, batch("b1", 10));
    let second = again.batches().add(&batch("b1", 99)).await.expect("added");
    assert_eq!(second, first);
    assert_eq!(registry.batches().by_hash("b1").await.expect("read"), Some(first));
    assert_eq!(registry.batches().by_hash("b2").await.expect("read"), None);
}

async fn batches_are_totalled(registry: Registry, _: Registry) {
    let none = registry.batches().totals().await.expect("totals");
    assert_eq!((none.batches, none.stored, none.last_received_at), (0, 0, None));
    for (hash, stored) in [("b1", 10), ("b2", 20), ("b3", 30)] {
        let format = (hash == "b2").then(|| "nem12".to_owned());
        registry.batches().add(&Batch { format, ..batch(hash, stored) }).await.expect("added");
    }
    let totals = registry.batches().totals().await.expect("totals");
    assert_eq!((totals.batches, totals.bytes, totals.stored), (3, 3000, 60));
    assert_eq!((totals.duplicates, totals.quarantined), (6, 3));
    assert_eq!(totals.last_received_at, Some(at("2024-05-01T10:00:00.5Z")));
    let newest = registry.batches().newest(1, 5).await.expect("listed");
    assert_eq!(newest.iter().map(|batch| &*batch.hash).collect::<Vec<_>>(), ["b2", "b1"]);
    assert_eq!(newest[0].format.as_deref(), Some("nem12"));
}

pub fn source(name: &str) -> Source {
    Source { name: name.into(), zone: "+10:00".into(), format: None, settings: json!({"naming": "ending"}) }
}

async fn sources_are_put_and_read(registry: Registry, _: Registry) {
    registry.sources().put(&source("HES-2")).await.expect("put");
    registry.sources().put(&source("HES-1")).await.expect("put");
    let changed = Source { format: Some("cmep".into()), zone: "America/Toronto".into(), ..source("HES-2") };
    registry.sources().put(&changed).await.expect("put");
    assert_eq!(registry.sources().all().await.expect("listed"), [source("HES-1"), changed.clone()]);
    assert_eq!(registry.sources().get("HES-2").await.expect("read"), changed);
    assert!(matches!(registry.sources().get("HES-3").await, Err(RegistryError::NotFound { .. })));
}
