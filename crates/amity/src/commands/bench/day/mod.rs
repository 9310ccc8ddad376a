//! `amity bench day`: a day of a made-up utility whose registers are read every hour, collected and reported as Ontario asks, and
//! held against a recount that knows nothing of the report.
//!
//! Each step is the command that a person would type, a process of its own.

mod step;

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use clap::Args;
use jiff::civil::Date;
use jiff::tz::{Offset, TimeZone};
use jiff::{Timestamp, ToSpan};
use model::id::Name;
use model::quantity::Decimal;
use model::reading_type::ReadingType;
use serde::Serialize;
use serde_json::Value;
use simulator::collection::{meter_name, usage_point_name};
use simulator::premises::{HeadEnd, Premises};
use store::registry::channel::ChannelEntry;

use step::Step;

use crate::clock;
use crate::installation::Installation;
use crate::output::{self, Failure};
use crate::progress::{Progress, grouped};

/// The settings of a distributor in Ontario.
const SETTINGS: &str = include_str!("../../../../../../config/collection-ontario.toml");
/// Channels that are registered at a time.
const REGISTERED_AT_ONCE: usize = 10_000;
const SEED: u64 = 7;
const FORWARD: u16 = 1;
const REVERSE: u16 = 19;

/// Collect a day of hourly reads of a made-up utility and hold the report against a recount of what its head-end sent.
///
/// Exits with 1 where they differ, or where the report says that the deadline is met and it is not.
#[derive(Debug, Args)]
pub struct Day {
    /// Meters.
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    meters: u32,
    /// Readings of a thousand that never come.
    #[arg(long, default_value_t = 15, value_parser = clap::value_parser!(u16).range(0..=1000))]
    lost: u16,
    /// Print one JSON document.
    #[arg(long)]
    json: bool,
}

/// What is told of the day.
#[derive(Debug, Serialize)]
struct Told {
    meters: u32,
    /// Readings that the head-end sent, by its files.
    sent: u64,
    /// Readings that its meters made.
    made: u64,
    /// What the report says.
    expected: u64,
    in_time: u64,
    verdict: String,
    /// Seconds of each step.
    simulate_seconds: f64,
    ingest_seconds: f64,
    report_seconds: f64,
    /// The most memory that the intake took, where the system tells.
    ingest_memory_mib: Option<u64>,
}

impl Day {
    /// Makes the day up, takes it in, and compares.
    pub fn run(self) -> Result<ExitCode, Failure> {
        let folder = tempfile::tempdir().map_err(|error| Failure::work("could not make a folder", error))?;
        let (zone, date) = yesterday_before_its_deadline(clock::now());
        let data = folder.path().join("installation");
        self.register(&data, &zone, date)?;
        let script = folder.path().join("script.toml");
        fs::write(&script, self.script(&zone, date)?).map_err(written)?;
        let town = folder.path().join("town");
        let (meters, from) = (self.meters.to_string(), date.to_string());
        let simulate = Step::of("simulate")
            .path(&town)
            .with(&["--meters", &meters, "--days", "1", "--from", &from, "--head-end", "hes-hourly", "--json"])
            .with(&[&format!("--zone={zone}"), "--seed", &SEED.to_string(), "--script"])
            .path(&script)
            .run()?;
        let files = town.join(HeadEnd::Hourly.name());
        let ingest = Step::at(&data, "ingest").path(&files).with(&["--source", "hes-hourly"]).run()?;
        let report = Step::at(&data, "collection").with(&["status", "--date", &from, "--json"]).run()?;
        let counted = Step::at(&data, "collection").with(&["report", "--date", &from, "--json"]).run()?;
        let (made, collected) = (simulate.document()?, counted.document()?);
        let told = Told {
            meters: self.meters,
            sent: rows(&files)?,
            made: number(&made, "/readings")?,
            expected: number(&collected, "/total/expected")?,
            in_time: number(&collected, "/total/in_time")?,
            verdict: said(&collected, "/verdict", Value::as_str)?.to_owned(),
            simulate_seconds: simulate.took.as_secs_f64(),
            ingest_seconds: ingest.took.as_secs_f64(),
            report_seconds: report.took.as_secs_f64(),
            ingest_memory_mib: ingest.memory_kib.map(|kib| kib / 1024),
        };
        if self.json {
            output::print_json(&told)?
        } else {
            output::print(&told.text())?
        }
        Ok(ExitCode::from(u8::from(!told.holds())))
    }

    /// An installation that knows every register from the beginning of the day.
    fn register(&self, data: &Path, zone: &str, date: Date) -> Result<(), Failure> {
        let settings = SETTINGS.replace("America/Toronto", zone).replace("daily = true", "daily = false");
        Installation::create(data, &settings)?;
        let installation = Installation::open(data)?;
        let from = midnight(zone, date)?;
        let mut progress = Progress::new("registered", "meters");
        let numbers: Vec<u32> = (0..self.meters).collect();
        for numbers in numbers.chunks(REGISTERED_AT_ONCE) {
            let entries: Vec<_> = numbers.iter().flat_map(|number| registers(*number, zone, from)).collect();
            installation.ask(installation.books.registry.channels().register(&entries))?;
            progress.add(numbers.len() as u64, "");
        }
        progress.finish();
        Ok(())
    }

    fn script(&self, zone: &str, date: Date) -> Result<String, Failure> {
        let (from, to) = (midnight(zone, date)?, midnight(zone, date.saturating_add(2.days()))?);
        let lost = self.lost;
        Ok(format!(
            "[[fault]]\nkind = \"lost\"\nhead_end = \"hes-hourly\"\nper_mille = {lost}\nfrom = \"{from}\"\nto = \"{to}\"\n"
        ))
    }
}

impl Told {
    /// Whether the report is what was sent, and its verdict what follows from that.
    fn holds(&self) -> bool {
        let is_met = 98 * self.made <= 100 * self.sent;
        self.expected == self.made && self.in_time == self.sent && (self.verdict == "met") == is_met
    }

    fn text(&self) -> String {
        let Self { simulate_seconds, ingest_seconds, report_seconds, .. } = self;
        let seconds = simulate_seconds + ingest_seconds + report_seconds;
        let memory = self.ingest_memory_mib.map(|mib| format!(", {mib} MiB at most")).unwrap_or_default();
        [
            format!(
                "{} meters made {} readings and sent {}",
                grouped(self.meters.into()),
                grouped(self.made),
                grouped(self.sent)
            ),
            format!(
                "the report expects {} and has {} in time: {}",
                grouped(self.expected),
                grouped(self.in_time),
                self.verdict
            ),
            format!("made up in {simulate_seconds:.1} s, taken in within {ingest_seconds:.1} s{memory}"),
            format!("reported in {report_seconds:.1} s; {seconds:.1} s in all"),
            format!("the report is {}what was sent", if self.holds() { "" } else { "NOT " }),
        ]
        .join("\n")
    }
}

/// A zone in which it is between 02:00 and 03:00, as its offset, and the date of its yesterday: the deadline of that is to come.
fn yesterday_before_its_deadline(now: Timestamp) -> (String, Date) {
    let hour = now.as_second().div_euclid(3600).rem_euclid(24);
    let east = (14 - hour).rem_euclid(24) - 12;
    let offset = i8::try_from(east).ok().and_then(|east| Offset::from_hours(east).ok()).unwrap_or(Offset::UTC);
    let today = now.to_zoned(TimeZone::fixed(offset)).date();
    (format!("{east:+03}:00"), today.saturating_sub(1.day()))
}

fn midnight(zone: &str, date: Date) -> Result<Timestamp, Failure> {
    let zone = ingest::placement::zone_of(zone).map_err(|error| Failure::Usage(error.to_string()))?;
    let midnight = date.to_zoned(zone).map_err(|error| Failure::Usage(error.to_string()))?;
    Ok(midnight.timestamp())
}

/// The registers of a meter: one of what was delivered and, where there are panels, one of what was received.
fn registers(number: u32, zone: &str, from: Timestamp) -> impl Iterator<Item = ChannelEntry> {
    let has_panels = Premises::of(SEED, number).panels_kw != 0;
    let flows = [Some(FORWARD), has_panels.then_some(REVERSE)];
    flows.into_iter().flatten().map(move |flow_direction| ChannelEntry {
        usage_point: usage_point_name(number),
        meter: Some(Name::new("Meter", meter_name(number).value)),
        meter_from: Some(from),
        suffix: "".into(),
        reading_type: ReadingType {
            accumulation: 1,
            flow_direction,
            commodity: 1,
            measurement_kind: 12,
            multiplier: 3,
            unit: 72,
            ..ReadingType::default()
        },
        unit: "kWh".into(),
        quantum: -2,
        multiplier: Decimal::new(1, 0),
        dials: None,
        interval_seconds: None,
        zone: zone.into(),
    })
}

fn number(document: &Value, place: &str) -> Result<u64, Failure> {
    said(document, place, Value::as_u64)
}

/// What a document says at a place.
fn said<'v, T>(document: &'v Value, place: &str, read: impl Fn(&'v Value) -> Option<T>) -> Result<T, Failure> {
    let found = document.pointer(place).and_then(read);
    found.ok_or_else(|| Failure::work("a step of the day does not say what it should", format!("nothing at {place}")))
}

/// Rows below the head of each file of a folder.
fn rows(folder: &Path) -> Result<u64, Failure> {
    let mut rows = 0;
    for entry in fs::read_dir(folder).map_err(written)? {
        let text = fs::read(entry.map_err(written)?.path()).map_err(written)?;
        rows += text.iter().filter(|byte| **byte == b'\n').count() as u64 - 1;
    }
    Ok(rows)
}

fn written(error: std::io::Error) -> Failure {
    Failure::work("could not use the folder of the day", error)
}
