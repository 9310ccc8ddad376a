//! Channels: listed, searched, and told one by one.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use model::id::{ChannelNumber, Mrid, UsagePointId};
use model::master::Channel;
use model::time::zone;
use serde::{Deserialize, Serialize};
use store::registry::directory::Directory;
use store::registry::link::Relation;
use store::registry::master::{Class, SEARCH_MAX};

use crate::coverage::Extent;
use crate::etag;
use crate::fleet;
use crate::problem::{Code, Problem};
use crate::query::{Ask, Place, cursor, rows};
use crate::state::Shared;

/// An object with the name people use.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Named {
    pub(crate) id: String,
    pub(crate) name: String,
}

/// A channel as lists and pages tell it.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct ChannelBrief {
    pub(crate) channel: u32,
    id: String,
    label: String,
    suffix: String,
    usage_point: Named,
    meter: Option<Named>,
    reading_type: String,
    description: String,
    pub(crate) unit: String,
    pub(crate) interval_seconds: Option<u32>,
    pub(crate) time_zone: String,
    first_reading: Option<Timestamp>,
    last_reading: Option<Timestamp>,
    quantum: i8,
    multiplier: String,
    dials: Option<u8>,
}

impl ChannelBrief {
    pub(crate) fn new(channel: &Channel, directory: &Directory, extent: Option<Extent>, now: Timestamp) -> Self {
        let instant = |second| Timestamp::from_second(second).ok();
        Self {
            channel: channel.number.0,
            id: channel.id.to_string(),
            label: channel.label.to_string(),
            suffix: channel.suffix.to_string(),
            usage_point: Named { id: channel.usage_point.to_string(), name: usage_point_name(channel) },
            meter: meter_now(directory, channel.usage_point, now),
            reading_type: channel.reading_type.to_string(),
            description: channel.reading_type.describe(),
            unit: channel.unit.to_string(),
            interval_seconds: channel.interval_seconds,
            time_zone: channel.zone.to_string(),
            first_reading: extent.and_then(|extent| instant(extent.first)),
            last_reading: extent.and_then(|extent| instant(extent.last)),
            quantum: channel.quantum,
            multiplier: directory.multiplier_at(channel, now).to_string(),
            dials: channel.dials,
        }
    }
}

/// A label is `<usage point>/<suffix, else reading type>`.
fn usage_point_name(channel: &Channel) -> String {
    let reading_type = channel.reading_type.to_string();
    let last = if channel.suffix.is_empty() { reading_type.as_str() } else { channel.suffix.as_str() };
    let name = channel.label.strip_suffix(last).and_then(|rest| rest.strip_suffix('/'));
    name.unwrap_or(&channel.label).to_owned()
}

fn meter_now(directory: &Directory, usage_point: UsagePointId, now: Timestamp) -> Option<Named> {
    let meter = directory.meters_at(usage_point, now).next()?;
    let name = directory.meter_names(meter).first().map_or_else(|| meter.to_string(), |name| name.value.to_string());
    Some(Named { id: meter.to_string(), name })
}

/// The zone in which a channel's local days are.
pub(crate) fn zone_of(channel: &Channel) -> Result<TimeZone, Problem> {
    zone::zone_of(&channel.zone).map_err(|error| Problem::internal(&error))
}

/// Which channels to list.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Filter {
    q: Option<String>,
    incomplete: Option<Date>,
    #[serde(default)]
    silent: bool,
    cursor: Option<String>,
    limit: Option<u32>,
}

/// `GET /api/v1/channels`
pub(crate) async fn list(
    State(state): State<Shared>,
    headers: HeaderMap,
    Ask(asked): Ask<Filter>,
) -> Result<Response, Problem> {
    let limit = rows(asked.limit)?;
    let from: u32 = cursor(asked.cursor.as_deref())?.unwrap_or(0);
    let directory = state.registry.directory().await?;
    let coverage = state.coverage().await?;
    let now = (state.now)();
    let text = asked.q.as_deref().map(str::trim).unwrap_or_default();
    let mut numbers: BTreeSet<u32> = if text.is_empty() {
        (0..u32::try_from(directory.len()).unwrap_or(u32::MAX)).collect()
    } else {
        matching(&state, &directory, text).await?
    };
    if let Some(date) = asked.incomplete {
        let incomplete = fleet::incomplete(&state, &directory, &coverage, date).await?;
        numbers.retain(|number| incomplete.contains(number));
    }
    if asked.silent {
        let is_silent = |channel: &Channel| fleet::is_silent(channel, &coverage);
        numbers.retain(|number| directory.channel(ChannelNumber(*number)).is_some_and(is_silent));
    }
    let mut page = numbers.range(from..).copied();
    let shown: Vec<u32> = page.by_ref().take(limit as usize).collect();
    let next = page.next().map(|number| number.to_string());
    let channels = shown.iter().filter_map(|number| directory.channel(ChannelNumber(*number)));
    let brief = |channel: &Channel| ChannelBrief::new(channel, &directory, coverage.extent(channel.number), now);
    let items: Vec<ChannelBrief> = channels.map(brief).collect();
    etag::json(&headers, &serde_json::json!({ "items": items, "next": next }))
}

/// Channels of which the label, the usage point, its meter or any of their names begins with a text.
async fn matching(state: &Shared, directory: &Directory, text: &str) -> Result<BTreeSet<u32>, Problem> {
    let mut numbers = BTreeSet::new();
    if let Ok(number) = text.parse::<u32>()
        && directory.channel(ChannelNumber(number)).is_some()
    {
        numbers.insert(number);
    }
    let mut add = |usage_point| numbers.extend(directory.of_usage_point(usage_point).map(|channel| channel.number.0));
    let mut labelled = Vec::new();
    for hit in state.registry.master().search(text, None, SEARCH_MAX).await? {
        match hit.class {
            Class::UsagePoint => add(UsagePointId(hit.id)),
            Class::Meter => installed(state, hit.id).await?.into_iter().for_each(|(usage_point, _)| add(usage_point)),
            Class::Channel => labelled.extend(directory.by_label(&hit.name.value).map(|channel| channel.number.0)),
            _ => {}
        }
    }
    numbers.extend(labelled);
    Ok(numbers)
}

/// Every usage point a meter was ever at, with the time from its first installation there to the last removal.
pub(crate) async fn installed(state: &Shared, meter: Mrid) -> Result<Vec<(UsagePointId, Extent)>, Problem> {
    let links = state.registry.master().links_of(meter).await?;
    let mut points: Vec<(UsagePointId, Extent)> = Vec::new();
    for link in links.iter().filter(|link| link.relation == Relation::MeterAtUsagePoint && link.subject == meter) {
        let last = link.to.map_or(i64::MAX, Timestamp::as_second);
        let there = Extent { first: link.from.as_second(), last };
        match points.iter_mut().find(|(point, _)| point.0 == link.target) {
            Some((_, known)) => {
                *known = Extent { first: known.first.min(there.first), last: known.last.max(there.last) };
            }
            None => points.push((UsagePointId(link.target), there)),
        }
    }
    Ok(points)
}

/// `GET /api/v1/channels/{channel}`: by number, mRID or label.
pub(crate) async fn get(
    State(state): State<Shared>,
    headers: HeaderMap,
    Place(text): Place<String>,
) -> Result<Response, Problem> {
    let directory = state.registry.directory().await?;
    let channel = find(&directory, &state, &text).await?;
    let coverage = state.coverage().await?;
    let extent = extent(&state, &coverage, &channel, Extent::ALWAYS).await?;
    etag::json(&headers, &ChannelBrief::new(&channel, &directory, extent, (state.now)()))
}

/// The channel that a path names by number, mRID or label.
pub(crate) async fn find(directory: &Directory, state: &Shared, text: &str) -> Result<Channel, Problem> {
    let number = text.parse().ok().map(ChannelNumber);
    if let Some(channel) = number.and_then(|number| directory.channel(number)).or_else(|| directory.by_label(text)) {
        return Ok(channel.clone());
    }
    state.registry.channels().find(text).await.map_err(|error| match error {
        store::registry::RegistryError::NotFound { .. } => Problem {
            pointer: Some("channel".into()),
            ..Problem::new(Code::NotFound, format!("channel `{text}` is not in the registry"))
        },
        other => other.into(),
    })
}

/// The channel with intervals that a path names, and their length.
pub(crate) async fn find_with_intervals(
    directory: &Directory,
    state: &Shared,
    text: &str,
) -> Result<(Channel, u32), Problem> {
    let channel = find(directory, state, text).await?;
    let Some(interval_seconds) = channel.interval_seconds else {
        let detail = format!("channel `{}` has register reads, not intervals", channel.label);
        let remedy = Some(format!("Ask for /api/v1/channels/{}/registers.", channel.number));
        return Err(Problem { pointer: Some("channel".into()), remedy, ..Problem::new(Code::NotFound, detail) });
    };
    Ok((channel, interval_seconds))
}

/// Where the readings of a channel in a time begin and end; of registers, their first and last read, those at both ends of
/// the time among them: a meter is read when it comes and when it goes.
pub(crate) async fn extent(
    state: &Shared,
    coverage: &Arc<crate::coverage::Coverage>,
    channel: &Channel,
    time: Extent,
) -> Result<Option<Extent>, Problem> {
    if channel.interval_seconds.is_some() {
        return Ok(coverage.extent(channel.number).and_then(|extent| extent.within(time)));
    }
    let number = channel.number;
    let history = state.read(move |book| crate::book::whole(book, number)).await?;
    let mut reads = history.registers.iter().filter(|read| time.first <= read.at && read.at <= time.last);
    let ends = reads.clone().next().zip(reads.next_back());
    Ok(ends.map(|(first, last)| Extent { first: first.at, last: last.at }))
}
