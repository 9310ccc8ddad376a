//! The first interval after assumed meter time in the shipped plan (T-06).

use model::quality::Status;
use vee::context::Device;
use vee::{Context, Outcome, Plan, Queue, run};

use crate::assumed_time::{status, two_assumed_hours};
use crate::notation::{checked, context, final_values, repository, stamp};

fn shipped() -> Plan {
    let path = repository().join("config/plans/assumed-time.toml");
    toml::from_str(&std::fs::read_to_string(path).expect("the shipped plan")).expect("TOML")
}

/// Two hours of assumed time, then one of 40 kWh in which the clock was set; every other hour had 5.
fn decided(plan: Plan, family: &str) -> (Option<i64>, Status, Vec<Queue>) {
    let mut series = two_assumed_hours();
    series.values[4] = 40;
    series.statuses[4] = Status::TIME_ADJUSTED;
    let day = series.ordinary_day(3600);
    let device = Device { family: Some(family), firmware: Some("7.0.187"), ..Device::default() };
    let outcome: Outcome = run(&day, &Context { device, ..context(0) }, &checked(plan), stamp());
    let told = outcome.exceptions.iter().filter(|exception| exception.rule == "U-TIME-ADJUSTED");
    (final_values(&day, &outcome)[4], status(&day, &outcome, 4), told.map(|exception| exception.queue).collect())
}

// covers: AMT-EST-07
#[test]
fn it_is_told_and_estimated() {
    // Interpolated between the hours of 5 kWh around it.
    let (value, status, queues) = decided(shipped(), "OpenWay CENTRON");
    assert_eq!((value, queues), (Some(5), vec![Queue::Record]));
    assert!(status.contains(Status::ESTIMATED | Status::TIME_ADJUSTED), "{status}");
}

#[test]
fn routed_to_a_person_it_keeps_its_value() {
    let mut plan = shipped();
    plan.user_rule[0].route_to_queue = true;
    let (value, status, queues) = decided(plan, "OpenWay CENTRON");
    assert_eq!((value, queues), (Some(40), vec![Queue::ManualWork]));
    assert!(status.contains(Status::FAILED) && !status.contains(Status::ESTIMATED), "{status}");
}

#[test]
fn meters_that_the_guidance_does_not_cover_are_left_alone() {
    let (value, _, queues) = decided(shipped(), "OpenWay Riva");
    assert_eq!((value, queues), (Some(40), vec![]));
}
