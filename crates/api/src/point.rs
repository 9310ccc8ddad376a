//! Usage points and meters: listed, and told with their channels and dated links.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use ingest::collector::Health;
use jiff::Timestamp;
use model::id::{Mrid, Name, UsagePointId};
use model::master::ConnectionState;
use serde::{Deserialize, Serialize};
use store::registry::directory::Directory;
use store::registry::link::{Link, Relation};
use store::registry::master::Class;

use crate::channel::{ChannelBrief, Named, extent, installed};
use crate::coverage::Extent;
use crate::etag;
use crate::problem::{Code, Problem};
use crate::query::{Ask, Place, cursor, rows};
use crate::state::Shared;

/// Which points to list.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Filter {
    q: Option<String>,
    cursor: Option<String>,
    limit: Option<u32>,
}

#[derive(Serialize)]
struct PointBrief {
    id: String,
    name: String,
    kind: &'static str,
    channels: usize,
    partner: Option<Named>,
}

#[derive(Serialize)]
struct Point {
    id: String,
    kind: &'static str,
    name: String,
    names: Vec<Name>,
    time_zone: Option<String>,
    links: Vec<LinkView>,
    channels: Vec<ChannelBrief>,
    state: Option<PointState>,
}

/// How a usage point is now.
#[derive(Serialize)]
struct PointState {
    connection: Option<ConnectionState>,
    /// Since when it is known to be so.
    connection_since: Option<Timestamp>,
    /// The head-end that owns it.
    head_end: Option<String>,
    /// How collecting from that goes.
    health: Option<Health>,
}

#[derive(Serialize)]
struct LinkView {
    what: &'static str,
    id: String,
    name: String,
    from: Option<Timestamp>,
    to: Option<Timestamp>,
}

/// `GET /api/v1/usage-points`
pub(crate) async fn usage_points(
    state: State<Shared>,
    headers: HeaderMap,
    asked: Ask<Filter>,
) -> Result<Response, Problem> {
    list(state, headers, asked, Class::UsagePoint).await
}

/// `GET /api/v1/meters`
pub(crate) async fn meters(state: State<Shared>, headers: HeaderMap, asked: Ask<Filter>) -> Result<Response, Problem> {
    list(state, headers, asked, Class::Meter).await
}

async fn list(
    State(state): State<Shared>,
    headers: HeaderMap,
    Ask(asked): Ask<Filter>,
    class: Class,
) -> Result<Response, Problem> {
    let limit = rows(asked.limit)?;
    let text = asked.q.as_deref().map(str::trim).unwrap_or_default();
    let (ids, next) = if text.is_empty() {
        let after: Option<Mrid> = cursor(asked.cursor.as_deref())?;
        let ids = state.registry.master().page(class, after, limit).await?;
        let next = ids.last().filter(|_| ids.len() == limit as usize).map(Mrid::to_string);
        (ids, next)
    } else {
        let hits = state.registry.master().search(text, Some(class), limit).await?;
        let mut ids: Vec<Mrid> = hits.into_iter().map(|hit| hit.id).collect();
        ids.dedup();
        (ids, None)
    };
    let directory = state.registry.directory().await?;
    let mut items = Vec::new();
    for id in ids {
        items.push(brief(&state, &directory, id, class).await?);
    }
    etag::json(&headers, &serde_json::json!({ "items": items, "next": next }))
}

async fn brief(state: &Shared, directory: &Directory, id: Mrid, class: Class) -> Result<PointBrief, Problem> {
    let object = state.registry.master().get(id).await?;
    let now = (state.now)();
    let links = state.registry.master().links_of(id).await?;
    let installed = links.iter().filter(|link| is_installed(link));
    let partner = match installed.clone().find(|link| link.holds_at(now)) {
        Some(link) => Some(named(state, other_end(link, id)).await?),
        None => None,
    };
    let points = points(state, id, class).await?;
    Ok(PointBrief {
        id: id.to_string(),
        name: display_name(&object.names, id),
        kind: kind(class),
        channels: points.into_iter().map(|(point, _)| directory.of_usage_point(point).count()).sum(),
        partner,
    })
}

/// `GET /api/v1/usage-points/{id}`
pub(crate) async fn usage_point(
    state: State<Shared>,
    headers: HeaderMap,
    id: Place<String>,
) -> Result<Response, Problem> {
    get(state, headers, id, Class::UsagePoint).await
}

/// `GET /api/v1/meters/{id}`
pub(crate) async fn meter(state: State<Shared>, headers: HeaderMap, id: Place<String>) -> Result<Response, Problem> {
    get(state, headers, id, Class::Meter).await
}

async fn get(
    State(state): State<Shared>,
    headers: HeaderMap,
    Place(text): Place<String>,
    class: Class,
) -> Result<Response, Problem> {
    let not_found = || Problem {
        pointer: Some("id".into()),
        ..Problem::new(Code::NotFound, format!("{} `{text}` is not in the registry", kind(class)))
    };
    let id: Mrid = text.parse().map_err(|_| not_found())?;
    let object = state.registry.master().get(id).await?;
    if object.class != class {
        return Err(not_found());
    }
    let links = state.registry.master().links_of(id).await?;
    let channels = channels(&state, points(&state, id, class).await?).await?;
    let here = match class {
        Class::UsagePoint => Some(UsagePointId(id)),
        _ => links
            .iter()
            .find(|link| is_installed(link) && link.holds_at((state.now)()))
            .map(|link| UsagePointId(link.target)),
    };
    let directory = state.registry.directory().await?;
    let point = Point {
        id: id.to_string(),
        kind: kind(class),
        name: display_name(&object.names, id),
        time_zone: channels.first().map(|channel| channel.time_zone.clone()),
        names: object.names,
        links: link_views(&state, id, &links).await?,
        channels,
        state: here.map(|here| point_state(&state, &directory, here)),
    };
    etag::json(&headers, &point)
}

fn point_state(state: &Shared, directory: &Directory, point: UsagePointId) -> PointState {
    let now = (state.now)();
    let known = directory.states(point).and_then(|states| states.links().iter().rev().find(|one| one.holds(now)));
    let head_end = directory.owner_at(point, now);
    PointState {
        connection: known.map(|known| known.value),
        connection_since: known.map(|known| known.from).filter(|from| *from != Timestamp::MIN),
        head_end: head_end.map(str::to_owned),
        health: state.healths().into_iter().find(|health| Some(health.name.as_str()) == head_end),
    }
}

fn is_installed(link: &Link) -> bool {
    link.relation == Relation::MeterAtUsagePoint
}

/// The usage points of an object, and from when to when it was there.
async fn points(state: &Shared, id: Mrid, class: Class) -> Result<Vec<(UsagePointId, Extent)>, Problem> {
    match class {
        Class::UsagePoint => Ok(vec![(UsagePointId(id), Extent::ALWAYS)]),
        _ => installed(state, id).await,
    }
}

async fn channels(state: &Shared, points: Vec<(UsagePointId, Extent)>) -> Result<Vec<ChannelBrief>, Problem> {
    let directory = state.registry.directory().await?;
    let coverage = state.coverage().await?;
    let now = (state.now)();
    let mut briefs = Vec::new();
    for (point, time) in points {
        for channel in directory.of_usage_point(point) {
            let extent = extent(state, &coverage, channel, time).await?;
            briefs.push(ChannelBrief::new(channel, &directory, extent, now));
        }
    }
    // Load profiles before registers, each by number.
    briefs.sort_by_key(|brief| (brief.interval_seconds.is_none(), brief.channel));
    Ok(briefs)
}

async fn link_views(state: &Shared, id: Mrid, links: &[Link]) -> Result<Vec<LinkView>, Problem> {
    let mut views = Vec::new();
    for link in links.iter().filter(|link| is_installed(link)) {
        let other = named(state, other_end(link, id)).await?;
        views.push(LinkView {
            what: if link.subject == id { "usage point" } else { "meter" },
            id: other.id,
            name: other.name,
            from: (link.from != Timestamp::MIN).then_some(link.from),
            to: link.to,
        });
    }
    Ok(views)
}

fn other_end(link: &Link, id: Mrid) -> Mrid {
    if link.subject == id { link.target } else { link.subject }
}

async fn named(state: &Shared, id: Mrid) -> Result<Named, Problem> {
    let object = state.registry.master().get(id).await?;
    Ok(Named { id: id.to_string(), name: display_name(&object.names, id) })
}

fn display_name(names: &[Name], id: Mrid) -> String {
    names.first().map_or_else(|| id.to_string(), |name| name.value.to_string())
}

const fn kind(class: Class) -> &'static str {
    match class {
        Class::Meter => "meter",
        _ => "usage-point",
    }
}
