//! `amity vee`: plans, formulas, what rules found and what people decide about it.

mod accept;
mod decide;
mod explain;
mod formula;
mod plan;
pub(super) mod plan_file;
mod proposals;
mod propose;
mod queue;
mod run;
mod series_file;
mod shadow;
mod stored_days;
mod try_plan;

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Args, Subcommand};
use ingest::Review;
use ingest::review::{Refusal, ReviewError, Sought};
use store::registry::review::Verdict;

use super::{review, validate};
use crate::clock;
use crate::installation::Installation;
use crate::output::Failure;

/// Try plans and formulas, run rules, explain values, and review what was found.
#[derive(Debug, Args)]
pub struct Vee {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    Try(try_plan::Try),
    Plan(plan::Plan),
    Formula(formula::Formula),
    Explain(explain::Explain),
    Run(run::Run),
    Shadow(shadow::Shadow),
    Queue(queue::Queue),
    Accept(accept::Accept),
    Propose(propose::Propose),
    Proposals(proposals::Proposals),
    /// Let what another person proposed count.
    Approve(decide::Decide),
    /// Refuse a proposal, or withdraw one's own.
    Reject(decide::Decide),
    /// Take back what was approved: values are what they were before.
    Undo(decide::Decide),
}

impl Vee {
    /// Whether it works with the books of an installation.
    pub fn uses_books(&self) -> bool {
        match &self.action {
            Action::Try(_) | Action::Formula(_) => false,
            Action::Plan(command) => command.uses_books(),
            _ => true,
        }
    }

    /// Does what was asked.
    pub fn run(self, folder: &Path) -> Result<ExitCode, Failure> {
        let installation = || Installation::open(folder);
        match self.action {
            Action::Try(command) => command.run(),
            Action::Plan(command) => command.run(folder),
            Action::Formula(command) => command.run(),
            Action::Explain(command) => command.run(&installation()?),
            Action::Run(command) => command.run(&installation()?),
            Action::Shadow(command) => command.run(&installation()?),
            Action::Queue(command) => command.run(&installation()?),
            Action::Accept(command) => command.run(&installation()?),
            Action::Propose(command) => command.run(&installation()?),
            Action::Proposals(command) => command.run(&installation()?),
            Action::Approve(command) => command.run(&installation()?, Verdict::Approve),
            Action::Reject(command) => command.run(&installation()?, Verdict::Reject),
            Action::Undo(command) => command.run(&installation()?, Verdict::Undo),
        }
    }
}

/// Review over an installation, brought up to date.
fn review(installation: &Installation) -> Result<Arc<Review>, Failure> {
    let review = review::review(installation, Arc::new(validate::live_plans(installation)?));
    let now = clock::now();
    review.settle_waiting(now).and_then(|_| review.follow(now)).map_err(failure)?;
    Ok(review)
}

/// What review refused, with what to do about it; or why it failed.
fn failure(error: ReviewError) -> Failure {
    let ReviewError::Refused(refusal) = error else { return Failure::work("review failed", error) };
    let advice = match &refusal {
        Refusal::NotFound(Sought::Channel, _) => "; `amity registry list` lists channels",
        Refusal::NotFound(Sought::Exception, _) => "; `amity vee queue --list` lists exceptions",
        Refusal::NotFound(Sought::Act, _) => "; `amity vee proposals --state any` lists acts",
        Refusal::NotFound(Sought::Other, _) => "",
        Refusal::Conflict(_) => "; look again with `amity vee queue` or `amity vee proposals`",
        Refusal::NotAllowed(_) => " (`--as` names who approves)",
        Refusal::Invalid { .. } => "",
    };
    Failure::Usage(format!("{refusal}{advice}"))
}
