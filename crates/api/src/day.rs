//! The local days of a channel: how long they are, what came, what validation found and decided. Newest first.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use ingest::validation::SILENT_DAYS;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use model::id::ChannelNumber;
use model::lineage::{Direction, ExceptionSeverity, FinalDay};
use model::quality::Quality;
use model::quality::assumed_time::AssumedTime;
use model::time::{LocalDay, TimeRange};
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;
use store::readings::{AsOf, Day, QualityId, ReadingsBook};

use crate::book;
use crate::channel::{extent, find_with_intervals, zone_of};
use crate::coverage::Extent;
use crate::etag;
use crate::problem::Problem;
use crate::profile::{Frame, Profile, by_date, local_days};
use crate::query::{Ask, Place, cursor, range, rows};
use crate::reading::total;
use crate::state::Shared;
use crate::status::{QualityClass, StatusWords};

/// Which days.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Filter {
    from: Timestamp,
    to: Timestamp,
    cursor: Option<String>,
    limit: Option<u32>,
}

#[derive(Serialize)]
struct DayView {
    date: Date,
    start: Timestamp,
    end: Timestamp,
    hours: String,
    expected: usize,
    received: usize,
    raw_sum: String,
    final_sum: String,
    status: StatusWords,
    run: Option<u64>,
    decided_at: Option<Timestamp>,
    plan_name: Option<SmolStr>,
    plan_version: Option<u32>,
    superseded: u32,
    estimates: Vec<MethodCount>,
    failures: Vec<Failure>,
}

#[derive(Serialize)]
struct MethodCount {
    method: SmolStr,
    count: usize,
}

#[derive(Serialize)]
struct Failure {
    rule: SmolStr,
    from: Timestamp,
    to: Timestamp,
    blocks: bool,
    routed: bool,
    severity: ExceptionSeverity,
    direction: Direction,
    evidence: String,
}

/// `GET /api/v1/channels/{channel}/days`
pub(crate) async fn list(
    State(state): State<Shared>,
    headers: HeaderMap,
    Place(channel): Place<String>,
    Ask(asked): Ask<Filter>,
) -> Result<Response, Problem> {
    let limit = rows(asked.limit)? as usize;
    let from: Option<Date> = cursor(asked.cursor.as_deref())?;
    let asked = range(asked.from, asked.to)?;
    let directory = state.registry.directory().await?;
    let (channel, interval_seconds) = find_with_intervals(&directory, &state, &channel).await?;
    let zone = zone_of(&channel)?;
    let coverage = state.coverage().await?;
    let known = extent(&state, &coverage, &channel, Extent::ALWAYS).await?;
    let mut days: Vec<LocalDay> = match known {
        None => Vec::new(),
        Some(extent) => {
            let end = decided_until(&state, channel.number, &zone, extent.last).await?;
            let known = TimeRange { start: second(extent.first), end: second(end) };
            let both = TimeRange { start: asked.start.max(known.start), end: asked.end.min(known.end) };
            local_days(both, &zone).collect()
        }
    };
    days.retain(|day| from.is_none_or(|from| day.date <= from));
    let earlier = days.len().saturating_sub(limit);
    let next = earlier.checked_sub(1).map(|at| days[at].date.to_string());
    let page = days.split_off(earlier);
    let (number, quantum, unit) = (channel.number, channel.quantum, channel.unit.clone());
    let expected = known.map_or((0, 0), |extent| (extent.first, (state.now)().as_second()));
    let viewed = Viewed { number, quantum, interval_seconds, zone, expected };
    let items = state.read(move |book| views(book, &viewed, &page)).await??;
    etag::json(&headers, &serde_json::json!({ "unit": unit, "items": items, "next": next }))
}

/// The end of the days that validation decided on after the last reading, or of the last reading.
async fn decided_until(state: &Shared, channel: ChannelNumber, zone: &TimeZone, last: i64) -> Result<i64, Problem> {
    let silence_end = last.saturating_add((i64::from(SILENT_DAYS) + 1) * 86_400);
    let days = state.read(move |book| book.read(channel, last, silence_end, AsOf::Now)).await?.days;
    let decided = days.iter().filter(|day| day.slot_seconds == 0);
    let ends = decided.filter_map(|day| Some(LocalDay::of(day.date, zone)?.range.end.as_second()));
    Ok(ends.max().map_or(last, |end| end.max(last)))
}

struct Viewed {
    number: ChannelNumber,
    quantum: i8,
    interval_seconds: u32,
    zone: TimeZone,
    /// From the first reading to now: nothing is missing outside.
    expected: (i64, i64),
}

fn second(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap_or_default()
}

fn views(
    book: &ReadingsBook,
    viewed: &Viewed,
    days: &[LocalDay],
) -> Result<Result<Vec<DayView>, Problem>, store::readings::Error> {
    let Some((first, last)) = days.first().zip(days.last()) else { return Ok(Ok(Vec::new())) };
    let (start, end) = (first.range.start.as_second(), last.range.end.as_second());
    let history = book.read(viewed.number, start, end, AsOf::Now)?;
    let stored = by_date(&history.days);
    let quality = |id: QualityId| book::quality(book, id);
    Ok(days.iter().rev().map(|day| view(viewed, *day, stored.get(&day.date).copied(), &quality)).collect())
}

fn view(
    viewed: &Viewed,
    day: LocalDay,
    stored: Option<&Day>,
    quality: &impl Fn(QualityId) -> Quality,
) -> Result<DayView, Problem> {
    let range = day.range;
    let frame = Frame {
        start: range.start.as_second(),
        end: range.end.as_second().min(viewed.expected.1),
        zone: &viewed.zone,
        interval_seconds: viewed.interval_seconds,
        expected: viewed.expected,
        assumed_time: AssumedTime::default(),
    };
    let profile = Profile::of(stored.map_or(&[], std::slice::from_ref), &frame, quality);
    let decided = stored.and_then(|day| day.final_day.as_ref());
    let seconds = profile.slots.first().map_or(viewed.interval_seconds, |slot| slot.seconds);
    let received = profile.slots.iter().filter(|slot| slot.raw.is_some()).count();
    Ok(DayView {
        date: day.date,
        start: range.start,
        end: range.end,
        hours: hours(range),
        expected: profile.slots.len(),
        received,
        raw_sum: total(profile.slots.iter().filter_map(|slot| slot.raw), viewed.quantum)?,
        final_sum: total(profile.slots.iter().filter_map(|slot| slot.last), viewed.quantum)?,
        status: status(&profile, decided.is_some(), received),
        run: decided.map(|decided| decided.run),
        decided_at: decided.map(|decided| decided.decided_at),
        plan_name: decided.map(|decided| decided.plan_name.clone()).filter(|name| !name.is_empty()),
        plan_version: decided.map(|decided| decided.plan_version),
        superseded: stored.map_or(0, |day| day.superseded),
        estimates: decided.map(estimates).unwrap_or_default(),
        failures: decided.map(|decided| failures(decided, range, seconds)).unwrap_or_default(),
    })
}

/// The gravest class of a day and how many of its intervals are of it.
fn status(profile: &Profile, is_decided: bool, received: usize) -> StatusWords {
    let classes = || profile.slots.iter().map(|slot| profile.class(slot.final_status));
    let class = classes().max().unwrap_or(QualityClass::Missing);
    let count = classes().filter(|other| *other == class).count();
    let words = match class {
        QualityClass::Missing if received == 0 => "nothing received".to_owned(),
        QualityClass::Missing => format!("{count} missing"),
        QualityClass::Failed => format!("{count} failed validation"),
        QualityClass::Questionable => format!("{count} questionable"),
        QualityClass::Estimated => format!("{count} estimated"),
        QualityClass::Edited => format!("{count} edited"),
        QualityClass::Validated => "validated".into(),
        QualityClass::Measured if is_decided => "measured".into(),
        QualityClass::Measured => "not validated yet".into(),
    };
    StatusWords { class, words }
}

fn estimates(decided: &FinalDay) -> Vec<MethodCount> {
    let mut counts: BTreeMap<SmolStr, usize> = BTreeMap::new();
    for value in decided.values.iter().filter(|value| !value.method.is_empty()) {
        *counts.entry(value.method.clone()).or_default() += 1;
    }
    counts.into_iter().map(|(method, count)| MethodCount { method, count }).collect()
}

fn failures(decided: &FinalDay, range: TimeRange, seconds: u32) -> Vec<Failure> {
    let instant = |slot: u16| second(range.start.as_second() + i64::from(slot) * i64::from(seconds));
    let failures = decided.failures.iter().map(|failure| Failure {
        rule: failure.rule.clone(),
        from: instant(failure.from),
        to: instant(failure.to),
        blocks: failure.blocks,
        routed: failure.routed,
        severity: failure.severity,
        direction: failure.direction,
        evidence: failure.evidence.clone(),
    });
    failures.collect()
}

/// `24`, `23`, `25`, or `23.5` where the clock moves by half an hour.
fn hours(range: TimeRange) -> String {
    let (whole, rest) = (range.seconds() / 3600, range.seconds() % 3600);
    if rest == 0 { whole.to_string() } else { format!("{whole}.{}", rest * 10 / 3600) }
}

#[cfg(test)]
mod tests {
    use super::*;

    // covers: ONT-2.4.2b
    #[test]
    fn days_are_as_long_as_their_zone_makes_them() {
        let check = |zone: &str, date: Date, expected: &str| {
            let zone = TimeZone::get(zone).expect("bundled");
            let day = LocalDay::of(date, &zone).expect("in range");
            assert_eq!(hours(day.range), expected);
        };
        check("America/Toronto", jiff::civil::date(2024, 3, 10), "23");
        check("America/Toronto", jiff::civil::date(2024, 11, 3), "25");
        check("Australia/Lord_Howe", jiff::civil::date(2024, 10, 6), "23.5");
        check("UTC", jiff::civil::date(2024, 10, 6), "24");
    }
}
