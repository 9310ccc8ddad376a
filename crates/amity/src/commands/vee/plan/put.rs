//! `amity vee plan put`: plans become data of the installation.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use ingest::plans::book::{Added, put};
use serde_json::json;
use vee::plan::book::PlanBook;

use super::judged;
use crate::clock;
use crate::commands::validate::{self, plans_failure};
use crate::commands::vee::plan_file::{self, PlanFile, Written};
use crate::installation::Installation;
use crate::output::{self, Failure};

/// Put a plan, or a book of formulas, sets, plans and attachments, beside those that are there. Nothing that is there is changed:
/// what differs needs a new version. A plan alone holds nowhere until it is attached.
///
/// Ends with 2 where the file is refused; then nothing of it is kept.
#[derive(Debug, Args)]
pub struct PutPlans {
    /// The plan or book, TOML or JSON.
    #[arg(value_name = "FILE")]
    path: PathBuf,
    /// Your name.
    #[arg(long = "as", value_name = "NAME")]
    by: String,
    /// Print one JSON document.
    #[arg(long)]
    json: bool,
}

impl PutPlans {
    /// Checks, puts and prints what was added.
    pub fn run(self, installation: &Installation) -> Result<ExitCode, Failure> {
        let by = super::person(&self.by)?;
        let file = PlanFile::open(&self.path)?;
        let there = validate::plans(installation)?;
        let book = match file.written().map_err(|finding| file.refused(&[finding]))? {
            Written::Book(book) => book,
            Written::Plan(plan) => {
                // Checked first, so that findings name their place in the plan as it is written.
                let complete = there.written().complete((*plan).clone());
                complete.check().map_err(|findings| file.refused(&file.placed(findings)))?;
                PlanBook::of_plan(*plan)
            }
        };
        let live = validate::live_plans(installation)?;
        let registry = &installation.books.registry;
        let added = installation.runtime.block_on(put(registry, live.default_plan(), &book, by, clock::now()));
        let added = added.map_err(|error| match error {
            ingest::plans::PlansError::Refused(findings) => file.refused(&file.placed(findings)),
            error => plans_failure(error),
        })?;
        let left = if added.attachments == 0 { None } else { Some(judged::left(installation, (None, None))?) };
        let findings = file.placed(plan_file::unknown_usage_points(installation, &book)?);
        if self.json {
            output::print_json(&json!({ "added": added, "judged_otherwise": left, "findings": findings }))?;
            return Ok(ExitCode::SUCCESS);
        }
        output::print(&words(&added))?;
        if 0 < added.formulas {
            output::say(
                "a formula counts for every plan that uses it; days judged before stay until they are run again",
            );
        }
        findings.iter().for_each(|finding| output::say(&format!("warning: {}", finding.message)));
        if let Some(left) = left {
            output::print(&judged::words(&left))?;
        } else if 0 < added.plans {
            output::say("`amity vee plan attach PLAN --to PLACE --as NAME` says where it holds");
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn words(added: &Added) -> String {
    let Added { formulas, sets, plans, attachments } = added;
    match (formulas, sets, plans, attachments) {
        (0, 0, 0, 0) => "all of it is there already".into(),
        (0, ..) => format!("put {plans} plans, {sets} sets, {attachments} attachments"),
        _ => format!("put {formulas} formulas, {plans} plans, {sets} sets, {attachments} attachments"),
    }
}
