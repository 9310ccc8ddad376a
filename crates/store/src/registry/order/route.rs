//! Which head-end is asked for a device at a time, and how the head-end calls it.
//!
//! The owner of a usage point is its head-end, and owners and meters change on a day: a span is cut there, so that what was
//! before a move is asked of the old head-end and what is after of the new one.

use jiff::Timestamp;
use model::id::{MeterId, Name, UsagePointId};
use model::time::TimeRange;
use serde::Serialize;
use smol_str::SmolStr;

use super::super::directory::Directory;

/// Who is asked for a part of a span.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Route {
    /// The part.
    pub range: TimeRange,
    /// The meter that was there; `None` where master data does not say.
    pub meter: Option<MeterId>,
    /// The head-end; empty where none is known.
    pub head_end: SmolStr,
    /// The name of the device there; empty where none is known.
    pub device: SmolStr,
    /// Why nobody can be asked, and what to enter.
    pub refused: Option<String>,
}

/// Who is asked for the parts of a span, in order: as many as owners and meters hold in it. An instant is a span without a
/// length, and has one.
pub fn routes(directory: &Directory, usage_point: UsagePointId, range: TimeRange) -> Vec<Route> {
    let links = directory.meter_links(usage_point).iter();
    let moved = directory.moves(usage_point).iter().map(|ownership| ownership.from);
    let ends = links.flat_map(|link| [Some(link.from), link.to]).flatten();
    let mut starts: Vec<Timestamp> = moved.chain(ends).filter(|at| range.start < *at && *at < range.end).collect();
    starts.push(range.start);
    starts.sort_unstable();
    starts.dedup();
    let ends = starts.iter().skip(1).copied().chain([range.end]);
    let parts = starts.iter().zip(ends).map(|(start, end)| TimeRange { start: *start, end });
    parts.filter_map(|part| route(directory, usage_point, part)).collect()
}

/// The route at the begin of a part in which nothing changes; `None` where no meter was there although some are known.
fn route(directory: &Directory, usage_point: UsagePointId, range: TimeRange) -> Option<Route> {
    let meter = directory.meters_at(usage_point, range.start).next();
    if meter.is_none() && !directory.meter_links(usage_point).is_empty() {
        return None;
    }
    let head_end = SmolStr::new(directory.owner_at(usage_point, range.start).unwrap_or_default());
    let names = match meter {
        Some(meter) => directory.meter_names(meter),
        None => directory.usage_point_names(usage_point),
    };
    let device = name_at(names, &head_end);
    let refused = head_end.is_empty().then(|| {
        let name = directory.usage_point_names(usage_point).first();
        let name = name.map_or_else(|| usage_point.to_string(), |name| name.value.to_string());
        let from = range.start;
        format!("no head-end owns usage point {name} at {from}; enter it: amity registry owner {name} HEAD-END")
    });
    Some(Route { range, meter, head_end, device, refused })
}

/// How a head-end calls a device: the name that it gave, else one that nobody in particular gave, else any.
fn name_at(names: &[Name], head_end: &str) -> SmolStr {
    let of = |authority: &str| names.iter().find(|name| name.authority == authority);
    let name = of(head_end).or_else(|| of("")).or(names.first());
    name.map(|name| name.value.clone()).unwrap_or_default()
}
