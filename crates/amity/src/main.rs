//! `amity`: one binary for the whole platform.
//!
//! `main` reads the command line and the settings, and hands over to one file per subcommand in [`commands`].

mod clock;
mod commands;
mod hand_over;
mod installation;
mod output;
mod progress;
mod settings;
mod workload;

use std::process::ExitCode;

use clap::Parser;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let command_line = commands::CommandLine::parse();
    output::start_log(command_line.verbose);
    match command_line.run() {
        Ok(code) => code,
        Err(failure) => {
            output::complain(&failure);
            ExitCode::from(failure.exit_code())
        }
    }
}
