//! Interval readings of a channel: as JSON to draw, as CSV to keep, and every version of one interval.

use std::fmt::Write as _;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use model::master::Channel;
use model::quality::assumed_time::AssumedTime;
use model::quantity::{Decimal, Sum};
use model::time::LocalDay;
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;
use store::readings::{AsOf, ChannelHistory, Error, ReadingsBook, Version};

use crate::book;
use crate::channel::{extent, find_with_intervals, zone_of};
use crate::coverage::Extent;
use crate::etag;
use crate::problem::{Code, Problem};
use crate::profile::{Frame, Profile, Run, Slot, runs};
use crate::query::{Ask, Place, range};
use crate::state::Shared;
use crate::status::{QualityClass, StatusWords};

/// Steps of one answer when the caller does not say, and the most there can be: a year of quarter-hours and more.
const POINTS_MAX: u32 = 40_000;
/// Rows of one CSV file.
const CSV_ROWS_MAX: usize = 400_000;

/// Which readings.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Filter {
    from: Timestamp,
    to: Timestamp,
    as_of: Option<Timestamp>,
    max_points: Option<u32>,
    #[serde(default)]
    assumed_time: AssumedTime,
}

#[derive(Serialize)]
struct Readings {
    channel: u32,
    from: Timestamp,
    to: Timestamp,
    as_of: Option<Timestamp>,
    assumed_time: AssumedTime,
    time_zone: String,
    interval_naming: &'static str,
    resolution: &'static str,
    unit: String,
    exponent: i8,
    statuses: Vec<StatusWords>,
    runs: Vec<Run>,
    summary: Summary,
    damaged: Vec<String>,
}

#[derive(Serialize)]
struct Summary {
    expected: usize,
    received: usize,
    left_out: usize,
    raw_sum: String,
    final_sum: String,
    lowest: Option<Extreme>,
    highest: Option<Extreme>,
    classes: Vec<ClassCount>,
}

#[derive(Serialize)]
struct Extreme {
    at: Timestamp,
    value: String,
}

#[derive(Serialize)]
struct ClassCount {
    class: QualityClass,
    count: usize,
}

/// `GET /api/v1/channels/{channel}/readings`
pub(crate) async fn list(
    State(state): State<Shared>,
    headers: HeaderMap,
    Place(channel): Place<String>,
    Ask(asked): Ask<Filter>,
) -> Result<Response, Problem> {
    let points_max = match asked.max_points {
        None => POINTS_MAX,
        Some(points @ 1..=POINTS_MAX) => points,
        Some(points) => {
            return Err(Problem::parameter("max_points", format!("expected 1 to {POINTS_MAX}, found {points}")));
        }
    };
    let (channel, history, profile) = profile(&state, &channel, &asked).await?;
    let (runs, is_bucketed) = runs(&profile, points_max as usize);
    let answer = Readings {
        channel: channel.number.0,
        from: asked.from,
        to: asked.to,
        as_of: asked.as_of,
        assumed_time: asked.assumed_time,
        time_zone: channel.zone.to_string(),
        interval_naming: "beginning",
        resolution: if is_bucketed { "bucket" } else { "interval" },
        unit: channel.unit.to_string(),
        exponent: channel.quantum,
        runs,
        summary: summary(&profile, channel.quantum)?,
        statuses: profile.statuses,
        damaged: history.damaged.iter().map(ToString::to_string).collect(),
    };
    etag::json(&headers, &answer)
}

/// The slots of a range with what the channel and the book say of them.
async fn profile(state: &Shared, channel: &str, asked: &Filter) -> Result<(Channel, ChannelHistory, Profile), Problem> {
    let range = range(asked.from, asked.to)?;
    let directory = state.registry.directory().await?;
    let (channel, interval_seconds) = find_with_intervals(&directory, state, channel).await?;
    let coverage = state.coverage().await?;
    let expected = extent(state, &coverage, &channel, Extent::ALWAYS).await?;
    let expected = expected.map_or((0, 0), |extent| (extent.first, extent.last));
    let zone = zone_of(&channel)?;
    let number = channel.number;
    // What has not happened yet is not missing.
    let (start, end) = (range.start.as_second(), range.end.min((state.now)()).as_second());
    let (as_of, assumed_time) = (book::as_of(asked.as_of), asked.assumed_time);
    let (history, profile) = state
        .read(move |book| {
            let history = book.read(number, start, end, as_of)?;
            let frame = Frame { start, end, zone: &zone, interval_seconds, expected, assumed_time };
            let profile = Profile::of(&history.days, &frame, |id| book::quality(book, id));
            Ok((history, profile))
        })
        .await?;
    Ok((channel, history, profile))
}

fn summary(profile: &Profile, quantum: i8) -> Result<Summary, Problem> {
    let values = || profile.slots.iter().filter_map(|slot| slot.last.map(|value| (slot, value)));
    let extreme = |(slot, value): (&Slot, i64)| {
        let at = Timestamp::from_second(slot.start).ok()?;
        Some(Extreme { at, value: Decimal::new(value, quantum).to_string() })
    };
    let count =
        |class: QualityClass| profile.slots.iter().filter(|slot| profile.class(slot.final_status) == class).count();
    let mut classes: Vec<ClassCount> =
        QualityClass::ALL.into_iter().map(|class| ClassCount { class, count: count(class) }).collect();
    classes.retain(|counted| 0 < counted.count);
    classes.sort_by_key(|counted| std::cmp::Reverse(counted.count));
    Ok(Summary {
        expected: profile.slots.len(),
        left_out: profile.left_out,
        received: profile.slots.iter().filter(|slot| slot.raw.is_some()).count(),
        raw_sum: total(profile.slots.iter().filter_map(|slot| slot.raw), quantum)?,
        final_sum: total(profile.slots.iter().filter_map(|slot| slot.last), quantum)?,
        lowest: values().min_by_key(|(_, value)| *value).and_then(extreme),
        highest: values().rev().max_by_key(|(_, value)| *value).and_then(extreme),
        classes,
    })
}

/// The exact sum of values of a quantum, with the quantum's decimals.
pub(crate) fn total(values: impl Iterator<Item = i64>, quantum: i8) -> Result<String, Problem> {
    let mut sum = Sum::default();
    // One addition of the whole keeps every digit: i128 holds 2^64 times the largest value.
    let digits: i128 = values.map(i128::from).sum();
    sum.add(digits, quantum).map_err(|error| Problem::internal(&error))?;
    match i64::try_from(digits) {
        Ok(digits) => Ok(Decimal::new(digits, quantum).to_string()),
        Err(_) => Ok(sum.to_string()),
    }
}

/// `GET /api/v1/channels/{channel}/readings.csv`: every interval of the range, never in buckets.
pub(crate) async fn csv(
    State(state): State<Shared>,
    headers: HeaderMap,
    Place(channel): Place<String>,
    Ask(asked): Ask<Filter>,
) -> Result<Response, Problem> {
    let (channel, _, profile) = profile(&state, &channel, &asked).await?;
    if CSV_ROWS_MAX < profile.slots.len() {
        let detail = format!("expected at most {CSV_ROWS_MAX} rows, found {}", profile.slots.len());
        return Err(Problem::new(Code::RangeTooLarge, detail));
    }
    let mut response = etag::tagged(&headers, written(&channel, &profile)?.into_bytes(), "text/csv; charset=utf-8");
    let name: String =
        channel.label.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '-' }).collect();
    let disposition = HeaderValue::from_str(&format!("attachment; filename=\"{name}.csv\""));
    if let Ok(disposition) = disposition {
        response.headers_mut().insert(header::CONTENT_DISPOSITION, disposition);
    }
    Ok(response)
}

fn written(channel: &Channel, profile: &Profile) -> Result<String, Problem> {
    let zone = zone_of(channel)?;
    let mut text = format!(
        "start,end,final_{unit},final_quality,raw_{unit},raw_quality\n",
        unit = channel.unit.replace([',', '"'], " ")
    );
    let words = |index: u16| profile.statuses.get(usize::from(index)).map_or("", |status| status.words.as_str());
    let value =
        |value: Option<i64>| value.map(|digits| Decimal::new(digits, channel.quantum).to_string()).unwrap_or_default();
    for slot in &profile.slots {
        let start = local(slot.start, &zone);
        let end = local(slot.start + i64::from(slot.seconds), &zone);
        let _ = writeln!(
            text,
            "{start},{end},{},{},{},{}",
            value(slot.last),
            quoted(words(slot.final_status)),
            value(slot.raw),
            quoted(words(slot.raw_status)),
        );
    }
    Ok(text)
}

/// RFC 3339 with the offset of the zone.
fn local(second: i64, zone: &TimeZone) -> String {
    let zoned = Timestamp::from_second(second).map(|instant| instant.to_zoned(zone.clone()));
    zoned.map(|zoned| zoned.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()).unwrap_or_default()
}

/// Quoted where the text needs it; a leading sign that a spreadsheet would run as a formula is kept as text.
pub(crate) fn quoted(text: &str) -> String {
    let text = if text.starts_with(['=', '+', '-', '@']) { format!("'{text}") } else { text.to_owned() };
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

/// Which interval.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct At {
    at: Timestamp,
}

#[derive(Serialize)]
struct Versions {
    start: Timestamp,
    end: Timestamp,
    unit: String,
    versions: Vec<VersionView>,
}

#[derive(Serialize)]
struct VersionView {
    version: usize,
    kind: &'static str,
    recorded_at: Timestamp,
    value: Option<String>,
    status: StatusWords,
    current: bool,
    source: String,
}

/// `GET /api/v1/channels/{channel}/versions`: every value an interval ever had, newest first.
pub(crate) async fn versions(
    State(state): State<Shared>,
    headers: HeaderMap,
    Place(channel): Place<String>,
    Ask(At { at }): Ask<At>,
) -> Result<Response, Problem> {
    let directory = state.registry.directory().await?;
    let (channel, seconds) = find_with_intervals(&directory, &state, &channel).await?;
    let outside = || Problem::parameter("at", format!("{at} is outside the years that have a calendar"));
    let day = LocalDay::containing(at, &zone_of(&channel)?).ok_or_else(outside)?;
    let slot = u16::try_from((at.as_second() - day.range.start.as_second()) / i64::from(seconds.max(1)))
        .map_err(|_| outside())?;
    let start = day.range.start.as_second() + i64::from(slot) * i64::from(seconds);
    let end = Timestamp::from_second(start + i64::from(seconds)).map_err(|_| outside())?;
    let start = Timestamp::from_second(start).map_err(|_| outside())?;
    let unit = channel.unit.to_string();
    let versions = state.read(move |book| of_slot(book, &Wanted { channel, day, slot, seconds })).await?;
    etag::json(&headers, &Versions { start, end, unit, versions })
}

struct Wanted {
    channel: Channel,
    day: LocalDay,
    slot: u16,
    seconds: u32,
}

fn of_slot(book: &ReadingsBook, wanted: &Wanted) -> Result<Vec<VersionView>, Error> {
    let number = wanted.channel.number;
    let decimal = |value: i64| Decimal::new(value, wanted.channel.quantum).to_string();
    let is_slot = |version: &Version| version.slot == wanted.slot && version.slot_seconds == wanted.seconds;
    let received = book.versions(number, wanted.day.date)?.into_iter().filter(is_slot);
    let mut views: Vec<VersionView> = Vec::new();
    for (at, version) in received.enumerate() {
        let quality = book::quality(book, version.quality);
        let revision = version.revision.and_then(|second| Timestamp::from_second(second).ok());
        let made = revision.map(|revision| format!(", made by its source at {revision}")).unwrap_or_default();
        views.push(VersionView {
            version: at + 1,
            kind: "raw",
            recorded_at: book::instant(version.received_at).unwrap_or_default(),
            value: version.value.map(decimal),
            status: StatusWords::of(quality.status, &quality.flag, version.value.is_some()),
            current: version.is_current,
            source: format!("batch {}{made}", version.sequence),
        });
    }
    if let Some(last) = book.final_day(number, wanted.day.date, AsOf::Now)?
        && let Ok(at) = last.values.binary_search_by_key(&wanted.slot, |value| value.slot)
    {
        let value = &last.values[at];
        let method = if value.method.is_empty() { "the raw value stands" } else { value.method.as_str() };
        views.push(VersionView {
            version: 1,
            kind: "final",
            recorded_at: last.decided_at,
            value: value.value.map(decimal),
            status: StatusWords::of(value.status, &SmolStr::default(), value.value.is_some()),
            current: true,
            source: format!("validation run {}, plan {}, {method}", last.run, last.plan_version),
        });
    }
    views.sort_by_key(|view| std::cmp::Reverse(view.recorded_at));
    Ok(views)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_exact_and_keep_their_decimals() {
        assert_eq!(total([1, 2, 97].into_iter(), -2).expect("small"), "1.00");
        assert_eq!(total(std::iter::empty(), -3).expect("small"), "0.000");
        let large = total([i64::MAX, i64::MAX].into_iter(), -3).expect("fits i128");
        assert_eq!(large, "18446744073709551.614");
    }

    #[test]
    fn cells_cannot_become_formulas() {
        assert_eq!(quoted("estimated, interpolated"), "\"estimated, interpolated\"");
        assert_eq!(quoted("=1+1"), "'=1+1");
        assert_eq!(quoted("validated"), "validated");
    }
}
