//! Orders of people and programs: read a meter now, read a span again, find out whether it answers.

use jiff::Timestamp;
use model::id::UsagePointId;
use model::time::TimeRange;
use store::registry::directory::Directory;
use store::registry::order::{OrderEntry, OrderKind, OrderReason, Schedule, Wanted, routes};

/// What somebody wants of the meter of a usage point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// The readings of a span.
    Read(TimeRange),
    /// What its registers show.
    ReadNow,
    /// A sign of life.
    Ping,
}

/// The orders of a wish: one for each head-end and meter that a span has; none where no meter was there.
pub fn orders(
    directory: &Directory,
    usage_point: UsagePointId,
    wish: Wish,
    asked_by: &str,
    (schedule, now): (&Schedule, Timestamp),
) -> Vec<OrderEntry> {
    let (kind, range) = match wish {
        Wish::Read(range) => (OrderKind::Read, range),
        Wish::ReadNow => (OrderKind::ReadNow, TimeRange { start: now, end: now }),
        Wish::Ping => (OrderKind::Ping, TimeRange { start: now, end: now }),
    };
    let entry = |route: store::registry::order::Route| OrderEntry {
        kind,
        why: OrderReason::OnDemand,
        asked_by: asked_by.to_owned(),
        usage_point,
        wanted: if kind == OrderKind::Read { wanted(directory, usage_point, route.range) } else { Vec::new() },
        route,
        gap: None,
        next_at: schedule.first_try(now),
        deadline: schedule.deadline(now),
    };
    routes(directory, usage_point, range).into_iter().map(entry).collect()
}

/// Every interval of a span; of registers, whose rhythm is not known here, one read.
fn wanted(directory: &Directory, usage_point: UsagePointId, range: TimeRange) -> Vec<Wanted> {
    let of = |channel: &model::master::Channel| {
        let readings = match channel.interval_seconds {
            Some(seconds) => u64::try_from(range.seconds()).unwrap_or(0) / u64::from(seconds.max(1)),
            None => 1,
        };
        (0 < readings).then_some(Wanted { channel: channel.number, range, readings })
    };
    directory.of_usage_point(usage_point).filter_map(of).collect()
}
