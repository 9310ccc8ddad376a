//! A day of hourly reads and the events of a second in a storm, on one core.

use std::convert::Infallible;

use divan::Bencher;
use divan::counter::ItemsCount;
use jiff::Timestamp;
use jiff::civil::date;
use jiff::tz::TimeZone;
use simulator::premises::HeadEnd;
use simulator::storm::{Profile, Storm};
use simulator::{Collection, Network, Script, Settings, Utility};

const METERS: u32 = 5000;

fn main() {
    divan::main();
}

/// Readings made, sent into files of CSV and dropped.
#[divan::bench(sample_count = 10)]
fn hourly(bencher: Bencher<'_, '_>) {
    let zone = TimeZone::get("America/Toronto").expect("a zone");
    let settings = Settings { seed: 7, meters: METERS, zone, head_end: Some(HeadEnd::Hourly) };
    let utility = Utility::new(settings, &Network::made_up(METERS), Script::default()).expect("a utility");
    let day = || {
        let mut collection = Collection::from(&utility, date(2026, 2, 3));
        let Ok(counts) = collection.tell_next_day(&mut |_| Ok::<(), Infallible>(()));
        counts.expect("a day").made
    };
    bencher.counter(ItemsCount::new(day())).bench_local(day);
}

/// Events made, numbered and written as JSON.
#[divan::bench(sample_count = 10)]
fn storm(bencher: Bencher<'_, '_>) {
    let profile = Profile::of(30_000, 7, Timestamp::UNIX_EPOCH);
    let all = || Storm::new(profile).expect("a storm").flatten().map(|batch| batch.json().len()).sum::<usize>();
    bencher.counter(ItemsCount::new(profile.events)).bench_local(all);
}
