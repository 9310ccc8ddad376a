//! `amity vee approve`, `reject` and `undo`: the word about an act.

use std::process::ExitCode;

use clap::Args;
use model::review;
use store::registry::review::Verdict;

use super::failure;
use crate::clock;
use crate::installation::Installation;
use crate::output::{self, Failure};

/// Which act, and who decides.
#[derive(Debug, Args)]
pub struct Decide {
    /// Number of the act, as `amity vee proposals` shows it.
    act: u64,
    /// Your name.
    #[arg(long = "as", value_name = "NAME")]
    by: String,
    /// A few words.
    #[arg(long, default_value = "", value_name = "TEXT")]
    note: String,
    /// Print one JSON document.
    #[arg(long)]
    json: bool,
}

impl Decide {
    /// Decides and prints where the act stands.
    pub fn run(self, installation: &Installation, verdict: Verdict) -> Result<ExitCode, Failure> {
        let review = super::review(installation)?;
        let asked = review::Decide { by: self.by, note: self.note };
        let state = review.decide(self.act, verdict, &asked, clock::now()).map_err(failure)?;
        if self.json {
            output::print_json(&state)?;
        } else {
            output::print(&format!("act {} {}", state.act, state.state))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}
