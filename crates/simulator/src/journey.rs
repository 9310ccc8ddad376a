//! The way of a reading from the meter to its head-end: over the radio to a collector, and over a link from there.
//!
//! Everything follows from the moment at which it was made, so that the truth can answer for each reading alone.

use std::fmt;

use jiff::{SignedDuration, Timestamp};

use crate::chance::{Purpose, between, falls};
use crate::plant::{Module, around};
use crate::premises::HeadEnd;
use crate::script::{CollectorNumber, Fault};
use crate::utility::Utility;

/// The way of a reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Journey {
    /// When its head-end had it, by true time; `None` where it never did.
    pub reached: Option<Timestamp>,
    /// The collector it came over, or got as far as.
    pub collector: Option<CollectorNumber>,
    /// What held it up first, or why it never came.
    pub reason: Option<Reason>,
}

/// What holds a reading up, changes it or ends it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// There was no power at the meter.
    NoPower,
    /// The meter recorded nothing.
    MeterDead,
    /// The module was out of order.
    ModuleDead,
    /// The module kept it for so long that newer ones took its place.
    ModuleFull,
    /// The radio did not get through.
    WeakRadio,
    /// No collector that the module can reach worked.
    CollectorDown,
    /// The link from the collector was down.
    LinkDown,
    /// The collector kept it until newer ones took its place.
    CollectorFull,
    /// The link took longer than usual.
    Congested,
    /// The meter did not know the time and recorded nothing.
    NoTime,
    /// The head-end lost it.
    Lost,
    /// The head-end held it back.
    HeldBack,
    /// The head-end sent it with another value.
    Corrupt,
}

impl Reason {
    /// As the truth writes it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::NoPower => "no-power",
            Self::MeterDead => "meter-dead",
            Self::ModuleDead => "module-dead",
            Self::ModuleFull => "module-full",
            Self::WeakRadio => "weak-radio",
            Self::CollectorDown => "collector-down",
            Self::LinkDown => "link-down",
            Self::CollectorFull => "collector-full",
            Self::Congested => "congested",
            Self::NoTime => "no-time",
            Self::Lost => "lost",
            Self::HeldBack => "held-back",
            Self::Corrupt => "corrupt",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// How far something has come.
struct Way {
    at: Timestamp,
    reason: Option<Reason>,
}

impl Way {
    fn wait_until(&mut self, at: Timestamp, reason: Reason) {
        self.at = at;
        self.reason.get_or_insert(reason);
    }

    fn wait(&mut self, seconds: i64) {
        self.at += SignedDuration::from_secs(seconds);
    }
}

impl Utility {
    /// The way of what a meter made at a true instant.
    pub fn journey(&self, meter: u32, module: &Module, head_end: HeadEnd, made: Timestamp) -> Journey {
        let mut way = Way { at: made, reason: None };
        let heard = self.heard(meter, module, head_end, made, &mut way);
        let collector = match heard {
            Ok(collector) => collector,
            Err(reason) => return Journey { reached: None, collector: None, reason: Some(reason) },
        };
        let seed = self.settings.seed;
        let up_to_twice = |seconds: u32, moment: i64| {
            let range = (i64::from(seconds), 2 * i64::from(seconds) + 1);
            between(seed, meter.into(), moment, Purpose::Latency, range)
        };
        way.wait(up_to_twice(self.script.field.radio_seconds, made.as_second()));
        if let Err(reason) = self.forwarded(collector, head_end, made, &mut way) {
            return Journey { reached: None, collector: Some(collector), reason: Some(reason) };
        }
        let longer = self.script.congested(head_end, way.at);
        if 0 < longer {
            way.reason.get_or_insert(Reason::Congested);
        }
        way.wait(up_to_twice(self.script.field.link_seconds, -made.as_second()) + longer);
        Journey { reached: Some(way.at), collector: Some(collector), reason: way.reason }
    }

    /// Whether a collector that works hears what a module says at an instant.
    pub(crate) fn listener(&self, module: &Module, at: Timestamp) -> Option<CollectorNumber> {
        let works = |collector: &CollectorNumber| around(self.collector_down(*collector), at).is_none();
        [Some(module.collector), module.neighbour].into_iter().flatten().find(works)
    }

    /// The collector that hears what was made; waits for power, for a collector and for the radio.
    fn heard(
        &self,
        meter: u32,
        module: &Module,
        head_end: HeadEnd,
        made: Timestamp,
        way: &mut Way,
    ) -> Result<CollectorNumber, Reason> {
        let field = &self.script.field;
        let longest = SignedDuration::from_hours(24 * i64::from(field.module_storage_days));
        for attempt in 0..field.tries {
            let collector = loop {
                if self.is_dead(meter, way.at) {
                    return Err(Reason::ModuleDead);
                }
                if let Some(dark) = around(self.dark(meter), way.at) {
                    way.wait_until(dark.end, Reason::NoPower);
                } else if let Some(collector) = self.listener(module, way.at) {
                    break collector;
                } else {
                    let both = [Some(module.collector), module.neighbour].into_iter().flatten();
                    let ends = both.filter_map(|one| around(self.collector_down(one), way.at)).map(|down| down.end);
                    way.wait_until(ends.min().unwrap_or(way.at), Reason::CollectorDown);
                }
            };
            if longest < way.at.duration_since(made) {
                return Err(Reason::ModuleFull);
            }
            let moment = made.as_second() * 64 + i64::from(attempt);
            let share = self.script.weak_radio(head_end, way.at).into();
            if !falls(self.settings.seed, meter.into(), moment, Purpose::Radio, share) {
                return Ok(collector);
            }
            way.reason.get_or_insert(Reason::WeakRadio);
            way.wait(60 * i64::from(field.retry_minutes));
        }
        Err(Reason::WeakRadio)
    }

    /// Waits in a collector until that works and has its link.
    fn forwarded(
        &self,
        collector: CollectorNumber,
        head_end: HeadEnd,
        made: Timestamp,
        way: &mut Way,
    ) -> Result<(), Reason> {
        loop {
            if let Some(down) = around(self.collector_down(collector), way.at) {
                way.wait_until(down.end, Reason::CollectorDown);
            } else if let Some(down) = around(self.link_down(collector), way.at) {
                if self.is_pushed_out(collector, head_end, made, down.end) {
                    return Err(Reason::CollectorFull);
                }
                way.wait_until(down.end, Reason::LinkDown);
            } else {
                return Ok(());
            }
        }
    }

    /// Whether readings made later, and before the link is back, fill the storage of a collector: whole moments are lost,
    /// the oldest first. What neighbours bring in is not counted.
    fn is_pushed_out(&self, collector: CollectorNumber, head_end: HeadEnd, made: Timestamp, back: Timestamp) -> bool {
        let every = every_seconds(head_end);
        let later = (back.as_second() - 1).div_euclid(every) - made.as_second().div_euclid(every);
        let kept = (u64::try_from(later).unwrap_or(0) + 1) * self.channels(collector);
        self.script.field.collector_storage_readings < kept
    }

    /// Whether the module of a meter is out of order at an instant.
    pub(crate) fn is_dead(&self, meter: u32, at: Timestamp) -> bool {
        let dead = |fault: &Fault| matches!(fault, Fault::ModuleDead(_)) && fault.span().contains(at);
        self.script.of_meter(meter).any(dead)
    }
}

/// Seconds between two readings of a channel of a head-end.
pub(crate) const fn every_seconds(head_end: HeadEnd) -> i64 {
    match head_end {
        HeadEnd::Cloud => 900,
        HeadEnd::Hourly | HeadEnd::Folder => 3600,
    }
}
