//! `amity read`: the values of a channel, now or as they were known at any moment.

use std::path::Path;
use std::process::ExitCode;

use clap::Args;
use ingest::placement::zone_of;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use model::lineage::FinalRead;
use model::master::Channel;
use model::quality::assumed_time::{AssumedTime, Treated};
use model::quality::{Quality, Status};
use model::quantity::Decimal;
use serde::Serialize;
use store::readings::{AsOf, ChannelHistory, Day, NO_VALUE, QualityId, ReadingsBook, RegisterRead};

use super::time_span::{TimeSpan, instant};
use crate::installation::Installation;
use crate::output::{self, Failure};

/// Show the intervals and register reads of a channel: as received, and as they are final.
#[derive(Debug, Args)]
pub struct Read {
    /// The channel: its label such as NMI/E1, number or mRID.
    channel: String,
    #[command(flatten)]
    span: TimeSpan,
    /// What was known at this time, instead of now.
    #[arg(long, value_name = "TIME")]
    as_of: Option<String>,
    /// What to do with intervals of assumed meter time: exclude, accept (as received) or estimate (as final).
    #[arg(long, value_name = "TREATMENT", default_value_t)]
    assumed_time: AssumedTime,
    /// Print one JSON document.
    #[arg(long, group = "shape")]
    json: bool,
    /// Print CSV.
    #[arg(long, group = "shape")]
    csv: bool,
    /// Print a table; this is the default.
    #[arg(long, group = "shape")]
    table: bool,
}

/// The status of an interval without a value where none was expected.
const NOT_EXPECTED: &str = "not expected";

/// One interval as people and programs see it.
#[derive(Serialize)]
struct Interval {
    start: String,
    end: String,
    raw: Option<String>,
    value: Option<String>,
    status: String,
    flag: String,
    method: String,
}

/// One register read or period amount.
#[derive(Serialize)]
struct Register {
    at: String,
    period_start: Option<String>,
    raw: Option<String>,
    value: Option<String>,
    status: String,
    flag: String,
    method: String,
    failed: String,
}

/// The answer of `--json`.
#[derive(Serialize)]
struct Answer<'a> {
    channel: &'a str,
    unit: &'a str,
    reading_type: String,
    zone: &'a str,
    interval_seconds: Option<u32>,
    assumed_time: AssumedTime,
    left_out: usize,
    intervals: Vec<Interval>,
    registers: Vec<Register>,
    damaged: Vec<String>,
}

impl Read {
    /// Reads and prints.
    pub fn run(self, folder: &Path) -> Result<ExitCode, Failure> {
        let installation = Installation::open(folder)?;
        let channel = installation.ask(installation.books.registry.channels().find(&self.channel))?;
        let zone = zone_of(&channel.zone).map_err(|error| Failure::Usage(error.to_string()))?;
        let range = self.span.range(&zone)?;
        let as_of = match &self.as_of {
            Some(text) => AsOf::At(instant("--as-of", text, &zone)?.as_microsecond()),
            None => AsOf::Now,
        };
        let book = &installation.books.readings;
        let mut history = book
            .read(channel.number, range.start.as_second(), range.end.as_second(), as_of)
            .map_err(|error| Failure::work("could not read", error))?;
        let span = (range.start.as_second(), range.end.as_second());
        history.shape_silent_days(&zone, channel.interval_seconds.unwrap_or_default(), span);
        let shown = Shown { book, channel: &channel, zone, assumed_time: self.assumed_time };
        let within = range.start.as_second()..range.end.as_second();
        let answer = shown.answer(&history, |begin| within.contains(&begin));
        if self.json {
            output::print_json(&answer)?;
        } else if self.csv {
            output::print(&as_csv(&answer))?;
        } else {
            output::print(&as_table(&answer))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

struct Shown<'a> {
    book: &'a ReadingsBook,
    channel: &'a Channel,
    zone: TimeZone,
    assumed_time: AssumedTime,
}

impl<'a> Shown<'a> {
    fn answer(&self, history: &ChannelHistory, within: impl Fn(i64) -> bool) -> Answer<'a> {
        let slots = history.days.iter().flat_map(|day| self.intervals(day, &within));
        let (mut intervals, mut left_out) = (Vec::new(), 0);
        for interval in slots {
            match interval {
                Some(interval) => intervals.push(interval),
                None => left_out += 1,
            }
        }
        Answer {
            channel: &self.channel.label,
            unit: &self.channel.unit,
            reading_type: self.channel.reading_type.to_string(),
            zone: &self.channel.zone,
            interval_seconds: self.channel.interval_seconds,
            assumed_time: self.assumed_time,
            left_out,
            intervals,
            registers: history.registers.iter().map(|read| self.register(read, &history.final_reads)).collect(),
            damaged: history.damaged.iter().map(ToString::to_string).collect(),
        }
    }

    /// The intervals of a day; `None` for one that is left out.
    fn intervals(&self, day: &Day, within: impl Fn(i64) -> bool) -> Vec<Option<Interval>> {
        let begin = |slot: usize| day.day_start + slot as i64 * i64::from(day.slot_seconds);
        let slots = (0..day.values.len()).filter(|slot| within(begin(*slot)));
        slots.map(|slot| self.interval(day, slot, begin(slot))).collect()
    }

    fn interval(&self, day: &Day, slot: usize, begin: i64) -> Option<Interval> {
        let raw = Some(day.values[slot]).filter(|value| *value != NO_VALUE);
        let spans = day.qualities.iter().find(|(from, to, _)| (usize::from(*from)..usize::from(*to)).contains(&slot));
        let quality = spans.map_or_else(Quality::default, |(_, _, id)| self.quality(*id));
        let decided = day.final_day.as_ref();
        let listed = decided.and_then(|day| day.values.iter().find(|value| usize::from(value.slot) == slot));
        let (value, status, method) = match (listed, decided) {
            (Some(listed), _) => (listed.value, listed.status, listed.method.to_string()),
            (None, Some(decided)) => (raw, quality.status | decided.status, String::new()),
            (None, None) => (raw, quality.status, String::new()),
        };
        let (value, status, method) = match self.assumed_time.treated(status) {
            Treated::LeftOut => return None,
            Treated::Received => (raw, quality.status | Status::ASSUMED_TIME, String::new()),
            Treated::Final => (value, status, method),
        };
        let expected = u16::try_from(slot).is_ok_and(|slot| day.is_expected(slot));
        let status = match (value, expected) {
            (None, true) => (status | Status::MISSING).to_string(),
            (None, false) if quality.status.is_empty() => NOT_EXPECTED.into(),
            (None, false) => quality.status.to_string(),
            (Some(_), _) => status.to_string(),
        };
        Some(Interval {
            start: self.local(begin),
            end: self.local(begin + i64::from(day.slot_seconds)),
            raw: raw.map(|value| self.amount(value)),
            value: value.map(|value| self.amount(value)),
            status,
            flag: quality.flag.to_string(),
            method,
        })
    }

    /// A read as received, with what validation decided of it.
    fn register(&self, read: &RegisterRead, decided: &[FinalRead]) -> Register {
        let quality = self.quality(read.quality);
        let place = (read.at, read.period_start);
        let of_read = |last: &&FinalRead| (last.at.as_second(), last.period_start.map(Timestamp::as_second)) == place;
        let last = decided.iter().find(of_read);
        let raw = read.value.map(|value| self.amount(value));
        let value = last.map_or(raw.clone(), |last| last.value.map(plain));
        let failed = last.into_iter().flat_map(|last| &last.failures).map(|failure| failure.rule.as_str());
        Register {
            at: self.local(read.at),
            period_start: read.period_start.map(|start| self.local(start)),
            raw,
            value,
            status: last.map_or(quality.status, |last| last.status).to_string(),
            flag: quality.flag.to_string(),
            method: last.map_or_else(String::new, |last| last.method.to_string()),
            failed: failed.collect::<Vec<_>>().join(" "),
        }
    }

    fn quality(&self, id: QualityId) -> Quality {
        self.book.quality(id).unwrap_or_default()
    }

    fn amount(&self, value: i64) -> String {
        plain(Decimal::new(value, self.channel.quantum))
    }

    fn local(&self, second: i64) -> String {
        let instant = Timestamp::from_second(second).unwrap_or(Timestamp::MIN);
        instant.to_zoned(self.zone.clone()).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
    }
}

const INTERVAL_HEAD: [&str; 7] = ["start", "end", "raw", "value", "status", "flag", "method"];
const REGISTER_HEAD: [&str; 8] = ["at", "period_start", "raw", "value", "status", "flag", "method", "failed"];

/// A number without zeros at its end.
fn plain(amount: Decimal) -> String {
    let amount = amount.normalized();
    let whole = (0 < amount.exponent).then(|| amount.rescaled(0).ok()).flatten();
    whole.map_or(amount, |digits| Decimal::new(digits, 0)).to_string()
}

impl Interval {
    fn cells(&self) -> Vec<String> {
        let amount = |value: &Option<String>| value.clone().unwrap_or_default();
        let (raw, value) = (amount(&self.raw), amount(&self.value));
        vec![
            self.start.clone(),
            self.end.clone(),
            raw,
            value,
            self.status.clone(),
            self.flag.clone(),
            self.method.clone(),
        ]
    }
}

impl Register {
    fn cells(&self) -> Vec<String> {
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        vec![
            self.at.clone(),
            text(&self.period_start),
            text(&self.raw),
            text(&self.value),
            self.status.clone(),
            self.flag.clone(),
            self.method.clone(),
            self.failed.clone(),
        ]
    }
}

fn as_csv(answer: &Answer<'_>) -> String {
    let line = |cells: Vec<String>| {
        let quoted = cells.into_iter().map(|cell| match cell.contains([',', '"', '\n']) {
            true => format!("\"{}\"", cell.replace('"', "\"\"")),
            false => cell,
        });
        quoted.collect::<Vec<_>>().join(",")
    };
    let mut lines = Vec::new();
    if !answer.intervals.is_empty() || answer.registers.is_empty() {
        lines.push(INTERVAL_HEAD.join(","));
        lines.extend(answer.intervals.iter().map(|interval| line(interval.cells())));
    }
    if !answer.registers.is_empty() {
        lines.push(REGISTER_HEAD.join(","));
        lines.extend(answer.registers.iter().map(|register| line(register.cells())));
    }
    lines.join("\n")
}

fn as_table(answer: &Answer<'_>) -> String {
    let mut text = format!("{} in {}, times of {}", answer.channel, answer.unit, answer.zone);
    if !answer.intervals.is_empty() {
        let rows: Vec<_> = answer.intervals.iter().map(Interval::cells).collect();
        text.push_str(&format!("\n\n{}", output::table(&INTERVAL_HEAD, &rows)));
    }
    if !answer.registers.is_empty() {
        let rows: Vec<_> = answer.registers.iter().map(Register::cells).collect();
        text.push_str(&format!("\n\n{}", output::table(&REGISTER_HEAD, &rows)));
    }
    if answer.intervals.is_empty() && answer.registers.is_empty() {
        text.push_str("\n\nnothing is stored in this time");
    }
    if 0 < answer.left_out {
        text.push_str(&format!("\n\n{} intervals of assumed meter time are left out", answer.left_out));
    }
    for damage in &answer.damaged {
        text.push_str(&format!("\n{damage}"));
    }
    text
}
