//! `amity quarantine`: what was not admitted, why, and how it gets in.

use std::path::Path;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use ingest::quarantine::{self, Detail};
use serde_json::json;
use store::registry::quarantine::{QuarantineFilter, QuarantineItem, QuarantineState};

use super::validate;
use crate::clock;
use crate::installation::{Installation, in_intake};
use crate::output::{self, Failure};

/// List, explain and replay what was not admitted.
#[derive(Debug, Args)]
pub struct Quarantine {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List what waits.
    List(Selection),
    /// Say why an item waits, where it is in its file, and what to do.
    Explain {
        /// The number of the item.
        id: u64,
        /// Print one JSON document.
        #[arg(long)]
        json: bool,
    },
    /// Take the messages of waiting items in again, after a fix.
    Replay {
        #[command(flatten)]
        selection: Selection,
        /// Register channels the registry does not know, as the messages describe them.
        #[arg(long)]
        register: bool,
    },
    /// Decide against an item: it leaves the list and stays in the history.
    Drop {
        /// Numbers of the items.
        #[arg(required = true)]
        ids: Vec<u64>,
        /// Print one JSON document.
        #[arg(long)]
        json: bool,
    },
}

/// Which items.
#[derive(Clone, Debug, Default, Args)]
struct Selection {
    /// Only items with this reason, such as V01.
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

impl Selection {
    fn items(&self, installation: &Installation) -> Result<Vec<QuarantineItem>, Failure> {
        let filter = QuarantineFilter {
            state: Some(QuarantineState::Open),
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
            Action::List(selection) => list(&installation, &selection),
            Action::Explain { id, json } => explain(&installation, id, json),
            Action::Replay { selection, register } => replay(&installation, &selection, register),
            Action::Drop { ids, json } => {
                let quarantine = installation.books.registry.quarantine();
                let dropped = installation.ask(quarantine.close(&ids, QuarantineState::Dropped))?;
                output::tell(json, &json!({ "dropped": dropped }), &format!("{dropped} items dropped"), "")?;
                Ok(ExitCode::SUCCESS)
            }
        }
    }
}

fn list(installation: &Installation, selection: &Selection) -> Result<ExitCode, Failure> {
    let items = selection.items(installation)?;
    if selection.json {
        output::print_json(&items.iter().map(as_json).collect::<Vec<_>>())?;
        return Ok(ExitCode::SUCCESS);
    }
    if items.is_empty() {
        output::print("nothing waits in quarantine")?;
        return Ok(ExitCode::SUCCESS);
    }
    let rows: Vec<_> = items.iter().map(row).collect();
    output::print(&output::table(&["item", "reason", "channel", "readings", "file", "line"], &rows))?;
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
        item.entry.code.clone(),
        item.entry.channel.clone(),
        detail.as_ref().map_or_else(String::new, |detail| detail.readings.to_string()),
        detail.map_or_else(String::new, |detail| detail.name),
        item.entry.line.to_string(),
    ]
}

fn as_json(item: &QuarantineItem) -> serde_json::Value {
    json!({
        "id": item.id,
        "reason": item.entry.code,
        "channel": item.entry.channel,
        "source": item.entry.source,
        "line": item.entry.line,
        "message": item.entry.message,
        "advice": item.entry.advice,
        "first_seen": item.first_seen.to_string(),
        "tries": item.tries,
        "state": format!("{:?}", item.state).to_lowercase(),
        "raw": item.entry.raw,
        "detail": detail(item),
    })
}

fn explain(installation: &Installation, id: u64, json: bool) -> Result<ExitCode, Failure> {
    let item = installation.ask(installation.books.registry.quarantine().get(id))?;
    if json {
        output::print_json(&as_json(&item))?;
        return Ok(ExitCode::SUCCESS);
    }
    let entry = &item.entry;
    let place = detail(&item).map_or_else(String::new, |detail| format!(" of {}", detail.name));
    output::print(&format!("item {id}: {} [{}]", entry.channel, entry.code))?;
    output::print(&format!("  where    line {}{place}, from source {}", entry.line, entry.source))?;
    output::print(&format!("  why      {}", entry.message))?;
    output::print(&format!("  to do    {}", entry.advice))?;
    output::print(&format!("  since    {}, tried {} times", item.first_seen, item.tries))?;
    Ok(ExitCode::SUCCESS)
}

fn replay(installation: &Installation, selection: &Selection, register: bool) -> Result<ExitCode, Failure> {
    let items = selection.items(installation)?;
    let mut intake = installation.intake()?;
    let replayed =
        quarantine::replay(&mut intake, &items, installation.unknown(register), clock::now()).map_err(in_intake)?;
    validate::due(installation)?;
    if selection.json {
        output::print_json(&replayed)?;
    } else {
        output::print(&format!(
            "{} messages taken in again: {} items released, {} readings stored, {} items refused again",
            replayed.messages, replayed.released, replayed.stored, replayed.refused_again
        ))?;
    }
    Ok(ExitCode::from(u8::from(0 < replayed.refused_again)))
}
