//! `amity collection hand-over` and `amity collection acknowledge`: what the repository is given, and what it answers.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use interop::repository::reads::Reads;
use interop::repository::{self, accounts, csv};
use jiff::civil::Date;
use serde::Serialize;
use serde_json::json;
use store::registry::hand_over::{Answer, HandOver as Noted, HandedOver};

use super::{in_book, status, status_html, yesterday};
use crate::clock;
use crate::hand_over::caller;
use crate::installation::Installation;
use crate::output::{self, Failure};
use crate::progress::Progress;

/// Files of a kind that are looked at for their number.
const FILES_MAX: u32 = 1_000_000;

/// Hand a day over to the repository: its register reads as they are stored, and what changed of account information
/// (Ontario 2.6, 2.9).
///
/// A further file of a day has only what came since the last one. Files are put into the folder of `hand_over.folder`; what
/// the repository says of them is taken in by `amity collection acknowledge`.
#[derive(Debug, Args)]
pub struct HandOver {
    /// The local day; yesterday where none is given.
    #[arg(long, value_name = "DATE")]
    date: Option<Date>,
    /// List what was handed over instead.
    #[arg(long)]
    list: bool,
    /// Print one JSON document.
    #[arg(long)]
    json: bool,
}

/// Take in what the repository says of a file that was handed over.
#[derive(Debug, Args)]
pub struct Acknowledge {
    /// The answer, as docs/hand-over.md describes it.
    file: PathBuf,
    /// Print one JSON document.
    #[arg(long)]
    json: bool,
}

/// What was handed over.
#[derive(Debug, Default, Serialize)]
pub struct Done {
    /// The files.
    pub files: Vec<Noted>,
    /// Channels of intervals, which are not handed over.
    pub without_registers: u64,
    /// Channels of which something is damaged.
    pub damaged: Vec<String>,
}

impl HandOver {
    pub(super) fn run(self, installation: &Installation) -> Result<ExitCode, Failure> {
        if self.list {
            return list(installation, self.date, self.json);
        }
        let date = self.date.map_or_else(|| yesterday(installation), Ok)?;
        let mut progress = Progress::new("looked at", "channels");
        let done = hand_over(installation, date, &mut |channels| progress.add(channels, ""))?;
        progress.finish();
        if self.json {
            output::print_json(&done)?;
        } else {
            output::print(&text(&done))?;
        }
        Ok(ExitCode::from(u8::from(!done.damaged.is_empty())))
    }
}

/// Hands over what is new of a day and of account information.
///
/// # Errors
/// [`Failure::Work`] where a book cannot be read or a file not be written; what was noted before stays.
pub fn hand_over(installation: &Installation, date: Date, progress: &mut dyn FnMut(u64)) -> Result<Done, Failure> {
    let (registry, now) = (&installation.books.registry, clock::now());
    let directory = installation.ask(registry.directory())?;
    let ledger = registry.hand_overs();
    let before = installation.ask(ledger.newest(HandedOver::Reads, Some(date), FILES_MAX))?;
    let after = before.first().map(|file| file.made_at);
    let reads = Reads { book: &installation.books.readings, directory: &directory, date, after };
    let made = reads.file(before.len(), now, progress).map_err(in_book)?;
    let (without_registers, damaged) = (made.without_registers, made.damaged);
    let mut done = Done { files: Vec::new(), without_registers, damaged };
    // The first file of a day is handed over also where it is empty: the repository then knows.
    let has_reads = before.is_empty() || 0 < made.file.entries;
    if has_reads {
        done.files.push(put(installation, &made.file, (HandedOver::Reads, Some(date)), &[], now)?);
    }
    let told = installation.ask(ledger.accounts())?;
    let number = installation.ask(ledger.newest(HandedOver::Accounts, None, FILES_MAX))?.len();
    let known = installation.ask(registry.accounts())?;
    let fields = &installation.settings.hand_over.account_fields;
    if let Some(made) = accounts::file(&directory, &known, fields, &told, (number, now)) {
        done.files.push(put(installation, &made.file, (HandedOver::Accounts, None), &made.told, now)?);
    }
    if has_reads {
        report(installation, date, before.len() + 1, progress)?;
    }
    Ok(done)
}

/// Lays the status of the day beside what was handed over: the specification asks for it after each transmission (2.10.2), and
/// that the repository has it.
fn report(
    installation: &Installation,
    date: Date,
    number: usize,
    progress: &mut dyn FnMut(u64),
) -> Result<(), Failure> {
    let told = status::of_day(installation, date, progress)?;
    let name = |ending: &str| format!("status-{date}-{number}.{ending}");
    let not_written = |error| Failure::work(format!("could not write the status of {date}"), error);
    let text = serde_json::to_string(&told).map_err(|error| not_written(io::Error::from(error)))?;
    let folder = installation.folder().join(&installation.settings.hand_over.folder);
    written(&folder, &name("json"), &text).map_err(not_written)?;
    written(&folder, &name("html"), &status_html::page(&told)).map_err(not_written)
}

/// Puts a file where the repository fetches it, then notes it: one that is there and not noted is written again.
fn put(
    installation: &Installation,
    file: &repository::File,
    (kind, date): (HandedOver, Option<Date>),
    told: &[(smol_str::SmolStr, smol_str::SmolStr)],
    now: jiff::Timestamp,
) -> Result<Noted, Failure> {
    if let Some(finding) = csv::check(&file.text).first() {
        return Err(Failure::work(format!("{} is not as its schema says", file.name), finding.to_string()));
    }
    let folder = installation.folder().join(&installation.settings.hand_over.folder);
    let written = written(&folder, &file.name, &file.text);
    written.map_err(|error| Failure::work(format!("could not write {} in {}", file.name, folder.display()), error))?;
    let noted = file.note(kind, date, now);
    installation.ask(installation.books.registry.hand_overs().add(&noted, told))?;
    Ok(noted)
}

/// Writes a file that is there whole or not at all.
fn written(folder: &Path, name: &str, text: &str) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let half = folder.join(format!(".{name}"));
    let mut file = File::create(&half)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(half, folder.join(name))?;
    File::open(folder)?.sync_all()
}

fn list(installation: &Installation, date: Option<Date>, as_json: bool) -> Result<ExitCode, Failure> {
    let ledger = installation.books.registry.hand_overs();
    let mut files = installation.ask(ledger.newest(HandedOver::Reads, date, FILES_MAX))?;
    if date.is_none() {
        files.extend(installation.ask(ledger.newest(HandedOver::Accounts, None, FILES_MAX))?);
    }
    if as_json {
        output::print_json(&files)?;
    } else {
        files.iter().try_for_each(|file| output::print(&line(file)))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn text(done: &Done) -> String {
    let mut lines: Vec<String> = done.files.iter().map(line).collect();
    if lines.is_empty() {
        lines.push("nothing new to hand over".into());
    }
    if 0 < done.without_registers {
        lines.push(format!(
            "{} channels of intervals are not handed over: reads of registers are",
            done.without_registers
        ));
    }
    lines.extend(done.damaged.iter().map(|channel| format!("{channel}: something is damaged and left out")));
    lines.join("\n")
}

fn line(file: &Noted) -> String {
    let answer = match &file.answer {
        None => "not acknowledged".to_owned(),
        Some(answer) if answer.why.is_empty() => format!("{} at {}", answer.answered, answer.at.strftime("%F %R UTC")),
        Some(answer) => format!("{} at {}: {}", answer.answered, answer.at.strftime("%F %R UTC"), answer.why),
    };
    format!("{}: {} entries, made {}, {answer}", file.name, file.entries, file.made_at.strftime("%F %R UTC"))
}

impl Acknowledge {
    pub(super) fn run(self, installation: &Installation) -> Result<ExitCode, Failure> {
        let text = fs::read_to_string(caller::path(&self.file))
            .map_err(|error| Failure::Usage(format!("{}: cannot be read: {error}", self.file.display())))?;
        let wrong = |finding| Failure::Usage(format!("{}: {finding}", self.file.display()));
        let said = csv::answer(&text).map_err(wrong)?;
        let answer = Answer { at: clock::now(), answered: said.answered, why: said.why };
        installation.ask(installation.books.registry.hand_overs().answer(&said.file, &answer, &said.refused))?;
        let refused = said.refused.len();
        let document = json!({ "file": said.file, "answer": answer, "refused": refused });
        let line = format!("{}: {}, {refused} usage points not taken", said.file, answer.answered);
        output::tell(self.json, &document, &line, "")?;
        Ok(ExitCode::SUCCESS)
    }
}
