//! The register of conditions and the statements of head-ends, out of the files that the settings name.

use std::path::Path;

use ingest::thresholds::{InForce, Register, Statement};
use serde::de::DeserializeOwned;

use crate::commands::written;
use crate::output::Failure;
use crate::settings::{FILE_NAME, Settings};

/// What the settings name; faults in it are refused, so that nothing is decided by a register that cannot be.
///
/// # Errors
/// [`Failure::Usage`] naming the file and the first fault.
pub fn in_force(settings: &Settings, folder: &Path) -> Result<InForce, Failure> {
    let Some(path) = &settings.thresholds else { return Ok(InForce::default()) };
    let path = folder.join(path);
    let register: Register = read(&path)?;
    if let Some(fault) = faults(&register, settings).first() {
        return Err(Failure::Usage(format!("{}: {fault}", path.display())));
    }
    let stated = settings.head_ends.iter().filter_map(|of| Some((&of.name, of.thresholds.as_ref()?)));
    let statements = stated.map(|(name, path)| statement(&folder.join(path), name));
    Ok(InForce { register: Some(register), statements: statements.collect::<Result<_, _>>()? })
}

fn statement(path: &Path, head_end: &str) -> Result<Statement, Failure> {
    let statement: Statement = read(path)?;
    if statement.head_end == head_end {
        return Ok(statement);
    }
    let found = &statement.head_end;
    let place = format!("{FILE_NAME} says that it is of `{head_end}`");
    Err(Failure::Usage(format!("{}: head_end: found `{found}`, and {place}", path.display())))
}

/// What cannot be of a register, with the head-ends of the settings as those who can own a condition.
pub fn faults(register: &Register, settings: &Settings) -> Vec<String> {
    let names: Vec<&str> = settings.head_ends.iter().map(|of| of.name.as_str()).collect();
    register.faults(&names)
}

/// Reads a document: TOML, or JSON where the name ends so.
///
/// # Errors
/// [`Failure::Usage`] naming the file, the line and what was expected.
pub fn read<T: DeserializeOwned>(path: &Path) -> Result<T, Failure> {
    let wrong = |what: String| Failure::Usage(format!("{}: {what}", path.display()));
    let text = std::fs::read_to_string(path).map_err(|error| wrong(format!("cannot be read: {error}")))?;
    let is_json = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json"));
    written::read(&text, is_json, "thresholds.syntax").map_err(|finding| wrong(finding.to_string()))
}
