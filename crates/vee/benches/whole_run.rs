//! The whole pipeline over channel-days with history and registers: validation, estimation of the
//! gaps in two days of a hundred, scaling, lineage. Readings per second on one core.

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use jiff::Timestamp;
use jiff::civil::{Date, date};
use model::id::ChannelNumber;
use model::quality::Status;
use model::quantity::Decimal;
use model::time::TimeRange;
use vee::context::RegisterPair;
use vee::{Context, Day, MISSING, Measured, Plan, Stamp, Total, run};

const SLOTS: usize = 96;
const DAYS: usize = 28;
const CHANNELS: u32 = 500;
const TODAY: Date = date(2026, 1, 14);

fn main() {
    divan::main();
}

/// The values of one channel, [`DAYS`] days up to and with today; two channels of a hundred miss
/// 09:00 to 12:00 of today.
fn channel(number: u32) -> Vec<i64> {
    let mut random = u64::from(number) + 1;
    let mut next = move |below: u64| {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (random >> 33) % below
    };
    let size = 40 + next(200);
    let value = |slot: usize, noise: u64| if (68..84).contains(&slot) { 3 * size + noise } else { size + noise };
    let mut values: Vec<i64> = (0..DAYS * SLOTS).map(|at| value(at % SLOTS, next(size)).cast_signed()).collect();
    if number.is_multiple_of(50) {
        values[(DAYS - 1) * SLOTS + 36..][..12].fill(MISSING);
    }
    values
}

fn start(days_before: usize) -> Timestamp {
    let seconds = 1_768_370_400 - 86_400 * i64::try_from(days_before).expect("few");
    Timestamp::from_second(seconds).expect("in range")
}

#[divan::bench]
fn run_fleet_day(bencher: Bencher<'_, '_>) {
    let channels: Vec<Vec<i64>> = (0..CHANNELS).map(channel).collect();
    let validated = [Status::VALIDATED; SLOTS];
    let plan = Plan::standard().check().expect("the standard plan");
    let stamp = Stamp { run: 1, now: start(0) };
    let range = TimeRange { start: start(0), end: start(0) + jiff::SignedDuration::from_hours(24) };
    bencher.counter(ItemsCount::new(channels.len() * SLOTS)).bench(|| {
        let mut estimated = 0;
        for (number, values) in (0..CHANNELS).zip(black_box(&channels)) {
            let days = |at: usize| Day {
                date: TODAY - jiff::Span::new().days(i64::try_from(DAYS - 1 - at).expect("few")),
                start: start(DAYS - 1 - at),
                slot_seconds: 900,
                clock_change: None,
                values: &values[at * SLOTS..][..SLOTS],
                statuses: &validated,
            };
            let history: Vec<Day<'_>> = (0..DAYS - 1).map(days).collect();
            let used: i64 = values[(DAYS - 1) * SLOTS..].iter().filter(|value| **value != MISSING).sum();
            let pair = RegisterPair {
                start: Decimal::new(1_000_000, -3),
                end: Decimal::new(1_000_000 + used, -3),
                multiplier: Decimal::new(1, 0),
                dials: 6,
                decimals: 3,
            };
            let totals = [Total { range, measured: Measured::Register(pair), elsewhere: None }];
            let context =
                Context { history: &history, totals: &totals, ..Context::of(ChannelNumber(number), "kWh", -3) };
            let today = Day { statuses: &[], ..days(DAYS - 1) };
            estimated += run(&today, &context, &plan, stamp).final_day.values.len();
        }
        estimated
    });
}
