//! What the clock of a meter shows: right, set wrong, standing still, or an assumed time after an outage.
//!
//! Drift is small and shows in the stamps of registers, which are read when the network asks. Intervals are ended by the
//! meter itself: they follow a clock that is wrong or assumed, and leave drift out.

use jiff::{SignedDuration, Timestamp};
use model::time::TimeRange;

use crate::chance::{Purpose, between, chance, falls};
use crate::plant::{Module, around};
use crate::premises::HeadEnd;
use crate::script::Fault;
use crate::utility::Utility;

/// After an outage that the battery did not outlive, the clock goes on so long after the outage began (AMT-BEH-03).
pub(crate) const RESTART_AFTER_SECONDS: i64 = 5;
/// How many synchronisations may fail in a row before the simulation stops looking.
const SYNCS_MAX: i64 = 2000;

/// What a clock shows at some time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shows {
    /// The time, but for drift.
    Time,
    /// So many seconds more than the time, or fewer.
    Wrong(i64),
    /// The same, by a clock that went on after an outage as if that had not been.
    Assumed(i64),
    /// Nothing: the meter records nothing.
    Nothing,
}

impl Shows {
    /// How far ahead it is, in seconds; `None` where it shows nothing.
    pub fn offset(self) -> Option<i64> {
        match self {
            Self::Time => Some(0),
            Self::Wrong(offset) | Self::Assumed(offset) => Some(offset),
            Self::Nothing => None,
        }
    }
}

/// The clock of a meter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clock {
    /// When it does not show the time, in order and apart.
    pub(crate) spans: Vec<(TimeRange, Shows)>,
    drift_ppm: i64,
}

impl Clock {
    /// Whether it shows the time always and to the second.
    pub fn is_right(&self) -> bool {
        self.spans.is_empty() && self.drift_ppm == 0
    }

    /// What it shows at a true instant.
    pub fn shows(&self, at: Timestamp) -> Shows {
        self.spans.iter().find(|(span, _)| span.contains(at)).map_or(Shows::Time, |(_, shows)| *shows)
    }

    /// What it shows in the parts of a span of true time, in order.
    pub(crate) fn over(&self, whole: TimeRange) -> Vec<(TimeRange, Shows)> {
        let (mut parts, mut at) = (Vec::new(), whole.start);
        for (span, shows) in self.spans.iter().filter(|(span, _)| whole.start < span.end && span.start < whole.end) {
            if at < span.start {
                parts.push((TimeRange { start: at, end: span.start }, Shows::Time));
            }
            parts.push((TimeRange { start: span.start.max(at), end: span.end.min(whole.end) }, *shows));
            at = span.end;
        }
        if at < whole.end {
            parts.push((TimeRange { start: at, end: whole.end }, Shows::Time));
        }
        parts
    }

    /// The farthest that it is ever off, drift left out, in seconds.
    pub(crate) fn farthest(&self) -> i64 {
        self.spans.iter().filter_map(|(_, shows)| shows.offset()).map(i64::abs).max().unwrap_or(0)
    }
}

impl Utility {
    /// The clock of a meter.
    pub fn clock(&self, meter: u32, module: &Module, head_end: HeadEnd) -> Clock {
        let ppm = i64::from(self.script.field.drift_ppm);
        let drift_ppm = between(self.settings.seed, meter.into(), 0, Purpose::Drift, (-ppm, ppm + 1));
        let mut clock = Clock { spans: Vec::new(), drift_ppm };
        let after_outages = self.after_outages(meter, module, head_end);
        let wrong: Vec<_> = self.script.of_meter(meter).filter_map(wrong_clock).collect();
        let edges = after_outages.iter().map(|(span, _)| *span).chain(wrong.iter().map(|(span, _)| *span));
        let mut edges: Vec<_> = edges.flat_map(|span| [span.start, span.end]).collect();
        edges.sort_unstable();
        edges.dedup();
        for pair in edges.windows(2) {
            let span = TimeRange { start: pair[0], end: pair[1] };
            let of = |spans: &[(TimeRange, Shows)]| {
                spans.iter().find(|(all, _)| all.contains(span.start)).map(|(_, shows)| *shows)
            };
            if let Some(shows) = of(&after_outages).or_else(|| of(&wrong)) {
                clock.spans.push((span, shows));
            }
        }
        clock
    }

    /// How far the clock of a meter is ahead at a true instant, in seconds and with drift; `None` where it shows nothing.
    pub fn clock_offset(&self, meter: u32, head_end: HeadEnd, clock: &Clock, at: Timestamp) -> Option<i64> {
        let drift = || {
            let since = at.as_second() - self.last_sync(meter, head_end, at);
            clock.drift_ppm * since / 1_000_000
        };
        match clock.shows(at) {
            Shows::Assumed(offset) => Some(offset),
            shows => shows.offset().map(|offset| if clock.drift_ppm == 0 { offset } else { offset + drift() }),
        }
    }

    /// What the clock of a head-end shows at a true instant.
    pub fn by_head_end(&self, head_end: HeadEnd, at: Timestamp) -> Timestamp {
        at + SignedDuration::from_secs(self.script.head_end_clock(head_end, at))
    }

    /// When a meter is synchronised within a span of time.
    pub(crate) fn syncs(&self, meter: u32, head_end: HeadEnd, span: TimeRange) -> impl Iterator<Item = Timestamp> {
        let (every, phase) = self.sync_rhythm(meter);
        let first = (span.start.as_second() - phase + every - 1).div_euclid(every);
        let last = (span.end.as_second() - 1 - phase).div_euclid(every);
        let moments = (first..=last).filter_map(move |number| Timestamp::from_second(number * every + phase).ok());
        moments.filter(move |at| !self.script.no_sync(head_end, *at))
    }

    /// Whether a meter's battery does not outlive an outage that begins at an instant.
    pub(crate) fn is_weak(&self, meter: u32, head_end: HeadEnd, at: Timestamp) -> bool {
        let holds = |share: &crate::script::Share| share.head_end == head_end && share.from <= at && at < share.to;
        self.script.batteries().any(|(share, _)| holds(share) && self.has_such_battery(meter, share))
    }

    /// Whether a meter is among those with such a battery.
    pub(crate) fn has_such_battery(&self, meter: u32, share: &crate::script::Share) -> bool {
        let moment = share.from.as_second();
        falls(self.settings.seed, meter.into(), moment, Purpose::Battery, share.per_mille.into())
    }

    /// What the clock shows from each outage that the battery did not outlive until it is set again.
    fn after_outages(&self, meter: u32, module: &Module, head_end: HeadEnd) -> Vec<(TimeRange, Shows)> {
        let mut spans = Vec::new();
        for dark in self.dark(meter).iter().filter(|dark| self.is_weak(meter, head_end, dark.start)) {
            let search = TimeRange { start: dark.end, end: dark.end + self.sync_search() };
            let set = self.syncs(meter, head_end, search).find(|at| around(self.dark(meter), *at).is_none());
            let assumed = TimeRange { start: dark.end, end: set.unwrap_or(search.end) };
            let offset = RESTART_AFTER_SECONDS - dark.seconds();
            let shows = if module.assumes_time { Shows::Assumed(offset) } else { Shows::Nothing };
            spans.push((*dark, Shows::Nothing));
            spans.push((assumed, shows));
        }
        spans
    }

    fn sync_search(&self) -> SignedDuration {
        SignedDuration::from_hours(SYNCS_MAX.min(24 * 60) * i64::from(self.script.field.sync_hours) / 24 + 48)
    }

    /// The last synchronisation before an instant, in epoch seconds; where all failed, the first that was looked at.
    fn last_sync(&self, meter: u32, head_end: HeadEnd, at: Timestamp) -> i64 {
        let (every, phase) = self.sync_rhythm(meter);
        let number = (at.as_second() - phase).div_euclid(every);
        let is_set = |moment: &i64| Timestamp::from_second(*moment).is_ok_and(|at| !self.script.no_sync(head_end, at));
        let mut moments = (0..SYNCS_MAX).map(|back| (number - back) * every + phase);
        moments.find(is_set).unwrap_or((number - SYNCS_MAX) * every + phase)
    }

    fn sync_rhythm(&self, meter: u32) -> (i64, i64) {
        let every = 3600 * i64::from(self.script.field.sync_hours);
        let phase = chance(self.settings.seed, meter.into(), 0, Purpose::SyncHour) % every.unsigned_abs();
        (every, phase.cast_signed())
    }
}

fn wrong_clock(fault: &Fault) -> Option<(TimeRange, Shows)> {
    match fault {
        Fault::WrongClock { seconds, .. } => Some((fault.span(), Shows::Wrong((*seconds).into()))),
        _ => None,
    }
}
