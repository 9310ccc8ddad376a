//! `amity vee formula check`: whether a text is a formula.

use std::process::ExitCode;

use clap::Args;
use serde_json::json;

use super::{Source, pointed};
use crate::output::{self, Failure};

/// Tell whether a text is a formula, and how it is understood.
///
/// Ends with 0 where it is, 1 where it is not.
#[derive(Debug, Args)]
pub struct Check {
    #[command(flatten)]
    source: Source,
    /// Print one JSON document.
    #[arg(long)]
    json: bool,
}

impl Check {
    /// Checks and prints.
    pub fn run(self) -> Result<ExitCode, Failure> {
        let (text, formula) = self.source.read()?;
        match (&formula, self.json) {
            (Ok(formula), true) => output::print_json(&json!({ "valid": true, "understood": formula.understood() }))?,
            (Ok(formula), false) => {
                output::print(&format!("the formula is right; it is understood as\n{}", formula.understood()))?
            }
            (Err(error), true) => {
                let fault = json!({ "column": error.column, "expected": error.expected, "found": error.found });
                output::print_json(&json!({ "valid": false, "error": fault }))?;
            }
            (Err(error), false) => output::print(&pointed(&text, error))?,
        }
        Ok(ExitCode::from(u8::from(formula.is_err())))
    }
}
