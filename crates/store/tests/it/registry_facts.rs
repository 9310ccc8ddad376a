//! What the registry promises of facts, holidays and temperatures, whatever engine keeps it.

use jiff::Timestamp;
use jiff::civil::date;
use model::id::{ChannelNumber, Mrid, Name};
use store::registry::channel::ChannelEntry;
use store::registry::fact::{Fact, FactKind};
use store::registry::master::Class;
use store::registry::reference::MeanTemperature;
use store::registry::{Registry, RegistryError};
use uuid::Uuid;

use super::registry_contract::contract;

contract! {
    facts_follow_each_other_in_any_order_of_entry,
    facts_have_subjects_of_their_class,
    channels_name_each_other,
    holidays_and_temperatures_are_loaded_where_a_point_has_them,
}

fn at(text: &str) -> Timestamp {
    text.parse().expect("an instant")
}

async fn object(registry: &Registry, class: Class, name: &str) -> Mrid {
    registry.master().register(class, &[Name::new("", name)], None).await.expect("registered").id
}

async fn facts_follow_each_other_in_any_order_of_entry(registry: Registry, again: Registry) {
    let meter = object(&registry, Class::Meter, "M1").await;
    let firmware = |from: &str, value| Fact::new(FactKind::MeterFirmware, meter, at(from), value).expect("a fact");
    let (old, new) = ("2026-01-01T00:00:00Z", "2026-06-01T00:00:00Z");
    let entered = [firmware(new, Some("7.0.187")), firmware(old, Some("6.9"))];
    registry.facts().put(&entered).await.expect("entered");
    let revision = registry.revision().await.expect("revision");
    registry.facts().put(&entered).await.expect("entered again");
    assert_eq!(registry.revision().await.expect("revision"), revision, "nothing changed");
    again
        .facts()
        .put(&[firmware(old, Some("6.9.1")), firmware("2026-09-01T00:00:00Z", None)])
        .await
        .expect("corrected");
    let directory = registry.directory().await.expect("directory");
    let known = |instant: &str| directory.facts.at(FactKind::MeterFirmware, meter, at(instant));
    assert_eq!(known("2025-12-31T23:59:59Z"), None);
    assert_eq!(known(old), Some("6.9.1"));
    assert_eq!(known("2026-05-31T23:59:59Z"), Some("6.9.1"));
    assert_eq!(known(new), Some("7.0.187"));
    assert_eq!(known("2026-09-01T00:00:00Z"), None, "not known any more");
    let of_meter = registry.facts().of(meter).await.expect("facts");
    assert_eq!(of_meter.keys().collect::<Vec<_>>(), [&FactKind::MeterFirmware]);
    assert_eq!(of_meter[&FactKind::MeterFirmware].len(), 3);
    assert!(directory.facts.knows(meter) && !directory.facts.knows(Mrid(Uuid::from_u128(7))));
}

async fn facts_have_subjects_of_their_class(registry: Registry, _: Registry) {
    let point = object(&registry, Class::UsagePoint, "P1").await;
    let fact = |kind, value| Fact::new(kind, point, Timestamp::UNIX_EPOCH, Some(value)).expect("a fact");
    let both = [fact(FactKind::ServiceRating, "25"), fact(FactKind::MeterFamily, "OpenWay CENTRON")];
    let refused = registry.facts().put(&both).await.expect_err("a usage point is no meter");
    assert!(matches!(refused, RegistryError::NotFound { what: "Meter", .. }), "{refused}");
    assert!(registry.facts().of(point).await.expect("facts").is_empty(), "all or nothing");
    registry.facts().put(&both[..1]).await.expect("entered");
    assert_eq!(registry.facts().of(point).await.expect("facts").len(), 1);
}

async fn channels_name_each_other(registry: Registry, _: Registry) {
    let entry = |suffix: &str| ChannelEntry {
        usage_point: Name::new("", "P1"),
        meter: None,
        meter_from: None,
        suffix: suffix.into(),
        reading_type: "0.0.2.4.1.1.12.0.0.0.0.0.0.0.0.3.72.0".parse().expect("a reading type"),
        unit: "kWh".into(),
        quantum: -3,
        multiplier: model::quantity::Decimal::new(1, 0),
        dials: None,
        interval_seconds: Some(900),
        zone: "UTC".into(),
    };
    let channels = registry.channels().register(&["E1", "E2", "E3"].map(entry)).await.expect("registered");
    let [main, check, other] = &channels[..] else { panic!("three channels") };
    let named = Fact::naming(&[check.number, other.number]);
    let fact = |from: i64, value| {
        let from = Timestamp::from_second(from).expect("an instant");
        Fact::new(FactKind::CheckChannels, main.id.0, from, value).expect("a fact")
    };
    registry.facts().put(&[fact(0, Some(named.as_str())), fact(100, None)]).await.expect("entered");
    let directory = registry.directory().await.expect("directory");
    let declared = |second| {
        let at = Timestamp::from_second(second).expect("an instant");
        directory.facts.channels_at(FactKind::CheckChannels, main.id.0, at)
    };
    assert_eq!(declared(-1), None, "nothing was declared");
    assert_eq!(declared(0), Some(vec![check.number, other.number]));
    assert_eq!(declared(100), Some(vec![]), "declared that there is none");
    let naming = |channel| directory.naming(channel).map(|channel| channel.number).collect::<Vec<_>>();
    assert_eq!((naming(check.number), naming(main.number)), (vec![main.number], vec![]));
    let ever: Vec<ChannelNumber> = directory.facts.ever_named(FactKind::CheckChannels, main.id.0).collect();
    assert_eq!(ever, [check.number, other.number]);
}

async fn holidays_and_temperatures_are_loaded_where_a_point_has_them(registry: Registry, again: Registry) {
    let (new_year, labour) = (date(2026, 1, 1), date(2026, 5, 1));
    registry.references().put_holidays("on", &[new_year, date(2026, 7, 1)]).await.expect("put");
    registry.references().put_holidays("on", &[labour, new_year, labour]).await.expect("put again");
    let day = |date, tenths_celsius| MeanTemperature { date, tenths_celsius };
    registry.references().put_temperatures("YYZ", &[day(labour, 101), day(new_year, -73)]).await.expect("put");
    registry.references().put_temperatures("YYZ", &[day(labour, 102)]).await.expect("corrected");
    assert!(again.directory().await.expect("directory").shared.holidays.is_empty(), "no usage point has it");
    let point = object(&registry, Class::UsagePoint, "P1").await;
    let fact = |kind, value| Fact::new(kind, point, Timestamp::UNIX_EPOCH, Some(value)).expect("a fact");
    let facts = [fact(FactKind::Holidays, "on"), fact(FactKind::WeatherStation, "YYZ")];
    registry.facts().put(&facts).await.expect("entered");
    let shared = again.directory().await.expect("directory").shared.clone();
    assert_eq!(shared.holidays["on"], [new_year, labour]);
    assert_eq!(shared.temperatures["YYZ"], [day(new_year, -73), day(labour, 102)]);
}
