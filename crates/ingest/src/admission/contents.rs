//! The readings themselves: their period, numbers, qualities and gaps.

use jiff::Timestamp;
use model::finding::Severity;
use model::quantity::DecimalError;
use model::reading::{IntervalRun, Values};

use super::{Report, Scale, span};

impl Report<'_> {
    pub(super) fn period(&mut self, now: Timestamp) {
        let Some((first, last)) = span(self.readings) else {
            self.tell(Severity::Error, "time", "V08", "the period is outside the years that can be stored".to_owned());
            return;
        };
        if now.as_second() + i64::from(self.limits.future_tolerance_seconds) < last.as_second() {
            let message = format!("ends at {last}, which is in the future; check the clock of the source");
            self.tell(Severity::Error, "time", "V17", message);
        }
        let age_days = (now.as_second() - first.as_second()) / 86_400;
        if 0 < self.limits.age_days_max && i64::from(self.limits.age_days_max) < age_days {
            let message = format!("begins {age_days} days ago, at most {} are accepted", self.limits.age_days_max);
            self.tell(Severity::Error, "time", "V08", message);
        }
        if let Values::Registers(reads) = &self.readings.values
            && reads.iter().any(|read| read.period_start.is_some_and(|start| read.at <= start))
        {
            self.tell(Severity::Error, "period", "V08", "a period ends before it begins".to_owned());
        }
    }

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

    pub(super) fn qualities(&mut self) {
        let unmapped = |quality: &model::quality::Quality| {
            !quality.flag.is_empty() && quality.status.is_empty() && !is_plain_flag(&quality.flag)
        };
        let flag = match &self.readings.values {
            Values::Intervals(run) => run.qualities.iter().map(|span| &span.quality).find(|quality| unmapped(quality)),
            Values::Registers(reads) => reads.iter().map(|read| &read.quality).find(|quality| unmapped(quality)),
        };
        if let Some(quality) = flag {
            let message = format!("quality `{}` has no meaning here yet; it is kept as received", quality.flag);
            self.tell(Severity::Warning, "quality", "V11", message);
        }
    }

    pub(super) fn missing_values(&mut self) {
        let Values::Intervals(run) = &self.readings.values else { return };
        let missing = run.values.iter().filter(|value| **value == IntervalRun::MISSING).count();
        if self.limits.report_missing_values && 0 < missing {
            let message = format!("{missing} of {} intervals have no value", run.values.len());
            self.tell(Severity::Warning, "value", "V16", message);
        }
    }
}

/// Flags that say nothing doubtful and need no meaning of their own.
fn is_plain_flag(flag: &str) -> bool {
    matches!(flag, "A" | "0" | "0.0.0" | "1.0.0" | "2.0.0")
}
