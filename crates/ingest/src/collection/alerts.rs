//! Critical reports (Ontario 2.10.3): which events of devices and which conditions of Amity itself people are alarmed of.
//!
//! Pure but for [`follow`] and [`follow_events`], which write what is found to the alerts of the registry. A condition is raised once while it
//! lasts, whoever tells of it how often.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use store::events::{EventsBook, EventsError};
use store::registry::alert::{AlertKind, Condition};
use store::registry::directory::Directory;
use store::registry::{Registry, RegistryError};

use super::event_class::{About, Edge, Happened, class};
use super::happened::happened;
use crate::collector::{Health, State};
use crate::thresholds::{InForce, alerting};

/// Components of one head-end that tell alike at once, from which on they are told as one.
const MANY: usize = 25;
/// Events that are looked at together.
const PAGE: u32 = 5_000;
/// How long a head-end may fail before people are alarmed.
const PASSING: SignedDuration = SignedDuration::from_secs(60);

/// A disk or another room that fills up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filling {
    /// What it is of.
    pub component: String,
    /// How full it is, in per cent, rounded up.
    pub per_cent: u8,
}

/// What begins and what is over.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Conditions that last.
    pub raised: Vec<Condition>,
    /// What is over, with when.
    pub cleared: Vec<(AlertKind, String, Timestamp)>,
}

/// The kind of alert that an event is one of.
pub fn kind_of(about: About) -> Option<AlertKind> {
    match about {
        About::Power => Some(AlertKind::Power),
        About::Link => Some(AlertKind::Link),
        About::Network => Some(AlertKind::Network),
        About::Module => Some(AlertKind::Module),
        About::Collector => Some(AlertKind::Collector),
        About::Storage => Some(AlertKind::Storage),
        About::Clock | About::ClockSet | About::Tamper | About::Fault => None,
    }
}

/// What events say. What ends in them is not raised; what many components of a head-end tell at once is one condition of its
/// network.
pub fn of_events(events: &[Happened]) -> Changes {
    let mut lasting: BTreeMap<(AlertKind, &str), &Happened> = BTreeMap::new();
    let mut changes = Changes::default();
    let mut in_order: Vec<&Happened> = events.iter().collect();
    in_order.sort_by_key(|event| event.at);
    for event in in_order {
        let Some((kind, edge)) = class(event.event_type).and_then(|(about, edge)| Some((kind_of(about)?, edge))) else {
            continue;
        };
        match edge {
            Edge::Begins => {
                lasting.entry((kind, &event.component)).or_insert(event);
            }
            Edge::Ends => {
                // Raised and over in one look is told all the same.
                if let Some(begun) = lasting.remove(&(kind, &*event.component)) {
                    changes.raised.push(condition(kind, begun));
                }
                changes.cleared.push((kind, event.component.to_string(), event.at));
            }
        }
    }
    changes.cleared.extend(over_of_many(events));
    let mut by_source: BTreeMap<(AlertKind, &str), Vec<&Happened>> = BTreeMap::new();
    for ((kind, _), event) in lasting {
        by_source.entry((kind, &event.source)).or_default().push(event);
    }
    for ((kind, source), events) in by_source {
        if MANY <= events.len() {
            changes.raised.extend(of_many(kind, source, &events));
        } else {
            changes.raised.extend(events.into_iter().map(|event| condition(kind, event)));
        }
    }
    changes
}

fn condition(kind: AlertKind, event: &Happened) -> Condition {
    let impact = match kind {
        AlertKind::Module | AlertKind::Link => "no reads of its meter until it works again",
        AlertKind::Collector | AlertKind::Network => "no reads of the meters behind it until it works again",
        AlertKind::Storage => "reads may be overwritten before they are collected",
        AlertKind::Power => "no reads of the intervals without power",
        AlertKind::Clock => "its values lie at other times than those of others",
        AlertKind::Feed => "what is decided by its values is decided by old ones",
        AlertKind::Values => "what is computed of its values is wrong by as much",
        AlertKind::Condition => "its owner decides whether it is so",
    };
    Condition {
        kind,
        component: event.component.to_string(),
        at: event.at,
        received_at: event.received_at,
        why: format!("{} ({}), told by {}", event.event_type.describe(), event.event_type, event.source),
        impact: impact.to_owned(),
    }
}

/// The kind of what many components of a head-end tell: power of many meters stays a matter of power, links of many are one of
/// their network.
fn kind_of_many(kind: AlertKind) -> AlertKind {
    if kind == AlertKind::Power { kind } else { AlertKind::Network }
}

/// What is over of head-ends of which many components say so at once.
fn over_of_many(events: &[Happened]) -> Vec<(AlertKind, String, Timestamp)> {
    let mut ended: BTreeMap<(AlertKind, &str), (BTreeSet<&str>, Timestamp)> = BTreeMap::new();
    for event in events {
        let Some((about, Edge::Ends)) = class(event.event_type) else { continue };
        let Some(kind) = kind_of(about) else { continue };
        let (components, last) = ended.entry((kind, &event.source)).or_insert((BTreeSet::new(), event.at));
        components.insert(&event.component);
        *last = event.at.max(*last);
    }
    let many = ended.into_iter().filter(|(_, (components, _))| MANY <= components.len());
    many.map(|((kind, source), (_, at))| (kind_of_many(kind), source.to_owned(), at)).collect()
}

/// Many components that tell alike.
fn of_many(kind: AlertKind, source: &str, events: &[&Happened]) -> Option<Condition> {
    let first = events.iter().min_by_key(|event| event.at)?;
    let received_at = events.iter().map(|event| event.received_at).min()?;
    let components: BTreeSet<&str> = events.iter().map(|event| event.component.as_str()).collect();
    Some(Condition {
        kind: kind_of_many(kind),
        component: source.to_owned(),
        at: first.at,
        received_at,
        why: format!("{} of {} components at once, {} first", kind, components.len(), first.component),
        impact: format!("the reads of {} components are at risk", components.len()),
    })
}

/// What collecting from head-ends says; `usage_points` answers how many a head-end has. One that fails once and answers when
/// it is asked again is no matter of people.
pub fn of_head_ends(healths: &[Health], usage_points: &dyn Fn(&str) -> u64, now: Timestamp) -> Changes {
    let mut changes = Changes::default();
    for health in healths {
        let lasts = PASSING <= now.duration_since(health.since);
        let kind = match health.state {
            State::Down | State::Refused if lasts => AlertKind::Network,
            State::NotStored => AlertKind::Storage,
            State::Connected => {
                for kind in [AlertKind::Network, AlertKind::Storage] {
                    changes.cleared.push((kind, health.name.clone(), health.since));
                }
                continue;
            }
            State::Starting | State::Waiting | State::Down | State::Refused => continue,
        };
        changes.raised.push(Condition {
            kind,
            component: health.name.clone(),
            at: health.since,
            received_at: health.since,
            why: health.why.clone().unwrap_or_else(|| "it cannot be collected from".to_owned()),
            impact: format!("no reads of its {} usage points until it works again", usage_points(&health.name)),
        });
    }
    changes
}

/// What disks and other rooms say.
pub fn of_storage(filling: &[Filling], per_cent_max: u8, now: Timestamp) -> Changes {
    let mut changes = Changes::default();
    for Filling { component, per_cent } in filling {
        if *per_cent <= per_cent_max {
            changes.cleared.push((AlertKind::Storage, component.clone(), now));
            continue;
        }
        changes.raised.push(Condition {
            kind: AlertKind::Storage,
            component: component.clone(),
            at: now,
            received_at: now,
            why: format!("{per_cent} % full, at most {per_cent_max} % are asked"),
            impact: "nothing more can be taken in once it is full".to_owned(),
        });
    }
    changes
}

/// Writes changes down; answers how many conditions are new.
///
/// # Errors
/// What the registry says.
pub async fn follow(registry: &Registry, changes: &Changes, now: Timestamp) -> Result<u64, RegistryError> {
    let alerts = registry.alerts();
    let raised = if changes.raised.is_empty() { 0 } else { alerts.raise(&changes.raised, now).await? };
    if !changes.cleared.is_empty() {
        alerts.clear(&changes.cleared).await?;
    }
    Ok(raised)
}

/// Why events could not be followed.
#[derive(Debug, thiserror::Error)]
pub enum FollowError {
    /// The registry says so.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// The events book says so.
    #[error(transparent)]
    Events(#[from] EventsError),
}

/// Raises and clears what events say that came since the last time, by the classes of Ontario 2.10.3 and by the register of
/// thresholds; answers how many conditions are new.
///
/// # Errors
/// [`FollowError`]; what was followed until then stays.
pub async fn follow_events(
    registry: &Registry,
    book: &EventsBook,
    (directory, thresholds): (&Directory, &InForce),
    now: Timestamp,
) -> Result<u64, FollowError> {
    let register = thresholds.at(now);
    let (mut raised, mut reached) = (0, registry.alerts().followed().await?);
    loop {
        let page = book.since(reached, PAGE).await?;
        let Some(last) = page.last() else { break };
        reached = last.sequence;
        let events: Vec<Happened> = page.iter().filter_map(|event| happened(event, directory)).collect();
        raised += follow(registry, &of_events(&events), now).await?;
        if let Some(register) = register {
            raised += follow(registry, &alerting::begun(register, &page, directory), now).await?;
        }
        registry.alerts().follow_to(reached).await?;
    }
    if let Some(register) = register {
        alerting::end_what_is_over(register, (registry, book), directory, now).await?;
    }
    Ok(raised)
}
