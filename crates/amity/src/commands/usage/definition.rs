//! `amity usage definition`: definitions of rates, and for whom they hold.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Subcommand};
use ingest::determinants::AskLink;
use ingest::placement::zone_of;
use model::finding::Finding;
use serde_json::json;
use store::registry::determinant::{RateLink, RateSubject};
use usage::Rate;

use super::{failure, rate_file};
use crate::clock;
use crate::commands::time_span::instant;
use crate::installation::Installation;
use crate::output::{self, Failure};

/// Check and keep definitions of rates: determinants, calendar, events, channels.
#[derive(Debug, Args)]
pub struct Definition {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Tell everything that is wrong with a definition; ends with 1 where anything is.
    Check {
        /// The definition, TOML or JSON.
        #[arg(value_name = "FILE")]
        path: PathBuf,
        /// Print one JSON document.
        #[arg(long)]
        json: bool,
    },
    /// Keep a definition; a version that is there is never changed.
    Put {
        /// The definition, TOML or JSON.
        #[arg(value_name = "FILE")]
        path: PathBuf,
        /// Print one JSON document.
        #[arg(long)]
        json: bool,
    },
    /// List definitions, and for whom they hold.
    List {
        /// Print one JSON document.
        #[arg(long)]
        json: bool,
    },
    /// Show a definition as JSON.
    #[command(disable_version_flag = true)]
    Show {
        /// Its name.
        name: String,
        /// Its version; the newest where none is given.
        #[arg(long)]
        version: Option<u32>,
        /// The same; a definition is always printed as one JSON document.
        #[arg(long)]
        json: bool,
    },
    /// Let a tariff or a usage point have a definition from a time on; the one before ends there.
    Attach(Attach),
}

/// Options of `definition attach`.
#[derive(Debug, Args)]
struct Attach {
    /// Name of the definition.
    name: String,
    /// A tariff, as agreements name it.
    #[arg(long, value_name = "TARIFF")]
    tariff: Option<String>,
    /// Name or mRID of a usage point; its own definition comes before that of its tariff.
    #[arg(long, value_name = "NAME", conflicts_with = "tariff", required_unless_present = "tariff")]
    usage_point: Option<String>,
    /// First instant: a date or local time of the installation's zone, or RFC 3339 with offset.
    #[arg(long, value_name = "TIME")]
    from: String,
    /// Print one JSON document.
    #[arg(long)]
    json: bool,
}

impl Definition {
    /// Does what was asked.
    pub fn run(self, folder: &Path) -> Result<ExitCode, Failure> {
        match self.action {
            Action::Check { path, json } => check(&path, json),
            Action::Put { path, json } => put(&path, &Installation::open(folder)?, json),
            Action::List { json } => list(&Installation::open(folder)?, json),
            Action::Show { name, version, json: _ } => {
                let stored = Installation::open(folder)?.determinants().rate(&name, version).map_err(failure)?;
                output::print_json(&stored)?;
                Ok(ExitCode::SUCCESS)
            }
            Action::Attach(attach) => attach.run(&Installation::open(folder)?),
        }
    }
}

fn check(path: &Path, as_json: bool) -> Result<ExitCode, Failure> {
    let (rate, findings) = match rate_file::read(path)? {
        Ok(rate) => (Some(rate), Vec::new()),
        Err(findings) => (None, findings),
    };
    let name = path.display();
    if as_json {
        output::print_json(&json!({ "file": name.to_string(), "findings": findings }))?;
    } else if let Some(Rate { set, .. }) = rate {
        output::print(&format!("{name}: rate `{}` version {}: nothing is wrong", set.name, set.version))?;
    } else {
        output::print(&lines(&findings))?;
    }
    Ok(ExitCode::from(u8::from(!findings.is_empty())))
}

fn put(path: &Path, installation: &Installation, as_json: bool) -> Result<ExitCode, Failure> {
    let rate = rate_file::read(path)?.map_err(|findings| Failure::Usage(lines(&findings)))?;
    let put = installation.determinants().put_rate(&rate, clock::now()).map_err(failure)?;
    let done = if put.is_new { "kept" } else { "was there already" };
    let document = json!({ "name": put.name, "version": put.version, "is_new": put.is_new });
    output::tell(as_json, &document, &format!("{} version {} {done}", put.name, put.version), "")?;
    Ok(ExitCode::SUCCESS)
}

fn list(installation: &Installation, as_json: bool) -> Result<ExitCode, Failure> {
    let determinants = installation.determinants();
    let rates = determinants.rates().map_err(failure)?;
    let links = determinants.rate_links().map_err(failure)?;
    if as_json {
        let rates: Vec<_> = rates
            .iter()
            .map(|rate| json!({ "name": rate.name, "version": rate.version, "put_at": rate.put_at }))
            .collect();
        output::print_json(&json!({ "definitions": rates, "attached": links }))?;
        return Ok(ExitCode::SUCCESS);
    }
    let rows: Vec<_> =
        rates.iter().map(|rate| vec![rate.name.clone(), rate.version.to_string(), rate.put_at.to_string()]).collect();
    output::print(&output::table(&["definition", "version", "put at"], &rows))?;
    links.iter().try_for_each(|link| output::print(&attached(link)))?;
    Ok(ExitCode::SUCCESS)
}

fn attached(RateLink { subject, rate }: &RateLink) -> String {
    let subject = match subject {
        RateSubject::Tariff(name) => format!("tariff {name}"),
        RateSubject::UsagePoint(id) => format!("usage point {id}"),
    };
    let to = rate.to.map(|to| format!(" to {to}")).unwrap_or_default();
    format!("{subject} has {} from {}{to}", rate.value, rate.from)
}

fn lines(findings: &[Finding]) -> String {
    findings.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

impl Attach {
    fn run(self, installation: &Installation) -> Result<ExitCode, Failure> {
        let zone = zone_of(&installation.settings.zone).map_err(|error| Failure::Usage(error.to_string()))?;
        let from = instant("--from", &self.from, &zone)?;
        let whom = self.tariff.as_deref().or(self.usage_point.as_deref()).unwrap_or_default().to_owned();
        let asked = AskLink { rate: self.name, tariff: self.tariff, usage_point: self.usage_point, from };
        installation.determinants().link_rate(&asked).map_err(failure)?;
        let AskLink { rate, tariff, usage_point, from } = &asked;
        let document = json!({ "definition": rate, "tariff": tariff, "usage_point": usage_point, "from": from });
        output::tell(self.json, &document, &format!("{whom} has {rate} from {from}"), "")?;
        Ok(ExitCode::SUCCESS)
    }
}
