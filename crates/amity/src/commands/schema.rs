//! `amity schema`: what was agreed with each source about the fields of its messages.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Subcommand};
use ingest::placement::zone_of;
use ingest::schema::{Checked, Propose, Sample, SchemaError, check, propose, say};
use jiff::Timestamp;
use serde_json::json;
use store::registry::schema::{Said, SchemaDifference, SchemaVersion, Word};

use super::reading_options::ReadingOptions;
use super::time_span::instant;
use crate::clock;
use crate::hand_over::caller;
use crate::installation::Installation;
use crate::output::{self, Failure};

/// Agree with a source about the fields of its messages, and see what comes in another way.
#[derive(Debug, Args)]
pub struct Schema {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Hold samples against what was agreed, changing nothing.
    ///
    /// Exits with 1 where a sample cannot be read or takes away what was agreed.
    Check {
        #[command(flatten)]
        samples: Samples,
        /// Print one JSON document.
        #[arg(long)]
        json: bool,
    },
    /// Propose what samples have as the next version; it holds once another person approved it.
    Propose(Box<Proposed>),
    /// Let a proposed version hold.
    Approve(Spoken),
    /// Let a proposed version never hold.
    Reject(Spoken),
    /// List versions, what is different about them and what people said.
    List {
        /// Only of this source.
        source: Option<String>,
        /// Print one JSON document.
        #[arg(long)]
        json: bool,
    },
    /// List fields that came in another way than was agreed, the latest first.
    ///
    /// Exits with 1 where there are any.
    Differences {
        /// Only of this source.
        source: Option<String>,
        /// Print one JSON document.
        #[arg(long)]
        json: bool,
        /// Most fields.
        #[arg(long, default_value_t = 1000)]
        limit: u32,
    },
}

/// Messages as a source will send them.
#[derive(Debug, Args)]
struct Samples {
    /// The source: the name of a head-end.
    source: String,
    /// Messages as it will send them.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    reading: ReadingOptions,
}

/// Options of `schema propose`.
#[derive(Debug, Args)]
struct Proposed {
    #[command(flatten)]
    samples: Samples,
    /// Who proposes it.
    #[arg(long, value_name = "PERSON")]
    by: String,
    /// Why the messages change.
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// From when on it holds: a date or local time of the installation, or RFC 3339 with offset; at once where not given.
    #[arg(long, value_name = "TIME")]
    from: Option<String>,
    /// It may take away what was agreed; two other people have to approve it then.
    #[arg(long)]
    breaks: bool,
    /// Print one JSON document.
    #[arg(long)]
    json: bool,
}

/// Options of `schema approve` and `reject`.
#[derive(Debug, Args)]
struct Spoken {
    /// The source.
    source: String,
    /// The version.
    #[arg(value_name = "VERSION")]
    number: u64,
    /// Who says so.
    #[arg(long, value_name = "PERSON")]
    by: String,
    /// In a few words.
    #[arg(long, value_name = "TEXT", default_value = "")]
    note: String,
    /// Print one JSON document.
    #[arg(long)]
    json: bool,
}

impl Schema {
    /// Does what was asked.
    pub fn run(self, folder: &Path) -> Result<ExitCode, Failure> {
        let installation = Installation::open(folder)?;
        match self.action {
            Action::Check { samples, json } => {
                let checked = samples.checked(&installation)?;
                output::tell(json, &checked, &told(&samples.source, &checked), "")?;
                Ok(ExitCode::from(u8::from(!checked.passes())))
            }
            Action::Propose(proposed) => proposed.run(&installation),
            Action::Approve(spoken) => spoken.run(&installation, Word::Approve),
            Action::Reject(spoken) => spoken.run(&installation, Word::Reject),
            Action::List { source, json } => list(&installation, source.as_deref(), json),
            Action::Differences { source, json, limit } => differences(&installation, source.as_deref(), limit, json),
        }
    }
}

impl Samples {
    fn checked(&self, installation: &Installation) -> Result<Checked, Failure> {
        let read = |file: &PathBuf| {
            let path = caller::path(file);
            fs::read(&path).map_err(|error| Failure::work(format!("could not read {}", path.display()), error))
        };
        let contents = self.files.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        let names: Vec<_> = self.files.iter().map(|file| file.display().to_string()).collect();
        let samples: Vec<_> = names.iter().zip(&contents).map(|(name, bytes)| Sample { name, bytes }).collect();
        let how = (self.reading.format()?, &self.reading.options()?);
        installation.ask(check(&installation.books.registry, &self.source, &samples, how, clock::now()))
    }
}

impl Proposed {
    fn run(self, installation: &Installation) -> Result<ExitCode, Failure> {
        let checked = self.samples.checked(installation)?;
        let now = clock::now();
        let zone = zone_of(&installation.settings.zone).map_err(|error| Failure::Usage(error.to_string()))?;
        let from = self.from.as_deref().map(|text| instant("--from", text, &zone)).transpose()?;
        let source = &self.samples.source;
        let asked = Propose {
            source,
            by: &self.by,
            reason: &self.reason,
            effective_from: from.unwrap_or(now),
            breaks: self.breaks,
        };
        let proposed = installation.runtime.block_on(propose(&installation.books.registry, &checked, asked, now));
        let (version, approvals) = proposed.map_err(failure)?;
        let document = json!({ "source": source, "version": version, "approvals": approvals, "checked": checked });
        let who = if approvals == 1 { "another person approves" } else { "two other people approve" };
        let line = format!("{source} version {version} with {} fields: it holds once {who}", checked.fields());
        output::tell(self.json, &document, &line, &format!("`amity schema approve {source} {version} --by PERSON`"))?;
        Ok(ExitCode::SUCCESS)
    }
}

impl Spoken {
    fn run(self, installation: &Installation, word: Word) -> Result<ExitCode, Failure> {
        let said = Said { by: self.by, word, note: self.note, at: clock::now() };
        let key = (self.source.as_str(), self.number);
        let state = installation.runtime.block_on(say(&installation.books.registry, key, said)).map_err(failure)?;
        let document = json!({ "source": self.source, "version": self.number, "state": state });
        output::tell(self.json, &document, &format!("{} version {}: {state}", self.source, self.number), "")?;
        Ok(ExitCode::SUCCESS)
    }
}

fn failure(error: SchemaError) -> Failure {
    match error {
        SchemaError::Refused(refusal) => Failure::Usage(refusal.to_string()),
        SchemaError::Registry(error) => Failure::of_registry(error),
    }
}

fn told(source: &str, checked: &Checked) -> String {
    let held = match checked.version {
        Some(version) => format!("{source} version {version}"),
        None => format!("nothing was agreed with {source} yet; the samples have {} fields", checked.fields()),
    };
    let faults = checked.faults.iter().map(|fault| format!("  cannot be read: {fault}"));
    let differences = checked.differences.iter().map(|one| {
        let word = if one.change.breaks() { "BREAKS" } else { "adds" };
        format!("  {word}: {one}")
    });
    let verdict = match (checked.passes(), checked.version) {
        (true, Some(_)) => "the contract holds",
        (true, None) => "all of them can be read",
        (false, _) => "the contract test FAILS",
    };
    std::iter::once(held).chain(faults).chain(differences).chain([verdict.into()]).collect::<Vec<_>>().join("\n")
}

fn list(installation: &Installation, source: Option<&str>, json: bool) -> Result<ExitCode, Failure> {
    let all = installation.ask(installation.books.registry.schemas().all())?;
    let all: Vec<_> = all.into_iter().filter(|one| source.is_none_or(|source| one.source == source)).collect();
    if json {
        output::print_json(&all)?;
    } else if all.is_empty() {
        output::print("nothing was agreed yet; `amity schema propose` begins with samples")?;
    } else {
        let columns = ["source", "version", "state", "from", "proposed by", "said", "why"];
        output::print(&output::table(&columns, &all.iter().map(row).collect::<Vec<_>>()))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn row(version: &SchemaVersion) -> Vec<String> {
    let said = version.words.iter().map(|said| format!("{}: {}", said.by, said.word)).collect::<Vec<_>>();
    vec![
        version.source.clone(),
        version.version.to_string(),
        version.state.to_string(),
        at(version.effective_from),
        version.proposed_by.clone(),
        said.join(", "),
        version.reason.clone(),
    ]
}

fn differences(installation: &Installation, source: Option<&str>, limit: u32, json: bool) -> Result<ExitCode, Failure> {
    let all = installation.ask(installation.books.registry.schemas().differences(limit))?;
    let all: Vec<_> = all.into_iter().filter(|one| source.is_none_or(|source| one.source == source)).collect();
    if json {
        output::print_json(&all)?;
    } else if all.is_empty() {
        output::print("everything came as it was agreed")?;
    } else {
        let row = |one: &SchemaDifference| {
            let (source, detail) = (one.source.clone(), one.detail.clone());
            vec![
                source,
                one.version.to_string(),
                detail,
                one.messages.to_string(),
                at(one.first_seen),
                at(one.last_seen),
            ]
        };
        let columns = ["source", "version", "difference", "messages", "first", "last"];
        output::print(&output::table(&columns, &all.iter().map(row).collect::<Vec<_>>()))?;
        output::say("`amity schema check SOURCE FILE` tells whether such messages keep the contract");
    }
    Ok(ExitCode::from(u8::from(!all.is_empty())))
}

fn at(instant: Timestamp) -> String {
    instant.strftime("%F %R UTC").to_string()
}
