//! `amity vee proposals`: what waits for approval, and what became of it.

use std::process::ExitCode;

use clap::Args;
use model::review::{Act, AskProposals};

use super::{failure, review};
use crate::installation::Installation;
use crate::output::{self, Failure};

/// List acts with who did what and why, newest first.
#[derive(Debug, Args)]
pub struct Proposals {
    /// Only acts in this state; all with `any`.
    #[arg(long, default_value = "proposed", value_parser = ["proposed", "approved", "rejected", "undone", "any"])]
    state: String,
    /// Most acts.
    #[arg(long, default_value_t = 50)]
    limit: u32,
    /// Print one JSON document, with the values of each day.
    #[arg(long)]
    json: bool,
}

impl Proposals {
    /// Prints the acts.
    pub fn run(self, installation: &Installation) -> Result<ExitCode, Failure> {
        let review = review(installation)?;
        let state = Some(self.state).filter(|state| state != "any");
        let asked = AskProposals { state, before: None, limit: Some(self.limit) };
        let found = review.proposals(&asked).map_err(failure)?;
        if self.json {
            output::print_json(&found)?;
        } else if found.proposals.is_empty() {
            output::print("no such act; `--state any` lists all")?;
        } else {
            let rows: Vec<_> = found.proposals.iter().map(row).collect();
            output::print(&output::table(&["act", "what", "state", "by", "reason", "days", "values", "note"], &rows))?;
            output::say("`amity vee approve|reject|undo ACT --as NAME` decides; `--json` shows every value");
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn row(act: &Act) -> Vec<String> {
    let values: usize = act.days.iter().map(|day| day.after.len()).sum();
    vec![
        act.act.to_string(),
        act.method.as_ref().map_or_else(|| act.kind.clone(), |method| format!("{} {method}", act.kind)),
        act.state.clone(),
        act.proposed_by.clone(),
        act.reason.clone(),
        act.days.len().to_string(),
        values.to_string(),
        act.note.clone(),
    ]
}
