//! A made-up fleet with a known truth: any value can be asked for again, so that tests and benchmarks can check
//! what was stored without keeping a copy.
//!
//! Everything follows from the seed. Readings arrive in partial-day files of four hours; some are held back for a
//! day and some come twice, as head-ends do.

use simulator::chance::mixed;
use simulator::load::{BUSINESS, HOME};

/// Seconds of one interval.
pub const INTERVAL_SECONDS: u32 = 900;
/// Intervals of one file and channel: four hours.
pub const FILE_INTERVALS: u32 = 16;
const FILES_PER_DAY: u32 = 6;
/// Late pieces come with the file of the same hour a day later.
const LATE_BY_FILES: u32 = FILES_PER_DAY;

/// Size, seed and flaws of the fleet.
#[derive(Clone, Copy, Debug)]
pub struct Workload {
    /// Decides every value and every flaw.
    pub seed: u64,
    /// How many channels there are, numbered from 0.
    pub channels: u32,
    /// How many days of 96 intervals.
    pub days: u32,
    /// Start of the first day in epoch seconds.
    pub start: i64,
    /// Pieces in a hundred that come a day late.
    pub late_percent: u32,
    /// Pieces in a hundred that come twice.
    pub duplicate_percent: u32,
    /// Among so many channel-days, at least 12, ten have a gap, one a spike and one a negative value; `None` is a fleet
    /// without flaws.
    pub flaws_among: Option<u64>,
    /// Whether a collector is silent for a part of one night, with all its meters.
    pub silent_night: bool,
}

/// Every so many meters report through the collector that is silent for a night.
const COLLECTOR_SHARE: u32 = 4;
/// That night is so many days before the end.
const SILENT_DAYS_AGO: u32 = 6;

/// Four hours of one channel inside a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece {
    /// The channel.
    pub channel: u32,
    /// Start of the first interval in epoch seconds.
    pub start: i64,
}

/// What kind of customer a channel belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Customer {
    Home,
    Business,
    Vacant,
}

/// Per cent of the yearly mean in each month, northern hemisphere with air conditioning.
const MONTH_PERCENT: [i64; 12] = [118, 112, 100, 90, 86, 98, 116, 114, 94, 88, 96, 112];

impl Workload {
    /// A fleet without flaws for benchmarks: 2 % late, 1 % twice.
    pub fn new(seed: u64, channels: u32, days: u32) -> Self {
        // 2026-01-01T00:00:00Z
        Self {
            seed,
            channels,
            days,
            start: 1_767_225_600,
            late_percent: 2,
            duplicate_percent: 1,
            flaws_among: None,
            silent_night: false,
        }
    }

    /// How many files there are, the ones that only bring late pieces included.
    pub fn files(&self) -> u32 {
        self.days * FILES_PER_DAY + LATE_BY_FILES
    }

    /// How many distinct readings there are in all.
    pub fn readings(&self) -> u64 {
        u64::from(self.channels) * u64::from(self.days) * 96
    }

    /// The pieces of a file, by channel.
    pub fn file(&self, file: u32) -> impl Iterator<Item = Piece> + '_ {
        (0..self.channels).flat_map(move |channel| {
            let on_time = self.exists(file) && !self.is_late(channel, file);
            let late =
                file.checked_sub(LATE_BY_FILES).filter(|from| self.exists(*from) && self.is_late(channel, *from));
            let again = file.checked_sub(1).filter(|from| self.exists(*from) && self.comes_twice(channel, *from));
            [on_time.then_some(file), late, again]
                .into_iter()
                .flatten()
                .map(move |file| Piece { channel, start: self.file_start(file) })
        })
    }

    fn exists(&self, file: u32) -> bool {
        file < self.days * FILES_PER_DAY
    }

    /// Start of the four hours that a file is about.
    pub fn file_start(&self, file: u32) -> i64 {
        self.start + i64::from(file) * i64::from(FILE_INTERVALS * INTERVAL_SECONDS)
    }

    fn is_late(&self, channel: u32, file: u32) -> bool {
        self.hash(channel, i64::from(file), 1) % 100 < u64::from(self.late_percent)
    }

    fn comes_twice(&self, channel: u32, file: u32) -> bool {
        !self.is_late(channel, file) && self.hash(channel, i64::from(file), 2) % 100 < u64::from(self.duplicate_percent)
    }

    /// The true Wh of the interval that begins at `instant`; `None` where the meter has a gap.
    pub fn value(&self, channel: u32, instant: i64) -> Option<i64> {
        let quarter = instant.div_euclid(i64::from(INTERVAL_SECONDS));
        let day = instant.div_euclid(86_400);
        let true_value = self.true_value(channel, quarter, day);
        if self.silent_night && self.is_silent(channel, instant) {
            return None;
        }
        let Some(among) = self.flaws_among else { return Some(true_value) };
        let slot = quarter.rem_euclid(96) as u64;
        let fate = self.hash(channel, day, 4);
        let flaw_slot = (fate >> 32) % 88;
        let in_flaw = |length: u64| (flaw_slot..flaw_slot + length).contains(&slot);
        match fate % among.max(12) {
            0..=5 if in_flaw(4) => None,
            6..=8 if in_flaw(8) => None,
            9 if slot < 48 => None,
            10 if in_flaw(1) => Some(true_value * 9 + 4000),
            11 if in_flaw(1) => Some(-true_value),
            _ => Some(true_value),
        }
    }

    /// Whether the collector lost the interval: three hours from two o'clock on, of all its meters alike.
    fn is_silent(&self, channel: u32, instant: i64) -> bool {
        let night = self.start + i64::from(self.days.saturating_sub(SILENT_DAYS_AGO)) * 86_400;
        channel % COLLECTOR_SHARE == 1 && (night + 2 * 3600..night + 5 * 3600).contains(&instant)
    }

    /// The cumulative register in Wh at an instant: it goes on counting where interval values are lost.
    pub fn register(&self, channel: u32, instant: i64) -> i64 {
        let begin = self.start.div_euclid(i64::from(INTERVAL_SECONDS));
        let end = instant.div_euclid(i64::from(INTERVAL_SECONDS));
        let counted: i64 = (begin..end).map(|quarter| self.true_value(channel, quarter, quarter.div_euclid(96))).sum();
        1_000_000 + (self.hash(channel, 0, 7) % 40_000_000) as i64 + counted
    }

    fn true_value(&self, channel: u32, quarter: i64, day: i64) -> i64 {
        let hour = (quarter.div_euclid(4)).rem_euclid(24) as usize;
        let next_hour = (hour + 1) % 24;
        let part = quarter.rem_euclid(4);
        let customer = self.customer(channel);
        // 1970-01-01 was a Thursday.
        let weekend = matches!((day + 4).rem_euclid(7), 0 | 6);
        let shape = match customer {
            Customer::Home => HOME,
            Customer::Business => BUSINESS,
            Customer::Vacant => return 1 + (self.hash(channel, quarter, 3) % 3) as i64,
        };
        let base = (shape[hour] * (4 - part) + shape[next_hour] * part) / 4;
        let size = 50 + (self.hash(channel, 0, 5) % 110) as i64;
        let week = match (customer, weekend) {
            (Customer::Home, true) => 115,
            (Customer::Business, true) => 38,
            _ => 100,
        };
        let month = MONTH_PERCENT[((day.rem_euclid(365)) / 31).min(11) as usize];
        let noise = 80 + (self.hash(channel, quarter, 3) % 41) as i64;
        base * size / 100 * week / 100 * month / 100 * noise / 100
    }

    fn customer(&self, channel: u32) -> Customer {
        match self.hash(channel, 0, 6) % 100 {
            0..=1 => Customer::Vacant,
            2..=9 => Customer::Business,
            _ => Customer::Home,
        }
    }

    fn hash(&self, channel: u32, moment: i64, purpose: u64) -> u64 {
        mixed(self.seed, channel.into(), moment, purpose)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    #[test]
    fn every_piece_arrives_and_the_shares_are_as_asked() {
        let workload = Workload::new(7, 400, 5);
        let mut arrivals: HashMap<(u32, i64), Vec<u32>> = HashMap::new();
        for file in 0..workload.files() {
            for piece in workload.file(file) {
                arrivals.entry((piece.channel, piece.start)).or_default().push(file);
            }
        }
        let pieces = 400 * 5 * 6;
        assert_eq!(arrivals.len(), pieces);
        let twice = arrivals.values().filter(|files| files.len() == 2).count();
        let late =
            arrivals.iter().filter(|((_, start), files)| workload.file_start(files[0]) - start == 86_400).count();
        assert!((60..=180).contains(&twice), "about 1 % of {pieces}, found {twice}");
        assert!((160..=320).contains(&late), "about 2 % of {pieces}, found {late}");
    }

    #[test]
    fn a_collector_is_silent_for_three_hours_of_one_night() {
        let flawed = Workload { silent_night: true, ..Workload::new(7, 8, 35) };
        let night = flawed.start + 29 * 86_400;
        let silent = |channel: u32| (0..96).filter(|slot| flawed.is_silent(channel, night + slot * 900)).count();
        assert_eq!((0..8).map(silent).collect::<Vec<_>>(), [0, 12, 0, 0, 0, 12, 0, 0]);
        assert!(!flawed.is_silent(1, night + 5 * 3600) && flawed.is_silent(1, night + 5 * 3600 - 1));
        assert_eq!(flawed.value(1, night + 2 * 3600), None);
    }

    #[test]
    fn the_truth_can_be_asked_again_and_depends_on_the_seed() {
        let workload = Workload::new(7, 10, 1);
        assert_eq!(workload.value(3, workload.start), workload.value(3, workload.start));
        let other = Workload::new(8, 10, 1);
        let differs = (0..96).any(|slot| {
            let instant = workload.start + slot * 900;
            workload.value(3, instant) != other.value(3, instant)
        });
        assert!(differs);
        assert!((0..96).all(|slot| workload.value(3, workload.start + slot * 900).is_some_and(|value| 0 < value)));
    }
}
