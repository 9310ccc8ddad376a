//! Everything that Amity leans on: how it is now, and how reliable it was over a month.

use std::fmt::Write as _;

use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use ingest::feeds::dependency::{Lookout, dependencies};
use ingest::feeds::reliability::{Item, Reliability, Zone, reliability};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::problem::Problem;
use crate::query::Ask;
use crate::reading::quoted;
use crate::state::{Inner, Shared};

/// `GET /api/v1/dependencies`: looked at when it is asked for.
pub(crate) async fn list(State(state): State<Shared>) -> Json<Value> {
    let (healths, feeds) = (state.healths(), state.feeds.look((state.now)()));
    let (readings, registry, events) = (&*state.readings, &state.registry, &state.events);
    let lookout = Lookout { healths: &healths, feeds: &feeds, readings, registry, events };
    let items = dependencies(&lookout, state.now).await;
    Json(json!({ "as_of": (state.now)(), "items": items, "next": null }))
}

/// Of which month.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Asked {
    month: Option<String>,
}

/// `GET /api/v1/reliability`
pub(crate) async fn month(State(state): State<Shared>, Ask(asked): Ask<Asked>) -> Result<Json<Reliability>, Problem> {
    Ok(Json(state.reliability(asked).await?))
}

/// `GET /api/v1/reliability.csv`
pub(crate) async fn month_csv(State(state): State<Shared>, Ask(asked): Ask<Asked>) -> Result<Response, Problem> {
    let report = state.reliability(asked).await?;
    let name = format!("attachment; filename=\"reliability-{}.csv\"", report.first.strftime("%Y-%m"));
    let headers = [(header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()), (header::CONTENT_DISPOSITION, name)];
    Ok((headers, csv(&report)).into_response())
}

impl Inner {
    async fn reliability(&self, asked: Asked) -> Result<Reliability, Problem> {
        let now = (self.now)();
        let date = match asked.month {
            None => now.to_zoned(TimeZone::UTC).date(),
            Some(month) => format!("{month}-01").parse::<Date>().map_err(|_| {
                Problem::parameter("month", format!("expected a month such as 2026-03, found `{month}`"))
            })?,
        };
        Ok(reliability(&self.registry, date, now).await?)
    }
}

/// A row for each thing, then one for each zone.
fn csv(report: &Reliability) -> String {
    let month = report.first.strftime("%Y-%m").to_string();
    let mut text = String::from(
        "month,kind,name,looks,up,stale,down,available_per_cent,milliseconds_mean,milliseconds_max,attempts,answered,\
         not_usable,refused,messages,stored,quarantined,expected,in_time,late,missing\n",
    );
    // Writing to a text cannot fail.
    for item in &report.items {
        let _ = writeln!(text, "{month},{},{},{}", item.kind, quoted(&item.name), figures(item));
    }
    for Zone { zone, expected, in_time, late, missing, .. } in &report.zones {
        let _ =
            writeln!(text, "{month},collection,{},,,,,,,,,,,,,,,{expected},{in_time},{late},{missing}", quoted(zone));
    }
    text
}

fn figures(item: &Item) -> String {
    let Item { looks, up, stale, down, available_per_10000, .. } = item;
    let number = |number: Option<u64>| number.map_or_else(String::new, |number| number.to_string());
    let (mean, most) = (number(item.milliseconds_mean), number(item.milliseconds_max));
    let attempts = item.attempts.as_ref().map_or_else(
        || ",,,".to_owned(),
        |sum| format!("{},{},{},{}", sum.attempts, sum.answered, sum.not_usable, sum.refused),
    );
    let received = item.received.as_ref();
    let received =
        received.map_or_else(|| ",,".into(), |sums| format!("{},{},{}", sums.batches, sums.stored, sums.quarantined));
    let share = format!("{}.{:02}", available_per_10000 / 100, available_per_10000 % 100);
    format!("{looks},{up},{stale},{down},{share},{mean},{most},{attempts},{received},,,,")
}
