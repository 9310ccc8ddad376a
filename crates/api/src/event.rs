//! Device events: the way in, the list, the feed that others follow, and words that are not understood.

use std::collections::BTreeSet;

use axum::Json;
use axum::body::{Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use model::event::EndDeviceEventType;
use model::event::report::Subject;
use model::id::Name;
use model::time::TimeRange;
use serde::Deserialize;
use serde_json::{Value, json};
use store::events::{Event, EventReport, EventsError, Filter, Place};
use tokio::sync::SemaphorePermit;

use crate::feed;
use crate::guard::content_type;
use crate::intake::Told;
use crate::problem::{Code, Problem};
use crate::query::{Ask, rows};
use crate::state::{Shared, Upload};

/// The longest message of events; longer ones are files, which `/api/v1/readings` takes.
const MESSAGE_BYTES_MAX: usize = 8 << 20;
/// Memory for messages of events that are under way, in KiB.
pub(crate) const UNDER_WAY_KIB_MAX: usize = 64 << 10;
/// Events in one answer of the feed.
const FEED_MAX: u32 = 5000;

/// `POST /api/v1/events`
pub(crate) async fn receive(
    State(state): State<Shared>,
    Ask(told): Ask<Told>,
    request: Request,
) -> Result<Response, Problem> {
    content_type(request.headers())?;
    let (bytes, _permit) = message(&state, request).await?;
    let receipt = state.intake.receive_events(told.upload(bytes)).await?;
    if receipt.accepted {
        return Ok(Json(receipt.told).into_response());
    }
    let members = vec![("receipt", receipt.told)];
    Err(Problem { members, ..Problem::new(Code::Refused, "nothing of the message was stored") })
}

/// The message, and the leave to hold it in memory as long as the permit is held.
pub(crate) async fn message(state: &Shared, request: Request) -> Result<(Bytes, SemaphorePermit<'_>), Problem> {
    let max = MESSAGE_BYTES_MAX.min(state.message_bytes_max);
    let length = request.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    let kib = u32::try_from(length.unwrap_or(max).min(max) / 1024 + 1).unwrap_or(u32::MAX);
    let busy = |_| Problem::new(Code::TooManyRequests, "as many events are under way as there is memory for");
    let permit = state.events_under_way.try_acquire_many(kib).map_err(busy)?;
    let too_large = |_| Problem::new(Code::BodyTooLarge, format!("expected at most {max} bytes of events"));
    let bytes = to_bytes(request.into_body(), max).await.map_err(too_large)?;
    if bytes.is_empty() {
        return Err(Problem::parameter("body", "expected events, found no bytes"));
    }
    Ok((bytes, permit))
}

/// Which events a list has.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Which {
    device: Option<String>,
    #[serde(rename = "type")]
    event_type: Option<String>,
    source: Option<String>,
    from: Option<Timestamp>,
    to: Option<Timestamp>,
    after: Option<String>,
    /// The last ones, the newest first.
    newest: Option<bool>,
    limit: Option<u32>,
}

/// `GET /api/v1/events`: by time.
pub(crate) async fn list(State(state): State<Shared>, Ask(which): Ask<Which>) -> Result<Json<Value>, Problem> {
    let limit = rows(which.limit)?;
    let range = which.range()?;
    let filter = which.filter(&state).await?;
    if which.newest == Some(true) {
        if which.from.is_some() || which.to.is_some() || which.after.is_some() {
            return Err(Problem::parameter("newest", "expected neither `from`, `to` nor `after` beside it"));
        }
        let events = state.events.latest(&filter, limit).await?;
        return Ok(Json(json!({ "events": events.iter().map(view).collect::<Vec<_>>(), "next": null })));
    }
    let after = which.after.as_deref().map(str::parse::<Place>).transpose();
    let after = after.map_err(|error| Problem::parameter("after", error.to_string()))?;
    let events = state.events.between(range, &filter, limit, after).await?;
    let next = events.last().filter(|_| events.len() as u32 == limit).map(|last| last.place().to_string());
    Ok(Json(json!({ "events": events.iter().map(view).collect::<Vec<_>>(), "next": next })))
}

/// `GET /api/v1/events/counts`: by hour and type.
pub(crate) async fn counts(State(state): State<Shared>, Ask(which): Ask<Which>) -> Result<Json<Value>, Problem> {
    let counts = state.events.counts(which.range()?, &which.filter(&state).await?).await?;
    let counts = counts.iter().map(|count| {
        json!({
            "hour": count.hour,
            "type": count.event_type.map(|event_type| event_type.to_string()),
            "name": count.event_type.map(EndDeviceEventType::describe),
            "count": count.count,
        })
    });
    Ok(Json(json!({ "counts": counts.collect::<Vec<_>>() })))
}

impl Which {
    fn range(&self) -> Result<TimeRange, Problem> {
        let start = self.from.unwrap_or(Timestamp::MIN);
        let end = self.to.unwrap_or(Timestamp::MAX);
        if end <= start {
            return Err(Problem::parameter("to", format!("expected an instant after `from` ({start}), found {end}")));
        }
        Ok(TimeRange { start, end })
    }

    async fn filter(&self, state: &Shared) -> Result<Filter, Problem> {
        let mut filter = Filter::default();
        if let Some(text) = &self.event_type {
            let types: Result<Vec<EndDeviceEventType>, _> = text.split(',').map(str::parse).collect();
            filter.types = types.map_err(|error| Problem::parameter("type", error.to_string()))?;
        }
        filter.sources.extend(self.source.iter().flat_map(|sources| sources.split(',')).map(str::to_owned));
        if let Some(name) = &self.device {
            let directory = state.registry.directory().await?;
            filter.devices.extend(subjects(&directory, name, (state.now)()));
        }
        Ok(filter)
    }
}

/// Everyone that events of this name may be of: the meter or usage point of an mRID or name, and an unknown device.
pub fn subjects(directory: &store::registry::directory::Directory, name: &str, at: Timestamp) -> Vec<Subject> {
    let words = Name::new("", name);
    let mut subjects = vec![Subject::unknown(Some(&words), "")];
    subjects.extend(name.parse().ok().map(Subject::Meter));
    subjects.extend(name.parse().ok().map(Subject::UsagePoint));
    subjects.extend(directory.whose(Some(&words), None, at).subject());
    subjects.extend(directory.whose(None, Some(&words), at).subject());
    let point = directory.whose(None, Some(&words), at).usage_point;
    subjects.extend(point.map(Subject::UsagePoint));
    subjects
}

/// Where a follower is.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct After {
    after: Option<u64>,
    limit: Option<u32>,
}

/// `GET /api/v1/events/feed`: in the order of arrival, after a number.
pub(crate) async fn feed(State(state): State<Shared>, Ask(asked): Ask<After>) -> Result<Json<Value>, Problem> {
    let limit = asked.limit.unwrap_or(FEED_MAX);
    if !(1..=FEED_MAX).contains(&limit) {
        return Err(Problem::parameter("limit", format!("expected 1 to {FEED_MAX}, found {limit}")));
    }
    let after = asked.after.unwrap_or(0);
    let events = state.events.since(after, limit).await?;
    let next = events.last().map_or(after, |last| last.sequence);
    let feeds = feed::briefs(&state.feeds.look((state.now)()));
    Ok(Json(json!({ "events": events.iter().map(view).collect::<Vec<_>>(), "next": next, "feeds": feeds })))
}

/// `GET /api/v1/events/unmapped`: words of sources that are not understood.
pub(crate) async fn unmapped(State(state): State<Shared>) -> Result<Json<Value>, Problem> {
    Ok(Json(json!({ "unmapped": state.events.unmapped().await? })))
}

/// An event as it is told to people and programs.
pub fn view(event: &Event) -> Value {
    let sources: BTreeSet<_> = event.reports.iter().map(|report| &report.source).collect();
    json!({
        "sequence": event.sequence,
        "type": event.event_type.map(|event_type| event_type.to_string()),
        "name": event.event_type.map(EndDeviceEventType::describe),
        "device": event.device,
        "meter": event.meter,
        "usage_point": event.usage_point,
        "state": event.state,
        "occurred_at": event.occurred_at,
        "ordered_at": event.ordered_at,
        "received_at": event.received_at,
        "time_doubtful": event.reports.first().is_some_and(|report| report.is_doubtful),
        "sources": sources,
        "reports": event.reports.iter().map(report).collect::<Vec<_>>(),
    })
}

fn report(report: &EventReport) -> Value {
    // A name that came twice keeps both words.
    let details: Vec<_> = report.details.iter().map(|(name, value)| json!({ "name": name, "value": value })).collect();
    json!({
        "source": report.source,
        "id": report.source_id,
        "told_type": report.told_type,
        "told_at": report.told_at,
        "occurred_at": report.occurred_at,
        "received_at": report.received_at,
        "time_doubtful": report.is_doubtful,
        "raw": report.raw,
        "line": report.line,
        "severity": report.severity,
        "reason": report.reason,
        "status": report.status,
        "details": details,
    })
}

impl From<EventsError> for Problem {
    fn from(error: EventsError) -> Self {
        Self::internal(&error)
    }
}

impl Told {
    /// The message with what its sender says of it.
    pub(crate) fn upload(self, bytes: Bytes) -> Upload {
        Upload {
            source: self.source.unwrap_or_else(|| "http".into()),
            name: self.name.unwrap_or_else(|| "posted message".into()),
            format: self.format,
            zone: self.zone,
            bytes,
        }
    }
}
