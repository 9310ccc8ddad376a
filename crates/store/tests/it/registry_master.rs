//! What master data promises, whatever engine keeps it.

use std::collections::BTreeSet;

use jiff::Timestamp;
use model::id::{Mrid, Name, UsagePointId};
use model::master::{Channel, ConnectionState, Dated};
use model::quantity::Decimal;
use model::reading::ChannelKey;
use serde_json::json;
use store::registry::channel::ChannelEntry;
use store::registry::directory::Unresolved;
use store::registry::link::{Link, Relation};
use store::registry::master::Class;
use store::registry::subscription::DeliveryState;
use store::registry::usage_point::StateChange;
use store::registry::{Registry, RegistryError};
use uuid::Uuid;

use super::registry_contract::{at, contract};
use super::registry_quarantine::{batch, item, source};
use super::registry_subscriptions::subscription;

contract! {
    registering_again_changes_nothing,
    names_of_two_objects_are_a_conflict,
    a_name_without_authority_means_the_only_one_it_fits,
    search_takes_text_as_it_is,
    text_is_ordered_by_its_bytes,
    links_of_a_subject_do_not_overlap,
    links_are_closed_and_followed,
    links_join_the_classes_of_their_relation,
    channels_are_numbered_without_holes,
    a_channel_does_not_change_its_meaning,
    a_refused_registration_leaves_nothing,
    two_processes_register_at_once,
    thousands_of_channels_in_one_commit,
    messages_find_their_channel,
    a_meter_exchange_moves_the_channel_of_a_meter,
    states_follow_each_other_in_any_order_of_entry,
    an_owner_is_set_changed_and_removed,
    only_master_data_moves_the_revision,
    a_name_is_one_usage_point_under_any_kind,
    usage_points_of_two_authorities_have_labels_of_their_own,
    a_channel_is_refused_for_what_no_channel_can_be,
    a_channel_without_readings_is_described_anew,
    an_uncommitted_neighbour_is_not_seen,
}

fn nmi(value: &str) -> Name {
    Name { authority: "AEMO".into(), kind: "NMI".into(), value: value.into() }
}

fn serial(value: &str) -> Name {
    Name::new("SerialNumber", value)
}

/// Quarter-hour kWh delivered, kept in Wh.
fn entry(usage_point: &str, suffix: &str) -> ChannelEntry {
    ChannelEntry {
        usage_point: nmi(usage_point),
        meter: None,
        meter_from: None,
        suffix: suffix.into(),
        reading_type: "0.0.2.4.1.1.12.0.0.0.0.0.0.0.0.3.72.0".parse().expect("a reading type"),
        unit: "kWh".into(),
        quantum: -3,
        multiplier: Decimal::new(1, 0),
        dials: Some(6),
        interval_seconds: Some(900),
        zone: "Australia/Sydney".into(),
    }
}

async fn register(registry: &Registry, entries: &[ChannelEntry]) -> Vec<Channel> {
    registry.channels().register(entries).await.expect("registered")
}

async fn object(registry: &Registry, class: Class, name: &Name) -> Mrid {
    registry.master().register(class, std::slice::from_ref(name), None).await.expect("registered").id
}

async fn registering_again_changes_nothing(registry: Registry, _: Registry) {
    let names = [nmi("NEM1201009"), Name::new("CIS id", "77")];
    let attributes = json!({"phase": "A"});
    let first =
        registry.master().register(Class::UsagePoint, &names[..1], Some(&attributes)).await.expect("registered");
    assert!(first.created);
    let second = registry.master().register(Class::UsagePoint, &names, None).await.expect("registered");
    assert_eq!((second.id, second.created), (first.id, false));
    let revision = registry.revision().await.expect("revision");
    let third = registry.master().register(Class::UsagePoint, &names, Some(&attributes)).await.expect("registered");
    assert_eq!(third.id, first.id);
    assert_eq!(registry.revision().await.expect("revision"), revision, "nothing changed");
    let stored = registry.master().get(first.id).await.expect("stored");
    assert_eq!(stored.attributes, attributes);
    assert_eq!(stored.names, [Name::new("CIS id", "77"), nmi("NEM1201009")]);
    let listed = registry.master().page(Class::UsagePoint, None, 10).await.expect("page");
    assert_eq!(listed, [first.id]);
    assert_eq!(registry.master().page(Class::UsagePoint, Some(first.id), 10).await.expect("page"), []);
    assert_eq!(registry.master().count(Class::UsagePoint).await.expect("count"), 1);
}

async fn names_of_two_objects_are_a_conflict(registry: Registry, _: Registry) {
    object(&registry, Class::Meter, &serial("A")).await;
    object(&registry, Class::Meter, &serial("B")).await;
    let both = registry.master().register(Class::Meter, &[serial("A"), serial("B")], None).await;
    assert!(matches!(both, Err(RegistryError::Conflict { .. })), "{both:?}");
    // The same words for objects of different classes do not meet.
    object(&registry, Class::Transformer, &serial("A")).await;
    assert_eq!(registry.master().count(Class::Meter).await.expect("count"), 2);
}

async fn a_name_without_authority_means_the_only_one_it_fits(registry: Registry, _: Registry) {
    let cis = Name { authority: "CIS".into(), kind: "id".into(), value: "4711".into() };
    let hes = Name { authority: "HES-1".into(), kind: "id".into(), value: "4711".into() };
    let first = object(&registry, Class::UsagePoint, &cis).await;
    let find = async |name: &Name| registry.master().find(Class::UsagePoint, name).await.expect("answered");
    assert_eq!(find(&cis).await, Some(first));
    assert_eq!(find(&Name::new("id", "4711")).await, Some(first));
    assert_eq!(find(&Name::new("", "4711")).await, Some(first));
    assert_eq!(find(&Name::new("NMI", "4711")).await, Some(first), "whatever kind of name it is");
    assert_eq!(find(&hes).await, None);
    assert_eq!(find(&Name { kind: "NMI".into(), ..cis.clone() }).await, None, "of one authority the kind tells apart");
    let second = object(&registry, Class::UsagePoint, &hes).await;
    let two = registry.master().find(Class::UsagePoint, &Name::new("id", "4711")).await.expect_err("two objects fit");
    for told in [first.to_string(), second.to_string(), "CIS".into(), "HES-1".into()] {
        assert!(two.to_string().contains(&told), "{told}: {two}");
    }
    assert_eq!(find(&hes).await, Some(second));
    let word_for_word = Name::new("id", "4711");
    let third = object(&registry, Class::UsagePoint, &word_for_word).await;
    assert_eq!(find(&word_for_word).await, Some(third));
}

async fn search_takes_text_as_it_is(registry: Registry, _: Registry) {
    for value in ["NEM1201009", "nem1201010", "NEM_1", "100%", "1000"] {
        object(&registry, Class::UsagePoint, &nmi(value)).await;
    }
    object(&registry, Class::Meter, &serial("NEM-meter")).await;
    let found = async |prefix: &str, class| -> Vec<String> {
        let hits = registry.master().search(prefix, class, 10).await.expect("searched");
        hits.into_iter().map(|hit| hit.name.value.into()).collect()
    };
    assert_eq!(found("NEM12", None).await, ["NEM1201009", "nem1201010"]);
    assert_eq!(found("nem_", None).await, ["NEM_1"]);
    assert_eq!(found("100%", None).await, ["100%"]);
    assert_eq!(found("nem", Some(Class::Meter)).await, ["NEM-meter"]);
    assert_eq!(found("x", None).await, [] as [&str; 0]);
    assert_eq!(registry.master().search("", None, 2).await.expect("searched").len(), 2);
}

async fn text_is_ordered_by_its_bytes(registry: Registry, _: Registry) {
    let entries = ["b", "Ä", "a", "B", "_", "10", "9"].map(|name| entry(name, "E1"));
    let channels = register(&registry, &entries).await;
    assert_eq!(channels.iter().map(|channel| channel.number.0).collect::<Vec<_>>(), [0, 1, 2, 3, 4, 5, 6]);
    let hits = registry.master().search("", Some(Class::UsagePoint), 10).await.expect("searched");
    // Lower case, in the order of UTF-8: digits, `_` (5F), a-z, then ä (C3 A4).
    let values: Vec<_> = hits.iter().map(|hit| hit.name.value.to_lowercase()).collect();
    assert_eq!(values, ["10", "9", "_", "a", "b", "b", "ä"]);
}

async fn links_of_a_subject_do_not_overlap(registry: Registry, _: Registry) {
    let meter = object(&registry, Class::Meter, &serial("M1")).await;
    let here = object(&registry, Class::UsagePoint, &nmi("HERE")).await;
    let there = object(&registry, Class::UsagePoint, &nmi("THERE")).await;
    let link = async |target, from: &str, to: Option<&str>| {
        let link =
            Link { relation: Relation::MeterAtUsagePoint, subject: meter, target, from: at(from), to: to.map(at) };
        registry.master().link(&link).await
    };
    let refused = |answer: Result<(), RegistryError>| matches!(answer, Err(RegistryError::Overlap { .. }));
    link(here, "2024-03-01T00:00Z", Some("2024-06-01T00:00Z")).await.expect("the first");
    assert!(refused(link(there, "2024-05-31T23:59:59Z", None).await), "its last second is taken");
    assert!(refused(link(there, "2024-01-01T00:00Z", Some("2024-03-01T00:00:01Z")).await), "its first second");
    assert!(refused(link(there, "2024-04-01T00:00Z", Some("2024-05-01T00:00Z")).await), "inside");
    assert!(refused(link(there, "2024-01-01T00:00Z", None).await), "around");
    link(there, "2024-06-01T00:00Z", None).await.expect("ends are not inside");
    link(there, "2024-01-01T00:00Z", Some("2024-03-01T00:00Z")).await.expect("ends are not inside");
    link(here, "2024-04-01T00:00Z", Some("2024-05-01T00:00Z")).await.expect("covered by the first");
    let empty = link(here, "2025-01-01T00:00Z", Some("2025-01-01T00:00Z")).await;
    assert!(matches!(empty, Err(RegistryError::EmptyLink { .. })), "{empty:?}");
    let links = registry.master().links_of(meter).await.expect("links");
    assert_eq!(links.iter().map(|link| link.target).collect::<Vec<_>>(), [there, here, there]);
}

async fn links_are_closed_and_followed(registry: Registry, _: Registry) {
    let transformer = object(&registry, Class::Transformer, &serial("T1")).await;
    let point = object(&registry, Class::UsagePoint, &nmi("P")).await;
    let relation = Relation::UsagePointOnTransformer;
    let open = Link { relation, subject: point, target: transformer, from: at("2024-01-01T00:00Z"), to: None };
    registry.master().link(&open).await.expect("linked");
    let none = registry.master().close_link(relation, point, at("2023-01-01T00:00Z")).await;
    assert!(matches!(none, Err(RegistryError::NotFound { .. })), "{none:?}");
    let empty = registry.master().close_link(relation, point, open.from).await;
    assert!(matches!(empty, Err(RegistryError::EmptyLink { .. })), "{empty:?}");
    let closed = registry.master().close_link(relation, point, at("2024-07-01T00:00Z")).await.expect("closed");
    assert_eq!(closed, open);
    let next = Link { target: object(&registry, Class::Transformer, &serial("T2")).await, ..open.clone() };
    let next = Link { from: at("2024-07-01T00:00Z"), ..next };
    registry.master().link(&next).await.expect("the next one");
    let links = registry.master().links_of(point).await.expect("links");
    assert_eq!(links, [Link { to: Some(at("2024-07-01T00:00Z")), ..open }, next]);
}

async fn links_join_the_classes_of_their_relation(registry: Registry, _: Registry) {
    let meter = object(&registry, Class::Meter, &serial("M1")).await;
    let link = Link {
        relation: Relation::MeterAtUsagePoint,
        subject: meter,
        target: meter,
        from: at("2024-01-01T00:00Z"),
        to: None,
    };
    let answer = registry.master().link(&link).await;
    assert!(matches!(answer, Err(RegistryError::NotFound { what: "UsagePoint", .. })), "{answer:?}");
}

async fn channels_are_numbered_without_holes(registry: Registry, _: Registry) {
    let first = register(&registry, &[entry("P1", "E1"), entry("P1", "B1")]).await;
    let again = register(&registry, &[entry("P2", "E1"), entry("P1", "B1"), entry("P2", "E1")]).await;
    assert_eq!(first.iter().map(|channel| channel.number.0).collect::<Vec<_>>(), [0, 1]);
    assert_eq!(again.iter().map(|channel| channel.number.0).collect::<Vec<_>>(), [2, 1, 2]);
    assert_eq!(again[1], first[1]);
    let channels = registry.channels();
    assert_eq!(channels.count().await.expect("count"), 3);
    for wanted in [&again[0], &first[0]] {
        assert_eq!(&channels.find(&wanted.number.to_string()).await.expect("by number"), wanted);
        assert_eq!(&channels.find(&wanted.id.to_string()).await.expect("by mRID"), wanted);
        assert_eq!(&channels.find(&wanted.label).await.expect("by label"), wanted);
    }
    assert!(matches!(channels.find("P9/E1").await, Err(RegistryError::NotFound { .. })));
    let of_first = channels.of_usage_point(first[0].usage_point).await.expect("channels");
    assert_eq!(of_first, [first[1].clone(), first[0].clone()]);
    assert_eq!(channels.page(first[1].number, 5).await.expect("page"), [first[1].clone(), again[0].clone()]);
    let hits = registry.master().search("p2/", None, 5).await.expect("searched");
    assert_eq!(hits.iter().map(|hit| (hit.class, hit.id)).collect::<Vec<_>>(), [(Class::Channel, again[0].id.0)]);
}

async fn a_channel_does_not_change_its_meaning(registry: Registry, _: Registry) {
    let before = register(&registry, &[entry("P1", "E1")]).await.remove(0);
    let revision = registry.revision().await.expect("revision");
    type Change = fn(&mut ChannelEntry);
    let changes: [(&str, Change); 4] = [
        ("unit", |entry| entry.unit = "MWh".into()),
        ("quantum", |entry| entry.quantum = -4),
        ("interval", |entry| entry.interval_seconds = Some(1800)),
        ("zone", |entry| entry.zone = "Australia/Perth".into()),
    ];
    for (field, change) in changes {
        let mut changed = entry("P1", "E1");
        change(&mut changed);
        let answer = registry.channels().register(&[changed]).await;
        assert!(matches!(answer, Err(RegistryError::Conflict { .. })), "{field}: {answer:?}");
    }
    assert_eq!(registry.revision().await.expect("revision"), revision);
    let larger = ChannelEntry { multiplier: Decimal::new(40, 0), dials: Some(5), ..entry("P1", "E1") };
    let after = register(&registry, &[larger]).await.remove(0);
    assert_eq!(after, Channel { multiplier: Decimal::new(40, 0), dials: Some(5), ..before });
    assert_eq!(registry.channels().find("P1/E1").await.expect("stored"), after);
    assert!(revision < registry.revision().await.expect("revision"));
}

async fn a_refused_registration_leaves_nothing(registry: Registry, _: Registry) {
    let installed = ChannelEntry { meter: Some(serial("M1")), ..entry("P1", "E1") };
    register(&registry, &[installed]).await;
    let elsewhere = ChannelEntry { meter: Some(serial("M1")), ..entry("P3", "E1") };
    let answer = registry.channels().register(&[entry("P2", "E1"), elsewhere]).await;
    assert!(matches!(answer, Err(RegistryError::Overlap { .. })), "{answer:?}");
    assert_eq!(registry.channels().count().await.expect("count"), 1);
    assert_eq!(registry.master().count(Class::UsagePoint).await.expect("count"), 1);
    let next = register(&registry, &[entry("P4", "E1")]).await;
    assert_eq!(next[0].number.0, 1, "no number was used up");
}

async fn a_name_is_one_usage_point_under_any_kind(registry: Registry, _: Registry) {
    let named = |kind: &str, suffix: &str| ChannelEntry { usage_point: Name::new(kind, "P1"), ..entry("P1", suffix) };
    // In one commit, and in one after the other.
    let first = register(&registry, &[named("NMI", "E1"), named("UsagePoint", "B1"), named("UsagePoint", "E1")]).await;
    let again = register(&registry, &[named("", "E1"), named("UsagePoint", "E2")]).await;
    let labels: Vec<_> = first.iter().chain(&again).map(|channel| (channel.number.0, channel.label.as_str())).collect();
    assert_eq!(labels, [(0, "P1/E1"), (1, "P1/B1"), (0, "P1/E1"), (0, "P1/E1"), (2, "P1/E2")]);
    assert_eq!(registry.master().count(Class::UsagePoint).await.expect("count"), 1);
    let directory = registry.directory().await.expect("directory");
    assert_eq!(directory.registered(&named("CIS id", "E2")), Some(&again[1]));
    let key = ChannelKey { usage_point: Some(Name::new("CIS id", "P1")), suffix: "E2".into(), ..ChannelKey::default() };
    assert_eq!(directory.resolve(&key, at("2024-05-01T00:00Z")), Ok(&again[1]));
}

async fn usage_points_of_two_authorities_have_labels_of_their_own(registry: Registry, _: Registry) {
    let of = |authority: &str, kind: &str, suffix: &str| {
        let usage_point = Name { authority: authority.into(), kind: kind.into(), value: "100".into() };
        ChannelEntry { usage_point, ..entry("100", suffix) }
    };
    let channels = register(&registry, &[of("ACME", "UP", "E1"), of("BETA", "UP", "E1")]).await;
    // What follows is labelled as its usage point is, also where the plain label would be free.
    let more = register(&registry, &[of("BETA", "UP", "E2"), of("BETA", "NMI", "E1"), of("ACME", "UP", "E1")]).await;
    let labels: Vec<_> = channels.iter().chain(&more).map(|channel| channel.label.as_str()).collect();
    assert_eq!(labels, ["100/E1", "100@BETA/E1", "100@BETA/E2", "100@BETA:NMI/E1", "100/E1"]);
    assert_eq!(registry.master().count(Class::UsagePoint).await.expect("count"), 3);
    let unsaid = registry.channels().register(&[of("", "UP", "E1")]).await;
    assert!(matches!(unsaid, Err(RegistryError::Ambiguous { .. })), "{unsaid:?}");
    let key = ChannelKey { usage_point: Some(Name::new("UP", "100")), ..ChannelKey::default() };
    let directory = registry.directory().await.expect("directory");
    let unsaid = directory.resolve(&key, at("2024-05-01T00:00Z")).map(|channel| channel.number);
    assert!(matches!(&unsaid, Err(Unresolved::AmbiguousName { .. })), "{unsaid:?}");
    // Labels can be the same by accident.
    register(&registry, &[entry("a/b", "c")]).await;
    let same = registry.channels().register(&[entry("a", "b/c")]).await;
    assert!(matches!(&same, Err(RegistryError::Conflict { name, .. }) if name == "a/b/c"), "{same:?}");
}

async fn a_channel_is_refused_for_what_no_channel_can_be(registry: Registry, _: Registry) {
    type Change = fn(&mut ChannelEntry);
    let changes: [(&str, Change); 14] = [
        ("usage point", |entry| entry.usage_point.value = " ".into()),
        ("meter", |entry| entry.meter = Some(serial(""))),
        ("unit", |entry| entry.unit = "bananas".into()),
        ("quantum", |entry| entry.quantum = -19),
        ("quantum", |entry| entry.quantum = 10),
        ("multiplier", |entry| entry.multiplier = Decimal::new(0, 0)),
        ("multiplier", |entry| entry.multiplier = Decimal::new(-40, 0)),
        ("dials", |entry| entry.dials = Some(0)),
        ("dials", |entry| entry.dials = Some(19)),
        ("interval seconds", |entry| entry.interval_seconds = Some(0)),
        ("interval seconds", |entry| entry.interval_seconds = Some(3601)),
        ("interval seconds", |entry| entry.interval_seconds = Some(172_800)),
        ("interval seconds", |entry| entry.interval_seconds = Some(u32::MAX)),
        ("quantum", |entry| entry.quantum = i8::MIN),
    ];
    for (field, change) in changes {
        let mut changed = entry("P1", "E1");
        change(&mut changed);
        let answer = registry.channels().register(&[entry("P2", "E1"), changed]).await;
        let wrong =
            |error: &RegistryError| matches!(error, RegistryError::Invalid { field: wrong, .. } if *wrong == field);
        assert!(answer.as_ref().is_err_and(wrong), "{field}: {answer:?}");
    }
    assert_eq!(registry.channels().count().await.expect("count"), 0);
    let at_the_limits = ChannelEntry {
        unit: "".into(),
        quantum: -18,
        dials: Some(18),
        interval_seconds: Some(86_400),
        multiplier: Decimal::new(1, -3),
        ..entry("P1", "E1")
    };
    register(&registry, &[at_the_limits, ChannelEntry { quantum: 9, interval_seconds: Some(1), ..entry("P2", "E1") }])
        .await;
}

async fn a_channel_without_readings_is_described_anew(registry: Registry, _: Registry) {
    let before = register(&registry, &[entry("P1", "E1")]).await.remove(0);
    let revision = registry.revision().await.expect("revision");
    let right = ChannelEntry { unit: "MWh".into(), quantum: -6, interval_seconds: Some(3600), ..entry("P1", "E1") };
    registry.channels().describe_anew(before.number, &right).await.expect("described");
    let wrong = ChannelEntry { interval_seconds: Some(7), ..right.clone() };
    let refused = registry.channels().describe_anew(before.number, &wrong).await;
    assert!(matches!(refused, Err(RegistryError::Invalid { .. })), "{refused:?}");
    let after = Channel { unit: "MWh".into(), quantum: -6, interval_seconds: Some(3600), ..before };
    assert_eq!(register(&registry, &[right]).await, [after]);
    assert!(revision < registry.revision().await.expect("revision"));
}

async fn two_processes_register_at_once(registry: Registry, again: Registry) {
    let run = |registry: Registry, ours: &'static str| {
        tokio::spawn(async move {
            let mut numbers = Vec::new();
            for at in 0..20 {
                let both = [entry(&format!("{ours}{at}"), "E1"), entry(&format!("shared{at}"), "E1")];
                let channels = registry.channels().register(&both).await.expect("registered");
                numbers.extend(channels.into_iter().map(|channel| (channel.label, channel.number.0)));
            }
            numbers
        })
    };
    let (left, right) = (run(registry.clone(), "left"), run(again, "right"));
    let mut seen: BTreeSet<_> = left.await.expect("ran").into_iter().collect();
    seen.extend(right.await.expect("ran"));
    assert_eq!(seen.len(), 60, "both saw the same numbers for the shared ones");
    let numbers: BTreeSet<u32> = seen.into_iter().map(|(_, number)| number).collect();
    assert_eq!(numbers, (0..60).collect());
}

async fn thousands_of_channels_in_one_commit(registry: Registry, _: Registry) {
    let entries: Vec<_> = (0..3000)
        .map(|at| ChannelEntry { meter: Some(serial(&format!("M{at}"))), ..entry(&format!("P{at}"), "E1") })
        .collect();
    let revision = registry.revision().await.expect("revision");
    let channels = register(&registry, &entries).await;
    assert!(channels.iter().map(|channel| channel.number.0).eq(0..3000));
    assert_eq!(registry.revision().await.expect("revision"), revision + 1);
    let directory = registry.directory().await.expect("directory");
    assert_eq!(directory.len(), 3000);
    assert_eq!(directory.by_label("P2999/E1"), Some(&channels[2999]));
    assert_eq!(register(&registry, &entries).await, channels);
    assert_eq!(registry.revision().await.expect("revision"), revision + 1);
}

async fn messages_find_their_channel(registry: Registry, _: Registry) {
    let daily = "11.0.0.4.1.1.12.0.0.0.0.0.0.0.0.3.72.0".parse().expect("a reading type");
    let interval = ChannelEntry { meter: Some(serial("M1")), ..entry("P1", "E1") };
    let second = ChannelEntry { suffix: "E2".into(), ..interval.clone() };
    let daily = ChannelEntry { suffix: "".into(), reading_type: daily, interval_seconds: None, ..interval.clone() };
    let channels = register(&registry, &[interval.clone(), second, daily.clone()]).await;
    let directory = registry.directory().await.expect("directory");
    let now = at("2024-05-01T00:00Z");
    let resolve = |usage_point: Option<Name>, meter: Option<Name>, suffix: &str, reading_type| {
        let key = ChannelKey { usage_point, meter, suffix: suffix.into(), reading_type };
        directory.resolve(&key, now).map(|channel| channel.number.0)
    };
    let quarter_hour = interval.reading_type;
    assert_eq!(resolve(Some(nmi("P1")), None, "E2", quarter_hour), Ok(1));
    assert_eq!(resolve(None, Some(serial("M1")), "E1", quarter_hour), Ok(0));
    assert_eq!(resolve(Some(nmi("P1")), Some(serial("other")), "", daily.reading_type), Ok(2));
    let ambiguous = Unresolved::Ambiguous { count: 2, reading_type: quarter_hour.to_string() };
    assert_eq!(resolve(Some(nmi("P1")), None, "", quarter_hour), Err(ambiguous));
    assert_eq!(resolve(Some(nmi("P1")), None, "E3", quarter_hour), Err(Unresolved::UnknownChannel("P1/E3".into())));
    assert_eq!(resolve(Some(nmi("P2")), None, "E1", quarter_hour), Err(Unresolved::UnknownUsagePoint("P2".into())));
    assert_eq!(resolve(None, Some(serial("M2")), "E1", quarter_hour), Err(Unresolved::UnknownMeter("M2".into())));
    assert_eq!(resolve(None, None, "E1", quarter_hour), Err(Unresolved::Unnamed));
    assert_eq!(directory.channel(channels[1].number), Some(&channels[1]));
    assert_eq!(directory.revision, registry.revision().await.expect("revision"));
}

async fn a_meter_exchange_moves_the_channel_of_a_meter(registry: Registry, _: Registry) {
    let exchange = at("2024-06-15T02:00Z");
    let since =
        ChannelEntry { meter: Some(serial("OLD")), meter_from: Some(at("2024-01-01T00:00Z")), ..entry("P1", "E1") };
    let channel = register(&registry, std::slice::from_ref(&since)).await.remove(0);
    let old = registry.master().find(Class::Meter, &serial("OLD")).await.expect("answered").expect("registered");
    registry.master().close_link(Relation::MeterAtUsagePoint, old, exchange).await.expect("closed");
    let new = ChannelEntry { meter: Some(serial("NEW")), meter_from: Some(exchange), ..since };
    register(&registry, &[new]).await;
    let directory = registry.directory().await.expect("directory");
    let resolve = |meter: &str, when: &str| {
        let key = ChannelKey { meter: Some(serial(meter)), suffix: "E1".into(), ..ChannelKey::default() };
        directory.resolve(&key, at(when)).map(|channel| channel.number)
    };
    let nowhere = |meter: &str, when| Err(Unresolved::NotInstalled { meter: meter.into(), at: at(when) });
    assert_eq!(resolve("OLD", "2023-12-31T23:59:59Z"), nowhere("OLD", "2023-12-31T23:59:59Z"));
    assert_eq!(resolve("OLD", "2024-06-15T01:59:59Z"), Ok(channel.number));
    assert_eq!(resolve("OLD", "2024-06-15T02:00:00Z"), nowhere("OLD", "2024-06-15T02:00:00Z"));
    assert_eq!(resolve("NEW", "2024-06-15T01:59:59Z"), nowhere("NEW", "2024-06-15T01:59:59Z"));
    assert_eq!(resolve("NEW", "2024-06-15T02:00:00Z"), Ok(channel.number));
    let names_at = |when: &str| -> Vec<Name> {
        let meters = directory.meters_at(channel.usage_point, at(when));
        meters.flat_map(|meter| directory.meter_names(meter).to_vec()).collect()
    };
    assert_eq!(names_at("2024-06-15T01:59:59Z"), [serial("OLD")]);
    assert_eq!(names_at("2024-06-15T02:00:00Z"), [serial("NEW")]);
    assert_eq!(directory.meters_at(UsagePointId(old), exchange).count(), 0);
}

async fn states_follow_each_other_in_any_order_of_entry(registry: Registry, again: Registry) {
    use ConnectionState::{Closed, Connected, LogicallyDisconnected, PhysicallyDisconnected};
    let usage_point = UsagePointId(object(&registry, Class::UsagePoint, &nmi("P1")).await);
    let other = UsagePointId(object(&registry, Class::UsagePoint, &nmi("P2")).await);
    let change = |day: &str, state| StateChange { usage_point, from: at(&format!("2024-0{day}T00:00Z")), state };
    let (spring, summer, autumn) = ("3-01", "6-01", "9-01");
    let entered = [change(autumn, Closed), change(spring, Connected), change(summer, PhysicallyDisconnected)];
    registry.usage_points().change_states(&entered).await.expect("entered");
    let revision = registry.revision().await.expect("revision");
    registry.usage_points().change_states(&entered[1..]).await.expect("entered again");
    assert_eq!(registry.revision().await.expect("revision"), revision, "nothing changed");
    // A correction, given twice in one call: the last counts.
    let corrected = [change(summer, Connected), change(summer, LogicallyDisconnected)];
    again.usage_points().change_states(&corrected).await.expect("corrected");
    assert!(revision < registry.revision().await.expect("revision"));
    let from = |day: &str| change(day, Connected).from;
    let expected = [
        Dated { value: Connected, from: from(spring), to: Some(from(summer)) },
        Dated { value: LogicallyDisconnected, from: from(summer), to: Some(from(autumn)) },
        Dated { value: Closed, from: from(autumn), to: None },
    ];
    assert_eq!(registry.usage_points().states_of(usage_point).await.expect("states"), expected);
    assert_eq!(registry.usage_points().states_of(other).await.expect("states"), []);
    let directory = again.directory().await.expect("directory");
    assert_eq!(directory.states(usage_point).map(|history| history.links()), Some(&expected[..]));
    assert_eq!(directory.states(other), None);
    let stranger = StateChange { usage_point: UsagePointId(Mrid(Uuid::from_u128(7))), ..entered[0] };
    assert!(registry.usage_points().change_states(&[change("1-01", Closed), stranger]).await.is_err());
    assert_eq!(registry.usage_points().states_of(usage_point).await.expect("states"), expected, "all or nothing");
}

async fn an_owner_is_set_changed_and_removed(registry: Registry, again: Registry) {
    let usage_point = UsagePointId(object(&registry, Class::UsagePoint, &nmi("P1")).await);
    let owner = async || {
        let stored = again.usage_points().owners_of(usage_point).await.expect("read");
        let directory = again.directory().await.expect("directory");
        let stored = stored.into_iter().find_map(|ownership| ownership.source);
        assert_eq!(directory.owner_at(usage_point, Timestamp::UNIX_EPOCH), stored.as_deref());
        stored
    };
    assert_eq!(owner().await, None);
    let set = async |source: Option<&str>| {
        registry.usage_points().set_owners(&[(usage_point, source.map(Into::into))]).await.expect("set");
        registry.revision().await.expect("revision")
    };
    let first = set(Some("HES-1")).await;
    assert_eq!(owner().await.as_deref(), Some("HES-1"));
    assert_eq!(set(Some("HES-1")).await, first, "nothing changed");
    let second = set(Some("HES-2")).await;
    assert!(first < second);
    assert_eq!(owner().await.as_deref(), Some("HES-2"));
    assert!(second < set(None).await);
    assert_eq!(owner().await, None);
}

async fn only_master_data_moves_the_revision(registry: Registry, _: Registry) {
    let revision = async || registry.revision().await.expect("revision");
    assert_eq!(revision().await, 0);
    register(&registry, &[entry("P1", "E1")]).await;
    assert_eq!(revision().await, 1);
    registry.quarantine().add(&[item("b1", 0, "V01")], Timestamp::UNIX_EPOCH).await.expect("added");
    registry.batches().add(&batch("b1", 10)).await.expect("added");
    registry.subscriptions().add(&subscription("cis"), &DeliveryState::default()).await.expect("added");
    assert_eq!(revision().await, 1);
    registry.sources().put(&source("HES-1")).await.expect("put");
    assert_eq!(revision().await, 2);
}

async fn an_uncommitted_neighbour_is_not_seen(registry: Registry, again: Registry) {
    // A call that was given up half-way (its future dropped) leaves no trace and does not block the next one.
    let thousand: Vec<_> = (0..1000).map(|at| entry(&format!("P{at}"), "E1")).collect();
    let channels = registry.channels();
    let mut given_up = Box::pin(channels.register(&thousand));
    let first_step = std::future::poll_fn(|context| std::task::Poll::Ready(given_up.as_mut().poll(context).is_ready()));
    assert!(!first_step.await);
    drop(given_up);
    let directory = again.directory().await.expect("directory");
    assert!(directory.is_empty());
    assert_eq!(register(&again, &[entry("Q", "E1")]).await[0].number.0, 0);
}
