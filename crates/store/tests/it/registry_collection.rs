//! What the registry promises of collecting: attempts, days that are kept, alerts, and what was handed over.

use jiff::civil::date;
use serde_json::json;
use store::registry::alert::{Acknowledged, AlertKind, Condition, Which};
use store::registry::attempt::{Attempt, AttemptOutcome};
use store::registry::collected_day::CollectedDay;
use store::registry::hand_over::{Answer, Answered, HandOver, HandedOver};
use store::registry::link::{Link, Relation};
use store::registry::master::Class;
use store::registry::{Registry, RegistryError};

use super::registry_contract::{at, contract};

contract! {
    attempts_are_found_by_their_time,
    the_first_count_of_a_day_stands,
    an_alert_is_raised_once_while_it_lasts,
    an_answer_names_what_was_not_taken,
    a_file_is_handed_over_once,
    accounts_follow_both_links,
}

fn attempt(head_end: &str, outcome: AttemptOutcome, first: &str, last: &str) -> Attempt {
    Attempt {
        head_end: head_end.into(),
        outcome,
        why: String::new(),
        delivery: "1.csv".into(),
        first_at: at(first),
        last_at: at(last),
        attempts: 2,
        deliveries: 1,
    }
}

// covers: ONT-2.10.2.5
async fn attempts_are_found_by_their_time(registry: Registry, _: Registry) {
    let attempts = registry.attempts();
    let early = attempt("HES-1", AttemptOutcome::Down, "2026-03-07T00:10Z", "2026-03-07T00:20Z");
    let id = attempts.begin(&early).await.expect("begun");
    let other = attempt("HES-2", AttemptOutcome::Answered, "2026-03-07T02:00Z", "2026-03-07T02:00Z");
    attempts.begin(&other).await.expect("begun");
    let longer = Attempt { last_at: at("2026-03-07T01:00Z"), attempts: 9, ..early };
    attempts.go_on(id, &longer).await.expect("went on");
    let between = async |start: &str, end: &str| attempts.between(at(start), at(end), 10).await.expect("listed");
    assert_eq!(between("2026-03-07T01:00Z", "2026-03-07T02:00Z").await, [longer.clone()], "the last of them counts");
    assert_eq!(between("2026-03-07T01:01Z", "2026-03-07T02:00Z").await, []);
    assert_eq!(attempts.last().await.expect("listed"), [longer, other]);
}

// covers: ONT-2.10.2z1
async fn the_first_count_of_a_day_stands(registry: Registry, again: Registry) {
    let day = |number: i8, in_time: u64| CollectedDay {
        date: date(2026, 3, number),
        zone: "America/Toronto".into(),
        deadline: at("2026-03-08T10:00Z"),
        made_at: at("2026-03-08T10:01Z"),
        per_cent: 98,
        expected: 1000,
        in_time,
        late: 1000 - in_time,
        estimated: 0,
        missing: 0,
        time_in_doubt: 3,
        reasons: json!({ "late": 1000 - in_time }),
    };
    let days = registry.collected_days();
    assert_eq!(days.keep(&[day(7, 980), day(8, 979)]).await.expect("kept"), 2);
    assert_eq!(again.collected_days().keep(&[day(8, 1000), day(9, 1000)]).await.expect("kept"), 1);
    let kept = days.between(date(2026, 3, 7), date(2026, 3, 8)).await.expect("listed");
    assert_eq!(kept, [day(7, 980), day(8, 979)]);
    assert_eq!(kept.iter().map(CollectedDay::is_met).collect::<Vec<_>>(), [true, false], "98 % of 1000 are 980");
}

// covers: ONT-2.10.3
async fn an_alert_is_raised_once_while_it_lasts(registry: Registry, _: Registry) {
    let condition = |component: &str| Condition {
        kind: AlertKind::Module,
        component: component.into(),
        at: at("2026-03-07T10:00Z"),
        received_at: at("2026-03-07T10:01Z"),
        why: "it failed".into(),
        impact: "no reads".into(),
    };
    let alerts = registry.alerts();
    let now = at("2026-03-07T10:02Z");
    assert_eq!(alerts.raise(&[condition("M1"), condition("M2")], now).await.expect("raised"), 2);
    assert_eq!(alerts.raise(&[condition("M1"), condition("M3")], now).await.expect("raised"), 1);
    let over = [(AlertKind::Module, "M1".into(), at("2026-03-07T11:00Z")), (AlertKind::Link, "M2".into(), now)];
    assert_eq!(alerts.clear(&over).await.expect("cleared"), 1, "the other one is of another kind");
    let list = async |which| alerts.list(which, 10).await.expect("listed");
    let names = |alerts: &[store::registry::alert::Alert]| -> Vec<String> {
        alerts.iter().map(|alert| alert.condition.component.clone()).collect()
    };
    let open = list(Which::Open).await;
    assert_eq!(names(&open), ["M3", "M2", "M1"], "what is over waits for a person");
    let by = Acknowledged { at: now, by: "anna".into(), note: "a truck is on its way".into() };
    let seen = alerts.acknowledge(open[2].id, &by).await.expect("acknowledged");
    assert_eq!((seen.acknowledged, seen.raised_at), (Some(by.clone()), now));
    let later = Acknowledged { by: "ben".into(), ..by };
    let seen = alerts.acknowledge(open[2].id, &later).await.expect("acknowledged");
    assert_eq!(seen.acknowledged.map(|by| by.by), Some("anna".into()), "the first one stands");
    assert_eq!(names(&list(Which::Open).await), ["M3", "M2"]);
    assert_eq!(alerts.raise(&[condition("M1")], now).await.expect("raised"), 1, "it begins anew");
    let after = Which::Between(at("2026-03-07T12:00Z"), at("2026-03-07T13:00Z"));
    assert_eq!(names(&list(after).await), ["M1", "M3", "M2"], "what was over at 11:00 is not told");
    let missing = alerts.acknowledge(99, &later).await;
    assert!(matches!(missing, Err(RegistryError::NotFound { .. })), "{missing:?}");
    assert_eq!(alerts.followed().await.expect("asked"), 0);
    alerts.follow_to(7).await.expect("noted");
    assert_eq!(alerts.followed().await.expect("asked"), 7);
}

fn file(name: &str, kind: HandedOver) -> HandOver {
    HandOver {
        kind,
        name: name.into(),
        date: (kind == HandedOver::Reads).then(|| date(2026, 3, 7)),
        hash: "00".into(),
        entries: 2,
        made_at: at("2026-03-08T10:00Z"),
        answer: None,
    }
}

// covers: ONT-2.10.2.3, ONT-2.9.2
async fn an_answer_names_what_was_not_taken(registry: Registry, _: Registry) {
    let ledger = registry.hand_overs();
    let told = |entry: &str| [("UP1".into(), entry.into()), ("UP2".into(), "UP2,A2".into())];
    ledger.add(&file("accounts-1.csv", HandedOver::Accounts), &told("UP1,A1")).await.expect("noted");
    assert_eq!(ledger.accounts().await.expect("listed").len(), 2);
    let answer = |answered, why: &str| Answer { at: at("2026-03-08T11:00Z"), answered, why: why.into() };
    let refused = [("UP1".into(), "no such account".into())];
    ledger.answer("accounts-1.csv", &answer(Answered::Accepted, ""), &refused).await.expect("noted");
    let open = ledger.refused_accounts(10).await.expect("listed");
    assert_eq!((open.len(), &*open[0].usage_point, &*open[0].why), (1, "UP1", "no such account"));
    let known = ledger.accounts().await.expect("listed");
    assert_eq!((known.len(), known["UP2"].as_str()), (1, "UP2,A2"), "what was refused counts as not told");
    // Told again in the next file, it is not refused any more.
    ledger.add(&file("accounts-2.csv", HandedOver::Accounts), &told("UP1,A9")[..1]).await.expect("noted");
    assert_eq!(ledger.refused_accounts(10).await.expect("listed"), []);
    ledger.answer("accounts-2.csv", &answer(Answered::Refused, "not readable"), &[]).await.expect("noted");
    assert_eq!(ledger.refused_accounts(10).await.expect("listed")[0].why, "not readable");
    let files = ledger.newest(HandedOver::Accounts, None, 10).await.expect("listed");
    assert_eq!(files.iter().map(|file| &*file.name).collect::<Vec<_>>(), ["accounts-2.csv", "accounts-1.csv"]);
    assert_eq!(files[1].answer, Some(answer(Answered::Accepted, "")));
    let missing = ledger.answer("accounts-3.csv", &answer(Answered::Accepted, ""), &[]).await;
    assert!(matches!(missing, Err(RegistryError::NotFound { .. })), "{missing:?}");
}

async fn a_file_is_handed_over_once(registry: Registry, _: Registry) {
    let ledger = registry.hand_overs();
    let reads = file("reads-2026-03-07-1.csv", HandedOver::Reads);
    ledger.add(&reads, &[]).await.expect("noted");
    assert!(ledger.add(&reads, &[]).await.is_err(), "one of a name");
    let of = async |day| ledger.newest(HandedOver::Reads, Some(date(2026, 3, day)), 10).await.expect("listed");
    assert_eq!((of(7).await, of(8).await), (vec![reads], vec![]));
}

async fn accounts_follow_both_links(registry: Registry, _: Registry) {
    let master = registry.master();
    let object = async |class: Class, name: &str| {
        let attributes = json!({ "tariff": "R1" });
        let names = [model::id::Name::new(class.as_str(), name)];
        master.register(class, &names, Some(&attributes)).await.expect("registered").id
    };
    let point = object(Class::UsagePoint, "UP1").await;
    let (agreement, account) =
        (object(Class::CustomerAgreement, "AG1").await, object(Class::CustomerAccount, "A1").await);
    let link = async |relation, subject, target, from: &str, to: Option<&str>| {
        master.link(&Link { relation, subject, target, from: at(from), to: to.map(at) }).await.expect("linked");
    };
    link(Relation::UsagePointUnderAgreement, point, agreement, "2026-01-01T00:00Z", Some("2026-06-01T00:00Z")).await;
    assert!(registry.accounts().await.expect("asked").is_empty(), "the agreement has no account yet");
    link(Relation::AgreementOfAccount, agreement, account, "2026-02-01T00:00Z", None).await;
    let accounts = registry.accounts().await.expect("asked");
    let [known] = accounts[&model::id::UsagePointId(point)].as_slice() else { panic!("{accounts:?}") };
    assert_eq!((&*known.value.account, &*known.value.agreement, &*known.value.tariff), ("A1", "AG1", "R1"));
    assert_eq!((known.from, known.to), (at("2026-02-01T00:00Z"), Some(at("2026-06-01T00:00Z"))));
}
