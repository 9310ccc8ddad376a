//! `amity doctor`: is everything that was acknowledged still there and whole?

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use serde_json::json;

use crate::installation::Installation;
use crate::output::{self, Failure};
use crate::progress::grouped;
use crate::settings::Settings;

/// Check settings, books and checksums.
///
/// Exit status 0: everything is whole; 1: something is damaged, with what to do.
#[derive(Debug, Args)]
pub struct Doctor {
    /// Only check a settings file.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Print one JSON document.
    #[arg(long)]
    json: bool,
}

impl Doctor {
    /// Whether it works with the books of an installation.
    pub fn uses_books(&self) -> bool {
        self.config.is_none()
    }

    /// Checks and tells.
    pub fn run(self, folder: &Path) -> Result<ExitCode, Failure> {
        if let Some(path) = &self.config {
            Settings::load(path)?;
            let line = format!("{}: every setting is known and valid", path.display());
            output::tell(self.json, &json!({ "config": path, "valid": true }), &line, "")?;
            return Ok(ExitCode::SUCCESS);
        }
        let installation = Installation::open(folder)?;
        let report = installation
            .books
            .readings
            .verify()
            .map_err(|error| Failure::work("could not check the readings", error))?;
        let damages: Vec<String> = report.damaged.iter().map(ToString::to_string).collect();
        if self.json {
            output::print_json(&json!({
                "records_checked": report.records,
                "blocks_checked": report.blocks,
                "segments_checked": report.segments,
                "records_replayed": installation.recovery.records_replayed,
                "damages": damages,
            }))?;
        } else {
            output::print(&format!(
                "readings: {} log records and {} blocks of {} segments were checked; {} records were replayed at start",
                grouped(report.records),
                grouped(report.blocks),
                grouped(report.segments),
                grouped(installation.recovery.records_replayed)
            ))?;
            for damage in &damages {
                output::print(damage)?;
            }
            if damages.is_empty() {
                output::print("nothing is damaged")?;
            }
        }
        Ok(ExitCode::from(u8::from(!damages.is_empty())))
    }
}
