//! The feeds of head-ends while the program runs: what collecting and intake see of each, kept in the registry.
//!
//! What is thought of it is pure and of `headend` ([`headend::clock`], [`headend::feed`]). A correction of a clock is kept
//! before it holds, and holds for later stamps only, so that a stamp is corrected alike before and after a restart.
//!
//! - [`feeder`]: what devices told of feeders, and which head-ends are missing from it.
//! - [`values`]: what a head-end sends against what is expected of it.
//! - [`dependency`]: everything that Amity leans on, and how it is; [`reliability`]: how it was over a month.

pub mod dependency;
pub mod feeder;
pub mod reliability;
pub mod values;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use headend::clock::{Correction, Stamped, next_correction};
use headend::feed::{ExpectedBy, Feed, Settings, Watched};
use jiff::Timestamp;
use smol_str::SmolStr;
use store::registry::alert::{AlertKind, Condition};
use store::registry::feed::ClockCorrection;
use store::registry::{Registry, RegistryError};

use crate::collection::alerts::Changes;

pub use headend::complete::{Complete, complete};
pub use headend::feed::{FeedStatus, missing};

/// Feeds that are followed at the most: whoever sends may call itself anything.
const FEEDS_MAX: usize = 1000;

/// What the settings say of the feed of a head-end.
#[derive(Clone, Debug)]
pub struct OfSettings {
    /// What it is called.
    pub name: SmolStr,
    /// What is expected.
    pub settings: Settings,
    /// Whether it is asked for what it has; others send by themselves.
    pub is_asked: bool,
}

/// Every feed; clones share them.
#[derive(Clone, Debug, Default)]
pub struct Feeds(Arc<Mutex<BTreeMap<SmolStr, Held>>>);

/// What has to be kept.
#[derive(Default)]
struct Due {
    seen: Vec<(SmolStr, serde_json::Value)>,
    decided: Vec<(SmolStr, Correction)>,
}

#[derive(Debug, Default)]
struct Held {
    feed: Feed,
    settings: Settings,
    is_asked: bool,
    corrections: Vec<Correction>,
    is_changed: bool,
}

impl Held {
    fn status(&self, name: &str, now: Timestamp) -> FeedStatus {
        let Self { feed, settings, is_asked, corrections, .. } = self;
        feed.status(&Watched { name, is_asked: *is_asked, settings, corrections }, now)
    }
}

impl Feeds {
    /// The feeds of the head-ends of the settings, as far as the registry knows them, and of who else sent something.
    ///
    /// # Errors
    /// [`RegistryError`].
    pub async fn load(registry: &Registry, of_settings: &[OfSettings]) -> Result<Self, RegistryError> {
        let mut all: BTreeMap<SmolStr, Held> = BTreeMap::new();
        for (name, seen) in registry.feeds().all().await? {
            let damaged = |_| RegistryError::Damaged { column: "head_end_feed.seen", text: name.clone() };
            all.entry(SmolStr::new(&name)).or_default().feed = serde_json::from_value(seen).map_err(damaged)?;
        }
        for kept in registry.feeds().corrections().await? {
            let ClockCorrection { stamps_from, milliseconds, .. } = kept;
            all.entry(kept.head_end.into()).or_default().corrections.push(Correction { stamps_from, milliseconds });
        }
        for OfSettings { name, settings, is_asked } in of_settings {
            let held = all.entry(name.clone()).or_default();
            (held.settings, held.is_asked) = (*settings, *is_asked);
        }
        Ok(Self(Arc::new(Mutex::new(all))))
    }

    /// An answer of a head-end told the time, asked and answered at these instants.
    pub fn heard(&self, name: &str, said: Timestamp, between: (Timestamp, Timestamp)) {
        self.change(name, |feed| feed.clock.heard(said, between));
    }

    /// A head-end had nothing more: everything that it had until then is here.
    pub fn caught_up(&self, name: &str, until: Timestamp) {
        self.change(name, |feed| feed.caught_up(until));
    }

    /// Something came, with these stamps.
    pub fn came(&self, name: &str, at: Timestamp, stamped: Option<Stamped>) {
        self.change(name, |feed| {
            feed.came(at);
            if let Some(stamped) = stamped {
                feed.clock.stamped(stamped);
            }
        });
    }

    /// How stamps of a head-end's events are corrected.
    pub fn corrections(&self, name: &str) -> Vec<Correction> {
        self.locked().get(name).map(|held| held.corrections.clone()).unwrap_or_default()
    }

    /// How each stands, by name.
    pub fn look(&self, now: Timestamp) -> Vec<FeedStatus> {
        self.locked().iter().map(|(name, held)| held.status(name, now)).collect()
    }

    /// Decides which clocks are corrected otherwise from now on, and keeps that and what was seen since the last time.
    ///
    /// # Errors
    /// [`RegistryError`]: what was not kept is kept with what is seen next, and no correction holds that was not.
    pub async fn keep(&self, registry: &Registry, now: Timestamp) -> Result<(), RegistryError> {
        let Due { seen, decided } = self.due(now);
        for (name, correction) in decided {
            let Correction { stamps_from, milliseconds } = correction;
            let kept = ClockCorrection { head_end: name.to_string(), stamps_from, milliseconds, decided_at: now };
            registry.feeds().correct(&kept).await?;
            tracing::warn!(head_end = %name, milliseconds, from = %stamps_from, "stamps of its events are corrected");
            self.locked().entry(name).or_default().corrections.push(correction);
        }
        for (name, seen) in seen {
            registry.feeds().keep(&name, &seen, now).await?;
        }
        Ok(())
    }

    fn due(&self, now: Timestamp) -> Due {
        let mut due = Due::default();
        for (name, held) in self.locked().iter_mut() {
            held.is_changed |= held.feed.begin(now);
            let offset = held.feed.clock.offset(&held.settings, now);
            held.feed.clock.remember(&offset, now);
            let next = next_correction(&offset, &held.corrections, &held.settings, now);
            due.decided.extend(next.map(|next| (name.clone(), next)));
            if std::mem::take(&mut held.is_changed) {
                let text = serde_json::to_value(&held.feed).expect("a feed has only numbers and instants");
                due.seen.push((name.clone(), text));
            }
        }
        due
    }

    fn change(&self, name: &str, change: impl FnOnce(&mut Feed)) {
        let mut all = self.locked();
        if FEEDS_MAX <= all.len() && !all.contains_key(name) {
            return;
        }
        let held = all.entry(name.into()).or_default();
        change(&mut held.feed);
        held.is_changed = true;
    }

    fn locked(&self) -> MutexGuard<'_, BTreeMap<SmolStr, Held>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What people are alarmed of: clocks that are off, and feeds that are stale.
pub fn alarms(feeds: &[FeedStatus], now: Timestamp) -> Changes {
    let mut changes = Changes::default();
    for feed in feeds {
        let name = feed.name.as_str();
        let stale = feed.expected_seconds.filter(|_| feed.is_stale).map(|seconds| {
            let are = if feed.expected_by == Some(ExpectedBy::Learned) { "usual" } else { "expected" };
            format!("nothing came for more than twice the {seconds} s that are {are}")
        });
        let impact = "what is decided by its values is decided by old ones";
        changes.tell((AlertKind::Feed, name), (stale, impact), (feed.stale_since.unwrap_or(now), now));
        let impact = "its values lie at other times than those of other head-ends";
        changes.tell((AlertKind::Clock, name), (feed.clock_alarm.clone(), impact), (now, now));
    }
    changes
}

impl Changes {
    /// Raises a condition for a reason, or ends it where there is none.
    fn tell(
        &mut self,
        (kind, component): (AlertKind, &str),
        (why, impact): (Option<String>, &str),
        (at, now): (Timestamp, Timestamp),
    ) {
        let component = component.to_owned();
        let Some(why) = why else { return self.cleared.push((kind, component, now)) };
        self.raised.push(Condition { kind, component, at, received_at: now, why, impact: impact.to_owned() });
    }
}
