//! A definition of a rate in a file: TOML, or JSON where the name ends so.

use std::path::Path;

use model::finding::Finding;
use usage::Rate;

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
    let written = if is_json {
        serde_json::from_str(&text).map_err(|error| fault(error.line(), error.to_string()))
    } else {
        toml::from_str(&text).map_err(|error| {
            let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
            fault(before.matches('\n').count() + 1, error.message().to_owned())
        })
    };
    Ok(written.map_err(|finding| vec![finding]).and_then(|rate: Rate| rate.check().map(|_| rate)))
}

fn fault(line: usize, message: String) -> Finding {
    Finding::new(u64::try_from(line).unwrap_or_default(), "file", "rate.syntax", message.trim().replace('\n', ", "))
}
