//! Admission: the coded checks V01 to V18 that stand between a message and the book.
//!
//! Pure: a piece of a message, what the registry says of its channel, the limits and `now` go in; findings come
//! out. A finding of [`Severity::Error`] sends the piece to quarantine; a warning is told and the piece admitted.
//!
//! | rule | where |
//! |---|---|
//! | V01 point exists | [`unknown_point`] |
//! | V02 sender, V03 V04 state, V05 type, V06 unit, V07 length, V08 period, V09 count, V10 number, V11 quality, V14 meter, V16 complete day, V17 future | [`check`] |
//! | V12 duplicate payload, V18 every message reaches a final state | the driver, [`crate::intake`] |
//! | V13 sibling channels, V15 channel count | [`missing_siblings`] |

use jiff::Timestamp;
use model::finding::{Finding, Severity};
use model::master::Channel;
use model::quantity::{Decimal, DecimalError};
use model::reading::{ChannelReadings, IntervalRun, Values};
use model::reading_type::parse_unit;
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;
use store::registry::directory::Unresolved;

/// Limits of the checks, with their units.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// V17: how far past `now` the last interval may end, in seconds.
    pub future_tolerance_seconds: u32,
    /// V08: how old a reading may be, in days; 0 accepts any age (history loads).
    pub age_days_max: u32,
    /// V10: integer digits of an interval value in the unit of the channel.
    pub integer_digits_max: u8,
    /// V16: whether an interval without a value inside a message is told.
    pub report_missing_values: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Self { future_tolerance_seconds: 180, age_days_max: 0, integer_digits_max: 10, report_missing_values: false }
    }
}

/// Whether a usage point is fed (V03, V04).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PointState {
    /// Connected: readings are expected.
    #[default]
    Connected,
    /// Disconnected: readings are possible and told.
    Disconnected,
    /// Not built or closed down: readings are not possible.
    Closed,
}

/// What the registry says of the channel a piece of a message means.
#[derive(Clone, Debug)]
pub struct Target<'a> {
    /// The channel.
    pub channel: &'a Channel,
    /// The state of its usage point in the period of the readings.
    pub state: PointState,
    /// The only source that may send this channel; `None` where any may.
    pub owner: Option<&'a str>,
    /// The meter registered there in the period; `None` where none is known.
    pub meter: Option<&'a str>,
}

/// V01: nothing in the registry has this name, or not one thing; `reason` says which.
pub fn unknown_point(readings: &ChannelReadings, reason: &Unresolved) -> Finding {
    let message = format!(
        "{reason}; register the channel (`amity registry add`), or let the message say what it is \
         (`amity quarantine replay --register`)"
    );
    Finding::new(readings.line, "channel", "V01", message)
}

/// Every check of one piece of a message from `source`, in rule order.
pub fn check(
    readings: &ChannelReadings,
    target: &Target<'_>,
    limits: &Limits,
    source: &str,
    now: Timestamp,
) -> Vec<Finding> {
    let mut report = Report { readings, target, limits, findings: Vec::new() };
    report.sender(source);
    report.state();
    report.kind();
    report.unit();
    report.period(now);
    report.numbers();
    report.qualities();
    report.meter();
    report.missing_values();
    report.findings
}

struct Report<'a> {
    readings: &'a ChannelReadings,
    target: &'a Target<'a>,
    limits: &'a Limits,
    findings: Vec<Finding>,
}

impl Report<'_> {
    fn tell(&mut self, severity: Severity, field: &'static str, rule: &'static str, message: String) {
        let finding = Finding::new(self.readings.line, field, rule, message).with_severity(severity);
        self.findings.push(finding);
    }

    fn sender(&mut self, source: &str) {
        if let Some(owner) = self.target.owner
            && owner != source
        {
            let message = format!("`{source}` sent it, but the channel belongs to source `{owner}`");
            self.tell(Severity::Error, "source", "V02", message);
        }
    }

    fn state(&mut self) {
        match self.target.state {
            PointState::Connected => {}
            PointState::Disconnected => {
                let message = "readings of a disconnected usage point; check the switch or the master data".to_owned();
                self.tell(Severity::Warning, "usage point", "V04", message);
            }
            PointState::Closed => {
                let message = "the usage point is not connected in this period; correct its dates or the message";
                self.tell(Severity::Error, "usage point", "V03", message.to_owned());
            }
        }
    }

    fn kind(&mut self) {
        let registered = self.target.channel.interval_seconds;
        match (&self.readings.values, registered) {
            (Values::Intervals(run), Some(length)) if run.length_seconds != length => {
                let message =
                    format!("intervals of {} s, the channel is registered with {length} s", run.length_seconds);
                self.tell(Severity::Error, "interval length", "V07", message);
            }
            (Values::Intervals(run), _) if run.values.is_empty() || run.length_seconds == 0 => {
                self.tell(Severity::Error, "values", "V09", "the run has no interval".to_owned());
            }
            (Values::Intervals(_), None) => {
                let message = "intervals, but the channel is registered for register reads".to_owned();
                self.tell(Severity::Error, "reading type", "V05", message);
            }
            (Values::Registers(_), Some(_)) => {
                let message = "register reads, but the channel is registered for intervals".to_owned();
                self.tell(Severity::Error, "reading type", "V05", message);
            }
            _ => {}
        }
    }

    fn unit(&mut self) {
        let channel = self.target.channel;
        if unit_shift(&self.readings.unit, &channel.unit).is_none() {
            let message = format!("unit `{}`, the channel is registered in `{}`", self.readings.unit, channel.unit);
            self.tell(Severity::Error, "unit", "V06", message);
        }
    }

    fn period(&mut self, now: Timestamp) {
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

    fn numbers(&mut self) {
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
            let integer_digits =
                i32::try_from(digits.checked_ilog10().unwrap_or(0)).unwrap_or(0) + 1 + i32::from(exponent);
            if i32::from(self.limits.integer_digits_max) < integer_digits {
                let message = format!(
                    "a value of {integer_digits} integer digits, at most {} are plausible",
                    self.limits.integer_digits_max
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

    fn qualities(&mut self) {
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

    fn meter(&mut self) {
        if let (Some(registered), Some(named)) = (self.target.meter, &self.readings.channel.meter)
            && registered != named.value
        {
            let message = format!(
                "the message names meter `{}`, the registry has `{registered}` at this usage point; \
                 enter the meter exchange or correct the source",
                named.value
            );
            self.tell(Severity::Error, "meter", "V14", message);
        }
    }

    fn missing_values(&mut self) {
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

/// First instant and end of a piece of a message; `None` when it is beyond the years that can be stored.
pub fn span(readings: &ChannelReadings) -> Option<(Timestamp, Timestamp)> {
    match &readings.values {
        Values::Intervals(run) => Some((run.start, crate::inventory::end_of(run)?)),
        Values::Registers(reads) => {
            let first = reads.iter().map(|read| read.period_start.unwrap_or(read.at)).min()?;
            Some((first, reads.iter().map(|read| read.at).max()?))
        }
    }
}

/// How digits of the source become integers of the channel's quantum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scale {
    quantum: i8,
    unit_shift: i8,
}

impl Scale {
    /// The scale between the unit of a message and its channel; `None` where the units do not match (V06).
    pub fn of(readings: &ChannelReadings, channel: &Channel) -> Option<Self> {
        Some(Self { quantum: channel.quantum, unit_shift: unit_shift(&readings.unit, &channel.unit)? })
    }

    /// The stored integer of `digits * 10^exponent` in the unit of the message, never rounded.
    ///
    /// # Errors
    /// [`DecimalError::Inexact`] when the quantum is too coarse or the value too large.
    pub fn stored(self, digits: i64, exponent: i8) -> Result<i64, DecimalError> {
        let exponent = exponent.checked_add(self.unit_shift).ok_or(DecimalError::Inexact(self.quantum))?;
        Decimal::new(digits, exponent).rescaled(self.quantum)
    }

    /// The power of ten that every integer of a run is multiplied by, where that is whole and plain.
    pub fn factor(self, exponent: i8) -> Option<i64> {
        let shift = i32::from(exponent) + i32::from(self.unit_shift) - i32::from(self.quantum);
        10_i64.checked_pow(u32::try_from(shift).ok()?)
    }
}

/// The power of ten from one unit to another of the same quantity: kWh to Wh is 3; `None` for other quantities.
fn unit_shift(from: &str, to: &str) -> Option<i8> {
    if from.eq_ignore_ascii_case(to) {
        return Some(0);
    }
    let ((from_power, from_unit), (to_power, to_unit)) = (parse_unit(from)?, parse_unit(to)?);
    (from_unit == to_unit).then(|| from_power.checked_sub(to_power)).flatten()
}

/// V13, V15: channels registered at a usage point that a message about it did not bring.
///
/// `received` and `registered` are channel labels of one usage point and interval length.
pub fn missing_siblings(usage_point: &str, received: &[SmolStr], registered: &[SmolStr]) -> Option<Finding> {
    let missing: Vec<_> = registered.iter().filter(|label| !received.contains(label)).map(SmolStr::as_str).collect();
    let message = format!(
        "usage point `{usage_point}` has {} channels, {} arrived; without {}",
        registered.len(),
        received.len(),
        missing.join(", ")
    );
    let rule = if received.len() == registered.len() { "V13" } else { "V15" };
    (!missing.is_empty()).then(|| Finding::new(0, "channels", rule, message).with_severity(Severity::Note))
}
