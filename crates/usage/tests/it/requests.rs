//! Requests for determinants: one outcome each, changes after it, nothing twice.
//!
//! covers: B1-S17.01

use model::finding::Finding;
use model::id::{Mrid, UsagePointId};
use usage::request::{BillingDeterminantRequest, Message, Requests};
use usage::{Cycle, Determinant, Role};

use crate::notation::{Readings, TORONTO, checked_set, days, instant, timeline, with_account};

const SET: &str = r#"
    name = "usage"
    version = 1
    gate = { on_exception = "deliver" }
    meters = [{ name = "site", unit = "kWh", terms = [{ channel = "a", sign = "plus" }] }]
    determinants = [
        { id = "off", unit = "kWh", meter = "site", measure = "usage", bucket = "off-peak" },
        { id = "on", unit = "kWh", meter = "site", measure = "usage", bucket = "on-peak" },
    ]
"#;

fn request(id: &str) -> BillingDeterminantRequest {
    BillingDeterminantRequest {
        id: id.into(),
        usage_point: UsagePointId(Mrid(uuid())),
        period: days(TORONTO, "2026-01-14", "2026-01-15"),
        set: "usage".into(),
        cut_off: instant("2026-01-17T12:00:00Z"),
    }
}

fn uuid() -> uuid::Uuid {
    uuid::Uuid::from_u128(1)
}

fn computed(cells: &str) -> Vec<Determinant> {
    computed_by(SET, cells)
}

fn computed_by(set: &str, cells: &str) -> Vec<Determinant> {
    let set = checked_set(set);
    let period = days(TORONTO, "2026-01-14", "2026-01-15");
    let cycle = Cycle::new(Role::Repository, &set, &timeline(period), &[]).expect("the cycle");
    let readings = [Readings::of("a", "kWh", -1).run(period.start, 3600, cells)];
    with_account(&readings, |account| cycle.determinants(account).expect("determinants"))
}

fn held() -> Result<Vec<Determinant>, Vec<Finding>> {
    Err(vec![Finding::new(0, "off", "V73", "2 of 24 intervals are missing")])
}

const EARLY: &str = "2026-01-16T00:00:00Z";
const LATE: &str = "2026-01-17T12:00:00Z";

/// What a message is, in words.
fn word(message: Option<&Message>) -> String {
    match message {
        None => "waits".into(),
        Some(Message::Created(all)) => format!("created {}", all.len()),
        Some(Message::Changed(changes)) => {
            let told = changes.iter().map(|change| {
                let quantity = |one: &Option<Determinant>| {
                    one.as_ref().and_then(|one| one.quantity).map_or("-".into(), |one| one.to_string())
                };
                let id = change.new.as_ref().or(change.old.as_ref()).map_or("", |one| one.id.as_str());
                format!(" {id} {} -> {}", quantity(&change.old), quantity(&change.new))
            });
            format!("changed{}", told.collect::<String>())
        }
        Some(Message::Canceled) => "canceled".into(),
        Some(Message::Refused(items)) => {
            format!("refused {}", items.iter().map(|item| item.code.as_str()).collect::<Vec<_>>().join(" "))
        }
    }
}

#[track_caller]
fn check(message: Option<Message>, expected: &str) {
    assert_eq!(word(message.as_ref()), expected, "{message:?}");
}

#[test]
fn a_request_waits_for_better_data_until_its_cut_off() {
    let mut requests = Requests::default();
    check(requests.create(request("r1")), "waits");
    assert_eq!(requests.open().collect::<Vec<_>>(), ["r1"]);
    check(requests.answer("r1", instant(EARLY), held()), "waits");
    check(requests.answer("r1", instant(EARLY), Ok(computed("24x1.0"))), "created 2");
    check(requests.answer("r1", instant(EARLY), Ok(computed("24x2.0"))), "waits");
    check(requests.create(request("r1")), "created 2");
    assert_eq!(requests.open().count(), 0);
}

#[test]
fn at_the_cut_off_it_is_refused_with_its_items() {
    let mut requests = Requests::default();
    check(requests.create(request("r1")), "waits");
    check(requests.answer("r1", instant(LATE), held()), "refused V73");
    check(requests.answer("r1", instant(LATE), Ok(computed("24x1.0"))), "waits");
    check(requests.create(request("r1")), "refused V73");
    check(Some(requests.cancel("r1")), "refused request.refused");
    check(requests.create(request("r2")), "waits");
}

#[test]
fn nothing_is_billed_twice() {
    let mut requests = Requests::default();
    check(requests.create(request("r1")), "waits");
    check(requests.create(request("r2")), "refused request.billed_already");
    let other = BillingDeterminantRequest { set: "demand".into(), ..request("r1") };
    check(requests.create(other), "refused request.id_used");
    check(requests.create(BillingDeterminantRequest { set: "demand".into(), ..request("r3") }), "waits");
    check(Some(requests.cancel("r1")), "canceled");
    check(Some(requests.cancel("r1")), "canceled");
    check(requests.answer("r1", instant(EARLY), Ok(computed("24x1.0"))), "waits");
    check(requests.create(request("r1")), "canceled");
    check(requests.create(request("r2")), "waits");
    check(Some(requests.cancel("r9")), "refused request.unknown");
}

#[test]
fn only_determinants_whose_inputs_changed_are_told_again() {
    let mut requests = Requests::default();
    check(requests.recomputed("r1", computed("24x1.0")), "waits");
    requests.create(request("r1"));
    check(requests.recomputed("r1", computed("24x1.0")), "waits");
    requests.answer("r1", instant(EARLY), Ok(computed("24x1.0")));
    check(requests.recomputed("r1", computed("24x1.0")), "waits");
    // 08:00 is on-peak; off-peak keeps its value and is not told.
    check(requests.recomputed("r1", computed("8x1.0 3.0 15x1.0")), "changed on 6.0 -> 8.0");
    check(requests.recomputed("r1", computed("8x1.0 3.0 15x1.0")), "waits");
    check(requests.recomputed("r1", computed("0.5 7x1.0 3.0 15x1.0")), "changed off 12.0 -> 11.5");
    // Two hours that change places have other inputs and tell the same.
    check(requests.recomputed("r1", computed("1.0 0.5 6x1.0 3.0 15x1.0")), "waits");
    let newer = SET.replace("version = 1", "version = 2").replace("id = \"on\"", "id = \"peak\"");
    let changed = requests.recomputed("r1", computed_by(&newer, "0.5 7x1.0 3.0 15x1.0"));
    check(changed, "changed on 8.0 -> - off 11.5 -> 11.5 peak - -> 8.0");
    check(Some(requests.cancel("r1")), "canceled");
    check(requests.recomputed("r1", computed("24x9.0")), "waits");
}
