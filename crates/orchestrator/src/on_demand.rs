//! Orders of people and programs: read a meter now, read a span again, find out whether it answers.

use jiff::Timestamp;
use model::id::{Name, UsagePointId};
use model::master::Channel;
use model::reading::ChannelKey;
use model::time::TimeRange;
use store::registry::directory::{Directory, Unresolved};
use store::registry::order::{Order, OrderEntry, OrderKind, OrderReason, Route, Schedule, Wanted, routes};
use store::registry::{Registry, RegistryError};

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

/// Whose device is meant, by a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whose {
    /// The meter of this name.
    Meter(String),
    /// Whatever meter is at the usage point of this name.
    UsagePoint(String),
}

impl Wish {
    /// The kind of its orders.
    pub const fn kind(self) -> OrderKind {
        match self {
            Self::Read(_) => OrderKind::Read,
            Self::ReadNow => OrderKind::ReadNow,
            Self::Ping => OrderKind::Ping,
        }
    }
}

/// Who asks for something, and why.
#[derive(Clone, Copy, Debug)]
pub struct Asker<'a> {
    /// Why.
    pub why: OrderReason,
    /// The name of a person, a program or a schedule.
    pub by: &'a str,
}

/// Why nothing was ordered.
#[derive(Debug, thiserror::Error)]
pub enum NotOrdered {
    /// The name means nothing, or not one thing.
    #[error(transparent)]
    Unresolved(#[from] Unresolved),
    /// No meter was there in all the time that is asked for.
    #[error("no meter was at the usage point at {0}; enter when it came with `amity registry exchange`")]
    NoMeter(Timestamp),
    /// The registry.
    #[error("the registry cannot be used")]
    Registry(#[from] RegistryError),
}

/// Enters a wish into the ledger; answers its orders. One that nobody can be asked for is refused at once and says why.
///
/// # Errors
/// [`NotOrdered`]: nothing was entered.
pub async fn order(
    registry: &Registry,
    whose: &Whose,
    (wish, asked_by): (Wish, &str),
    (schedule, now): (&Schedule, Timestamp),
) -> Result<Vec<Order>, NotOrdered> {
    let directory = registry.directory().await?;
    let at = if let Wish::Read(range) = wish { range.start } else { now };
    let usage_point = usage_point_of(&directory, whose, at)?;
    let asker = Asker { why: OrderReason::OnDemand, by: asked_by };
    let entries = orders(&directory, usage_point, wish, asker, (schedule, now));
    if entries.is_empty() {
        return Err(NotOrdered::NoMeter(at));
    }
    let mut orders = Vec::new();
    for id in registry.orders().add(&entries, now).await?.ids {
        orders.push(registry.orders().get(id).await?);
    }
    Ok(orders)
}

/// The usage point that is meant at an instant.
///
/// # Errors
/// [`Unresolved`].
pub(crate) fn usage_point_of(directory: &Directory, whose: &Whose, at: Timestamp) -> Result<UsagePointId, Unresolved> {
    let (usage_point, meter) = match whose {
        Whose::Meter(name) => (None, Some(Name::new("", name.as_str()))),
        Whose::UsagePoint(name) => (Some(Name::new("", name.as_str())), None),
    };
    let key = ChannelKey { usage_point, meter, suffix: Default::default(), reading_type: Default::default() };
    directory.place(&key, at)
}

/// The orders of a wish: one for each head-end and meter that a span has; none where no meter was there.
pub fn orders(
    directory: &Directory,
    usage_point: UsagePointId,
    wish: Wish,
    asker: Asker<'_>,
    (schedule, now): (&Schedule, Timestamp),
) -> Vec<OrderEntry> {
    let kind = wish.kind();
    let range = if let Wish::Read(range) = wish { range } else { TimeRange { start: now, end: now } };
    let entry = |route: Route| OrderEntry {
        kind,
        why: asker.why,
        asked_by: asker.by.to_owned(),
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
    let of = |channel: &Channel| {
        let readings = match channel.interval_seconds {
            Some(seconds) => u64::try_from(range.seconds()).unwrap_or(0) / u64::from(seconds.max(1)),
            None => 1,
        };
        (0 < readings).then_some(Wanted { channel: channel.number, range, readings })
    };
    directory.of_usage_point(usage_point).filter_map(of).collect()
}
