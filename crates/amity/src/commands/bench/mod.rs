//! `amity bench`: every speed as a ratio to a peer or a physical limit, measured in the same run.
//!
//! - [`parsing`]: NEM12 and XML to rows.
//! - [`keeping`]: durable ingest, bytes per reading, scans, cold reads, replay.
//! - [`vee`]: value checks, a run over everything, what late data costs, memory.
//! - [`determinants`]: what bills are made of.
//! - [`day`]: a day of a utility collected and reported, held against a recount.
//! - [`storm`]: an event storm over a server that is killed in the middle of it, with every event accounted for.
//! - [`parquet_peer`], [`postgres_peer`]: what they are held against.
//! - [`generate`]: files of a made-up utility, for load tests.

mod day;
mod determinants;
mod generate;
mod keeping;
mod measure;
mod parquet_peer;
mod parsing;
mod postgres_peer;
mod storm;
mod vee;

use std::process::ExitCode;

use clap::{Args, Subcommand, ValueEnum};
use serde_json::json;

use crate::output::{self, Failure};
use measure::Figure;

/// Measure speeds and sizes beside a peer in the same run, or make up a utility.
#[derive(Debug, Args)]
pub struct Bench {
    #[command(subcommand)]
    action: Option<Action>,
    /// What to measure; everything where nothing is named.
    #[arg(value_name = "PART")]
    parts: Vec<Part>,
    /// Channels of the made-up fleet.
    #[arg(long, default_value_t = 50_000)]
    channels: u32,
    /// Days of the made-up fleet.
    #[arg(long, default_value_t = 7)]
    days: u32,
    /// Seed of the made-up fleet.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Leave out the comparison with PostgreSQL.
    #[arg(long)]
    no_postgres: bool,
    /// Print one JSON document.
    #[arg(long)]
    json: bool,
}

/// A group of figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Part {
    /// NEM12 and XML to rows.
    Parsing,
    /// Durable ingest, bytes per reading, scans, cold reads, replay.
    Keeping,
    /// Value checks, a run over everything, late data, memory, and the determinants that follow.
    Vee,
    /// What bills are made of.
    Determinants,
}

#[derive(Debug, Subcommand)]
enum Action {
    Day(day::Day),
    Generate(generate::Generate),
    #[command(visible_alias = "events")]
    Storm(storm::Storm),
    #[command(hide = true)]
    RunMemory(vee::RunMemory),
}

impl Bench {
    /// Measures and prints. Exit status 1 when a figure misses its floor.
    pub fn run(self) -> Result<ExitCode, Failure> {
        match self.action {
            Some(Action::Day(day)) => return day.run(),
            Some(Action::Generate(generate)) => return generate.run(),
            Some(Action::Storm(storm)) => return storm.run(),
            Some(Action::RunMemory(run_memory)) => return run_memory.run(),
            None => {}
        }
        let wanted = |part| self.parts.is_empty() || self.parts.contains(&part);
        let mut figures = Vec::new();
        if wanted(Part::Parsing) {
            figures.extend([parsing::nem12(), parsing::cim()]);
        }
        if wanted(Part::Keeping) {
            let fleet = keeping::Fleet { channels: self.channels, days: self.days, seed: self.seed };
            figures.extend(keeping::measure(fleet, !self.no_postgres)?);
        }
        if wanted(Part::Vee) {
            figures.extend(vee::value_checks(self.channels, self.seed));
            figures.extend(vee::runs(self.channels, self.seed)?);
            figures.extend(vee::memory(self.channels, self.seed)?);
        }
        if wanted(Part::Vee) || wanted(Part::Determinants) {
            figures.push(determinants::measure(self.seed)?);
        }
        let memory_mib = peak_memory_mib();
        if self.json {
            output::print_json(&json!({ "figures": figures, "peak_memory_mib": memory_mib }))?;
        } else {
            output::print(&output::table(&HEAD, &figures.iter().map(row).collect::<Vec<_>>()))?;
            if let Some(memory_mib) = memory_mib {
                output::print(&format!("peak memory of this run, the peers' included: {memory_mib} MiB"))?;
            }
        }
        Ok(ExitCode::from(u8::from(!figures.iter().all(Figure::holds))))
    }
}

const HEAD: [&str; 7] = ["what", "Amity", "peer", "peer's figure", "ratio", "floor / goal", "verdict"];

fn row(figure: &Figure) -> Vec<String> {
    let sign = if figure.smaller_is_better { "<=" } else { ">=" };
    let verdict = match (figure.reaches_goal(), figure.holds()) {
        (true, _) => "goal",
        (false, true) => "floor held",
        (false, false) => "MISSED",
    };
    vec![
        figure.name.to_owned(),
        figure.ours.clone(),
        figure.peer_name.to_owned(),
        figure.peer.clone(),
        format!("{:.3}", figure.ratio),
        format!("{sign} {} / {}", figure.floor, figure.goal),
        verdict.to_owned(),
    ]
}

/// The most memory this process ever held, where the system tells.
pub(super) fn peak_memory_mib() -> Option<u64> {
    peak_memory_kib().map(|kib| kib / 1024)
}

pub(super) fn peak_memory_kib() -> Option<u64> {
    peak_memory_kib_of("self")
}

/// The same of another process.
fn peak_memory_kib_of(process: &str) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}
