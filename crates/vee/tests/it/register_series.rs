//! Register reads in any order of arrival, and one bad read among good ones.

use std::collections::{BTreeMap, BTreeSet};

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use model::id::ChannelNumber;
use model::lineage::FinalRead;
use model::quality::Status;
use model::quantity::Decimal;
use proptest::prelude::*;
use vee::amount::Amount;
use vee::register::{Change, CheckedRegisterPlan, Read, ReadSeries, RegisterPlan, Setup, SpanSum, Surroundings};

use crate::notation::stamp;

static ZONE: TimeZone = TimeZone::UTC;

fn day(number: i64) -> Timestamp {
    let start: Timestamp = "2026-01-05T00:00:00Z".parse().expect("instant");
    start + SignedDuration::from_hours(24 * number)
}

fn read(number: i64, value: Option<i64>) -> Read {
    let status = if value.is_none() { Status::MISSING } else { Status::NONE };
    Read { at: day(number), period_start: None, value: value.map(|value| Decimal::new(value, 0)), status }
}

fn setup(from: Timestamp) -> Setup {
    Setup {
        from,
        multiplier: Decimal::new(1, 0),
        dials: 5,
        decimals: 0,
        closing: None,
        opening: None,
        change: Change::Minor,
    }
}

fn standard() -> CheckedRegisterPlan {
    RegisterPlan::standard().check("register", 1).expect("the standard part")
}

struct Register {
    setups: Vec<Setup>,
    sums: Vec<SpanSum>,
    reads: Vec<Read>,
}

impl Register {
    fn series<'a>(&'a self, plan: &'a CheckedRegisterPlan) -> ReadSeries<'a> {
        let facts = Surroundings {
            setups: &self.setups,
            interval_sums: &self.sums,
            ..Surroundings::of(ChannelNumber(9), "kWh", &ZONE)
        };
        ReadSeries::new(facts, Vec::new(), |_| Some(plan), self.reads.clone())
    }
}

/// Daily reads; `_` is a read that the source reports as missing. Says of each its final value, with `!` and the rules that
/// it failed.
#[track_caller]
fn check(case: &str, reads: &str, expected: &str) {
    check_with(&standard(), case, reads, expected);
}

/// The same by another plan; on a day with `.` nothing is read.
#[track_caller]
pub fn check_with(plan: &CheckedRegisterPlan, case: &str, reads: &str, expected: &str) {
    let cell = |(number, cell): (usize, &str)| read(number as i64, cell.parse().ok());
    let reads = reads.split_whitespace().enumerate().filter(|(_, cell)| *cell != ".").map(cell).collect();
    let register = Register { setups: vec![setup(Timestamp::MIN)], sums: Vec::new(), reads };
    let series = register.series(plan);
    let shown = (0..register.reads.len()).map(|at| {
        let FinalRead { value, failures, method, .. } = series.outcome(at, stamp()).expect("a plan").final_read;
        let rules: Vec<&str> = failures.iter().map(|failure| failure.rule.as_str()).collect();
        let value = value.map_or("_".into(), |value| value.to_string());
        let rules = if rules.is_empty() { String::new() } else { format!("!{}", rules.join(",")) };
        format!("{value}{method}{rules}")
    });
    assert_eq!(shown.collect::<Vec<_>>().join(" "), expected, "{case}");
}

#[test]
fn one_bad_read_does_not_take_the_next_one_down() {
    check("as they should be", "100 110 120 130", "100 110 120 130");
    // 9990 would be more than 50 kWh an hour, and the read after it is lower.
    check("one far too high", "100 110 9990 130 140", "100 110 9990!V52,V55 130 140");
    check("one too low", "100 110 5 130 140", "100 110 5!V55 130 140");
    // 123346 kWh in a day, more than five dials show, and the read after it is lower.
    check("more digits than dials", "100 110 123456 130 140", "100 110 120R05!V52,V55,V57 130 140");
}

#[test]
fn a_register_rolls_over() {
    check("within its last and first tenth", "99970 99980 99990 0 10", "99970 99980 99990 0 10");
}

#[test]
fn a_missing_read_is_made_from_its_neighbours() {
    // Half of the 20 between its neighbours.
    check("between two reads", "100 110 _ 130", "100 110 120R05 130");
    // The rate of 10 a day goes on.
    check("at the end", "100 110 120 _", "100 110 120 130R02");
    check("nothing before", "_ 110", "_ 110");
}

#[test]
fn a_new_meter_begins_anew() {
    let plan = standard();
    let exchange = Setup {
        closing: Some(Decimal::new(125, 0)),
        opening: Some(Decimal::new(3, 0)),
        change: Change::Critical,
        ..setup(day(2) + SignedDuration::from_hours(12))
    };
    let reads: Vec<Read> = [100, 110, 120, 8, 18].iter().zip(0..).map(|(value, at)| read(at, Some(*value))).collect();
    let unknown = Setup { closing: None, opening: None, ..exchange };
    for (case, setup_at) in [("with the reads of the exchange", exchange), ("without", unknown)] {
        let register =
            Register { setups: vec![setup(Timestamp::MIN), setup_at], sums: Vec::new(), reads: reads.clone() };
        let series = register.series(&plan);
        for at in 0..reads.len() {
            let failures = series.outcome(at, stamp()).expect("a plan").final_read.failures;
            assert_eq!(failures, [], "{case}: read {at}");
        }
    }
    let register = Register { setups: vec![setup(Timestamp::MIN)], sums: Vec::new(), reads };
    let failures = register.series(&plan).outcome(3, stamp()).expect("a plan").final_read.failures;
    assert!(failures.iter().any(|failure| failure.rule == "V55"), "without the exchange: {failures:?}");
}

#[derive(Clone, Debug)]
enum Arrival {
    Read { day: i64, value: Option<i64> },
    Intervals { day: i64, sum: i64 },
}

fn arrival() -> impl Strategy<Value = Arrival> {
    // About ten a day, some far off, some missing.
    let value = |day: i64, kind: u8, off: i64| match kind {
        0 => None,
        1 => Some(off * 700),
        2 => Some(200_000 + off),
        _ => Some((99_900 + day * 10 + off).rem_euclid(100_000)),
    };
    prop_oneof![
        5 => (0..60_i64, 0..12_u8, 0..9_i64).prop_map(move |(day, kind, off)| Arrival::Read { day, value: value(day, kind, off) }),
        2 => (0..60_i64, 0..20_i64).prop_map(|(day, sum)| Arrival::Intervals { day, sum }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn any_order_of_arrival_leaves_what_a_run_from_scratch_leaves(
        batches in proptest::collection::vec(proptest::collection::vec(arrival(), 1..12), 1..10),
    ) {
        let plan = standard();
        let (mut reads, mut sums) = (BTreeMap::new(), BTreeMap::new());
        let mut outcomes: BTreeMap<Timestamp, FinalRead> = BTreeMap::new();
        for batch in &batches {
            let (mut touched, mut intervals) = (BTreeSet::new(), BTreeSet::new());
            for arrival in batch {
                match *arrival {
                    Arrival::Read { day: number, value } => {
                        reads.insert(number, read(number, value));
                        touched.insert(day(number));
                    }
                    Arrival::Intervals { day: number, sum } => {
                        let range = model::time::TimeRange { start: day(number), end: day(number + 1) };
                        sums.insert(number, SpanSum { range, sum: Amount::new(sum.into(), 0), missing: 0, estimated: 0 });
                        intervals.insert(day(number));
                    }
                }
            }
            let (reads, sums) = (reads.values().copied().collect(), sums.values().copied().collect());
            let register = Register { setups: vec![setup(Timestamp::MIN)], sums, reads };
            let series = register.series(&plan);
            let leans = |read: &Read| outcomes.get(&read.at).is_some_and(FinalRead::leans_on_others);
            let mut run = series.to_run(|read| touched.contains(&read.at), leans);
            run.extend((0..register.reads.len()).filter(|at| {
                let read = &series.reads()[*at];
                leans(read) && intervals.iter().any(|day| ReadSeries::reached_from(*day).contains(&read.at))
            }));
            for at in run {
                let outcome = series.outcome(at, stamp()).expect("a plan").final_read;
                outcomes.insert(outcome.at, outcome);
            }
            for at in 0..register.reads.len() {
                let scratch = series.outcome(at, stamp()).expect("a plan").final_read;
                prop_assert_eq!(outcomes.get(&scratch.at), Some(&scratch), "{}", scratch.at);
            }
        }
    }
}
