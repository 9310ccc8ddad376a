//! The weather beside the readings of a channel: mean temperatures of local days, as the registry has them.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use jiff::Timestamp;
use jiff::civil::Date;
use model::quantity::Decimal;
use serde::{Deserialize, Serialize};

use crate::channel::{find_with_intervals, zone_of};
use crate::etag;
use crate::problem::Problem;
use crate::profile::local_days;
use crate::query::{Ask, Place, range};
use crate::state::Shared;

/// Which days.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Filter {
    from: Timestamp,
    to: Timestamp,
}

/// A local day of which the temperature is known.
#[derive(Serialize)]
struct Day {
    date: Date,
    start: Timestamp,
    end: Timestamp,
    station: String,
    mean_celsius: String,
}

/// `GET /api/v1/channels/{channel}/weather`
pub(crate) async fn list(
    State(state): State<Shared>,
    headers: HeaderMap,
    Place(channel): Place<String>,
    Ask(asked): Ask<Filter>,
) -> Result<Response, Problem> {
    let directory = state.registry.directory().await?;
    let (channel, _) = find_with_intervals(&directory, &state, &channel).await?;
    let zone = zone_of(&channel)?;
    let known = local_days(range(asked.from, asked.to)?, &zone).filter_map(|day| {
        let (station, tenths) = directory.mean_temperature(channel.usage_point, day)?;
        let mean_celsius = Decimal::new(tenths.into(), -1).to_string();
        Some(Day { date: day.date, start: day.range.start, end: day.range.end, station: station.into(), mean_celsius })
    });
    etag::json(&headers, &serde_json::json!({ "days": known.collect::<Vec<_>>() }))
}
