//! `amity ingest`: takes files in.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use ingest::files::{self, Input};
use ingest::intake::{Message, OTHER_OPTIONS, Receipt};
use serde_json::{Value, json};
use smol_str::SmolStr;

use super::reading_options::ReadingOptions;
use super::validate;
use crate::clock;
use crate::hand_over::caller;
use crate::installation::{Installation, in_intake};
use crate::output::{self, Failure};
use crate::progress::{Progress, grouped};

/// Take files in: keep the bytes, admit the readings, answer only when everything is on disk.
///
/// Exit status 0: everything was admitted; 1: there are findings; 2: at least one file is refused.
#[derive(Debug, Args)]
pub struct Ingest {
    /// Files, folders or zip archives.
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    reading: ReadingOptions,
    /// The source system that the files come from.
    #[arg(long, default_value = "files", value_name = "NAME")]
    source: String,
    /// Register channels the registry does not know, as the files describe them.
    #[arg(long)]
    register: bool,
    /// Leave validation and estimation for later: the next `amity ingest` without this, or `amity serve`.
    #[arg(long)]
    no_validation: bool,
    /// Print one JSON line for each file as soon as it is durable.
    #[arg(long)]
    json: bool,
}

/// What became of all files.
#[derive(Default)]
struct Totals {
    files: u64,
    refused: u64,
    findings: u64,
    stored: u64,
    duplicates: u64,
    replaced: u64,
    older: u64,
    quarantined: u64,
    malformed: u64,
}

impl Ingest {
    /// Takes every input in, then validates what was touched.
    pub fn run(self, folder: &Path) -> Result<ExitCode, Failure> {
        let installation = Installation::open(folder)?;
        let mut intake = installation.intake()?;
        let (format, options) = (self.reading.format()?, self.reading.options()?);
        let mut progress = Progress::new("took in", "readings");
        let mut totals = Totals::default();
        for path in &self.paths {
            files::for_each(&caller::path(path), &files::Limits::default(), &mut |input| {
                totals.files += 1;
                let (name, bytes) = match input {
                    Input::Stream(name, bytes) => (caller::name(path, name), bytes),
                    Input::Empty(name, finding) => {
                        totals.findings += 1;
                        let name = caller::name(path, name);
                        return self.tell(&json!({ "path": name, "accepted": true, "findings": [finding] }), || {
                            format!("{name}: {finding}")
                        });
                    }
                    Input::Unreadable(name, finding) => {
                        totals.refused += 1;
                        let name = caller::name(path, name);
                        return self.tell(&json!({ "path": name, "accepted": false, "findings": [finding] }), || {
                            format!("{name}: {finding}")
                        });
                    }
                };
                let message = Message {
                    source: self.source.clone(),
                    name: name.to_owned(),
                    format,
                    zone: self.reading.zone.as_deref().map(SmolStr::new),
                    options: options.clone(),
                    unknown: installation.unknown(self.register),
                    position: String::new(),
                    replaces: None,
                };
                let receipt = intake.take(&message, bytes, clock::now()).map_err(in_intake)?;
                totals.add(&receipt);
                progress.add(receipt.stored + receipt.duplicates, name);
                let answer = json!({ "path": name, "receipt": receipt });
                self.tell(&answer, || as_text(name, &receipt))
            })?;
        }
        progress.finish();
        if !self.no_validation {
            validate::due(&installation)?;
        }
        if !self.json {
            output::say(&totals.as_text());
        }
        Ok(ExitCode::from(totals.exit_code()))
    }

    fn tell(&self, answer: &Value, text: impl FnOnce() -> String) -> Result<(), Failure> {
        if self.json { output::print_json(answer) } else { output::print(&text()) }
    }
}

impl Totals {
    fn add(&mut self, receipt: &Receipt) {
        self.refused += u64::from(!receipt.accepted);
        self.findings += receipt.findings_count;
        self.quarantined += receipt.quarantined;
        self.malformed += receipt.malformed;
        if !receipt.repeated {
            self.stored += receipt.stored;
            self.duplicates += receipt.duplicates;
            self.replaced += receipt.replaced;
            self.older += receipt.older;
        }
    }

    fn exit_code(&self) -> u8 {
        match (self.refused, self.findings) {
            (0, 0) => 0,
            (0, _) => 1,
            _ => 2,
        }
    }

    fn as_text(&self) -> String {
        let mut text = format!(
            "{} files: {} readings stored, {} were there before, {} replaced an earlier version",
            self.files,
            grouped(self.stored),
            grouped(self.duplicates),
            grouped(self.replaced)
        );
        if 0 < self.older {
            text.push_str(&format!(", {} are older than what was there and replace nothing", grouped(self.older)));
        }
        if 0 < self.quarantined {
            text.push_str(&format!(", {} wait in quarantine (`amity quarantine list`)", grouped(self.quarantined)));
        }
        if 0 < self.malformed {
            text.push_str(&format!(
                ", {} malformed records wait in quarantine (`amity quarantine list --reason malformed`)",
                grouped(self.malformed)
            ));
        }
        if 0 < self.refused {
            text.push_str(&format!("; {} files refused", self.refused));
        }
        text
    }
}

fn as_text(name: &str, receipt: &Receipt) -> String {
    if receipt.repeated {
        let other = receipt.findings.iter().find(|finding| finding.code == OTHER_OPTIONS);
        let other = other.map(|finding| format!("\n  {} [{}]", finding.message, finding.code)).unwrap_or_default();
        return format!("{name}: taken before, nothing to do{other}");
    }
    let verdict = if receipt.accepted { "accepted" } else { "refused" };
    let mut text = format!(
        "{name}: {verdict}, {} stored, {} duplicates, {} replaced, {} quarantined",
        receipt.stored, receipt.duplicates, receipt.replaced, receipt.quarantined
    );
    if 0 < receipt.malformed {
        text.push_str(&format!(", {} malformed", receipt.malformed));
    }
    if 0 < receipt.older {
        text.push_str(&format!(", {} older than what was there", receipt.older));
    }
    let events = receipt.events;
    if !events.is_empty() {
        let known = events.joined + events.repeated;
        text.push_str(&format!(", {} device events of which {known} were known", events.told));
    }
    if 0 < receipt.registered {
        text.push_str(&format!(", {} channels registered", receipt.registered));
    }
    for finding in &receipt.findings {
        text.push_str(&format!("\n  line {}, {}: {} [{}]", finding.line, finding.field, finding.message, finding.code));
    }
    if (receipt.findings.len() as u64) < receipt.findings_count {
        text.push_str(&format!("\n  and {} findings more", receipt.findings_count - receipt.findings.len() as u64));
    }
    text
}
