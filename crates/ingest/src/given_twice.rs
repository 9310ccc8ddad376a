//! Values that one message gives more than once for the same interval or register read.
//!
//! The later one counts, and where they differ its sender is told so; where they do not, V09 tells that the place is doubled.
//! Versions of a source do not meet here: of those the newest counts, wherever it stands. A very long message is committed in
//! parts, and what an earlier part said is not compared (`docs/quarantine.md`).

use std::collections::HashMap;

use jiff::Timestamp;
use model::finding::{Finding, Severity};
use model::master::Channel;
use model::quantity::Decimal;
use store::readings::{DayRun, NO_VALUE, RegisterEntry};

/// The code of a value that differs from one the message gave before.
pub const VALUE_TWICE: &str = "value.twice";

/// The values of a message that are not committed yet.
#[derive(Debug, Default)]
pub struct Given {
    days: HashMap<DayKey, Vec<Run>>,
    reads: HashMap<ReadKey, i64>,
}

/// Channel, first instant of the day, interval length, version.
type DayKey = (u32, i64, u32, Option<i64>);
/// Channel, moment, start of the period, version.
type ReadKey = (u32, i64, Option<i64>, Option<i64>);

/// Values from a slot on.
#[derive(Debug)]
struct Run {
    first: usize,
    values: Vec<i64>,
}

impl Run {
    fn end(&self) -> usize {
        self.first + self.values.len()
    }

    /// Slots that have a value here and another one there, with both.
    fn differing<'r>(&'r self, other: &'r Self) -> impl Iterator<Item = (usize, i64, i64)> + 'r {
        let slots = self.first.max(other.first)..self.end().min(other.end());
        let both = slots.map(|slot| (slot, self.values[slot - self.first], other.values[slot - other.first]));
        both.filter(|(_, here, there)| here != there && *here != NO_VALUE && *there != NO_VALUE)
    }
}

impl Given {
    /// Notes intervals; tells where the message gave others for them before.
    pub fn intervals(&mut self, channel: &Channel, day_run: &DayRun<'_>, line: u64) -> Option<Finding> {
        let key = (day_run.channel.0, day_run.day_start, day_run.slot_seconds, day_run.revision);
        let known = self.days.entry(key).or_default();
        let run = Run { first: usize::from(day_run.first), values: day_run.values.to_vec() };
        // Of three the last two are compared: the first was told already.
        let differing = known.iter().rev().find_map(|earlier| {
            let mut differing = earlier.differing(&run);
            let first = differing.next()?;
            Some((first, differing.count()))
        });
        match known.last_mut() {
            Some(last) if last.end() == run.first => last.values.extend(run.values),
            _ => known.push(run),
        }
        let ((slot, earlier, later), more) = differing?;
        let start = day_run.day_start + i64::try_from(slot).ok()? * i64::from(day_run.slot_seconds);
        let more = if more == 0 { String::new() } else { format!(" and {more} after it") };
        Some(twice(channel, line, &format!("interval from {}{more}", instant(start)), [earlier, later]))
    }

    /// Notes a register read; tells where the message gave another one before.
    pub fn read(&mut self, channel: &Channel, read: &RegisterEntry, line: u64) -> Option<Finding> {
        let later = read.value?;
        let key = (read.channel.0, read.at, read.period_start, read.revision);
        let earlier = self.reads.insert(key, later).filter(|earlier| *earlier != later)?;
        Some(twice(channel, line, &format!("read of {}", instant(read.at)), [earlier, later]))
    }
}

fn instant(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap_or_default()
}

fn twice(channel: &Channel, line: u64, place: &str, values: [i64; 2]) -> Finding {
    let [earlier, later] = values.map(|value| Decimal::new(value, channel.quantum).normalized());
    let message = format!(
        "the {place} of {} is given twice with different values, {earlier} and then {later} {}: the later line counts; give \
         each once, or a version",
        channel.label, channel.unit
    );
    Finding::new(line, "value", VALUE_TWICE, message).with_severity(Severity::Warning)
}
