//! Assumed meter time: values moved to their true time, the balance of an outage, and what people decided.

use jiff::{SignedDuration, Timestamp};
use model::quality::Status;
use model::quality::validation::ValidationStatus::{self, Ma};
use model::time::TimeRange;
use vee::assumed_time::{BalanceSlot, FIVE, ShiftRefusal, Stamped, balance, shift};
use vee::{Context, Decision, DecisionKind, run};

use crate::assumed_time::{status, two_assumed_hours};
use crate::assumed_time_plans::as_printed;
use crate::notation::{checked, context, final_values, stamp};

fn hour(hour: i64) -> Timestamp {
    "2026-01-14T06:00:00Z".parse::<Timestamp>().expect("instant") + SignedDuration::from_hours(hour)
}

fn at(hours: i64, received: Option<i64>, status: Status) -> Stamped {
    Stamped { start: hour(hours), received, status }
}

/// Power failed at 01:00 and came back at 04:00; the meter stamped what it measured until 06:00, when its clock was set, with
/// 01:00 and 02:00. What is left of the morning is measured.
fn morning() -> Vec<Stamped> {
    let assumed = FIVE | Status::ASSUMED_TIME | Status::FAILED;
    vec![
        at(0, Some(5), Status::VALIDATED),
        at(1, Some(8), assumed),
        at(2, Some(9), assumed),
        at(3, None, Status::MISSING),
        at(4, None, Status::MISSING),
        at(5, None, Status::MISSING),
        at(6, Some(7), Status::VALIDATED),
    ]
}

/// What moving the hours from `from` to `to` writes: `1=0` is a zero at one o'clock.
#[track_caller]
fn check_shift(slots: &[Stamped], (from, to): (i64, i64), true_start: Timestamp, expected: Result<&str, ShiftRefusal>) {
    let span = TimeRange { start: hour(from), end: hour(to) };
    let clock = |start: Timestamp| start.duration_since(hour(0)).as_hours();
    let words = shift(slots, SignedDuration::from_hours(1), span, true_start).map(|written| {
        let cells: Vec<String> = written.iter().map(|(start, value)| format!("{}={value}", clock(*start))).collect();
        cells.join(" ")
    });
    assert_eq!(words, expected.map(str::to_owned));
}

// covers: AMT-FUP-04
#[test]
fn values_move_to_their_true_time_with_zeros_before_it() {
    let slots = morning();
    check_shift(&slots, (1, 3), hour(4), Ok("1=0 2=0 3=0 4=8 5=9"));
    check_shift(&slots, (1, 3), hour(2), Ok("1=0 2=8 3=9"));
    let zero = Stamped { status: slots[1].status.without(Status::FAILED) | Status::ESTIMATED, ..slots[1] };
    check_shift(&[zero], (1, 2), hour(3), Ok("1=0 3=8"));
}

#[test]
fn a_shift_that_does_not_fit_is_refused_whole() {
    let slots = morning();
    check_shift(&slots, (0, 3), hour(4), Err(ShiftRefusal::NotAssumed(hour(0))));
    check_shift(&slots, (3, 4), hour(4), Err(ShiftRefusal::NotAssumed(hour(3))));
    check_shift(&slots, (9, 9), hour(9), Err(ShiftRefusal::NotAssumed(hour(9))));
    check_shift(&slots, (1, 3), hour(4) + SignedDuration::from_mins(7), Err(ShiftRefusal::NotWhole));
    check_shift(&slots, (1, 3), hour(1), Err(ShiftRefusal::NotLater(hour(1))));
    check_shift(&slots, (1, 3), hour(5), Err(ShiftRefusal::Occupied(hour(6))));
    check_shift(&slots, (1, 2), hour(2), Err(ShiftRefusal::Occupied(hour(2))));
}

// covers: AMT-FUP-01, AMT-FUP-02
#[test]
fn accepted_and_zeroed_intervals_stay_marked_and_moved_ones_do_not() {
    let series = two_assumed_hours();
    let day = series.ordinary_day(3600);
    let decided = |kind: DecisionKind| {
        let decisions = [Decision { act: 7, from: 2, to: 4, basis: vec![8, 9], kind, is_final: false }];
        let context = Context { decisions: &decisions, ..context(0) };
        let outcome = run(&day, &context, &checked(as_printed()), stamp());
        (final_values(&day, &outcome)[2], status(&day, &outcome, 2))
    };
    let (value, accepted) = decided(DecisionKind::Accept);
    assert_eq!((value, ValidationStatus::of(accepted)), (Some(8), Ma));
    assert!(accepted.contains(Status::ASSUMED_TIME) && !accepted.intersects(Status::FAILED | Status::ESTIMATED));
    let (value, zeroed) = decided(DecisionKind::Set(vec![0, 0]));
    assert_eq!(value, Some(0));
    assert!(zeroed.contains(Status::ASSUMED_TIME | Status::EDITED));
    let (value, moved) = decided(DecisionKind::Shift(vec![0, 8]));
    assert_eq!(value, Some(0));
    assert!(moved.contains(Status::EDITED) && !moved.contains(Status::ASSUMED_TIME), "{moved}");
}

fn balance_slot(from: i64, received: Option<i64>, last: i64, status: Status) -> BalanceSlot {
    let range = TimeRange { start: hour(from), end: hour(from + 1) };
    BalanceSlot { range, received, last: Some(last), status, is_assumed: status.contains(FIVE) }
}

/// T-05: 17 measured at assumed stamps are taken away; 12 came back in the true time from 04:00 to 06:00.
#[test]
fn the_balance_of_an_outage_says_where_its_energy_went() {
    let zero = FIVE | Status::ASSUMED_TIME | Status::ESTIMATED;
    let slots = [
        balance_slot(1, Some(5), 5, Status::VALIDATED),
        balance_slot(2, Some(8), 0, zero),
        balance_slot(3, Some(9), 0, zero),
        balance_slot(4, None, 7, Status::ESTIMATED | Status::SCALED),
        balance_slot(5, None, 5, Status::ESTIMATED | Status::SCALED),
        balance_slot(6, None, 4, Status::ESTIMATED),
    ];
    let found = balance(&slots, TimeRange { start: hour(4), end: hour(6) });
    assert_eq!((found.measured, found.zeroed, found.elsewhere, found.unplaced), (17, 17, 12, 5));
}

/// 8 and 9 moved by one hour, onto one of the assumed stamps: all 17 are placed.
#[test]
fn what_a_person_moved_is_placed() {
    let moved = FIVE | Status::EDITED | Status::ACCEPTED;
    let slots = [
        balance_slot(2, Some(8), 0, moved),
        balance_slot(3, Some(9), 8, moved),
        balance_slot(4, None, 9, Status::EDITED | Status::ACCEPTED),
    ];
    let found = balance(&slots, TimeRange { start: hour(4), end: hour(5) });
    assert_eq!((found.measured, found.zeroed, found.elsewhere, found.unplaced), (17, 17, 17, 0));
}
