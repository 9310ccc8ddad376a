//! The fleet at a glance: how much there is, how much came, what is missing, what waits.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, PoisonError};

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use jiff::civil::Date;
use jiff::{Span, Timestamp};
use model::id::ChannelNumber;
use model::master::Channel;
use model::time::LocalDay;
use model::time::zone::zone_of;
use serde::Serialize;
use smol_str::SmolStr;
use store::registry::directory::Directory;
use store::registry::master::Class;

use crate::channel::ChannelBrief;
use crate::coverage::{Coverage, present};
use crate::etag;
use crate::problem::Problem;
use crate::quarantine;
use crate::state::Shared;
use crate::subscription;

/// Full days of the read rate.
const DAYS: usize = 14;
/// Channels with gaps that are named.
const WORST: usize = 8;
/// Batches that are named.
const BATCHES: u32 = 8;
/// A channel that gave nothing for so long before the fleet's newest reading is silent, and no longer expected.
const ACTIVE_SECONDS: i64 = 35 * 86_400;

/// What was expected and received on the last full days.
#[derive(Debug, Default)]
pub(crate) struct ReadRate {
    days: Vec<DayRate>,
    missing: u64,
    channels: usize,
    silent: usize,
    worst: Vec<(ChannelNumber, u64, u64)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
struct DayRate {
    date: Date,
    expected: u64,
    received: u64,
}

/// `GET /api/v1/fleet`
pub(crate) async fn get(State(state): State<Shared>, headers: HeaderMap) -> Result<Response, Problem> {
    let now = (state.now)();
    let directory = state.registry.directory().await?;
    let coverage = state.coverage().await?;
    let rate = read_rate(&state, &directory, &coverage).await?;
    let totals = state.registry.batches().totals().await?;
    let reasons = quarantine::reasons(&state).await?;
    let brief = |number: ChannelNumber| {
        let channel = directory.channel(number)?;
        Some(ChannelBrief::new(channel, &directory, coverage.extent(number), now))
    };
    let worst: Vec<_> = rate
        .worst
        .iter()
        .filter_map(|(number, expected, missing)| {
            Some(serde_json::json!({ "channel": brief(*number)?, "expected": expected, "missing": missing }))
        })
        .collect();
    let body = serde_json::json!({
        "as_of": now,
        "version": state.version,
        "counts": {
            "usage_points": state.registry.master().count(Class::UsagePoint).await?,
            "meters": state.registry.master().count(Class::Meter).await?,
            "channels": directory.len(),
            "readings": coverage.readings(),
            "batches": totals.batches,
        },
        "newest_reading": coverage.newest().and_then(|second| Timestamp::from_second(second).ok()),
        "read_rate": rate.days,
        "gaps": {
            "from": rate.days.first().map(|day| day.date),
            "to": rate.days.last().map(|day| day.date),
            "missing": rate.missing,
            "channels": rate.channels,
            "worst": worst,
        },
        "silent": rate.silent,
        "quarantine": {
            "open": reasons.iter().map(quarantine::ReasonCount::count).sum::<u64>(),
            "reasons": reasons,
        },
        "batches": batches(&state).await?,
        "subscriptions": subscription::subscriptions(&state).await?,
        "head_ends": state.healths(),
    });
    etag::json(&headers, &body)
}

async fn batches(state: &Shared) -> Result<Vec<serde_json::Value>, Problem> {
    let newest = state.registry.batches().newest(0, BATCHES).await?;
    let view = |batch: store::registry::batch::Batch| {
        serde_json::json!({
            "id": batch.hash,
            "name": batch.path.rsplit('/').next().unwrap_or(&batch.path),
            "source": batch.source,
            "format": batch.format.unwrap_or_else(|| "not recognised".into()),
            "received_at": batch.received_at,
            "readings": batch.stored,
            "duplicates": batch.duplicates,
            "quarantined": batch.quarantined,
            "findings": batch.findings,
        })
    };
    Ok(newest.into_iter().map(view).collect())
}

/// The read rate, computed again only when something changed.
async fn read_rate(
    state: &Shared,
    directory: &Arc<Directory>,
    coverage: &Arc<Coverage>,
) -> Result<Arc<ReadRate>, Problem> {
    let key = (coverage.sequence(), directory.revision);
    let cached = || state.read_rate.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((of, rate)) = cached().as_ref()
        && *of == key
    {
        return Ok(Arc::clone(rate));
    }
    let (directory, coverage, now) = (Arc::clone(directory), Arc::clone(coverage), (state.now)());
    let computed = state.read(move |_| Ok(Arc::new(computed(&directory, &coverage, now)))).await?;
    *cached() = Some((key, Arc::clone(&computed)));
    Ok(computed)
}

fn computed(directory: &Directory, coverage: &Coverage, now: Timestamp) -> ReadRate {
    let mut rate = ReadRate::default();
    let mut lengths = Lengths::default();
    let mut missing: HashMap<ChannelNumber, (u64, u64)> = HashMap::new();
    for date in full_days(coverage, now) {
        let mut day = DayRate { date, expected: 0, received: 0 };
        let counts = coverage.of_recent(date);
        for channel in directory.channels() {
            let expected = lengths.expected(channel, coverage, date);
            let received = counts.and_then(|counts| counts.get(&channel.number)).map_or(0, |count| u64::from(*count));
            let received = received.min(expected);
            day.expected += expected;
            day.received += received;
            if received < expected {
                let gap = missing.entry(channel.number).or_default();
                *gap = (gap.0 + expected, gap.1 + expected - received);
            }
        }
        rate.days.push(day);
    }
    rate.silent = directory.channels().filter(|channel| is_silent(channel, coverage)).count();
    rate.missing = missing.values().map(|(_, missing)| missing).sum();
    rate.channels = missing.len();
    rate.worst = missing.into_iter().map(|(number, (expected, missing))| (number, expected, missing)).collect();
    rate.worst.sort_by_key(|(number, _, missing)| (std::cmp::Reverse(*missing), *number));
    rate.worst.truncate(WORST);
    rate
}

/// The last days that are over everywhere, up to the newest of which something came.
fn full_days(coverage: &Coverage, now: Timestamp) -> Vec<Date> {
    let Some(newest) = coverage.newest_date() else { return Vec::new() };
    // 12 hours behind UTC is the last place on earth where a day ends.
    let over = now.checked_sub(Span::new().hours(36)).map(|instant| instant.to_zoned(jiff::tz::TimeZone::UTC).date());
    let last = over.map_or(newest, |over| newest.min(over));
    let mut days: Vec<Date> = std::iter::successors(Some(last), |date| date.yesterday().ok()).take(DAYS).collect();
    days.retain(|date| coverage.of_recent(*date).is_some());
    days.reverse();
    days
}

/// Whether a channel that once gave readings gave none for long.
pub(crate) fn is_silent(channel: &Channel, coverage: &Coverage) -> bool {
    let last = coverage.extent(channel.number).map(|extent| extent.last);
    last.zip(coverage.newest()).is_some_and(|(last, newest)| last.saturating_add(ACTIVE_SECONDS) < newest)
}

/// Slots of a date by zone and interval length: a fleet has few of each.
#[derive(Default)]
struct Lengths(HashMap<(SmolStr, Date), Option<LocalDay>>);

impl Lengths {
    /// How many readings a channel should have given on a date: from its first reading on, until it is silent.
    fn expected(&mut self, channel: &Channel, coverage: &Coverage, date: Date) -> u64 {
        let Some((interval, extent)) = channel.interval_seconds.zip(coverage.extent(channel.number)) else { return 0 };
        let day = self.0.entry((channel.zone.clone(), date));
        let day = *day.or_insert_with(|| zone_of(&channel.zone).ok().and_then(|zone| LocalDay::of(date, &zone)));
        let Some(day) = day else { return 0 };
        let (start, end) = (day.range.start.as_second(), day.range.end.as_second());
        if end <= extent.first || extent.last.saturating_add(ACTIVE_SECONDS) < start {
            return 0;
        }
        // On the day of its first reading a channel was not there from the start.
        let late = (extent.first - start).max(0);
        u64::from(day.slots(interval).unwrap_or(0)).saturating_sub(late.unsigned_abs() / u64::from(interval.max(1)))
    }
}

/// The channels that gave less than expected on a date.
pub(crate) async fn incomplete(
    state: &Shared,
    directory: &Arc<Directory>,
    coverage: &Arc<Coverage>,
    date: Date,
) -> Result<BTreeSet<u32>, Problem> {
    let (directory, coverage) = (Arc::clone(directory), Arc::clone(coverage));
    let channels = state
        .read(move |book| {
            let mut counts: HashMap<ChannelNumber, u32> = HashMap::new();
            match coverage.of_recent(date) {
                Some(known) => counts.clone_from(known),
                None => {
                    // Damaged channels count as incomplete; the book names the damage itself.
                    book.scan_day(date, |day| {
                        let count = present(&day).map_or(0, |(count, _)| count);
                        *counts.entry(day.channel).or_default() += count;
                    })?;
                }
            }
            let mut lengths = Lengths::default();
            let is_incomplete = |channel: &&Channel| {
                let received = counts.get(&channel.number).copied().unwrap_or(0);
                u64::from(received) < lengths.expected(channel, &coverage, date)
            };
            Ok(directory.channels().filter(is_incomplete).map(|channel| channel.number.0).collect())
        })
        .await?;
    Ok(channels)
}
