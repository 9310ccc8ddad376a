//! Rules for register reads look at as many reads as their settings say, over the reads of a register as an installation
//! judges them.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use model::id::ChannelNumber;
use model::quality::Status;
use model::quantity::Decimal;
use vee::plan::OnFailure;
use vee::register::{Change, Kind, Read, ReadSeries, Setup, Surroundings};

use crate::notation::stamp;
use crate::register_notation::plan_of_rule;

static ZONE: TimeZone = TimeZone::UTC;

/// Monthly demands of 30 days each.
fn reads(demands: &[i64]) -> Vec<Read> {
    let first: Timestamp = "2025-01-01T00:00:00Z".parse().expect("an instant");
    let read = |(month, demand): (i64, &i64)| Read {
        at: first + SignedDuration::from_hours(24 * 30 * month),
        period_start: None,
        value: Some(Decimal::new(*demand, 0)),
        status: Status::NONE,
    };
    (0..).zip(demands).map(read).collect()
}

/// What V58 says of the last of some demands.
fn told(settings: &str, demands: &[i64]) -> Vec<String> {
    let plan = plan_of_rule("V58", OnFailure::Warn, settings);
    let setups = [Setup {
        from: Timestamp::MIN,
        multiplier: Decimal::new(1, 0),
        dials: 5,
        decimals: 0,
        closing: None,
        opening: None,
        change: Change::Minor,
    }];
    let around = Surroundings::of(ChannelNumber(9), "kW", &ZONE);
    let facts = Surroundings { setups: &setups, kind: Kind::Demand, ..around };
    let series = ReadSeries::new(facts, Vec::new(), |_| Some(&plan), reads(demands));
    let outcome = series.outcome(demands.len() - 1, stamp()).expect("a plan");
    outcome.final_read.failures.into_iter().map(|failure| failure.evidence).collect()
}

// covers: V58
#[test]
fn a_demand_is_held_against_as_many_as_the_plan_says() {
    // Four months of 100 and eight of 10: the mean of the last 12 is 480 / 12 = 40, of the last 8 it is 10.
    let usual = [100, 100, 100, 100, 10, 10, 10, 10, 10, 10, 10, 10];
    let with = |demand: i64| [&usual[..], &[demand]].concat();
    assert_eq!(told("", &with(80)), Vec::<String>::new(), "twice the mean is allowed");
    let [evidence] = &told("", &with(81))[..] else { panic!("81 is more than twice 40") };
    assert!(evidence.contains("the mean of the last 12"), "{evidence}");
    let [evidence] = &told("reads=8 reads", &with(80))[..] else { panic!("80 is more than twice 10") };
    assert!(evidence.contains("the mean of the last 8"), "{evidence}");
}

#[test]
fn a_read_is_judged_again_where_a_demand_that_is_counted_in_its_mean_was_touched() {
    let run = |settings| {
        let plan = plan_of_rule("V58", OnFailure::Warn, settings);
        let facts = Surroundings::of(ChannelNumber(9), "kW", &ZONE);
        let series = ReadSeries::new(facts, Vec::new(), |_| Some(&plan), reads(&[10; 60]));
        let first = series.reads()[0].at;
        series.to_run(|read| read.at == first, |_| false).last().copied()
    };
    // Twelve reads and eight that may not serve; a read is judged among those that were judged so.
    assert_eq!(run(""), Some(40));
    assert_eq!(run("reads=1 reads"), Some(18));
}
