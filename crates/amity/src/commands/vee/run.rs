//! `amity vee run`: validate and estimate again.

use std::collections::BTreeSet;
use std::process::ExitCode;
use std::time::Instant;

use clap::Args;
use ingest::validation::Report;
use model::id::ChannelNumber;
use serde::Serialize;

use super::stored_days::Days;
use crate::clock;
use crate::commands::validate;
use crate::installation::Installation;
use crate::output::{self, Failure};
use crate::progress::grouped;

/// Validate and estimate stored days again, with the plan that holds now.
#[derive(Debug, Args)]
pub struct Run {
    /// The channels: labels, numbers or mRIDs; all where none is named.
    #[arg(value_name = "CHANNEL")]
    channels: Vec<String>,
    #[command(flatten)]
    days: Days,
    /// Print one JSON document.
    #[arg(long)]
    json: bool,
}

/// The answer of `--json`.
#[derive(Serialize)]
struct Answer {
    channels: usize,
    #[serde(flatten)]
    report: Report,
    seconds: f64,
    days_per_second: u64,
}

impl Run {
    /// Runs and prints what came of it.
    pub fn run(self, installation: &Installation) -> Result<ExitCode, Failure> {
        let directory = installation.ask(installation.books.registry.directory())?;
        let of_channel = self.days.of(installation, &directory, &self.channels, clock::now())?;
        let channels = of_channel.len();
        let days =
            of_channel.into_iter().flat_map(|(channel, dates)| dates.into_iter().map(move |date| (channel, date)));
        let mut days: BTreeSet<_> = days.collect();
        days.extend(self.days.of_reads(installation, &directory, &self.channels)?);
        let ran: BTreeSet<ChannelNumber> = days.iter().map(|(channel, _)| *channel).collect();
        let ran: Vec<ChannelNumber> = ran.into_iter().collect();
        let began = Instant::now();
        let mut report = validate::run(installation, days)?;
        report += validate::ended(installation)?;
        let seconds = began.elapsed().as_secs_f64();
        let rate = (report.days as f64 / seconds.max(1e-6)) as u64;
        // What failed becomes exceptions, what passes now is resolved.
        super::review(installation)?;
        // Master data that changed may change what was billed although no value did.
        let looked = installation.determinants().look_again(&ran, clock::now());
        looked.map_err(|error| Failure::work("determinants are not up to date", error))?;
        validate::say_damaged(&report);
        if self.json {
            output::print_json(&Answer { channels, report, seconds, days_per_second: rate })?;
        } else if report.days == 0 && report.reads == 0 {
            output::print("no stored day to validate, and no register read that comes out otherwise")?;
        } else {
            let Report { days, waiting, estimated, failures, reads, .. } = report;
            output::print(&format!(
                "{} channel-days of {} channels in {seconds:.1} s ({}/s): {} values estimated, {} rules failed, {} days \
                 have not ended yet, {} register reads judged anew",
                grouped(days),
                grouped(channels as u64),
                grouped(rate),
                grouped(estimated),
                grouped(failures),
                grouped(waiting),
                grouped(reads)
            ))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}
