//! What the registry knows of the meter of a channel.
//!
//! Clock offsets and the last good sync are not here: no format that is read tells them.

use jiff::Timestamp;
use model::master::Channel;
use model::quantity::Decimal;
use smol_str::SmolStr;
use store::registry::directory::Directory;
use store::registry::fact::FactKind;
use vee::amount::Amount;
use vee::channel::DayBeside;

/// Adds what is known of the meter over `[start, end)`. Where several meters were there, what all of them have in common.
pub(super) fn add(
    beside: &mut DayBeside,
    directory: &Directory,
    channel: &Channel,
    (start, end): (Timestamp, Timestamp),
) {
    let shared = |kind| {
        let meters = directory.meters_between(channel.usage_point, start, end);
        let mut values = meters.map(|(meter, since)| directory.facts.at(kind, meter.0, since));
        let first = values.next()??;
        values.all(|value| value == Some(first)).then(|| SmolStr::new(first))
    };
    beside.family = shared(FactKind::MeterFamily);
    beside.firmware = shared(FactKind::MeterFirmware);
    let number = |kind, subject| directory.facts.at(kind, subject, start)?.parse::<Decimal>().ok();
    let capacity = number(FactKind::IntervalCapacity, channel.id.0);
    let in_quanta = |capacity: Decimal| i64::try_from(Amount::from(capacity).rounded(channel.quantum.into())?).ok();
    beside.interval_capacity = capacity.and_then(in_quanta);
    beside.service_rating = number(FactKind::ServiceRating, channel.usage_point.0);
    beside.average_daily_load = number(FactKind::AverageDailyLoad, channel.id.0);
}
