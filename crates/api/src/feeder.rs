//! Excursions of the voltage of feeders, out of what their devices told to any head-end.

use axum::Json;
use axum::extract::State;
use ingest::feeds::feeder::{FeederError, FeederEvent, Told, told};
use jiff::{SignedDuration, Timestamp};
use model::event::report::Subject;
use model::time::TimeRange;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::problem::Problem;
use crate::query::Ask;
use crate::state::Shared;

/// How far back is told where nobody says, and at the most.
const HOURS: i64 = 24;
const HOURS_MAX: i64 = 7 * 24;

/// Of which span of time.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Asked {
    from: Option<Timestamp>,
    to: Option<Timestamp>,
}

/// `GET /api/v1/feeders/events`
pub(crate) async fn events(State(state): State<Shared>, Ask(asked): Ask<Asked>) -> Result<Json<Value>, Problem> {
    let now = (state.now)();
    let span = asked.span(now)?;
    let (books, feeds) = ((&state.events, &state.registry), state.feeds.look(now));
    let told = told(books, &feeds, &state.feeder_rules, (span, now)).await?;
    let items: Vec<Value> = told.events.iter().map(|event| view(event, &told)).collect();
    Ok(Json(json!({
        "as_of": now,
        "from": span.start,
        "to": span.end,
        "window_seconds": state.feeder_rules.window.as_secs(),
        "devices_min": state.feeder_rules.devices_min,
        "items": items,
        "not_placed": told.not_placed,
        "untimed": told.untimed,
        "is_cut": told.is_cut,
        "next": null,
    })))
}

impl Asked {
    fn span(&self, now: Timestamp) -> Result<TimeRange, Problem> {
        let end = self.to.unwrap_or(now);
        let hours_ago = |hours: i64| end.checked_sub(SignedDuration::from_hours(hours)).unwrap_or(Timestamp::MIN);
        let start = self.from.unwrap_or_else(|| hours_ago(HOURS));
        if end <= start || start < hours_ago(HOURS_MAX) {
            let detail = format!("expected an instant before `to` ({end}), at most {HOURS_MAX} hours, found {start}");
            return Err(Problem::parameter("from", detail));
        }
        Ok(TimeRange { start, end })
    }
}

fn view(event: &FeederEvent, told: &Told) -> Value {
    let id = |device: &Subject| match device {
        Subject::Meter(meter) => Some(meter.to_string()),
        Subject::UsagePoint(point) => Some(point.to_string()),
        Subject::Unknown { .. } => None,
    };
    json!({
        "feeder": event.feeder,
        "side": event.side.as_str(),
        "start": event.windows.start,
        "end": event.windows.end,
        "first_told": event.told.0,
        "last_told": event.told.1,
        "devices": event.devices.iter().filter_map(id).collect::<Vec<_>>(),
        "points_of_feeder": told.points.get(&event.feeder),
        "head_ends": event.told_by,
        "is_settled": event.missing.is_empty(),
        "missing": event.missing,
        "changed_at": event.changed_at,
    })
}

impl From<FeederError> for Problem {
    fn from(error: FeederError) -> Self {
        Self::internal(&error)
    }
}
