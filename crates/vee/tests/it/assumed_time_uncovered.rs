//! The five statuses from a family that the guidance does not cover: the values stay, so the true time that the meter skipped is not
//! filled beside them, which would count that energy twice.

use model::id::ChannelNumber;
use model::quality::Status;
use vee::assumed_time::FIVE;
use vee::channel::ChannelDays;
use vee::context::{Decision, DecisionKind, Device};
use vee::plan::{OnFailure, RuleEntry};
use vee::{Context, MISSING, Outcome, Plan, Queue, run};

use crate::assumed_time::status;
use crate::assumed_time_plans::as_printed;
use crate::notation::{Series, checked, context, final_values, stamp};
use crate::scaling_over_days::{date_of, days};

const RIVA: Device<'static> = Device {
    clock_offset_seconds: None,
    reader_offset_seconds: None,
    last_good_sync: None,
    interval_capacity: None,
    service_rating: None,
    family: Some("OpenWay Riva"),
    firmware: Some("5.4.398"),
    alarms: &[],
    assumed_before: false,
};

/// The standard plan with V27: gaps up to two hours are filled by E04.
fn plan() -> Plan {
    let mut plan = Plan::standard();
    plan.validate.insert(0, RuleEntry::new("V27", OnFailure::Estimate));
    plan
}

/// The same, with zeros for assumed meter time as its first method.
fn zero_filling() -> Plan {
    let mut plan = plan();
    plan.estimate.insert(0, as_printed().estimate.remove(0));
    plan
}

/// Power came back at 04:00, the meter stamped two hours as 02:00 and 03:00, and skipped 04:00 and 05:00.
fn outage() -> Series {
    let mut series = Series::read("5 5 8 9 _ _ 5 5", 0);
    series.statuses[2..4].fill(FIVE);
    series
}

fn told(outcome: &Outcome, rule: &str) -> Vec<(u16, u16, Queue)> {
    let of_rule = outcome.exceptions.iter().filter(|told| told.rule == rule);
    of_rule.map(|told| (told.from, told.to, told.queue)).collect()
}

// covers: AMT-VAL-07, AMT-EST-09
#[test]
fn the_gap_after_values_that_stay_waits_for_a_person() {
    let series = outage();
    let day = series.ordinary_day(3600);
    let outcome = run(&day, &Context { device: RIVA, ..context(0) }, &checked(plan()), stamp());
    assert_eq!(final_values(&day, &outcome), [Some(5), Some(5), Some(8), Some(9), None, None, Some(5), Some(5)]);
    assert_eq!(told(&outcome, "V27"), [(2, 4, Queue::ManualWork), (4, 6, Queue::ManualWork)]);
    assert_eq!(told(&outcome, "V30"), [(4, 6, Queue::ManualWork)]);
    assert!(status(&day, &outcome, 4).contains(Status::ESTIMATE_NEEDED));
    assert!(outcome.exceptions[1].evidence.contains("nothing is estimated; move them"), "{:?}", outcome.exceptions);
}

#[test]
fn other_gaps_and_covered_meters_are_filled() {
    // The gap does not follow the flags: 5 and 5 around it.
    let mut apart = Series::read("8 9 5 _ 5", 0);
    apart.statuses[..2].fill(FIVE);
    let day = apart.ordinary_day(3600);
    let outcome = run(&day, &Context { device: RIVA, ..context(0) }, &checked(plan()), stamp());
    assert_eq!(final_values(&day, &outcome)[3], Some(5));
    // Of a covered meter the flagged values are to be replaced, so what fills the gap counts nothing twice.
    let covered = Device { family: Some("OpenWay CENTRON"), firmware: Some("7.0.187"), ..RIVA };
    let series = outage();
    let day = series.ordinary_day(3600);
    let outcome = run(&day, &Context { device: covered, ..context(0) }, &checked(zero_filling()), stamp());
    assert_eq!(final_values(&day, &outcome)[2..6], [Some(0), Some(0), Some(5), Some(5)]);
    assert!(status(&day, &outcome, 2).contains(Status::ASSUMED_TIME));
}

#[test]
fn an_estimate_that_a_person_accepts_is_made() {
    let series = outage();
    let day = series.ordinary_day(3600);
    let accepted =
        [Decision { act: 7, from: 4, to: 6, kind: DecisionKind::Accept, basis: vec![MISSING; 2], is_final: false }];
    let context = Context { device: RIVA, decisions: &accepted, ..context(0) };
    let outcome = run(&day, &context, &checked(plan()), stamp());
    // The flagged values are no end points: the hour after the gap is repeated.
    assert_eq!(final_values(&day, &outcome)[4..6], [Some(5), Some(5)]);
}

/// The flags end with the day, the gap begins the next one.
#[test]
fn a_gap_over_midnight_waits_too() {
    let mut days = days("5 8 9 | _ 5 5 | 5 5 5");
    days[0].1.statuses[1..].fill(FIVE);
    let plan = checked(plan());
    let facts = Context { device: RIVA, ..Context::of(ChannelNumber(7), "kWh", 0) };
    let channel = ChannelDays::new(facts, Vec::new(), &plan, days.clone());
    let outcome = |day: i64| channel.outcome(date_of(day), stamp()).expect("a day");
    let first = outcome(1);
    assert_eq!(told(&first, "V27"), [(0, 1, Queue::ManualWork)]);
    assert!(first.final_day.values.iter().all(|value| value.value.is_none() || value.method.is_empty()), "{first:?}");
    assert_eq!(told(&outcome(2), "V27"), []);
}
