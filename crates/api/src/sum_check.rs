//! The sum check V50 of a channel: its intervals against every register and stated amount of the same quantity.
//!
//! The comparison is that of validation ([`ingest::validation::totals`]); here it is told in pages.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use ingest::validation::totals::{CheckedTotal, Comparison, check_all};
use jiff::Timestamp;
use model::time::TimeRange;
use serde::{Deserialize, Serialize};

use crate::channel::find_with_intervals;
use crate::etag;
use crate::problem::Problem;
use crate::query::{Ask, Place, cursor, rows};
use crate::state::Shared;

/// Which checks.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Filter {
    cursor: Option<String>,
    limit: Option<u32>,
}

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Outcome {
    Passed,
    Failed,
    Incomplete,
}

#[derive(Debug, Serialize)]
struct Check {
    start: Timestamp,
    end: Timestamp,
    register: String,
    interval_sum: Option<String>,
    register_amount: Option<String>,
    difference: Option<String>,
    tolerance: Option<String>,
    outcome: Outcome,
    reason: Option<String>,
}

/// `GET /api/v1/channels/{channel}/sum-checks`
pub(crate) async fn list(
    State(state): State<Shared>,
    headers: HeaderMap,
    Place(channel): Place<String>,
    Ask(asked): Ask<Filter>,
) -> Result<Response, Problem> {
    let limit = rows(asked.limit)? as usize;
    let skip: usize = cursor(asked.cursor.as_deref())?.unwrap_or(0);
    let directory = state.registry.directory().await?;
    let (channel, _) = find_with_intervals(&directory, &state, &channel).await?;
    let (plans, unit) = (state.plans_now().await?, channel.unit.clone());
    let always = TimeRange { start: Timestamp::MIN, end: Timestamp::MAX };
    let checked = state.read(move |book| check_all(book, &directory, &channel, always, &plans)).await?;
    let checks = checked.into_iter().map(Check::of).collect();
    etag::json(&headers, &page(checks, skip, limit, &unit))
}

impl Check {
    fn of(checked: CheckedTotal) -> Self {
        let told = Self {
            start: checked.total.range.start,
            end: checked.total.range.end,
            register: checked.total.measured_by.to_string(),
            interval_sum: None,
            register_amount: None,
            difference: None,
            tolerance: None,
            outcome: Outcome::Incomplete,
            reason: None,
        };
        match checked.comparison {
            Comparison::Incomplete(why) => Self { reason: Some(why.to_string()), ..told },
            Comparison::NotApplicable { sum, why } => {
                Self { interval_sum: Some(sum.to_string()), reason: Some(why), ..told }
            }
            Comparison::Refused { sum, why } => Self {
                interval_sum: Some(sum.to_string()),
                outcome: Outcome::Failed,
                reason: Some(why.to_string()),
                ..told
            },
            Comparison::Made(check) => Self {
                interval_sum: Some(check.sum.to_string()),
                register_amount: Some(check.expected.to_string()),
                difference: Some(check.apart.to_string()),
                tolerance: Some(check.tolerance.to_string()),
                outcome: if check.meets() { Outcome::Passed } else { Outcome::Failed },
                ..told
            },
        }
    }
}

fn page(mut checks: Vec<Check>, skip: usize, limit: usize, unit: &str) -> serde_json::Value {
    checks.sort_by_key(|check| std::cmp::Reverse((check.end, check.start)));
    let count = |outcome| checks.iter().filter(|check| check.outcome == outcome).count();
    let next = (skip.saturating_add(limit) < checks.len()).then(|| (skip + limit).to_string());
    let items: Vec<&Check> = checks.iter().skip(skip).take(limit).collect();
    serde_json::json!({
        "unit": unit,
        "passed": count(Outcome::Passed),
        "failed": count(Outcome::Failed),
        "incomplete": count(Outcome::Incomplete),
        "items": items,
        "next": next,
    })
}
