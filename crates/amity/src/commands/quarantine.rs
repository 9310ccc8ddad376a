//! `amity quarantine`: what was not admitted, why, and how it gets in.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Subcommand};
use ingest::correction::{self, Correction, CorrectionError};
use ingest::quarantine::{self, Detail, Otherwise};
use ingest::record::{self, Record};
use serde_json::json;
use store::registry::RegistryError;
use store::registry::quarantine::{Closing, QuarantineFilter, QuarantineItem, QuarantineState};

use super::reading_options::ReadingOptions;
use super::validate;
use crate::clock;
use crate::hand_over::caller;
use crate::installation::{Installation, in_intake};
use crate::output::{self, Failure};

/// List, explain, replay, correct and drop what was not admitted.
#[derive(Debug, Args)]
pub struct Quarantine {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List what waits, or what waited.
    List {
        #[command(flatten)]
        selection: Selection,
        /// Which items: open, released, dropped or all.
        #[arg(long, default_value = "open", value_parser = ["open", "released", "dropped", "all"])]
        state: String,
    },
    /// Say why an item waits, where it is in its file, what stands there, and what to do.
    Explain {
        /// The number of the item.
        id: u64,
        /// Print one JSON document.
        #[arg(long)]
        json: bool,
    },
    /// Take the messages of waiting items in again, after a fix.
    Replay {
        /// Numbers of the items; needed with --zone, --format, --unit and --usage-point, which say how their messages are read.
        #[arg(value_name = "ITEM", conflicts_with_all = ["reason", "source", "channel"])]
        ids: Vec<u64>,
        #[command(flatten)]
        selection: Selection,
        /// Register channels the registry does not know, as the messages describe them.
        #[arg(long)]
        register: bool,
        #[command(flatten)]
        reading: ReadingOptions,
    },
    /// Hand a corrected copy of an item's message in; the original stays, and the copy says in whose place it came.
    Fix {
        /// The number of the item.
        id: u64,
        /// The corrected copy, read as the original was.
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// Your name.
        #[arg(long = "as", value_name = "NAME")]
        by: String,
        /// What was corrected, and from where that is known.
        #[arg(long, value_name = "TEXT")]
        note: String,
        /// Print one JSON document.
        #[arg(long)]
        json: bool,
    },
    /// Decide against an item: it leaves the list and stays in the history.
    Drop {
        /// Numbers of the items.
        #[arg(required = true)]
        ids: Vec<u64>,
        /// Your name.
        #[arg(long = "as", value_name = "NAME")]
        by: String,
        /// Why: came-otherwise, not-ours, mistake, unusable, or other with --note.
        #[arg(long, value_name = "CODE")]
        reason: String,
        /// A few words more.
        #[arg(long, default_value = "", value_name = "TEXT")]
        note: String,
        /// Print one JSON document.
        #[arg(long)]
        json: bool,
    },
}

/// Which items.
#[derive(Clone, Debug, Default, Args)]
struct Selection {
    /// Only items with this reason, such as V01 or malformed.
    #[arg(long, value_name = "CODE")]
    reason: Option<String>,
    /// Only items of this source.
    #[arg(long, value_name = "NAME")]
    source: Option<String>,
    /// Only items of this channel, in the words of the message.
    #[arg(long, value_name = "LABEL")]
    channel: Option<String>,
    /// Most items.
    #[arg(long, default_value_t = 1000)]
    limit: u32,
    /// Print one JSON document.
    #[arg(long)]
    json: bool,
}

/// Asked of who says otherwise how messages are read, and not of which.
const OF_WHICH: &str = "--zone, --format, --unit and --usage-point say how a message is read: name the items that they are \
                        meant for, as in `amity quarantine replay 7 --zone UTC`";

impl Selection {
    fn items(
        &self,
        installation: &Installation,
        state: Option<QuarantineState>,
    ) -> Result<Vec<QuarantineItem>, Failure> {
        let filter = QuarantineFilter {
            state,
            code: self.reason.clone(),
            source: self.source.clone(),
            channel: self.channel.clone(),
            limit: self.limit,
            ..QuarantineFilter::default()
        };
        installation.ask(installation.books.registry.quarantine().list(&filter))
    }
}

impl Quarantine {
    /// Does what was asked.
    pub fn run(self, folder: &Path) -> Result<ExitCode, Failure> {
        let installation = Installation::open(folder)?;
        match self.action {
            Action::List { selection, state } => list(&installation, &selection, state.parse().ok()),
            Action::Explain { id, json } => explain(&installation, id, json),
            Action::Replay { ids, selection, register, reading } => {
                let otherwise = otherwise(&reading)?;
                if ids.is_empty() && otherwise != Otherwise::default() {
                    return Err(Failure::Usage(OF_WHICH.into()));
                }
                let items = match &ids[..] {
                    [] => selection.items(&installation, Some(QuarantineState::Open))?,
                    ids => open_items(&installation, ids)?,
                };
                replay(&installation, &items, &otherwise, register, selection.json)
            }
            Action::Fix { id, file, by, note, json } => fix(&installation, id, &file, [&by, &note], json),
            Action::Drop { ids, by, reason, note, json } => {
                let closing = quarantine::dropped(&by, &reason, &note, clock::now())
                    .map_err(|refusal| Failure::Usage(refusal.to_string()))?;
                open_items(&installation, &ids)?;
                let quarantine = installation.books.registry.quarantine();
                let dropped = installation.ask(quarantine.close(&ids, QuarantineState::Dropped, &closing))?;
                output::tell(json, &json!({ "dropped": dropped }), &format!("{dropped} items dropped"), "")?;
                Ok(ExitCode::SUCCESS)
            }
        }
    }
}

/// The open items with these numbers.
///
/// # Errors
/// [`Failure::Usage`], which names every other one.
fn open_items(installation: &Installation, ids: &[u64]) -> Result<Vec<QuarantineItem>, Failure> {
    let quarantine = installation.books.registry.quarantine();
    let (mut open, mut others) = (Vec::new(), Vec::new());
    for id in ids {
        let found = installation.ask(async {
            match quarantine.get(*id).await {
                Err(RegistryError::NotFound { .. }) => Ok(None),
                found => found.map(Some),
            }
        })?;
        match found {
            Some(item) if item.state == QuarantineState::Open => open.push(item),
            Some(item) => others.push(format!("item {id} is {} already", item.state)),
            None => others.push(format!("there is no item {id}")),
        }
    }
    if others.is_empty() {
        return Ok(open);
    }
    Err(Failure::Usage(format!("{}; nothing was done (`amity quarantine list` names what waits)", others.join(", "))))
}

/// What is said of messages otherwise than the first time.
fn otherwise(reading: &ReadingOptions) -> Result<Otherwise, Failure> {
    let (format, options) = (reading.format()?, reading.options()?);
    let zone = reading.zone.as_deref().map(Into::into);
    Ok(Otherwise { format, zone, usage_point: options.usage_point, unit: options.unit })
}

fn list(
    installation: &Installation,
    selection: &Selection,
    state: Option<QuarantineState>,
) -> Result<ExitCode, Failure> {
    let items = selection.items(installation, state)?;
    if selection.json {
        output::print_json(&items.iter().map(as_json).collect::<Vec<_>>())?;
        return Ok(ExitCode::SUCCESS);
    }
    if items.is_empty() {
        let none = match state {
            Some(QuarantineState::Open) => "nothing waits in quarantine",
            _ => "no such item in quarantine",
        };
        output::print(none)?;
        return Ok(ExitCode::SUCCESS);
    }
    let rows: Vec<_> = items.iter().map(row).collect();
    output::print(&output::table(&["item", "state", "reason", "channel or file", "left out", "file", "line"], &rows))?;
    if items.len() == selection.limit as usize {
        output::say(&format!(
            "these are the first {}; `--limit` shows more, `--source` and `--reason` fewer",
            items.len()
        ));
    }
    output::say("`amity quarantine explain ITEM` says why; `amity quarantine replay` tries again after a fix");
    Ok(ExitCode::SUCCESS)
}

fn detail(item: &QuarantineItem) -> Option<Detail> {
    serde_json::from_str(&item.entry.finding).ok()
}

fn row(item: &QuarantineItem) -> Vec<String> {
    let detail = detail(item);
    vec![
        item.id.to_string(),
        item.state.to_string(),
        reason(item),
        item.entry.channel.clone(),
        detail.as_ref().map_or_else(String::new, |detail| match detail.records {
            0 => format!("{} readings", detail.readings),
            records => format!("{records} records"),
        }),
        detail.map_or_else(String::new, |detail| detail.name),
        item.entry.line.to_string(),
    ]
}

/// The reason, and what tells items of that reason apart.
fn reason(item: &QuarantineItem) -> String {
    match item.entry.cause.as_str() {
        "" => item.entry.code.clone(),
        cause => format!("{} {cause}", item.entry.code),
    }
}

fn as_json(item: &QuarantineItem) -> serde_json::Value {
    json!({
        "id": item.id,
        "reason": item.entry.code,
        "cause": item.entry.cause,
        "channel": item.entry.channel,
        "source": item.entry.source,
        "line": item.entry.line,
        "message": item.entry.message,
        "advice": item.entry.advice,
        "first_seen": item.first_seen.to_string(),
        "tries": item.tries,
        "state": item.state,
        "closing": item.closing,
        "raw": item.entry.raw,
        "detail": detail(item),
    })
}

fn explain(installation: &Installation, id: u64, json: bool) -> Result<ExitCode, Failure> {
    let item = installation.ask(installation.books.registry.quarantine().get(id))?;
    let record = record_of(installation, &item)?;
    if json {
        let mut told = as_json(&item);
        told["record"] = json!(record);
        output::print_json(&told)?;
        return Ok(ExitCode::SUCCESS);
    }
    let (entry, detail) = (&item.entry, detail(&item));
    let place = detail.as_ref().map_or_else(String::new, |detail| format!(" of {}", detail.name));
    output::print(&format!("item {id}: {} [{}], {}", entry.channel, reason(&item), item.state))?;
    output::print(&format!("  where    line {}{place}, from source {}", entry.line, entry.source))?;
    if let Some(Record { text, bytes, is_cut, .. }) = &record {
        let rest = if *is_cut { format!(" .. ({bytes} bytes in all)") } else { String::new() };
        output::print(&format!("  there    {text}{rest}"))?;
    }
    output::print(&format!("  why      {}", entry.message))?;
    for place in detail.iter().flat_map(|detail| detail.places.iter().skip(1)) {
        output::print(&format!("           line {}, {}: {}", place.line, place.field, place.message))?;
    }
    output::print(&format!("  raw      {} of content {}", entry.raw, entry.batch))?;
    match &item.closing {
        None => output::print(&format!("  to do    {}", entry.advice))?,
        Some(closing) => output::print(&format!("  closed   {}", closed(closing)))?,
    }
    output::print(&format!("  since    {}, tried {} times", item.first_seen, item.tries))?;
    Ok(ExitCode::SUCCESS)
}

/// The line that an item means; `None` where its message has no lines or is not kept.
fn record_of(installation: &Installation, item: &QuarantineItem) -> Result<Option<Record>, Failure> {
    let (1.., Ok(raw)) = (item.entry.line, item.entry.raw.parse()) else { return Ok(None) };
    record::line(&installation.books.raw, raw, item.entry.line)
        .map_err(|error| Failure::work("could not read the message of the item again", error))
}

fn closed(Closing { at, by, reason, note, replaced_by }: &Closing) -> String {
    let by = by.as_ref().map(|by| format!(" by {by}")).unwrap_or_default();
    let note = if note.is_empty() { String::new() } else { format!(", {note}") };
    let copy = replaced_by.as_ref().map(|hash| format!("; the copy in its place has the content {hash}"));
    format!("{at}{by}: {reason}{note}{}", copy.unwrap_or_default())
}

fn fix(installation: &Installation, id: u64, file: &Path, said: [&str; 2], json: bool) -> Result<ExitCode, Failure> {
    let item = installation.ask(installation.books.registry.quarantine().get(id))?;
    let path = caller::path(file);
    let name = file.file_name().map_or_else(|| file.display().to_string(), |name| name.to_string_lossy().into_owned());
    let [by, note] = said;
    let open = || Ok(Box::new(BufReader::new(File::open(&path)?)) as Box<dyn Read>);
    let mut intake = installation.intake()?;
    let when = (installation.unknown(false), clock::now());
    let corrected = correction::correct(&mut intake, &item, Correction { name: &name, by, note }, &open, when);
    let corrected = corrected.map_err(|error| match error {
        CorrectionError::Intake(error) => in_intake(error),
        CorrectionError::Read(error) => Failure::work(format!("could not read {}", path.display()), error),
        refused => Failure::Usage(refused.to_string()),
    })?;
    validate::due(installation)?;
    let receipt = &corrected.receipt;
    let text = format!(
        "{} items closed; of the copy {} readings stored, {} were there before, {} replaced",
        corrected.closed, receipt.stored, receipt.duplicates, receipt.replaced
    );
    output::tell(json, &corrected, &text, "")?;
    Ok(ExitCode::from(u8::from(0 < receipt.quarantined + receipt.malformed)))
}

fn replay(
    installation: &Installation,
    items: &[QuarantineItem],
    otherwise: &Otherwise,
    register: bool,
    json: bool,
) -> Result<ExitCode, Failure> {
    let mut intake = installation.intake()?;
    let unknown = installation.unknown(register);
    let replayed = quarantine::replay(&mut intake, items, unknown, otherwise, clock::now()).map_err(in_intake)?;
    validate::due(installation)?;
    let text = format!(
        "{} messages taken in again: {} items released, {} readings stored, {} items refused again",
        replayed.messages, replayed.released, replayed.stored, replayed.refused_again
    );
    output::tell(json, &replayed, &text, "")?;
    Ok(ExitCode::from(u8::from(0 < replayed.refused_again)))
}
