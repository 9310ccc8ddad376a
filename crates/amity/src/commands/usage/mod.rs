//! `amity usage`: what bills rest on. Definitions of rates, requests for determinants and what was told of them.

mod cancel;
mod definition;
mod rate_file;
mod request;
mod show;

use std::path::Path;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use ingest::Determinants;
use ingest::review::{Refusal, ReviewError};
use model::determinant::{Determinant, Told};
use model::quantity::Decimal;

use crate::clock;
use crate::installation::Installation;
use crate::output::{self, Failure};

/// Define rates, ask for billing determinants, and see what was told of them.
#[derive(Debug, Args)]
pub struct Usage {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    Definition(definition::Definition),
    Request(request::Request),
    Show(show::Show),
    Cancel(cancel::Cancel),
}

impl Usage {
    /// Does what was asked.
    pub fn run(self, folder: &Path) -> Result<ExitCode, Failure> {
        match self.action {
            Action::Definition(command) => command.run(folder),
            Action::Request(command) => command.run(&Installation::open(folder)?),
            Action::Show(command) => command.run(&Installation::open(folder)?),
            Action::Cancel(command) => command.run(&Installation::open(folder)?),
        }
    }
}

/// Determinants over an installation, brought up to date.
fn determinants(installation: &Installation) -> Result<Determinants, Failure> {
    let determinants = installation.determinants();
    determinants.follow(clock::now()).map_err(failure)?;
    Ok(determinants)
}

/// What was refused, or why it failed.
fn failure(error: ReviewError) -> Failure {
    let ReviewError::Refused(refusal) = error else { return Failure::work("determinants failed", error) };
    let advice = match &refusal {
        Refusal::NotFound(..) => "; `amity usage show` and `amity usage definition list` show what is there",
        Refusal::Conflict(_) | Refusal::NotAllowed(_) | Refusal::Invalid { .. } => "",
    };
    Failure::Usage(format!("{refusal}{advice}"))
}

/// Requests for people: the outcome, then each determinant with its quality.
fn print_all(requests: &[Told]) -> Result<(), Failure> {
    if requests.is_empty() {
        return output::print("nothing was asked for");
    }
    requests.iter().try_for_each(|told| output::print(&text(told)))
}

fn text(told: &Told) -> String {
    let issue = told.issue.as_ref();
    let number = issue.map(|issue| format!(", issue {} at {}", issue.number, issue.at)).unwrap_or_default();
    let mut lines = vec![
        format!("request {}: {}{number}", told.id, told.state),
        format!("{} from {} to {}", told.usage_point, told.period.start, told.period.end),
        format!("definition {} version {}", told.definition, told.definition_version),
    ];
    if let Some(issue) = issue {
        let row = |one: &Determinant| {
            let peak = one.peak.map_or_else(|| "-".into(), |peak| peak.start.to_string());
            let bucket = one.bucket.as_deref().unwrap_or("-").to_owned();
            let counts = one.counts;
            let [expected, estimated, missing] =
                [counts.expected, counts.estimated, counts.missing].map(|count| count.to_string());
            vec![
                one.id.to_string(),
                bucket,
                one.quantity.map_or_else(|| "none".into(), |quantity| quantity.to_string()),
                one.unit.to_string(),
                peak,
                expected,
                estimated,
                missing,
            ]
        };
        let rows: Vec<_> = issue.determinants.iter().map(row).collect();
        let head = ["determinant", "bucket", "quantity", "unit", "peak from", "intervals", "estimated", "missing"];
        lines.push(output::table(&head, &rows));
        lines.extend(issue.changes.iter().map(|change| {
            let amount = |quantity: Option<Decimal>| quantity.map_or_else(|| "none".into(), |one| one.to_string());
            format!("changed: {} was {}, is {}", change.id, amount(change.old), amount(change.new))
        }));
        lines.extend(issue.determinants.iter().flat_map(|one| {
            let exceptions =
                one.exceptions.iter().map(|found| format!("{} {}: {}", found.rule, one.id, found.evidence));
            exceptions.chain(one.notes.iter().map(|note| format!("note {}: {note}", one.id))).collect::<Vec<_>>()
        }));
    }
    lines.extend(told.items.iter().map(|item| format!("{} {}: {}", item.code, item.field, item.message)));
    lines.join("\n")
}
