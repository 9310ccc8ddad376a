//! What was collected of a day by its deadline.

use std::fmt::Write;
use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use ingest::collection::report::{ChannelMiss, Report, Verdict};
use ingest::collection::{Collection, waiting};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::etag;
use crate::problem::Problem;
use crate::query::{Ask, rows};
use crate::reading::quoted;
use crate::state::{Inner, Shared};

/// Which day, and how much of it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Asked {
    date: Option<Date>,
    limit: Option<u32>,
}

/// Which day, of which everything is told.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AskedDay {
    pub(crate) date: Option<Date>,
}

/// A report of which not all of what did not count is told.
#[derive(Serialize)]
struct Told {
    #[serde(flatten)]
    report: Report,
    /// How many entries `misses` would have in all.
    misses_count: usize,
}

/// `GET /api/v1/collection`
pub(crate) async fn get(
    State(state): State<Shared>,
    headers: HeaderMap,
    Ask(asked): Ask<Asked>,
) -> Result<Response, Problem> {
    let limit = rows(asked.limit)? as usize;
    let report = state.collected(asked.date).await?;
    etag::json(&headers, &Told { report: report.cut(limit), misses_count: report.misses.len() })
}

/// `GET /api/v1/collection.csv`
pub(crate) async fn csv_file(State(state): State<Shared>, Ask(asked): Ask<AskedDay>) -> Result<Response, Problem> {
    let report = state.collected(asked.date).await?;
    let mut response = ([(header::CONTENT_TYPE, "text/csv; charset=utf-8")], csv(&report)).into_response();
    let name = format!("attachment; filename=\"collection-{}.csv\"", report.date);
    if let Ok(disposition) = HeaderValue::from_str(&name) {
        response.headers_mut().insert(header::CONTENT_DISPOSITION, disposition);
    }
    Ok(response)
}

/// What did not count, a row for consecutive readings of a channel.
pub fn csv(report: &Report) -> String {
    let mut text = String::from("component,channel,source,zone,from,to,readings,reason\n");
    for ChannelMiss { component, channel, source, zone, miss } in &report.misses {
        let source = source.as_deref().unwrap_or_default();
        let [component, channel, source, zone] = [component, channel.as_str(), source, zone].map(quoted);
        let (readings, reason) = (miss.readings, miss.reason.word());
        let row = format_args!("{component},{channel},{source},{zone},{},{},{readings},{reason}", miss.from, miss.to);
        // Writing to a text cannot fail.
        let _ = writeln!(text, "{row}");
    }
    text
}

/// A report with what it was made of: the batch and the revision of the registry.
pub(crate) type Made = ((u64, u64), Arc<Report>);

/// How long a report stands whose deadline is still to come.
const OPEN_SECONDS: i64 = 60;

impl Inner {
    /// The report of a day; of the one that ended last where none is asked for. One is made at a time, and the last one stands
    /// until something changes.
    pub(crate) async fn collected(&self, date: Option<Date>) -> Result<Arc<Report>, Problem> {
        let now = (self.now)();
        let yesterday = || now.to_zoned(self.zone.clone()).date().yesterday();
        let date = date.map_or_else(yesterday, Ok).map_err(|error| Problem::parameter("date", error.to_string()))?;
        let mut last = self.collection_report.lock().await;
        let directory = self.registry.directory().await?;
        let of = (self.readings.sequence(), directory.revision);
        let stands = |report: &Report| {
            report.verdict != Verdict::Open || now.duration_since(report.made_at).as_secs() < OPEN_SECONDS
        };
        if let Some((made_of, report)) = last.as_ref()
            && *made_of == of
            && report.date == date
            && stands(report)
        {
            return Ok(Arc::clone(report));
        }
        let collection =
            Collection::new(Arc::clone(&self.readings), directory, self.collection, waiting(&self.registry).await?);
        let report = Arc::new(self.read(move |_| collection.report(date, now, &mut |_| {})).await?);
        *last = Some((of, Arc::clone(&report)));
        Ok(report)
    }
}
