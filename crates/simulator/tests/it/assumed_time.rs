//! The meter itself while it assumes the time.

use jiff::{SignedDuration, Timestamp};
use model::quality::Status;
use simulator::assumed_time::{AssumedTimeMeter, Battery, MeterEvent, MeterSettings, Recorded};

const FIVE: Status = Status::CLOCK_ERROR
    .with(Status::HARDWARE)
    .with(Status::PARTIAL_INTERVAL)
    .with(Status::POWER_FAILURE)
    .with(Status::TIME_RESET);

fn at(time: &str) -> Timestamp {
    format!("2026-01-14T{time}Z").parse().expect("instant")
}

fn meter(battery: Battery, battery_event: bool) -> AssumedTimeMeter {
    let settings = MeterSettings { battery, battery_event, interval: SignedDuration::from_mins(15) };
    AssumedTimeMeter::new(settings, at("08:00:00"))
}

/// Power is off from 08:20:00 to 13:00:00, with 7 used before and 10 at 08:15.
fn after_outage(battery: Battery, battery_event: bool) -> (AssumedTimeMeter, Vec<MeterEvent>) {
    let mut meter = meter(battery, battery_event);
    assert_eq!(meter.run_until(at("08:15:00"), 7).len(), 1);
    meter.run_until(at("08:20:00"), 10);
    meter.power_fails();
    assert_eq!(meter.run_until(at("12:00:00"), 0), []);
    let events = meter.power_returns(at("13:00:00"));
    (meter, events)
}

// covers: AMT-BEH-01, AMT-BEH-02
#[test]
fn a_low_or_dead_battery_makes_the_meter_assume_the_time() {
    for (battery, assumes) in [(Battery::Good, false), (Battery::Low, true), (Battery::Dead, true)] {
        assert_eq!(after_outage(battery, true).0.assumes_time(), assumes, "{battery:?}");
    }
}

// covers: AMT-BEH-03
#[test]
fn the_clock_goes_on_five_seconds_after_the_outage_began() {
    assert_eq!(after_outage(Battery::Dead, true).0.clock(), at("08:20:05"));
    assert_eq!(after_outage(Battery::Good, true).0.clock(), at("13:00:00"));
}

// covers: AMT-BEH-05
#[test]
fn the_battery_event_is_sent_where_configured() {
    assert_eq!(after_outage(Battery::Dead, true).1, [MeterEvent::LostBattery]);
    assert_eq!(after_outage(Battery::Dead, false).1, []);
    assert_eq!(after_outage(Battery::Good, true).1, []);
}

// covers: AMT-BEH-04, AMT-BEH-06
#[test]
fn the_profile_goes_on_with_assumed_stamps_while_demand_and_tou_stand_still() {
    let (mut meter, _) = after_outage(Battery::Dead, true);
    let (demand, time_of_use) = (meter.demand, meter.time_of_use);
    let recorded = meter.run_until(at("13:30:00"), 100);
    let stamps: Vec<(Timestamp, Timestamp)> =
        recorded.iter().map(|interval| (interval.stamped, interval.true_end)).collect();
    assert_eq!(stamps, [(at("08:30:00"), at("13:09:55")), (at("08:45:00"), at("13:24:55"))]);
    assert_eq!(recorded.iter().map(|interval| interval.value).collect::<Vec<_>>(), [110, 0]);
    assert!(recorded.iter().all(|interval| interval.status.contains(FIVE)));
    assert_eq!((meter.demand, meter.time_of_use), (demand, time_of_use));
    assert_eq!(meter.energy, 117, "energy is measured");
}

// covers: AMT-BEH-07, AMT-BEH-08
#[test]
fn a_sync_ends_it_and_demand_and_tou_go_on() {
    let (mut meter, _) = after_outage(Battery::Dead, true);
    meter.run_until(at("13:30:00"), 100);
    meter.sync();
    assert!(!meter.assumes_time());
    assert_eq!(meter.clock(), at("13:30:00"));
    let before = meter.time_of_use;
    meter.run_until(at("13:45:00"), 300);
    assert_eq!(meter.demand, 300);
    assert_eq!(meter.time_of_use, [before[0], before[1] + 300], "in the bucket of the true time");
}

// covers: AMT-BEH-09
#[test]
fn the_true_time_of_the_span_is_skipped_and_the_next_interval_is_time_adjusted() {
    let (mut meter, _) = after_outage(Battery::Dead, true);
    let assumed = meter.run_until(at("13:20:00"), 1);
    meter.sync();
    let after = meter.run_until(at("14:00:00"), 2);
    let all: Vec<Recorded> = assumed.into_iter().chain(after).collect();
    let stamps: Vec<Timestamp> = all.iter().map(|interval| interval.stamped).collect();
    assert_eq!(stamps, [at("08:30:00"), at("13:30:00"), at("13:45:00"), at("14:00:00")]);
    assert!(all[1].status.contains(Status::TIME_ADJUSTED) && !all[1].status.contains(FIVE));
    assert_eq!(all[2].status, Status::NONE);
}
