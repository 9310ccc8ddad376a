//! What was received of a channel, message by message.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use jiff::Timestamp;
use model::time::LocalDay;
use serde::Serialize;
use store::readings::{Error, ReadingsBook};

use crate::book::{instant, whole};
use crate::channel::{find, zone_of};
use crate::etag;
use crate::problem::Problem;
use crate::query::Place;
use crate::state::Shared;

/// Local days back from the last one with a value that are looked at.
const DAYS: usize = 14;
/// Messages that are told.
const ARRIVALS: usize = 20;

/// What one message brought of a channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Arrival {
    received_at: Timestamp,
    /// The batch of the readings book.
    sequence: u64,
    /// Who sent it; `None` where that was not noted.
    source: Option<String>,
    /// Values, those that were replaced later among them.
    values: u64,
    /// The first instant of the first of them.
    from: Timestamp,
    /// The end of the last.
    to: Timestamp,
}

/// What is summed up of a message: values, first instant and end.
type Sums = BTreeMap<(i64, u64), (u64, i64, i64)>;

/// `GET /api/v1/channels/{channel}/arrivals`: newest first.
pub(crate) async fn list(
    State(state): State<Shared>,
    headers: HeaderMap,
    Place(channel): Place<String>,
) -> Result<Response, Problem> {
    let directory = state.registry.directory().await?;
    let channel = find(&directory, &state, &channel).await?;
    let coverage = state.coverage().await?;
    let last = coverage.extent(channel.number).and_then(|extent| Timestamp::from_second(extent.last - 1).ok());
    let zone = zone_of(&channel)?;
    let last_day = last.and_then(|last| LocalDay::containing(last, &zone));
    let sums = state
        .read(move |book| match (channel.interval_seconds, last_day) {
            (Some(_), Some(day)) => of_days(book, channel.number, &day, &zone),
            (Some(_), None) => Ok(Sums::new()),
            (None, _) => of_register(book, channel.number),
        })
        .await?;
    let mut items = Vec::new();
    for ((received_at, sequence), (values, from, to)) in sums.into_iter().rev().take(ARRIVALS) {
        let received_at = instant(received_at).unwrap_or_default();
        let source = state.registry.batches().sources_at(received_at).await?.pop();
        let [from, to] = [from, to].map(|second| Timestamp::from_second(second).unwrap_or_default());
        items.push(Arrival { received_at, sequence, source, values, from, to });
    }
    etag::json(&headers, &serde_json::json!({ "items": items, "next": null }))
}

fn of_days(
    book: &ReadingsBook,
    channel: model::id::ChannelNumber,
    last: &LocalDay,
    zone: &jiff::tz::TimeZone,
) -> Result<Sums, Error> {
    let mut sums = Sums::new();
    for date in std::iter::successors(Some(last.date), |date| date.yesterday().ok()).take(DAYS) {
        let Some(day) = LocalDay::of(date, zone) else { continue };
        for version in book.versions(channel, date)?.iter().filter(|version| version.value.is_some()) {
            let start = day.range.start.as_second() + i64::from(version.slot) * i64::from(version.slot_seconds);
            add(&mut sums, (version.received_at, version.sequence), start, start + i64::from(version.slot_seconds));
        }
    }
    Ok(sums)
}

fn of_register(book: &ReadingsBook, channel: model::id::ChannelNumber) -> Result<Sums, Error> {
    let mut sums = Sums::new();
    for read in whole(book, channel)?.registers.iter().filter(|read| read.value.is_some()) {
        add(&mut sums, (read.received_at, read.sequence), read.period_start.unwrap_or(read.at), read.at);
    }
    Ok(sums)
}

fn add(sums: &mut Sums, message: (i64, u64), from: i64, to: i64) {
    let (values, first, last) = sums.entry(message).or_insert((0, from, to));
    *values += 1;
    (*first, *last) = ((*first).min(from), (*last).max(to));
}
