//! One owner a condition, one limit, one alert.

use ingest::collection::alerts::follow_events;
use ingest::thresholds::alerting::{Evidence, evidence, over};
use ingest::thresholds::{InForce, Register, Statement, compare};
use jiff::{SignedDuration, Timestamp};
use model::event::report::{Meaning, Report, Subject};
use model::id::Name;
use serde_json::{Value, json};
use smol_str::SmolStr;
use store::events::{Batch, Counts, EventsBook, Grouping, Told, ToldEvent};
use store::registry::Registry;
use store::registry::alert::{AlertKind, Which};

const HIGH: &str = "3.26.38.93";
const HIGH_OVER: &str = "3.26.38.73";

fn at(second: i64) -> Timestamp {
    "2026-03-01T12:00:00Z".parse::<Timestamp>().expect("an instant") + SignedDuration::from_secs(second)
}

fn condition(name: &str, owner: &str, begins: &str) -> Value {
    json!({
        "name": name, "owner": owner, "begins": [begins], "ends": [],
        "limit": { "when": "above", "value": "252", "unit": "V", "for_seconds": 60 },
    })
}

fn register(conditions: &[Value]) -> Register {
    let document = json!({ "version": 3, "effective_from": "2026-01-01T00:00:00Z", "condition": conditions });
    serde_json::from_value(document).expect("a register")
}

// covers: MOD-ANL
#[test]
fn a_condition_with_two_owners_is_refused() {
    let check = |conditions: &[Value], expected: &[&str]| {
        assert_eq!(register(conditions).faults(&["HES-1", "HES-2"]), expected);
    };
    check(&[condition("voltage-high", "amity", HIGH), condition("outage", "HES-1", "3.26.0.85")], &[]);
    check(
        &[condition("voltage-high", "amity", HIGH), condition("voltage-high", "HES-1", "3.26.38.94")],
        &["condition `voltage-high`: has two owners, `amity` and `HES-1`: expected one who decides"],
    );
    check(
        &[condition("voltage-high", "amity", HIGH), condition("over-voltage", "HES-2", HIGH)],
        &[
            "condition `over-voltage`: event 3.26.38.93 belongs to `voltage-high` too, so that `amity` and `HES-2` decide by it: \
           expected one",
        ],
    );
    check(
        &[condition("voltage-high", "HES-9", "3.26")],
        &[
            "condition `voltage-high`: owner `HES-9`: expected `amity` or a head-end of the settings",
            "condition `voltage-high`: expected a 4-part event type such as 3.26.38.93, found `3.26`",
        ],
    );
    let mut wrong = condition("voltage-high", "amity", HIGH);
    wrong["limit"]["value"] = json!("252 V");
    check(&[wrong], &["condition `voltage-high`: limit.value: expected a decimal number such as 126.0, found `252 V`"]);
}

// covers: MOD-THR
#[test]
fn another_limit_at_a_head_end_is_told() {
    let register = register(&[condition("voltage-high", "amity", HIGH), condition("outage", "HES-1", "3.26.0.85")]);
    let check = |conditions: Value, expected: &[&str]| {
        let statement = json!({ "head_end": "HES-1", "as_of": "2026-03-01T00:00:00Z", "condition": conditions });
        let statement: Statement = serde_json::from_value(statement).expect("a statement");
        let drift: Vec<String> = compare(&register, &statement).iter().map(ToString::to_string).collect();
        assert_eq!(drift, expected);
    };
    let stated = |name: &str, decides: bool, value: &str, unit: &str| {
        let limit = json!({ "when": "above", "value": value, "unit": unit, "for_seconds": 60 });
        json!({ "name": name, "decides": decides, "limit": limit })
    };
    let outage = || stated("outage", true, "252", "V");
    check(json!([stated("voltage-high", false, "252.0", "V"), outage()]), &[]);
    check(json!([stated("voltage-high", false, "0.252", "kV"), outage()]), &[]);
    check(
        json!([stated("voltage-high", false, "253", "V"), outage()]),
        &["HES-1 voltage-high: limit: ours above 252 V for 60 s, theirs above 253 V for 60 s"],
    );
    check(
        json!([stated("voltage-high", true, "252", "V"), outage()]),
        &["HES-1 voltage-high: owner: ours amity decides, theirs it decides"],
    );
    check(
        json!([stated("theft", true, "1", "A")]),
        &[
            "HES-1 theft: unknown: ours not in the register, theirs above 1 A for 60 s",
            "HES-1 outage: absent: ours HES-1 decides, theirs it does not look for it",
        ],
    );
}

// covers: MOD-CNF
#[test]
fn the_owner_decides_whether_a_condition_lasts() {
    let mut register = register(&[condition("voltage-high", "HES-1", HIGH)]);
    register.conditions[0].ends = vec![HIGH_OVER.into()];
    let owned = register.conditions[0].clone();
    let said = |source: &str, second, is_over| Evidence {
        source: source.into(),
        is_owner: source == "HES-1",
        at: at(second),
        told_type: String::new(),
        is_over,
    };
    let check = |evidence: &[Evidence], expected: Option<i64>| {
        assert_eq!(over(&owned, evidence, at(100_000)), expected.map(at), "{evidence:?}");
    };
    check(&[], None);
    check(&[said("HES-1", 0, false), said("HES-2", 5, false)], None);
    check(&[said("HES-1", 0, false), said("HES-2", 60, true)], None);
    check(&[said("HES-1", 0, false), said("HES-2", 60, true), said("HES-1", 90, true)], Some(90));
    // While the owner is silent, the others are all there is.
    check(&[said("HES-2", 5, false), said("HES-2", 60, true)], Some(60));
    let without_end = self::register(&[condition("voltage-high", "HES-1", HIGH)]).conditions[0].clone();
    assert_eq!(over(&without_end, &[said("HES-2", 0, false)], at(900)), None);
    assert_eq!(over(&without_end, &[said("HES-2", 0, false)], at(901)), Some(at(900)));
}

/// A rule by which no two reports are one event, as where they are further apart than the window.
struct EachAlone;

impl Grouping for EachAlone {
    fn window(&self, _: &Meaning) -> SignedDuration {
        SignedDuration::ZERO
    }

    fn groups(&self, reports: &[Report]) -> Vec<usize> {
        (0..reports.len()).collect()
    }
}

/// What a place says of a device that the registry does not know.
fn told(source: &str, second: i64, event_type: &str) -> Told {
    let name = Name { authority: "utility".into(), ..Name::new("Meter", "M-1") };
    let event = ToldEvent {
        report: Report {
            subject: Subject::unknown(Some(&name), source),
            meaning: Meaning::Known(event_type.parse().expect("a type")),
            occurred_at: Some(at(second)),
            source: source.into(),
            source_id: SmolStr::default(),
        },
        device: Some(name),
        meter: None,
        usage_point: None,
        told_type: event_type.into(),
        told_at: Some(at(second)),
        is_doubtful: false,
        line: 1,
        severity: SmolStr::default(),
        reason: SmolStr::default(),
        status: SmolStr::default(),
        details: Vec::new(),
    };
    Told {
        hash: format!("{source} {second}"),
        source: source.into(),
        name: "events".into(),
        raw: "1-0".into(),
        received_at: at(second + 1),
        events: vec![event],
        position: String::new(),
        note: Some(String::new()),
        earlier: Counts::default(),
    }
}

// covers: MOD-CNF
#[tokio::test]
async fn what_two_places_flag_is_one_alert_with_both_and_the_owner_ends_it() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let url = |name: &str| format!("sqlite:{}", folder.path().join(name).display());
    let registry = Registry::open(&url("registry.sqlite")).await.expect("a registry");
    let book = EventsBook::open(&url("events.sqlite")).await.expect("a book");
    let directory = registry.directory().await.expect("loaded");
    let mut register = register(&[condition("voltage-high", "amity", HIGH)]);
    register.conditions[0].ends = vec![HIGH_OVER.into()];
    let in_force = InForce { register: Some(register.clone()), statements: Vec::new() };
    let look = async |all: Vec<Told>, second: i64| {
        book.append(&Batch { told: all }, &EachAlone).await.expect("appended");
        let by = (&*directory, &in_force);
        let raised = follow_events(&registry, &book, by, at(second)).await.expect("followed");
        let mut alerts = registry.alerts().list(Which::Open, 10).await.expect("listed");
        assert_eq!(alerts.len(), 1, "one alert a condition and device");
        (raised, alerts.remove(0))
    };
    let (raised, alert) = look(vec![told("HES-1", 0, HIGH)], 2).await;
    assert_eq!(
        (raised, alert.condition.kind, &*alert.condition.component),
        (1, AlertKind::Condition, "voltage-high M-1")
    );
    let (raised, _) = look(vec![told("amity", 40, HIGH)], 42).await;
    assert_eq!(raised, 0, "the same condition");
    let (_, alert) = look(vec![told("HES-1", 60, HIGH_OVER)], 62).await;
    assert_eq!(alert.cleared_at, None, "who only advises ends nothing");
    let (_, alert) = look(vec![told("amity", 90, HIGH_OVER)], 92).await;
    assert_eq!(alert.cleared_at, Some(at(90)));
    let said = evidence(&register, &book, &directory, &alert, at(100)).await.expect("read");
    let said: Vec<_> = said.iter().map(|one| (one.source.as_str(), one.is_owner, one.is_over, one.at)).collect();
    let expected = [
        ("HES-1", false, false, at(0)),
        ("amity", true, false, at(40)),
        ("HES-1", false, true, at(60)),
        ("amity", true, true, at(90)),
    ];
    assert_eq!(said, expected);
}
