//! `amity vee accept`: values are real.

use std::process::ExitCode;

use clap::Args;
use model::review;

use super::failure;
use crate::clock;
use crate::installation::Installation;
use crate::output::{self, Failure};

/// Accept the values of exceptions as real, in one act; their days are validated again.
#[derive(Debug, Args)]
pub struct Accept {
    /// Numbers of the exceptions, as `amity vee queue --list` shows them.
    #[arg(required = true, value_name = "ID")]
    ids: Vec<u64>,
    /// Your name.
    #[arg(long = "as", value_name = "NAME")]
    by: String,
    /// Why: real-use, vacant, outage, communication, meter-fault, clock, agreed, or other with --note.
    #[arg(long, value_name = "CODE")]
    reason: String,
    /// A few words more.
    #[arg(long, default_value = "", value_name = "TEXT")]
    note: String,
    /// Print one JSON document.
    #[arg(long)]
    json: bool,
}

impl Accept {
    /// Accepts and prints the act.
    pub fn run(self, installation: &Installation) -> Result<ExitCode, Failure> {
        let review = super::review(installation)?;
        let asked =
            review::Accept { exceptions: self.ids, by: self.by, reason: self.reason, note: self.note, key: None };
        let accepted = review.accept(&asked, clock::now()).map_err(failure)?;
        if self.json {
            output::print_json(&accepted)?;
        } else {
            let review::Accepted { act, state, accepted } = accepted;
            output::print(&format!("act {act} {state}: {accepted} exceptions"))?;
            output::say(&format!("`amity vee undo {act} --as NAME` takes it back"));
        }
        Ok(ExitCode::SUCCESS)
    }
}
