//! `amity collection`: what was collected of a day by its deadline, and everything that Ontario asks of a control computer
//! beside it: daily and critical reports, what is kept of them, and the hand-over to the repository.

mod alerts;
mod apply;
mod components;
pub(super) mod hand_over;
mod history;
mod html;
mod report;
mod status;
mod status_html;

use std::path::Path;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use ingest::collection::{self, Collection as Reports};
use ingest::placement::zone_of;
use jiff::civil::Date;

use crate::clock;
use crate::installation::Installation;
use crate::output::Failure;

/// Tell how much of a day was collected by its deadline, what was not and why, and who misses again and again.
#[derive(Debug, Args)]
pub struct Collection {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    Report(report::Report),
    Status(status::Status),
    History(history::History),
    Components(components::Components),
    Alerts(alerts::Alerts),
    HandOver(hand_over::HandOver),
    Acknowledge(hand_over::Acknowledge),
    Apply(apply::Apply),
}

impl Collection {
    /// Does what was asked.
    pub fn run(self, folder: &Path) -> Result<ExitCode, Failure> {
        let installation = Installation::open(folder)?;
        match self.action {
            Action::Report(command) => command.run(&installation),
            Action::Status(command) => command.run(&installation),
            Action::History(command) => command.run(&installation),
            Action::Components(command) => command.run(&installation),
            Action::Alerts(command) => command.run(&installation),
            Action::HandOver(command) => command.run(&installation),
            Action::Acknowledge(command) => command.run(&installation),
            Action::Apply(command) => command.run(&installation),
        }
    }
}

/// Reports over the books of an installation.
pub(super) fn reports(installation: &Installation) -> Result<Reports, Failure> {
    let directory = installation.ask(installation.books.registry.directory())?;
    let waiting = installation.ask(collection::waiting(&installation.books.registry))?;
    Ok(Reports::new(installation.books.readings.clone(), directory, installation.settings.collection, waiting))
}

/// The day that ended last where the installation is.
fn yesterday(installation: &Installation) -> Result<Date, Failure> {
    let zone = zone_of(&installation.settings.zone).map_err(|error| Failure::Usage(format!("zone: {error}")))?;
    clock::now().to_zoned(zone).date().yesterday().map_err(|error| Failure::work("could not tell the day", error))
}

fn in_book(error: store::readings::Error) -> Failure {
    Failure::work("could not read", error)
}
