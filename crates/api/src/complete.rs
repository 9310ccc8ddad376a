//! Up to when the intervals of each head-end have come, over the channels that are expected of it.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, PoisonError};

use ingest::feeds::{Complete, FeedStatus, complete};
use jiff::{SignedDuration, Timestamp};
use model::master::{Channel, ConnectionState};
use model::time::LocalDay;
use model::time::zone::zone_of;
use smol_str::SmolStr;
use store::registry::directory::Directory;
use vee::meter_times::SILENT_DAYS;

use crate::coverage::Coverage;
use crate::problem::Problem;
use crate::state::Inner;

/// The share of channels where nobody said one, in per cent: that of a day (Ontario 2.3.1).
const PER_CENT: u8 = 98;

/// By head-end.
pub(crate) type Completes = BTreeMap<SmolStr, Complete>;

/// What it was computed of: the batch, the revision of the registry, the hour.
pub(crate) type CompletesOf = ((u64, u64, i64), Arc<Completes>);

impl Inner {
    /// Up to when the intervals of each head-end have come that owns usage points with intervals.
    pub(crate) async fn completes(&self, feeds: &[FeedStatus], now: Timestamp) -> Result<Arc<Completes>, Problem> {
        let (directory, coverage) = (self.registry.directory().await?, self.coverage().await?);
        // Who is expected changes with the hour, too: meters come and go, and some are silent for too long.
        let of = (coverage.sequence(), directory.revision, now.as_second() / 3600);
        let cached = || self.completes.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, completes)) = cached().as_ref().filter(|(before, _)| *before == of) {
            return Ok(Arc::clone(completes));
        }
        let per_cents: HashMap<&str, u8> =
            feeds.iter().map(|feed| (feed.name.as_str(), feed.complete_per_cent)).collect();
        let completes = reached(&directory, &coverage, now).into_iter().map(|(head_end, reached)| {
            let per_cent = per_cents.get(&*head_end).copied().unwrap_or(PER_CENT);
            (head_end, complete(reached, per_cent))
        });
        let completes = Arc::new(completes.collect());
        *cached() = Some((of, Arc::clone(&completes)));
        Ok(completes)
    }
}

/// Of each head-end, up to when each channel that is expected of it came.
fn reached(directory: &Directory, coverage: &Coverage, now: Timestamp) -> BTreeMap<SmolStr, Vec<Option<Timestamp>>> {
    let mut starts: HashMap<SmolStr, i64> = HashMap::new();
    let mut start_in = |zone: &SmolStr| {
        *starts.entry(zone.clone()).or_insert_with(|| {
            let zone = zone_of(zone).ok();
            let day = coverage.gapless_from().zip(zone).and_then(|(date, zone)| LocalDay::of(date, &zone));
            day.map_or(i64::MAX, |day| day.range.start.as_second())
        })
    };
    let mut all: BTreeMap<SmolStr, Vec<Option<Timestamp>>> = BTreeMap::new();
    for channel in directory.channels().filter(|channel| channel.interval_seconds.is_some()) {
        let Some(owner) = directory.owner_at(channel.usage_point, now) else { continue };
        let reached = coverage.reached(channel.number, start_in(&channel.zone));
        if is_expected(directory, channel, reached, now) {
            let reached = reached.and_then(|second| Timestamp::from_second(second).ok());
            all.entry(owner.into()).or_default().push(reached);
        }
    }
    all
}

/// Whether something is expected of a channel: a meter is there and can be reached. Where nobody says since when one is there,
/// it is expected while it was not silent for too long, as for the collection of a day.
fn is_expected(directory: &Directory, channel: &Channel, reached: Option<i64>, now: Timestamp) -> bool {
    let state = directory.states(channel.usage_point).and_then(|states| states.at(now));
    if matches!(state, Some(ConnectionState::PhysicallyDisconnected | ConnectionState::Closed)) {
        return false;
    }
    let silence = SignedDuration::from_hours(24 * i64::from(SILENT_DAYS)).as_secs();
    match directory.meter_links(channel.usage_point) {
        [] => reached.is_some_and(|second| now.as_second() - silence <= second),
        _ => directory.meters_at(channel.usage_point, now).next().is_some(),
    }
}
