//! Excursions of feeders out of the books: what devices told, where they are in the network, and who has told everything.
//!
//! Nothing of it is kept: [`events::feeder`] concludes it anew whenever it is asked for, so that a report that came late, or an
//! event that turned out to be another one, leaves nothing behind.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use events::feeder::{Excursion, Side, Teller, excursion_types, feeder_events};
use jiff::{SignedDuration, Timestamp};
use model::event::EndDeviceEventType;
use model::event::report::Subject;
use model::id::UsagePointId;
use model::time::TimeRange;
use smol_str::SmolStr;
use store::events::{Event, EventsBook, EventsError, Filter};
use store::registry::directory::Directory;
use store::registry::{Registry, RegistryError};

use super::FeedStatus;

pub use events::feeder::{FeederEvent, FeederRules};

/// Events that are asked for at a time, and looked at in all.
const PAGE: u32 = 10_000;
const EVENTS_MAX: usize = 200_000;
/// How long before a span an excursion may have begun that reaches into it.
const BEFORE: SignedDuration = SignedDuration::from_hours(1);

/// What was told of feeders in a span of time.
#[derive(Debug, Default)]
pub struct Told {
    /// The excursions that reach into it, by begin.
    pub events: Vec<FeederEvent>,
    /// How many usage points each of their feeders has.
    pub points: BTreeMap<SmolStr, usize>,
    /// Events of devices that are on no feeder, as far as the registry knows.
    pub not_placed: u64,
    /// Events whose time is not known or not believed: no window is theirs.
    pub untimed: u64,
    /// Whether there were more events than are looked at.
    pub is_cut: bool,
}

/// Why it cannot be told.
#[derive(Debug, thiserror::Error)]
pub enum FeederError {
    /// The events book failed.
    #[error("could not read the events")]
    Events(#[from] EventsError),
    /// The registry failed.
    #[error("could not use the registry")]
    Registry(#[from] RegistryError),
}

/// What was told of feeders in a span of time, with the network and the head-ends as they are at its end.
///
/// # Errors
/// [`FeederError`].
pub async fn told(
    (book, registry): (&EventsBook, &Registry),
    feeds: &[FeedStatus],
    rules: &FeederRules,
    (span, now): (TimeRange, Timestamp),
) -> Result<Told, FeederError> {
    let (found, is_cut) = excursions(book, span).await?;
    let mut told = Told { is_cut, ..Told::default() };
    if found.is_empty() {
        return Ok(told);
    }
    let (directory, feeders) = (registry.directory().await?, registry.feeders(span.end).await?);
    let sides: BTreeMap<EndDeviceEventType, Side> = excursion_types().collect();
    let mut excursions = Vec::with_capacity(found.len());
    for event in &found {
        let feeder = event.usage_point.and_then(|point| feeders.get(&point));
        let side = event.event_type.and_then(|event_type| sides.get(&event_type));
        match (feeder, side) {
            _ if event.occurred_at != Some(event.ordered_at) => told.untimed += 1,
            (Some(feeder), Some(side)) => excursions.extend(excursion(event, feeder, *side)),
            _ => told.not_placed += 1,
        }
    }
    let concerned: BTreeSet<&SmolStr> = excursions.iter().map(|excursion| &excursion.feeder).collect();
    let concerned: HashMap<&UsagePointId, &SmolStr> =
        feeders.iter().filter(|(_, feeder)| concerned.contains(feeder)).collect();
    let tellers = tellers(&concerned, &directory, feeds, (span.end, now));
    told.events = feeder_events(&excursions, &tellers, rules);
    told.events.retain(|event| span.start < event.windows.end);
    for event in &told.events {
        let points = || concerned.values().filter(|feeder| ***feeder == event.feeder).count();
        told.points.entry(event.feeder.clone()).or_insert_with(points);
    }
    Ok(told)
}

/// Events that tell of an excursion, by time, and whether there are more.
async fn excursions(book: &EventsBook, span: TimeRange) -> Result<(Vec<Event>, bool), EventsError> {
    let start = span.start.checked_sub(BEFORE).unwrap_or(Timestamp::MIN);
    let types = excursion_types().map(|(event_type, _)| event_type).collect();
    let filter = Filter { types, ..Filter::default() };
    let mut found: Vec<Event> = Vec::new();
    loop {
        let after = found.last().map(Event::place);
        let page = book.between(TimeRange { start, ..span }, &filter, PAGE, after).await?;
        let is_last = page.len() < PAGE as usize;
        found.extend(page);
        if is_last || EVENTS_MAX <= found.len() {
            return Ok((found, !is_last));
        }
    }
}

fn excursion(event: &Event, feeder: &SmolStr, side: Side) -> Option<Excursion> {
    let device = event.meter.map(Subject::Meter).or(event.usage_point.map(Subject::UsagePoint))?;
    Some(Excursion {
        feeder: feeder.clone(),
        side,
        device,
        at: event.ordered_at,
        received_at: event.reports.iter().map(|report| report.received_at).max().unwrap_or(event.received_at),
        told_by: event.reports.iter().map(|report| report.source.clone()).collect(),
    })
}

/// The head-ends that own usage points of these feeders.
fn tellers(
    concerned: &HashMap<&UsagePointId, &SmolStr>,
    directory: &Directory,
    feeds: &[FeedStatus],
    (end, now): (Timestamp, Timestamp),
) -> BTreeMap<SmolStr, Vec<Teller>> {
    let mut names: BTreeMap<SmolStr, BTreeSet<&str>> = BTreeMap::new();
    for (point, feeder) in concerned {
        names.entry((*feeder).clone()).or_default().extend(directory.owner_at(**point, end));
    }
    let teller = |name: &str| {
        let watermark = feeds.iter().find(|feed| feed.name == name).and_then(|feed| told_until(feed, now));
        Teller { name: name.into(), watermark }
    };
    names.into_iter().map(|(feeder, names)| (feeder, names.into_iter().map(teller).collect())).collect()
}

/// Up to when a head-end has told everything. One that sends by itself has nothing more than it sent, but for what is on its
/// way, unless it is stale or nobody knows what is usual of it.
fn told_until(feed: &FeedStatus, now: Timestamp) -> Option<Timestamp> {
    let is_heard = !feed.is_asked && !feed.is_stale && feed.expected_seconds.is_some();
    match is_heard {
        true => now.checked_sub(SignedDuration::from_millis(feed.delay_milliseconds)).ok(),
        false => feed.watermark,
    }
}
