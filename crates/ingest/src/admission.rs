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
//! | V13 sibling channels, V15 channel count | [`missing_siblings`], where the settings ask |
//!
//! The owner of a usage point (V02) and its connection states (V03, V04) are in the registry. Where no owner is set any
//! source may send; while no state is known the point counts as connected.

use jiff::Timestamp;
use model::finding::{Finding, Severity};
use model::master::{Channel, ConnectionState, History};
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
    /// V04: whether readings of a disconnected usage point are refused; otherwise they are told.
    pub refuse_inactive: bool,
    /// V08: how old a reading may be, in days; 0 accepts any age (history loads).
    pub age_days_max: u32,
    /// V10: integer digits of an interval value in the unit of the channel.
    pub integer_digits_max: u8,
    /// V16: whether an interval without a value inside a message is told.
    pub report_missing_values: bool,
    /// V13, V15: whether channels of a usage point that a message leaves out are told.
    pub report_missing_siblings: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            future_tolerance_seconds: 180,
            refuse_inactive: false,
            age_days_max: 0,
            integer_digits_max: 10,
            report_missing_values: false,
            report_missing_siblings: false,
        }
    }
}

/// What the registry says of the channel a piece of a message means.
#[derive(Clone, Debug)]
pub struct Target<'a> {
    /// The channel.
    pub channel: &'a Channel,
    /// The connection states of its usage point over time; `None` where none is known.
    pub states: Option<&'a History<ConnectionState>>,
    /// The only source that may send the readings of its usage point; `None` where any may.
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
            let message = format!("`{source}` sent it, but the usage point belongs to source `{owner}`");
            self.tell(Severity::Error, "source", "V02", message);
        }
    }

    fn state(&mut self) {
        let (Some(history), Some((first, last))) = (self.target.states, span(self.readings)) else { return };
        let states = history.between(first, last);
        if let Some(closed) = states.iter().find(|dated| dated.value == ConnectionState::Closed) {
            let until = closed.to.map(|to| format!(" until {to}")).unwrap_or_default();
            let message = format!(
                "the usage point is closed or not installed from {}{until}; correct its dates or the message",
                closed.from
            );
            self.tell(Severity::Error, "usage point", "V03", message);
        }
        if let Some(inactive) = states.iter().find(|dated| dated.value != ConnectionState::Connected) {
            let message =
                format!("the usage point is {} from {}; check the switch or its dates", inactive.value, inactive.from);
            let severity = if self.limits.refuse_inactive { Severity::Error } else { Severity::Warning };
            self.tell(severity, "usage point", "V04", message);
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

#[cfg(test)]
mod tests {
    use model::id::{ChannelId, ChannelNumber, Mrid, Name, UsagePointId};
    use model::master::Dated;
    use model::quality::{Quality, nem12};
    use model::reading::{ChannelKey, QualitySpan, RegisterRead};

    use super::*;

    /// 2026-01-02T00:00:00Z, the moment of every check here.
    const NOW: i64 = 1_767_312_000;

    fn channel() -> Channel {
        let id = "6d0c1f7e-52f2-4a2b-8a51-000000000001".parse::<Mrid>().expect("mRID");
        Channel {
            number: ChannelNumber(1),
            id: ChannelId(id),
            label: "N1/E1".into(),
            usage_point: UsagePointId(id),
            suffix: "E1".into(),
            reading_type: "0.0.2.4.1.1.12.0.0.0.0.0.0.0.0.3.72.0".parse().expect("reading type"),
            unit: "kWh".into(),
            quantum: -3,
            multiplier: Decimal::new(1, 0),
            dials: None,
            interval_seconds: Some(900),
            zone: "UTC".into(),
        }
    }

    /// Four quarter-hours up to an hour before the check, in thousandths of a kWh.
    fn readings() -> ChannelReadings {
        let run = IntervalRun {
            start: Timestamp::from_second(NOW - 7200).expect("instant"),
            length_seconds: 900,
            values: vec![100, 200, 300, 400],
            exponent: -3,
            qualities: Vec::new(),
        };
        ChannelReadings {
            channel: ChannelKey {
                usage_point: Some(Name::new("NMI", "N1")),
                meter: Some(Name::new("MeterSerialNumber", "M1")),
                suffix: "E1".into(),
                reading_type: channel().reading_type,
            },
            unit: "kWh".into(),
            values: Values::Intervals(run),
            revision: None,
            line: 7,
        }
    }

    #[track_caller]
    fn found(readings: &ChannelReadings, target: &Target<'_>, limits: &Limits) -> Vec<(String, Severity)> {
        let now = Timestamp::from_second(NOW).expect("instant");
        let findings = check(readings, target, limits, "HES-1", now);
        assert!(findings.iter().all(|finding| finding.line == 7 && !finding.message.is_empty()));
        findings.into_iter().map(|finding| (finding.code.to_string(), finding.severity)).collect()
    }

    #[track_caller]
    fn verdict(
        case: &str,
        readings: &ChannelReadings,
        target: &Target<'_>,
        limits: &Limits,
        expected: &[(&str, Severity)],
    ) {
        let expected: Vec<_> = expected.iter().map(|(code, severity)| ((*code).to_owned(), *severity)).collect();
        assert_eq!(found(readings, target, limits), expected, "{case}");
    }

    fn run_of(readings: &mut ChannelReadings) -> &mut IntervalRun {
        let Values::Intervals(run) = &mut readings.values else { panic!("intervals") };
        run
    }

    #[test]
    fn what_the_message_says_is_held_against_the_registry() {
        let channel = channel();
        let plain = Target { channel: &channel, states: None, owner: None, meter: Some("M1") };
        let limits = Limits::default();
        let of_target = |case, target: Target<'_>, expected: &[(&str, Severity)]| {
            verdict(case, &readings(), &target, &limits, expected);
        };
        of_target("nothing wrong", plain.clone(), &[]);
        of_target("its owner sends", Target { owner: Some("HES-1"), ..plain.clone() }, &[]);
        of_target("another owns it", Target { owner: Some("HES-2"), ..plain.clone() }, &[("V02", Severity::Error)]);
        of_target("another meter", Target { meter: Some("M2"), ..plain.clone() }, &[("V14", Severity::Error)]);
        of_target("no meter known", Target { meter: None, ..plain }, &[]);
    }

    #[test]
    fn every_state_in_the_period_is_asked() {
        use ConnectionState::{Closed, Connected, LogicallyDisconnected, PhysicallyDisconnected};
        let channel = channel();
        // The readings are of the hour from -2 h to -1 h; states are given by the seconds from then on.
        let with = |case, states: &[(i64, ConnectionState)], limits: &Limits, expected: &[(&str, Severity)]| {
            let mut history = History::default();
            for (second, state) in states {
                let from = Timestamp::from_second(NOW - 7200 + second).expect("instant");
                history.set_from(from, *state).expect("in order");
            }
            let target = Target { channel: &channel, states: Some(&history), owner: None, meter: None };
            verdict(case, &readings(), &target, limits, expected);
        };
        let plain = Limits::default();
        let (told, closed) = (("V04", Severity::Warning), ("V03", Severity::Error));
        with("connected", &[(-9, Connected)], &plain, &[]);
        with("closed before", &[(-9, Closed), (0, Connected)], &plain, &[]);
        with("closed after", &[(-9, Connected), (3600, Closed)], &plain, &[]);
        with("closed before its end", &[(-9, Connected), (3599, Closed)], &plain, &[closed, told]);
        with("nothing known at first", &[(1800, Connected)], &plain, &[]);
        with("installed too late", &[(-9, Closed), (1, Connected)], &plain, &[closed, told]);
        with("cut off", &[(-9, PhysicallyDisconnected)], &plain, &[told]);
        with(
            "switched off in between",
            &[(-9, Connected), (9, LogicallyDisconnected), (10, Connected)],
            &plain,
            &[told],
        );
        let strict = Limits { refuse_inactive: true, ..Limits::default() };
        with("refused", &[(-9, LogicallyDisconnected)], &strict, &[("V04", Severity::Error)]);
    }

    #[test]
    fn a_read_at_the_moment_of_a_change_is_of_both_sides() {
        let channel = channel();
        let at = Timestamp::from_second(NOW - 3600).expect("instant");
        let mut readings = readings();
        let read = RegisterRead { at, period_start: None, value: None, quality: Quality::default() };
        readings.values = Values::Registers(vec![read]);
        let registers = Channel { interval_seconds: None, ..channel };
        let at_second = |second: i64| Timestamp::from_second(NOW - 3600 + second).expect("instant");
        for (case, from, expected) in [("last read", 0, 0), ("first read after", -1, 2)] {
            let closed = Dated { value: ConnectionState::Closed, from: at_second(from), to: None };
            let history = History::try_from(vec![closed]).expect("history");
            let target = Target { channel: &registers, states: Some(&history), owner: None, meter: None };
            assert_eq!(found(&readings, &target, &Limits::default()).len(), expected, "{case}");
        }
    }

    #[test]
    fn the_readings_themselves_are_checked() {
        let channel = channel();
        let target = Target { channel: &channel, states: None, owner: None, meter: None };
        let limits = Limits::default();
        let with = |case, change: &dyn Fn(&mut ChannelReadings), expected: &[(&str, Severity)]| {
            let mut readings = readings();
            change(&mut readings);
            verdict(case, &readings, &target, &limits, expected);
        };
        with("another length", &|readings| run_of(readings).length_seconds = 1800, &[("V07", Severity::Error)]);
        with("no interval", &|readings| run_of(readings).values.clear(), &[("V09", Severity::Error)]);
        with("another quantity", &|readings| readings.unit = "kvarh".into(), &[("V06", Severity::Error)]);
        with(
            "the same quantity in Wh",
            &|readings| {
                readings.unit = "Wh".into();
                run_of(readings).exponent = 0;
            },
            &[],
        );
        with("finer than the quantum", &|readings| run_of(readings).exponent = -4, &[]);
        with(
            "finer and not whole",
            &|readings| {
                run_of(readings).exponent = -4;
                run_of(readings).values[0] = 101;
            },
            &[("V10", Severity::Error)],
        );
        with(
            "eleven digits",
            &|readings| {
                run_of(readings).exponent = 0;
                run_of(readings).values[0] = 12_345_678_901;
            },
            &[("V10", Severity::Error)],
        );
        let ends_at = |second: i64| {
            move |readings: &mut ChannelReadings| {
                run_of(readings).start = Timestamp::from_second(second - 3600).expect("instant");
            }
        };
        with("at the clock tolerance", &ends_at(NOW + 180), &[]);
        with("past the clock tolerance", &ends_at(NOW + 181), &[("V17", Severity::Error)]);
        with(
            "register reads",
            &|readings| {
                let read = RegisterRead {
                    at: Timestamp::UNIX_EPOCH,
                    period_start: None,
                    value: None,
                    quality: Quality::default(),
                };
                readings.values = Values::Registers(vec![read]);
            },
            &[("V05", Severity::Error)],
        );
        with(
            "an unknown flag",
            &|readings| {
                let quality = Quality { flag: "Q9".into(), ..Quality::default() };
                run_of(readings).qualities = vec![QualitySpan { from: 0, to: 1, quality }];
            },
            &[("V11", Severity::Warning)],
        );
        with(
            "a known flag",
            &|readings| {
                let quality = nem12::quality("S14", Some(76), "").expect("flag");
                run_of(readings).qualities = vec![QualitySpan { from: 0, to: 1, quality }];
            },
            &[],
        );
    }

    #[test]
    fn age_and_missing_values_are_told_where_the_settings_ask() {
        let channel = channel();
        let target = Target { channel: &channel, states: None, owner: None, meter: None };
        let mut old = readings();
        run_of(&mut old).start = Timestamp::from_second(NOW - 61 * 86_400).expect("instant");
        run_of(&mut old).values[2] = IntervalRun::MISSING;
        verdict("any age by default", &old, &target, &Limits::default(), &[]);
        let strict = Limits { age_days_max: 60, report_missing_values: true, ..Limits::default() };
        verdict("sixty days", &old, &target, &strict, &[("V08", Severity::Error), ("V16", Severity::Warning)]);
    }

    #[test]
    fn siblings_that_did_not_arrive_are_named() {
        let labels = |labels: &[&str]| labels.iter().map(SmolStr::new).collect::<Vec<_>>();
        let registered = labels(&["N1/E1", "N1/B1"]);
        assert_eq!(missing_siblings("N1", &registered, &registered), None);
        let finding = missing_siblings("N1", &labels(&["N1/E1"]), &registered).expect("one is missing");
        assert_eq!((finding.code.as_str(), finding.severity), ("V15", Severity::Note));
        assert!(finding.message.contains("N1/B1"));
    }

    #[test]
    fn scaling_between_units_is_exact() {
        let channel = channel();
        let scale = Scale::of(&readings(), &channel).expect("units fit");
        assert_eq!((scale.stored(1250, -3), scale.factor(-3)), (Ok(1250), Some(1)));
        let mut in_wh = readings();
        in_wh.unit = "Wh".into();
        let scale = Scale::of(&in_wh, &channel).expect("units fit");
        assert_eq!((scale.stored(1250, 0), scale.factor(0)), (Ok(1250), Some(1)));
        assert_eq!(scale.stored(5, -1), Err(DecimalError::Inexact(-3)));
    }
}
