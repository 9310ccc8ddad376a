//! How fast final values become determinants of a bill: a rate with three prices and demand, 30 days of quarter-hours.

use std::hint::black_box;
use std::time::Duration;

use jiff::Timestamp;
use model::finding::Finding;
use model::quality::Status;
use model::time::TimeRange;
use usage::series::StatusSpan;
use usage::{Account, Calendar, Channel, CheckedSet, Cycle, DeterminantSet, Role, Run, Timeline};

use super::measure::{Figure, in_turn, rate};
use crate::output::Failure;
use crate::workload::{INTERVAL_SECONDS, Workload};

/// The figure of [`measure`].
const NAME: &str = "determinants after VEE, accounts";

const ROUNDS: usize = 7;
const ACCOUNTS: u32 = 2_000;
const INTERVALS: usize = 30 * 96;
/// Accounts per second that a published tender wants.
const WANTED: u64 = 10_000;
const CALENDAR: &str = include_str!("three_prices.toml");
const BUCKETS: [&str; 3] = ["off-peak", "mid-peak", "on-peak"];

/// Eight determinants for each of many accounts, on one core; the plain sum of the same values is told beside it.
pub fn measure(seed: u64) -> Result<Figure, Failure> {
    let workload = Workload::new(seed, ACCOUNTS, 31);
    // Midnight in Toronto, which is five hours behind in January.
    let first = workload.start + 5 * 3600;
    let instants = (0..INTERVALS as i64).map(|at| first + at * i64::from(INTERVAL_SECONDS));
    let values = |account| instants.clone().filter_map(|instant| workload.value(account, instant)).collect();
    let accounts: Vec<Vec<i64>> = (0..ACCOUNTS).map(values).collect();
    let (start, end) = (instant(first), instant(first + 30 * 86_400));
    let set = set();
    let calendar: Calendar = toml::from_str(CALENDAR).expect("the calendar is written right");
    let calendar = calendar.check().map_err(refused)?;
    let timeline = Timeline::of(&calendar, TimeRange { start, end }).map_err(|finding| refused(vec![finding]))?;
    let cycle = Cycle::new(Role::Repository, &set, &timeline, &[]).map_err(refused)?;
    let all = || accounts.iter().map(|values| determinants(&cycle, start, black_box(values))).sum::<usize>();
    if all() != accounts.len() * (2 + 2 * BUCKETS.len()) {
        return Err(Failure::Usage("the benchmark's own accounts were refused".into()));
    }
    let sum = || accounts.iter().map(|values| black_box(values).iter().sum::<i64>()).fold(0, i64::wrapping_add);
    let pair = in_turn(
        ROUNDS,
        || {
            black_box(all());
        },
        || {
            black_box(sum());
        },
    );
    Ok(Figure {
        name: NAME,
        ours: format!("{}, {:.3} of their plain sum", rate(ACCOUNTS.into(), pair.ours), pair.speed),
        peer_name: "published need",
        peer: rate(WANTED, Duration::from_secs(1)),
        ratio: f64::from(ACCOUNTS) / pair.ours.as_secs_f64() / WANTED as f64,
        floor: 1.0,
        goal: 2.0,
        smaller_is_better: false,
    })
}

fn refused(findings: Vec<Finding>) -> Failure {
    let messages: Vec<_> = findings.iter().map(|finding| finding.message.to_string()).collect();
    Failure::Usage(format!("the benchmark's own rate was refused: {}", messages.join("; ")))
}

/// Usage and half-hourly demand, of the month and of each price.
fn set() -> CheckedSet {
    let mut text = String::from(
        "name = \"three-prices\"\nversion = 1\n\
         meters = [{ name = \"site\", unit = \"kWh\", terms = [{ channel = \"delivered\", sign = \"plus\" }] }]\n",
    );
    let of_bucket = BUCKETS.map(|bucket| (bucket, format!("bucket = \"{bucket}\"\n")));
    for (bucket, line) in [("month", String::new())].into_iter().chain(of_bucket) {
        text += &format!(
            "[[determinants]]\nid = \"kwh {bucket}\"\nunit = \"kWh\"\nmeter = \"site\"\nmeasure = \"usage\"\n{line}\
             [[determinants]]\nid = \"kw {bucket}\"\nunit = \"kW\"\nmeter = \"site\"\n\
             measure = {{ demand = {{ minutes = 30, windows = \"block\" }} }}\n{line}"
        );
    }
    let set: DeterminantSet = toml::from_str(&text).expect("the set is written right");
    set.check().expect("the set is whole")
}

/// How many determinants an account has; three hours of its month are estimated.
fn determinants(cycle: &Cycle<'_>, start: Timestamp, values: &[i64]) -> usize {
    let exceptions = &[StatusSpan { from: 700, to: 712, status: Status::ESTIMATED }];
    let run = Run { start, length_seconds: INTERVAL_SECONDS, values, status: Status::VALIDATED, exceptions };
    let channel = Channel { name: "delivered", unit: "kWh", exponent: -3, runs: &[run], registers: &[] };
    let account = Account { channels: &[channel], references: &[] };
    cycle.determinants(&account).map_or(0, |determinants| determinants.len())
}

fn instant(second: i64) -> Timestamp {
    Timestamp::from_second(second).expect("made-up days are within the years of the calendar")
}
