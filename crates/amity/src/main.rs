//! `amity`: one binary for the whole platform.
//!
//! `main` reads the command line and the settings, and hands over to one file per subcommand in [`commands`].

mod clock;
mod commands;
mod gap_lists;
mod hand_over;
mod head_ends;
mod hooks;
mod installation;
mod output;
mod progress;
mod settings;
mod thresholds;
mod workload;

use std::process::ExitCode;

use clap::Parser;

use output::Told;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let told = Told::to(std::env::args_os());
    let command_line = match commands::CommandLine::try_parse() {
        Ok(command_line) => command_line,
        Err(refused) if told == Told::Text => refused.exit(),
        Err(refused) => return ExitCode::from(output::refuse(&refused, told)),
    };
    output::start_log(command_line.verbose);
    match command_line.run() {
        Ok(code) => code,
        Err(failure) => {
            output::complain(&failure, told);
            ExitCode::from(failure.exit_code())
        }
    }
}
