//! V10 number format: a value fits the quantum of its channel to the last digit and is plausibly small.
//!
//! Source: DH3 E89, E86: 10 integer digits and 3 decimals, not negative. Here the quantum of the channel says how many decimals, and
//! the plan whether a value may be below zero (V38).

use model::finding::Severity;
use model::quantity::DecimalError;
use model::reading::{IntervalRun, Values};

use super::{Report, Scale};

impl Report<'_> {
    pub(super) fn numbers(&mut self) {
        let Some(scale) = Scale::of(self.readings, self.target.channel) else { return };
        let largest = match &self.readings.values {
            Values::Intervals(run) => {
                let values = run.values.iter().filter(|value| **value != IntervalRun::MISSING);
                if let Err(error) = values.clone().try_for_each(|value| scale.stored(*value, run.exponent).map(drop)) {
                    self.finer(error);
                }
                values.map(|value| value.unsigned_abs()).max().map(|digits| (digits, run.exponent))
            }
            Values::Registers(reads) => {
                let mut values = reads.iter().filter_map(|read| read.value);
                if let Err(error) = values.try_for_each(|value| scale.stored(value.digits, value.exponent).map(drop)) {
                    self.finer(error);
                }
                None
            }
        };
        if let Some((digits, exponent)) = largest {
            let integer_digits = scale.integer_digits(digits, exponent);
            if i32::from(self.limits.integer_digits_max) < integer_digits {
                let message = format!(
                    "a value of {integer_digits} integer digits of {}, at most {} are plausible",
                    self.target.channel.unit, self.limits.integer_digits_max
                );
                self.tell(Severity::Error, "value", "V10", message);
            }
        }
    }

    fn finer(&mut self, error: DecimalError) {
        let channel = self.target.channel;
        let message = format!(
            "{error}; the channel counts in 10^{} {}, register a finer quantum to keep every digit",
            channel.quantum, channel.unit
        );
        self.tell(Severity::Error, "value", "V10", message);
    }
}
