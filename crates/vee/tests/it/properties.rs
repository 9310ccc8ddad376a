//! What holds for any day: measured values stand, registers are met to the last quantum, and neither
//! the order of inputs nor an earlier run changes anything.

use std::sync::LazyLock;

use jiff::Timestamp;
use jiff::civil::Date;
use model::quality::Status;
use model::quantity::Decimal;
use model::time::TimeRange;
use proptest::prelude::*;
use vee::context::RegisterPair;
use vee::{CheckedPlan, ClockChange, Context, Day, MISSING, Measured, Neighbour, Outcome, Plan, Stamp, Total, run};

use crate::notation::{Series, checked, context, final_values, stamp};

/// A channel with some days of history, a day to run and the reads of its registers.
#[derive(Clone, Debug)]
struct Case {
    day: Series,
    history: Vec<(Date, Series)>,
    holidays: Vec<Date>,
    totals: Vec<Total>,
    outages: Vec<TimeRange>,
    before: Option<Neighbour>,
}

/// The default plan, checked once.
static STANDARD: LazyLock<CheckedPlan> = LazyLock::new(|| checked(Plan::standard()));

const DATE: Date = jiff::civil::date(2026, 1, 14);
const START: i64 = 1_768_370_400;
const SLOTS: usize = 24;

fn instant(slot: usize) -> Timestamp {
    Timestamp::from_second(START + slot as i64 * 3600).expect("in range")
}

fn range(from: usize, to: usize) -> TimeRange {
    TimeRange { start: instant(from), end: instant(to) }
}

fn series() -> impl Strategy<Value = Series> {
    let cell = prop_oneof![12 => 0..4000_i64, 3 => Just(MISSING), 1 => -50..0_i64, 1 => Just(30_000)];
    let status = prop_oneof![
        10 => Just(Status::VALIDATED),
        6 => Just(Status::NONE),
        1 => Just(Status::POWER_FAILURE),
        1 => Just(Status::ESTIMATED),
        1 => Just(Status::ACCEPTED),
        1 => Just(Status::MISSING),
    ];
    proptest::collection::vec((cell, status), SLOTS)
        .prop_map(|slots| slots.into_iter().unzip())
        .prop_map(|(values, statuses)| Series { values, statuses })
}

fn total() -> impl Strategy<Value = Total> {
    (0..SLOTS, 0..SLOTS, 0..90_000_i64, 0..60_000_i64).prop_map(|(from, length, start, used)| Total {
        range: range(from, (from + 1 + length).min(SLOTS)),
        measured: Measured::Register(RegisterPair {
            start: Decimal::new(start, -3),
            end: Decimal::new(start + used, -3),
            multiplier: Decimal::new(1, 0),
            dials: 5,
            decimals: 3,
        }),
        elsewhere: None,
    })
}

fn case() -> impl Strategy<Value = Case> {
    let past = (1..40_i64, series()).prop_map(|(days, series)| (DATE - jiff::Span::new().days(days), series));
    let outage = (0..SLOTS, 1..5_usize).prop_map(|(from, hours)| range(from, from + hours));
    let neighbour = (0..4000_i64, 0..3_u16).prop_map(|(value, slots)| Neighbour {
        value: Some(value),
        slots_between: slots,
        missing_at_edge: slots,
    });
    (
        series(),
        proptest::collection::btree_map(1..40_i64, series(), 0..8),
        proptest::collection::vec(past.prop_map(|(date, _)| date), 0..3),
        proptest::collection::vec(total(), 0..3),
        proptest::collection::vec(outage, 0..2),
        proptest::option::of(neighbour),
    )
        .prop_map(|(day, history, holidays, totals, outages, before)| Case {
            day,
            history: history.into_iter().map(|(days, series)| (DATE - jiff::Span::new().days(days), series)).collect(),
            holidays,
            totals,
            outages,
            before,
        })
}

fn day_of<'a>(date: Date, series: &'a Series) -> Day<'a> {
    let days = i64::from(DATE.since(date).expect("dates").get_days());
    let start = Timestamp::from_second(START - days * 86_400).expect("in range");
    Day { date, start, slot_seconds: 3600, clock_change: None, values: &series.values, statuses: &series.statuses }
}

fn outcome(case: &Case, stamp: Stamp) -> Outcome {
    let history: Vec<Day<'_>> = case.history.iter().map(|(date, series)| day_of(*date, series)).collect();
    let context = Context {
        history: &history,
        holidays: &case.holidays,
        totals: &case.totals,
        outages: &case.outages,
        before: case.before,
        ..context(-3)
    };
    run(&day_of(DATE, &case.day), &context, &STANDARD, stamp)
}

proptest! {
    #[test]
    fn the_order_of_inputs_does_not_matter(case in case(), turn in 0..8_usize) {
        let mut turned = case.clone();
        let history = turned.history.len();
        if 0 < history {
            turned.history.rotate_left(turn % history);
        }
        turned.history.reverse();
        turned.holidays.reverse();
        turned.totals.reverse();
        turned.outages.reverse();
        prop_assert_eq!(outcome(&case, stamp()), outcome(&turned, stamp()));
    }

    #[test]
    fn a_second_run_says_the_same(case in case()) {
        let first = outcome(&case, stamp());
        let second = outcome(&case, Stamp { run: 2, now: instant(99) });
        prop_assert_eq!((first.final_day.values, first.final_day.failures), (second.final_day.values, second.final_day.failures));
        prop_assert_eq!((first.results, first.estimations), (second.results, second.estimations));
    }

    #[test]
    fn measured_values_stand(case in case()) {
        let day = day_of(DATE, &case.day);
        let outcome = outcome(&case, stamp());
        let last = outcome.final_day.values.windows(2).all(|pair| pair[0].slot < pair[1].slot);
        prop_assert!(last, "in slot order");
        for listed in &outcome.final_day.values {
            if listed.method.is_empty() {
                prop_assert!(listed.value.is_none() || listed.value == day.value(listed.slot));
                prop_assert_eq!(listed.inputs_hash, 0);
            } else {
                prop_assert!(listed.status.contains(Status::ESTIMATED) && listed.value.is_some());
                prop_assert!(!listed.status.intersects(Status::MISSING | Status::VALIDATED | Status::ESTIMATE_NEEDED));
                prop_assert!(day.value(listed.slot).is_none_or(|value| value < 0), "only gaps and failed values");
            }
        }
        for slot in (0..day.slots()).filter(|slot| day.value(*slot).is_none()) {
            prop_assert!(outcome.final_day.values.iter().any(|listed| listed.slot == slot), "no gap is silent");
        }
    }

    // covers: AMT-FUP-03, AMT-BKG-03
    #[test]
    fn scaled_spans_meet_their_register_exactly(case in case()) {
        let day = day_of(DATE, &case.day);
        let outcome = outcome(&case, stamp());
        let values = final_values(&day, &outcome);
        let scaled = outcome.estimations.iter().filter(|done| done.method == "scaling" && 0 < done.slots_filled);
        for done in scaled {
            let sum: i64 = values[usize::from(done.from)..usize::from(done.to)].iter().flatten().sum();
            let met = case.totals.iter().any(|total| {
                let Measured::Register(pair) = &total.measured else { return false };
                total.range == range(done.from.into(), done.to.into()) && pair.end.digits - pair.start.digits == sum
            });
            prop_assert!(met, "{done:?} adds up to {sum}");
        }
    }

    #[test]
    fn any_shape_of_day_is_answered_calmly(
        values in proptest::collection::vec(any::<i64>(), 0..30),
        statuses in proptest::collection::vec(any::<u64>().prop_map(Status), 0..30),
        slot_seconds: u32,
        exponent: i8,
        at: i16,
        seconds: i32,
        reads in (any::<i64>(), any::<i64>(), any::<i8>(), any::<u8>()),
    ) {
        let clock_change = u16::try_from(at).ok().map(|at| ClockChange { at, seconds });
        let day = Day { date: DATE, start: instant(0), slot_seconds, clock_change, values: &values, statuses: &statuses };
        let history = [Day { date: DATE.yesterday().expect("a day"), clock_change: None, ..day }];
        let (start, end, power, dials) = reads;
        let pair = RegisterPair {
            start: Decimal::new(start, power),
            end: Decimal::new(end, power),
            multiplier: Decimal::new(end, power),
            dials,
            decimals: dials,
        };
        let totals = [
            Total { range: range(0, 24), measured: Measured::Register(pair), elsewhere: Some(Default::default()) },
            Total { range: range(0, 1), measured: Measured::Amount(pair.start), elsewhere: None },
        ];
        let context = Context { history: &history, totals: &totals, exponent, ..context(0) };
        let _ = run(&day, &context, &STANDARD, stamp());
    }
}
