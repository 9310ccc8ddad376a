//! What definitions of rates and requests for determinants promise, whatever engine keeps them.

use jiff::Timestamp;
use model::id::{ChannelNumber, Name, UsagePointId};
use model::time::TimeRange;
use serde_json::json;
use store::readings::Cursor;
use store::registry::determinant::{NewIssue, Outcome, RateSubject, Request, RequestFilter, RequestState, StoredRate};
use store::registry::master::Class;
use store::registry::review::Step;
use store::registry::{Registry, RegistryError};

use super::registry_contract::contract;

contract! {
    a_version_of_a_rate_is_never_changed,
    a_subject_has_one_rate_at_a_time,
    a_request_has_one_outcome,
    what_was_told_stays,
    a_follower_of_requests_that_was_overtaken_keeps_nothing,
    requests_are_found_by_what_they_rest_on,
}

fn at(text: &str) -> Timestamp {
    text.parse().expect("a timestamp")
}

fn rate(version: u32, body: &str) -> StoredRate {
    StoredRate { name: "shop".into(), version, body: json!(body), put_at: at("2026-01-01T00:00:00Z") }
}

async fn usage_point(registry: &Registry, name: &str) -> UsagePointId {
    let registered = registry.master().register(Class::UsagePoint, &[Name::new("UsagePoint", name)], None).await;
    UsagePointId(registered.unwrap().id)
}

fn january(id: &str, usage_point: UsagePointId) -> Request {
    Request {
        id: id.into(),
        usage_point,
        account: None,
        period: TimeRange { start: at("2026-01-01T00:00:00Z"), end: at("2026-02-01T00:00:00Z") },
        rate: "shop".into(),
        rate_version: 1,
        cut_off: at("2026-02-03T00:00:00Z"),
        requested_at: at("2026-02-01T06:00:00Z"),
        state: RequestState::Open,
        settled_at: None,
        items: None,
    }
}

fn created(id: &str) -> Outcome {
    let told = NewIssue { plan_versions: json!([1]), determinants: json!([{ "id": "kwh" }]), changes: json!([]) };
    Outcome {
        request: id.into(),
        was: RequestState::Open,
        state: RequestState::Created,
        items: None,
        issue: Some((1, told)),
        channels: vec![ChannelNumber(3), ChannelNumber(5)],
    }
}

fn changed(id: &str, number: u32) -> Outcome {
    let told = NewIssue { plan_versions: json!([2]), determinants: json!([]), changes: json!([{ "old": null }]) };
    Outcome { was: RequestState::Created, issue: Some((number, told)), ..created(id) }
}

fn is_conflict<T: std::fmt::Debug>(outcome: Result<T, RegistryError>) -> bool {
    matches!(outcome, Err(RegistryError::Conflict { .. }))
}

async fn a_version_of_a_rate_is_never_changed(registry: Registry, again: Registry) {
    let (book, other) = (registry.determinants(), again.determinants());
    assert!(book.put_rate(&rate(1, "one")).await.unwrap());
    assert!(!other.put_rate(&rate(1, "one")).await.unwrap());
    assert!(is_conflict(other.put_rate(&rate(1, "other")).await));
    assert!(other.put_rate(&rate(2, "two")).await.unwrap());
    assert_eq!(book.rate("shop", None).await.unwrap(), rate(2, "two"));
    assert_eq!(book.rate("shop", Some(1)).await.unwrap(), rate(1, "one"));
    assert_eq!(book.rates().await.unwrap(), [rate(1, "one"), rate(2, "two")]);
    let missing = [book.rate("shop", Some(3)).await, book.rate("farm", None).await];
    assert!(missing.iter().all(|found| matches!(found, Err(RegistryError::NotFound { .. }))));
}

async fn a_subject_has_one_rate_at_a_time(registry: Registry, again: Registry) {
    let (book, tariff) = (registry.determinants(), RateSubject::Tariff("T1".into()));
    let (first, second) = (at("2026-01-01T00:00:00Z"), at("2026-02-01T00:00:00Z"));
    let unknown = book.link_rate(&tariff, "shop", first).await;
    assert!(matches!(unknown, Err(RegistryError::NotFound { .. })));
    book.put_rate(&rate(1, "one")).await.unwrap();
    book.put_rate(&StoredRate { name: "farm".into(), ..rate(1, "one") }).await.unwrap();
    book.link_rate(&tariff, "shop", first).await.unwrap();
    book.link_rate(&tariff, "shop", second).await.unwrap();
    book.link_rate(&tariff, "farm", second).await.unwrap();
    assert!(is_conflict(book.link_rate(&tariff, "shop", first - jiff::SignedDuration::from_hours(1)).await));
    let history = again.determinants().rates_of(&tariff).await.unwrap();
    let found: Vec<_> = history.links().iter().map(|link| (link.value.as_str(), link.from, link.to)).collect();
    assert_eq!(found, [("shop", first, Some(second)), ("farm", second, None)]);
    let point = RateSubject::UsagePoint(usage_point(&registry, "UP-1").await);
    book.link_rate(&point, "shop", first).await.unwrap();
    let subjects: Vec<_> = book.rate_links().await.unwrap().into_iter().map(|link| link.subject).collect();
    assert_eq!(subjects, [tariff.clone(), tariff, point]);
}

async fn a_request_has_one_outcome(registry: Registry, again: Registry) {
    let (book, other) = (registry.determinants(), again.determinants());
    let point = usage_point(&registry, "UP-1").await;
    let now = at("2026-02-01T06:00:01Z");
    book.add_request(&january("r", point)).await.unwrap();
    assert!(is_conflict(other.add_request(&january("r", point)).await));
    assert_eq!(other.request("r").await.unwrap(), january("r", point));
    let waits = Outcome { state: RequestState::Open, items: Some(json!(["a gap"])), issue: None, ..created("r") };
    book.settle(&waits, now).await.unwrap();
    let open = book.request("r").await.unwrap();
    assert_eq!((open.state, open.settled_at, open.items), (RequestState::Open, None, Some(json!(["a gap"]))));
    book.settle(&created("r"), now).await.unwrap();
    assert!(is_conflict(other.settle(&created("r"), now).await));
    let refused = Outcome { state: RequestState::Refused, issue: None, ..created("r") };
    assert!(is_conflict(other.settle(&refused, now).await));
    let found = other.request("r").await.unwrap();
    assert_eq!((found.state, found.settled_at, found.items), (RequestState::Created, Some(now), None));
    assert_eq!(other.issues("r").await.unwrap().len(), 1);
}

async fn what_was_told_stays(registry: Registry, _: Registry) {
    let book = registry.determinants();
    let (first, second) = (at("2026-02-01T06:00:01Z"), at("2026-02-02T06:00:00Z"));
    book.add_request(&january("r", usage_point(&registry, "UP-1").await)).await.unwrap();
    book.settle(&created("r"), first).await.unwrap();
    book.settle(&changed("r", 2), second).await.unwrap();
    assert!(is_conflict(book.settle(&changed("r", 2), second).await));
    let issues = book.issues("r").await.unwrap();
    let told: Vec<_> = issues.iter().map(|issue| (issue.number, issue.at, issue.told.clone())).collect();
    let of = |outcome: Outcome| outcome.issue.expect("an issue").1;
    assert_eq!(told, [(1, first, of(created("r"))), (2, second, of(changed("r", 2)))]);
    // It came there when it was created; being told again changes nothing of that.
    assert_eq!(book.request("r").await.unwrap().settled_at, Some(first));
}

async fn a_follower_of_requests_that_was_overtaken_keeps_nothing(registry: Registry, again: Registry) {
    let (book, other) = (registry.determinants(), again.determinants());
    book.add_request(&january("r", usage_point(&registry, "UP-1").await)).await.unwrap();
    let now = at("2026-02-01T06:00:01Z");
    let cursor = |sequence| Cursor { sequence, seen: 1 };
    let step = |from: Option<u64>, to| Step { follower: "determinants", from: from.map(cursor), to: cursor(to) };
    book.follow(step(None, 1), &[], now).await.unwrap();
    book.follow(step(Some(1), 2), &[created("r")], now).await.unwrap();
    assert!(is_conflict(other.follow(step(Some(1), 3), &[changed("r", 2)], now).await));
    assert!(is_conflict(other.follow(step(Some(2), 3), &[created("r")], now).await));
    assert_eq!(registry.review().position("determinants").await.unwrap(), Some(cursor(2)));
    assert_eq!(other.issues("r").await.unwrap().len(), 1);
}

async fn requests_are_found_by_what_they_rest_on(registry: Registry, _: Registry) {
    let book = registry.determinants();
    let points = [usage_point(&registry, "UP-1").await, usage_point(&registry, "UP-2").await];
    let now = at("2026-02-01T06:00:01Z");
    for (id, point) in [("a", points[0]), ("b", points[1]), ("c", points[0])] {
        book.add_request(&january(id, point)).await.unwrap();
    }
    book.settle(&created("a"), now).await.unwrap();
    let canceled = Outcome { state: RequestState::Canceled, issue: None, ..created("b") };
    book.settle(&canceled, now).await.unwrap();
    let ids = |requests: Vec<Request>| requests.into_iter().map(|one| one.id).collect::<Vec<_>>().join(" ");
    let on = |channels: &'static [u32]| async move {
        let channels: Vec<_> = channels.iter().map(|number| ChannelNumber(*number)).collect();
        ids(book.requests_on(&channels).await.unwrap())
    };
    assert_eq!((on(&[3, 4, 5]).await, on(&[4]).await, on(&[]).await), ("a".into(), String::new(), String::new()));
    let list = |filter: RequestFilter| async move { ids(book.requests(&filter).await.unwrap()) };
    assert_eq!(list(RequestFilter::default()).await, "a b c");
    assert_eq!(list(RequestFilter { usage_point: Some(points[0]), ..RequestFilter::default() }).await, "a c");
    assert_eq!(list(RequestFilter { after: "a".into(), limit: 1, ..RequestFilter::default() }).await, "b");
    let due = |moment: &str| RequestFilter {
        state: Some(RequestState::Open),
        cut_off_until: Some(at(moment)),
        ..RequestFilter::default()
    };
    assert_eq!(list(due("2026-02-02T23:59:59Z")).await, "");
    assert_eq!(list(due("2026-02-03T00:00:00Z")).await, "c");
}
