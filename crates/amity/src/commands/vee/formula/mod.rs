//! `amity vee formula`: formulas of user-defined rules.

mod check;
mod explain;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use vee::formula::{Formula as Parsed, Library, ParseError};

use super::plan_file;
use crate::output::Failure;

/// Check a formula, or explain its value at an interval of a series.
#[derive(Debug, Args)]
pub struct Formula {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    Check(check::Check),
    Explain(explain::Explain),
}

impl Formula {
    /// Does what was asked.
    pub fn run(self) -> Result<ExitCode, Failure> {
        match self.action {
            Action::Check(command) => command.run(),
            Action::Explain(command) => command.run(),
        }
    }
}

/// Where a formula comes from.
#[derive(Debug, Args)]
struct Source {
    /// The formula, such as '$input > 2 * @avg($input)'.
    #[arg(value_name = "TEXT", allow_hyphen_values = true, required_unless_present = "file", conflicts_with = "file")]
    text: Option<String>,
    /// A file with the formula.
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// A plan whose formulas may be named with @formula(name).
    #[arg(long, value_name = "FILE")]
    plan: Option<PathBuf>,
}

impl Source {
    /// The text, and the formula or why it is none.
    fn read(&self) -> Result<(String, Result<Parsed, ParseError>), Failure> {
        let text = match (&self.text, &self.file) {
            (Some(text), _) => text.clone(),
            (None, Some(path)) => std::fs::read_to_string(path)
                .map_err(|error| Failure::Usage(format!("{}: cannot be read: {error}", path.display())))?,
            (None, None) => String::new(),
        };
        let formulas = match &self.plan {
            Some(path) => plan_file::load(path)?.0.formula,
            None => Vec::new(),
        };
        let text = text.trim_end().to_owned();
        let formula = Library::read(&formulas).0.formula(&text);
        Ok((text, formula))
    }
}

/// The line of the error with a caret under its column.
fn pointed(text: &str, error: &ParseError) -> String {
    let before: String = text.chars().take(error.column.saturating_sub(1)).collect();
    let number = before.matches('\n').count();
    let column = before.rsplit('\n').next().map_or(0, |line| line.chars().count());
    let line = text.lines().nth(number).unwrap_or_default();
    let caret = " ".repeat(column);
    format!(
        "{line}\n{caret}^\nline {}, column {}: expected {}, found {}",
        number + 1,
        column + 1,
        error.expected,
        error.found
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_caret_stands_under_the_fault() {
        let text = "$input >\n  2 * )";
        let error = Parsed::parse(text).expect_err("no formula");
        let lines: Vec<String> = pointed(text, &error).lines().map(str::to_owned).collect();
        assert_eq!(lines[..2], ["  2 * )", "      ^"]);
        assert!(lines[2].starts_with("line 2, column 7: expected a number"), "{lines:?}");
    }
}
