//! Head-ends: how collecting from each goes, how far behind it is, what came when, what waits.
//!
//! A head-end is one of the settings, or any source that sent something or owns usage points: files that people bring have a
//! page, too.

use std::collections::{BTreeMap, HashMap};
use std::sync::PoisonError;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use ingest::collector::Health;
use ingest::feeds::{Complete, FeedStatus};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use smol_str::SmolStr;
use store::registry::arrival::{HourTotals, SourceTotals, Sums};
use store::registry::directory::Directory;

use crate::coverage::Coverage;
use crate::etag;
use crate::problem::{Code, Problem};
use crate::quarantine::{self, ReasonCount};
use crate::query::Place;
use crate::state::{Inner, Shared};

/// How far the arrivals of a head-end are told.
const ARRIVAL_HOURS: i64 = 7 * 24;
/// A source of which nothing came for so long is stale.
const STALE_HOURS: i64 = 24;

/// A head-end in a line.
#[derive(Serialize)]
pub(crate) struct HeadEnd {
    name: SmolStr,
    /// How collecting goes; `None` where it is not one of the settings.
    health: Option<Health>,
    /// When something came from it last.
    last_received_at: Option<Timestamp>,
    /// The end of the newest interval of its usage points.
    newest_reading: Option<Timestamp>,
    /// Meters at its usage points now.
    meters: u64,
    /// What came from it in all.
    received: Sums,
    /// Whether nothing came for twice as long as is expected, a day where nobody said.
    is_stale: bool,
    /// Up to when everything has come, and how far its clock is off; `None` where nothing came since feeds are followed.
    feed: Option<FeedStatus>,
    /// Up to when the intervals of its usage points have come; `None` where it owns none.
    intervals: Option<Complete>,
}

/// A head-end with everything that is told of it.
#[derive(Serialize)]
struct Detail {
    as_of: Timestamp,
    #[serde(flatten)]
    head_end: HeadEnd,
    /// Where it goes on.
    position: Option<String>,
    /// What waits in quarantine.
    quarantine: Vec<ReasonCount>,
    /// The first instant of what `arrivals` tells.
    arrivals_from: Timestamp,
    /// What came by the hour; hours in which nothing came are left out.
    arrivals: Vec<HourTotals>,
}

/// `GET /api/v1/head-ends`
pub(crate) async fn list(State(state): State<Shared>, headers: HeaderMap) -> Result<Response, Problem> {
    let items = state.all_head_ends().await?;
    etag::json(&headers, &serde_json::json!({ "as_of": (state.now)(), "items": items, "next": null }))
}

/// `GET /api/v1/head-ends/{name}`
pub(crate) async fn get(
    State(state): State<Shared>,
    headers: HeaderMap,
    Place(name): Place<String>,
) -> Result<Response, Problem> {
    let not_found = || Problem {
        pointer: Some("name".into()),
        ..Problem::new(Code::NotFound, format!("no head-end is called `{name}`, and nothing ever came from one"))
    };
    let now = (state.now)();
    let head_end = state.all_head_ends().await?.into_iter().find(|of| of.name == name).ok_or_else(not_found)?;
    let since = now.checked_sub(SignedDuration::from_hours(ARRIVAL_HOURS)).unwrap_or(Timestamp::MIN);
    let detail = Detail {
        as_of: now,
        head_end,
        position: state.readings.position(&name),
        quarantine: quarantine::reasons_of(&state, &name).await?,
        arrivals_from: since,
        arrivals: state.registry.batches().by_hour(&name, since).await?,
    };
    etag::json(&headers, &detail)
}

impl Inner {
    /// How collecting from each head-end of the settings goes.
    pub(crate) fn healths(&self) -> Vec<Health> {
        self.head_ends.iter().map(|health| health.lock().unwrap_or_else(PoisonError::into_inner).clone()).collect()
    }

    /// Every head-end by name.
    pub(crate) async fn all_head_ends(&self) -> Result<Vec<HeadEnd>, Problem> {
        let (directory, coverage) = (self.registry.directory().await?, self.coverage().await?);
        let sources = self.registry.batches().by_source().await?;
        let now = (self.now)();
        let mut all = head_ends(self.healths(), sources, owned(&directory, &coverage, now), now);
        let feeds = self.feeds.look(now);
        for (name, complete) in self.completes(&feeds, now).await?.iter() {
            if let Some(of) = all.iter_mut().find(|of| of.name == *name) {
                of.intervals = Some(*complete);
            }
        }
        for feed in feeds {
            if let Some(of) = all.iter_mut().find(|of| of.name == feed.name) {
                if feed.expected_seconds.is_some() && feed.came_at.is_some() {
                    of.is_stale = feed.is_stale;
                }
                of.feed = Some(feed);
            }
        }
        Ok(all)
    }
}

/// What the usage points of a head-end tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Owned {
    meters: u64,
    newest: Option<i64>,
}

fn owned(directory: &Directory, coverage: &Coverage, now: Timestamp) -> HashMap<SmolStr, Owned> {
    let mut owned: HashMap<SmolStr, Owned> = HashMap::new();
    for channel in directory.channels() {
        if let Some(owner) = directory.owner_at(channel.usage_point, now) {
            let newest = coverage.extent(channel.number).map(|extent| extent.last);
            let of = owned.entry(owner.into()).or_default();
            of.newest = of.newest.max(newest);
        }
    }
    for link in directory.installed_at(now) {
        if let Some(owner) = directory.owner_at(model::id::UsagePointId(link.target), now) {
            owned.entry(owner.into()).or_default().meters += 1;
        }
    }
    owned
}

fn head_ends(
    healths: Vec<Health>,
    sources: Vec<SourceTotals>,
    owned: HashMap<SmolStr, Owned>,
    now: Timestamp,
) -> Vec<HeadEnd> {
    let mut by_name: BTreeMap<SmolStr, HeadEnd> = BTreeMap::new();
    let nothing = |name: &SmolStr| HeadEnd {
        name: name.clone(),
        health: None,
        last_received_at: None,
        newest_reading: None,
        meters: 0,
        received: Sums::default(),
        is_stale: true,
        feed: None,
        intervals: None,
    };
    for health in healths {
        let name = SmolStr::new(&health.name);
        by_name.entry(name.clone()).or_insert_with(|| nothing(&name)).health = Some(health);
    }
    let stale_before = now.checked_sub(SignedDuration::from_hours(STALE_HOURS)).unwrap_or(Timestamp::MIN);
    for source in sources {
        let name = SmolStr::new(&source.source);
        let of = by_name.entry(name.clone()).or_insert_with(|| nothing(&name));
        of.is_stale = source.last_received_at < stale_before;
        (of.last_received_at, of.received) = (Some(source.last_received_at), source.sums);
    }
    for (name, owned) in owned {
        let of = by_name.entry(name.clone()).or_insert_with(|| nothing(&name));
        of.meters = owned.meters;
        of.newest_reading = owned.newest.and_then(|second| Timestamp::from_second(second).ok());
    }
    by_name.into_values().collect()
}
