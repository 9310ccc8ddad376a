//! `cargo xtask check`: everything that can be said about the code without running it.
//!
//! All steps run even when one fails, so that one round shows everything; each can be run alone by its name.

mod citations;
mod floors;
mod format;
mod licences;
mod links;
mod lints;
mod settings;
mod tidy;

use crate::repository::Repository;
use crate::step::{self, Failure};

type Step = fn(&Repository) -> Result<(), Failure>;

/// Quick ones first: a forbidden arrow is told before ten minutes of clippy.
const STEPS: [(&str, Step); 8] = [
    ("format", format::check),
    ("floors", floors::check),
    ("tidy", tidy::check),
    ("links", links::check),
    ("citations", citations::check),
    ("licences", licences::check),
    ("lints", lints::check),
    ("settings", settings::check),
];

/// Runs the steps named, or all of them.
pub fn run(repository: &Repository, names: &[String]) -> Result<(), Failure> {
    let known: Vec<&str> = STEPS.iter().map(|(name, _)| *name).collect();
    if let Some(unknown) = names.iter().find(|name| !known.contains(&name.as_str())) {
        return Err(Failure::new(format!("there is no step `{unknown}`"), format!("steps: {}", known.join(", "))));
    }
    let mut failures = Vec::new();
    for (name, check) in STEPS {
        if !names.is_empty() && !names.iter().any(|wanted| wanted == name) {
            continue;
        }
        if let Err(failure) = step::timed(name, || check(repository)) {
            eprintln!("{failure}");
            failures.push(name);
        }
    }
    if failures.is_empty() {
        return Ok(());
    }
    let again = format!("the reasons are above; again with `cargo xtask check {}`", failures.join(" "));
    Err(Failure::new(format!("check: {}", failures.join(", ")), again))
}

/// Turns findings, one a line, into one failure; none is success.
fn none_found(findings: Vec<String>, what: &str, to_do: &str) -> Result<(), Failure> {
    if findings.is_empty() {
        return Ok(());
    }
    let list: String = findings.iter().map(|finding| format!("\n    {finding}")).collect();
    Err(Failure::new(format!("{} {what}{list}", findings.len()), to_do))
}
