//! The morning board: what came of the night, what rules found, what waits for a person, what is out of order.
//!
//! Each part says as of when it is. One that cannot be had is told as its problem, and the others are told all the same.

use std::collections::HashSet;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use ingest::collection::report::Report;
use jiff::civil::{Date, Time};
use jiff::{Timestamp, ToSpan};
use model::review::AskGroups;
use model::time::zone::zone_of;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use smol_str::SmolStr;
use store::registry::review::{ActFilter, ActState};

use crate::collection::Age;
use crate::etag;
use crate::problem::Problem;
use crate::quarantine;
use crate::query::Ask;
use crate::state::Shared;
use crate::subscription;

/// Acts that are counted; there are more where there are as many.
const APPROVALS_MAX: u32 = 500;

/// Of which day.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Asked {
    date: Option<Date>,
}

/// When the readings of a day must be there.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct Deadline {
    zone: SmolStr,
    at: Timestamp,
}

/// `GET /api/v1/board`
pub(crate) async fn get(
    State(state): State<Shared>,
    headers: HeaderMap,
    Ask(asked): Ask<Asked>,
) -> Result<Response, Problem> {
    let now = (state.now)();
    let report = state.collected_by(asked.date, Age::Lately).await;
    let body = json!({
        "as_of": now,
        "version": state.version,
        "channels": state.registry.directory().await?.len(),
        "collection": part(report.map(|report| night(&report, now))),
        "exceptions": part(exceptions(&state).await),
        "approvals": part(approvals(&state).await),
        "quarantine": part(waiting(&state).await),
        "head_ends": part(state.all_head_ends().await),
        "subscriptions": part(subscription::subscriptions(&state).await),
    });
    etag::json(&headers, &body)
}

/// A part of the board, or why it is not there.
fn part(told: Result<impl Serialize, Problem>) -> Value {
    let told = told.and_then(|told| serde_json::to_value(told).map_err(|error| Problem::internal(&error)));
    match told {
        Ok(value) => json!({ "value": value, "problem": null }),
        Err(problem) => json!({ "value": null, "problem": problem.detail }),
    }
}

/// The collection of a day without its list of what did not count.
fn night(report: &Report, now: Timestamp) -> Value {
    let components: HashSet<&str> = report.misses.iter().map(|missed| missed.component.as_str()).collect();
    let next = report.zones.iter().filter_map(|zone| next_deadline(&zone.zone, report.rules.deadline, now));
    json!({
        "report": report.cut(0),
        "components": components.len(),
        "next_deadlines": next.collect::<Vec<_>>(),
    })
}

/// The first deadline of a zone after an instant.
fn next_deadline(zone: &SmolStr, deadline: Time, now: Timestamp) -> Option<Deadline> {
    let of = zone_of(zone).ok()?;
    let today = now.to_zoned(of.clone()).date();
    let at = |date: Date| Some(date.to_datetime(deadline).to_zoned(of.clone()).ok()?.timestamp());
    let later = || at(today.checked_add(1.day()).ok()?);
    let at = at(today).filter(|at| now < *at).or_else(later)?;
    Some(Deadline { zone: zone.clone(), at })
}

/// Open exceptions by rule.
async fn exceptions(state: &Shared) -> Result<Value, Problem> {
    let asked = AskGroups { by: Some("rule".into()), ..AskGroups::default() };
    let told = state.ask_review(move |review, _| review.groups(&asked)).await?;
    serde_json::to_value(told).map_err(|error| Problem::internal(&error))
}

/// Acts that wait for a second person.
async fn approvals(state: &Shared) -> Result<Value, Problem> {
    let filter = ActFilter { state: Some(ActState::Proposed), before: None, limit: APPROVALS_MAX };
    let acts = state.registry.review().acts(filter).await?;
    let oldest = acts.iter().map(|act| act.proposed_at).min();
    let is_cut = acts.len() == APPROVALS_MAX as usize;
    Ok(json!({ "waiting": acts.len(), "is_cut": is_cut, "oldest": oldest }))
}

async fn waiting(state: &Shared) -> Result<Value, Problem> {
    let reasons = quarantine::reasons(state).await?;
    let open: u64 = reasons.iter().map(quarantine::ReasonCount::count).sum();
    Ok(json!({ "open": open, "reasons": reasons }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_deadline_is_by_the_clock_of_the_zone() {
        let check = |zone: &str, now: &str, expected: &str| {
            let now = now.parse().expect("an instant");
            let found = next_deadline(&zone.into(), Time::constant(5, 0, 0, 0), now).expect("a deadline");
            assert_eq!(found.at.to_string(), expected, "{zone} {now}");
        };
        check("America/Toronto", "2024-11-02T08:59:59Z", "2024-11-02T09:00:00Z");
        // At 05:00 it has passed; winter time begins in the night that follows.
        check("America/Toronto", "2024-11-02T09:00:00Z", "2024-11-03T10:00:00Z");
        check("Asia/Kolkata", "2024-11-02T12:00:00Z", "2024-11-02T23:30:00Z");
    }
}
