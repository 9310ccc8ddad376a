//! A series from the text of a CSV file.
//!
//! ```text
//! # unit: kWh
//! # zone: America/Chicago
//! time,value,status,register
//! 2026-01-14T06:00:00Z,1.2,,48210.0
//! 2026-01-14T07:00:00Z,,CLOCK;POWER,
//! 2026-01-14T08:00:00Z,end,,48214.0
//! ```
//!
//! `time` is the begin of an interval; `value` is empty where there is none, and a last row with `end`
//! says that there is no such interval. All intervals are of one length, the shortest distance of two rows; an interval without a
//! row has no value. `status` holds names of reading statuses between semicolons, `register` the read of
//! a cumulative register at the time of the row. `status` and `register` may be left out. Comments before the columns may set
//! `unit` (kWh), `zone` (UTC), `multiplier` (1) and `dials` (5).

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use model::finding::{Finding, Severity};
use model::quality::Status;
use model::quantity::Decimal;
use model::reading_type::{parse_unit, usual_quantum};
use model::register::UNKNOWN_DIALS;

use crate::day::MISSING;
use crate::evidence::duration;
use crate::formula::named_status;

/// The most intervals of a series: eleven years of hours, one year of five minutes.
const INTERVALS_MAX: usize = 105_408;

/// The values of one channel at a constant interval, with what is known of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// The unit of the values.
    pub unit: String,
    /// A value is `digits * 10^exponent` of the unit: fine enough for every value given, and as a channel is registered.
    pub exponent: i8,
    /// Where the local days are.
    pub zone: TimeZone,
    /// The begin of the first interval.
    pub start: Timestamp,
    /// The length of every interval, more than zero.
    pub interval_seconds: u32,
    /// The digits, [`MISSING`] where there is no value.
    pub values: Vec<i64>,
    /// What is known of each value; as many.
    pub statuses: Vec<Status>,
    /// Register reads in order of time.
    pub registers: Vec<(Timestamp, Decimal)>,
    /// What a register count is worth in the unit.
    pub multiplier: Decimal,
    /// Digits of the register before the point.
    pub dials: u8,
}

/// A row as read.
struct Row {
    line: u64,
    time: Timestamp,
    /// `None` for the row that ends the series.
    value: Option<Option<Decimal>>,
    status: Status,
    register: Option<Decimal>,
}

/// The series of a text.
///
/// # Errors
/// Every fault with its line and column name.
pub fn read_series(text: &str) -> Result<Series, Vec<Finding>> {
    read_series_in(None, text)
}

/// As [`read_series`], in a `unit` in the place of the one that the text names.
///
/// # Errors
/// Every fault with its line and column name; of the `unit`, on line 0.
pub fn read_series_in(unit: Option<&str>, text: &str) -> Result<Series, Vec<Finding>> {
    let mut reader = Reader { settings: BTreeMap::new(), columns: Vec::new(), rows: Vec::new(), findings: Vec::new() };
    for (line, text) in (1..).zip(text.trim_start_matches(BYTE_ORDER_MARK).lines()) {
        reader.line(line, text.trim());
    }
    reader.settings.extend(unit.map(|unit| ("unit", (0, unit))));
    reader.series()
}

/// Some programs write it before UTF-8 text.
const BYTE_ORDER_MARK: char = '\u{feff}';

struct Reader<'t> {
    settings: BTreeMap<&'t str, (u64, &'t str)>,
    columns: Vec<&'t str>,
    rows: Vec<Row>,
    findings: Vec<Finding>,
}

const COLUMNS: [&str; 4] = ["time", "value", "status", "register"];
const SETTINGS: [&str; 4] = ["unit", "zone", "multiplier", "dials"];

impl<'t> Reader<'t> {
    fn line(&mut self, line: u64, text: &'t str) {
        if let Some(comment) = text.strip_prefix('#') {
            let setting = comment.split_once(':').map(|(name, value)| (name.trim(), value.trim()));
            self.settings
                .extend(setting.filter(|(name, _)| SETTINGS.contains(name)).map(|(name, value)| (name, (line, value))));
        } else if text.is_empty() {
        } else if self.columns.is_empty() {
            self.columns = text.split(',').map(str::trim).collect();
            let unknown = self.columns.iter().find(|column| !COLUMNS.contains(column));
            if let Some(column) = unknown.copied().or((!self.columns.starts_with(&["time", "value"])).then_some("time"))
            {
                let message = format!("found `{text}`, expected time,value and perhaps status and register");
                self.fault(line, column, message);
            }
        } else if self.rows.len() <= INTERVALS_MAX {
            self.row(line, text);
        }
    }

    fn row(&mut self, line: u64, text: &str) {
        let cells: Vec<&str> = text.split(',').map(str::trim).collect();
        if self.columns.len() < cells.len() {
            self.fault(line, "time", format!("found {} fields, expected {}", cells.len(), self.columns.len()));
            return;
        }
        let cell = |name: &str| {
            let at = self.columns.iter().position(|column| *column == name);
            at.and_then(|at| cells.get(at)).copied().unwrap_or_default()
        };
        let [time, value, status, register] = COLUMNS.map(cell);
        let Ok(time) = time.parse::<Timestamp>() else {
            self.fault(line, "time", format!("found `{time}`, expected an instant such as 2026-01-14T06:00:00Z"));
            return;
        };
        let value = if value == "end" { None } else { Some(self.decimal(line, "value", value)) };
        let register = self.decimal(line, "register", register);
        let mut known = Status::NONE;
        for name in status.split(';').map(str::trim).filter(|name| !name.is_empty()) {
            match named_status(name) {
                Some(status) => known |= status,
                None => self.fault(line, "status", format!("found `{name}`, expected a status such as CLOCK or AMT")),
            }
        }
        if self.rows.last().is_some_and(|earlier| time <= earlier.time) {
            self.fault(line, "time", format!("{time} is not after the row before it; put the rows in order of time"));
            return;
        }
        self.rows.push(Row { line, time, value, status: known, register });
    }

    fn decimal(&mut self, line: u64, field: &'static str, text: &str) -> Option<Decimal> {
        if text.is_empty() {
            return None;
        }
        let decimal = text.parse::<Decimal>();
        if let Err(error) = &decimal {
            self.fault(line, field, format!("found `{text}`: {error}"));
        }
        decimal.ok()
    }

    fn fault(&mut self, line: u64, field: &str, message: String) {
        self.findings.push(Finding::new(line, field, "trial.row", message).with_severity(Severity::Error));
    }

    fn setting<T>(&mut self, name: &'static str, default: T, read: impl Fn(&str) -> Option<T>, example: &str) -> T {
        let Some((line, text)) = self.settings.get(name).copied() else { return default };
        read(text).unwrap_or_else(|| {
            self.fault(line, name, format!("found `{text}`, expected {example}"));
            default
        })
    }

    fn series(mut self) -> Result<Series, Vec<Finding>> {
        let known = |text: &str| parse_unit(text).map(|_| text.to_string());
        let unit = self.setting("unit", "kWh".to_string(), known, "a unit such as kWh, kvarh or m3");
        let zone = self.setting("zone", TimeZone::UTC, |text| TimeZone::get(text).ok(), "a zone such as Europe/Oslo");
        let above_zero = |text: &str| text.parse().ok().filter(|multiplier: &Decimal| 0 < multiplier.digits);
        let multiplier = self.setting("multiplier", Decimal::new(1, 0), above_zero, "a number above 0 such as 40");
        let dials = |text: &str| text.parse().ok().filter(|dials| (1..=UNKNOWN_DIALS).contains(dials));
        let dials = self.setting("dials", 5, dials, "a number of digits from 1 to 18 such as 5");
        let interval = self.interval();
        let mut series = Series {
            exponent: self.exponent().min(usual_quantum(&unit)),
            unit,
            zone,
            start: self.rows.first().map_or(Timestamp::UNIX_EPOCH, |row| row.time),
            interval_seconds: interval.unwrap_or(1),
            values: Vec::new(),
            statuses: Vec::new(),
            registers: self.rows.iter().filter_map(|row| Some((row.time, row.register?))).collect(),
            multiplier,
            dials,
        };
        if interval.is_some() {
            self.place(&mut series);
        }
        if self.findings.is_empty() { Ok(series) } else { Err(self.findings) }
    }

    /// The shortest distance of two rows.
    fn interval(&mut self) -> Option<u32> {
        let distances = self.rows.windows(2).map(|pair| pair[1].time.as_second() - pair[0].time.as_second());
        let shortest = distances.min().and_then(|seconds| u32::try_from(seconds).ok()).filter(|seconds| 0 < *seconds);
        match shortest {
            None if self.findings.is_empty() => {
                self.fault(0, "time", "expected at least two rows, whose distance is the interval".into());
            }
            Some(shortest) => self.refuse_other_lengths(shortest),
            None => {}
        }
        shortest
    }

    /// Values that follow each other at one longer distance are of longer intervals: taken for short ones with gaps between,
    /// each would count for a part of its time, and the rest be estimated.
    fn refuse_other_lengths(&mut self, shortest: u32) {
        let apart = |pair: &[Row]| pair[1].time.as_second() - pair[0].time.as_second();
        let has_value = |row: &Row| row.value.flatten().is_some();
        let is_longer = |three: &&[Row]| {
            let length = apart(&three[..2]);
            i64::from(shortest) < length && length == apart(&three[1..]) && three[..2].iter().all(has_value)
        };
        let Some(three) = self.rows.windows(3).find(is_longer) else { return };
        let (line, from, length) = (three[1].line, three[0].time, duration(apart(&three[..2])));
        let short = self.rows.windows(2).find(|pair| apart(pair) == i64::from(shortest)).map(|pair| pair[0].time);
        let elsewhere = short.map_or(String::new(), |time| format!(" as from {time} on"));
        let message = format!(
            "found values {length} apart from {from} on, expected one interval length throughout, {}{elsewhere}; try the rows of \
             each length as a series of its own, or write a row with an empty value for every interval that has none",
            duration(shortest.into()),
        );
        self.fault(line, "time", message);
    }

    /// The finest power of ten of the values.
    fn exponent(&self) -> i8 {
        let decimals = self.rows.iter().filter_map(|row| row.value.flatten());
        decimals.map(|decimal| decimal.normalized().exponent).min().unwrap_or(0)
    }

    fn place(&mut self, series: &mut Series) {
        for row in std::mem::take(&mut self.rows) {
            let elapsed = row.time.as_second() - series.start.as_second();
            let length = i64::from(series.interval_seconds);
            let place = usize::try_from(elapsed / length).unwrap_or(usize::MAX);
            if elapsed % length != 0 || row.time.subsec_nanosecond() != series.start.subsec_nanosecond() {
                self.fault(
                    row.line,
                    "time",
                    format!("{} is not on the grid of {length} s from {}", row.time, series.start),
                );
                continue;
            }
            if INTERVALS_MAX < place {
                self.fault(row.line, "time", format!("a series has at most {INTERVALS_MAX} intervals; cut it"));
                return;
            }
            series.values.resize(place, MISSING);
            series.statuses.resize(place, Status::NONE);
            let Some(value) = row.value else { continue };
            let digits = value.map_or(Ok(MISSING), |value| value.rescaled(series.exponent));
            series.statuses.push(row.status);
            series.values.push(digits.unwrap_or(MISSING));
            if let Err(error) = digits {
                self.fault(row.line, "value", error.to_string());
            }
        }
    }
}

impl Series {
    /// The begin of an interval; `None` past the end of the calendar.
    pub(super) fn time(&self, at: usize) -> Option<Timestamp> {
        let seconds = i64::try_from(at).ok()?.checked_mul(self.interval_seconds.into())?;
        self.start.checked_add(SignedDuration::from_secs(seconds)).ok()
    }

    /// A value as a decimal without zeros at its end.
    pub(super) fn written(&self, value: i64) -> String {
        Decimal::new(value, self.exponent).normalized().to_string()
    }

    /// Digits of the register after the point.
    pub(super) fn decimals(&self) -> u8 {
        let exponents = self.registers.iter().map(|(_, read)| read.exponent);
        exponents.min().unwrap_or(0).min(0).unsigned_abs()
    }
}
