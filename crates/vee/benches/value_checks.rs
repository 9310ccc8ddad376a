//! The fused value checks over a decoded fleet-day, beside a plain sum over the same arrays.
//!
//! The ratio of the two rates is the number that counts: plan, section 10, "VEE pass".

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use vee::scan::{Screen, ScreenLimits};

const CHANNELS: usize = 50_000;
const SLOTS: usize = 96;
const LIMITS: ScreenLimits = ScreenLimits { spike_hundredths: 280, spike_floor: 125, zero_run_fewest: 96 };

fn main() {
    divan::main();
}

/// Watt-hours of a fleet-day: homes with a morning and an evening peak; one channel in fifty is
/// solar export (zero at night), one in fifty has a gap, one in two hundred a spike.
fn fleet_day() -> Vec<i32> {
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = move |below: u64| {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (random >> 33) % below
    };
    let mut values = Vec::with_capacity(CHANNELS * SLOTS);
    for channel in 0..CHANNELS {
        let size = 40 + next(200);
        for slot in 0..SLOTS {
            let shape = if (26..34).contains(&slot) || (68..84).contains(&slot) { 3 } else { 1 };
            let value = match channel % 200 {
                1 | 51 | 101 | 151 if !(28..72).contains(&slot) => 0,
                2 | 52 | 102 | 152 if (40..48).contains(&slot) => i64::from(i32::MIN),
                3 if slot == 50 => 40_000,
                _ => (size * shape + next(size * 2)).cast_signed(),
            };
            values.push(i32::try_from(value).expect("small"));
        }
    }
    values
}

#[divan::bench]
fn sum_of_32_bit_values(bencher: Bencher<'_, '_>) {
    let values = fleet_day();
    bencher
        .counter(ItemsCount::new(values.len()))
        .bench(|| black_box(&values).iter().map(|value| i64::from(*value)).sum::<i64>());
}

#[divan::bench]
fn checks_of_32_bit_values(bencher: Bencher<'_, '_>) {
    let values = fleet_day();
    bencher.counter(ItemsCount::new(values.len())).bench(|| suspicious_days(black_box(&values)));
}

#[divan::bench]
fn sum_of_64_bit_values(bencher: Bencher<'_, '_>) {
    let values: Vec<i64> = fleet_day().into_iter().map(i64::from).collect();
    bencher
        .counter(ItemsCount::new(values.len()))
        .bench(|| black_box(&values).iter().copied().fold(0, i64::wrapping_add));
}

#[divan::bench]
fn checks_of_64_bit_values(bencher: Bencher<'_, '_>) {
    let values: Vec<i64> = fleet_day().into_iter().map(i64::from).collect();
    bencher.counter(ItemsCount::new(values.len())).bench(|| suspicious_days(black_box(&values)));
}

fn suspicious_days<T: vee::scan::SlotValue>(values: &[T]) -> usize {
    values.chunks_exact(SLOTS).filter(|day| Screen::of(day, LIMITS) != Screen::default()).count()
}
