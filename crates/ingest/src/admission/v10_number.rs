//! V10 number format: a value fits the quantum of its channel to the last digit and is plausibly small.
//!
//! Source: DH3 E89, E86: 10 integer digits and 3 decimals, not negative. Here the quantum of the channel says how many decimals, and
//! the plan whether a value may be below zero (V38). The rule is about a number: one that is wrong waits alone ([`parted`]).

use model::finding::Severity;
use model::master::Channel;
use model::quantity::Decimal;
use model::reading::{ChannelReadings, IntervalRun, RegisterRead, Values};

use super::{Limits, Report, Scale};

/// The id of the rule.
pub const NUMBER: &str = "V10";

impl Report<'_> {
    pub(super) fn numbers(&mut self) {
        let (channel, limits) = (self.target.channel, self.limits);
        let Some(numbers) = Numbers::of(self.readings, channel, limits) else { return };
        let wrong = match &self.readings.values {
            Values::Intervals(run) if numbers.all_fit(run) => None,
            Values::Intervals(run) => run.values.iter().find_map(|value| numbers.wrong_interval(*value, run.exponent)),
            Values::Registers(reads) => reads.iter().find_map(|read| numbers.wrong_read(read)),
        };
        if let Some(message) = wrong {
            self.tell(Severity::Error, "value", NUMBER, message);
        }
    }
}

/// The readings in parts that follow each other, each with whether its numbers fit the channel.
pub fn parted(readings: &ChannelReadings, channel: &Channel, limits: &Limits) -> Vec<(bool, ChannelReadings)> {
    let Some(numbers) = Numbers::of(readings, channel, limits) else { return Vec::new() };
    let part = |values| ChannelReadings { values, ..readings.clone() };
    match &readings.values {
        Values::Intervals(run) => {
            let fits: Vec<bool> =
                run.values.iter().map(|value| numbers.wrong_interval(*value, run.exponent).is_none()).collect();
            let mut from = 0;
            let mut parts = Vec::new();
            for stretch in fits.chunk_by(|left, right| left == right) {
                let to = from + stretch.len();
                parts.extend(run.part(from..to).map(|run| (stretch[0], part(Values::Intervals(run)))));
                from = to;
            }
            parts
        }
        Values::Registers(reads) => {
            let fits = |read: &RegisterRead| numbers.wrong_read(read).is_none();
            let stretches = reads.chunk_by(|left, right| fits(left) == fits(right));
            stretches.map(|reads| (fits(&reads[0]), part(Values::Registers(reads.to_vec())))).collect()
        }
    }
}

/// What the numbers of a message must be for their channel.
struct Numbers<'a> {
    scale: Scale,
    channel: &'a Channel,
    integer_digits_max: u8,
}

impl<'a> Numbers<'a> {
    /// `None` where the units do not match (V06).
    fn of(readings: &ChannelReadings, channel: &'a Channel, limits: &Limits) -> Option<Self> {
        let scale = Scale::of(readings, channel)?;
        Some(Self { scale, channel, integer_digits_max: limits.integer_digits_max })
    }

    /// Whether every value of a run is taken; the usual case, at one look each.
    fn all_fit(&self, run: &IntervalRun) -> bool {
        let mut values = run.values.iter().filter(|value| **value != IntervalRun::MISSING);
        let largest = values.clone().map(|value| value.unsigned_abs()).max().unwrap_or(0);
        self.scale.integer_digits(largest, run.exponent) <= i32::from(self.integer_digits_max)
            && values.all(|value| self.scale.stored(*value, run.exponent).is_ok())
    }

    /// Why a value of a run is not taken.
    fn wrong_interval(&self, value: i64, exponent: i8) -> Option<String> {
        if value == IntervalRun::MISSING {
            return None;
        }
        let integer_digits = self.scale.integer_digits(value.unsigned_abs(), exponent);
        if i32::from(self.integer_digits_max) < integer_digits {
            return Some(format!(
                "{} has {integer_digits} integer digits of {}, at most {} are plausible; it waits, and the other values are taken",
                Decimal::new(value, exponent),
                self.channel.unit,
                self.integer_digits_max
            ));
        }
        self.too_fine(Decimal::new(value, exponent))
    }

    /// Why a read is not taken; how many digits a register has is for V57.
    fn wrong_read(&self, read: &RegisterRead) -> Option<String> {
        self.too_fine(read.value?)
    }

    fn too_fine(&self, value: Decimal) -> Option<String> {
        let error = self.scale.stored(value.digits, value.exponent).err()?;
        Some(format!(
            "{error}; the channel counts in 10^{} {}, register a finer quantum to keep every digit; {value} waits, and the other \
             values are taken",
            self.channel.quantum, self.channel.unit
        ))
    }
}
