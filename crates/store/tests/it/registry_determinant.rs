//! What definitions of rates and requests for determinants promise, whatever engine keeps them.

use jiff::Timestamp;
use model::determinant::{Counts, Determinant, Issue, Item, Telling, ToldChange};
use model::id::{ChannelNumber, Mrid, Name, UsagePointId};
use model::quantity::Decimal;
use model::time::TimeRange;
use serde_json::json;
use store::readings::Cursor;
use store::registry::determinant::{Outcome, RateSubject, Request, RequestFilter, RequestState, StoredRate};
use store::registry::master::Class;
use store::registry::review::Step;
use store::registry::{Registry, RegistryError};
use uuid::Uuid;

use super::registry_contract::contract;

contract! {
    a_version_of_a_rate_is_never_changed,
    a_subject_has_one_rate_at_a_time,
    a_request_has_one_outcome,
    what_was_told_stays,
    a_follower_of_requests_that_was_overtaken_keeps_nothing,
    requests_are_found_by_what_they_rest_on,
    what_is_told_is_a_feed,
    a_feed_is_numbered_in_the_order_of_commits,
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

fn item() -> Item {
    Item { field: "kwh".into(), code: "V73".into(), message: "a gap".into() }
}

fn issue(number: u32) -> Issue {
    let period = january("r", UsagePointId(Mrid(Uuid::nil()))).period;
    let quantity = Decimal::new(12_500 + i64::from(number), -3);
    let determinant = Determinant {
        id: "kwh".into(),
        unit: "kWh".into(),
        quantity: Some(quantity),
        period,
        bucket: None,
        peak: Some(period),
        channels: vec!["delivered".into()],
        counts: Counts { expected: 744, estimated: number, ..Counts::default() },
        exceptions: Vec::new(),
        notes: vec!["a note".into()],
        inputs_hash: u64::MAX - u64::from(number),
        set: "shop".into(),
        version: 1,
    };
    let change = ToldChange { id: "kwh".into(), old: None, new: Some(quantity) };
    Issue {
        number,
        replaces: (1 < number).then(|| number - 1),
        at: at("2026-02-01T06:00:01Z"),
        plan_versions: vec![1, number],
        determinants: vec![determinant],
        changes: if number == 1 { Vec::new() } else { vec![change] },
    }
}

fn created(id: &str) -> Outcome {
    Outcome {
        request: id.into(),
        was: RequestState::Open,
        state: RequestState::Created,
        items: None,
        issue: Some(issue(1)),
        channels: vec![ChannelNumber(3), ChannelNumber(5)],
    }
}

fn changed(id: &str, number: u32) -> Outcome {
    Outcome { was: RequestState::Created, issue: Some(issue(number)), ..created(id) }
}

fn ended(id: &str, was: RequestState, state: RequestState) -> Outcome {
    Outcome { was, state, issue: None, ..created(id) }
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
    let waits = Outcome { state: RequestState::Open, items: Some(vec![item()]), issue: None, ..created("r") };
    book.settle(&waits, now).await.unwrap();
    let open = book.request("r").await.unwrap();
    assert_eq!((open.state, open.settled_at, open.items), (RequestState::Open, None, Some(vec![item()])));
    book.settle(&created("r"), now).await.unwrap();
    assert!(is_conflict(other.settle(&created("r"), now).await));
    let refused = ended("r", RequestState::Open, RequestState::Refused);
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
    assert_eq!(book.issues("r").await.unwrap(), [issue(1), issue(2)]);
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
    book.settle(&ended("b", RequestState::Open, RequestState::Canceled), now).await.unwrap();
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

/// Number, message, request and issue of everything that follows a place.
async fn feed(registry: &Registry, mut place: u64) -> Vec<(u64, Telling, String, Option<u32>)> {
    let mut told = Vec::new();
    while let Some(message) = registry.determinants().message_after(place).await.unwrap() {
        place = message.number;
        told.push((place, message.telling, message.told.id, message.told.issue.map(|issue| issue.number)));
    }
    told
}

async fn what_is_told_is_a_feed(registry: Registry, again: Registry) {
    let book = registry.determinants();
    let (point, now) = (usage_point(&registry, "UP-1").await, at("2026-02-01T06:00:01Z"));
    assert_eq!((book.last_message().await.unwrap(), feed(&again, 0).await), (0, vec![]));
    for id in ["r", "s"] {
        book.add_request(&january(id, point)).await.unwrap();
    }
    let waits = Outcome { state: RequestState::Open, items: Some(vec![item()]), issue: None, ..created("s") };
    let held = Outcome { items: Some(vec![item()]), ..ended("r", RequestState::Created, RequestState::Created) };
    let refused = Outcome { items: Some(vec![item()]), ..ended("s", RequestState::Open, RequestState::Refused) };
    let canceled = ended("r", RequestState::Created, RequestState::Canceled);
    for outcome in [created("r"), waits, held, changed("r", 2), refused, canceled] {
        book.settle(&outcome, now).await.unwrap();
    }
    let of = |number, telling, id: &str, issue| (number, telling, id.to_owned(), issue);
    let expected = [
        of(1, Telling::Created, "r", Some(1)),
        of(2, Telling::Changed, "r", Some(2)),
        of(3, Telling::Refused, "s", None),
        of(4, Telling::Canceled, "r", Some(2)),
    ];
    assert_eq!(feed(&again, 0).await, expected);
    assert_eq!((feed(&again, 3).await.len(), feed(&again, u64::MAX).await.len()), (1, 0));
    assert_eq!(again.determinants().last_message().await.unwrap(), 4);
    // A message says what it said then, whatever became of its request.
    let first = again.determinants().message_after(0).await.unwrap().expect("a message").told;
    assert_eq!((first.state, first.verb, first.noun), (RequestState::Created, Some("created"), "BillingDeterminant"));
    assert_eq!((first.usage_point.as_str(), first.issue, first.items), ("UP-1", Some(issue(1)), vec![]));
    let third = again.determinants().message_after(2).await.unwrap().expect("a message").told;
    assert_eq!((third.verb, third.noun, third.items), (Some("reply"), "BillingDeterminantRequest", vec![item()]));
    // What was not kept is not told.
    assert!(is_conflict(book.settle(&created("r"), now).await));
    assert_eq!(book.last_message().await.unwrap(), 4);
}

async fn a_feed_is_numbered_in_the_order_of_commits(registry: Registry, again: Registry) {
    let (point, now) = (usage_point(&registry, "UP-1").await, at("2026-02-01T06:00:01Z"));
    for number in 0..20 {
        for ours in ["left", "right"] {
            registry.determinants().add_request(&january(&format!("{ours}{number}"), point)).await.unwrap();
        }
    }
    let run = |registry: Registry, ours: &'static str| {
        tokio::spawn(async move {
            for number in 0..20 {
                registry.determinants().settle(&created(&format!("{ours}{number}")), now).await.unwrap();
            }
        })
    };
    let (left, right) = (run(registry.clone(), "left"), run(again, "right"));
    // Followed while it grows: nothing appears behind a place that was passed.
    let (mut place, mut ids) = (0, Vec::new());
    while ids.len() < 40 {
        match registry.determinants().message_after(place).await.unwrap() {
            Some(message) => {
                assert_eq!(message.number, place + 1);
                place = message.number;
                ids.push(message.told.id);
            }
            None => tokio::task::yield_now().await,
        }
    }
    left.await.unwrap();
    right.await.unwrap();
    for ours in ["left", "right"] {
        let found: Vec<_> = ids.iter().filter(|id| id.starts_with(ours)).cloned().collect();
        assert_eq!(found, (0..20).map(|number| format!("{ours}{number}")).collect::<Vec<_>>());
    }
}
