//! One wish for many meters: one record, and for each meter one order or a word why there is none.

use std::collections::BTreeSet;

use jiff::Timestamp;
use model::id::UsagePointId;
use smol_str::SmolStr;
use store::registry::directory::Directory;
use store::registry::order::{Group, GroupEntry, NotOrdered, OrderEntry, OrderReason, Schedule, Step};
use store::registry::{Registry, RegistryError};

use crate::on_demand::{Asker, Whose, Wish, orders, usage_point_of};

/// Which meters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Which {
    /// Those of these names, each once.
    Named(Vec<SmolStr>),
    /// Those that are there now at usage points of these head-ends, whichever where there is none.
    Of(Vec<String>),
}

/// What is asked for, by whom, and how often it is tried.
#[derive(Clone, Copy, Debug)]
pub struct Terms<'t> {
    /// What.
    pub wish: Wish,
    /// Who and why.
    pub asker: Asker<'t>,
    /// How often.
    pub schedule: &'t Schedule,
}

/// Enters a wish for many meters; `None` where none is of these head-ends.
///
/// # Errors
/// [`RegistryError`]: nothing was entered.
pub async fn order(
    registry: &Registry,
    which: &Which,
    terms: Terms<'_>,
    now: Timestamp,
) -> Result<Option<Group>, RegistryError> {
    let directory = registry.directory().await?;
    let (usage_points, mut unknown) = match which {
        Which::Named(names) => named(&directory, names, now),
        Which::Of(head_ends) => (owned_by(&directory, head_ends, now).collect(), Vec::new()),
    };
    if usage_points.is_empty() && unknown.is_empty() {
        return Ok(None);
    }
    let entries = entries(&directory, &usage_points, terms, (&mut unknown, now));
    let Asker { why, by } = terms.asker;
    let kind = terms.wish.kind();
    let group = GroupEntry { kind, why, asked_by: by.to_owned(), due_at: now, unknown, missed: None };
    add(registry, (&group, &entries), None, now).await
}

pub(crate) async fn add(
    registry: &Registry,
    (group, entries): (&GroupEntry, &[OrderEntry]),
    step: Option<Step<'_>>,
    now: Timestamp,
) -> Result<Option<Group>, RegistryError> {
    debug_assert!(group.why != OrderReason::Gap, "gaps have lists of their own");
    registry.orders().add_group((group, entries), step, now).await
}

/// The orders of a wish at each of many usage points; whoever has none is told in `unknown`.
pub(crate) fn entries(
    directory: &Directory,
    usage_points: &BTreeSet<UsagePointId>,
    terms: Terms<'_>,
    (unknown, now): (&mut Vec<NotOrdered>, Timestamp),
) -> Vec<OrderEntry> {
    let mut entries = Vec::new();
    for usage_point in usage_points {
        let of_point = orders(directory, *usage_point, terms.wish, terms.asker, (terms.schedule, now));
        if of_point.is_empty() {
            unknown.push(NotOrdered { device: name(directory, *usage_point), why: "no meter is there".into() });
        }
        entries.extend(of_point);
    }
    // As people look for them, whatever ids the registry gave.
    entries.sort_by(|one, other| place(one).cmp(&place(other)));
    entries
}

/// The usage points that head-ends own now, those without a meter left out; of any where no head-end is named.
pub(crate) fn owned_by<'d>(
    directory: &'d Directory,
    head_ends: &'d [String],
    now: Timestamp,
) -> impl Iterator<Item = UsagePointId> + 'd {
    let measured = directory.channels().map(|channel| channel.usage_point);
    let points: BTreeSet<_> =
        measured.chain(directory.installed_at(now).map(|link| UsagePointId(link.target))).collect();
    points.into_iter().filter(move |point| {
        let owner = directory.owner_at(*point, now);
        let is_theirs = head_ends.is_empty() || owner.is_some_and(|owner| head_ends.iter().any(|name| name == owner));
        is_theirs && (directory.meter_links(*point).is_empty() || directory.meters_at(*point, now).next().is_some())
    })
}

/// The usage points of the meters of these names, and what could not be found.
fn named(directory: &Directory, names: &[SmolStr], now: Timestamp) -> (BTreeSet<UsagePointId>, Vec<NotOrdered>) {
    let (mut points, mut unknown, mut seen) = (BTreeSet::new(), Vec::new(), BTreeSet::new());
    for device in names.iter().filter(|name| seen.insert((*name).clone())) {
        match usage_point_of(directory, &Whose::Meter(device.to_string()), now) {
            Ok(point) => drop(points.insert(point)),
            Err(error) => unknown.push(NotOrdered { device: device.clone(), why: error.to_string() }),
        }
    }
    (points, unknown)
}

fn place(entry: &OrderEntry) -> (&str, &str, Timestamp) {
    (&entry.route.head_end, &entry.route.device, entry.route.range.start)
}

/// What a usage point is called.
pub(crate) fn name(directory: &Directory, usage_point: UsagePointId) -> SmolStr {
    let name = directory.usage_point_names(usage_point).first();
    name.map_or_else(|| usage_point.to_string().into(), |name| name.value.clone())
}
