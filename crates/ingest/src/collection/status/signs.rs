//! What the readings of a day say of power, clocks, tampering, faults, precision and accuracy: one pass over the channels.

use jiff::{SignedDuration, Timestamp};
use model::master::Channel;
use model::quality::Status;
use model::quantity::Decimal;
use model::reading_type::parse_unit;
use model::register::{AdvanceError, UNKNOWN_DIALS, advance};
use model::time::{LocalDay, TimeRange, hour_ending_label};
use smol_str::SmolStr;
use store::readings::{AsOf, Day, Error, NO_VALUE, ReadingsBook, RegisterRead};
use vee::amount::Amount;
use vee::context::Measured;
use vee::sum_check::{SumCheckError, Tolerance, sum_check};

use super::super::expected::{readings_of, seconds_between};
use super::super::found::TIME_IN_DOUBT;
use super::super::report::component_of;
use super::{Asked, Row};
use crate::placement::zone_of;
use crate::validation::totals::of_channel;

/// Watt-hours in the list of units of reading types.
const WATT_HOURS: u16 = 72;
/// The coarsest step of a read, as a power of ten of watt-hours (Ontario 2.3.3: 10 Wh).
const COARSEST: i32 = 1;
/// Values that must differ before a step that all of them share means something.
const DISTINCT_MIN: usize = 6;
/// How long before a day the read is looked for that the first one of the day must not be below.
const BEFORE: SignedDuration = SignedDuration::from_hours(24);
/// Faults that a meter flags its own readings with.
const FAULTS: Status = Status::HARDWARE.with(Status::LOW_BATTERY).with(Status::OVERFLOW).with(Status::TEST_MODE);

/// What the readings of a day say.
#[derive(Debug, Default)]
pub(super) struct Signs {
    /// Intervals from the one in which power was lost to the one in which it came back.
    pub power: Vec<Row>,
    /// Readings of a clock in doubt, and reads that were not stamped when they were due.
    pub time: Vec<Row>,
    /// Intervals in which a clock was set.
    pub clock_set: Vec<Row>,
    /// Readings with suspected tampering.
    pub tamper: Vec<Row>,
    /// Readings of a meter with a fault.
    pub faults: Vec<Row>,
    /// Channels of energy of which there were values, and those of them that are coarser than 10 Wh.
    pub precision: (u64, Vec<Row>),
    /// Comparisons of a register with its intervals and of reads with the ones before, and those that failed.
    pub accuracy: (u64, Vec<Row>),
}

/// A channel whose day is looked at.
struct Looked<'a> {
    channel: &'a Channel,
    day: LocalDay,
    component: SmolStr,
}

impl Signs {
    /// Looks at every channel.
    pub(super) fn of_day(asked: Asked<'_>, progress: &mut dyn FnMut(u64)) -> Result<Self, Error> {
        let mut signs = Self::default();
        let mut channels: Vec<&Channel> = asked.directory.channels().collect();
        channels.sort_unstable_by_key(|channel| channel.number);
        for channel in channels {
            progress(1);
            let Some(day) = asked.day(&channel.zone) else { continue };
            let component = component_of(asked.directory, channel, &day);
            signs.look(asked, &Looked { channel, day, component })?;
        }
        Ok(signs)
    }

    fn look(&mut self, asked: Asked<'_>, looked: &Looked<'_>) -> Result<(), Error> {
        let Looked { channel, day, .. } = *looked;
        let tolerance = i64::from(asked.report.rules.stamp_tolerance_seconds);
        let start = day.range.start.saturating_sub(BEFORE).unwrap_or(day.range.start);
        let history =
            asked.book.read(channel.number, start.as_second(), day.range.end.as_second() + tolerance + 1, AsOf::Now)?;
        let days: Vec<&Day> =
            history.days.iter().filter(|stored| stored.date == day.date && stored.slot_seconds != 0).collect();
        for stored in &days {
            self.flagged(asked.book, looked, stored);
        }
        let reads: Vec<RegisterRead> =
            history.registers.into_iter().filter(|read| read.is_standing() && read.value.is_some()).collect();
        self.stamped(asked, looked, &reads, tolerance);
        self.falling(looked, &reads);
        self.compared(asked, looked, &days)?;
        let values = days.iter().flat_map(|day| day.values.iter().copied()).filter(|value| *value != NO_VALUE);
        let within = reads.iter().filter(|read| day.range.start.as_second() < read.at);
        self.coarse(looked, values.chain(within.filter_map(|read| read.value)).collect());
        Ok(())
    }

    /// What the statuses of the intervals of a day say.
    fn flagged(&mut self, book: &ReadingsBook, looked: &Looked<'_>, day: &Day) {
        let mut statuses = vec![Status::NONE; day.values.len()];
        for (from, to, id) in &day.qualities {
            let status = book.quality(*id).map_or(Status::NONE, |quality| quality.status);
            let of_it = usize::from(*from).min(statuses.len())..usize::from(*to).min(statuses.len());
            statuses[of_it].fill(status);
        }
        let is_dark = |slot: usize| matches!(day.values[slot], NO_VALUE | 0);
        for (from, to) in spells(&statuses, Status::POWER_FAILURE, is_dark) {
            let (lost, restored) = (looked.range(day, from, from + 1), looked.range(day, to - 1, to));
            let ends = [lost, restored].map(|range| looked.label(range.end));
            let words = format!("power lost in the interval to {}, back in the one to {}", ends[0], ends[1]);
            self.power.push(looked.row(words).since(lost.start).until(restored.end));
        }
        let never = |_: usize| false;
        let of = |signs: &mut Vec<Row>, status: Status, words: &str| {
            for (from, to) in spells(&statuses, status, never) {
                let range = looked.range(day, from, to);
                let said = statuses[from].without(Status(!status.0)).words().collect::<Vec<_>>().join(", ");
                let row = looked.row(format!("{}: {words}{said}", looked.channel.label));
                signs.push(row.since(range.start).until(range.end));
            }
        };
        of(&mut self.time, TIME_IN_DOUBT, "stamped by a clock in doubt: ");
        of(&mut self.clock_set, Status::TIME_RESET.with(Status::TIME_ADJUSTED), "");
        of(&mut self.tamper, Status::TAMPER, "");
        of(&mut self.faults, FAULTS, "");
    }

    /// Reads that are not stamped when one was due (Ontario 2.4.3).
    fn stamped(&mut self, asked: Asked<'_>, looked: &Looked<'_>, reads: &[RegisterRead], tolerance: i64) {
        let Looked { channel, day, .. } = looked;
        for read in reads.iter().filter(|read| day.range.start.as_second() < read.at) {
            let status = asked.book.quality(read.quality).map_or(Status::NONE, |quality| quality.status);
            let Ok(at) = Timestamp::from_second(read.at) else { continue };
            if status.intersects(TIME_IN_DOUBT) && at <= day.range.end {
                let words = format!("{}: read by a clock in doubt", channel.label);
                self.time.push(looked.row(words).since(at));
            }
        }
        let Some(seconds) =
            seconds_between(channel, &asked.report.rules).filter(|_| channel.interval_seconds.is_none())
        else {
            return;
        };
        let ends = readings_of(day, seconds).into_iter().map(|reading| reading.end.as_second());
        let due: Vec<i64> = ends.chain([day.range.start.as_second()]).collect();
        for read in reads.iter().filter(|read| day.range.start.as_second() + tolerance < read.at) {
            let Some(apart) = due.iter().map(|due| read.at - due).min_by_key(|apart| apart.abs()) else { continue };
            if let Ok(at) = Timestamp::from_second(read.at)
                && tolerance < apart.abs()
                && read.at <= day.range.end.as_second() + tolerance
            {
                let words = format!(
                    "{}: stamped {} s from the time it was due, at most {tolerance}",
                    channel.label,
                    apart.abs()
                );
                self.time.push(looked.row(words).since(at));
            }
        }
    }

    /// Reads below the one before that did not roll over (Ontario 2.8.3).
    fn falling(&mut self, looked: &Looked<'_>, reads: &[RegisterRead]) {
        let channel = looked.channel;
        let dials = channel.dials.unwrap_or(UNKNOWN_DIALS);
        for both in reads.windows(2) {
            let [before, after] = both else { continue };
            let (Some(low), Some(high), Ok(at)) = (before.value, after.value, Timestamp::from_second(after.at)) else {
                continue;
            };
            if at <= looked.day.range.start || looked.day.range.end < at || after.is_opening() {
                continue;
            }
            self.accuracy.0 += 1;
            let [start, end] = [low, high].map(|digits| Decimal::new(digits, channel.quantum));
            if matches!(advance(start, end, dials), Err(AdvanceError::Fell)) {
                let words =
                    format!("{}: lower than the read before, and not at the end of the register", channel.label);
                self.accuracy.1.push(looked.row(words).since(at));
            }
        }
    }

    /// Intervals held against the register that measures the same (O-04).
    fn compared(&mut self, asked: Asked<'_>, looked: &Looked<'_>, days: &[&Day]) -> Result<(), Error> {
        let Looked { channel, day, .. } = *looked;
        if channel.interval_seconds.is_none() {
            return Ok(());
        }
        for total in of_channel(asked.book, asked.directory, channel, day.range, AsOf::Now)? {
            let Measured::Register(pair) = &total.measured else { continue };
            let Some(sum) = days.iter().find_map(|day| sum(day, total.range)) else { continue };
            let tolerance = Tolerance::of_register(pair, asked.limits.register_counts, Amount::ZERO);
            let checked = sum_check(Amount::new(sum, channel.quantum.into()), &total.measured, tolerance);
            // A register that fell is told of the register.
            if matches!(checked, Err(SumCheckError::RegisterFell { .. })) {
                continue;
            }
            self.accuracy.0 += 1;
            if !checked.as_ref().is_ok_and(|checked| checked.meets()) {
                let apart = checked.map_or_else(
                    |error| error.to_string(),
                    |checked| format!("{} {} apart", checked.apart, channel.unit),
                );
                let words = format!("{} and the register {} do not agree: {apart}", channel.label, total.measured_by);
                self.accuracy.1.push(looked.row(words).since(total.range.start).until(total.range.end));
            }
        }
        Ok(())
    }

    /// Values of energy that are told in steps of more than 10 Wh.
    fn coarse(&mut self, looked: &Looked<'_>, mut values: Vec<i64>) {
        let channel = looked.channel;
        let Some((power, WATT_HOURS)) = parse_unit(&channel.unit) else { return };
        let quantum = i32::from(channel.quantum) + i32::from(power);
        values.retain(|value| *value != 0);
        values.sort_unstable();
        values.dedup();
        if values.is_empty() {
            return;
        }
        self.precision.0 += 1;
        let shared = if DISTINCT_MIN <= values.len() { zeros_of_all(&values) } else { 0 };
        let step = quantum + shared;
        if COARSEST < step {
            let words =
                format!("{}: told in steps of {} Wh, at least 10 Wh are asked", channel.label, power_of_ten(step));
            self.precision.1.push(looked.row(words));
        }
    }
}

impl Looked<'_> {
    fn row(&self, words: String) -> Row {
        Row::new(self.component.clone(), self.channel.zone.clone(), words)
    }

    fn label(&self, at: Timestamp) -> String {
        zone_of(&self.channel.zone).map_or_else(|_| at.to_string(), |zone| hour_ending_label(at, &zone))
    }

    /// The instants of slots `[from, to)`.
    fn range(&self, day: &Day, from: usize, to: usize) -> TimeRange {
        let at = |slot: usize| {
            let seconds = i64::try_from(slot).unwrap_or(i64::MAX).saturating_mul(i64::from(day.slot_seconds));
            Timestamp::from_second(day.day_start.saturating_add(seconds)).unwrap_or(self.day.range.end)
        };
        TimeRange { start: at(from), end: at(to) }
    }
}

/// Runs of slots with one of some statuses; what `joins` between two of them belongs to one.
fn spells(statuses: &[Status], wanted: Status, joins: impl Fn(usize) -> bool) -> Vec<(usize, usize)> {
    let mut spells: Vec<(usize, usize)> = Vec::new();
    for slot in (0..statuses.len()).filter(|slot| statuses[*slot].intersects(wanted)) {
        match spells.last_mut() {
            Some((_, to)) if (*to..slot).all(&joins) => *to = slot + 1,
            _ => spells.push((slot, slot + 1)),
        }
    }
    spells
}

/// What the intervals of a span add up to, in the quantum of their channel; `None` where they do not fill it.
fn sum(day: &Day, range: TimeRange) -> Option<i128> {
    let slot = |at: Timestamp| {
        let seconds = at.as_second() - day.day_start;
        let length = i64::from(day.slot_seconds);
        (seconds % length == 0).then(|| usize::try_from(seconds / length).ok()).flatten()
    };
    let values = day.values.get(slot(range.start)?..slot(range.end)?)?;
    if values.contains(&NO_VALUE) { None } else { Some(values.iter().map(|value| i128::from(*value)).sum()) }
}

/// How many zeros every value ends in.
fn zeros_of_all(values: &[i64]) -> i32 {
    let divides = |power: &u32| values.iter().all(|value| value % 10_i64.pow(*power) == 0);
    let zeros = (1..=9_u32).take_while(divides).count();
    i32::try_from(zeros).unwrap_or(0)
}

fn power_of_ten(exponent: i32) -> String {
    format!("1{}", "0".repeat(usize::try_from(exponent).unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spell_goes_on_over_what_joins() {
        let check = |slots: &str, expected: &[(usize, usize)]| {
            // P: power failed, 0: nothing passed, 5: something did.
            let of = |letter: char| if letter == 'P' { Status::POWER_FAILURE } else { Status::NONE };
            let statuses: Vec<Status> = slots.chars().map(of).collect();
            let letters: Vec<char> = slots.chars().collect();
            assert_eq!(spells(&statuses, Status::POWER_FAILURE, |slot| letters[slot] == '0'), expected, "{slots}");
        };
        check("5555", &[]);
        check("5P55", &[(1, 2)]);
        check("5P00P5", &[(1, 5)]);
        check("5P05P5", &[(1, 2), (4, 5)]);
        check("PP", &[(0, 2)]);
    }

    // covers: ONT-2.3.3
    #[test]
    fn values_share_the_zeros_that_all_of_them_end_in() {
        assert_eq!(zeros_of_all(&[1000, 2500, 300]), 2);
        assert_eq!(zeros_of_all(&[1000, 2500, 301]), 0);
        assert_eq!(power_of_ten(3), "1000");
    }
}
