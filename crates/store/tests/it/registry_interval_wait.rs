//! What the registry promises of channels whose interval length changes, whatever engine keeps it.

use jiff::Timestamp;
use model::id::ChannelNumber;
use model::time::TimeRange;
use store::registry::Registry;
use store::registry::interval_wait::IntervalWait;
use store::registry::quarantine::{Closing, QuarantineState};

use super::registry_contract::{at, contract};
use super::registry_quarantine::item;

contract! {
    a_wait_is_told_when_it_begins_and_when_it_is_over,
}

fn wait(number: u32, from: &str, to: &str) -> IntervalWait {
    let range = TimeRange { start: at(from), end: at(to) };
    IntervalWait { batch: "b1".into(), item: number, channel: ChannelNumber(7), range }
}

async fn a_wait_is_told_when_it_begins_and_when_it_is_over(registry: Registry, again: Registry) {
    let (march, april) = ("2026-03-01T00:00:00Z", "2026-04-01T00:00:00Z");
    let waits = [wait(1, march, april), wait(2, april, "2026-05-01T00:00:00Z")];
    registry.interval_waits().add(&waits).await.expect("noted");
    let all = TimeRange { start: Timestamp::MIN, end: Timestamp::MAX };
    assert_eq!(registry.interval_waits().within(all).await.expect("listed"), [], "nothing is in quarantine yet");
    let items = [item("b1", 1, "V07"), item("b1", 2, "V07")];
    registry.quarantine().add(&items, at(april)).await.expect("added");
    registry.interval_waits().add(&waits).await.expect("noted again");
    let began = again.interval_waits().changed(10).await.expect("changed");
    assert_eq!(
        began.iter().map(|one| (one.wait.clone(), one.waits)).collect::<Vec<_>>(),
        waits.clone().map(|one| (one, true))
    );
    registry.interval_waits().looked_at(&began).await.expect("looked at");
    assert_eq!(registry.interval_waits().changed(10).await.expect("changed"), []);
    // Half-open: what ends with March does not touch April.
    let in_april = TimeRange { start: at(april), end: at("2026-04-02T00:00:00Z") };
    assert_eq!(registry.interval_waits().within(in_april).await.expect("listed"), waits[1..]);
    let first = registry.quarantine().list(&Default::default()).await.expect("listed")[0].id;
    let closing = Closing { at: at(april), by: None, reason: "x".into(), note: String::new(), replaced_by: None };
    registry.quarantine().close(&[first], QuarantineState::Dropped, &closing).await.expect("closed");
    let over = registry.interval_waits().changed(10).await.expect("changed");
    assert_eq!(over.iter().map(|one| (one.wait.item, one.waits)).collect::<Vec<_>>(), [(1, false)]);
    assert_eq!(registry.interval_waits().within(all).await.expect("listed"), waits[1..]);
    registry.interval_waits().looked_at(&over).await.expect("looked at");
    assert_eq!(again.interval_waits().changed(10).await.expect("changed"), []);
}
