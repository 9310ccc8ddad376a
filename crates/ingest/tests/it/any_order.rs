//! In whatever order files arrive, with restarts and sealing in between: the final days and the final register reads are
//! those of one run over all of it.
//!
//! A hundred histories, and fewer with other plans, the same in every run; `AMITY_CASES=N PROPTEST_RNG_SEED=M` makes up others.

use jiff::civil::{Date, date};
use jiff::{SignedDuration, Span, Timestamp};
use model::id::ChannelNumber;
use model::lineage::{FinalDay, FinalRead};
use model::quantity::Decimal;
use proptest::prelude::*;
use store::readings::AsOf;
use vee::Plan;
use vee::plan::ScalingMode;

use crate::review_fixture::Utility;
use crate::{kept_values, time_of_use};

const DAYS: i32 = 12;
const SLOTS: u16 = 4;

fn day(number: i32) -> Date {
    date(2026, 2, 6).saturating_add(Span::new().days(number))
}

/// Something that happens.
#[derive(Clone, Debug)]
enum Happens {
    /// Values from a slot on; `_` where the source has none.
    Values(i32, u16, Vec<String>),
    /// The same with the minute in which the source revised them: before or after those of all arrivals, whose moments are
    /// not those of the other book.
    Revised(i32, u16, Vec<String>, i64),
    /// The amount of a whole day.
    Amount(i32, i64),
    /// What a counter showed at the beginning and the end of a day.
    Counts(i32, i64, i64),
    /// What the register of a time-of-use bucket showed at the beginning and the end of a day.
    Bucket(i32, u32, i64, i64),
    /// People write a value over a slot, if they may.
    Decided(i32, u16, i64),
    /// The counter could not be read at the beginning of a day.
    NoCount(i32),
    /// Days before it are sealed.
    Seal(i32),
    /// What is due is validated.
    Validate,
    /// The program ends and is started again.
    Restart,
}

fn happens() -> impl Strategy<Value = Happens> {
    let value = prop_oneof![6 => (800..1400_i64).prop_map(|value| value.to_string()), 1 => Just("0".to_string()),
        1 => Just("9000".to_string()), 1 => Just("-5".to_string()), 1 => Just("_".to_string())];
    // Few values, so that some come again; and few days, so that they meet.
    let few = proptest::collection::vec(
        prop_oneof![Just("1000"), Just("1080"), Just("1120"), Just("1200"), Just("_")],
        1..=4,
    );
    let part = (0..DAYS, 0..SLOTS, proptest::collection::vec(value, 1..=4));
    prop_oneof![
        5 => part.prop_map(|(day, first, mut values)| {
            values.truncate(usize::from(SLOTS - first));
            Happens::Values(day, first, values)
        }),
        6 => (0..3, 0..SLOTS, few, prop_oneof![-9..0_i64, 9_000..9_009_i64]).prop_map(|(day, first, values, minute)| {
            let values = values.into_iter().take(usize::from(SLOTS - first)).map(String::from).collect();
            Happens::Revised(day, first, values, minute)
        }),
        8 => (0..DAYS, 900..1100_i64).prop_map(|(day, value)| Happens::Values(day, 0, vec![value.to_string(); 4])),
        2 => (0..DAYS, 3000..9000_i64).prop_map(|(day, amount)| Happens::Amount(day, amount)),
        2 => (0..DAYS, 0..4000_i64, 3000..9000_i64).prop_map(|(day, from, more)| Happens::Counts(day, from, from + more)),
        3 => (0..DAYS, 0..2_u32, 0..4000_i64, 1500..5000_i64)
            .prop_map(|(day, bucket, from, more)| Happens::Bucket(day, bucket, from, from + more)),
        2 => (0..DAYS, 0..SLOTS, 500..1500_i64).prop_map(|(day, slot, value)| Happens::Decided(day, slot, value)),
        1 => (0..DAYS).prop_map(Happens::NoCount),
        1 => (0..DAYS).prop_map(Happens::Seal),
        5 => Just(Happens::Validate),
        1 => Just(Happens::Restart),
    ]
}

/// One day that its source revises again and again, in any order, with runs in between.
fn revisions() -> impl Strategy<Value = Vec<Happens>> {
    let values = proptest::collection::vec(prop_oneof![Just("1000"), Just("1080"), Just("1200"), Just("_")], 4);
    let revised = (values, prop_oneof![-9..0_i64, 9_000..9_009_i64])
        .prop_map(|(values, minute)| Happens::Revised(0, 0, values.into_iter().map(String::from).collect(), minute));
    proptest::collection::vec(prop_oneof![3 => revised, 2 => Just(Happens::Validate)], 2..12)
}

/// A utility with registers of every kind, and a calendar with two buckets.
fn utility_with(plan: &Plan) -> Utility {
    let utility = Utility::judged_by(plan, "UTC", 21_600);
    utility.register();
    utility.counter();
    utility.bucket("T1", 1);
    utility.bucket("T2", 2);
    time_of_use::has_rate(&utility, "2026-01-01T00:00:00Z");
    utility
}

fn arrives(utility: &Utility, happens: &Happens) {
    let (amounts, counter) = (ChannelNumber(1), ChannelNumber(2));
    match happens {
        // A single cell would be every slot of the day.
        Happens::Values(date, 0, values) if values.len() == 1 => {
            utility.arrive(0, day(*date), 0, &format!("{} _", values[0]));
        }
        Happens::Values(date, first, values) => utility.arrive(0, day(*date), *first, &values.join(" ")),
        Happens::Revised(date, first, values, minute) => {
            let begin: Timestamp = "2026-03-02T06:00:00Z".parse().expect("an instant");
            let revised = begin + SignedDuration::from_mins(*minute);
            utility.arrive_revised(0, day(*date), (*first, &values.join(" ")), revised);
        }
        Happens::Amount(date, amount) => utility.amount(amounts, day(*date), *amount),
        Happens::Counts(date, from, to) => utility.counts(counter, day(*date), *from, *to),
        Happens::Bucket(date, bucket, from, to) => {
            utility.counts(ChannelNumber(3 + bucket), day(*date), *from, *to);
        }
        Happens::NoCount(date) => utility.no_count(counter, day(*date)),
        Happens::Seal(date) => utility.book.seal(day(*date)).expect("sealed"),
        Happens::Decided(..) | Happens::Validate | Happens::Restart => {}
    }
}

/// What is decided of a date; of one of which nothing is expected, nothing is.
fn decided(utility: &Utility, date: Date) -> Option<FinalDay> {
    let decided = utility.book.final_day(ChannelNumber(0), date, AsOf::Now).expect("readable");
    let holds = |day: &FinalDay| !day.values.is_empty() || !day.failures.is_empty() || !day.status.is_empty();
    decided.filter(holds)
}

/// What is decided of the reads of all registers.
fn reads(utility: &Utility) -> Vec<FinalRead> {
    let of = |register| utility.book.read(ChannelNumber(register), i64::MIN / 2, i64::MAX / 2, AsOf::Now);
    (1..5).flat_map(|register| of(register).expect("readable").final_reads).collect()
}

fn config(cases: u32) -> ProptestConfig {
    let asked = std::env::var("AMITY_CASES").ok().and_then(|text| text.parse().ok());
    ProptestConfig { cases: asked.unwrap_or(cases), ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config(100))]

    #[test]
    fn any_order_leaves_what_one_run_leaves(history in proptest::collection::vec(happens(), 1..24)) {
        leaves_the_same(&history, &Plan::standard())?;
    }
}

proptest! {
    #![proptest_config(config(25))]

    #[test]
    fn any_order_leaves_the_same_with_buckets(history in proptest::collection::vec(happens(), 1..24)) {
        leaves_the_same(&history, &time_of_use::plan(ScalingMode::PartialTimeOfUse))?;
    }

    #[test]
    fn any_order_of_runs_lets_the_same_versions_count(history in proptest::collection::vec(happens(), 1..24)) {
        let rules: &[(&str, &[(&str, &str)])] = &[("V71", &[("change_least", "0.1 kWh")]), ("V72", &[])];
        leaves_the_same(&history, &kept_values::plan(rules))?;
    }

    #[test]
    fn any_order_of_revisions_lets_the_same_version_count(history in revisions()) {
        let rules: &[(&str, &[(&str, &str)])] = &[("V71", &[("change_least", "0.1 kWh")])];
        leaves_the_same(&history, &kept_values::plan(rules))?;
    }
}

/// Whether a history validated by and by comes out as one run over all of it.
fn leaves_the_same(history: &[Happens], plan: &Plan) -> Result<(), TestCaseError> {
    let (mut by_and_by, at_once) = (utility_with(plan), utility_with(plan));
    for happens in history {
        arrives(&by_and_by, happens);
        arrives(&at_once, happens);
        match happens {
            Happens::Decided(date, slot, value) => {
                // People see what was validated so far.
                let text = Decimal::new(*value, -3).to_string();
                let decides = |utility: &Utility| {
                    utility.validate_due();
                    utility.decide(day(*date), i64::from(*slot), &text)
                };
                prop_assert_eq!(decides(&by_and_by), decides(&at_once), "what people may do hangs on what arrived");
            }
            Happens::Validate => drop(by_and_by.validate_due()),
            Happens::Restart => by_and_by = by_and_by.reopened(),
            _ => {}
        }
    }
    by_and_by.validate_due();
    let dates = || (-40..40).map(day);
    let all: Vec<_> = (0..5).flat_map(|channel| dates().map(move |date| (channel, date))).collect();
    at_once.run(&all);
    // Reads that are made of intervals are made of what was decided of those.
    at_once.validate_due();
    for date in dates() {
        let (left, right) = (decided(&by_and_by, date), decided(&at_once, date));
        let same = match (&left, &right) {
            (Some(left), Some(right)) => left.says_the_same(right),
            (left, right) => left.is_none() && right.is_none(),
        };
        prop_assert!(same, "{date}: by and by {left:?}, at once {right:?}");
    }
    let (left, right) = (reads(&by_and_by), reads(&at_once));
    let same = left.len() == right.len() && left.iter().zip(&right).all(|(left, right)| left.says_the_same(right));
    prop_assert!(same, "by and by {left:?}, at once {right:?}");
    Ok(())
}
