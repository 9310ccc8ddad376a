//! When the voltage of a feeder, and not of single meters, left its limits: what devices told, over aligned windows of time.
//!
//! Head-ends tell of one excursion seconds apart, and meters of one feeder belong to several of them. So nothing is concluded
//! of what one of them told, but of windows that are the same for all of them: `[k * length, (k + 1) * length)` since 1970, by
//! times that are corrected for the clock of each head-end. Windows in a row in which any device of a feeder told of the same
//! side are one excursion, and it is the feeder's where enough different devices did (MOD-VOL). A window is settled when every
//! head-end of the feeder has told everything until its end; before that, [`FeederEvent::missing`] names those that have not,
//! and nothing may be concluded of what is *not* there (MOD-LAT, decision M-03).
//!
//! What comes out follows from the reports alone: one that is late changes its window as if it had come in time, and
//! [`FeederEvent::changed_at`] tells who looked before that it did.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use model::event::EndDeviceEventType;
use model::event::report::Subject;
use model::time::TimeRange;
use smol_str::SmolStr;

/// When devices make a feeder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FeederRules {
    /// The length of a window, a second at least.
    pub window: SignedDuration,
    /// Different devices that are needed.
    pub devices_min: usize,
}

impl Default for FeederRules {
    /// Ten seconds (decision M-03) and two devices.
    fn default() -> Self {
        Self { window: SignedDuration::from_secs(10), devices_min: 2 }
    }
}

/// On which side of its limits a voltage was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    /// Above: over-voltage, swell.
    High,
    /// Below: under-voltage, sag.
    Low,
}

impl Side {
    /// In a word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::High => "high",
            Self::Low => "low",
        }
    }
}

/// Events that say that a voltage left its limits (IEC 61968-9 Annex E): under- and over-voltage, and sag and swell of any phase
/// and of each.
const EXCURSIONS: [([u16; 4], Side); 10] = [
    ([3, 26, 38, 93], Side::High),
    ([3, 21, 38, 248], Side::High),
    ([3, 26, 131, 248], Side::High),
    ([3, 26, 132, 248], Side::High),
    ([3, 26, 133, 248], Side::High),
    ([3, 26, 38, 150], Side::Low),
    ([3, 21, 38, 223], Side::Low),
    ([3, 26, 131, 223], Side::Low),
    ([3, 26, 132, 223], Side::Low),
    ([3, 26, 133, 223], Side::Low),
];

/// The types of events that tell of an excursion, each with its side.
pub fn excursion_types() -> impl Iterator<Item = (EndDeviceEventType, Side)> {
    EXCURSIONS.into_iter().map(|([device, domain, sub_domain, event_or_action], side)| {
        (EndDeviceEventType { device, domain, sub_domain, event_or_action }, side)
    })
}

/// What one device told of its voltage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Excursion {
    /// The feeder of the device.
    pub feeder: SmolStr,
    /// The side.
    pub side: Side,
    /// The device.
    pub device: Subject,
    /// When it began, by corrected time.
    pub at: Timestamp,
    /// When the last report of it was received.
    pub received_at: Timestamp,
    /// The head-ends that told of it.
    pub told_by: Vec<SmolStr>,
}

/// A head-end that has meters at a feeder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Teller {
    /// What it is called.
    pub name: SmolStr,
    /// It has told everything that happened before; `None` while nobody knows.
    pub watermark: Option<Timestamp>,
}

/// An excursion of a feeder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeederEvent {
    /// The feeder.
    pub feeder: SmolStr,
    /// The side.
    pub side: Side,
    /// The windows that it fills.
    pub windows: TimeRange,
    /// When the first device told of it that is known, by corrected time, and when the last.
    pub told: (Timestamp, Timestamp),
    /// The devices.
    pub devices: BTreeSet<Subject>,
    /// The head-ends that told of it.
    pub told_by: BTreeSet<SmolStr>,
    /// Head-ends of the feeder that have not told everything until the end of the windows; empty where it is settled.
    pub missing: Vec<SmolStr>,
    /// When the last report of it was received.
    pub changed_at: Timestamp,
}

/// The excursions of feeders, by begin; `tellers` are the head-ends of each feeder.
pub fn feeder_events(
    excursions: &[Excursion],
    tellers: &BTreeMap<SmolStr, Vec<Teller>>,
    rules: &FeederRules,
) -> Vec<FeederEvent> {
    let length = rules.window.as_secs().max(1);
    let number = |at: Timestamp| at.as_millisecond().div_euclid(length * 1000);
    let mut by_window: BTreeMap<(&SmolStr, Side, i64), Vec<&Excursion>> = BTreeMap::new();
    for excursion in excursions {
        by_window.entry((&excursion.feeder, excursion.side, number(excursion.at))).or_default().push(excursion);
    }
    let mut events: Vec<FeederEvent> = Vec::new();
    for ((feeder, side, window), told) in by_window {
        let instant = |window: i64| Timestamp::from_second(window.saturating_mul(length)).unwrap_or(Timestamp::MAX);
        let windows = TimeRange { start: instant(window), end: instant(window + 1) };
        match events.last_mut() {
            Some(last) if last.feeder == *feeder && last.side == side && last.windows.end == windows.start => {
                last.windows.end = windows.end;
            }
            _ => events.push(FeederEvent {
                feeder: feeder.clone(),
                side,
                windows,
                told: (told[0].at, told[0].at),
                devices: BTreeSet::new(),
                told_by: BTreeSet::new(),
                missing: Vec::new(),
                changed_at: told[0].received_at,
            }),
        }
        let last = events.last_mut().expect("there is one by now");
        told.into_iter().for_each(|excursion| last.add(excursion));
    }
    events.retain(|event| rules.devices_min <= event.devices.len());
    for event in &mut events {
        let of_feeder = tellers.get(&event.feeder).into_iter().flatten();
        let is_behind = |teller: &&Teller| teller.watermark.is_none_or(|told| told < event.windows.end);
        event.missing = of_feeder.filter(is_behind).map(|teller| teller.name.clone()).collect();
    }
    events.sort_by(|left, right| {
        (left.windows.start, &left.feeder, left.side).cmp(&(right.windows.start, &right.feeder, right.side))
    });
    events
}

impl FeederEvent {
    fn add(&mut self, excursion: &Excursion) {
        self.told = (self.told.0.min(excursion.at), self.told.1.max(excursion.at));
        self.devices.insert(excursion.device.clone());
        self.told_by.extend(excursion.told_by.iter().cloned());
        self.changed_at = self.changed_at.max(excursion.received_at);
    }
}
