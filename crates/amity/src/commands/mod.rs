//! The command line: one file per subcommand.

mod bench;
mod collection;
mod completions;
mod doctor;
mod events;
mod export;
mod group;
mod head_ends;
mod ingest;
mod init;
mod inspect;
mod meter;
mod orders;
mod quality;
mod quarantine;
mod read;
mod reading_options;
mod registry;
mod review;
mod roll_out;
mod schedules;
mod schema;
mod serve;
mod simulate;
mod status;
mod subscribe;
mod thresholds;
mod time_span;
mod usage;
mod validate;
mod vee;
mod watch;
pub mod written;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::hand_over::ask::Server;
use crate::output::Failure;

/// Meter data in one order and one meaning: exact, durable, explained.
#[derive(Debug, Parser)]
#[command(name = "amity", version, propagate_version = true)]
pub struct CommandLine {
    /// Folder of the installation.
    #[arg(
        long,
        global = true,
        env = "AMITY_DATA",
        default_value = "amity-data",
        value_name = "DIR",
        display_order = 900
    )]
    data: PathBuf,
    /// Tell more about what is going on.
    #[arg(long, short, global = true, display_order = 900)]
    pub verbose: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Init(init::Init),
    Inspect(inspect::Inspect),
    Ingest(ingest::Ingest),
    Read(read::Read),
    Quality(quality::Quality),
    Collection(collection::Collection),
    Events(events::Events),
    HeadEnds(head_ends::HeadEnds),
    Orders(orders::Orders),
    Meter(meter::Meter),
    Schedules(schedules::Schedules),
    Quarantine(quarantine::Quarantine),
    Registry(registry::Registry),
    Schema(schema::Schema),
    Thresholds(thresholds::Thresholds),
    RollOut(roll_out::RollOut),
    Serve(serve::Serve),
    Simulate(simulate::Simulate),
    Vee(vee::Vee),
    Usage(usage::Usage),
    Status(status::Status),
    Subscribe(subscribe::Subscribe),
    Bench(Box<bench::Bench>),
    Export(export::Export),
    Doctor(doctor::Doctor),
    Completions(completions::Completions),
}

impl Command {
    /// Whether it works with the books, which a running server has.
    fn uses_books(&self) -> bool {
        match self {
            Self::Init(_)
            | Self::Inspect(_)
            | Self::Serve(_)
            | Self::Simulate(_)
            | Self::Bench(_)
            | Self::Completions(_) => false,
            Self::Vee(command) => command.uses_books(),
            Self::Doctor(command) => command.uses_books(),
            _ => true,
        }
    }
}

impl CommandLine {
    /// Does what was asked, or has it done by the server that has the books.
    pub fn run(self) -> Result<ExitCode, Failure> {
        let data = &self.data;
        if let Some(server) = Some(data).filter(|_| self.command.uses_books()).and_then(|data| Server::of(data)) {
            return server.ask();
        }
        match self.command {
            Command::Init(command) => command.run(data),
            Command::Inspect(command) => command.run(),
            Command::Ingest(command) => command.run(data),
            Command::Read(command) => command.run(data),
            Command::Quality(command) => command.run(data),
            Command::Collection(command) => command.run(data),
            Command::Events(command) => command.run(data),
            Command::HeadEnds(command) => command.run(data),
            Command::Orders(command) => command.run(data),
            Command::Meter(command) => command.run(data),
            Command::Schedules(command) => command.run(data),
            Command::Quarantine(command) => command.run(data),
            Command::Registry(command) => command.run(data),
            Command::Schema(command) => command.run(data),
            Command::Thresholds(command) => command.run(data),
            Command::RollOut(command) => command.run(data),
            Command::Serve(command) => command.run(data),
            Command::Simulate(command) => command.run(),
            Command::Vee(command) => command.run(data),
            Command::Usage(command) => command.run(data),
            Command::Bench(command) => command.run(),
            Command::Subscribe(command) => command.run(data),
            Command::Status(command) => command.run(data),
            Command::Export(command) => command.run(data),
            Command::Doctor(command) => command.run(data),
            Command::Completions(command) => command.run(),
        }
    }
}
