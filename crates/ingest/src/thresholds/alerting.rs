//! One alert a condition and device, whoever tells of it: the owner decides, what others say is kept beside it.
//!
//! What was said is read from the events book whenever it is asked for, so that evidence that came later, or joined an event
//! that was there, is never left out.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use model::event::report::Subject;
use model::id::Name;
use model::time::TimeRange;
use serde::Serialize;
use store::events::{Event, EventsBook, EventsError, Filter};
use store::registry::Registry;
use store::registry::alert::{Alert, AlertKind, Condition, Which};
use store::registry::directory::Directory;

use super::{InForce, Owned, Register};
use crate::collection::alerts::{Changes, FollowError, follow};

/// Alerts that last, which are looked at together at the most; the newest first.
const OPEN_MAX: u32 = 1000;
/// Events of one device that are looked at for one alert.
const EVENTS_MAX: u32 = 1000;

/// What one place said of a condition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Evidence {
    /// Who said it.
    pub source: String,
    /// Whether that is who decides.
    pub is_owner: bool,
    /// When it happened, by our clock.
    pub at: Timestamp,
    /// In the words of the source.
    pub told_type: String,
    /// Whether it says that the condition is over.
    pub is_over: bool,
}

/// An alert, with what everyone said of it where it is one of the register.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Told {
    /// The alert.
    #[serde(flatten)]
    pub alert: Alert,
    /// What everyone said, by time.
    pub evidence: Vec<Evidence>,
}

/// Alerts with what everyone said of them.
///
/// # Errors
/// What the events book says.
pub async fn with_evidence(
    in_force: &InForce,
    book: &EventsBook,
    directory: &Directory,
    alerts: Vec<Alert>,
    now: Timestamp,
) -> Result<Vec<Told>, EventsError> {
    let mut told = Vec::with_capacity(alerts.len());
    for alert in alerts {
        let register = in_force.register.as_ref().filter(|_| alert.condition.kind == AlertKind::Condition);
        let evidence = match register {
            Some(register) => evidence(register, book, directory, &alert, now).await?,
            None => Vec::new(),
        };
        told.push(Told { alert, evidence });
    }
    Ok(told)
}

/// What begins by new events: one condition for each device, however often and by whomever it is told.
pub fn begun(register: &Register, events: &[Event], directory: &Directory) -> Changes {
    let mut begun: BTreeMap<String, Condition> = BTreeMap::new();
    for event in events {
        let owned = event.event_type.and_then(|event_type| register.condition_of(event_type));
        let Some((owned, false)) = owned else { continue };
        let component = format!("{} {}", owned.name, device(event, directory));
        let first = begun.get(&component).is_none_or(|other| event.ordered_at < other.at);
        if first {
            begun.insert(component.clone(), condition(owned, component, event));
        }
    }
    Changes { raised: begun.into_values().collect(), cleared: Vec::new() }
}

fn device(event: &Event, directory: &Directory) -> String {
    let registered = event.meter.and_then(|meter| directory.meter_names(meter).first());
    registered.or(event.device.as_ref()).map(|name: &Name| name.value.to_string()).unwrap_or_default()
}

fn condition(owned: &Owned, component: String, event: &Event) -> Condition {
    let limit = owned.limit.as_ref().map(|limit| format!(" ({limit})")).unwrap_or_default();
    let sources: Vec<&str> = event.reports.iter().map(|report| report.source.as_str()).collect();
    Condition {
        kind: AlertKind::Condition,
        component,
        at: event.ordered_at,
        received_at: event.received_at,
        why: format!("{}{limit}, told first by {}", owned.name, sources.join(" and ")),
        impact: format!("{} decides whether it is so; what others say is beside it", owned.owner),
    }
}

/// Whether a condition still lasts: what its owner said last decides; what others say counts as long as the owner is silent.
/// Answers when it was over.
pub fn over(owned: &Owned, evidence: &[Evidence], now: Timestamp) -> Option<Timestamp> {
    let of_owner = || evidence.iter().filter(|one| one.is_owner);
    let last = of_owner().max_by_key(|one| one.at).or_else(|| evidence.iter().max_by_key(|one| one.at))?;
    if last.is_over {
        return Some(last.at);
    }
    let quiet = last.at.checked_add(SignedDuration::from_secs(owned.within_seconds.into())).ok()?;
    (owned.ends.is_empty() && quiet < now).then_some(quiet)
}

/// What everyone said of an alert, by time; nothing where it is none of the register.
///
/// # Errors
/// What the events book says.
pub async fn evidence(
    register: &Register,
    book: &EventsBook,
    directory: &Directory,
    alert: &Alert,
    now: Timestamp,
) -> Result<Vec<Evidence>, EventsError> {
    let words = alert.condition.component.split_once(' ');
    let Some((owned, name)) = words.and_then(|(condition, name)| Some((register.named(condition)?, name))) else {
        return Ok(Vec::new());
    };
    let within = SignedDuration::from_secs(owned.within_seconds.into());
    let start = alert.condition.at.checked_sub(within).unwrap_or(Timestamp::MIN);
    let end = alert.cleared_at.unwrap_or(now).checked_add(within).unwrap_or(Timestamp::MAX);
    let types = owned.begins.iter().chain(&owned.ends).filter_map(|text| text.parse().ok()).collect();
    let filter = Filter { types, sources: Vec::new(), devices: subjects(directory, name, alert.condition.at) };
    let events = book.between(TimeRange { start, end }, &filter, EVENTS_MAX, None).await?;
    let mut found: Vec<Evidence> = events.iter().flat_map(|event| said(register, owned, event)).collect();
    found.sort_by_key(|one| one.at);
    Ok(found)
}

/// Everyone that events of a device of this name may be of.
fn subjects(directory: &Directory, name: &str, at: Timestamp) -> Vec<Subject> {
    let words = Name::new("", name);
    let registered = directory.whose(Some(&words), None, at).subject();
    registered.into_iter().chain([Subject::unknown(Some(&words), "")]).collect()
}

fn said(register: &Register, owned: &Owned, event: &Event) -> Vec<Evidence> {
    let is_over =
        event.event_type.and_then(|event_type| register.condition_of(event_type)).is_some_and(|(_, over)| over);
    let one = |report: &store::events::EventReport| Evidence {
        source: report.source.to_string(),
        is_owner: report.source == owned.owner,
        at: report.occurred_at.filter(|_| !report.is_doubtful).unwrap_or(report.received_at),
        told_type: report.told_type.to_string(),
        is_over,
    };
    event.reports.iter().map(one).collect()
}

/// Ends conditions that are over by what was said of them.
///
/// # Errors
/// [`FollowError`].
pub async fn end_what_is_over(
    register: &Register,
    (registry, book): (&Registry, &EventsBook),
    directory: &Directory,
    now: Timestamp,
) -> Result<(), FollowError> {
    let mut ended = Changes::default();
    let open = registry.alerts().list(Which::Open, OPEN_MAX).await?;
    let lasting = |alert: &&Alert| alert.condition.kind == AlertKind::Condition && alert.cleared_at.is_none();
    for alert in open.iter().filter(lasting) {
        let name = alert.condition.component.split_once(' ').map_or("", |(name, _)| name);
        let Some(owned) = register.named(name) else { continue };
        let evidence = evidence(register, book, directory, alert, now).await?;
        if let Some(at) = over(owned, &evidence, now) {
            ended.cleared.push((AlertKind::Condition, alert.condition.component.clone(), at));
        }
    }
    follow(registry, &ended, now).await?;
    Ok(())
}
