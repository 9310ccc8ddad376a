//! Accounts, calendars and sets as tests write them.

use std::sync::LazyLock;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use model::finding::Finding;
use model::quality::Status;
use model::quantity::Decimal;
use model::time::{LocalDay, TimeRange};
use usage::calendar::CheckedCalendar;
use usage::series::StatusSpan;
use usage::{Account, Calendar, Channel, CheckedSet, DeterminantSet, MISSING, Read, Register, Run, Timeline};

pub const TORONTO: &str = "America/Toronto";

pub fn three_buckets() -> Calendar {
    toml::from_str(include_str!("three_buckets.toml")).expect("the calendar is TOML")
}

pub fn checked_calendar(text: &str) -> CheckedCalendar {
    let calendar: Calendar = toml::from_str(text).expect("a calendar");
    calendar.check().unwrap_or_else(|findings| panic!("{}", told(&findings)))
}

pub fn checked_set(text: &str) -> CheckedSet {
    let set: DeterminantSet = toml::from_str(text).expect("a set");
    set.check().unwrap_or_else(|findings| panic!("{}", told(&findings)))
}

/// Findings by field and code.
pub fn codes(findings: &[Finding]) -> String {
    findings.iter().map(|finding| format!("{} {}", finding.field, finding.code)).collect::<Vec<_>>().join("; ")
}

/// Findings as people read them.
pub fn told(findings: &[Finding]) -> String {
    findings.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// The instants from the first midnight to the second in a zone.
pub fn days(zone: &str, first: &str, after: &str) -> TimeRange {
    let zone = TimeZone::get(zone).expect("zone");
    let midnight = |date: &str| LocalDay::of(date.parse::<Date>().expect("date"), &zone).expect("a day").range.start;
    TimeRange { start: midnight(first), end: midnight(after) }
}

pub fn instant(text: &str) -> Timestamp {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

static THREE_BUCKETS: LazyLock<CheckedCalendar> =
    LazyLock::new(|| three_buckets().check().unwrap_or_else(|findings| panic!("{}", told(&findings))));

pub fn timeline(range: TimeRange) -> Timeline {
    Timeline::of(&THREE_BUCKETS, range).unwrap_or_else(|finding| panic!("{finding}"))
}

/// A channel that owns its readings.
#[derive(Clone, Debug)]
pub struct Readings {
    pub name: String,
    pub unit: String,
    pub exponent: i8,
    pub runs: Vec<OwnedRun>,
    pub registers: Vec<OwnedRegister>,
}

#[derive(Clone, Debug)]
pub struct OwnedRun {
    pub start: Timestamp,
    pub length_seconds: u32,
    pub values: Vec<i64>,
    pub statuses: Vec<StatusSpan>,
}

#[derive(Clone, Debug)]
pub struct OwnedRegister {
    pub meter: String,
    pub multiplier: Decimal,
    pub dials: u8,
    pub reads: Vec<Read>,
}

impl Readings {
    pub fn of(name: &str, unit: &str, exponent: i8) -> Self {
        Self { name: name.into(), unit: unit.into(), exponent, runs: Vec::new(), registers: Vec::new() }
    }

    /// Adds a run: `3x0.5` repeats, `_` is missing; suffixes: `e` estimated, `f` failed, `n` not validated,
    /// `t` assumed meter time, `d` edited. All else is validated.
    pub fn run(mut self, start: Timestamp, length_seconds: u32, cells: &str) -> Self {
        let mut run = OwnedRun { start, length_seconds, values: Vec::new(), statuses: Vec::new() };
        for cell in cells.split_whitespace() {
            let (count, cell) = cell.split_once('x').unwrap_or(("1", cell));
            let count: usize = count.parse().expect("a count");
            let status = match cell.as_bytes().last() {
                Some(b'e') => Some(Status::ESTIMATED),
                Some(b'f') => Some(Status::FAILED),
                Some(b'n') => Some(Status::NONE),
                Some(b't') => Some(Status::VALIDATED | Status::ASSUMED_TIME),
                Some(b'z') => Some(Status::VALIDATED | Status::ASSUMED_TIME | Status::ESTIMATED),
                Some(b'k') => Some(Status::ASSUMED_TIME | Status::ACCEPTED),
                Some(b'd') => Some(Status::EDITED),
                _ => None,
            };
            let from = run.values.len();
            run.statuses.extend(status.map(|status| StatusSpan { from, to: from + count, status }));
            let number = cell.trim_end_matches(|c: char| c.is_ascii_lowercase());
            let value = if number == "_" { MISSING } else { quanta(number, self.exponent) };
            run.values.extend(std::iter::repeat_n(value, count));
        }
        self.runs.push(run);
        self
    }

    /// Adds a register: `2026-03-01T05:00Z 100.5` a line; `_` for a missing read.
    pub fn register(mut self, meter: &str, multiplier: &str, dials: u8, reads: &str) -> Self {
        let read = |line: &str| {
            let (at, value) = line.trim().split_once(' ').expect("an instant and a value");
            let estimated = value.ends_with('e');
            let status = if estimated { Status::ESTIMATED } else { Status::VALIDATED };
            Read { at: instant(at), value: value.trim_end_matches('e').parse().ok(), status }
        };
        let reads = reads.split([';', '\n']).filter(|line| !line.trim().is_empty()).map(read).collect();
        let multiplier = multiplier.parse().expect("a multiplier");
        self.registers.push(OwnedRegister { meter: meter.into(), multiplier, dials, reads });
        self
    }
}

pub fn quanta(text: &str, exponent: i8) -> i64 {
    let decimal: Decimal = text.parse().unwrap_or_else(|_| panic!("`{text}` is no value"));
    decimal.rescaled(exponent).expect("quanta")
}

/// Lets a function see the readings as an account.
pub fn with_account<T>(readings: &[Readings], see: impl FnOnce(&Account<'_>) -> T) -> T {
    let runs: Vec<Vec<Run<'_>>> = readings.iter().map(|channel| channel.runs.iter().map(run).collect()).collect();
    let registers: Vec<Vec<Register<'_>>> =
        readings.iter().map(|channel| channel.registers.iter().map(register).collect()).collect();
    let channels: Vec<Channel<'_>> = readings
        .iter()
        .zip(runs.iter().zip(&registers))
        .map(|(channel, (runs, registers))| Channel {
            name: &channel.name,
            unit: &channel.unit,
            exponent: channel.exponent,
            runs,
            registers,
        })
        .collect();
    see(&Account { channels: &channels, references: &[] })
}

fn run(run: &OwnedRun) -> Run<'_> {
    Run {
        start: run.start,
        length_seconds: run.length_seconds,
        values: &run.values,
        status: Status::VALIDATED,
        exceptions: &run.statuses,
    }
}

fn register(register: &OwnedRegister) -> Register<'_> {
    Register { meter: &register.meter, multiplier: register.multiplier, dials: register.dials, reads: &register.reads }
}

/// The answer to an account, a line for each determinant or finding, with clock times of a zone.
pub fn written(answer: &Result<Vec<usage::Determinant>, Vec<Finding>>, zone: &TimeZone) -> String {
    match answer {
        Ok(determinants) => determinants.iter().map(|one| line(one, zone)).collect(),
        Err(findings) => findings
            .iter()
            .map(|finding| format!("refused,{},{},{}\n", finding.field, finding.code, finding.message))
            .collect(),
    }
}

fn line(one: &usage::Determinant, zone: &TimeZone) -> String {
    let clock = |instant: Timestamp| instant.to_zoned(zone.clone()).strftime("%m-%d %H:%M").to_string();
    let peak = one.peak.map_or("-".into(), |peak| clock(peak.start));
    let counts = one.counts;
    let words = [
        ("missing", counts.missing),
        ("estimated", counts.estimated),
        ("edited", counts.edited),
        ("failed", counts.failed),
        ("not validated", counts.not_validated),
        ("warned", counts.warned),
        ("accepted", counts.accepted),
        ("unscaled", counts.unscaled),
    ];
    let told = words.iter().filter(|(_, count)| 0 < *count).map(|(word, count)| format!(" {count} {word}"));
    let exceptions: Vec<String> =
        one.exceptions.iter().map(|exception| format!("{} {}", exception.rule, exception.evidence)).collect();
    format!(
        "{},{},{}..{},{} {},{peak},{}{},{}\n",
        one.id,
        one.bucket.as_deref().unwrap_or("-"),
        clock(one.period.start),
        clock(one.period.end),
        one.quantity.map_or("-".into(), |quantity| quantity.to_string()),
        one.unit,
        counts.expected,
        told.collect::<String>(),
        exceptions.join("; ")
    )
}
