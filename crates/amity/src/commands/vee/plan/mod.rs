//! `amity vee plan`: plans as they are written, and those of an installation.

mod attach;
mod check;
mod judged;
mod list;
mod put;
mod show;

use std::path::Path;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use jiff::civil::Date;

use crate::installation::Installation;
use crate::output::Failure;

use attach::named;

/// Check a plan, show what it says with every default written out, put it and say where it holds.
#[derive(Debug, Args)]
pub struct Plan {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    Check(check::Check),
    Show(show::Show),
    Put(put::PutPlans),
    List(list::List),
    Attach(attach::Attach),
    Detach(attach::Detach),
    History(list::History),
}

impl Plan {
    /// Does what was asked.
    pub fn run(self, folder: &Path) -> Result<ExitCode, Failure> {
        let installation = || Installation::open(folder);
        match self.action {
            Action::Check(command) => command.run(folder),
            Action::Show(command) => command.run(folder),
            Action::Put(command) => command.run(&installation()?),
            Action::List(command) => command.run(&installation()?),
            Action::Attach(command) => command.run(&installation()?),
            Action::Detach(command) => command.run(&installation()?),
            Action::History(command) => command.run(&installation()?),
        }
    }
}

/// A name that may stand under a change.
fn person(name: &str) -> Result<&str, Failure> {
    let name = name.trim();
    if name.is_empty() || 100 < name.len() {
        return Err(Failure::Usage("--as: expected the name of a person, 1 to 100 bytes".into()));
    }
    Ok(name)
}

/// Dates for people, with a blank before them; nothing for always.
fn dates(from: Option<Date>, until: Option<Date>) -> String {
    let from = from.map(|from| format!(" from {from}")).unwrap_or_default();
    let until = until.map(|until| format!(" until {until}")).unwrap_or_default();
    format!("{from}{until}")
}
