//! `amity thresholds`: who decides which condition, by which limit, and where head-ends differ.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Subcommand};
use ingest::thresholds::{Owned, Register, Statement, compare};
use serde_json::json;

use crate::hand_over::caller;
use crate::installation::Installation;
use crate::output::{self, Failure};
use crate::thresholds::{faults, in_force, read};

/// Show who decides which condition and by which limit, check that, and compare it with what head-ends say.
#[derive(Debug, Args)]
pub struct Thresholds {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Say what cannot be of a register: a condition with two owners, an event of two conditions, a limit that is no number.
    ///
    /// Exits with 1 where there is such a thing.
    Check {
        /// The register; the one of the settings where it is left out.
        file: Option<PathBuf>,
        /// Print one JSON document.
        #[arg(long)]
        json: bool,
    },
    /// List the conditions of the settings' register.
    List {
        /// Print one JSON document.
        #[arg(long)]
        json: bool,
    },
    /// Compare the register with what head-ends say of their limits.
    ///
    /// Exits with 1 where one differs.
    Compare {
        /// Statements of head-ends; those of the settings where none is given.
        files: Vec<PathBuf>,
        /// Print one JSON document.
        #[arg(long)]
        json: bool,
    },
}

impl Thresholds {
    /// Does what was asked.
    pub fn run(self, folder: &Path) -> Result<ExitCode, Failure> {
        let installation = Installation::open(folder)?;
        match self.action {
            Action::Check { file, json } => check(&installation, file, json),
            Action::List { json } => list(&installation, json),
            Action::Compare { files, json } => drift(&installation, &files, json),
        }
    }
}

fn check(installation: &Installation, file: Option<PathBuf>, json: bool) -> Result<ExitCode, Failure> {
    let set = || installation.settings.thresholds.as_ref().map(|path| installation.folder().join(path));
    let path = file.map(|file| caller::path(&file)).or_else(set).ok_or_else(none)?;
    let register: Register = read(&path)?;
    let faults = faults(&register, &installation.settings);
    if json {
        output::print_json(&json!({ "version": register.version, "faults": faults }))?;
    } else if faults.is_empty() {
        let count = register.conditions.len();
        output::print(&format!("version {}: {count} conditions, each with one owner", register.version))?;
    } else {
        faults.iter().try_for_each(|fault| output::print(fault))?;
    }
    Ok(ExitCode::from(u8::from(!faults.is_empty())))
}

fn list(installation: &Installation, json: bool) -> Result<ExitCode, Failure> {
    let register = in_force(&installation.settings, installation.folder())?.register.ok_or_else(none)?;
    if json {
        output::print_json(&register)?;
    } else {
        register.conditions.iter().try_for_each(|owned| output::print(&line(owned)))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn line(owned: &Owned) -> String {
    let limit = owned.limit.as_ref().map(|limit| format!(" {limit}")).unwrap_or_default();
    format!("{}:{limit}, {} decides, begins with {}", owned.name, owned.owner, owned.begins.join(" or "))
}

fn drift(installation: &Installation, files: &[PathBuf], json: bool) -> Result<ExitCode, Failure> {
    let in_force = in_force(&installation.settings, installation.folder())?;
    let register = in_force.register.ok_or_else(none)?;
    let statements: Vec<Statement> = match files {
        [] => in_force.statements,
        files => files.iter().map(|file| read(&caller::path(file))).collect::<Result<_, _>>()?,
    };
    let drift: Vec<_> = statements.iter().flat_map(|statement| compare(&register, statement)).collect();
    if json {
        output::print_json(&drift)?;
    } else if drift.is_empty() {
        output::print(&format!("{} head-ends compared, none differs", statements.len()))?;
    } else {
        drift.iter().try_for_each(|one| output::print(&one.to_string()))?;
    }
    Ok(ExitCode::from(u8::from(!drift.is_empty())))
}

fn none() -> Failure {
    Failure::Usage("no register is set: `thresholds = \"thresholds.toml\"` in amity.toml names one".into())
}
