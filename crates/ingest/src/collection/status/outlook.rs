//! Item 14: what affects or may affect the collection of the days to come.

use std::collections::BTreeMap;

use smol_str::SmolStr;

use super::super::Reason;
use super::super::expected::{readings_of, seconds_between};
use super::super::report::{ChannelMiss, Zone};
use super::{Asked, Evidence, Item, ItemVerdict, Row};

/// What of the next day is at risk where nothing changes.
pub(super) fn outlook(asked: Asked<'_>, evidence: &Evidence) -> Item {
    let mut item = Item::new(14, "What may affect the collection of the next days");
    let mut at_risk: BTreeMap<&str, u64> = BTreeMap::new();
    let mut rows: BTreeMap<(SmolStr, SmolStr), (u64, jiff::Timestamp)> = BTreeMap::new();
    for missed in asked.report.misses.iter().filter(|missed| goes_on(asked, missed)) {
        let readings = readings_of_a_day(asked, missed);
        *at_risk.entry(&missed.zone).or_default() += readings;
        let component = match (missed.miss.reason, &missed.source) {
            (Reason::SourceSilent, Some(source)) => source.clone(),
            _ => missed.component.clone(),
        };
        let (sum, since) = rows.entry((component, missed.zone.clone())).or_insert((0, missed.miss.from));
        *sum += readings;
        *since = missed.miss.from.min(*since);
    }
    let mut will_break = false;
    for zone in &asked.report.zones {
        let at_risk = at_risk.get(zone.zone.as_str()).copied().unwrap_or(0);
        let breaks = breaks(zone, at_risk, asked.report.rules.per_cent);
        will_break |= breaks;
        let words =
            if breaks { "the share that is asked will be missed" } else { "the share that is asked can be met" };
        item.figure(format!("readings of the next day at risk in {}", zone.zone), format!("{at_risk}: {words}"));
    }
    for ((component, zone), (readings, since)) in rows {
        let words = format!("silent when the day ended: {readings} readings of the next day are at risk");
        item.row(Row::new(component, zone, words).since(since));
    }
    for alert in evidence.alerts.iter().filter(|alert| alert.cleared_at.is_none()) {
        let condition = &alert.condition;
        let words = format!("{}: {}; {}", condition.kind, condition.why, condition.impact);
        item.row(Row::new(condition.component.as_str(), asked.zone, words).since(condition.at));
    }
    if will_break { item.with(ItemVerdict::NotMet) } else { item.told() }
}

/// Whether a channel was silent when the day ended.
fn goes_on(asked: Asked<'_>, missed: &ChannelMiss) -> bool {
    let is_gap = !matches!(missed.miss.reason, Reason::Late | Reason::EstimatedBySource);
    is_gap && asked.day(&missed.zone).is_some_and(|day| missed.miss.to == day.range.end)
}

fn readings_of_a_day(asked: Asked<'_>, missed: &ChannelMiss) -> u64 {
    let channel = asked.directory.by_label(&missed.channel);
    let seconds = channel.and_then(|channel| seconds_between(channel, &asked.report.rules));
    let day = asked.day(&missed.zone);
    day.zip(seconds).map_or(0, |(day, seconds)| readings_of(&day, seconds).len() as u64)
}

/// Whether the share that is asked is out of reach with so many readings at risk, of as many as were expected of the day.
fn breaks(zone: &Zone, at_risk: u64, per_cent: u8) -> bool {
    let expected = zone.tally.expected;
    u128::from(per_cent) * u128::from(expected) > 100 * u128::from(expected.saturating_sub(at_risk))
}
