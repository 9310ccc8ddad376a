//! What the ledger of orders and dated owners promise, whatever engine keeps them.

use jiff::Timestamp;
use model::id::{ChannelNumber, Name, UsagePointId};
use model::time::TimeRange;
use store::registry::link::{Link, Relation};
use store::registry::master::Class;
use store::registry::order::{
    GroupEntry, Missed, NotOrdered, Note, OrderEntry, OrderFilter, OrderKind, OrderReason, OrderState, Route, Step,
    Wanted, routes,
};
use store::registry::ownership::Ownership;
use store::registry::{Registry, RegistryError};

use super::registry_contract::{at, contract};

contract! {
    a_gap_is_ordered_once,
    what_people_wait_for_is_claimed_first,
    a_request_that_was_cut_off_is_claimed_again,
    what_is_closed_stays_closed,
    a_refused_gap_is_ordered_anew_where_another_can_be_asked,
    owners_move_on_their_day,
    a_cycle_of_a_schedule_is_ordered_once,
    a_span_is_cut_where_owners_and_meters_change,
}

const NOON: &str = "2026-02-04T12:00:00Z";

fn day() -> TimeRange {
    TimeRange { start: at("2026-02-03T00:00:00Z"), end: at("2026-02-04T00:00:00Z") }
}

async fn usage_point(registry: &Registry, name: &str) -> UsagePointId {
    let names = [Name::new("UsagePoint", name)];
    UsagePointId(registry.master().register(Class::UsagePoint, &names, None).await.expect("registered").id)
}

fn entry(usage_point: UsagePointId, device: &str, gap: Option<&str>) -> OrderEntry {
    let route = Route { range: day(), meter: None, head_end: "HES-1".into(), device: device.into(), refused: None };
    OrderEntry {
        kind: OrderKind::Read,
        why: if gap.is_some() { OrderReason::Gap } else { OrderReason::OnDemand },
        asked_by: "anna".into(),
        usage_point,
        route,
        wanted: vec![Wanted { channel: ChannelNumber(7), range: day(), readings: 24 }],
        gap: gap.map(str::to_owned),
        next_at: at(NOON),
        deadline: at("2026-02-09T12:00:00Z"),
    }
}

fn note(id: u64, state: OrderState, tries: u32, outcome: &str) -> Note {
    Note { id, state, tries, next_at: at("2026-02-04T13:00:00Z"), outcome: outcome.into() }
}

// covers: B1-S9.03
async fn a_gap_is_ordered_once(registry: Registry, again: Registry) {
    let point = usage_point(&registry, "UP1").await;
    let list = [entry(point, "M1", Some("UP1 2026-02-03")), entry(point, "M1", Some("UP1 2026-02-04"))];
    assert_eq!(registry.orders().add(&list[..1], at(NOON)).await.expect("added").added, 1);
    let second = again.orders().add(&list, at(NOON)).await.expect("added");
    assert_eq!((second.added, second.ids.end - second.ids.start), (1, 2), "one was ordered already");
    let listed = again.orders().list(&OrderFilter::default()).await.expect("listed");
    let entries: Vec<_> = listed.iter().map(|order| &order.entry).collect();
    assert_eq!(entries, list.iter().collect::<Vec<_>>());
    assert_eq!((listed[0].state, listed[0].tries, listed[0].ordered_at), (OrderState::Open, 0, at(NOON)));
    assert_eq!(again.orders().get(listed[1].id).await.expect("got"), listed[1]);
    assert!(matches!(again.orders().get(99).await, Err(RegistryError::NotFound { .. })));
    // Once it was answered, the same gap may open again; given up, it stays so.
    let (first, other) = (listed[0].id, listed[1].id);
    let ends = [note(first, OrderState::Answered, 1, ""), note(other, OrderState::GivenUp, 5, "no answer")];
    assert_eq!(registry.orders().note(&ends, at(NOON)).await.expect("noted"), 2);
    assert_eq!(registry.orders().add(&list, at(NOON)).await.expect("added").added, 1);
    let open = OrderFilter { state: Some(OrderState::Open), ..OrderFilter::default() };
    let open = registry.orders().list(&open).await.expect("listed");
    assert_eq!(open.iter().map(|order| order.entry.gap.as_deref()).collect::<Vec<_>>(), [Some("UP1 2026-02-03")]);
    let counts = registry.orders().counts().await.expect("counted");
    let counts: Vec<_> = counts.iter().map(|count| (&*count.head_end, count.state, count.orders)).collect();
    let expected = [OrderState::Answered, OrderState::GivenUp, OrderState::Open].map(|state| ("HES-1", state, 1));
    assert_eq!(counts, expected);
}

async fn what_people_wait_for_is_claimed_first(registry: Registry, _: Registry) {
    let point = usage_point(&registry, "UP1").await;
    let ledger = registry.orders();
    let other_day = TimeRange { start: day().end, end: at("2026-02-05T00:00:00Z") };
    let mut later = entry(point, "M3", Some("c"));
    later.route.range = other_day;
    let not_due = OrderEntry { next_at: at("2026-02-05T00:00:00Z"), ..entry(point, "M4", Some("d")) };
    let gaps = [entry(point, "M1", Some("a")), entry(point, "M2", Some("b")), later, not_due];
    ledger.add(&gaps, at(NOON)).await.expect("added");
    ledger.add(&[entry(point, "M9", None)], at(NOON)).await.expect("added");
    let mut asked = Vec::new();
    for request in ["r1", "r2", "r3", "r4", "r5"] {
        let Some(claimed) = ledger.claim("HES-1", at(NOON), 1000, request).await.expect("claimed") else { break };
        assert_eq!(claimed.request, request);
        asked.push(claimed.orders.iter().map(|order| order.entry.route.device.to_string()).collect::<Vec<_>>());
        let notes: Vec<_> = claimed.orders.iter().map(|order| note(order.id, OrderState::Asked, 1, "asked")).collect();
        ledger.note(&notes, at(NOON)).await.expect("noted");
    }
    assert_eq!(asked, [vec!["M9"], vec!["M1", "M2"], vec!["M3"]], "of one span together, none before its time");
    assert_eq!(ledger.claim("HES-2", at(NOON), 10, "r9").await.expect("asked"), None);
    let asked = async |why| {
        let under_way = ledger.under_way(why, 0, 100).await.expect("listed");
        under_way.iter().filter(|order| order.asked_at == Some(at(NOON))).count()
    };
    assert_eq!((asked(OrderReason::Gap).await, asked(OrderReason::OnDemand).await), (3, 1));
}

// covers: MOD-FPT
async fn a_request_that_was_cut_off_is_claimed_again(registry: Registry, again: Registry) {
    let point = usage_point(&registry, "UP1").await;
    let gaps: Vec<_> = ["a", "b", "c"].map(|gap| entry(point, gap, Some(gap))).into();
    registry.orders().add(&gaps, at(NOON)).await.expect("added");
    let claimed = registry.orders().claim("HES-1", at(NOON), 2, "r1").await.expect("claimed").expect("due");
    assert_eq!(claimed.orders.len(), 2, "at most as many as the head-end takes");
    // Nothing was noted: another start of the program has another id ready, and asks with the first one.
    let repeated = again.orders().claim("HES-1", at(NOON), 2, "r2").await.expect("claimed").expect("due");
    assert_eq!(repeated, claimed);
    again.orders().cancel(&[claimed.orders[0].id], "not needed", at(NOON)).await.expect("cancelled");
    let rest = again.orders().claim("HES-1", at(NOON), 2, "r2").await.expect("claimed").expect("due");
    assert_eq!((rest.request.as_str(), rest.orders.len()), ("r1", 1));
    again.orders().note(&[note(rest.orders[0].id, OrderState::Asked, 1, "")], at(NOON)).await.expect("noted");
    let next = again.orders().claim("HES-1", at(NOON), 2, "r2").await.expect("claimed").expect("due");
    assert_eq!((next.request.as_str(), next.orders[0].entry.gap.as_deref()), ("r2", Some("c")));
}

async fn what_is_closed_stays_closed(registry: Registry, _: Registry) {
    let point = usage_point(&registry, "UP1").await;
    let ledger = registry.orders();
    let id = ledger.add(&[entry(point, "M1", None)], at(NOON)).await.expect("added").ids.start;
    assert_eq!(ledger.cancel(&[id, 99], "meter was stolen", at(NOON)).await.expect("cancelled"), 1);
    assert_eq!(ledger.note(&[note(id, OrderState::Answered, 1, "late")], at(NOON)).await.expect("noted"), 0);
    assert_eq!(ledger.cancel(&[id], "again", at(NOON)).await.expect("cancelled"), 0);
    let order = ledger.get(id).await.expect("got");
    assert_eq!(
        (order.state, &*order.outcome, order.closed_at),
        (OrderState::Cancelled, "meter was stolen", Some(at(NOON)))
    );
}

async fn a_refused_gap_is_ordered_anew_where_another_can_be_asked(registry: Registry, _: Registry) {
    let point = usage_point(&registry, "UP1").await;
    let ledger = registry.orders();
    let mut nobody = entry(point, "M1", Some("a"));
    (nobody.route.head_end, nobody.route.refused) = ("".into(), Some("enter an owner".into()));
    ledger.add(&[nobody.clone()], at(NOON)).await.expect("added");
    assert_eq!(ledger.add(&[nobody], at(NOON)).await.expect("added").added, 0);
    let refused = ledger.list(&OrderFilter::default()).await.expect("listed");
    assert_eq!((refused[0].state, &*refused[0].outcome), (OrderState::Refused, "enter an owner"));
    let owned = entry(point, "M1", Some("a"));
    assert_eq!(ledger.add(&[owned.clone()], at(NOON)).await.expect("added").added, 1, "an owner was entered");
    let listed = ledger.list(&OrderFilter::default()).await.expect("listed");
    ledger.note(&[note(listed[0].id, OrderState::Refused, 0, "not of this head-end")], at(NOON)).await.expect("noted");
    assert_eq!(ledger.add(&[owned], at(NOON)).await.expect("added").added, 0, "nobody else can be asked");
}

fn moved(source: &str, from: &str) -> Ownership {
    Ownership { from: at(from), source: Some(source.into()) }
}

async fn owners_move_on_their_day(registry: Registry, again: Registry) {
    let point = usage_point(&registry, "UP1").await;
    let usage_points = registry.usage_points();
    usage_points.set_owners(&[(point, Some("HES-1".into()))]).await.expect("set");
    let before = registry.revision().await.expect("revision");
    let move_ = [(point, moved("HES-2", "2026-02-03T10:00:00Z"))];
    usage_points.move_owners(&move_).await.expect("moved");
    let after = registry.revision().await.expect("revision");
    assert!(before < after);
    usage_points.move_owners(&move_).await.expect("moved");
    usage_points.set_owners(&[(point, Some("HES-1".into()))]).await.expect("set");
    assert_eq!(registry.revision().await.expect("revision"), after, "nothing changed, and the move stays");
    let directory = again.directory().await.expect("directory");
    let owner = |text| directory.owner_at(point, at(text));
    assert_eq!(owner("1990-01-01T00:00:00Z"), Some("HES-1"));
    assert_eq!(owner("2026-02-03T09:59:59Z"), Some("HES-1"));
    assert_eq!(owner("2026-02-03T10:00:00Z"), Some("HES-2"));
    assert_eq!(directory.moves(point).len(), 2);
    assert_eq!(usage_points.owners_of(point).await.expect("read"), directory.moves(point));
    usage_points.set_owners(&[(point, None)]).await.expect("set");
    let directory = again.directory().await.expect("directory");
    assert_eq!((directory.owner_at(point, at(NOON)), directory.moves(point).len()), (None, 0));
}

// covers: MOD-ORC
async fn a_cycle_of_a_schedule_is_ordered_once(registry: Registry, again: Registry) {
    let point = usage_point(&registry, "UP1").await;
    let (ledger, due) = (registry.orders(), at("2026-02-04T13:00:00Z"));
    assert_eq!(ledger.done_until("nightly").await.expect("asked"), None);
    assert_eq!(ledger.see_schedule("nightly", at(NOON)).await.expect("seen"), at(NOON));
    assert_eq!(again.orders().see_schedule("nightly", due).await.expect("seen"), at(NOON), "seen before");
    let unknown = vec![NotOrdered { device: "M-404".into(), why: "not in the registry".into() }];
    let missed = Some(Missed { cycles: 2, first: at("2026-02-04T12:20:00Z"), last: at("2026-02-04T12:40:00Z") });
    let why = OrderReason::Schedule;
    let group = GroupEntry { kind: OrderKind::Read, why, asked_by: "nightly".into(), due_at: due, unknown, missed };
    let entries = ["M1", "M2"].map(|device| OrderEntry { why, ..entry(point, device, None) });
    let step = Step { schedule: "nightly", from: at(NOON), to: due };
    let added = ledger.add_group((&group, &entries), Some(step), due).await.expect("added").expect("its turn");
    assert_eq!((&added.entry, added.ordered_at), (&group, due));
    // Another program that looked at the clock as well.
    assert_eq!(again.orders().add_group((&group, &entries), Some(step), due).await.expect("added"), None);
    assert_eq!(again.orders().done_until("nightly").await.expect("asked"), Some(due));
    assert_eq!(again.orders().group(added.id).await.expect("got"), added);
    assert_eq!(again.orders().groups_of(why, "nightly", 9).await.expect("listed"), [added.clone()]);
    assert_eq!(again.orders().missed_of("nightly").await.expect("counted"), 2);
    assert_eq!(again.orders().missed_of("monthly").await.expect("counted"), 0);
    let orders = again.orders().of_group(added.id, 0, 0).await.expect("listed");
    assert_eq!(orders.iter().map(|order| &order.entry).collect::<Vec<_>>(), entries.iter().collect::<Vec<_>>());
    assert_eq!(ledger.list(&OrderFilter::default()).await.expect("listed").len(), 2, "once");
    assert_eq!(ledger.latest(point, 1).await.expect("listed"), orders[1..]);
    ledger.note(&[note(orders[0].id, OrderState::Answered, 1, "")], due).await.expect("noted");
    let counts = ledger.counts_of_group(added.id).await.expect("counted");
    let counts: Vec<_> = counts.iter().map(|count| (count.state, count.orders)).collect();
    assert_eq!(counts, [(OrderState::Answered, 1), (OrderState::Open, 1)]);
    let of_person = GroupEntry { why: OrderReason::OnDemand, missed: None, ..group };
    let second = ledger.add_group((&of_person, &[]), None, due).await.expect("added").expect("no turn is needed");
    assert!(added.id < second.id && ledger.of_group(second.id, 0, 0).await.expect("listed").is_empty());
    assert!(matches!(ledger.group(99).await, Err(RegistryError::NotFound { .. })));
}

// covers: MOD-VEN, MOD-HES
async fn a_span_is_cut_where_owners_and_meters_change(registry: Registry, _: Registry) {
    let point = usage_point(&registry, "UP1").await;
    let names = |values: &[(&str, &str)]| -> Vec<Name> {
        let name =
            |(authority, value): &(&str, &str)| Name { authority: (*authority).into(), ..Name::new("Meter", *value) };
        values.iter().map(name).collect()
    };
    let of_meters = [names(&[("", "M-OLD")]), names(&[("", "M-NEW"), ("HES-2", "0042")])];
    let times = [(Timestamp::MIN, Some(at("2026-02-03T08:00:00Z"))), (at("2026-02-03T08:00:00Z"), None)];
    for (names, (from, to)) in of_meters.iter().zip(times) {
        let meter = registry.master().register(Class::Meter, names, None).await.expect("registered").id;
        let link = Link { relation: Relation::MeterAtUsagePoint, subject: meter, target: point.0, from, to };
        registry.master().link(&link).await.expect("linked");
    }
    let told = async |range: TimeRange| -> Vec<String> {
        let directory = registry.directory().await.expect("directory");
        let hour = |at: Timestamp| at.strftime("%H").to_string();
        let told = |route: Route| {
            format!("{} {}-{} {}", route.head_end, hour(route.range.start), hour(route.range.end), route.device)
        };
        routes(&directory, point, range).into_iter().map(told).collect()
    };
    assert_eq!(told(day()).await, [" 00-08 M-OLD", " 08-00 M-NEW"]);
    let directory = registry.directory().await.expect("directory");
    let refused = routes(&directory, point, day())[0].refused.clone().expect("refused");
    assert_eq!(
        refused,
        "no head-end owns usage point UP1 at 2026-02-03T00:00:00Z; enter it: amity registry owner UP1 HEAD-END"
    );
    registry.usage_points().set_owners(&[(point, Some("HES-1".into()))]).await.expect("set");
    let move_ = [(point, moved("HES-2", "2026-02-03T10:00:00Z"))];
    registry.usage_points().move_owners(&move_).await.expect("moved");
    assert_eq!(told(day()).await, ["HES-1 00-08 M-OLD", "HES-1 08-10 M-NEW", "HES-2 10-00 0042"]);
    let now = TimeRange { start: at(NOON), end: at(NOON) };
    assert_eq!(told(now).await, ["HES-2 12-12 0042"]);
}
