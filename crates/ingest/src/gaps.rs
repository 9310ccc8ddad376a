//! Gap lists: what is missing of a day once its deadline is past becomes orders to read it again.
//!
//! A gap list is made of the report of a day (`collection`), so it misses what that misses. It goes into the ledger and
//! nowhere else: who asks, how often and whether it came is not known here.
//!
//! | missing because | is ordered |
//! |---|---|
//! | it did not come, its source has no value, its meter was silent | yes |
//! | its source was silent that day | a day after the deadline: what it has comes by itself once it is back |
//! | its meter was given up before, and is silent since | not again; once anything of it comes, yes |
//! | it waits in quarantine, or is stored and damaged, or estimated by its source | no: it arrived |
//!
//! What is missing of a meter and day is one order for the day, cut where the meter or its head-end changed.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use model::id::UsagePointId;
use model::master::Channel;
use model::time::{LocalDay, TimeRange};
use serde::Serialize;
use store::readings::{AsOf, Error, NO_VALUE, ReadingsBook};
use store::registry::directory::Directory;
use store::registry::order::{OrderEntry, OrderFilter, OrderKind, OrderReason, OrderState, Schedule, Wanted, routes};
use store::registry::{Registry, RegistryError};
use tokio::task::{JoinError, spawn_blocking};

use crate::collection::report::ChannelMiss;
use crate::collection::{self, Collection, Miss, Reason, Report};
use crate::placement::zone_of;

/// Who orders.
const ASKED_BY: &str = "gap list";
/// How long after the deadline a silent source is waited for.
const SILENT_SOURCE: SignedDuration = SignedDuration::from_hours(24);

/// What of a day is missing by usage point, with the day of its zone.
type Missing<'d> = BTreeMap<UsagePointId, (LocalDay, Vec<(&'d Channel, Miss)>)>;

/// When what is missing is asked for.
#[derive(Clone, Debug)]
pub struct Terms {
    /// The tries.
    pub schedule: Schedule,
    /// Seconds over which the first tries are spread.
    pub spread_seconds: u32,
}

/// What became of the gap list of a day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Listed {
    /// The day.
    pub date: Date,
    /// Readings that are asked for, by this list or one before.
    pub readings: u64,
    /// Orders for them.
    pub orders: u64,
    /// Of these, how many are new.
    pub added: u64,
    /// Of these, how many nobody can be asked for.
    pub refused: u64,
}

/// Why there is no gap list; it can be made later.
#[derive(Debug, thiserror::Error)]
pub enum GapError {
    /// The registry.
    #[error("the registry cannot be used")]
    Registry(#[from] RegistryError),
    /// The readings book.
    #[error("the readings book cannot be read")]
    Readings(#[from] Error),
    /// The work broke off.
    #[error("a gap list broke off")]
    Panicked(#[from] JoinError),
}

/// Enters the orders for what is missing of a day into the ledger; what is ordered already stays.
///
/// # Errors
/// [`GapError`].
pub async fn list(
    (registry, book): (&Registry, Arc<ReadingsBook>),
    rules: collection::Rules,
    date: Date,
    (terms, now): (&Terms, Timestamp),
) -> Result<Listed, GapError> {
    let (directory, waiting) = (registry.directory().await?, collection::waiting(registry).await?);
    let (given_up, terms) = (given_up(registry).await?, terms.clone());
    let listed = move || {
        let report = Collection::new(book.clone(), directory.clone(), rules, waiting).report(date, now, &mut |_| {})?;
        orders(&report, (&book, &directory), &given_up, (&terms, now))
    };
    let entries = spawn_blocking(listed).await??;
    let added = if entries.is_empty() { 0 } else { registry.orders().add(&entries, now).await?.added };
    let refused = entries.iter().filter(|entry| entry.route.refused.is_some()).count() as u64;
    let readings = entries.iter().flat_map(|entry| &entry.wanted).map(|wanted| wanted.readings).sum();
    Ok(Listed { date, readings, orders: entries.len() as u64, added, refused })
}

/// The orders for what is missing of a day, whose deadlines are past.
///
/// `given_up` are usage points whose gaps were given up ([`given_up`]).
///
/// # Errors
/// What the readings book says.
pub fn orders(
    report: &Report,
    (book, directory): (&ReadingsBook, &Directory),
    given_up: &HashSet<UsagePointId>,
    (terms, now): (&Terms, Timestamp),
) -> Result<Vec<OrderEntry>, Error> {
    let mut entries = Vec::new();
    for (usage_point, (day, misses)) in missing(report, directory, now) {
        let is_silent = misses.iter().all(|(_, miss)| miss.reason == Reason::MeterSilent);
        if is_silent && given_up.contains(&usage_point) && !lives(book, directory, usage_point, now)? {
            continue;
        }
        for route in routes(directory, usage_point, day.range) {
            let wanted: Vec<_> =
                misses.iter().filter_map(|(channel, miss)| within(channel, miss, route.range)).collect();
            if !wanted.is_empty() {
                entries.push(OrderEntry {
                    kind: OrderKind::Read,
                    why: OrderReason::Gap,
                    asked_by: ASKED_BY.into(),
                    usage_point,
                    gap: Some(format!("{usage_point} {} {}", day.date, route.range.start)),
                    route,
                    wanted,
                    next_at: spread(terms.schedule.first_try(now), usage_point, terms.spread_seconds),
                    deadline: terms.schedule.deadline(now),
                });
            }
        }
    }
    Ok(entries)
}

/// The usage points whose gaps were given up: nothing more is asked of their meters until they tell something.
///
/// # Errors
/// What the registry says.
pub async fn given_up(registry: &Registry) -> Result<HashSet<UsagePointId>, RegistryError> {
    let (state, why) = (Some(OrderState::GivenUp), Some(OrderReason::Gap));
    let orders = registry.orders().list(&OrderFilter { state, why, ..OrderFilter::default() }).await?;
    Ok(orders.into_iter().map(|order| order.entry.usage_point).collect())
}

/// The last dates whose day may have a deadline that is past, the latest first; none for no days.
pub fn dates(now: Timestamp, days: u8) -> impl Iterator<Item = Date> {
    // The easternmost zones are a day ahead of the westernmost; a deadline still to come is left out of a report.
    let last = now.to_zoned(jiff::tz::TimeZone::UTC).date();
    let count = if days == 0 { 0 } else { usize::from(days) + 1 };
    std::iter::successors(Some(last), |date| date.yesterday().ok()).take(count)
}

fn missing<'d>(report: &Report, directory: &'d Directory, now: Timestamp) -> Missing<'d> {
    let mut missing = Missing::new();
    for ChannelMiss { channel, zone, miss, .. } in &report.misses {
        let deadline = report.zones.iter().find(|known| known.zone == *zone).map(|known| known.deadline);
        let Some(deadline) = deadline.filter(|deadline| *deadline <= now) else { continue };
        let is_ordered = match miss.reason {
            Reason::NotReceived | Reason::NoValue | Reason::MeterSilent => true,
            Reason::SourceSilent => SILENT_SOURCE <= now.duration_since(deadline),
            Reason::Late | Reason::EstimatedBySource | Reason::Damaged | Reason::InQuarantine => false,
        };
        let day = || LocalDay::of(report.date, &zone_of(zone).ok()?);
        if let Some(channel) = directory.by_label(channel).filter(|_| is_ordered)
            && let Some(day) = day()
        {
            missing.entry(channel.usage_point).or_insert((day, Vec::new())).1.push((channel, *miss));
        }
    }
    missing
}

/// What a route has of a miss, in whole readings.
fn within(channel: &Channel, miss: &Miss, part: TimeRange) -> Option<Wanted> {
    let length = miss.to.duration_since(miss.from).as_secs() / i64::try_from(miss.readings).ok()?.max(1);
    let number = |at: Timestamp, up: bool| {
        let seconds = at.duration_since(miss.from).as_secs() + if up { length - 1 } else { 0 };
        seconds.div_euclid(length.max(1))
    };
    let first = number(part.start, true).max(0);
    let end = number(part.end, false).min(i64::try_from(miss.readings).ok()?);
    let at = |number: i64| miss.from.checked_add(SignedDuration::from_secs(number * length)).ok();
    let range = TimeRange { start: at(first)?, end: at(end)? };
    (first < end).then_some(Wanted { channel: channel.number, range, readings: (end - first).unsigned_abs() })
}

/// Whether anything of a usage point was made within the last day.
fn lives(book: &ReadingsBook, directory: &Directory, point: UsagePointId, now: Timestamp) -> Result<bool, Error> {
    let (start, end) = (now.as_second() - 86_400, now.as_second());
    for channel in directory.of_usage_point(point) {
        let history = book.read(channel.number, start, end, AsOf::Now)?;
        let of_day = |day: &store::readings::Day| {
            let ends = (1..).map(|slot: i64| day.day_start + slot * i64::from(day.slot_seconds));
            ends.zip(&day.values).any(|(end, value)| start < end && *value != NO_VALUE)
        };
        if history.registers.iter().any(|read| read.value.is_some()) || history.days.iter().any(of_day) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// A moment of the spread that follows from the usage point, so that a list which is made twice asks at the same time.
fn spread(at: Timestamp, usage_point: UsagePointId, seconds: u32) -> Timestamp {
    let part = usage_point.0.0.as_u128() % (u128::from(seconds) + 1);
    at.checked_add(SignedDuration::from_secs(i64::try_from(part).unwrap_or(0))).unwrap_or(at)
}
