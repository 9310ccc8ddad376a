//! Requests for determinants over real books: one outcome each, changes after it, nothing twice.

use ingest::Determinants;
use ingest::determinants::{AskDeterminants, AskLink, AskTold, Role, Told};
use ingest::review::{Refusal, ReviewError};
use jiff::Timestamp;
use jiff::civil::{Date, date};
use model::id::{Mrid, Name};
use serde_json::{Value, json};
use store::registry::link::{Link, Relation};
use store::registry::master::Class;
use usage::Rate;

use crate::review_fixture::{NIGHT, Utility, refused};

const NEXT: Date = date(2026, 3, 2);

pub fn at(text: &str) -> Timestamp {
    text.parse().expect("a timestamp")
}

/// A rate with one bucket: the kWh of intervals, and of registers where asked.
pub fn rate(name: &str, measure: &str, more: Value) -> Rate {
    let mut determinant = json!({ "id": "kwh", "unit": "kWh", "meter": "site", "measure": measure });
    determinant.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    let every_day = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "holiday"];
    let rate = json!({
        "set": {
            "name": name, "version": 1, "determinants": [determinant],
            "meters": [{ "name": "site", "unit": "kWh", "terms": [{ "channel": "delivered", "sign": "plus" }] }],
        },
        "channels": [{ "name": "delivered", "suffixes": if measure == "register" { json!(["R1"]) } else { json!(["E1"]) } }],
        "calendar": {
            "name": "flat", "version": 1, "zone": "UTC", "buckets": ["all"],
            "seasons": [{
                "name": "year", "first": "01-01", "last": "12-31",
                "days": [{ "on": every_day, "bands": [{ "from": "00:00", "to": "24:00", "bucket": "all" }] }],
            }],
        },
    });
    serde_json::from_value(rate).expect("a rate")
}

/// A utility with a rate `flat`, and its determinants.
fn utility(channels: u32) -> (Utility, Determinants) {
    let utility = Utility::with_channels(channels);
    let determinants = utility.determinants(Role::Repository);
    determinants.put_rate(&rate("flat", "usage", json!({})), utility.now()).expect("put");
    (utility, determinants)
}

fn night(id: &str) -> AskDeterminants {
    AskDeterminants {
        id: Some(id.into()),
        usage_point: Some("UP-0".into()),
        from: at("2026-03-01T00:00:00Z"),
        to: at("2026-03-02T00:00:00Z"),
        definition: Some("flat".into()),
        ..AskDeterminants::default()
    }
}

/// `created 1: kwh 24.000`, `open: V73`.
fn words(told: &Told) -> String {
    let issue = told.issue.as_ref();
    let number = issue.map(|issue| format!(" {}", issue.number)).unwrap_or_default();
    let determinants = issue.map(|issue| issue.determinants.as_slice()).unwrap_or_default();
    let values = determinants.iter().map(|one| format!("{} {}", one.id, one.quantity.expect("a quantity")));
    let items = told.items.iter().map(|item| item.code.to_string());
    format!("{}{number}: {}", told.state, values.chain(items).collect::<Vec<_>>().join(" "))
}

#[track_caller]
pub fn check(determinants: &Determinants, id: &str, expected: &str) {
    assert_eq!(words(&determinants.told(id, None).expect("told")), expected);
}

#[track_caller]
pub fn ask(determinants: &Determinants, asked: &AskDeterminants, now: Timestamp) -> String {
    let told = determinants.request(asked, now).expect("answered");
    told.iter().map(words).collect::<Vec<_>>().join(", ")
}

// covers: B1-S17.01, B1-S17.03
#[test]
fn a_request_waits_for_values_that_were_validated() {
    let (utility, determinants) = utility(1);
    utility.arrive(0, NIGHT, 0, "1000");
    let patient = AskDeterminants { cut_off: Some(at("2026-03-05T00:00:00Z")), ..night("r") };
    assert_eq!(ask(&determinants, &patient, utility.now()), "open: V73");
    assert_eq!(determinants.follow(utility.now()).expect("followed"), 0);
    utility.run(&[(0, NIGHT)]);
    assert_eq!(determinants.follow(utility.now()).expect("followed"), 1);
    check(&determinants, "r", "created 1: kwh 24.000");
    assert_eq!(determinants.follow(at("2026-03-06T00:00:00Z")).expect("followed"), 0);
    assert_eq!(ask(&determinants, &patient, utility.now()), "created 1: kwh 24.000");
}

#[test]
fn at_its_cut_off_a_request_is_refused_once() {
    let (utility, determinants) = utility(1);
    utility.arrive(0, NIGHT, 0, "1000");
    let patient = AskDeterminants { cut_off: Some(at("2026-03-05T00:00:00Z")), ..night("r") };
    assert_eq!(ask(&determinants, &patient, utility.now()), "open: V73");
    assert_eq!(determinants.follow(at("2026-03-04T23:59:59Z")).expect("followed"), 0);
    assert_eq!(determinants.follow(at("2026-03-05T00:00:00Z")).expect("followed"), 1);
    check(&determinants, "r", "refused: V73");
    utility.run(&[(0, NIGHT)]);
    assert_eq!(determinants.follow(utility.now()).expect("followed"), 0);
    assert_eq!(ask(&determinants, &patient, utility.now()), "refused: V73");
    assert_eq!(ask(&determinants, &night("s"), utility.now()), "created 1: kwh 24.000");
    let gone = refused(determinants.cancel("r", utility.now()));
    assert!(matches!(gone, Refusal::Conflict(_)), "{gone}");
}

#[test]
fn a_change_is_told_once_and_what_was_told_stays() {
    let (utility, determinants) = utility(1);
    utility.arrive(0, NIGHT, 0, "1000");
    utility.run(&[(0, NIGHT)]);
    assert_eq!(ask(&determinants, &night("r"), utility.now()), "created 1: kwh 24.000");
    let created = utility.now();
    // The same values validated again say nothing new.
    utility.run(&[(0, NIGHT)]);
    assert_eq!(determinants.follow(utility.now()).expect("followed"), 0);
    utility.arrive(0, NIGHT, 5, "1250");
    utility.run(&[(0, NIGHT)]);
    assert_eq!(determinants.follow(utility.now()).expect("followed"), 1);
    check(&determinants, "r", "created 2: kwh 24.250");
    assert_eq!(determinants.follow(utility.now()).expect("followed"), 0);
    let before = determinants.told("r", Some(created)).expect("told");
    assert_eq!((words(&before).as_str(), before.verb), ("created 1: kwh 24.000", Some("created")));
    let unknown = refused(determinants.told("r", Some(at("2026-03-02T00:00:00Z"))));
    assert!(matches!(unknown, Refusal::NotFound(..)), "{unknown}");

    determinants.cancel("r", utility.now()).expect("cancelled");
    utility.arrive(0, NIGHT, 5, "1500");
    utility.run(&[(0, NIGHT)]);
    assert_eq!(determinants.follow(utility.now()).expect("followed"), 0);
    check(&determinants, "r", "canceled 2: kwh 24.250");
}

#[test]
fn a_follower_that_comes_too_late_looks_at_every_request() {
    let (utility, determinants) = utility(1);
    utility.arrive(0, NIGHT, 0, "1000");
    utility.run(&[(0, NIGHT)]);
    assert_eq!(ask(&determinants, &night("r"), utility.now()), "created 1: kwh 24.000");
    determinants.follow(utility.now()).expect("followed");
    for value in ["1250", "1500", "1750"] {
        utility.arrive(0, NIGHT, 5, value);
        utility.run(&[(0, NIGHT)]);
        utility.book.seal(Date::MAX).expect("sealed");
    }
    let restarted = utility.determinants(Role::Repository);
    assert_eq!(restarted.follow(utility.now()).expect("followed"), 1);
    check(&restarted, "r", "created 2: kwh 24.750");
    assert_eq!(utility.determinants(Role::Repository).follow(utility.now()).expect("followed"), 0);
}

#[test]
fn worse_values_are_held_and_told_when_they_are_better() {
    let (utility, determinants) = utility(1);
    let strict = json!({ "gate": { "failed": 0 } });
    determinants.put_rate(&rate("strict", "usage", strict), utility.now()).expect("put");
    utility.arrive(0, NIGHT, 0, "1000");
    utility.run(&[(0, NIGHT)]);
    let asked = AskDeterminants { definition: Some("strict".into()), ..night("r") };
    assert_eq!(ask(&determinants, &asked, utility.now()), "created 1: kwh 24.000");
    // 90 kWh in one hour is a spike (V31): it failed, and so it is not validated either.
    utility.arrive(0, NIGHT, 5, "90000");
    utility.run(&[(0, NIGHT)]);
    assert_eq!(determinants.follow(utility.now()).expect("followed"), 0);
    check(&determinants, "r", "created 1: kwh 24.000 V73 V73");
    utility.arrive(0, NIGHT, 5, "1250");
    utility.run(&[(0, NIGHT)]);
    assert_eq!(determinants.follow(utility.now()).expect("followed"), 1);
    check(&determinants, "r", "created 2: kwh 24.250");
}

#[test]
fn an_earlier_bill_is_what_v74_compares_with() {
    let (utility, determinants) = utility(1);
    let careful = json!({ "high_low": { "against": ["previous"], "above_percent": 50, "below_percent": 50 } });
    determinants.put_rate(&rate("careful", "usage", careful), utility.now()).expect("put");
    utility.arrive(0, NIGHT, 0, "1000");
    utility.arrive(0, NEXT, 0, "1600");
    let later = "2026-03-03T06:00:00Z";
    let asked = AskDeterminants { definition: Some("careful".into()), ..night("first") };
    let next = AskDeterminants {
        id: Some("second".into()),
        from: at("2026-03-02T00:00:00Z"),
        to: at("2026-03-03T00:00:00Z"),
        ..asked.clone()
    };
    utility.wait_until(later);
    utility.run(&[(0, NIGHT), (0, NEXT)]);
    assert_eq!(ask(&determinants, &asked, at(later)), "created 1: kwh 24.000");
    let first = determinants.told("first", None).expect("told").issue.expect("issued");
    assert_eq!(first.determinants[0].notes, ["V74 not applicable: no earlier quantity is known"]);
    // 38.4 kWh against 24 are 60 % more.
    assert_eq!(ask(&determinants, &next, at(later)), "refused: V74");
}

/// Meter A shows 100 to 112 and is taken away; meter B begins at 0 twenty minutes later and shows 5: 12 + 5 kWh.
#[test]
fn an_exchange_of_the_meter_loses_nothing() {
    let (utility, determinants) = utility(1);
    let lenient = json!({ "gate": { "not_validated": 100 } });
    determinants.put_rate(&rate("registers", "register", lenient), utility.now()).expect("put");
    let counter = utility.counter();
    let point = object(&utility, Class::UsagePoint, "UP-0", None);
    let exchanged = at("2026-03-01T10:00:00Z");
    for (meter, from, to) in [("A", at("2026-01-01T00:00:00Z"), Some(exchanged)), ("B", exchanged, None)] {
        let subject = object(&utility, Class::Meter, meter, None);
        link(&utility, Relation::MeterAtUsagePoint, (subject, point), (from, to));
    }
    for (moment, value) in [
        ("2026-03-01T00:00:00Z", 100_000),
        ("2026-03-01T09:50:00Z", 112_000),
        ("2026-03-01T10:10:00Z", 0),
        ("2026-03-02T00:00:00Z", 5_000),
    ] {
        utility.read(counter, at(moment).as_second(), None, value);
    }
    let asked = AskDeterminants { definition: Some("registers".into()), ..night("r") };
    assert_eq!(ask(&determinants, &asked, utility.now()), "created 1: kwh 17.000");
    // A read that comes later is followed too.
    utility.read(counter, at("2026-03-02T00:00:00Z").as_second(), None, 6_000);
    assert_eq!(determinants.follow(utility.now()).expect("followed"), 1);
    check(&determinants, "r", "created 2: kwh 18.000");
}

/// Both meters are read as they are exchanged: 112 - 100 of A, 5 - 0 of B, and 12 kWh up to that instant.
#[test]
fn both_meters_are_billed_to_the_instant_of_their_exchange() {
    let (utility, determinants) = utility(1);
    determinants.put_rate(&rate("registers", "register", json!({})), utility.now()).expect("put");
    let counter = utility.counter();
    let point = object(&utility, Class::UsagePoint, "UP-0", None);
    let exchanged = at("2026-03-01T10:00:00Z");
    for (meter, from, to) in [("A", at("2026-01-01T00:00:00Z"), Some(exchanged)), ("B", exchanged, None)] {
        let subject = object(&utility, Class::Meter, meter, None);
        link(&utility, Relation::MeterAtUsagePoint, (subject, point), (from, to));
    }
    let second = exchanged.as_second();
    utility.read(counter, second, Some(second), 0);
    utility.read(counter, second, None, 112_000);
    utility.read(counter, at("2026-03-01T00:00:00Z").as_second(), None, 100_000);
    utility.read(counter, at("2026-03-02T00:00:00Z").as_second(), None, 5_000);
    utility.validate_due();
    let of_registers = |id| AskDeterminants { definition: Some("registers".into()), ..night(id) };
    assert_eq!(ask(&determinants, &of_registers("day"), utility.now()), "created 1: kwh 17.000");
    let morning = AskDeterminants { to: exchanged, ..of_registers("morning") };
    assert_eq!(ask(&determinants, &morning, utility.now()), "created 1: kwh 12.000");
}

/// The register fell to 5 at noon, which V55 fails: 100 to 112 kWh count, and one read is missing between them.
#[test]
fn a_read_that_failed_is_missing() {
    let (utility, determinants) = utility(1);
    let lenient = json!({ "gate": { "missing": 100 } });
    determinants.put_rate(&rate("registers", "register", lenient), utility.now()).expect("put");
    let counter = utility.counter();
    for (moment, value) in
        [("2026-03-01T00:00:00Z", 100_000), ("2026-03-01T12:00:00Z", 5_000), ("2026-03-02T00:00:00Z", 112_000)]
    {
        utility.read(counter, at(moment).as_second(), None, value);
    }
    utility.validate_due();
    let asked = AskDeterminants { definition: Some("registers".into()), ..night("r") };
    assert_eq!(ask(&determinants, &asked, utility.now()), "created 1: kwh 12.000");
}

#[test]
fn an_account_is_asked_for_while_its_usage_points_are_its_own() {
    let (utility, determinants) = utility(2);
    for channel in [0, 1] {
        utility.arrive(channel, NIGHT, 0, "1000");
        utility.arrive(channel, date(2026, 2, 28), 0, "2000");
    }
    utility.run(&[(0, NIGHT), (1, NIGHT), (0, date(2026, 2, 28)), (1, date(2026, 2, 28))]);
    let account = object(&utility, Class::CustomerAccount, "ACC-1", None);
    let agreement = object(&utility, Class::CustomerAgreement, "AGR-1", Some(&json!({ "tariff": "T1" })));
    let (start, moved_in) = (at("2026-01-01T00:00:00Z"), at("2026-03-01T00:00:00Z"));
    link(&utility, Relation::AgreementOfAccount, (agreement, account), (start, None));
    for (point, from) in [("UP-0", start), ("UP-1", moved_in)] {
        let point = object(&utility, Class::UsagePoint, point, None);
        link(&utility, Relation::UsagePointUnderAgreement, (point, agreement), (from, None));
    }
    let asked = AskDeterminants {
        id: Some("spring".into()),
        account: Some("ACC-1".into()),
        from: at("2026-02-28T00:00:00Z"),
        to: at("2026-03-02T00:00:00Z"),
        ..AskDeterminants::default()
    };
    let none = refused(determinants.request(&asked, utility.now()));
    assert!(none.to_string().starts_with("definition: no definition holds"), "{none}");
    let of_tariff = AskLink { rate: "flat".into(), tariff: Some("T1".into()), usage_point: None, from: start };
    determinants.link_rate(&of_tariff).expect("linked");
    let mut told: Vec<_> = determinants.request(&asked, utility.now()).expect("answered");
    told.sort_by(|left, right| left.id.cmp(&right.id));
    let found: Vec<_> = told.iter().map(|told| (told.id.as_str(), words(told))).collect();
    // 24 h of 2 kWh and 24 h of 1 kWh; the second was the account's only on the second day.
    let expected =
        [("spring@UP-0", "created 1: kwh 72.000"), ("spring@UP-1@2026-03-01T00:00:00Z", "created 1: kwh 24.000")];
    assert_eq!(found, expected.map(|(id, words)| (id, words.to_owned())));
    let listed = determinants.list(&AskTold { account: Some("ACC-1".into()), limit: Some(1), ..AskTold::default() });
    let listed = listed.expect("listed");
    assert_eq!((listed.items[0].id.as_str(), listed.next.as_deref()), ("spring@UP-0", Some("spring@UP-0")));
}

#[test]
fn what_cannot_be_asked_is_refused_with_its_field() {
    let (utility, determinants) = utility(2);
    let check = |asked: AskDeterminants, expected: &str| {
        let refusal = refused(determinants.request(&asked, utility.now()));
        assert!(refusal.to_string().starts_with(expected), "{refusal}");
    };
    check(AskDeterminants { usage_point: Some("nowhere".into()), ..night("r") }, "usage_point: `nowhere`");
    check(AskDeterminants { usage_point: None, ..night("r") }, "usage_point: expected one of");
    check(AskDeterminants { account: Some("A".into()), ..night("r") }, "usage_point: expected one of");
    check(AskDeterminants { to: at("2026-03-01T00:00:00Z"), ..night("r") }, "to: expected an instant after");
    check(AskDeterminants { definition: Some("steep".into()), ..night("r") }, "definition: rate `steep`");
    check(night(""), "id: expected 1 to 128 bytes");
    utility.arrive(0, NIGHT, 0, "1000");
    utility.run(&[(0, NIGHT)]);
    assert_eq!(ask(&determinants, &night("r"), utility.now()), "created 1: kwh 24.000");
    check(AskDeterminants { usage_point: Some("UP-1".into()), ..night("r") }, "the id belongs to another request");
    check(night("s"), "request `r` asked for the same");
}

/// Two usage points as one meter, and one of them that is not there: a finding, which stops nobody else.
#[test]
fn a_meter_adds_usage_points_up() {
    let (utility, determinants) = utility(2);
    for channel in [0, 1] {
        utility.arrive(channel, NIGHT, 0, "1000");
    }
    utility.run(&[(0, NIGHT), (1, NIGHT)]);
    for (name, other) in [("both", "UP-1"), ("torn", "UP-9")] {
        let mut both = rate(name, "usage", json!({}));
        let mut place = both.channels[0].clone();
        (place.name, place.usage_point) = ("other".into(), Some(other.into()));
        both.channels.push(place);
        let mut term = both.set.meters[0].terms[0].clone();
        term.channel = "other".into();
        both.set.meters[0].terms.push(term);
        determinants.put_rate(&both, utility.now()).expect("put");
    }
    let of = |name: &str| AskDeterminants { definition: Some(name.into()), ..night(name) };
    assert_eq!(ask(&determinants, &of("both"), utility.now()), "created 1: kwh 48.000");
    assert_eq!(ask(&determinants, &of("torn"), utility.now()), "refused: rate.usage_point");
}

// covers: ONT-2.8.2
#[test]
fn an_installation_that_only_collects_computes_nothing() {
    let (utility, _) = utility(1);
    let collecting = utility.determinants(Role::Collection);
    let answers = [
        collecting.request(&night("r"), utility.now()).map(drop),
        collecting.put_rate(&rate("other", "usage", json!({})), utility.now()).map(drop),
        collecting.cancel("r", utility.now()).map(drop),
    ];
    for answer in answers {
        let refusal = refused(answer);
        assert!(matches!(&refusal, Refusal::NotAllowed(words) if words.contains("only collects")), "{refusal}");
    }
    assert_eq!(collecting.follow(utility.now()).expect("nothing to do"), 0);
}

pub fn object(utility: &Utility, class: Class, name: &str, attributes: Option<&Value>) -> Mrid {
    let names = match class {
        Class::UsagePoint => [Name::new("UsagePoint", name)],
        _ => [Name::new("Name", name)],
    };
    utility.ask(utility.registry.master().register(class, &names, attributes)).id
}

pub fn link(
    utility: &Utility,
    relation: Relation,
    (subject, target): (Mrid, Mrid),
    (from, to): (Timestamp, Option<Timestamp>),
) {
    utility.ask(utility.registry.master().link(&Link { relation, subject, target, from, to }));
}

#[test]
fn errors_of_the_room_are_those_of_review() {
    let (utility, determinants) = utility(1);
    assert!(matches!(determinants.told("r", None), Err(ReviewError::Refused(Refusal::NotFound(..)))));
    assert!(determinants.list(&AskTold { limit: Some(501), ..AskTold::default() }).is_err());
    assert_eq!(determinants.follow(utility.now()).expect("nothing"), 0);
}
