//! Reads at the very instant at which one meter took the place of another: each is of the meter that its message names.
//!
//! Both meters are usually read when they are exchanged, and at the same instant. The last read of the meter that goes is a
//! read like any other, whether it came before the exchange was entered or after. The first one of the meter that comes is
//! marked ([`store::readings::RegisterRead::is_opening`]): nothing of it is taken in before the registry knows that meter there
//! (V14), so the order in which both come leaves no trace. A read that names no meter is marked by nothing, and counts as of the
//! meter that comes where it stands alone.

use jiff::{SignedDuration, Timestamp};
use model::id::MeterId;
use model::master::Channel;
use model::reading::{ChannelReadings, Values};
use store::registry::directory::{Directory, Unresolved};

/// The channel that readings mean. Of reads that name only the meter that goes, that is where it was.
///
/// # Errors
/// As [`Directory::resolve`].
pub(crate) fn resolve<'d>(
    directory: &'d Directory,
    readings: &ChannelReadings,
    at: Timestamp,
) -> Result<&'d Channel, Unresolved> {
    let found = directory.resolve(&readings.channel, at);
    match (&found, just_before(readings, at)) {
        (Err(Unresolved::NotInstalled { .. }), Some(before)) => directory.resolve(&readings.channel, before).or(found),
        _ => found,
    }
}

/// The meters that readings from an instant on may be of: those that are at the usage point then, and of reads those that go.
pub(crate) fn meters(
    directory: &Directory,
    channel: &Channel,
    readings: &ChannelReadings,
    at: Timestamp,
) -> impl Iterator<Item = MeterId> {
    let usage_point = channel.usage_point;
    let going = just_before(readings, at).into_iter().flat_map(move |before| directory.meters_at(usage_point, before));
    directory.meters_at(usage_point, at).chain(going)
}

/// The instants at which the meter that register reads name took the place of another.
pub(crate) fn openings(directory: &Directory, channel: &Channel, readings: &ChannelReadings) -> Vec<Timestamp> {
    let Some(named) = &readings.channel.meter else { return Vec::new() };
    let mut exchanges = directory.exchanges(channel.usage_point);
    let is_named = |meter: MeterId| directory.meter_names(meter).iter().any(|name| name.value == named.value);
    exchanges.retain(|at| directory.meters_at(channel.usage_point, *at).any(is_named));
    exchanges
}

/// The second before an instant, where the meter that goes then may have been read at it.
fn just_before(readings: &ChannelReadings, at: Timestamp) -> Option<Timestamp> {
    let Values::Registers(_) = readings.values else { return None };
    at.checked_sub(SignedDuration::from_secs(1)).ok()
}
