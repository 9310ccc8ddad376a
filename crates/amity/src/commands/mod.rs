//! The command line: one file per subcommand.

mod inspect;
mod reading_options;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::output::Failure;

/// Meter data in one order and one meaning: exact, durable, explained.
#[derive(Debug, Parser)]
#[command(name = "amity", version, propagate_version = true)]
pub struct CommandLine {
    /// Folder of the installation.
    #[arg(long, global = true, env = "AMITY_DATA", default_value = "amity-data", value_name = "DIR")]
    data: PathBuf,
    /// Tell more about what is going on.
    #[arg(long, short, global = true)]
    pub verbose: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Inspect(inspect::Inspect),
}

impl CommandLine {
    /// Does what was asked.
    pub fn run(self) -> Result<ExitCode, Failure> {
        match self.command {
            Command::Inspect(command) => command.run(),
        }
    }
}
