//! `amity schedules`: when meters are read by themselves, and which cycles were missed.

use std::path::Path;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use jiff::Timestamp;
use orchestrator::rhythm::Reads;
use serde::Serialize;
use store::registry::order::{Group, OrderReason, StateCount};

use super::group::{self, Told};
use crate::clock;
use crate::installation::Installation;
use crate::output::{self, Failure};

/// Show when meters are read by schedule, what became of it, and what was missed.
#[derive(Debug, Args)]
pub struct Schedules {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List schedules with their last and next cycle and how many were missed.
    List {
        /// Print one JSON document.
        #[arg(long)]
        json: bool,
    },
    /// List the last cycles of a schedule, the newest first.
    Cycles {
        /// Its name.
        name: String,
        /// How many at the most.
        #[arg(long, value_name = "COUNT", default_value_t = 20)]
        limit: u32,
        /// Print one JSON document.
        #[arg(long)]
        json: bool,
    },
    /// Show what became of each meter of a cycle, by the number of its group.
    Show {
        /// The number of the group.
        group: u64,
        #[command(flatten)]
        told: Told,
    },
}

/// A schedule and how far it is.
#[derive(Debug, Serialize)]
struct Listed {
    name: String,
    read: Reads,
    last: Option<Cycle>,
    next: Option<Timestamp>,
    /// Cycles that passed while nothing ran, of all time.
    missed: u64,
}

/// A cycle and what became of it.
#[derive(Debug, Serialize)]
struct Cycle {
    #[serde(flatten)]
    group: Group,
    orders: Vec<StateCount>,
}

impl Schedules {
    /// Does what was asked.
    pub fn run(self, folder: &Path) -> Result<ExitCode, Failure> {
        let installation = &Installation::open(folder)?;
        match self.action {
            Action::List { json } => list(installation, json),
            Action::Cycles { name, limit, json } => cycles(installation, &name, limit, json),
            Action::Show { group, told } => {
                let group = installation.ask(installation.books.registry.orders().group(group))?;
                group::tell(installation, &group, told)
            }
        }
    }
}

fn list(installation: &Installation, as_json: bool) -> Result<ExitCode, Failure> {
    let (timetable, ledger) = (installation.timetable()?, installation.books.registry.orders());
    let mut listed = Vec::new();
    for (schedule, rhythm) in timetable.schedules() {
        let after = installation.ask(ledger.done_until(&schedule.name))?.unwrap_or_else(clock::now);
        listed.push(Listed {
            name: schedule.name.clone(),
            read: schedule.read,
            last: last_cycles(installation, &schedule.name, 1)?.pop(),
            next: rhythm.after(after).next(),
            missed: installation.ask(ledger.missed_of(&schedule.name))?,
        });
    }
    if as_json {
        output::print_json(&listed)?;
        return Ok(ExitCode::SUCCESS);
    }
    let at = |at: Option<Timestamp>| at.map_or_else(|| "-".into(), |at| at.to_string());
    let row = |one: &Listed| {
        let last = one.last.as_ref();
        let became = last.map_or_else(|| "-".into(), |cycle| group::summary(&cycle.orders));
        vec![
            one.name.clone(),
            at(last.map(|cycle| cycle.group.entry.due_at)),
            became,
            at(one.next),
            one.missed.to_string(),
        ]
    };
    let rows: Vec<_> = listed.iter().map(row).collect();
    output::print(&output::table(&["schedule", "last", "orders", "next", "missed"], &rows))?;
    if listed.is_empty() {
        output::say("no [[schedule]] is in the settings");
    }
    Ok(ExitCode::SUCCESS)
}

fn cycles(installation: &Installation, name: &str, limit: u32, as_json: bool) -> Result<ExitCode, Failure> {
    let cycles = last_cycles(installation, name, limit)?;
    if as_json {
        output::print_json(&cycles)?;
        return Ok(ExitCode::SUCCESS);
    }
    let row = |Cycle { group, orders }: &Cycle| {
        let missed = group
            .entry
            .missed
            .map_or_else(|| "-".into(), |missed| format!("{} from {} to {}", missed.cycles, missed.first, missed.last));
        let (due_at, ordered_at) = (group.entry.due_at.to_string(), group.ordered_at.to_string());
        let unknown = group.entry.unknown.len().to_string();
        vec![group.id.to_string(), due_at, ordered_at, group::summary(orders), unknown, missed]
    };
    let rows: Vec<_> = cycles.iter().map(row).collect();
    output::print(&output::table(&["group", "due", "ordered", "orders", "not ordered", "missed before"], &rows))?;
    Ok(ExitCode::SUCCESS)
}

/// The last cycles of a schedule, the newest first.
fn last_cycles(installation: &Installation, name: &str, limit: u32) -> Result<Vec<Cycle>, Failure> {
    let ledger = installation.books.registry.orders();
    let groups = installation.ask(ledger.groups_of(OrderReason::Schedule, name, limit))?;
    let cycle = |group: Group| Ok(Cycle { orders: installation.ask(ledger.counts_of_group(group.id))?, group });
    groups.into_iter().map(cycle).collect()
}
