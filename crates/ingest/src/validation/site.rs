//! What the registry knows of the usage point of a channel: its load, its sun, its holidays and its weather.

use jiff::Timestamp;
use model::id::Mrid;
use model::master::Channel;
use model::time::LocalDay;
use store::registry::directory::Directory;
use store::registry::fact::FactKind;
use vee::channel::Beside;
use vee::context::{DayTemperature, Load, Sun};
use vee::plan::needs::Needs;

use super::device;

/// Whether any fact is about a channel, its usage point, or a meter that was ever there.
pub(super) fn anything_known(directory: &Directory, channel: &Channel) -> bool {
    let knows = |subject: Mrid| directory.facts.knows(subject);
    let mut meters = directory.meters_between(channel.usage_point, Timestamp::MIN, Timestamp::MAX);
    knows(channel.id.0) || knows(channel.usage_point.0) || meters.any(|(meter, _)| knows(meter.0))
}

/// Adds what is known on a local day.
pub(super) fn add(beside: &mut Beside<'_>, directory: &Directory, channel: &Channel, day: LocalDay, needs: Needs) {
    let at = day.range.start;
    let of_point = |kind| directory.facts.at(kind, channel.usage_point.0, at);
    let holidays = of_point(FactKind::Holidays).and_then(|calendar| directory.shared.holidays.get(calendar));
    beside.holidays.extend(holidays.and_then(|dates| dates.binary_search(&day.date).ok()).map(|_| day.date));
    if needs.intersects(Needs::TEMPERATURES) {
        let known = directory.mean_temperature(channel.usage_point, day);
        let temperature = known.map(|(_, tenths_celsius)| DayTemperature { date: day.date, tenths_celsius });
        beside.temperatures.extend(temperature);
    }
    let facts = beside.days.entry(day.date).or_default();
    facts.load = directory.facts.at(FactKind::Load, channel.id.0, at).map_or(Load::Ordinary, load);
    facts.sun = of_point(FactKind::Position).filter(|_| needs.intersects(Needs::SUN)).and_then(|text| sun(text, day));
    device::add(facts, directory, channel, (at, day.range.end));
}

fn load(word: &str) -> Load {
    match word {
        "irregular" => Load::Irregular,
        "constant" => Load::Constant,
        "solar" => Load::Solar,
        _ => Load::Ordinary,
    }
}

fn sun(position: &str, day: LocalDay) -> Option<Sun> {
    let (north, east) = position.split_once(' ')?;
    vee::sun::over(north.parse().ok()?, east.parse().ok()?, day)
}
