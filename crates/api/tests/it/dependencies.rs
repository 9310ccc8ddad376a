//! Everything that Amity leans on: now, and over a month.

use jiff::civil::date;
use serde_json::{Value, json};
use store::registry::attempt::{Attempt, AttemptOutcome};
use store::registry::collected_day::CollectedDay;
use store::registry::dependency::{DependencyKind, DependencyState, Look};
use store::registry::subscription::{DeliveryState, PayloadFormat, Reach, Subscription, SubscriptionState};

use crate::board::owned;
use crate::fixture::Installation;

fn at(text: &str) -> jiff::Timestamp {
    text.parse().expect("an instant")
}

// covers: MOD-DYN
#[tokio::test]
async fn books_and_subscribers_are_looked_at_when_it_is_asked_for() {
    let amity = Installation::empty().await;
    let subscription = Subscription {
        id: "01890a5d-ac96-774b-bcce-b302099a8057".parse().expect("an id"),
        name: "cis".into(),
        address: "https://cis.example/readings".into(),
        reach: Reach::Public,
        format: PayloadFormat::Json,
        secret: "file:secrets/cis".into(),
        filter: json!({}),
        state: SubscriptionState::Active,
        created_at: at("2024-05-01T10:00:00Z"),
    };
    let told = async || {
        let told = amity.get("/api/v1/dependencies").await;
        assert_eq!(told.status, 200, "{}", told.text);
        let items = told.body["items"].as_array().expect("items").clone();
        let line = |item: &Value| {
            [&item["kind"], &item["name"], &item["state"]]
                .map(|word| word.as_str().expect("a word").to_owned())
                .join(" ")
        };
        (items.iter().map(line).collect::<Vec<_>>(), items)
    };
    let books = ["book readings up", "book registry up", "book events up"];
    assert_eq!(told().await.0, books);
    let subscriptions = amity.registry.subscriptions();
    subscriptions.add(&subscription, &DeliveryState::default()).await.expect("added");
    assert_eq!(told().await.0[3], "subscriber cis up");
    let failed = DeliveryState { attempts: 1, last_error: Some("503".into()), ..DeliveryState::default() };
    subscriptions.record(subscription.id, &failed, None).await.expect("recorded");
    let (lines, items) = told().await;
    assert_eq!((&*lines[3], &items[3]["why"]), ("subscriber cis down", &json!("503")));
    subscriptions.set_state(subscription.id, SubscriptionState::Paused).await.expect("changed");
    assert_eq!(told().await.0[3], "subscriber cis unknown", "a person stopped it");
}

// covers: MOD-DIS
#[tokio::test]
async fn a_month_is_reported_of_head_ends_books_and_zones() {
    let amity = Installation::with_a_meter().await;
    // Three messages of HES-1, two of them on 6 November and one on the 1st.
    owned(&amity).await;
    let look = |kind, name: &str, state, milliseconds| Look { kind, name: name.into(), state, milliseconds };
    let head_end = |state, milliseconds| look(DependencyKind::HeadEnd, "HES-1", state, milliseconds);
    let (up, down) = (DependencyState::Up, DependencyState::Down);
    for (day, looks) in [
        ("2024-10-31T23:59:59Z", vec![head_end(down, None)]),
        ("2024-11-01T00:00:00Z", vec![head_end(up, Some(300)), look(DependencyKind::Book, "registry", up, Some(1))]),
        (
            "2024-11-02T00:00:00Z",
            vec![head_end(DependencyState::Stale, Some(401)), head_end(DependencyState::Unknown, None)],
        ),
        ("2024-11-03T00:00:00Z", vec![head_end(down, None)]),
    ] {
        amity.registry.dependencies().add(&looks, at(day)).await.expect("added");
    }
    let first_at = at("2024-11-02T00:00:00Z");
    let attempt = Attempt {
        head_end: "HES-1".into(),
        outcome: AttemptOutcome::Waiting,
        why: "429".into(),
        delivery: String::new(),
        first_at,
        last_at: first_at,
        attempts: 4,
        deliveries: 0,
    };
    amity.registry.attempts().begin(&attempt).await.expect("noted");
    let day = CollectedDay {
        date: date(2024, 11, 2),
        zone: "America/Toronto".into(),
        deadline: first_at,
        made_at: first_at,
        per_cent: 98,
        expected: 24,
        in_time: 20,
        late: 3,
        estimated: 0,
        missing: 1,
        time_in_doubt: 0,
        reasons: json!({}),
    };
    amity.registry.collected_days().keep(&[day]).await.expect("kept");
    let told = amity.get("/api/v1/reliability?month=2024-11").await.body;
    let head_end = &told["items"][1];
    assert_eq!(
        (&told["items"][0]["name"], &told["items"][0]["available_per_10000"]),
        (&json!("registry"), &json!(10_000))
    );
    // Three looks count: one up, one stale, one down; 701 ms in two.
    let expected = json!({
        "kind": "head_end", "name": "HES-1", "looks": 3, "up": 1, "stale": 1, "down": 1, "available_per_10000": 6666,
        "milliseconds_mean": 351, "milliseconds_max": 401,
        "attempts": {"attempts": 4, "answered": 0, "not_usable": 0, "refused": 4},
        "received": {"batches": 3, "stored": 65, "duplicates": 6, "quarantined": 0},
    });
    assert_eq!(*head_end, expected, "{told}");
    assert_eq!(
        told["zones"],
        json!([{"zone": "America/Toronto", "days": 1, "expected": 24, "in_time": 20, "late": 3, "missing": 1}])
    );
    let csv = amity.get("/api/v1/reliability.csv").await;
    let lines: Vec<&str> = csv.text.lines().collect();
    let columns = |line: &str| line.split(',').count();
    assert!(lines.iter().all(|line| columns(line) == columns(lines[0])), "{}", csv.text);
    assert_eq!(lines[1], "2024-11,book,registry,1,1,0,0,100.00,1,1,,,,,,,,,,,");
    assert_eq!(lines[2], "2024-11,head_end,HES-1,3,1,1,1,66.66,351,401,4,0,0,4,3,65,0,,,,");
    assert_eq!(lines[3], "2024-11,collection,America/Toronto,,,,,,,,,,,,,,,24,20,3,1");
    let refused = amity.get("/api/v1/reliability?month=november").await;
    assert_eq!(
        (refused.status.as_u16(), &refused.body["code"]),
        (400, &json!("invalid-parameter")),
        "{}",
        refused.text
    );
}
