//! `amity registry owners`: many owners at once.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use model::id::UsagePointId;
use serde_json::json;
use smol_str::SmolStr;
use store::registry::master::Class;

use super::fact::{Row, rows};
use super::usage_point::{WAITED, find};
use crate::installation::Installation;
use crate::output::{self, Failure};

/// Options of `registry owners`.
#[derive(Debug, Args)]
pub struct Owners {
    /// A CSV file with the columns `usage_point` and `source`; without a source any may send.
    file: PathBuf,
    /// Print one JSON document.
    #[arg(long)]
    json: bool,
}

impl Owners {
    /// Enters all of the file or, where a row is wrong, none.
    pub fn run(self, installation: &Installation) -> Result<ExitCode, Failure> {
        let owner = |row: &Row| {
            let [name, source] = [&row.cells[0], &row.cells[1]];
            let found = find(installation, Class::UsagePoint, name);
            let usage_point = found.map_err(|error| Failure::Usage(format!("{}: {error}", row.place)))?;
            let source = Some(SmolStr::new(source)).filter(|source| !source.is_empty());
            Ok((UsagePointId(usage_point), source))
        };
        let owners = rows(&self.file, "usage_point,source")?.iter().map(owner).collect::<Result<Vec<_>, Failure>>()?;
        installation.ask(installation.books.registry.usage_points().set_owners(&owners))?;
        let line = format!("owners of {} usage points", owners.len());
        output::tell(self.json, &json!({ "usage_points": owners.len() }), &line, WAITED)?;
        Ok(ExitCode::SUCCESS)
    }
}
