//! `amity vee plan check`: everything that is wrong with a plan.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use model::finding::Finding;
use serde_json::json;

use crate::commands::vee::plan_file::{self, PlanFile, Written};
use crate::output::{self, Failure};

/// Tell everything that is wrong with a plan or a book of plans: where, what was expected, what to do.
///
/// Ends with 0 where nothing is wrong, 1 with findings, 2 where the file cannot be read.
#[derive(Debug, Args)]
pub struct Check {
    /// The plan, TOML or JSON.
    #[arg(value_name = "FILE")]
    path: PathBuf,
    /// Print one JSON document.
    #[arg(long)]
    json: bool,
}

impl Check {
    /// Checks and prints.
    pub fn run(self) -> Result<ExitCode, Failure> {
        let file = PlanFile::open(&self.path)?;
        let (what, findings) = checked(&file);
        let faults = findings.iter().filter(|finding| plan_file::is_fault(finding)).count();
        let name = self.path.display().to_string();
        if self.json {
            output::print_json(&json!({ "file": name, "findings": findings }))?;
        } else {
            if !findings.is_empty() {
                output::print(&plan_file::lines(&name, &findings))?;
            }
            let verdict = match faults {
                0 => "nothing is wrong".to_owned(),
                1 => "1 finding".to_owned(),
                _ => format!("{faults} findings"),
            };
            output::print(&format!("{name}: {what}: {verdict}"))?;
        }
        Ok(ExitCode::from(u8::from(0 < faults)))
    }
}

/// What the file is, and everything found in it.
fn checked(file: &PlanFile) -> (String, Vec<Finding>) {
    match file.written() {
        Err(finding) => ("no plan".into(), vec![finding]),
        Ok(Written::Plan(plan)) => {
            let what = format!("plan `{}` version {}", plan.name, plan.version);
            let findings = plan.check().map_or_else(|findings| findings, |checked| checked.notes().to_vec());
            (what, file.placed(findings))
        }
        Ok(Written::Book(book)) => {
            let what = format!("book of {} plans", book.plan.len());
            let findings = book.check().map_or_else(|findings| findings, |checked| checked.notes());
            (what, file.placed(findings))
        }
    }
}
