//! What the directory says of the rates of usage points, whatever engine keeps them.

use jiff::Timestamp;
use model::id::{Mrid, Name, UsagePointId};
use serde_json::json;
use store::registry::Registry;
use store::registry::determinant::{RateSubject, StoredRate};
use store::registry::link::{Link, Relation};
use store::registry::master::Class;

use super::registry_contract::contract;

contract! {
    the_rate_of_a_usage_point_is_its_own_or_that_of_its_tariff,
}

fn at(text: &str) -> Timestamp {
    text.parse().expect("a timestamp")
}

async fn object(registry: &Registry, class: Class, name: &str, attributes: Option<&serde_json::Value>) -> Mrid {
    let registered = registry.master().register(class, &[Name::new(class.as_str(), name)], attributes).await;
    registered.unwrap().id
}

async fn the_rate_of_a_usage_point_is_its_own_or_that_of_its_tariff(registry: Registry, again: Registry) {
    let (january, march) = (at("2026-01-01T00:00:00Z"), at("2026-03-01T00:00:00Z"));
    let book = registry.determinants();
    let rate = |name: &str, version| StoredRate { name: name.into(), version, body: json!(version), put_at: january };
    for (name, version) in [("shop", 1), ("shop", 2), ("farm", 1)] {
        book.put_rate(&rate(name, version)).await.unwrap();
    }
    let points = [
        object(&registry, Class::UsagePoint, "UP-1", None).await,
        object(&registry, Class::UsagePoint, "UP-2", None).await,
    ];
    let tariff = json!({ "tariff": "T1" });
    let agreement = object(&registry, Class::CustomerAgreement, "A-1", Some(&tariff)).await;
    for subject in points {
        let relation = Relation::UsagePointUnderAgreement;
        let link = Link { relation, subject, target: agreement, from: january, to: None };
        registry.master().link(&link).await.unwrap();
    }
    let points = points.map(UsagePointId);
    let found = |point, moment| {
        let again = again.clone();
        async move {
            let directory = again.directory().await.unwrap();
            directory.rates.at(point, moment).map(|rate| (rate.name.clone(), rate.version))
        }
    };
    assert_eq!(found(points[0], march).await, None, "no rate holds for anybody");
    book.link_rate(&RateSubject::Tariff("T1".into()), "shop", january).await.unwrap();
    book.link_rate(&RateSubject::UsagePoint(points[1]), "farm", march).await.unwrap();
    // The newest version holds, and another registry over the same database knows at once.
    let shop = Some(("shop".to_owned(), 2));
    assert_eq!(found(points[0], march).await, shop);
    assert_eq!(found(points[1], january).await, shop);
    assert_eq!(found(points[1], march).await, Some(("farm".into(), 1)), "its own comes before its tariff");
    assert_eq!(found(points[0], at("2025-12-31T23:59:59Z")).await, None, "before the agreement");
    book.put_rate(&rate("farm", 2)).await.unwrap();
    assert_eq!(found(points[1], march).await, Some(("farm".into(), 2)));
}
