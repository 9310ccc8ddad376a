//! What the registry promises of plans and of what usage points belong to; [`super::registry_engines`] runs it on every
//! engine.

use jiff::Timestamp;
use jiff::civil::{Date, date};
use model::id::{Mrid, Name, UsagePointId};
use model::master::{CustomerKind, Dated};
use serde_json::json;
use store::registry::link::{Link, Relation};
use store::registry::master::Class;
use store::registry::membership::{Membership, Step};
use store::registry::plan::{Part, PartKind, Put, Statement};
use store::registry::{Registry, RegistryError};

use super::registry_contract::contract;

contract! {
    plans_are_kept_with_who_and_when,
    a_version_is_never_put_twice,
    of_two_who_change_plans_at_once_one_looks_again,
    a_programme_holds_on_its_dates,
    the_class_follows_agreement_account_and_customer,
}

fn part(name: &str, version: u32) -> Part {
    let content = json!({ "name": name, "version": version, "validate": [] });
    Part { kind: PartKind::ValidationSet, name: name.into(), version, content }
}

fn put(by: &str) -> Put {
    Put { by: by.into(), at: "2026-03-01T12:00:00.000001Z".parse().expect("instant") }
}

fn statement(place: &str, plan: Option<(&str, u32)>, from: Option<Date>) -> Statement {
    let plan = plan.map(|(name, version)| (name.into(), version));
    Statement { place: place.into(), plan, from, until: None }
}

async fn plans_are_kept_with_who_and_when(registry: Registry, again: Registry) {
    let before = registry.revision().await.expect("revision");
    let first = [statement("everywhere", Some(("usual", 1)), None)];
    registry.plans().put(0, &[part("usual", 1)], &first, &put("ana")).await.expect("put");
    let second = [statement("everywhere", None, Some(date(2026, 3, 1)))];
    registry.plans().put(1, &[part("usual", 2)], &second, &put("ben")).await.expect("put");
    let stored = again.plans().all().await.expect("stored");
    assert_eq!(stored.revision, 2);
    assert_eq!(stored.parts, [(part("usual", 1), put("ana")), (part("usual", 2), put("ben"))]);
    assert_eq!(stored.statements, [(first[0].clone(), put("ana")), (second[0].clone(), put("ben"))]);
    assert_eq!(again.revision().await.expect("revision"), before + 2, "caches load again");
}

async fn a_version_is_never_put_twice(registry: Registry, _: Registry) {
    registry.plans().put(0, &[part("usual", 1)], &[], &put("ana")).await.expect("put");
    let changed = Part { content: json!({}), ..part("usual", 1) };
    let attach = [statement("everywhere", Some(("usual", 1)), None)];
    registry.plans().put(1, &[changed], &attach, &put("ben")).await.expect_err("it is there");
    let stored = registry.plans().all().await.expect("stored");
    assert_eq!((stored.revision, stored.parts.len(), stored.statements.len()), (1, 1, 0), "nothing of it was kept");
    assert_eq!(stored.parts[0], (part("usual", 1), put("ana")));
}

async fn of_two_who_change_plans_at_once_one_looks_again(registry: Registry, again: Registry) {
    registry.plans().put(0, &[part("usual", 1)], &[], &put("ana")).await.expect("put");
    let late = again.plans().put(0, &[part("solar", 1)], &[], &put("ben")).await;
    assert!(matches!(late, Err(RegistryError::Conflict { .. })), "{late:?}");
    again.plans().put(1, &[part("solar", 1)], &[], &put("ben")).await.expect("looked again");
}

async fn usage_point(registry: &Registry) -> UsagePointId {
    UsagePointId(object(registry, Class::UsagePoint, "UP-1", None).await)
}

async fn object(registry: &Registry, class: Class, name: &str, kind: Option<CustomerKind>) -> Mrid {
    let attributes = kind.map(|kind| json!({ "kind": kind }));
    let names = [Name::new("name", name)];
    registry.master().register(class, &names, attributes.as_ref()).await.expect("registered").id
}

async fn a_programme_holds_on_its_dates(registry: Registry, again: Registry) {
    let point = usage_point(&registry).await;
    let solar = |from, until| Membership { programme: "solar".into(), from, until };
    let march = solar(Some(date(2026, 3, 1)), None);
    registry.usage_points().set_programme(point, &march, Step::Join).await.expect("joined");
    let revision = registry.revision().await.expect("revision");
    registry.usage_points().set_programme(point, &march, Step::Join).await.expect("joined again");
    assert_eq!(registry.revision().await.expect("revision"), revision, "the same step changes nothing");
    let april = solar(Some(date(2026, 4, 1)), None);
    registry.usage_points().set_programme(point, &april, Step::Leave).await.expect("left");
    let expected = [solar(Some(date(2026, 3, 1)), Some(date(2026, 4, 1)))];
    assert_eq!(again.usage_points().programmes_of(point).await.expect("programmes"), expected);
    assert_eq!(again.directory().await.expect("directory").programmes(point), expected);
    let nowhere = UsagePointId(Mrid(uuid::Uuid::from_u128(7)));
    registry.usage_points().set_programme(nowhere, &march, Step::Join).await.expect_err("no such usage point");
}

async fn the_class_follows_agreement_account_and_customer(registry: Registry, _: Registry) {
    let point = usage_point(&registry).await;
    let at = |text: &str| text.parse::<Timestamp>().expect("instant");
    let agreement = object(&registry, Class::CustomerAgreement, "A-1", None).await;
    let account = object(&registry, Class::CustomerAccount, "B-1", None).await;
    let plant = object(&registry, Class::Customer, "plant", Some(CustomerKind::CommercialIndustrial)).await;
    let house = object(&registry, Class::Customer, "house", Some(CustomerKind::Residential)).await;
    let (first, moved) = (at("2026-01-01T00:00Z"), at("2026-03-01T00:00Z"));
    for (relation, subject, target, from, to) in [
        (Relation::UsagePointUnderAgreement, point.0, agreement, first, None),
        (Relation::AgreementOfAccount, agreement, account, Timestamp::MIN, None),
        (Relation::AccountOfCustomer, account, plant, Timestamp::MIN, Some(moved)),
        (Relation::AccountOfCustomer, account, house, moved, None),
    ] {
        registry.master().link(&Link { relation, subject, target, from, to }).await.expect("linked");
    }
    let directory = registry.directory().await.expect("directory");
    let expected = [
        Dated { value: CustomerKind::CommercialIndustrial, from: first, to: Some(moved) },
        Dated { value: CustomerKind::Residential, from: moved, to: None },
    ];
    assert_eq!(directory.customer_classes(point), expected);
}
