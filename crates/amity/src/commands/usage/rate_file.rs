//! A definition of a rate in a file: TOML, or JSON where the name ends so.

use std::path::Path;

use model::finding::Finding;
use usage::Rate;

use crate::commands::written;
use crate::hand_over::caller;
use crate::output::Failure;

/// The definition in a file, or everything that is wrong with it.
///
/// # Errors
/// [`Failure::Usage`] where the file cannot be read.
pub fn read(path: &Path) -> Result<Result<Rate, Vec<Finding>>, Failure> {
    let text = std::fs::read_to_string(caller::path(path))
        .map_err(|error| Failure::Usage(format!("{}: cannot be read: {error}", path.display())))?;
    let is_json = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json"));
    let written = written::read(&text, is_json, "rate.syntax");
    Ok(written.map_err(|finding| vec![finding]).and_then(|rate: Rate| rate.check().map(|_| rate)))
}
