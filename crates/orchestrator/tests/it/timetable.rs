//! Schedules over a ledger, with a clock that tests set.

use std::cell::Cell;

use jiff::Timestamp;
use model::time::zone::zone_of;
use orchestrator::rhythm::{ReadSchedule, Reads};
use orchestrator::timetable::Timetable;
use store::registry::Registry;
use store::registry::order::{Group, Missed, OrderKind, OrderReason, Schedule};

use crate::utility::{at, registry};

thread_local! {
    static CLOCK: Cell<Timestamp> = const { Cell::new(Timestamp::UNIX_EPOCH) };
}

fn timetable(registry: &Registry, schedule: &ReadSchedule) -> Timetable {
    let zone = zone_of("America/Toronto").expect("a zone");
    let schedules = (std::slice::from_ref(schedule), &Schedule::of_schedules());
    Timetable::new(registry.clone(), schedules, &zone, || CLOCK.get()).expect("settings")
}

/// Looks at the clock, as a program that was just started.
async fn look(registry: &Registry, schedule: &ReadSchedule, now: &str) -> Option<Group> {
    CLOCK.set(at(now));
    let mut groups = timetable(registry, schedule).look_once().await.expect("no trouble");
    assert!(groups.len() < 2, "one schedule has one cycle");
    groups.pop()
}

/// Cycles at half past midnight in Toronto; clocks go forward on 2026-03-08, so that it is 05:30 UTC until then and 04:30 after.
// covers: B1-S6.04, B1-S6.05
#[tokio::test]
async fn a_cycle_is_done_once_and_what_was_slept_through_is_fetched_with_the_next() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let registry = registry(&folder, &["HES-1", "HES-2", "HES-1"]).await;
    let nightly = ReadSchedule {
        name: "nightly".into(),
        read: Reads::Intervals,
        head_ends: vec!["HES-1".into()],
        at: vec!["00:30".parse().expect("a time")],
        ..ReadSchedule::default()
    };
    assert_eq!(look(&registry, &nightly, "2026-03-06T12:00:00Z").await, None, "seen first");
    assert_eq!(look(&registry, &nightly, "2026-03-07T05:29:59Z").await, None);
    let first = look(&registry, &nightly, "2026-03-07T05:30:02Z").await.expect("due");
    assert_eq!((first.entry.due_at, first.entry.missed), (at("2026-03-07T05:30:00Z"), None));
    assert_eq!(look(&registry, &nightly, "2026-03-07T05:31:00Z").await, None, "once");
    let orders = registry.orders().of_group(first.id, 0, 0).await.expect("listed");
    let told: Vec<_> = orders.iter().map(|order| (&*order.entry.route.device, &*order.entry.route.head_end)).collect();
    assert_eq!(told, [("M-1", "HES-1"), ("M-3", "HES-1")], "of its head-ends only");
    // From noon UTC to the last whole hour: 12 hours of that day and 5 of the next.
    assert_eq!(orders[0].entry.wanted[0].readings, 17);
    assert_eq!((orders[0].entry.why, orders[0].entry.kind), (OrderReason::Schedule, OrderKind::Read));
    assert_eq!(orders[0].entry.asked_by, "nightly");

    let late = look(&registry, &nightly, "2026-03-10T12:00:00Z").await.expect("due");
    let missed = Missed { cycles: 2, first: at("2026-03-08T05:30:00Z"), last: at("2026-03-09T04:30:00Z") };
    assert_eq!((late.entry.due_at, late.entry.missed), (at("2026-03-10T04:30:00Z"), Some(missed)));
    let orders = registry.orders().of_group(late.id, 0, 0).await.expect("listed");
    // Whole hours from 06:00 on the 7th to 04:00 on the 10th, UTC.
    assert_eq!((orders.len(), orders[0].entry.wanted[0].readings), (2, 70));
    assert_eq!(look(&registry, &nightly, "2026-03-10T12:00:05Z").await, None, "once, and not for each that was missed");
    assert_eq!(registry.orders().missed_of("nightly").await.expect("counted"), 2);
}

// covers: B1-S6.04
#[tokio::test]
async fn legacy_meters_are_read_in_the_rhythm_of_months() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let registry = registry(&folder, &["ROUTES", ""]).await;
    let monthly = ReadSchedule {
        name: "monthly".into(),
        at: vec!["08:00".parse().expect("a time")],
        days_of_month: vec![31],
        answer_hours: 240,
        ..ReadSchedule::default()
    };
    assert_eq!(look(&registry, &monthly, "2026-02-01T00:00:00Z").await, None);
    assert_eq!(look(&registry, &monthly, "2026-02-28T12:59:59Z").await, None);
    let cycle = look(&registry, &monthly, "2026-02-28T13:00:00Z").await.expect("due on the last day");
    let orders = registry.orders().of_group(cycle.id, 0, 0).await.expect("listed");
    assert_eq!((orders.len(), orders[0].entry.kind), (2, OrderKind::ReadNow));
    assert_eq!(orders[0].entry.deadline, at("2026-03-10T13:00:00Z"), "ten days for the route");
    let refused = orders.iter().find(|order| order.state.is_closed()).expect("nobody owns it");
    assert!(refused.outcome.contains("no head-end owns usage point UP-2"), "{}", refused.outcome);
    assert_eq!(look(&registry, &monthly, "2026-03-31T11:59:59Z").await, None);
    assert!(look(&registry, &monthly, "2026-03-31T12:00:00Z").await.is_some(), "an hour earlier in summer");
}

#[tokio::test]
async fn only_usage_points_of_its_programmes_are_read() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let registry = registry(&folder, &["HES-1", "HES-1"]).await;
    let directory = registry.directory().await.expect("a directory");
    let second =
        directory.channels().find(|channel| channel.label.starts_with("UP-2")).expect("registered").usage_point;
    let membership = store::registry::membership::Membership { programme: "pilot".into(), from: None, until: None };
    let step = store::registry::membership::Step::Join;
    registry.usage_points().set_programme(second, &membership, step).await.expect("joined");
    let hourly = ReadSchedule {
        name: "hourly".into(),
        programmes: vec!["pilot".into()],
        every_minutes: 60,
        ..ReadSchedule::default()
    };
    assert_eq!(look(&registry, &hourly, "2026-02-01T00:00:00Z").await, None);
    let cycle = look(&registry, &hourly, "2026-02-01T01:00:00Z").await.expect("due");
    let orders = registry.orders().of_group(cycle.id, 0, 0).await.expect("listed");
    assert_eq!(orders.iter().map(|order| &*order.entry.route.device).collect::<Vec<_>>(), ["M-2"]);
}
