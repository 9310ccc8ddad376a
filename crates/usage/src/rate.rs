//! The definition of a rate: everything that turns a usage point's readings into determinants, as one document.
//!
//! A determinant set says what is computed, a calendar when which bucket holds, called events what is laid over it, and
//! the channels where a usage point has what the set speaks of. A version is never changed; the next one takes its place.

use jiff::{SignedDuration, Timestamp};
use model::finding::Finding;
use model::quality::assumed_time::AssumedTime;
use model::time::TimeRange;
use serde::{Deserialize, Serialize};
use smol_str::{SmolStr, format_smolstr};

use crate::calendar::{Calendar, CheckedCalendar};
use crate::cycle::Cycle;
use crate::definition::{CheckedDefinition, CheckedMeasure, CheckedSet, DeterminantSet};
use crate::role::Role;
use crate::timeline::Timeline;

/// A definition as it is written. Its name and version are those of the set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    /// What is computed.
    pub set: DeterminantSet,
    /// When which bucket holds.
    pub calendar: Calendar,
    /// Events that were called, such as critical peaks; later ones lie over earlier ones.
    #[serde(default)]
    pub events: Vec<CalledEvent>,
    /// Where a usage point has the channels that the set names.
    pub channels: Vec<ChannelPlace>,
}

/// A bucket that holds from one instant to another, whatever the calendar says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CalledEvent {
    /// One of the calendar's buckets.
    pub bucket: SmolStr,
    /// First instant.
    pub start: Timestamp,
    /// First instant after.
    pub end: Timestamp,
}

/// Where a channel of the set is found. What fits must hold one channel of intervals at most; registers may be several,
/// one after the other.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChannelPlace {
    /// What the set calls it.
    pub name: SmolStr,
    /// Suffixes of the usage point's channels (`E1`); every channel fits where none is given.
    #[serde(default)]
    pub suffixes: Vec<SmolStr>,
    /// The reading type as IEC 61968-9 writes it; any fits where none is given.
    #[serde(default)]
    pub reading_type: Option<SmolStr>,
    /// Name of another usage point, for a meter that adds several up.
    #[serde(default)]
    pub usage_point: Option<SmolStr>,
    /// The unit in which the values are taken (`kWh` of a channel in Wh); the channel's own where none is given.
    #[serde(default)]
    pub unit: Option<SmolStr>,
}

/// A definition in which everything fits together.
#[derive(Clone, Debug)]
pub struct CheckedRate {
    set: CheckedSet,
    calendar: CheckedCalendar,
    events: Vec<CalledEvent>,
    /// Where channels are found.
    pub channels: Vec<ChannelPlace>,
}

impl Rate {
    /// The definition, ready for use.
    ///
    /// # Errors
    /// Everything that is wrong with it, each with its field, what is expected and what to do.
    pub fn check(&self) -> Result<CheckedRate, Vec<Finding>> {
        let mut findings = self.channel_findings();
        findings.extend(self.event_findings());
        let calendar = self.calendar.check().map_err(|found| findings.extend(inside("calendar", found)));
        let set = self.set.check().map_err(|found| findings.extend(inside("set", found)));
        let (Ok(calendar), Ok(set)) = (calendar, set) else { return Err(findings) };
        let rate = CheckedRate { set, calendar, events: self.events.clone(), channels: self.channels.clone() };
        if !findings.is_empty() {
            return Err(findings);
        }
        // Whether the buckets of the set are those of the calendar shows on any day.
        let any_day =
            TimeRange { start: Timestamp::UNIX_EPOCH, end: Timestamp::UNIX_EPOCH + SignedDuration::from_hours(24) };
        let timeline = rate.timeline(any_day).map_err(|finding| vec![finding])?;
        rate.cycle(Role::Repository, &timeline)?;
        Ok(rate)
    }

    fn channel_findings(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        for (at, place) in self.channels.iter().enumerate() {
            if self.channels[..at].iter().any(|other| other.name == place.name) {
                let message = format!("`{}` is placed twice; remove one", place.name);
                findings.push(Finding::new(0, format_smolstr!("channels[{at}].name"), "rate.repeated", message));
            }
        }
        let terms = self.set.meters.iter().flat_map(|meter| &meter.terms);
        let mut unplaced: Vec<&SmolStr> = terms.map(|term| &term.channel).filter(|name| !self.places(name)).collect();
        unplaced.sort_unstable();
        unplaced.dedup();
        findings.extend(unplaced.into_iter().map(|name| {
            let message = format!("nothing says where channel `{name}` of the set is found; add it to `channels`");
            Finding::new(0, "channels", "rate.channel", message)
        }));
        findings
    }

    fn places(&self, name: &str) -> bool {
        self.channels.iter().any(|place| *place.name == *name)
    }

    fn event_findings(&self) -> impl Iterator<Item = Finding> {
        self.events.iter().enumerate().filter_map(|(at, event)| {
            let (code, message) = if !self.calendar.buckets.contains(&event.bucket) {
                ("calendar.bucket", format!("`{}` is none of the calendar's buckets; add it there", event.bucket))
            } else if event.end <= event.start {
                ("rate.event", format!("an event from {} cannot end at {}; correct it", event.start, event.end))
            } else {
                return None;
            };
            Some(Finding::new(0, format_smolstr!("events[{at}]"), code, message))
        })
    }
}

impl CheckedRate {
    /// What is taken of intervals of assumed meter time.
    pub fn assumed_time(&self) -> AssumedTime {
        self.set.assumed_time
    }

    /// The calendar over a period, with the events that were called.
    ///
    /// # Errors
    /// A finding where the period is empty, longer than three years, or not of whole seconds.
    pub fn timeline(&self, period: TimeRange) -> Result<Timeline, Finding> {
        let mut timeline = Timeline::of(&self.calendar, period)?;
        for CalledEvent { bucket, start, end } in &self.events {
            timeline = timeline.with_events(bucket, &[TimeRange { start: *start, end: *end }])?;
        }
        Ok(timeline)
    }

    /// The set over a period.
    ///
    /// # Errors
    /// As [`Cycle::new`].
    pub fn cycle(&self, role: Role, timeline: &Timeline) -> Result<Cycle<'_>, Vec<Finding>> {
        Cycle::new(role, &self.set, timeline, &[])
    }

    /// The bucket that a register counts in: the one that a register determinant of the set reads it for, else the one
    /// whose place in the calendar's list is the register's `tou` number, from 1 on. `fits` says whether a place means the
    /// register; `None` where the set reads it for several buckets, or nothing says which.
    pub fn bucket_of_register(&self, tou: u16, fits: impl Fn(&ChannelPlace) -> bool) -> Option<&SmolStr> {
        let is_of = |meter: usize| {
            let named = |place: &ChannelPlace| {
                self.set.meters[meter].terms.iter().any(|term| term.channel == place.name) && fits(place)
            };
            self.channels.iter().any(named)
        };
        let read = |one: &&CheckedDefinition| matches!(one.measure, CheckedMeasure::Register) && is_of(one.meter);
        let read = self.set.determinants.iter().filter(read);
        let mut buckets: Vec<&SmolStr> = read.filter_map(|one| one.bucket.as_ref()).collect();
        buckets.sort_unstable();
        buckets.dedup();
        match buckets[..] {
            [] => self.calendar.buckets.get(usize::from(tou).checked_sub(1)?),
            [one] => Some(one),
            _ => None,
        }
    }

    /// The zone whose clock the calendar follows.
    pub fn zone(&self) -> &jiff::tz::TimeZone {
        &self.calendar.zone
    }
}

fn inside(place: &'static str, findings: Vec<Finding>) -> impl Iterator<Item = Finding> {
    findings.into_iter().map(move |finding| Finding { field: format_smolstr!("{place}.{}", finding.field), ..finding })
}
