//! `amity vee plan check`: everything that is wrong with a plan.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use ingest::plans::Plans;
use model::finding::Finding;
use serde_json::json;

use crate::commands::vee::plan_file::{self, PlanFile, Written};
use crate::output::{self, Failure};

/// Tell everything that is wrong with a plan or a book of plans: where, what was expected, what to do. Where the data folder is
/// an installation, the file is held against the formulas, sets and plans that are there.
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
    pub fn run(self, folder: &Path) -> Result<ExitCode, Failure> {
        let file = PlanFile::open(&self.path)?;
        let (what, findings) = checked(&file, plan_file::installed(folder)?.as_deref());
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

/// What the file is, and everything found in it beside what is there.
fn checked(file: &PlanFile, there: Option<&Plans>) -> (String, Vec<Finding>) {
    match file.written() {
        Err(finding) => ("no plan".into(), vec![finding]),
        Ok(Written::Plan(plan)) => {
            let what = format!("plan `{}` version {}", plan.name, plan.version);
            let complete = there.map_or_else(|| (*plan).clone(), |there| there.written().complete((*plan).clone()));
            let findings = complete.check().map_or_else(|findings| findings, |checked| checked.notes().to_vec());
            (what, file.placed(findings))
        }
        Ok(Written::Book(book)) => {
            let what = format!("book of {} plans", book.plan.len());
            let notes = match there {
                None => book.check().map(|checked| checked.notes()),
                Some(there) => there.with(&book).map(|plans| notes_of(&plans, book.plan.len())),
            };
            (what, file.placed(notes.unwrap_or_else(|findings| findings)))
        }
    }
}

/// The notes of the first plans of a book: those of the file stand before the ones that are there.
fn notes_of(plans: &Plans, count: usize) -> Vec<Finding> {
    let places: Vec<String> = (0..count).map(|at| format!("plan[{at}].")).collect();
    let notes = plans.book().notes().into_iter();
    notes.filter(|note| places.iter().any(|place| note.field.starts_with(place.as_str()))).collect()
}
