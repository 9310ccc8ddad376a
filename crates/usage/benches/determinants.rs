//! Determinants of a residential rate with three prices and demand over 30 days of quarter-hours, one account after
//! the other on one core; beside it the plain sum over the same values.

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use jiff::Timestamp;
use model::quality::Status;
use model::time::TimeRange;
use usage::series::StatusSpan;
use usage::{Account, Calendar, Channel, CheckedSet, Cycle, DeterminantSet, Role, Run, Timeline};

const ACCOUNTS: usize = 500;
const INTERVALS: usize = 30 * 96;
/// 1 June 2026, 00:00 in Toronto.
const START: i64 = 1_780_286_400;

fn main() {
    divan::main();
}

/// Total, three buckets, and the demand of each of them.
fn set() -> CheckedSet {
    let mut text = String::from(
        "name = \"three-prices\"\nversion = 1\n\
         meters = [{ name = \"site\", unit = \"kWh\", terms = [{ channel = \"delivered\", sign = \"plus\" }] }]\n",
    );
    for bucket in ["", "off-peak", "mid-peak", "on-peak"] {
        let of = if bucket.is_empty() { String::new() } else { format!("bucket = \"{bucket}\"\n") };
        text += &format!(
            "[[determinants]]\nid = \"kwh {bucket}\"\nunit = \"kWh\"\nmeter = \"site\"\nmeasure = \"usage\"\n{of}\
             [[determinants]]\nid = \"kw {bucket}\"\nunit = \"kW\"\nmeter = \"site\"\n\
             measure = {{ demand = {{ minutes = 30, windows = \"block\" }} }}\n{of}"
        );
    }
    let set: DeterminantSet = toml::from_str(&text).expect("a set");
    set.check().expect("the set")
}

fn timeline() -> Timeline {
    let calendar: Calendar = toml::from_str(include_str!("../tests/it/three_buckets.toml")).expect("a calendar");
    let instant = |second| Timestamp::from_second(second).expect("in range");
    let range = TimeRange { start: instant(START), end: instant(START + 900 * INTERVALS as i64) };
    Timeline::of(&calendar.check().expect("the calendar"), range).expect("the timeline")
}

fn accounts() -> Vec<Vec<i64>> {
    let mut random = 1_u64;
    let mut next = move || {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (random >> 33).cast_signed() % 900
    };
    (0..ACCOUNTS).map(|_| (0..INTERVALS).map(|_| next()).collect()).collect()
}

#[divan::bench]
fn determinants(bencher: Bencher<'_, '_>) {
    let (set, timeline, accounts) = (set(), timeline(), accounts());
    let cycle = Cycle::new(Role::Repository, &set, &timeline, &[]).expect("the cycle");
    let start = Timestamp::from_second(START).expect("in range");
    let estimated = [StatusSpan { from: 700, to: 712, status: Status::ESTIMATED }];
    bencher.counter(ItemsCount::new(ACCOUNTS)).bench(|| {
        let mut told = 0;
        for values in black_box(&accounts) {
            let run = Run { start, length_seconds: 900, values, status: Status::VALIDATED, exceptions: &estimated };
            let channel = Channel { name: "delivered", unit: "kWh", exponent: -3, runs: &[run], registers: &[] };
            let account = Account { channels: &[channel], references: &[] };
            told += cycle.determinants(&account).expect("determinants").len();
        }
        assert_eq!(told, ACCOUNTS * 8);
    });
}

/// The peer: the least that any answer must do.
#[divan::bench]
fn plain_sum(bencher: Bencher<'_, '_>) {
    let accounts = accounts();
    bencher.counter(ItemsCount::new(ACCOUNTS)).bench(|| {
        black_box(&accounts).iter().map(|values| black_box(values.iter().sum::<i64>())).fold(0_i64, i64::wrapping_add)
    });
}

/// What is done once for a cycle, not for an account.
#[divan::bench]
fn timeline_of_a_month(bencher: Bencher<'_, '_>) {
    bencher.bench(timeline);
}
