//! A multiplier that changes on a day: sums, reads and determinants go by the one that held, whenever it was entered.

use ingest::Determinants;
use ingest::determinants::{AskDeterminants, Role};
use jiff::Timestamp;
use jiff::civil::date;
use model::id::ChannelNumber;
use model::quantity::Decimal;
use serde_json::json;
use store::registry::channel::ChannelEntry;
use store::registry::fact::{Fact, FactKind};
use store::registry::link::Relation;
use store::registry::master::Class;

use crate::determinants::{ask, at, check, link, object, rate};
use crate::registers::{arrive, due, shown};
use crate::review_fixture::{Utility, hourly};

/// A utility with a counter of five dials beside an hourly channel, each count worth 40 kWh.
fn with_transformers(quantum: i8) -> (Utility, ChannelNumber) {
    let utility = Utility::with_channels(1);
    let entry = ChannelEntry {
        suffix: "R1".into(),
        reading_type: "0.0.0.1.1.1.12.0.0.0.0.0.0.0.0.3.72.0".parse().expect("a reading type"),
        quantum,
        multiplier: Decimal::new(40, 0),
        dials: Some(5),
        interval_seconds: None,
        ..hourly(0, "UTC", 3600)
    };
    let register = utility.ask(utility.registry.channels().register(&[entry]))[0].number;
    (utility, register)
}

/// The register is multiplied by another number from an instant on.
fn multiplied(utility: &Utility, register: ChannelNumber, multiplier: &str, from: &str) {
    let directory = utility.ask(utility.registry.directory());
    let subject = directory.channel(register).expect("the register").id.0;
    let fact = Fact::new(FactKind::Multiplier, subject, at(from), Some(multiplier)).expect("a fact");
    utility.ask(utility.registry.facts().put(&[fact]));
}

fn reads(utility: &Utility, register: ChannelNumber, reads: &[(&str, i64)]) {
    for (moment, value) in reads {
        utility.read(register, at(moment).as_second(), None, *value);
    }
    due(utility);
}

/// February of the counter, billed by its reads.
fn february(utility: &Utility) -> (Determinants, AskDeterminants) {
    let determinants = utility.determinants(Role::Repository);
    let lenient = json!({ "gate": { "not_validated": 100, "failed": 100 } });
    determinants.put_rate(&rate("registers", "register", lenient), utility.now()).expect("put");
    let asked = AskDeterminants {
        id: Some("february".into()),
        usage_point: Some("UP-0".into()),
        from: at("2026-02-01T00:00:00Z"),
        to: at("2026-03-01T00:00:00Z"),
        definition: Some("registers".into()),
        cut_off: Some(at("2026-04-01T00:00:00Z")),
        ..AskDeterminants::default()
    };
    (determinants, asked)
}

/// By hand: 40 * (110 - 100) + 80 * (5 - 0) = 400 + 400 kWh; with the old multiplier it was 400 + 200.
#[test]
fn a_meter_with_other_transformers_is_billed_by_its_own_multiplier() {
    let (utility, register) = with_transformers(0);
    let (determinants, asked) = february(&utility);
    let point = object(&utility, Class::UsagePoint, "UP-0", None);
    let exchanged = at("2026-02-15T12:00:00Z");
    for (meter, from, to) in [("A", at("2026-01-01T00:00:00Z"), Some(exchanged)), ("B", exchanged, None)] {
        let subject = object(&utility, Class::Meter, meter, None);
        link(&utility, Relation::MeterAtUsagePoint, (subject, point), (from, to));
    }
    let around = [("2026-02-01T00:00:00Z", 100), ("2026-02-15T11:50:00Z", 110), ("2026-02-15T12:10:00Z", 0)];
    reads(&utility, register, &around);
    reads(&utility, register, &[("2026-03-01T00:00:00Z", 5)]);
    assert_eq!(ask(&determinants, &asked, utility.now()), "created 1: kwh 600");
    multiplied(&utility, register, "80", "2026-02-15T12:00:00Z");
    assert_eq!(determinants.look_again(&[register], utility.now()).expect("looked"), 1);
    check(&determinants, "february", "created 2: kwh 800");
    assert_eq!(determinants.look_again(&[register], utility.now()).expect("looked"), 0, "nothing twice");
    // A multiplier that is corrected later takes the place of the one before.
    multiplied(&utility, register, "60", "2026-02-15T12:00:00Z");
    assert_eq!(determinants.look_again(&[register], utility.now()).expect("looked"), 1);
    check(&determinants, "february", "created 3: kwh 700");
}

/// By hand: 40 * 10 + 80 * 5 kWh around the read at the change; without it nobody knows how many of the 15 counts were before.
// covers: V52
#[test]
fn the_same_meter_needs_a_read_at_the_change() {
    let (utility, register) = with_transformers(0);
    let (determinants, asked) = february(&utility);
    multiplied(&utility, register, "80", "2026-02-15T00:00:00Z");
    reads(&utility, register, &[("2026-02-01T00:00:00Z", 100), ("2026-03-01T00:00:00Z", 115)]);
    assert_eq!(ask(&determinants, &asked, utility.now()), "open: usage.no_read");
    assert_eq!(shown(&utility, register), "100 115!V52,V59");
    let exceptions = utility.exceptions();
    let evidence = &exceptions.iter().find(|exception| exception.rule == "V52").expect("V52").evidence;
    assert!(
        evidence.contains("the multiplier changed from 40 to 80") && evidence.contains("2026-02-15 00:00"),
        "{evidence}"
    );
    reads(&utility, register, &[("2026-02-15T00:00:00Z", 110)]);
    // Two weeks from read to read are more than the three days of V59, which only warns.
    assert_eq!(shown(&utility, register), "100 110!V59 115!V59");
    assert_eq!(determinants.follow(utility.now()).expect("followed"), 1);
    check(&determinants, "february", "created 1: kwh 800");
}

/// By hand: one count a day is 40 kWh until 6 January and 80 kWh from then on; the intervals say 20 * 1.6 + 4 * 2 = 40 and 80 kWh.
// covers: V50
#[test]
fn sums_are_checked_by_the_multiplier_of_their_span() {
    let first = date(2026, 1, 5);
    let intervals = |utility: &Utility| {
        for (day, most, rest) in [(first, "1600 ", "2000 "), (date(2026, 1, 6), "3200 ", "4000 ")] {
            utility.arrive(0, day, 0, &(most.repeat(20) + &rest.repeat(4)));
        }
        due(utility);
    };
    let (utility, register) = with_transformers(-2);
    arrive(&utility, register, first, "10000 10100 10200");
    intervals(&utility);
    assert_eq!(utility.states(), "V50 open", "by 40, the second day should have 40 kWh");
    multiplied(&utility, register, "80", "2026-01-06T00:00:00Z");
    utility.validate(&[(0, first), (0, date(2026, 1, 6)), (register.0, date(2026, 1, 7))]);
    assert_eq!(utility.states(), "V50 resolved");

    let (early, register) = with_transformers(-2);
    multiplied(&early, register, "80", "2026-01-06T00:00:00Z");
    intervals(&early);
    arrive(&early, register, first, "10000 10100 10200");
    assert_eq!(early.states(), "", "entered before anything arrived");
    // 102 counts on to 103 while the multiplier changes at noon: nothing is known of that day.
    multiplied(&early, register, "20", "2026-01-07T12:00:00Z");
    early.arrive(0, date(2026, 1, 7), 0, "1000");
    arrive(&early, register, date(2026, 1, 8), "10300");
    assert_eq!(early.states(), "V52 open");
}

#[test]
fn a_multiplier_holds_until_the_next_one() {
    let (utility, register) = with_transformers(0);
    for (multiplier, from) in
        [("80", "2026-02-01T00:00:00Z"), ("20", "2026-03-01T00:00:00Z"), ("20", "2026-04-01T00:00:00Z")]
    {
        multiplied(&utility, register, multiplier, from);
    }
    let directory = utility.ask(utility.registry.directory());
    let channel = directory.channel(register).expect("the register");
    let known = directory.multipliers(channel);
    let known: Vec<String> = known.iter().map(|(_, multiplier)| multiplier.to_string()).collect();
    assert_eq!(known, ["40", "80", "20"], "what changes nothing is left out");
    let held = |instant: Timestamp| directory.multiplier_at(channel, instant).to_string();
    assert_eq!(held(at("2026-01-31T23:59:59Z")), "40");
    assert_eq!(held(at("2026-02-01T00:00:00Z")), "80");
    assert_eq!(held(at("2026-05-01T00:00:00Z")), "20");
    assert_eq!(utility.ask(utility.registry.channels().find("UP-0/R1")).multiplier, Decimal::new(40, 0));
}
