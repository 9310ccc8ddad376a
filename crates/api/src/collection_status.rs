//! The status of a day, and what is kept of the collection of days.

use std::fmt::Write;
use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use ingest::collection::history::history;
use ingest::collection::status::{Asked, Evidence, StatusReport, status};
use jiff::Span;
use jiff::civil::Date;
use serde::Deserialize;
use store::registry::collected_day::CollectedDay;

use crate::collection::AskedDay;
use crate::etag;
use crate::problem::Problem;
use crate::query::{Ask, rows};
use crate::reading::quoted;
use crate::state::{Inner, Shared};

/// Days of history that one answer gives.
const DAYS_MAX: i64 = 400;

/// Which day, and how many rows of each item.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AskedStatus {
    date: Option<Date>,
    limit: Option<u32>,
}

/// Which days.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AskedDays {
    from: Option<Date>,
    to: Option<Date>,
}

/// `GET /api/v1/collection/status`
pub(crate) async fn get(
    State(state): State<Shared>,
    headers: HeaderMap,
    Ask(asked): Ask<AskedStatus>,
) -> Result<Response, Problem> {
    let limit = rows(asked.limit)? as usize;
    let told = state.status_of(asked.date).await?;
    etag::json(&headers, &StatusReport::clone(&told).cut(limit))
}

/// `GET /api/v1/collection/status.csv`
pub(crate) async fn csv_file(State(state): State<Shared>, Ask(asked): Ask<AskedDay>) -> Result<Response, Problem> {
    let told = state.status_of(asked.date).await?;
    Ok(attachment(&format!("status-{}.csv", told.date), csv(&told)))
}

/// `GET /api/v1/collection/history`
pub(crate) async fn days(
    State(state): State<Shared>,
    headers: HeaderMap,
    Ask(asked): Ask<AskedDays>,
) -> Result<Response, Problem> {
    let (from, to) = state.period(&asked)?;
    etag::json(&headers, &history(&state.registry, from, to).await?)
}

/// `GET /api/v1/collection/history.csv`
pub(crate) async fn days_csv(State(state): State<Shared>, Ask(asked): Ask<AskedDays>) -> Result<Response, Problem> {
    let (from, to) = state.period(&asked)?;
    let told = history(&state.registry, from, to).await?;
    Ok(attachment(&format!("collection-{from}-{to}.csv"), history_csv(&told.days)))
}

fn attachment(name: &str, text: String) -> Response {
    let mut response = ([(header::CONTENT_TYPE, "text/csv; charset=utf-8")], text).into_response();
    if let Ok(disposition) = HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")) {
        response.headers_mut().insert(header::CONTENT_DISPOSITION, disposition);
    }
    response
}

/// The rows of every item; one without rows has one that says how it stands.
pub fn csv(told: &StatusReport) -> String {
    let mut text = String::from("item,title,verdict,component,zone,from,to,reason\n");
    for item in &told.items {
        let (id, title, verdict) = (&item.id, quoted(item.title), item.verdict.words());
        if item.rows.is_empty() {
            // Writing to a text cannot fail.
            let _ = writeln!(text, "{id},{title},{verdict},,,,,");
        }
        for row in &item.rows {
            let [component, zone, reason] = [row.component.as_str(), &row.zone, &row.reason].map(quoted);
            let [from, to] = [row.from, row.to].map(|at| at.map_or_else(String::new, |at| at.to_string()));
            let _ = writeln!(text, "{id},{title},{verdict},{component},{zone},{from},{to},{reason}");
        }
    }
    text
}

/// Days that are kept, a row for each zone.
pub fn history_csv(days: &[CollectedDay]) -> String {
    let mut text = String::from(
        "date,zone,deadline,made_at,per_cent,expected,in_time,late,estimated,missing,time_in_doubt,verdict\n",
    );
    for day in days {
        let CollectedDay { date, deadline, made_at, per_cent, expected, in_time, late, estimated, missing, .. } = day;
        let (zone, verdict) = (quoted(&day.zone), if day.is_met() { "met" } else { "not_met" });
        let counts = format_args!("{expected},{in_time},{late},{estimated},{missing},{}", day.time_in_doubt);
        // Writing to a text cannot fail.
        let _ = writeln!(text, "{date},{zone},{deadline},{made_at},{per_cent},{counts},{verdict}");
    }
    text
}

/// How long the status of a day stands: attempts and alerts come without a reading.
const STANDS_SECONDS: i64 = 60;

/// The last status report with the batch and the revision of the registry that it was made of.
pub(crate) type Made = ((u64, u64), Arc<StatusReport>);

impl Inner {
    /// The status of a day; of the one that ended last where none is asked for. One is made at a time.
    async fn status_of(&self, date: Option<Date>) -> Result<Arc<StatusReport>, Problem> {
        let report = self.collected(date).await?;
        let mut last = self.status_report.lock().await;
        let (now, directory) = ((self.now)(), self.registry.directory().await?);
        let of = (self.readings.sequence(), directory.revision);
        if let Some((made_of, told)) = last.as_ref()
            && *made_of == of
            && told.date == report.date
            && now.duration_since(told.made_at).as_secs() < STANDS_SECONDS
        {
            return Ok(Arc::clone(told));
        }
        let evidence = Evidence::of(&self.registry, report.date, now).await?;
        let evidence = evidence.with_events(&self.events, &directory, report.date).await?;
        let (limits, zone) = (self.daily_report, self.zone.iana_name().unwrap_or("UTC").to_owned());
        let told = self.read(move |book| {
            let asked = Asked { book, directory: &directory, report: &report, limits, zone: &zone };
            Ok(StatusReport { made_at: now, ..status(asked, &evidence, &mut |_| {})? })
        });
        let told = Arc::new(told.await?);
        *last = Some((of, Arc::clone(&told)));
        Ok(told)
    }

    /// The days that are asked for; thirty that end yesterday where nothing is said.
    fn period(&self, asked: &AskedDays) -> Result<(Date, Date), Problem> {
        let yesterday = || (self.now)().to_zoned(self.zone.clone()).date().yesterday();
        let to = asked.to.map_or_else(yesterday, Ok).map_err(|error| Problem::parameter("to", error.to_string()))?;
        let from = asked.from.or_else(|| to.checked_sub(Span::new().days(29)).ok()).unwrap_or(to);
        let longest = to.checked_sub(Span::new().days(DAYS_MAX)).unwrap_or(Date::MIN);
        if to < from || from < longest {
            let detail = format!("found {from} to {to}, expected at most {DAYS_MAX} days that run forward");
            return Err(Problem::parameter("from", detail));
        }
        Ok((from, to))
    }
}
