//! `amity completions`: the script that completes commands in a shell.

use std::process::ExitCode;

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::CommandLine;
use crate::output::{self, Failure};

/// Print the completion script of a shell.
#[derive(Debug, Args)]
pub struct Completions {
    /// The shell.
    shell: Shell,
}

impl Completions {
    /// Prints the script.
    pub fn run(self) -> Result<ExitCode, Failure> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut CommandLine::command(), "amity", &mut script);
        output::print_bytes(&script)?;
        Ok(ExitCode::SUCCESS)
    }
}
