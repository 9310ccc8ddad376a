//! One record of what many meters were asked for, with an outcome for each: `amity meter ping --group` and `amity orders group`.

use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use orchestrator::outcome::{Outcome, outcomes};
use serde_json::json;
use store::registry::order::{Group, OrderState, StateCount};

use crate::installation::Installation;
use crate::output::{self, Failure};
use crate::progress::grouped;

/// How often it is looked how far a group is.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// How a group is told.
#[derive(Clone, Copy, Debug, Args)]
pub struct Told {
    /// Wait until every meter answered or all tries were in vain.
    #[arg(long)]
    pub wait: bool,
    /// Print an outcome in each line, separated by commas.
    #[arg(long, conflicts_with = "json")]
    pub csv: bool,
    /// Print one JSON document.
    #[arg(long)]
    pub json: bool,
}

/// Tells of a group, once all of it is over where that is waited for.
pub fn tell(installation: &Installation, group: &Group, told: Told) -> Result<ExitCode, Failure> {
    if told.wait {
        if installation.head_ends.get().is_none() {
            return Err(Failure::Usage("only `amity serve` asks head-ends; start it, or leave out --wait".into()));
        }
        wait(installation, group)?;
    }
    let orders = installation.ask(installation.books.registry.orders().of_group(group.id, 0, 0))?;
    let outcomes = outcomes(group, &orders);
    match (told.json, told.csv) {
        (true, _) => output::print_json(&json!({ "group": group, "outcomes": outcomes }))?,
        (_, true) => output::print(&csv(&outcomes))?,
        _ => output::print(&table(group, &outcomes))?,
    }
    let failed = |outcome: &Outcome| {
        matches!(outcome.state, None | Some(OrderState::Refused | OrderState::GivenUp | OrderState::Cancelled))
    };
    Ok(ExitCode::from(u8::from(outcomes.iter().any(failed))))
}

/// Waits until no order of a group is under way, and says whenever one more ended.
fn wait(installation: &Installation, group: &Group) -> Result<(), Failure> {
    let ledger = installation.books.registry.orders();
    let mut before = Vec::new();
    loop {
        let counts = installation.ask(ledger.counts_of_group(group.id))?;
        if counts.iter().all(|count| count.state.is_closed()) {
            return Ok(());
        }
        if counts != before {
            output::say(&summary(&counts));
        }
        before = counts;
        installation.runtime.block_on(tokio::time::sleep(LOOK_EVERY));
    }
}

/// How many orders are in which state, in words.
pub fn summary(counts: &[StateCount]) -> String {
    let words =
        counts.iter().map(|count| format!("{} {}", grouped(count.orders), count.state.as_str().replace('_', " ")));
    words.collect::<Vec<_>>().join(", ")
}

fn table(group: &Group, outcomes: &[Outcome]) -> String {
    let entry = &group.entry;
    let head = format!("group {}: {} of {} meters, asked by {}", group.id, entry.kind, outcomes.len(), entry.asked_by);
    let row = |outcome: &Outcome| {
        let tries = outcome.tries.to_string();
        vec![
            outcome.device.to_string(),
            outcome.head_end.to_string(),
            outcome.word().replace('_', " "),
            tries,
            outcome.outcome.clone(),
        ]
    };
    let rows: Vec<_> = outcomes.iter().map(row).collect();
    format!("{head}\n\n{}", output::table(&["device", "head-end", "outcome", "tries", "why"], &rows))
}

fn csv(outcomes: &[Outcome]) -> String {
    let cell = |text: &str| {
        if text.contains([',', '"', '\n']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
    };
    let row = |outcome: &Outcome| {
        let closed_at = outcome.closed_at.map(|at| at.to_string()).unwrap_or_default();
        let cells = [
            &*outcome.device,
            &*outcome.head_end,
            outcome.word(),
            &outcome.tries.to_string(),
            &closed_at,
            &outcome.outcome,
        ];
        cells.map(cell).join(",")
    };
    let head = "device,head_end,outcome,tries,closed_at,why".to_owned();
    [head].into_iter().chain(outcomes.iter().map(row)).collect::<Vec<_>>().join("\n")
}
