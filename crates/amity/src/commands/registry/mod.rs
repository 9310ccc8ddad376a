//! `amity registry`: the master data that readings are held against.

mod add;
pub(super) mod agree;
mod continuation;
mod exchange;
mod fact;
mod membership;
mod owners;
pub(super) mod usage_point;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Subcommand};
use model::document::in_words;
use model::id::ChannelNumber;

use crate::hand_over::caller;
use crate::installation::Installation;
use crate::output::{self, Failure};
use add::Add;
use agree::Agree;
use exchange::Exchange;
use fact::{Fact, Holidays, Temperatures};
use membership::{Customer, Programme};
use owners::Owners;
use usage_point::{Owner, Show, State};

/// Show and change usage points, meters and channels.
#[derive(Debug, Args)]
pub struct Registry {
    #[command(subcommand)]
    action: Action,
}

/// What a file of `registry import` holds.
const IMPORTED: &str = "a file to import is a list of objects, with the options of `amity registry add` as fields";

#[derive(Debug, Subcommand)]
enum Action {
    /// Register one channel, with its usage point and meter where they are new.
    Add {
        #[command(flatten)]
        channel: Box<Add>,
        /// Print one JSON document: the channel as it is registered.
        #[arg(long)]
        json: bool,
    },
    /// Register the channels of a JSON file: a list of objects with the options of `add` as fields.
    Import {
        /// The file.
        file: PathBuf,
        /// Print one JSON document: the channels as they are registered.
        #[arg(long)]
        json: bool,
    },
    /// List channels.
    List {
        /// Only names that begin with this.
        prefix: Option<String>,
        /// Most channels.
        #[arg(long, default_value_t = 1000)]
        limit: u32,
        /// Print one JSON document.
        #[arg(long)]
        json: bool,
    },
    /// Show a usage point: its names, owner, connection states, meters, channels and facts.
    Show(Show),
    /// Enter the connection state of a usage point from a time on.
    ///
    /// It holds until the next state that is entered, whatever the order of entry; one entered at the same time takes
    /// its place. Readings of a closed usage point wait in quarantine (V03); those of a disconnected one are told (V04).
    State(State),
    /// Give a usage point to the only source that may send its readings (V02).
    Owner(Owner),
    /// Give the usage points of a file to their sources, from the beginning until they move (V02).
    Owners(Owners),
    /// Enter under which agreement, account and tariff a usage point is served from a time on.
    Agree(Agree),
    /// Enter what rules and methods may know of a meter, a usage point or a channel.
    ///
    /// It holds until the next value of its kind that is entered, whatever the order of entry.
    Fact(Fact),
    /// Put the dates of a file in place of the holidays of a calendar.
    Holidays(Holidays),
    /// Add the mean temperatures of local days at a weather station.
    Temperatures(Temperatures),
    /// Let a usage point join a programme, or leave it, on some local days; plans of validation can be attached to
    /// programmes.
    Programme(Programme),
    /// Say who takes service at a usage point from a time on, and of which class; plans of validation can be attached to
    /// classes.
    Customer(Customer),
    /// Put another meter in the place of one at a usage point: registers begin anew with it.
    Exchange(Exchange),
}

impl Registry {
    /// Does what was asked.
    pub fn run(self, folder: &Path) -> Result<ExitCode, Failure> {
        let installation = Installation::open(folder)?;
        match self.action {
            Action::Add { channel, json } => add::register(&installation, vec![*channel], json),
            Action::Import { file, json } => {
                let text = std::fs::read_to_string(caller::path(&file))
                    .map_err(|error| Failure::Usage(format!("{}: cannot be read: {error}", file.display())))?;
                let entries: Vec<Add> = serde_json::from_str(&text).map_err(|error| {
                    Failure::Usage(format!("{}: {}; {IMPORTED}", file.display(), in_words(&error.to_string())))
                })?;
                add::register(&installation, entries, json)
            }
            Action::List { prefix, limit, json } => list(&installation, prefix.as_deref().unwrap_or(""), limit, json),
            Action::Show(show) => show.run(&installation),
            Action::State(state) => state.run(&installation),
            Action::Owner(owner) => owner.run(&installation),
            Action::Owners(owners) => owners.run(&installation),
            Action::Agree(agree) => agree.run(&installation),
            Action::Fact(fact) => fact.run(&installation),
            Action::Holidays(holidays) => holidays.run(&installation),
            Action::Temperatures(temperatures) => temperatures.run(&installation),
            Action::Programme(programme) => programme.run(&installation),
            Action::Customer(customer) => customer.run(&installation),
            Action::Exchange(exchange) => exchange.run(&installation),
        }
    }
}

fn list(installation: &Installation, prefix: &str, limit: u32, as_json: bool) -> Result<ExitCode, Failure> {
    let channels = installation.ask(installation.books.registry.channels().page(ChannelNumber(0), u32::MAX))?;
    let named: Vec<_> = channels.iter().filter(|channel| channel.label.starts_with(prefix)).collect();
    let channels = &named[..named.len().min(limit as usize)];
    if as_json {
        output::print_json(&channels)?;
        return Ok(ExitCode::SUCCESS);
    }
    let rows: Vec<_> = channels
        .iter()
        .map(|channel| {
            let interval =
                channel.interval_seconds.map_or_else(|| "register".into(), |seconds| format!("{} min", seconds / 60));
            let measured = channel.reading_type.describe();
            vec![channel.label.to_string(), interval, channel.unit.to_string(), channel.zone.to_string(), measured]
        })
        .collect();
    output::print(&output::table(&["channel", "interval", "unit", "zone", "what is measured"], &rows))?;
    if channels.len() < named.len() {
        output::say(&format!("{} of {} channels; `--limit` shows more", channels.len(), named.len()));
    } else if named.is_empty() {
        output::say(&format!("no label begins with `{prefix}`"));
    }
    Ok(ExitCode::SUCCESS)
}
