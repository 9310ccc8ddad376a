//! `amity vee plan`: plans as they are written.

mod check;
mod show;

use std::path::Path;
use std::process::ExitCode;

use clap::{Args, Subcommand};

use crate::output::Failure;

/// Check a plan, or show what it says with every default written out.
#[derive(Debug, Args)]
pub struct Plan {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    Check(check::Check),
    Show(show::Show),
}

impl Plan {
    /// Does what was asked.
    pub fn run(self, folder: &Path) -> Result<ExitCode, Failure> {
        match self.action {
            Action::Check(command) => command.run(),
            Action::Show(command) => command.run(folder),
        }
    }
}
