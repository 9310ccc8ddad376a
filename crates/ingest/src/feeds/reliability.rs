//! The reliability of the integration layer over a month: of each thing that Amity leans on how often it was up, how long it
//! took and what was refused, and of each zone what came late (MOD-DIS).
//!
//! What is counted is what was seen while Amity ran; time in which it did not run is in none of the figures.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde::Serialize;
use store::registry::arrival::Sums;
use store::registry::dependency::{AttemptSum, DependencyKind, DependencySum};
use store::registry::{Registry, RegistryError};

/// The report of a month of UTC.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reliability {
    /// Its first day.
    pub first: Date,
    /// Its last day.
    pub last: Date,
    /// When the report was made; before the end of the last day it is not whole.
    pub made_at: Timestamp,
    /// What Amity leaned on, by kind and name.
    pub items: Vec<Item>,
    /// What came of readings, by zone.
    pub zones: Vec<Zone>,
}

/// How something was over the month.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Item {
    /// What it is.
    pub kind: DependencyKind,
    /// What it is called.
    pub name: String,
    /// How often it was looked at.
    pub looks: u64,
    /// How often it was up: what came of it was fresh.
    pub up: u64,
    /// How often it answered and too little came of it.
    pub stale: u64,
    /// How often it was down.
    pub down: u64,
    /// How often it was up or stale in ten thousand, rounded down: its availability.
    pub available_per_10000: u64,
    /// What it took in the mean, in milliseconds, rounded up; `None` where it was not timed.
    pub milliseconds_mean: Option<u64>,
    /// What it took at the most.
    pub milliseconds_max: Option<u64>,
    /// How it answered when it was asked; `None` of what is not asked.
    pub attempts: Option<AttemptSum>,
    /// What came of it; `None` where nothing did.
    pub received: Option<Sums>,
}

/// What came of the readings of a zone, by the deadlines of its days.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Zone {
    /// The zone.
    pub zone: String,
    /// Days that are kept.
    pub days: u64,
    /// Readings expected.
    pub expected: u64,
    /// Of these, those in time.
    pub in_time: u64,
    /// Of these, those that came after the deadline.
    pub late: u64,
    /// Of these, those that were not there.
    pub missing: u64,
}

/// The report of the month that a date lies in.
///
/// # Errors
/// What the registry says.
pub async fn reliability(registry: &Registry, of: Date, now: Timestamp) -> Result<Reliability, RegistryError> {
    let (first, last) = (of.first_of_month(), of.last_of_month());
    let instant = |date: Date| date.to_zoned(TimeZone::UTC).map_or(Timestamp::MAX, |at| at.timestamp());
    let (start, end) = (instant(first), instant(last.checked_add(1.day()).unwrap_or(Date::MAX)));
    let attempts = registry.dependencies().attempts(start, end).await?;
    let mut attempts: BTreeMap<String, AttemptSum> =
        attempts.into_iter().map(|sum| (sum.head_end.clone(), sum)).collect();
    let received = registry.batches().by_source_between(start, end).await?;
    let mut received: BTreeMap<String, Sums> = received.into_iter().map(|of| (of.source, of.sums)).collect();
    let mut items = Vec::new();
    for sum in registry.dependencies().between(first, last).await? {
        let is_head_end = sum.kind == DependencyKind::HeadEnd;
        let (attempts, received) = match is_head_end {
            true => (attempts.remove(&sum.name), received.remove(&sum.name)),
            false => (None, None),
        };
        items.push(item(sum, attempts, received));
    }
    let zones = zones(registry, (first, last)).await?;
    Ok(Reliability { first, last, made_at: now, items, zones })
}

fn item(sum: DependencySum, attempts: Option<AttemptSum>, received: Option<Sums>) -> Item {
    let DependencySum { kind, name, looks, up, stale, down, timed, milliseconds, milliseconds_max } = sum;
    Item {
        kind,
        name,
        looks,
        up,
        stale,
        down,
        available_per_10000: (up + stale) * 10_000 / looks.max(1),
        milliseconds_mean: (0 < timed).then(|| milliseconds.div_ceil(timed)),
        milliseconds_max: (0 < timed).then_some(milliseconds_max),
        attempts,
        received,
    }
}

async fn zones(registry: &Registry, (first, last): (Date, Date)) -> Result<Vec<Zone>, RegistryError> {
    let mut zones: BTreeMap<String, Zone> = BTreeMap::new();
    for day in registry.collected_days().between(first, last).await? {
        let zone = zones.entry(day.zone.clone()).or_insert_with(|| Zone { zone: day.zone.clone(), ..Zone::default() });
        zone.days += 1;
        zone.expected += day.expected;
        zone.in_time += day.in_time;
        zone.late += day.late;
        zone.missing += day.missing;
    }
    Ok(zones.into_values().collect())
}
