//! Items 9 to 13: clocks that were set, power, links, tampering and faults, from what readings and devices say.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use model::time::{TimeRange, hour_ending_label};
use store::registry::attempt::AttemptOutcome;

use super::super::Reason;
use super::super::event_class::{About, Edge, Happened, class};
use super::signs::Signs;
use super::{Asked, Evidence, Item, ItemVerdict, Row};
use crate::placement::zone_of;

/// The interval of a day that Ontario looks at.
const HOUR_SECONDS: i64 = 3600;

/// Events of the day, with what they are about; says where events are not kept.
fn of_day<'e>(
    asked: Asked<'_>,
    evidence: &'e Evidence,
    item: &mut Item,
    wanted: &[About],
) -> Vec<(&'e Happened, About, Edge)> {
    let Some(events) = &evidence.events else {
        item.figure("events of devices", "not kept here");
        return Vec::new();
    };
    let Some(span) = asked.span() else { return Vec::new() };
    let classed = |event: &'e Happened| class(event.event_type).map(|(about, edge)| (event, about, edge));
    let of_day = events.iter().filter(|event| span.contains(event.at)).filter_map(classed);
    let found: Vec<_> = of_day.filter(|(_, about, _)| wanted.contains(about)).collect();
    item.figure("events of devices", found.len());
    found
}

fn row(asked: Asked<'_>, event: &Happened) -> Row {
    let words = format!("{} ({}), told by {}", event.event_type.describe(), event.event_type, event.source);
    Row::new(event.component.clone(), asked.zone, words).since(event.at)
}

/// Rows of readings and of events, whatever they are.
fn told(asked: Asked<'_>, evidence: &Evidence, mut item: Item, rows: &[Row], wanted: &[About]) -> Item {
    item.figure("flagged readings, in spells", rows.len());
    rows.iter().for_each(|row| item.row(row.clone()));
    for (event, _, _) in of_day(asked, evidence, &mut item, wanted) {
        item.row(row(asked, event));
    }
    item.told()
}

/// Whether a clock was set.
pub(super) fn clocks_set(asked: Asked<'_>, evidence: &Evidence, signs: &Signs) -> Item {
    let item = Item::new(9, "Clocks that were set");
    told(asked, evidence, item, &signs.clock_set, &[About::ClockSet, About::Clock])
}

/// Suspected tampering, interference and theft.
pub(super) fn tamper(asked: Asked<'_>, evidence: &Evidence, signs: &Signs) -> Item {
    let item = Item::new(12, "Suspected tampering, interference and theft");
    told(asked, evidence, item, &signs.tamper, &[About::Tamper])
}

/// Potential issues of network, meters and modules.
pub(super) fn faults(asked: Asked<'_>, evidence: &Evidence, signs: &Signs) -> Item {
    let item = Item::new(13, "Potential issues of network, meters and modules");
    let wanted = [About::Fault, About::Module, About::Collector, About::Network, About::Storage];
    told(asked, evidence, item, &signs.faults, &wanted)
}

/// The intervals in which power was lost and came back (Ontario 2.4.4).
pub(super) fn power(asked: Asked<'_>, evidence: &Evidence, signs: &Signs) -> Item {
    let mut item = Item::new(10, "Intervals of power loss and of restoration");
    item.figure("from flags of intervals", signs.power.len());
    signs.power.iter().for_each(|row| item.row(row.clone()));
    let events = of_day(asked, evidence, &mut item, &[About::Power]);
    let mut by_component: BTreeMap<&str, Vec<(&Happened, Edge)>> = BTreeMap::new();
    for (event, _, edge) in events {
        by_component.entry(&event.component).or_default().push((event, edge));
    }
    for (component, mut events) in by_component {
        events.sort_by_key(|(event, edge)| (event.at, *edge == Edge::Begins));
        for outage in outages(&events) {
            // Intervals of the meter say the same.
            let is_known = signs.power.iter().any(|row| row.component == component && touches(row, outage));
            if !is_known {
                item.row(of_outage(asked, component, outage));
            }
        }
    }
    item.told()
}

/// When power was lost and when it came back; either may not be known.
type Outage = (Option<Timestamp>, Option<Timestamp>);

/// Each loss with the restoration after it; what tells of one of them alone stands alone, what repeats it counts once.
fn outages(events: &[(&Happened, Edge)]) -> Vec<Outage> {
    let mut outages: Vec<Outage> = Vec::new();
    for (event, edge) in events {
        match (edge, outages.last_mut()) {
            (Edge::Begins, Some((Some(_), None))) => {}
            (Edge::Begins, _) => outages.push((Some(event.at), None)),
            (Edge::Ends, Some((Some(_), restored @ None))) => *restored = Some(event.at),
            (Edge::Ends, Some(_)) => {}
            (Edge::Ends, None) => outages.push((None, Some(event.at))),
        }
    }
    outages
}

fn touches(row: &Row, (lost, restored): Outage) -> bool {
    let (Some(from), Some(to)) = (row.from, row.to) else { return false };
    let span = TimeRange { start: from, end: to };
    [lost, restored].into_iter().flatten().any(|at| span.contains(at))
}

fn of_outage(asked: Asked<'_>, component: &str, (lost, restored): Outage) -> Row {
    let interval = |at: Timestamp| {
        let begin = at.as_second() - at.as_second().rem_euclid(HOUR_SECONDS);
        let start = Timestamp::from_second(begin).unwrap_or(at);
        let end = start.checked_add(SignedDuration::from_secs(HOUR_SECONDS)).unwrap_or(at);
        TimeRange { start, end }
    };
    let label = |at: Timestamp| {
        zone_of(asked.zone).map_or_else(|_| at.to_string(), |zone| hour_ending_label(interval(at).end, &zone))
    };
    let words = match (lost, restored) {
        (Some(lost), Some(back)) => {
            format!("power lost in the interval to {}, back in the one to {}", label(lost), label(back))
        }
        (Some(lost), None) => format!("power lost in the interval to {}, not back yet", label(lost)),
        (None, Some(back)) => format!("power back in the interval to {}", label(back)),
        (None, None) => String::new(),
    };
    let mut row = Row::new(component, asked.zone, words);
    row.from = lost.map(|at| interval(at).start);
    row.to = restored.map(|at| interval(at).end);
    row
}

/// How links of modules, collectors and head-ends work.
pub(super) fn links(asked: Asked<'_>, evidence: &Evidence) -> Item {
    let mut item = Item::new(11, "Links of modules, collectors and head-ends");
    let report = asked.report;
    let points: u64 = report.sources.iter().map(|source| source.usage_points).sum();
    let silent =
        |reason: Reason| report.reasons.iter().find(|cause| cause.reason == reason).map_or(0, |cause| cause.components);
    item.figure("usage points that are read", points);
    item.figure("meters that were silent", silent(Reason::MeterSilent));
    item.figure("meters behind a silent source", silent(Reason::SourceSilent));
    item.figure("head-ends", evidence.last_attempts.len());
    for attempt in &evidence.last_attempts {
        let is_well = matches!(attempt.outcome, AttemptOutcome::Answered | AttemptOutcome::Waiting);
        if !is_well {
            let words = format!("head-end {}: {}", attempt.outcome, attempt.why);
            item.row(Row::new(attempt.head_end.as_str(), asked.zone, words).since(attempt.first_at));
        }
    }
    for source in report.sources.iter().filter(|source| source.tally.expected == source.tally.missing) {
        if let Some(name) = &source.source
            && 1 < source.usage_points
        {
            let words = format!("nothing came of its {} usage points", source.usage_points);
            item.row(Row::new(name.clone(), asked.zone, words));
        }
    }
    let mut last: Option<&str> = None;
    for missed in report.misses.iter().filter(|missed| missed.miss.reason == Reason::MeterSilent) {
        if last != Some(&missed.component) {
            let row = Row::new(missed.component.clone(), missed.zone.clone(), "nothing came of it");
            item.row(row.since(missed.miss.from).until(missed.miss.to));
        }
        last = Some(&missed.component);
    }
    for (event, _, _) in of_day(asked, evidence, &mut item, &[About::Link, About::Network, About::Collector]) {
        item.row(row(asked, event));
    }
    let nothing_is_known = points == 0 && evidence.last_attempts.is_empty() && evidence.events.is_none();
    if nothing_is_known { item.with(ItemVerdict::NoSource) } else { item.told() }
}

#[cfg(test)]
mod tests {
    use super::*;

    // covers: ONT-2.4.4a, ONT-2.4.4b
    #[test]
    fn a_loss_goes_with_the_restoration_after_it() {
        let check = |told: &str, expected: &str| {
            let happened: Vec<(Happened, Edge)> = told
                .split_whitespace()
                .map(|word| {
                    let (letter, second) = word.split_at(1);
                    let at = Timestamp::from_second(second.parse().expect("seconds")).expect("an instant");
                    let event = Happened {
                        component: "M1".into(),
                        source: "HES".into(),
                        at,
                        received_at: at,
                        event_type: "3.26.0.85".parse().expect("a type"),
                    };
                    (event, if letter == "L" { Edge::Begins } else { Edge::Ends })
                })
                .collect();
            let events: Vec<_> = happened.iter().map(|(event, edge)| (event, *edge)).collect();
            let word = |at: Option<Timestamp>| at.map_or("-".into(), |at| at.as_second().to_string());
            let found: Vec<_> =
                outages(&events).into_iter().map(|(lost, back)| format!("{}..{}", word(lost), word(back))).collect();
            assert_eq!(found.join(" "), expected, "{told}");
        };
        check("", "");
        check("L10 R20", "10..20");
        check("L10 R20 L30 R40", "10..20 30..40");
        check("L10 L11 R20 R21", "10..20");
        check("R20", "-..20");
        check("L10", "10..-");
    }
}
