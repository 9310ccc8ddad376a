//! Register reads and period amounts of a channel, newest first: as received, and as validation left them.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use jiff::Timestamp;
use model::lineage::{FinalRead, ReadFailure};
use model::quantity::Decimal;
use serde::{Deserialize, Serialize};
use store::readings::{ReadingsBook, RegisterRead};

use crate::book;
use crate::channel::find;
use crate::etag;
use crate::problem::Problem;
use crate::query::{Ask, Place, cursor, rows};
use crate::state::Shared;
use crate::status::StatusWords;

/// Which reads.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Filter {
    from: Option<Timestamp>,
    to: Option<Timestamp>,
    as_of: Option<Timestamp>,
    cursor: Option<String>,
    limit: Option<u32>,
}

#[derive(Serialize)]
struct Read {
    at: Timestamp,
    period_start: Option<Timestamp>,
    raw: Option<String>,
    /// What counts; as received where no run has decided.
    value: Option<String>,
    status: StatusWords,
    /// The method that made the value.
    method: Option<String>,
    /// The rules that failed.
    failures: Vec<Failure>,
    run: Option<u64>,
    plan_version: Option<u32>,
    recorded_at: Option<Timestamp>,
}

#[derive(Serialize)]
struct Failure {
    rule: String,
    evidence: String,
}

/// `GET /api/v1/channels/{channel}/registers`
pub(crate) async fn list(
    State(state): State<Shared>,
    headers: HeaderMap,
    Place(channel): Place<String>,
    Ask(asked): Ask<Filter>,
) -> Result<Response, Problem> {
    let limit = rows(asked.limit)? as usize;
    let skip: usize = cursor(asked.cursor.as_deref())?.unwrap_or(0);
    let directory = state.registry.directory().await?;
    let channel = find(&directory, &state, &channel).await?;
    let start = asked.from.map_or(i64::MIN / 2, Timestamp::as_second);
    let end = asked.to.map_or(i64::MAX / 2, Timestamp::as_second);
    let (number, quantum, as_of) = (channel.number, channel.quantum, book::as_of(asked.as_of));
    let (items, more) = state
        .read(move |book| {
            let history = book.read(number, start, end, as_of)?;
            let view = |read: &RegisterRead| view(book, &history.final_reads, read, quantum);
            let items: Vec<Read> = history.registers.iter().rev().skip(skip).take(limit).filter_map(view).collect();
            Ok((items, skip.saturating_add(limit) < history.registers.len()))
        })
        .await?;
    let next = more.then(|| (skip + limit).to_string());
    etag::json(&headers, &serde_json::json!({ "unit": channel.unit, "items": items, "next": next }))
}

/// A read with what validation decided of it.
fn view(book: &ReadingsBook, decided: &[FinalRead], read: &RegisterRead, quantum: i8) -> Option<Read> {
    let at = Timestamp::from_second(read.at).ok()?;
    let period_start = read.period_start.and_then(|start| Timestamp::from_second(start).ok());
    let raw = read.value.map(|value| Decimal::new(value, quantum).to_string());
    let quality = book::quality(book, read.quality);
    let last = decided.iter().find(|last| (last.at, last.period_start) == (at, period_start));
    let value = last.map_or(raw.clone(), |last| last.value.map(|value| value.to_string()));
    let failure =
        |failure: &ReadFailure| Failure { rule: failure.rule.to_string(), evidence: failure.evidence.clone() };
    Some(Read {
        at,
        period_start,
        status: StatusWords::of(last.map_or(quality.status, |last| last.status), &quality.flag, value.is_some()),
        raw,
        value,
        method: last.filter(|last| !last.method.is_empty()).map(|last| last.method.to_string()),
        failures: last.map_or_else(Vec::new, |last| last.failures.iter().map(failure).collect()),
        run: last.map(|last| last.run),
        plan_version: last.map(|last| last.plan_version),
        recorded_at: book::instant(read.received_at),
    })
}
