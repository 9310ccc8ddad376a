//! Communication modules (AMCD), regional collectors (AMRC) and who belongs to whom.
//!
//! Meters that follow each other by number are an area; an area has a collector of each head-end, powered where its first
//! meter is.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use model::id::Name;
use model::time::TimeRange;

use crate::chance::{Purpose, chance, falls};
use crate::premises::{HeadEnd, Premises};
use crate::script::{CollectorNumber, Fault};
use crate::utility::Utility;

/// A communication module and the meter around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Module {
    /// The family of the meter, as its maker names it.
    pub family: &'static str,
    /// What it runs when the simulation begins.
    pub firmware: &'static str,
    /// Whether it goes on with an assumed time where its battery did not outlive an outage; others record nothing until
    /// they are synchronised.
    pub assumes_time: bool,
    /// The collector it usually reaches.
    pub collector: CollectorNumber,
    /// The one it reaches where that is lost.
    pub neighbour: Option<CollectorNumber>,
}

/// Families with the first firmware that assumes the time after an outage, and one before it (AMT-DEV-01 to 04).
const FAMILIES: [(&str, [&str; 2]); 4] = [
    ("OpenWay CENTRON", ["7.0.187", "7.0.150"]),
    ("OpenWay Riva", ["5.4.398", "5.4.200"]),
    ("Gen5 CENTRON", ["2.008", "2.007"]),
    ("Gen5 Riva", ["10.8.569", "10.8.400"]),
];
/// How many modules of a thousand run the older firmware.
const OLD_PER_MILLE: u64 = 50;

/// When collectors and their links did not work: for each, spans in order and apart.
#[derive(Clone, Debug, Default)]
pub(crate) struct Plant {
    down: BTreeMap<CollectorNumber, Vec<TimeRange>>,
    unlinked: BTreeMap<CollectorNumber, Vec<TimeRange>>,
    /// Channels of the meters of each collector, where there is a link that fails.
    channels: BTreeMap<CollectorNumber, u64>,
}

impl Utility {
    /// What communicates for a meter by number.
    pub fn module(&self, meter: u32) -> Module {
        self.module_of(meter, &self.premises(meter))
    }

    pub(crate) fn module_of(&self, meter: u32, premises: &Premises) -> Module {
        let (seed, thing) = (self.settings.seed, u64::from(meter));
        let (family, firmware) = FAMILIES[(chance(seed, thing, 0, Purpose::Family) % 4) as usize];
        let old = falls(seed, thing, 0, Purpose::Firmware, OLD_PER_MILLE);
        let area = meter / self.script.field.meters_per_area;
        let collector = collector(area, premises.head_end);
        let reaches = falls(seed, thing, 0, Purpose::Neighbour, self.script.field.neighbour_per_mille.into());
        let beside = self.beside(area).filter(|_| reaches);
        Module {
            family,
            firmware: firmware[usize::from(old)],
            assumes_time: !old,
            collector,
            neighbour: beside.map(|area| self::collector(area, premises.head_end)),
        }
    }

    /// The collectors by number.
    pub fn collectors(&self) -> impl Iterator<Item = CollectorNumber> {
        let head_ends = HeadEnd::ALL.into_iter().filter(|one| self.settings.head_end.is_none_or(|all| all == *one));
        let head_ends: Vec<_> = head_ends.collect();
        (0..self.areas()).flat_map(move |area| head_ends.clone().into_iter().map(move |of| collector(area, of)))
    }

    /// When a collector does not work: it is out of order, or without power for longer than its battery lasts.
    pub fn collector_down(&self, collector: CollectorNumber) -> &[TimeRange] {
        self.plant.down.get(&collector).map_or(&[], Vec::as_slice)
    }

    /// When a collector has no link to its head-end.
    pub fn link_down(&self, collector: CollectorNumber) -> &[TimeRange] {
        self.plant.unlinked.get(&collector).map_or(&[], Vec::as_slice)
    }

    /// How many channels the meters of a collector have.
    pub(crate) fn channels(&self, collector: CollectorNumber) -> u64 {
        self.plant.channels.get(&collector).copied().unwrap_or(0)
    }

    /// The first meter of a collector's area: the collector has its power.
    pub(crate) fn first_meter(&self, collector: CollectorNumber) -> u32 {
        area_of(collector) * self.script.field.meters_per_area
    }

    fn areas(&self) -> u32 {
        self.settings.meters.div_ceil(self.script.field.meters_per_area)
    }

    /// The area beside another: areas are pairs, and the last of an odd number has the one before it.
    fn beside(&self, area: u32) -> Option<u32> {
        let pair = area ^ 1;
        if pair < self.areas() { Some(pair) } else { area.checked_sub(1) }
    }

    /// When collectors and links do not work, by the script and by the times without power.
    pub(crate) fn plant(&self) -> Plant {
        let mut plant = Plant::default();
        let backup = SignedDuration::from_hours(self.script.field.collector_backup_hours.into());
        for collector in self.collectors() {
            let mut down = Vec::new();
            for dark in self.dark(self.first_meter(collector)) {
                let empty = dark.start + backup;
                if empty < dark.end {
                    down.push(TimeRange { start: empty, end: dark.end });
                }
            }
            let of_it =
                |fault: &&Fault| matches!(fault, Fault::CollectorDown { collector: of, .. } if *of == collector);
            down.extend(self.script.fault.iter().filter(of_it).map(Fault::span));
            let unlinked = |fault: &&Fault| match fault {
                Fault::LinkDown { head_end, collector: of, .. } => {
                    *head_end == head_end_of(collector) && of.is_none_or(|of| of == collector)
                }
                _ => false,
            };
            let unlinked: Vec<_> = self.script.fault.iter().filter(unlinked).map(Fault::span).collect();
            if !unlinked.is_empty() {
                plant.channels.insert(collector, self.count_channels(collector));
                plant.unlinked.insert(collector, joined(unlinked));
            }
            if !down.is_empty() {
                plant.down.insert(collector, joined(down));
            }
        }
        plant
    }

    fn count_channels(&self, collector: CollectorNumber) -> u64 {
        let first = self.first_meter(collector);
        let end = (first + self.script.field.meters_per_area).min(self.settings.meters);
        let premises = (first..end).map(|meter| self.premises(meter));
        let own = premises.filter(|premises| premises.head_end == head_end_of(collector));
        own.map(|premises| 1 + u64::from(premises.panels_kw != 0)).sum()
    }
}

/// What the module of a meter is called.
pub fn module_name(meter: u32) -> Name {
    Name::new("ComModule", format!("AMCD-{meter:06}"))
}

/// The head-end of a collector.
pub fn head_end_of(collector: CollectorNumber) -> HeadEnd {
    HeadEnd::ALL[collector.0 as usize % HeadEnd::ALL.len()]
}

fn area_of(collector: CollectorNumber) -> u32 {
    collector.0 / HeadEnd::ALL.len() as u32
}

fn collector(area: u32, head_end: HeadEnd) -> CollectorNumber {
    CollectorNumber(area * HeadEnd::ALL.len() as u32 + head_end as u32)
}

/// Spans in order and apart.
pub(crate) fn joined(mut spans: Vec<TimeRange>) -> Vec<TimeRange> {
    spans.sort_unstable_by_key(|span| span.start);
    let mut joined: Vec<TimeRange> = Vec::new();
    for span in spans {
        match joined.last_mut() {
            Some(last) if span.start <= last.end => last.end = last.end.max(span.end),
            _ => joined.push(span),
        }
    }
    joined
}

/// The span around an instant, of spans in order and apart.
pub(crate) fn around(spans: &[TimeRange], at: Timestamp) -> Option<TimeRange> {
    let after = spans.partition_point(|span| span.start <= at);
    spans[..after].last().filter(|span| at < span.end).copied()
}
