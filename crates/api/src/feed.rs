//! Up to when everything of each head-end has come, for whoever decides by it.

use axum::Json;
use axum::extract::State;
use ingest::feeds::{Complete, FeedStatus, missing};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::problem::Problem;
use crate::query::Ask;
use crate::state::Shared;

/// A feed with up to when its intervals have come.
#[derive(Serialize)]
pub(crate) struct Feed {
    #[serde(flatten)]
    feed: FeedStatus,
    intervals: Option<Complete>,
}

/// Over which span is decided.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Asked {
    until: Option<Timestamp>,
}

/// `GET /api/v1/feeds`: how each stands, and who is missing from a decision over a span that ends at `until`.
pub(crate) async fn list(State(state): State<Shared>, Ask(asked): Ask<Asked>) -> Result<Json<Value>, Problem> {
    let now = (state.now)();
    let feeds = state.feeds.look(now);
    let until = asked.until.unwrap_or(now);
    let completes = state.completes(&feeds, now).await?;
    let is_behind = |complete: &Complete| 0 < complete.expected && complete.until.is_none_or(|come| come < until);
    let behind: Vec<&str> =
        completes.iter().filter(|(_, complete)| is_behind(complete)).map(|(name, _)| name.as_str()).collect();
    let missing: Vec<String> = missing(&feeds, until).into_iter().map(str::to_owned).collect();
    let with_intervals = |feed: FeedStatus| Feed { intervals: completes.get(&*feed.name).copied(), feed };
    let items: Vec<Feed> = feeds.into_iter().map(with_intervals).collect();
    Ok(Json(json!({
        "as_of": now,
        "until": until,
        "missing": missing,
        "missing_intervals": behind,
        "items": items,
        "next": null,
    })))
}

/// What a follower of events has to know of each feed: how old what it is told is, and whether it may still go by it.
pub(crate) fn briefs(feeds: &[FeedStatus]) -> Vec<Value> {
    let brief = |feed: &FeedStatus| {
        json!({
            "name": feed.name,
            "watermark": feed.watermark,
            "age_seconds": feed.age_seconds,
            "is_stale": feed.is_stale,
        })
    };
    feeds.iter().map(brief).collect()
}
