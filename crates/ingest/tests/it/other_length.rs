//! A meter that is set to another interval length: nothing is estimated while its values wait, and another channel goes on
//! from a day that a person names.

use ingest::determinants::{AskDeterminants, Role};
use jiff::civil::{Date, date};
use jiff::tz::TimeZone;
use model::finding::Finding;
use model::id::{ChannelNumber, Name};
use model::time::TimeRange;
use serde_json::json;
use store::readings::{AsOf, Batch, DayRun};
use store::registry::channel::ChannelEntry;
use store::registry::fact::{Fact, FactKind};
use store::registry::interval_wait::IntervalWait;
use store::registry::quarantine::{Closing, QuarantineEntry, QuarantineState};

use crate::determinants::{ask, at, rate};
use crate::registers::due;
use crate::review_fixture::{Utility, hourly};

/// The last day of hours and the first of quarter-hours.
const LAST: Date = date(2026, 2, 27);
const FIRST: Date = date(2026, 2, 28);

fn midnight(date: Date) -> jiff::Timestamp {
    date.to_zoned(TimeZone::UTC).expect("in range").timestamp()
}

/// A message with quarter-hours of the first day is refused and waits.
fn refused(utility: &Utility) -> u64 {
    let text = |text: &str| text.to_owned();
    let entry = QuarantineEntry {
        batch: text("b1"),
        item: 1,
        source: text("HES-1"),
        raw: text("r1"),
        line: 1,
        channel: text("UP-0/E1"),
        code: text("V07"),
        cause: String::new(),
        message: text("intervals of 900 s"),
        advice: String::new(),
        finding: serde_json::to_string(&json!({})).expect("text"),
    };
    let range = TimeRange { start: midnight(FIRST), end: midnight(date(2026, 3, 1)) };
    let wait = IntervalWait { batch: text("b1"), item: 1, channel: ChannelNumber(0), range };
    utility.ask(utility.registry.interval_waits().add(&[wait]));
    utility.ask(utility.registry.quarantine().add(&[entry], utility.now()));
    utility.ask(utility.registry.quarantine().list(&Default::default()))[0].id
}

fn closed(utility: &Utility, item: u64, state: QuarantineState) {
    let closing =
        Closing { at: utility.now(), by: None, reason: "test".into(), note: String::new(), replaced_by: None };
    utility.ask(utility.registry.quarantine().close(&[item], state, &closing));
}

/// How many values of a day were made by a method, and the rules that failed on it.
fn made(utility: &Utility, date: Date) -> (usize, String) {
    let day = utility.book.final_day(ChannelNumber(0), date, AsOf::Now).expect("readable").expect("decided");
    let made = day.values.iter().filter(|value| !value.method.is_empty()).count();
    let rules: Vec<&str> = day.failures.iter().map(|failure| failure.rule.as_str()).collect();
    (made, rules.join(" "))
}

/// An hourly channel of a meter that is known since the 20th, with a week of hours of 1 kWh.
fn with_hours() -> Utility {
    let utility = Utility::with_meter_since(date(2026, 2, 20), 0);
    for day in 20..=27 {
        utility.arrive(0, date(2026, 2, day), 0, "1000");
    }
    utility
}

// covers: V07
#[test]
fn nothing_is_estimated_while_values_of_another_length_wait() {
    let utility = with_hours();
    due(&utility);
    assert_eq!(made(&utility, FIRST), (24, "V30".into()), "a silent day");
    let item = refused(&utility);
    due(&utility);
    assert_eq!(made(&utility, FIRST), (0, "V30 V07".into()), "its values wait");
    assert!(utility.states().contains("V07 open"), "{}", utility.states());
    let exceptions = utility.exceptions();
    let told = exceptions.iter().find(|exception| exception.rule == "V07").expect("V07");
    assert!(told.evidence.contains("another interval length wait in quarantine"), "{}", told.evidence);
    // A restart in between changes nothing, and the wait is told once.
    assert_eq!(utility.validate_due().0, 0);
    closed(&utility, item, QuarantineState::Dropped);
    due(&utility);
    assert_eq!(made(&utility, FIRST), (24, "V30".into()), "nobody wants them");
    assert!(utility.states().contains("V07 resolved"), "{}", utility.states());
}

/// The order of arrival leaves no trace: what waits before the day is swept is not estimated at all.
#[test]
fn values_that_wait_first_are_never_estimated() {
    let utility = with_hours();
    refused(&utility);
    due(&utility);
    assert_eq!(made(&utility, FIRST), (0, "V30 V07".into()));
}

/// By hand: 24 hours of 1 kWh and 96 quarter-hours of 0.5 kWh are 24 + 48 = 72 kWh.
// covers: V07
#[test]
fn a_channel_goes_on_with_another_length() {
    let utility = with_hours();
    let item = refused(&utility);
    due(&utility);
    let entry = ChannelEntry { suffix: "E1Q".into(), ..hourly(0, "UTC", 900) };
    let next = utility.ask(utility.registry.channels().register(&[entry]))[0].clone();
    let before = utility.ask(utility.registry.channels().find("UP-0/E1"));
    let value = Fact::naming(&[next.number]);
    let fact = Fact::new(FactKind::ContinuedBy, before.id.0, midnight(FIRST), Some(&value)).expect("a fact");
    utility.ask(utility.registry.facts().put(&[fact]));

    // What a message calls E1 is the channel that holds then; so is what it calls E1Q.
    let directory = utility.ask(utility.registry.directory());
    for suffix in ["E1", "E1Q"] {
        let key = model::reading::ChannelKey {
            usage_point: Some(Name::new("UsagePoint", "UP-0")),
            suffix: suffix.into(),
            ..Default::default()
        };
        let meant = |date| directory.resolve(&key, midnight(date)).expect("a channel").label.to_string();
        assert_eq!((meant(LAST).as_str(), meant(FIRST).as_str()), ("UP-0/E1", "UP-0/E1Q"), "{suffix}");
    }
    let by_type = model::reading::ChannelKey {
        usage_point: Some(Name::new("UsagePoint", "UP-0")),
        reading_type: before.reading_type,
        ..Default::default()
    };
    assert_eq!(directory.resolve(&by_type, midnight(FIRST)).expect("one of both").label, "UP-0/E1Q");

    let mut batch = Batch::new("HES-1", [9; 32], utility.now().as_microsecond());
    let (values, day_start) = ([500_i64; 96], midnight(FIRST).as_second());
    let run = DayRun {
        channel: next.number,
        date: FIRST,
        day_start,
        slots: 96,
        slot_seconds: 900,
        first: 0,
        values: &values,
        qualities: &[],
        revision: None,
    };
    batch.push_run(&run).expect("a run");
    utility.book.append(batch).expect("stored");
    closed(&utility, item, QuarantineState::Released);
    due(&utility);
    assert_eq!(made(&utility, FIRST), (0, String::new()), "the hours have ended");
    assert!(!utility.states().contains("open"), "{}", utility.states());

    let determinants = utility.determinants(Role::Repository);
    let lenient = json!({ "gate": { "not_validated": 100 } });
    determinants.put_rate(&rate("flat", "usage", lenient), utility.now()).expect("put");
    let asked = AskDeterminants {
        id: Some("both".into()),
        usage_point: Some("UP-0".into()),
        from: midnight(LAST),
        to: at("2026-03-01T00:00:00Z"),
        definition: Some("flat".into()),
        ..AskDeterminants::default()
    };
    assert_eq!(ask(&determinants, &asked, utility.now()), "created 1: kwh 72.000");
}

#[test]
fn a_second_length_is_told() {
    let utility = Utility::with_channels(1);
    let directory = utility.ask(utility.registry.directory());
    let quarters = ChannelEntry { suffix: "E1Q".into(), ..hourly(0, "UTC", 900) };
    let told: Option<Finding> = ingest::registration::second_length(&directory, &quarters);
    let told = told.expect("told");
    assert!(told.message.contains("UP-0/E1") && told.message.contains("--continues"), "{}", told.message);
    let other =
        ChannelEntry { reading_type: "0.0.7.4.19.1.12.0.0.0.0.0.0.0.0.3.72.0".parse().expect("received"), ..quarters };
    assert_eq!(ingest::registration::second_length(&directory, &other), None, "another direction");
}
