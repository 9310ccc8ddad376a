//! Register reads and period amounts of a channel, newest first.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use jiff::Timestamp;
use model::quantity::Decimal;
use serde::{Deserialize, Serialize};
use store::readings::RegisterRead;

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
    value: Option<String>,
    status: StatusWords,
    recorded_at: Option<Timestamp>,
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
            let view = |read: &RegisterRead| {
                Some(Read {
                    at: Timestamp::from_second(read.at).ok()?,
                    period_start: read.period_start.and_then(|start| Timestamp::from_second(start).ok()),
                    value: read.value.map(|value| Decimal::new(value, quantum).to_string()),
                    status: {
                        let quality = book::quality(book, read.quality);
                        StatusWords::of(quality.status, &quality.flag, read.value.is_some())
                    },
                    recorded_at: book::instant(read.received_at),
                })
            };
            let items: Vec<Read> = history.registers.iter().rev().skip(skip).take(limit).filter_map(view).collect();
            Ok((items, skip.saturating_add(limit) < history.registers.len()))
        })
        .await?;
    let next = more.then(|| (skip + limit).to_string());
    etag::json(&headers, &serde_json::json!({ "unit": channel.unit, "items": items, "next": next }))
}
